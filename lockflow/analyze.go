package lockflow

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// Options are the choices of an analysis.
type Options struct {
	Table   *Table // nil: DefaultTable
	Workers int    // 0: as many as there are processors; the result does not depend on it
	Events  int    // the most events that a function hands to its callers, which bounds time and memory; 0: MaxEvents

	State *cparse.Encoder // not nil: Analyze writes there what Resume starts from

	Explain   []string  // names of functions whose solution is written to ExplainTo: for one who asks why
	ExplainTo io.Writer // used by one goroutine at a time
}

// analysis holds what the functions of one program share. Everything is
// written before its readers start: summaries[f] by the worker that solves f,
// before any caller of f is begun.
type analysis struct {
	prog      *callgraph.Program
	graph     *callgraph.Graph
	types     typer
	table     *Table
	most      int // events that a function hands to its callers
	summaries []*summary
	outcomes  []*outcome
	contexts  map[callgraph.FuncID][]contextRow
	entered   enteredWith                 // nil until all functions are solved once
	between   []between                   // the functions that are handed something
	before    map[callgraph.FuncID]solved // what those of entered were before that
	earlier   *earlier                    // of Resume: what is known of functions without a summary; else nil
	entries   []bool
	groups    [][]callgraph.FuncID // of functions that call each other
	groupOf   []int32              // by function
	modules   *modules
	crossings sync.Map // crossing → *crossing
	refLists  interner[ref]
	condLists interner[condition]
	explain   func(x *frame, sol *solution) // nil, or told of every function solved
	survey    survey
	oneWay    map[flagBit]bool // flags that are set somewhere and never cleared
	onStack   map[string]bool  // tags of the structs that some function has as a local variable
}

// An outcome is what one function contributes to the result.
type outcome struct {
	pairs    []pairRec
	doubles  []doubleUnlock
	needs    []need
	leaving  []leavingState
	handed   map[handOver]bool
	unknown  []unknownLock
	acquired int
	limits   map[string]int
}

// solved is what a function's solution came to.
type solved struct {
	sum *summary
	out *outcome
}

// Analyze follows the locks through a linked program (rules L1 to L25).
func Analyze(p *callgraph.Program, g *callgraph.Graph, o Options) (*Result, error) {
	if p == nil || g == nil {
		return nil, errors.New("lockflow: no program")
	}
	a, err := o.newAnalysis(p, g)
	if err != nil {
		return nil, err
	}
	workers := o.workers()
	if o.ExplainTo != nil && len(o.Explain) > 0 {
		a.explain = explainer(o.Explain, o.ExplainTo)
	}
	a.setSurvey(a.surveyAll())
	a.run(workers)
	a.handOvers()
	if o.State != nil {
		a.writeState(o.State)
	}
	return a.result(), nil
}

// newAnalysis is an analysis with these choices.
func (o *Options) newAnalysis(p *callgraph.Program, g *callgraph.Graph) (*analysis, error) {
	table := o.Table
	if table == nil {
		t, err := DefaultTable()
		if err != nil {
			return nil, err
		}
		table = t
	}
	a := newAnalysis(p, g, table)
	if o.Events > 0 {
		a.most = max(min(o.Events, MaxEvents), minEvents)
	}
	return a, nil
}

// workers is how many goroutines solve functions.
func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// newAnalysis prepares what all functions share, as far as no function must be read
// for it.
func newAnalysis(p *callgraph.Program, g *callgraph.Graph, t *Table) *analysis {
	a := &analysis{prog: p, graph: g, types: p, table: t, most: MaxEvents, summaries: make([]*summary, len(p.Funcs)),
		outcomes: make([]*outcome, len(p.Funcs))}
	a.contexts = a.findContexts()
	a.entries = a.findEntries()
	a.modules = newModules(p, g)
	return a
}

// run solves every function after its callees. Groups are handed to workers as
// soon as the groups that they call are done; a summary depends on nothing but
// those below, so the order of the rest does not show.
func (a *analysis) run(workers int) {
	a.findGroups()
	a.dependencies(a.groups, a.groupOf).run(workers, func(i int32) { a.solveGroup(a.groups[i], workers) })
}

