package lockflow

import (
	"cmp"
	"maps"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A stateWriter writes the state of an analysis.
type stateWriter struct {
	stateTables[tableWriter]
	a      *analysis
	failed bool // some value has no written form

	textAt  map[string]int
	pathAt  map[*pathText]int
	classAt map[classID]int
	refAt   map[ref]int
	relAt   map[*listOf[ref]]int
	condAt  map[*listOf[condition]]int
	crossAt map[*crossing]int
	primAt  map[*primitive]int
	placeAt map[place]int
	edgeAt  map[*callgraph.Edge]int
	written []*event // by number

	lastRef   ref // what was asked for last: the next is often the same
	lastRefAt int
}

// A place is where an event stands.
type place struct {
	fn  callgraph.FuncID
	pos cparse.Pos
}

func newStateWriter(a *analysis) *stateWriter {
	return &stateWriter{a: a, textAt: map[string]int{}, pathAt: map[*pathText]int{}, classAt: map[classID]int{}, refAt: map[ref]int{},
		relAt: map[*listOf[ref]]int{}, condAt: map[*listOf[condition]]int{}, crossAt: map[*crossing]int{}, primAt: map[*primitive]int{},
		placeAt: map[place]int{}, edgeAt: map[*callgraph.Edge]int{}}
}

func (w *stateWriter) text(s string) int {
	if s == "" {
		return 0
	}
	n, ok := w.textAt[s]
	if !ok {
		w.texts.all = append(w.texts.all, s...)
		n = w.texts.add()
		w.textAt[s] = n
	}
	return n
}

func (w *stateWriter) path(t *pathText) int {
	if t == nil {
		return 0
	}
	n, ok := w.pathAt[t]
	if !ok {
		name, steps := w.text(t.name), w.text(t.steps)
		w.paths.all.uint(name)
		w.paths.all.uint(steps)
		n = w.paths.add()
		w.pathAt[t] = n
	}
	return n
}

func (w *stateWriter) class(c classID) int {
	if !c.known() {
		return 0
	}
	n, ok := w.classAt[c]
	if !ok {
		cls := c.class()
		owner, path, file := w.text(cls.Owner), w.text(cls.Path), w.text(cls.File)
		w.classes.all.uint(owner)
		w.classes.all.uint(path)
		w.classes.all.uint(file)
		n = w.classes.add()
		w.classAt[c] = n
	}
	return n
}

// apath writes a path in its place.
func (w *stateWriter) apath(r *record, p apath) {
	text := w.path(p.text)
	r.byte(uint8(p.kind))
	r.int(int64(p.idx))
	r.uint(text)
}

func (w *stateWriter) ref(f ref) int {
	if f == (ref{}) {
		return 0
	}
	if w.lastRefAt != 0 && f == w.lastRef {
		return w.lastRefAt
	}
	n, ok := w.refAt[f]
	if !ok {
		cls := w.class(f.cls)
		w.apath(&w.refs.all, f.p)
		w.refs.all.uint(cls)
		n = w.refs.add()
		w.refAt[f] = n
	}
	w.lastRef, w.lastRefAt = f, n
	return n
}

// num writes what is known of a number: most often its signs.
func (w *stateWriter) num(r *record, n num) {
	r.byte(n.mask)
	if k := n.exact || n.ne || n.k != 0 || n.on != 0 || n.off != 0; !k {
		r.byte(0)
		return
	}
	r.bits(n.exact, n.ne, true)
	r.int(n.k)
	r.int(int64(n.on))
	r.int(int64(n.off))
}

func (w *stateWriter) value(r *record, v value) {
	r.byte(uint8(v.kind))
	r.byte(v.mask)
	w.num(r, v.n)
	w.apath(r, v.p)
}

func (w *stateWriter) bindings(r *record, list []binding) {
	r.uint(len(list))
	for _, b := range list {
		w.apath(r, b.place)
		w.value(r, b.v)
	}
}

func (w *stateWriter) lockList(r *record, list []ref) {
	r.uint(len(list))
	for _, f := range list {
		r.uint(w.ref(f))
	}
}

func (w *stateWriter) conditions(r *record, list []condition) {
	r.uint(len(list))
	for _, c := range list {
		fn := w.text(c.fn)
		w.apath(r, c.p)
		w.num(r, c.n)
		r.uint(fn)
		r.bits(c.must)
	}
}

func (w *stateWriter) refList(l *listOf[ref]) int {
	if l == nil {
		return 0
	}
	n, ok := w.relAt[l]
	if !ok {
		w.lockList(&w.refLists.all, l.all)
		n = w.refLists.add()
		w.relAt[l] = n
	}
	return n
}

func (w *stateWriter) condList(l *listOf[condition]) int {
	if l == nil {
		return 0
	}
	n, ok := w.condAt[l]
	if !ok {
		w.conditions(&w.condLists.all, l.all)
		n = w.condLists.add()
		w.condAt[l] = n
	}
	return n
}

func (w *stateWriter) crossing(c *crossing) int {
	if c == nil {
		return 0
	}
	n, ok := w.crossAt[c]
	if !ok {
		next := w.crossing(c.next)
		t := &w.crossings.all
		t.uint(next)
		t.uint(int(c.to))
		t.uint(len(c.strangers) / dirBytes)
		for s := c.strangers; s != ""; s = s[dirBytes:] {
			t.uint(int(dirNumber(s)))
		}
		n = w.crossings.add()
		w.crossAt[c] = n
	}
	return n
}

// Numbers of the primitives that are no rows of the table.
const (
	primAssert = iota + 1
	primAnnot
	primRow
)

func (w *stateWriter) prim(p *primitive) int {
	if p == nil {
		return 0
	}
	n, ok := w.primAt[p]
	if !ok {
		name := w.text(p.Name)
		switch {
		case p == assertPrim:
			w.prims.all.uint(primAssert)
		case p == annotPrim:
			w.prims.all.uint(primAnnot)
		case w.a.table.lookup(p.Name) == p:
			w.prims.all.uint(primRow)
		default:
			w.failed = true
		}
		w.prims.all.uint(name)
		n = w.prims.add()
		w.primAt[p] = n
	}
	return n
}

func (w *stateWriter) place(f *callgraph.Func, pos cparse.Pos) int {
	if f == nil {
		return 0
	}
	n, ok := w.placeAt[place{f.ID, pos}]
	if !ok {
		w.places.all.uint(int(f.ID))
		w.pos(&w.places.all, pos)
		n = w.places.add()
		w.placeAt[place{f.ID, pos}] = n
	}
	return n
}

// pos writes a place in the file of a function that the reader knows.
func (w *stateWriter) pos(r *record, p cparse.Pos) {
	r.int(int64(p.Line))
	r.int(int64(p.Col))
}

func (w *stateWriter) edge(e *callgraph.Edge) int {
	if e == nil {
		return 0
	}
	n, ok := w.edgeAt[e]
	if !ok {
		out, at := w.a.graph.Out(e.Caller), 0
		for at < len(out) && &out[at] != e {
			at++
		}
		w.failed = w.failed || at == len(out)
		via := w.text(e.Via)
		t := &w.edges.all
		t.uint(int(e.Caller))
		t.uint(at)
		t.uint(via)
		w.pos(t, e.Pos)
		n = w.edges.add()
		w.edgeAt[e] = n
	}
	return n
}

// event writes an event and those behind it.
func (w *stateWriter) event(e *event) int {
	if e == nil {
		return 0
	}
	if n := int(e.num); n > 0 && n <= len(w.written) && w.written[n-1] == e {
		return n
	}
	next, edge, refAt, rel, cond, cross := w.event(e.next), w.edge(e.edge), w.ref(e.ref), w.refList(e.rel), w.condList(e.cond), w.crossing(e.cross)
	same := e.next != nil && e.standsLike(e.next)
	var prim, at int
	if !same {
		prim, at = w.prim(e.prim), w.place(e.fn, e.pos)
	}
	choice := e.chosen != 0 || e.choices != 0
	t := &w.events.all
	t.bits(next != 0, edge != 0, rel != 0, cond != 0, cross != 0, choice, same)
	for _, n := range [...]int{next, edge, rel, cond, cross} {
		if n != 0 {
			t.uint(n)
		}
	}
	t.uint(refAt)
	t.byte(uint8(e.assume))
	t.byte(uint8(e.conf))
	t.uint(int(e.len))
	if choice {
		t.byte(uint8(e.chosen))
		t.byte(e.choices)
	}
	if !same {
		t.byte(uint8(e.kind))
		t.byte(uint8(e.mode))
		t.bits(e.try, e.every)
		t.uint(prim)
		t.uint(at)
	}
	e.num = int32(w.events.add())
	w.written = append(w.written, e)
	return int(e.num)
}

// standsLike says whether an event is seen at a call as it stands in the callee.
func (e *event) standsLike(o *event) bool {
	return e.fn == o.fn && e.pos == o.pos && e.kind == o.kind && e.mode == o.mode && e.prim == o.prim && e.try == o.try && e.every == o.every
}

// held writes a held lock. The instruction and the place where it was taken are only
// looked at while its function is solved.
func (w *stateWriter) held(r *record, h *held) {
	from := w.event(h.from)
	r.uint(w.ref(h.ref))
	r.byte(uint8(h.mode))
	r.byte(uint8(h.flags))
	r.uint(from)
}

func compareFlagBit(a, b flagBit) int {
	return cmp.Or(strings.Compare(a.member, b.member), cmp.Compare(a.bit, b.bit))
}

// both is the flags that are set or cleared.
func (s survey) both() map[flagBit]int {
	out := maps.Clone(s.set)
	maps.Copy(out, s.cleared)
	return out
}
