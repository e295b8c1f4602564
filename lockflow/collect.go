package lockflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A pairKey tells the pairs of one function apart.
type pairKey struct {
	outer, inner         classID
	outerMode, innerMode Mode
	kind                 eventKind
	try, spin, sleep     bool
	same                 SameObject
	nested               bool
	fn                   callgraph.FuncID // where the inner lock is taken
}

// A pairRec is a pair with its best witness.
type pairRec struct {
	h    held
	ev   *event
	same SameObject
	conf Confidence
	also []classID
	site int32 // the call in this function towards the inner one
}

// A collector gathers what one function does, from its solution.
type collector struct {
	sol      *solution
	events   *eventSet
	pairs    map[pairKey]*pairRec
	order    []pairKey
	doubles  []doubleUnlock
	unknown  []unknownLock
	acquired int
	handed   map[handOver]bool // locks that a callee took and that are released here
	stray    []strayUnlock
	needs    []need
	needAt   map[needKey]int // where each stands in needs
}

// explore solves the function and gathers events, pairs and ways out. Those of a
// function without loops are gathered on the way: all states of a block are there
// when it is come to. Else its solution is replayed.
func (x *frame) explore() (*solution, []leavingState) {
	loops := x.goesBack()
	x.once = !loops && !x.twins
	var sol *solution
	if loops {
		sol = x.solve()
	} else {
		sol = x.newSolution()
	}
	x.col = &collector{sol: sol, events: x.newSet()}
	if loops {
		x.addAnnotations(x.entry())
		return sol, x.pass(sol, nil)
	}
	budget := maxVisits
	entry := x.entry()
	x.addAnnotations(entry)
	x.flowTo(sol, 0, entry)
	return sol, x.pass(sol, &budget)
}

// goesBack says whether some edge goes back in the order of the blocks.
func (b *body) goesBack() bool {
	return slices.ContainsFunc(b.rpo, func(i int32) bool {
		return slices.ContainsFunc(b.blocks[i].to, func(to int32) bool { return to >= 0 && b.blocks[to].order <= b.blocks[i].order })
	})
}

// pass takes the states of all blocks through them and gathers what they do; if
// there is a budget, it also sends them on to the next blocks while that lasts.
func (x *frame) pass(sol *solution, budget *int) []leavingState {
	var leaving []leavingState
	for _, blk := range x.rpo {
		b, n := &x.blocks[blk], &sol.nodes[blk]
		x.cur = blk
		work := 0
		for _, s := range n.states {
			for _, o := range x.through(b, s.clone(), &work) {
				if r, ok := b.term.(*cparse.Return); ok {
					e := x.newExit(o, r.X)
					e.pos = r.Pos
					leaving = append(leaving, leavingState{s: o, e: e, pos: r.Pos})
				} else if budget != nil && *budget >= 0 {
					x.sendOn(sol, blk, o)
				}
			}
		}
		if budget != nil && len(n.states) > 0 && *budget >= 0 {
			if *budget -= work + 1; *budget < 0 {
				sol.limits["steps in a function"]++
			}
		}
	}
	return leaving
}

// sendOn sends a state along the edges out of a block without gathering.
func (x *frame) sendOn(sol *solution, blk int32, s *state) {
	col := x.col
	x.col = nil
	x.leave(sol, blk, s)
	x.col = col
}

// exits merges the ways out of a function.
func (x *frame) exits(sol *solution, leaving []leavingState) []exit {
	x.presumeFound(leaving)
	var exits []exit
	for i := range leaving {
		var fits bool
		if exits, fits = addExit(exits, leaving[i].e, true); !fits {
			sol.limits["exits of a function"]++
		}
	}
	return exits
}

// presumeFound presumes that a returned pointer of which nothing is known is not
// NULL, if a lock is then held that is free where NULL is returned: that is how
// callers tell (rule L9).
func (x *frame) presumeFound(leaving []leavingState) {
	if t := x.a.types.Resolve(x.f, x.ir.Result); t == nil || t.Kind != cparse.TPtr {
		return
	}
	for i := range leaving {
		e := &leaving[i].e
		if e.n == anyNum && slices.ContainsFunc(leaving, func(o leavingState) bool { return o.e.n == constNum(0) && holdsMore(e, &o.e) }) {
			e.n = nonZero
		}
	}
}

