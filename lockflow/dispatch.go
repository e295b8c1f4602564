package lockflow

import (
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A dispatch is what a call may reach. It is the same in every state, but for
// what calleeOf and ofOneTable say, so that it is made once for a call and not once for a state.
type dispatch struct {
	targets []target
	acting  []target // those whose ways out count here
	effects int      // how many of acting change locks
	n       num      // what any of acting may return
	merged  []*event // see mergedEvents; nil if there is only one target, or not made yet
	choice  choice   // see modules.go
}

// dispatch is what the call may reach.
func (x *frame) dispatch(c *cparse.Call) *dispatch {
	if d, ok := x.dispatches[c.Site]; ok {
		return d
	}
	d := x.newDispatch(x.targets(c))
	if x.dispatches == nil {
		x.dispatches = map[int32]*dispatch{}
	}
	x.dispatches[c.Site] = d
	return d
}

// newDispatch is what a call of these functions may reach.
func (x *frame) newDispatch(targets []target) *dispatch {
	d := &dispatch{targets: targets, n: anyNum, choice: x.a.modules.choice(targets)}
	first := true
	for _, t := range d.targets {
		if len(t.sum.exits) == 0 || !t.known {
			continue
		}
		d.acting = append(d.acting, t)
		for i := range t.sum.exits {
			if e := &t.sum.exits[i]; first {
				d.n, first = e.n, false
			} else {
				d.n = d.n.join(e.n)
			}
		}
	}
	d.effects = countEffects(d.acting)
	return d
}

// maxMerged bounds the events that a call through a table takes over.
const maxMerged = 1000

// mergedEvents is the events behind all targets, those that another one covers
// left out: a call through a table then costs what a call of one function costs
// that calls all of them. They still speak of the callees' parameters, which are
// the same for all.
func (x *frame) mergedEvents(d *dispatch) []*event {
	if d.merged != nil {
		return d.merged
	}
	set := x.newSet()
	for _, t := range d.targets {
		if !t.known {
			continue
		}
		over := x.leapOver(t.edge)
		for _, ev := range t.sum.events {
			e := x.a.behind(ev, t.edge, over, d.choice)
			set.add(&e)
		}
	}
	all, fits := set.nearest(min(maxMerged, x.a.most))
	if !fits {
		x.col.sol.limits["events of a call through a table"]++
	}
	d.merged = all
	return all
}

// A callee is what a state says about whom an indirect call reaches.
type callee struct {
	name string // not "": this function, which was put there
	p    apath  // valid: the function that this leads to from a parameter
}

// calleeOf is what the state says about an indirect call: not another function
// than the one that this function itself put there; or one that the caller put
// into a parameter, or into a member of what one points to.
func (x *frame) calleeOf(s *state, c *cparse.Call) callee {
	if c.Fun == nil || x.calleeName(c) != "" {
		return callee{}
	}
	v := x.val(s, c.Fun, 0)
	switch {
	case v.kind != vPath:
		return callee{}
	case v.p.kind == rGlobal && v.p.steps() == "":
		if name, _, _ := strings.Cut(v.p.name(), "@"); x.a.isFunc(x.f, name) {
			return callee{name: name}
		}
	case v.p.kind == rGlobal:
		if name, ok := x.a.constFunction(v.p); ok && name != "" {
			return callee{name: name}
		}
	case v.p.kind == rParam && strings.Count(v.p.steps(), "*") <= maxTargetDerefs:
		if x.a.callersTell(v.p.steps()) {
			return callee{p: v.p}
		}
	}
	return callee{}
}

// callersTell says whether a caller up the chain can be seen to store what a
// parameter leads to: into a struct on his stack, or a table that he passes or that
// such a struct points to.
func (a *analysis) callersTell(steps string) bool {
	i := ownerStep(steps)
	if i < 0 || a.onStack[pointeeOf(steps[i:])] {
		return true
	}
	table := steps[:i]
	if table == "" {
		return true
	}
	if !strings.HasSuffix(table, "*") {
		return false
	}
	j := ownerStep(table)
	return j >= 0 && a.onStack[pointeeOf(table[j:])]
}

// admits says whether the call may reach a target, and under which condition.
func (k callee) admits(name string, kind callgraph.EdgeKind) (condition, bool) {
	if kind != callgraph.Callback && kind != callgraph.Ops {
		return condition{}, true
	}
	if k.p.valid() {
		return condition{p: k.p, fn: name}, true
	}
	return condition{}, k.name == "" || k.name == name
}

// collectTargets records the events of a call's targets (rule L8).
func (x *frame) collectTargets(s *state, c *cparse.Call, d *dispatch, args []value) {
	if x.col == nil || len(d.targets) == 0 {
		return
	}
	who := x.calleeOf(s, c)
	if len(d.targets) == 1 || who != (callee{}) {
		open := d.choice
		if who.name != "" || who.p.steps() == "" { // told by this function, or by whoever passes it
			open = noChoice
		}
		for _, t := range d.targets {
			if cond, ok := who.admits(x.a.prog.Funcs[t.edge.Callee].Name, t.edge.Kind); ok {
				x.collectCall(s, c, t, args, cond, open)
			}
		}
		return
	}
	l := x.lifting(s, c, args, true)
	for _, ev := range x.mergedEvents(d) {
		x.liftEvent(s, l, *ev)
	}
	x.doneLifting(l)
	for _, t := range d.targets {
		if !t.known {
			x.collectCall(s, c, t, args, condition{}, d.choice)
		}
	}
}

// collectCall records the events of one target. The condition, if it is one, is what
// the call reaches it under.
func (x *frame) collectCall(s *state, c *cparse.Call, t target, args []value, under condition, open choice) {
	if x.col == nil || len(t.sum.events) == 0 {
		return
	}
	l := x.lifting(s, c, args, t.known)
	if under.p.valid() {
		l.own = append(l.own, under)
	}
	over := x.leapOver(t.edge)
	for _, ev := range t.sum.events {
		x.liftEvent(s, l, x.a.behind(ev, t.edge, over, open))
	}
	x.doneLifting(l)
}

// behind is a callee's event as it is seen at a call, still in terms of the
// callee's parameters; open is the choice that the call makes.
func (a *analysis) behind(ev *event, e *callgraph.Edge, over leap, open choice) event {
	out := *ev
	out.conf, out.len, out.next, out.edge = min(ev.conf, edgeConfidence(e.Kind)), ev.len+1, ev, e
	out.cross = a.through(ev.cross, over)
	if out.chosen = open; open != noChoice {
		out.choices = min(ev.choices+1, manyChoices)
	}
	return out
}