// findGroups finds the functions that call each other.
func (a *analysis) findGroups() {
	a.groups = components(a.graph, len(a.prog.Funcs))
	a.groupOf = make([]int32, len(a.prog.Funcs))
	for i, grp := range a.groups {
		for _, f := range grp {
			a.groupOf[f] = int32(i)
		}
	}
}

// An ordering is jobs of which some come after others. Nobody waits in a circle.
type ordering struct {
	waits     []int32   // by job: how many come before it
	followers [][]int32 // by job: those that wait for it, sorted
}

// after makes the ordering of n jobs from the jobs that follow each, in any
// order, perhaps more than once.
func after(followers [][]int32) ordering {
	o := ordering{make([]int32, len(followers)), followers}
	for i := range followers {
		slices.Sort(followers[i])
		followers[i] = slices.Compact(followers[i])
		for _, k := range followers[i] {
			o.waits[k]++
		}
	}
	return o
}

// run does the jobs, each after those that come before it.
func (o ordering) run(workers int, do func(int32)) {
	waits := slices.Clone(o.waits)
	ready := make(chan int32, len(waits))
	for i := range waits {
		if waits[i] == 0 {
			ready <- int32(i)
		}
	}
	var (
		mu   sync.Mutex
		left = len(waits)
		wg   sync.WaitGroup
	)
	if left == 0 {
		return
	}
	for range max(workers, 1) {
		wg.Go(func() {
			for i := range ready {
				do(i)
				mu.Lock()
				for _, c := range o.followers[i] {
					if waits[c]--; waits[c] == 0 {
						ready <- c
					}
				}
				if left--; left == 0 {
					close(ready)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// dependencies puts each group after those that it calls.
func (a *analysis) dependencies(groups [][]callgraph.FuncID, groupOf []int32) ordering {
	callers := make([][]int32, len(groups))
	for i, grp := range groups {
		for _, f := range grp {
			for _, e := range a.graph.Out(f) {
				if reaches(&e) && groupOf[e.Callee] != int32(i) {
					below := groupOf[e.Callee]
					callers[below] = append(callers[below], int32(i))
				}
			}
		}
	}
	return after(callers)
}

// smallBody is the number of blocks up to which a function without locks is
// evaluated all the same, for what it returns.
const smallBody = 6

var unknownSummary = &summary{exits: []exit{{n: anyNum}}}

// solveFunc makes the summary and the outcome of one function.
func (a *analysis) solveFunc(id callgraph.FuncID) {
	f := a.prog.Funcs[id]
	a.outcomes[id] = &outcome{limits: map[string]int{}}
	if f.External && f.IR() != nil && len(f.IR().Annots) > 0 {
		a.summaries[id] = a.declared(f)
		return
	}
	if f.IR() == nil || f.Trace || a.table.Opaque(f.Name) || len(f.Body().Blocks) == 0 {
		a.summaries[id] = unknownSummary
		return
	}
	if len(f.Body().Blocks) > maxBlocks {
		a.outcomes[id].limits["blocks of a function"]++
		a.summaries[id] = unknownSummary
		return
	}
	if len(f.Body().Blocks) > smallBody && !a.relevant(f) {
		a.summaries[id] = unknownSummary
		return
	}
	b := newBody(f)
	x := &frame{body: b, a: a}
	defer x.free()
	x.peelLoops()
	x.liveness()
	sol, leaving := x.explore()
	exits := x.exits(sol, leaving)
	x.confirmDoubles(sol)
	x.strayUnlocks(sol)
	needs := x.needed()
	events, all := x.col.events.nearest(a.room(id))
	if !all {
		sol.limits["events of a function"]++
	}
	events = outlive(events)
	a.summaries[id] = &summary{exits: settle(exits, events), events: events}
	if a.explain != nil {
		a.explain(x, sol)
	}
	out := &outcome{doubles: x.col.doubles, needs: needs, handed: x.col.handed, leaving: leavingHeld(leaving), unknown: x.col.unknown,
		acquired: x.col.acquired, limits: sol.limits}
	for _, k := range x.col.order {
		out.pairs = append(out.pairs, *x.col.pairs[k])
	}
	a.outcomes[id] = out
}

// leavingHeld keeps the ways out only of functions that hold locks, or perhaps
// do: the rest need no second look.
func leavingHeld(ls []leavingState) []leavingState {
	for i := range ls {
		if len(ls[i].s.held) > 0 || slices.ContainsFunc(ls[i].s.free.all, func(f freed) bool { return f.vague && f.own }) {
			for j := range ls {
				ls[j].s = ls[j].s.outlive()
			}
			return ls
		}
	}
	return nil
}

// relevant says whether a function can have to do with locks: it calls a
// primitive, or a function that has.
func (a *analysis) relevant(f *callgraph.Func) bool {
	for _, e := range a.graph.Out(f.ID) {
		if !reaches(&e) {
			continue
		}
		if s := a.summaries[e.Callee]; s == nil || len(s.events) > 0 || !s.neutral() {
			return true
		}
	}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			if c, ok := in.(*cparse.Call); ok && c.Fun != nil && c.Fun.Kind == cparse.EName {
				if p := a.table.lookup(c.Fun.Name); p != nil && p.Action < actValue {
					return true
				}
			}
		}
	}
	return false
}

// peelLoops applies rule L7 to the loops that lock or unlock.
func (x *frame) peelLoops() {
	ls := x.loops()
	for _, l := range ls {
		locks := false
		for i, in := range l.body {
			if in && !locks {
				locks = x.blockLocks(&x.blocks[i])
			}
		}
		if locks {
			x.lockLoops = append(x.lockLoops, l)
			x.peel(l)
		}
	}
	if len(ls) > 0 {
		x.number()
	}
}

// blockLocks says whether a block changes which locks are held.
func (x *frame) blockLocks(b *block) bool {
	for _, in := range b.instrs {
		c, ok := in.(*cparse.Call)
		if !ok {
			continue
		}
		if p := x.a.table.lookup(x.calleeName(c)); p != nil {
			if p.Action == actLock || p.Action == actTry || p.Action == actUnlock {
				return true
			}
			continue
		}
		if countEffects(x.dispatch(c).targets) > 0 {
			return true
		}
	}
	return false
}

// globalName is the name of a variable or function in paths: with its file if
// it is static.
func (a *analysis) globalName(f *callgraph.Func, name string) string {
	if g := a.types.Global(f, name); g != nil && g.Static {
		if file := a.prog.HomeOf(g); file != "" {
			return name + "@" + file
		}
	}
	return name
}

// isFunc says whether a name is a function's.
func (a *analysis) isFunc(f *callgraph.Func, name string) bool {
	return a.types.Lookup(f, name) != callgraph.NoFunc
}

// isMacroName says whether a name is a constant in all but value: a macro or
// enumerator, by the kernel's convention in capitals.
func (a *analysis) isMacroName(vars map[string]int32, name string) bool {
	_, local := vars[name]
	return !local && name != "" && strings.ToUpper(name) == name
}

// findContexts lists the functions that run in a context that is no lock,
// because a table row names the member that they are stored in, or the mechanism
// that runs them (rule L13).
func (a *analysis) findContexts() map[callgraph.FuncID][]contextRow {
	out := map[callgraph.FuncID][]contextRow{}
	note := func(f callgraph.FuncID, fits func(contextRow) bool) {
		for _, row := range a.table.contexts {
			if fits(row) && !slices.ContainsFunc(out[f], func(o contextRow) bool { return o.Name == row.Name }) {
				out[f] = append(out[f], row)
			}
		}
	}
	for f, via := range a.graph.Stored {
		tag, member, _ := strings.Cut(strings.TrimPrefix(via, "struct "), ".")
		note(f, func(row contextRow) bool { return row.Struct == tag && slices.Contains(row.Members, member) })
	}
	for i := range a.graph.Edges {
		if e := &a.graph.Edges[i]; e.Kind == callgraph.Async {
			note(e.Callee, func(row contextRow) bool { return row.Async == e.Via })
		}
	}
	return out
}

// findEntries finds where tasks come in: functions that no code read here
// calls, other than through a table.
func (a *analysis) findEntries() []bool {
	out := make([]bool, len(a.prog.Funcs))
	for i := range out {
		out[i] = true
		for _, e := range a.graph.In(callgraph.FuncID(i)) {
			switch a.graph.Edges[e].Kind {
			case callgraph.Direct, callgraph.Macro, callgraph.Callback:
				out[i] = false
			}
		}
	}
	return out
}