// holdsMore says whether a leaves all held that b does, and something else.
func holdsMore(a, b *exit) bool {
	return len(a.held) > len(b.held) && !slices.ContainsFunc(b.held, func(h held) bool { return !findExact(a.held, h.ref) })
}

// A leavingState is a state at a return statement.
type leavingState struct {
	s   *state
	e   exit
	pos cparse.Pos
}

// located completes an event of this function.
func (x *frame) located(e event) event {
	e.fn = x.f
	if e.conf == 0 {
		e.conf = Certain
	}
	return e
}

// emit records an event that stands in this function and happens only if the
// caller meets the needs.
func (x *frame) emit(s *state, e event, needs ...condition) {
	if x.col == nil {
		return
	}
	e = x.located(e)
	e.rel, e.assume = x.a.refLists.of(s.rel.all), s.assume
	e.cond = x.a.condLists.of(slices.Concat(needs, x.conditions(s)))
	x.record(s, &e, nil, x.firstUse(s))
}

// conditions are what the state knows of the function's parameters.
func (x *frame) conditions(s *state) []condition {
	var out []condition
	for _, f := range s.facts.all {
		if f.p.kind == rParam && f.p.steps() == "" && len(out) < 3 {
			out = append(out, condition{p: f.p, n: f.n})
		}
	}
	return out
}

// releasedBefore is what is released before an event of a callee: which of the
// caller's caller's locks, and which of ours.
type releasedBefore struct {
	rel  *listOf[ref]
	ours []ref
}

// A lifting is what the events of one callee have in common at one call. Most
// events share their locks, releases and conditions with others: each is
// translated once.
type lifting struct {
	b        binder
	own      []condition // the caller's
	assume   assumptions // the caller's
	first    assumptions // what the caller's callers have to assume too, see record
	refs     memo[ref, ref]
	released memo[*listOf[ref], releasedBefore]
	conds    memo[*listOf[condition], liftedConditions]
}

// A memo remembers a function's values. Events are sorted, so that the last argument
// often comes again.
type memo[K comparable, V any] struct {
	some    bool
	last    K
	value   V
	earlier map[K]V
}

// forget makes room for another function.
func (m *memo[K, V]) forget() {
	*m = memo[K, V]{earlier: m.earlier}
	if len(m.earlier) > maxKeptMemo {
		m.earlier = nil
	}
	clear(m.earlier)
}

// maxKeptMemo bounds the memory of a memo that is kept.
const maxKeptMemo = 1 << 8

// get is the value of make for k, made once.
func (m *memo[K, V]) get(k K, make func(K) V) V {
	if m.some && k == m.last {
		return m.value
	}
	v, ok := m.earlier[k]
	if !ok {
		v = make(k)
		if m.earlier == nil {
			m.earlier = map[K]V{}
		}
		m.earlier[k] = v
	}
	m.some, m.last, m.value = true, k, v
	return v
}

// lifting prepares to lift events at a call in one state. It is to be given to doneLifting.
func (x *frame) lifting(s *state, c *cparse.Call, args []value, known bool) *lifting {
	var l *lifting
	if n := len(x.liftings); n > 0 {
		l, x.liftings = x.liftings[n-1], x.liftings[:n-1]
	} else {
		l = liftings.Get().(*lifting)
	}
	l.b = binder{x: x, s: s, args: args, known: known, site: c.Site}
	l.own, l.assume, l.first = x.conditions(s), s.assume, x.firstUse(s)
	return l
}

// doneLifting takes a lifting back.
func (x *frame) doneLifting(l *lifting) {
	l.refs.forget()
	l.released.forget()
	l.conds.forget()
	x.liftings = append(x.liftings, l)
}

// liftings keeps the memory of liftings of frames that were freed.
var liftings = sync.Pool{New: func() any { return &lifting{} }}

// free gives the memory of a lifting back.
func (l *lifting) free() {
	l.b, l.own = binder{}, nil
	liftings.Put(l)
}

// liftedConditions are the conditions of an event in the caller's terms.
type liftedConditions struct {
	possible bool
	cond     *listOf[condition]
}

// maxConditions bounds the conditions of one event.
const maxConditions = 5

