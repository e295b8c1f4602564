package lockflow

import (
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// Rule L21: who waits for a work item, a queue or a timer waits for every lock
// that its function takes. With one of these held, or one that is taken inside
// them, the wait never ends. The waiter's locks are not held in the function:
// only its acquisitions and waits count, as if they stood at the call.

// waits records what the functions do that a call waits for.
func (x *frame) waits(s *state, c *cparse.Call) {
	if x.col == nil {
		return
	}
	edges := x.a.graph.Targets(x.f.ID, c.Site)
	for i := range edges {
		if e := &edges[i]; e.Kind == callgraph.Waits {
			x.waitFor(s, c, e)
		}
	}
}

// waitFor records the acquisitions of one function that a call waits for.
func (x *frame) waitFor(s *state, c *cparse.Call, e *callgraph.Edge) {
	sum := x.a.summaries[e.Callee]
	if sum == nil || len(c.Args) == 0 {
		return
	}
	one := x.isOwnItem(c.Args[0], x.a.prog.Funcs[e.Callee])
	l := x.lifting(s, c, []value{x.val(s, c.Args[0], 0)}, one)
	defer x.doneLifting(l)
	before := x.releasedBefore(s, &l.b, nil)
	for _, ev := range sum.events {
		if ev.kind == evSleep || ev.try {
			continue
		}
		conds := l.conds.get(ev.cond, l.conditions)
		if !conds.possible {
			continue
		}
		lifted := x.a.behind(ev, e, leap{}, noChoice)
		l.translate(&lifted, conds, before)
		lifted.every = ev.every || !one
		x.record(s, &lifted, nil, l.first)
	}
}

// isOwnItem says whether what is waited for is the object that the function is
// given (flush_work), or one that holds it (a delayed work item), and not a
// queue of the items of every object.
func (x *frame) isOwnItem(arg *cparse.Expr, fn *callgraph.Func) bool {
	if fn.IR() == nil || len(fn.IR().Params) == 0 {
		return false
	}
	item := x.structName(x.a.types, x.a.types.Resolve(fn, fn.IR().Params[0].Type))
	t := x.typeOf(x.a.types, arg)
	if item == "" || x.structName(x.a.types, t) == item {
		return item != ""
	}
	if t == nil || t.Elem == nil || t.Elem.Def == nil {
		return false
	}
	return slices.ContainsFunc(t.Elem.Def.Fields, func(f cparse.Field) bool {
		return f.Type != nil && f.Type.Kind == cparse.TStruct && f.Type.Name == item
	})
}
