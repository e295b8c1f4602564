package callgraph

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"klockscan/cparse"
)

// A function that runs a registry which it is given exists once for each registry, as
// if a caller had it inlined: context sensitivity by cloning, for those calls alone.
// An instance has the name, place and body of the function, and its edges, but that it
// reaches only what is in its registry.

// An instance is a function for one registry; for "" it is the function itself, which
// serves the callers of whom it is not known.
type instance struct {
	function FuncID
	registry string
}

// A dispatcher is a function that runs the registry in one of its parameters.
type dispatcher struct {
	param int
	via   string // the member that is called, as edges name it
	row   bool   // a row names it: it calls the member of nothing else
}

// An instancer makes instances.
type instancer struct {
	s           *solver
	dispatchers map[FuncID]dispatcher
	out         map[FuncID][]int32 // edges of dispatchers, by number
	passed      map[int32]named    // by the number of an edge to a dispatcher, see passes
	needed      map[instance]bool
	served      map[FuncID]bool // functions that have an instance
	room        int             // what is left of maxCopied
	work        []instance
	ids         map[instance]FuncID
}

// maxCopied bounds what instances repeat, in edges and instructions: with as many
// registries as functions that pass them on, their number is the product. What comes
// later shares the function that serves any registry.
const maxCopied = 1 << 21

// instanceSize is what an instance costs beside them.
const instanceSize = 16

// instantiate gives the callers of functions that run registries instances of their
// own. The program is another if there are any.
func (s *solver) instantiate(stored []store, unresolved []Unresolved) (*Program, []Unresolved) {
	n := &instancer{s: s, dispatchers: map[FuncID]dispatcher{}, out: map[FuncID][]int32{}, passed: map[int32]named{},
		needed: map[instance]bool{}, served: map[FuncID]bool{}, room: maxCopied}
	n.find()
	if len(n.dispatchers) == 0 {
		return s.p, unresolved
	}
	for i := range s.edges {
		if _, ok := n.dispatchers[s.edges[i].Caller]; ok {
			n.out[s.edges[i].Caller] = append(n.out[s.edges[i].Caller], int32(i))
		}
	}
	n.demand(stored)
	p := n.number()
	return p, n.rewrite(unresolved)
}

// find finds the dispatchers: those that rows name, and who passes one a parameter of
// his own for the registry.
func (n *instancer) find() {
	var work []FuncID
	for _, f := range n.s.p.Funcs {
		if f.IR() == nil || f.External {
			continue
		}
		for _, r := range mechanisms()[f.Name] {
			if r.action == "dispatches" {
				n.dispatchers[f.ID] = dispatcher{r.arg, "struct " + r.kind, true}
				work = append(work, f.ID)
			}
		}
	}
	if len(work) == 0 {
		return
	}
	calls := make([][]int32, len(n.s.p.Funcs)) // edges by name, by callee
	for i := range n.s.edges {
		if e := &n.s.edges[i]; e.Kind == Direct || e.Kind == Macro {
			calls[e.Callee] = append(calls[e.Callee], int32(i))
		}
	}
	sites := map[FuncID]map[int32]*cparse.Call{}
	for ; len(work) > 0; work = work[1:] {
		d := n.dispatchers[work[0]]
		for _, i := range calls[work[0]] {
			e := &n.s.edges[i]
			at := n.passes(e, sites)
			n.passed[i] = at
			if _, known := n.dispatchers[e.Caller]; !known && at.param >= 0 {
				n.dispatchers[e.Caller] = dispatcher{param: at.param, via: d.via}
				work = append(work, e.Caller)
			}
		}
	}
}

// passes is the registry that a call of a dispatcher by name passes; sites are the
// calls of the functions that were asked about.
func (n *instancer) passes(e *Edge, sites map[FuncID]map[int32]*cparse.Call) named {
	f := n.s.p.Funcs[e.Caller]
	if sites[f.ID] == nil {
		sites[f.ID] = map[int32]*cparse.Call{}
		for _, c := range f.calls() {
			sites[f.ID][c.Site] = c
		}
	}
	c, param := sites[f.ID][e.Site], n.dispatchers[e.Callee].param
	if c == nil || param >= len(c.Args) || n.s.p.Lookup(f, c.Fun.Name) != e.Callee {
		return unnamed
	}
	return n.s.nameOf(f, c.Args[param])
}

// callee is the instance that an edge to a dispatcher leads to, by its number, from
// the caller's instance for a registry.
func (n *instancer) callee(i int32, registry string) instance {
	e, at := &n.s.edges[i], unnamed
	if by, ok := n.passed[i]; ok {
		at = by
	}
	if own, ok := n.dispatchers[e.Caller]; ok && at.param >= 0 && at.param == own.param {
		return instance{e.Callee, registry}
	}
	return instance{e.Callee, at.name}
}

// demand finds which instances are needed: for callers that are none themselves, for
// code that was not read and calls through tables, and for those that nothing comes to
// but a circle of their own.
func (n *instancer) demand(stored []store) {
	called := map[FuncID]bool{}
	for i := range n.s.edges {
		e := &n.s.edges[i]
		if _, ok := n.dispatchers[e.Callee]; !ok {
			continue
		}
		called[e.Callee] = called[e.Callee] || e.Caller != e.Callee
		if _, ok := n.dispatchers[e.Caller]; !ok {
			n.need(n.callee(int32(i), ""))
		}
	}
	for _, st := range stored { // findEntries makes entries of these, called or not; an address elsewhere is no call
		if _, ok := n.dispatchers[st.fn]; ok && n.s.p.entryTable.kind("member", st.via) >= 0 {
			n.need(instance{st.fn, ""})
		}
	}
	all := slices.Sorted(maps.Keys(n.dispatchers))
	for _, f := range all {
		if !called[f] {
			n.need(instance{f, ""})
		}
	}
	n.reach()
	for _, f := range all {
		if !n.served[f] {
			n.need(instance{f, ""})
			n.reach()
		}
	}
}