// conditions translates conditions of a callee's event and adds the caller's own.
func (l *lifting) conditions(of *listOf[condition]) liftedConditions {
	out := liftedConditions{possible: true}
	cond := slices.Clone(l.own)
	for _, c := range of.elems() {
		possible, left, keep := l.b.holds(c)
		if !possible {
			out.possible = false
			break
		}
		if keep && (len(cond) < maxConditions || left.must) &&
			!slices.ContainsFunc(cond, func(o condition) bool { return o.p == left.p && o.fn == left.fn && o.must == left.must }) {
			cond = append(cond, left)
		}
	}
	if out.possible {
		slices.SortFunc(cond, func(a, b condition) int {
			return cmp.Or(comparePath(a.p, b.p), strings.Compare(a.fn, b.fn))
		})
		out.cond = l.b.x.a.condLists.of(cond)
	}
	return out
}

// liftEvent puts an event from behind a call in the caller's terms and records it.
func (x *frame) liftEvent(s *state, l *lifting, e event) {
	conds := l.conds.get(e.cond, l.conditions)
	if !conds.possible {
		return
	}
	before := l.released.get(e.rel, func(rel *listOf[ref]) releasedBefore { return x.releasedBefore(s, &l.b, rel.elems()) })
	l.translate(&e, conds, before)
	if x.a.modules.strange(e.cross, x.f.ID) {
		e.assume |= assumeStrange
	}
	x.ownGuard(&e)
	x.ownAssertion(s, &e)
	x.record(s, &e, before.ours, l.first)
}

// translate puts an event in the caller's terms.
func (l *lifting) translate(e *event, conds liftedConditions, before releasedBefore) {
	e.ref, e.rel, e.cond = l.refs.get(e.ref, l.b.ref), before.rel, conds.cond
	e.assume |= l.assume
}

// ownGuard makes what the constructor of a guard does the doing of the function
// that uses the guard: that is where a reader looks for it.
func (x *frame) ownGuard(e *event) {
	if e.next.next == nil && x.a.table.constructor(x.a.prog.Funcs[e.edge.Callee].Name) && e.next.fn.ID == e.edge.Callee {
		e.fn, e.pos, e.next, e.edge, e.len = x.f, e.edge.Pos, nil, nil, 0
	}
}

// releasedBefore translates what a callee has released when an event happens.
func (x *frame) releasedBefore(s *state, b *binder, rel []ref) releasedBefore {
	var out releasedBefore
	all := slices.Clone(s.rel.all)
	for _, r := range rel {
		r = b.ref(r)
		out.ours = append(out.ours, r)
		if findHeld(s.held, r) >= 0 {
			continue
		}
		if i, found := slices.BinarySearchFunc(all, r, compareRef); !found && len(all) < maxReleased {
			all = slices.Insert(all, i, r)
		}
	}
	out.rel = x.a.refLists.of(all)
	return out
}

// record adds an event to the function's, of which it keeps a copy, and pairs it
// with the locks held. What
// happens only at the first use of an object is an assumption about the locks
// of the callers; those that this path took itself are held then too.
func (x *frame) record(s *state, e *event, released []ref, first assumptions) {
	if s.accessFails(e) {
		return
	}
	up := e
	if first != 0 || !liftable(e.ref.p) && !e.asserts() {
		c := *e
		c.assume |= first
		if !liftable(e.ref.p) && !e.asserts() {
			c.ref.p = e.ref.p.old()
		}
		up = &c
	}
	if e.asserts() {
		e = up
		e.rel = nil // what is released of other locks does not matter
		x.need(s, e, released)
		return
	}
	if e.ref.cls.known() || e.ref.p.kind == rParam || e.kind == evSleep {
		x.col.events.add(up)
	}
	if len(s.held) == 0 && len(s.asserted) == 0 || e.open() {
		return
	}
	gone := goneLocks(s.held, released)
	for i := range s.held {
		if gone>>uint(i)&1 == 0 {
			x.pair(s, &s.held[i], e)
		}
	}
	for i := range s.asserted {
		if findHeld(s.asserted[i:i+1], firstOf(released, s.asserted[i].ref)) < 0 {
			x.pair(s, &s.asserted[i], up)
		}
	}
}

