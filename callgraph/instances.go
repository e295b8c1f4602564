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
}

// An instancer makes instances.
type instancer struct {
	s           *solver
	dispatchers map[FuncID]dispatcher
	out         map[FuncID][]int32 // edges of dispatchers, by number
	needed      map[instance]bool
	work        []instance
	ids         map[instance]FuncID
}

// instantiate gives the callers of functions that run registries instances of their
// own. The program is another if there are any.
func (s *solver) instantiate(unresolved []Unresolved) (*Program, []Unresolved) {
	n := &instancer{s: s, dispatchers: map[FuncID]dispatcher{}, out: map[FuncID][]int32{}, needed: map[instance]bool{}}
	n.find()
	if len(n.dispatchers) == 0 {
		return s.p, unresolved
	}
	for i := range s.edges {
		if _, ok := n.dispatchers[s.edges[i].Caller]; ok {
			n.out[s.edges[i].Caller] = append(n.out[s.edges[i].Caller], int32(i))
		}
	}
	n.demand()
	p := n.number()
	return p, n.rewrite(unresolved)
}

// find finds the dispatchers: those that rows name, and who passes one a parameter of
// his own for the registry.
func (n *instancer) find() {
	var fresh []FuncID
	for _, f := range n.s.p.Funcs {
		if f.IR == nil || f.External {
			continue
		}
		for _, r := range mechanisms()[f.Name] {
			if r.action == "dispatches" {
				n.dispatchers[f.ID] = dispatcher{r.arg, "struct " + r.kind}
				fresh = append(fresh, f.ID)
			}
		}
	}
	for len(fresh) > 0 {
		var next []FuncID
		for i := range n.s.edges {
			e := &n.s.edges[i]
			d, ok := n.dispatchers[e.Callee]
			if _, known := n.dispatchers[e.Caller]; !ok || known || !slices.Contains(fresh, e.Callee) {
				continue
			}
			if at := n.passes(e); at.param >= 0 {
				n.dispatchers[e.Caller] = dispatcher{at.param, d.via}
				next = append(next, e.Caller)
			}
		}
		fresh = next
	}
}

// passes is the registry that a call of a dispatcher passes.
func (n *instancer) passes(e *Edge) named {
	d := n.dispatchers[e.Callee]
	if e.Kind != Direct && e.Kind != Macro {
		return unnamed
	}
	f := n.s.p.Funcs[e.Caller]
	calls := f.calls()
	i := slices.IndexFunc(calls, func(c *cparse.Call) bool { return c.Site == e.Site })
	if i < 0 || d.param >= len(calls[i].Args) || n.s.p.Lookup(f, calls[i].Fun.Name) != e.Callee {
		return unnamed
	}
	return n.s.nameOf(f, calls[i].Args[d.param])
}

// callee is the instance that an edge to a dispatcher leads to, from the caller's
// instance for a registry.
func (n *instancer) callee(e *Edge, registry string) instance {
	at := n.passes(e)
	if own, ok := n.dispatchers[e.Caller]; ok && at.param >= 0 && at.param == own.param {
		return instance{e.Callee, registry}
	}
	return instance{e.Callee, at.name}
}

// demand finds which instances are needed.
func (n *instancer) demand() {
	called := map[FuncID]bool{}
	for i := range n.s.edges {
		e := &n.s.edges[i]
		if _, ok := n.dispatchers[e.Callee]; !ok {
			continue
		}
		called[e.Callee] = called[e.Callee] || e.Caller != e.Callee
		if _, ok := n.dispatchers[e.Caller]; !ok {
			n.need(n.callee(e, ""))
		}
	}
	for _, f := range slices.Sorted(maps.Keys(n.dispatchers)) {
		if !called[f] {
			n.need(instance{f, ""})
		}
	}
	for len(n.work) > 0 {
		one := n.work[0]
		n.work = n.work[1:]
		for _, i := range n.out[one.function] {
			if e := &n.s.edges[i]; n.dispatchers[e.Callee].via != "" {
				n.need(n.callee(e, one.registry))
			}
		}
	}
}

func (n *instancer) need(one instance) {
	if !n.needed[one] {
		n.needed[one] = true
		n.work = append(n.work, one)
	}
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
	for _, e := range n.s.edges {
		if _, ok := n.dispatchers[e.Caller]; ok {
			continue
		}
		if _, ok := n.dispatchers[e.Callee]; ok {
			e.Callee = n.ids[n.callee(&e, "")]
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
		runs := e.Kind == Ops && e.Via == d.via
		if runs && one.registry != "" && !m.has(one.registry, e.Callee) {
			left[e.Site] += 0
			continue
		}
		if runs {
			left[e.Site]++
		}
		if _, ok := n.dispatchers[e.Callee]; ok {
			e.Callee = n.ids[n.callee(&e, one.registry)]
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
