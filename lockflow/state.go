package lockflow

import (
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// The state of an analysis is what Resume starts from: the summary and the outcome of
// every function, and what it must know to tell which of them are still true. Values
// that many share (events above all, which are a graph) are written once, in tables,
// and are read when somebody asks for them. All is one text with a sum, so that what
// is cut or garbled is refused.

// A stateTables is the tables of a state, in the order in which they are written.
type stateTables[T any] struct {
	texts, paths, classes, refs, refLists, condLists, crossings, prims, places, edges, events T
	heads, tails, told, names, outcomes                                                       T // of functions, see stateWriter.solved
	outs, contexts                                                                            T // likewise
	groups, entered, between, locals, flags, dirs                                             T
}

// all is the tables in their order.
func (t *stateTables[T]) all() []*T {
	return []*T{&t.texts, &t.paths, &t.classes, &t.refs, &t.refLists, &t.condLists, &t.crossings, &t.prims, &t.places, &t.edges, &t.events,
		&t.heads, &t.tails, &t.told, &t.names, &t.outcomes, &t.outs, &t.contexts, &t.groups, &t.entered, &t.between, &t.locals, &t.flags, &t.dirs}
}

// writeState writes the state; an empty one if some value has no written form.
func (a *analysis) writeState(e *cparse.Encoder) {
	w := newStateWriter(a)
	for _, grp := range a.groups { // callees first: what they share with their callers then has followers in a row
		for _, f := range grp {
			w.solved(f, solved{a.summaries[f], a.outcomes[f]})
		}
	}
	w.program()
	if w.failed {
		e.Int(0)
		e.String("")
		return
	}
	var out record
	out.uint(int(a.digest()))
	for _, t := range w.all() {
		t.appendTo(&out)
	}
	e.Int(int(crc32.ChecksumIEEE(out)))
	e.String(string(out))
}

// digest tells whether two analyses have the same choices.
func (a *analysis) digest() uint32 {
	h := crc32.NewIEEE()
	t := a.table
	fmt.Fprintln(h, a.most, a.prog.Arch, t.contexts, t.handovers, t.constructors, t.gfp, t.fresh, t.mustHold, t.letsGo)
	for _, name := range slices.Sorted(maps.Keys(t.rows)) {
		fmt.Fprintln(h, *t.rows[name])
	}
	return h.Sum32()
}

// program writes what a function alone does not tell.
func (w *stateWriter) program() {
	a := w.a
	for _, f := range a.prog.Funcs {
		w.head(f)
	}
	for _, grp := range a.groups {
		if len(grp) > 1 {
			for _, f := range grp {
				w.groups.all.uint(int(f))
			}
			w.groups.add()
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.entered)) {
		w.takes(id)
	}
	for _, b := range a.between {
		for _, f := range []callgraph.FuncID{b.giver, b.taker, b.releaser} {
			w.between.all.int(int64(f))
		}
		w.between.all.uint(w.text(b.table))
		w.between.add()
	}
	for _, tag := range slices.Sorted(maps.Keys(a.survey.locals)) {
		text := w.text(tag)
		w.locals.all.uint(text)
		w.locals.all.int(int64(a.survey.locals[tag]))
		w.locals.add()
	}
	for _, flag := range slices.SortedFunc(maps.Keys(a.survey.both()), compareFlagBit) {
		text := w.text(flag.member)
		w.flags.all.uint(text)
		w.flags.all.int(flag.bit)
		w.flags.all.int(int64(a.survey.set[flag]))
		w.flags.all.int(int64(a.survey.cleared[flag]))
		w.flags.add()
	}
	for _, dir := range a.modules.dirs {
		w.dirs.all.uint(w.text(dir))
		w.dirs.add()
	}
}

// head writes who a function is, whom it calls and what contexts it runs in.
func (w *stateWriter) head(f *callgraph.Func) {
	sum := nameSum(f)
	path, t := w.text(f.Path), &w.outs
	t.all.byte(byte(sum))
	t.all.byte(byte(sum >> 8))
	t.all.uint(path)
	edges := w.a.graph.Out(f.ID)
	for i := range edges {
		t.all.uint(int(edges[i].Callee)<<4 | int(edges[i].Kind))
	}
	t.add()
	for _, row := range w.a.contexts[f.ID] {
		text := w.text(row.Name)
		w.contexts.all.uint(text)
		w.contexts.all.bits(row.Atomic)
	}
	w.contexts.add()
}

// takes writes a function that another one hands locks to: which locks, and what it
// was without them.
func (w *stateWriter) takes(id callgraph.FuncID) {
	var r record
	r.uint(int(id))
	hs := w.a.entered[id]
	r.uint(len(hs))
	for i := range hs {
		w.held(&r, &hs[i])
	}
	before := w.a.before[id]
	w.solved(id, before)
	r.uint(len(w.heads.ends))
	w.entered.all = append(w.entered.all, r...)
	w.entered.add()
}
