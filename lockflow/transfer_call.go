package lockflow

import (
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A target is one function that a call may reach.
type target struct {
	edge  *callgraph.Edge
	sum   *summary
	known bool // the call's arguments are the function's parameters
}

// targets are the functions that run inside a call, with locks held.
func (x *frame) targets(c *cparse.Call) []target {
	var out []target
	edges := x.a.graph.Targets(x.f.ID, c.Site)
	for i := range edges {
		e := &edges[i]
		if !e.Kind.Sync() || e.Kind == callgraph.Guess {
			continue
		}
		if sum := x.a.summaries[e.Callee]; sum != nil {
			out = append(out, target{edge: e, sum: sum, known: x.argsMatch(c, e)})
		}
	}
	return out
}

// argsMatch says whether a call's arguments are the callee's parameters. They
// are not where a function that is passed as an argument runs inside the call,
// nor where a macro that stays a call calls something.
func (x *frame) argsMatch(c *cparse.Call, e *callgraph.Edge) bool {
	if e.Kind != callgraph.Callback && e.Kind != callgraph.Macro {
		return true
	}
	name := x.calleeName(c)
	return name == "" || name == x.a.prog.Funcs[e.Callee].Name
}

// follow applies a call by the summaries of its targets (rule L8).
func (x *frame) follow(s *state, c *cparse.Call, at int32) []*state {
	args := x.noteArgs(s, c)
	d := x.ofOneTable(s, c, x.dispatch(c))
	x.collectTargets(s, c, d, args)
	if d.effects == 0 && !tellsLast(c, d.acting) {
		x.neutralCall(s, c, d, args, at)
		return x.just(s)
	}
	return x.applyExits(s, c, d, args, at)
}

// tellsLast says whether what a call returns tells if the last reference went.
func tellsLast(c *cparse.Call, ts []target) bool {
	if c.Dst == nil || len(ts) != 1 {
		return false
	}
	var all assumptions
	for i := range ts[0].sum.exits {
		all |= ts[0].sum.exits[i].assume
	}
	return all&assumeLastRef != 0 && len(ts[0].sum.exits) > 1
}

// countEffects counts the targets whose calls change locks.
func countEffects(ts []target) int {
	n := 0
	for i := range ts {
		if !ts[i].sum.neutral() {
			n++
		}
	}
	return n
}

// neutralCall applies a call that leaves the locks alone.
func (x *frame) neutralCall(s *state, c *cparse.Call, d *dispatch, args []value, at int32) {
	ts := d.acting
	if len(ts) == 1 && len(ts[0].sum.exits) == 1 {
		b := &binder{x: x, s: s, args: args, known: true, site: c.Site}
		e := &ts[0].sum.exits[0]
		v := b.value(e.value)
		fields, stores, free := bindFields(b, e.fields), bindStores(b, e.stores), b.freeAfter(e)
		x.define(s, c, v, e.n)
		x.bindResult(s, c, fields)
		x.forgetPassed(s, c, args)
		s.store(stores)
		s.addInner(free, ts[0].edge, at)
		return
	}
	x.define(s, c, top, d.n)
	x.forgetPassed(s, c, args)
}

// bindFields translates the members of a returned struct.
func bindFields(b *binder, fields []binding) []binding {
	out := make([]binding, 0, len(fields))
	for _, f := range fields {
		out = append(out, binding{f.place, b.value(f.v)})
	}
	return out
}

// bindResult stores the members of a returned struct in the call's temporary.
func (x *frame) bindResult(s *state, c *cparse.Call, fields []binding) {
	if len(fields) == 0 || c.Dst == nil || c.Dst.Kind != cparse.EName {
		return
	}
	i, ok := x.vars[c.Dst.Name]
	if !ok {
		return
	}
	s.bind(apath{kind: rLocal, idx: i}, pathValue(apath{kind: rLocal, idx: i}))
	for _, f := range fields {
		s.bind(apath{kind: rLocal, idx: i, text: textOf("", f.place.steps())}, f.v)
	}
}

// applyExits applies the exits of functions that change locks. If the targets
// of an indirect call disagree, what only some of them take is uncertain, and
// what only some of them release is released: a wrong "still held" is a false
// alarm, a wrong "released" is silence.
func (x *frame) applyExits(s *state, c *cparse.Call, d *dispatch, args []value, at int32) []*state {
	ts, effects := d.acting, d.effects
	if fit := x.releasing(s, c, ts, args); len(fit) > 0 {
		ts, effects = fit, countEffects(fit)
	}
	disagree := len(ts) > 1 && effects < len(ts)
	releases := slices.ContainsFunc(ts, func(t target) bool { return onlyReleases(t.sum) })
	var out []*state
	var by []*exit
	for i := range ts {
		if len(ts) == 1 {
			x.noteReleases(s, c, &ts[i], args)
		}
		for j := range ts[i].sum.exits {
			e := &ts[i].sum.exits[j]
			if disagree && releases && e.neutral() {
				continue
			}
			if o := x.applyExit(s.clone(), c, &ts[i], e, args, at, disagree || len(ts) > 1); o != nil {
				out, by = append(out, o), append(by, e)
			}
		}
	}
	doubtKept(out, by)
	if len(out) == 0 { // every exit contradicts the arguments: then the summary is what is wrong
		x.define(s, c, top, anyNum)
		x.forgetPassed(s, c, args)
		return x.just(s)
	}
	return out
}

// releasing is the targets of an indirect call that release a lock which is held
// here. The object whose ops->lock() took it has the ops->unlock() that belongs
// to it, so that the other targets are those of other objects.
func (x *frame) releasing(s *state, c *cparse.Call, ts []target, args []value) []target {
	if len(ts) < 2 || len(s.held) == 0 {
		return nil
	}
	var out []target
	for i := range ts {
		b := &binder{x: x, s: s, args: args, known: ts[i].known, site: c.Site}
		if slices.ContainsFunc(ts[i].sum.exits, func(e exit) bool {
			return slices.ContainsFunc(e.rel, func(r release) bool { return findHeld(s.held, b.ref(r.ref)) >= 0 })
		}) {
			out = append(out, ts[i])
		}
	}
	return out
}

// onlyReleases says whether some way out of the function only releases.
func onlyReleases(s *summary) bool {
	for i := range s.exits {
		if len(s.exits[i].held) == 0 && len(s.exits[i].rel) > 0 {
			return true
		}
	}
	return false
}

// applyExit applies one exit; nil if the arguments rule it out.
func (x *frame) applyExit(s *state, c *cparse.Call, t *target, e *exit, args []value, at int32, uncertain bool) *state {
	b := &binder{x: x, s: s, args: args, known: t.known, site: c.Site}
	if !b.admits(e) {
		return nil
	}
	v, fields, stores, free := b.value(e.value), bindFields(b, e.fields), bindStores(b, e.stores), b.freeAfter(e)
	rel := slices.Clone(e.rel)
	for i := range rel {
		r := &rel[i]
		r.ref = b.ref(r.ref)
		r.vague = r.vague || uncertain || s.doubtful(r.ref) // one doubt at a time: two would be four states, three eight
	}
	taken := make([]held, len(e.held))
	for i, h := range e.held {
		taken[i] = x.lifted(b, h, t.edge, c)
		if uncertain {
			taken[i].flags |= heldUncertain
		}
	}
	for _, r := range rel {
		x.noteHandOver(s, r.ref)
		f := freed{straight: true, at: at, pos: c.Pos, vague: r.vague, irq: r.irq, calls: r.calls + 1}
		if !uncertain {
			f.by = t.edge
		}
		s.releaseWith(r.ref, f)
	}
	x.define(s, c, v, e.n)
	x.bindResult(s, c, fields)
	x.forgetPassed(s, c, args)
	if !uncertain {
		s.store(stores)
		s.addInner(free, t.edge, at)
	}
	for _, h := range taken {
		x.noteTakenBack(s, h)
		x.take(s, h)
	}
	s.assume |= e.assume
	return s
}

// admits assumes what an exit demands of the arguments; false if they rule it out.
func (b *binder) admits(e *exit) bool {
	for _, f := range e.facts {
		possible, left, keep := b.holds(f)
		if !possible {
			return false
		}
		if keep {
			b.s.assumeNum(left.p, left.n)
		} else if v := b.value(pathValue(f.p)); v.kind == vPath && !b.s.assumeNum(v.p, f.n) {
			return false
		}
	}
	return true
}

// noteReleases looks for locks that a callee releases a second time (rule L17):
// only if it surely does, by the one way out that the arguments leave.
func (x *frame) noteReleases(s *state, c *cparse.Call, t *target, args []value) {
	if x.col == nil {
		return
	}
	var only *exit
	for i := range t.sum.exits {
		b := &binder{x: x, s: s.clone(), args: args, known: t.known, site: c.Site}
		if !b.admits(&t.sum.exits[i]) {
			continue
		}
		if only != nil {
			return
		}
		only = &t.sum.exits[i]
	}
	if only == nil {
		return
	}
	b := &binder{x: x, s: s, args: args, known: t.known, site: c.Site}
	for _, r := range only.rel {
		if !r.vague {
			x.noteRelease(s, b.ref(r.ref), c, false)
		}
	}
}

// lifted is a lock that a callee leaves held, in the caller's terms.
func (x *frame) lifted(b *binder, h held, e *callgraph.Edge, c *cparse.Call) held {
	from := *h.from
	from.ref, from.next, from.edge, from.len = b.ref(h.ref), h.from, e, h.from.len+1
	from.conf = min(from.conf, edgeConfidence(e.Kind))
	x.ownGuard(&from)
	h.ref, h.from, h.at, h.pos = from.ref, &from, x.positionOf(c.Site), c.Pos
	return h
}

// forgetPassed drops what is known of locals whose address was passed, or stands in
// one that was: the callee may have written them. A struct that is passed by value
// stays as it was, but not what it points to.
func (x *frame) forgetPassed(s *state, c *cparse.Call, args []value) {
	var passed []int32
	reach := func(v value) {
		if v.kind == vPath && v.p.kind == rLocal && !slices.Contains(passed, v.p.idx) {
			passed = append(passed, v.p.idx)
		}
	}
	for i, a := range args {
		if a.kind != vPath || a.p.kind != rLocal || !x.byValue(c.Args[i]) {
			reach(a)
			continue
		}
		for _, b := range s.env.all {
			if _, inside := b.place.below(a.p); inside {
				reach(b.v) // a pointer in it
			}
		}
	}
	for i := 0; i < len(passed); i++ {
		for _, b := range s.env.all {
			if b.place.kind == rLocal && b.place.idx == passed[i] {
				reach(b.v)
			}
		}
		s.forgetLocal(passed[i])
	}
}

// byValue says whether an argument is a struct, and not a pointer to one.
func (x *frame) byValue(e *cparse.Expr) bool {
	t := x.a.types.Resolve(x.f, x.typeOf(x.a.types, e))
	return t != nil && t.Kind == cparse.TStruct
}

// indexRef is the first of the locks that is r or of its class; -1 if none is.
func indexRef(rs []ref, r ref) int {
	return slices.IndexFunc(rs, func(o ref) bool { return o.stands(r) })
}