// reach finds what the instances that are needed need.
func (n *instancer) reach() {
	for ; len(n.work) > 0; n.work = n.work[1:] {
		one := n.work[0]
		for _, i := range n.out[one.function] {
			if _, ok := n.dispatchers[n.s.edges[i].Callee]; ok {
				n.need(n.callee(i, one.registry))
			}
		}
	}
}

func (n *instancer) need(one instance) {
	if n.needed[one] {
		return
	}
	if one.registry != "" {
		size := instanceSize + len(n.out[one.function]) + n.s.p.Funcs[one.function].instructions()
		if size > n.room {
			n.need(instance{one.function, ""})
			return
		}
		n.room -= size
	}
	n.needed[one], n.served[one.function] = true, true
	n.work = append(n.work, one)
}

// id is the number of an instance, or of the function itself if there was no room.
func (n *instancer) id(one instance) FuncID {
	if id, ok := n.ids[one]; ok {
		return id
	}
	return n.ids[instance{one.function, ""}]
}

// number gives the instances numbers, after all functions; the function itself becomes
// the first of them if it is not needed for other callers.
func (n *instancer) number() *Program {
	p := *n.s.p
	p.Funcs, p.byName = slices.Clone(p.Funcs), maps.Clone(p.byName)
	n.ids = map[instance]FuncID{}
	own := map[FuncID]bool{} // functions that are an instance themselves
	for _, one := range n.sorted() {
		f := *p.Funcs[one.function]
		f.Registry = one.registry
		if own[one.function] {
			f.ID = FuncID(len(p.Funcs))
			p.Funcs = append(p.Funcs, &f)
			p.byName[f.Name] = append(slices.Clip(p.byName[f.Name]), f.ID)
		} else {
			own[one.function] = true
			p.Funcs[f.ID] = &f
		}
		n.ids[one] = f.ID
	}
	return &p
}

// sorted is the instances in an order that depends on the code only.
func (n *instancer) sorted() []instance {
	return slices.SortedFunc(maps.Keys(n.needed), func(a, b instance) int {
		return cmp.Or(cmp.Compare(a.function, b.function), strings.Compare(a.registry, b.registry))
	})
}

// rewrite leads the edges to instances, and adds the instances' own. A call that finds
// its registry empty has no target that is known.
func (n *instancer) rewrite(unresolved []Unresolved) []Unresolved {
	var edges []Edge
	for i, e := range n.s.edges {
		if _, ok := n.dispatchers[e.Caller]; ok {
			continue
		}
		if _, ok := n.dispatchers[e.Callee]; ok {
			e.Callee = n.id(n.callee(int32(i), ""))
		}
		edges = append(edges, e)
	}
	open := map[FuncID][]Unresolved{} // of dispatchers, by the function
	unresolved = slices.DeleteFunc(unresolved, func(u Unresolved) bool {
		_, ok := n.dispatchers[u.Caller]
		if ok {
			open[u.Caller] = append(open[u.Caller], u)
		}
		return ok
	})
	registered, known := n.s.registered(), map[string]members{}
	for _, one := range n.sorted() {
		via := n.dispatchers[one.function].via
		if _, ok := known[via]; !ok {
			known[via] = n.s.members(via, registered)
		}
		own, empty := n.edgesOf(one, known[via])
		edges = append(edges, own...)
		for _, u := range append(empty, open[one.function]...) {
			u.Caller = n.ids[one]
			unresolved = append(unresolved, u)
		}
	}
	n.s.edges = edges
	slices.SortStableFunc(unresolved, func(a, b Unresolved) int { return cmp.Compare(a.Caller, b.Caller) })
	return unresolved
}

// edgesOf is the edges of an instance, and its calls whose registry is empty.
func (n *instancer) edgesOf(one instance, m members) (edges []Edge, empty []Unresolved) {
	d, f := n.dispatchers[one.function], n.s.p.Funcs[one.function]
	left := map[int32]int{} // by call site of the registry's: targets that are left
	for _, i := range n.out[one.function] {
		e := n.s.edges[i]
		runs := d.row && e.Kind == Ops && e.Via == d.via
		if runs && one.registry != "" && !m.has(one.registry, e.Callee) {
			left[e.Site] += 0
			continue
		}
		if runs {
			left[e.Site]++
		}
		if _, ok := n.dispatchers[e.Callee]; ok {
			e.Callee = n.id(n.callee(i, one.registry))
		}
		e.Caller = n.ids[one]
		edges = append(edges, e)
	}
	for _, c := range f.calls() {
		if targets, ok := left[c.Site]; ok && targets == 0 {
			empty = append(empty, Unresolved{Site: c.Site, Pos: c.Pos, Expr: f.calleeText(c), Cause: NotRead,
				Reason: NotRead.String() + ": " + d.via + " in " + one.registry})
		}
	}
	return edges, empty
}