// firstOf is the released lock of the same class, or nothing.
func firstOf(released []ref, r ref) ref {
	if i := indexRef(released, r); i >= 0 {
		return released[i]
	}
	return ref{}
}

// goneLocks is the set of held locks that are released before an event.
func goneLocks(hs []held, released []ref) uint64 {
	var gone uint64
	for _, r := range released {
		if i := findHeld(hs, r); i >= 0 && i < 64 {
			gone |= 1 << uint(i)
		}
	}
	return gone
}

// pair records that e happens with h held (rule L18).
func (x *frame) pair(s *state, h *held, e *event) {
	if !h.cls.known() || e.kind != evSleep && !e.ref.cls.known() {
		return
	}
	if !x.f.Focus && !e.fn.Focus && !h.from.fn.Focus {
		return
	}
	if e.kind == evSleep && h.flags&heldSpin == 0 {
		return
	}
	e = x.a.doubted(e, h)
	same := sameObject(h, e)
	k := pairKey{outer: h.cls, inner: e.ref.cls, outerMode: h.mode, innerMode: e.mode, kind: e.kind, try: e.try,
		spin: h.flags&heldSpin != 0, sleep: e.sleeps() && !e.try, same: same, nested: e.nested(), fn: callgraph.NoFunc}
	if e.fn.Focus {
		k.fn = e.fn.ID
	}
	conf := min(e.conf, h.from.conf)
	if e.assume != 0 {
		conf = min(conf, Possible)
	}
	if h.flags&heldUncertain != 0 {
		conf = min(conf, Likely)
	}
	old := x.col.pairs[k]
	if old == nil {
		x.col.order = append(x.col.order, k)
		if x.col.pairs == nil {
			x.col.pairs = map[pairKey]*pairRec{}
		}
		x.col.pairs[k] = &pairRec{h: *h, ev: e.kept(), same: same, conf: conf, also: x.gates(s, h)}
		return
	}
	old.also = intersectClasses(old.also, x.gates(s, h))
	if conf > old.conf || conf == old.conf && e.better(old.ev) {
		old.h, old.ev, old.conf = *h, e.kept(), conf
	}
}

// sameObject says whether a lock that is taken may be the one that is held.
func sameObject(h *held, e *event) SameObject {
	switch {
	case h.cls != e.ref.cls:
		return MayBeSame
	case h.flags&heldMany != 0 && h.flags&heldNested != 0, e.nested():
		return IsDifferent
	case e.every && h.cls.known() && h.flags&heldMany == 0:
		return IsSame
	case h.p == e.ref.p && h.p.stable() && h.flags&heldMany == 0 && !anyElement(h.p):
		return IsSame
	}
	return MayBeSame
}

// gates are the classes besides h that are surely held exclusively: a common
// one makes opposite orders harmless.
func (x *frame) gates(s *state, h *held) []classID {
	var out []classID
	for i := range s.held {
		o := &s.held[i]
		if o.mode == Write && o.flags&(heldUncertain|heldPseudo) == 0 && o.cls != h.cls && o.cls.known() {
			out = append(out, o.cls)
		}
	}
	for i := range s.asserted {
		if o := &s.asserted[i]; o.mode == Write && o.cls != h.cls && o.cls.known() {
			out = append(out, o.cls)
		}
	}
	slices.SortFunc(out, compareClassID)
	return slices.Compact(out)
}

// intersectClasses keeps the classes of a that b has too.
func intersectClasses(a, b []classID) []classID {
	out := a[:0:len(a)]
	for _, c := range a {
		if slices.Contains(b, c) {
			out = append(out, c)
		}
	}
	return out
}

// countLock counts an acquisition, and notes it if its lock is unknown.
func (x *frame) countLock(c *cparse.Call, r ref) {
	if x.col == nil {
		return
	}
	x.col.acquired++
	if !r.cls.known() && r.p.kind != rParam {
		x.col.unknown = append(x.col.unknown, unknownLock{x.calleeName(c), c.Pos})
	}
}

// An unknownLock is an acquisition of a lock whose class could not be told.
type unknownLock struct {
	by  string // the primitive
	pos cparse.Pos
}

// text describes one in a function.
func (u *unknownLock) text(f *callgraph.Func) string {
	return fmt.Sprintf("%s:%d: %s in %s()", f.Path, u.pos.Line, u.by, f.Name)
}
