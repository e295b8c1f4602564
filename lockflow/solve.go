package lockflow

import (
	"math"
	"slices"

	"klockscan/cparse"
)

// Bounds of the solver. A function that hits one is analysed in part, and
// counted.
const (
	maxStates = 32     // a point
	maxVisits = 40000  // instructions times states, a function
	maxBlocks = 20_000 // blocks of a function
)

// A node is a block with the states that reach its start.
type node struct {
	states []*state
	dirty  []bool
	queued bool
}

// solution is the fixed point of one function.
type solution struct {
	nodes  []node
	limits map[string]int
}

// solve runs the states of a function to a fixed point (rule L4), in reverse
// postorder, so that a block is entered when most of its predecessors are done.
func (x *frame) solve() *solution {
	sol := x.newSolution()
	if len(x.blocks) == 0 || len(x.rpo) == 0 {
		return sol
	}
	entry := x.entry()
	x.addAnnotations(entry)
	x.flowTo(sol, 0, entry)
	budget := maxVisits
	for again := true; again; {
		again = false
		for _, blk := range x.rpo {
			if !sol.nodes[blk].queued {
				continue
			}
			sol.nodes[blk].queued = false
			again = true
			if budget -= x.runBlock(sol, blk); budget < 0 {
				sol.limits["steps in a function"]++
				return sol
			}
		}
	}
	return sol
}

// newSolution is an empty solution.
func (x *frame) newSolution() *solution {
	sol := &solution{nodes: make([]node, len(x.blocks)), limits: map[string]int{}}
	states, dirty := make([]*state, len(x.blocks)), make([]bool, len(x.blocks))
	for i := range sol.nodes { // most have one state
		sol.nodes[i].states, sol.nodes[i].dirty = states[i:i:i+1], dirty[i:i:i+1]
	}
	return sol
}

// entry is the state in which a function begins: its locals hold its parameters.
func (x *frame) entry() *state {
	s := x.mem.newState()
	for i := range x.nparams {
		s.bind(apath{kind: rLocal, idx: i}, pathValue(apath{kind: rParam, idx: i}))
	}
	return s
}

// runBlock takes the new states of a block through it; the result is the work done.
func (x *frame) runBlock(sol *solution, blk int32) int {
	n, b := &sol.nodes[blk], &x.blocks[blk]
	work := 1
	for i := range n.states {
		if !n.dirty[i] {
			continue
		}
		n.dirty[i] = false
		for _, s := range x.through(b, n.states[i].clone(), &work) {
			x.leave(sol, blk, s)
		}
	}
	return work
}

// through takes a state through the instructions of a block.
func (x *frame) through(b *block, s *state, work *int) []*state {
	cur := []*state{s}
	var next []*state
	for k, in := range b.instrs {
		*work += len(cur)
		if len(cur) == 1 { // most often
			cur = append(cur[:0], x.step(cur[0], in, b.first+int32(k))...)
		} else {
			next = next[:0]
			for _, s := range cur {
				next = append(next, x.step(s, in, b.first+int32(k))...)
			}
			cur, next = next, cur
		}
		if len(cur) > maxStates {
			cur = mergeStates(cur)
		}
		if len(cur) == 0 {
			break
		}
	}
	return cur
}

// mergeStates merges states of equal lock parts, and drops what is still too many.
func mergeStates(in []*state) []*state {
	var out []*state
next:
	for _, s := range in {
		for _, o := range out {
			if o.sameLocks(s) {
				o.join(s, noPhi)
				continue next
			}
		}
		out = append(out, s)
	}
	return out[:min(len(out), maxStates)]
}

// copyFor is the state for edge i of a block: itself for the last one, for the others
// a copy.
func (s *state) copyFor(i int, to []int32) *state {
	if i == len(to)-1 {
		return s
	}
	return s.clone()
}

// leave sends a state along the edges out of a block. It does not stay as it was.
func (x *frame) leave(sol *solution, blk int32, s *state) {
	b := &x.blocks[blk]
	x.fuel = maxFuel
	switch t := b.term.(type) {
	case *cparse.Branch:
		x.derefs(s, t.Cond, 0)
		x.branch(sol, blk, t, s)
	case *cparse.Switch:
		x.switchTo(sol, blk, t, s)
	case *cparse.Jump, *cparse.Config:
		for i, to := range b.to {
			x.flow(sol, blk, to, s.copyFor(i, b.to))
		}
	}
}

// branch sends a state both ways, as far as its condition allows.
func (x *frame) branch(sol *solution, blk int32, t *cparse.Branch, s *state) {
	b := &x.blocks[blk]
	for i, to := range b.to {
		if to < 0 {
			continue
		}
		o := s.copyFor(i, b.to)
		feasible, decided := x.refine(o, t.Cond, i == 0, 0)
		if !feasible {
			continue
		}
		if x.unlisted(o, t.Cond, i == 0) {
			o.assume |= assumeUnlisted
		}
		if !decided {
			x.doubt(sol, o, t.Cond, blk, to, b.to[1-min(i, 1)])
		}
		x.flow(sol, blk, to, o)
	}
}

// switchTo sends a state to the cases that its value allows.
func (x *frame) switchTo(sol *solution, blk int32, t *cparse.Switch, s *state) {
	b := &x.blocks[blk]
	for i, c := range t.Cases {
		if i >= len(b.to) || b.to[i] < 0 {
			continue
		}
		o := s.copyFor(i, b.to)
		switch {
		case c.Lo == nil:
			if !x.otherwise(o, t) {
				continue
			}
		case c.Hi == nil:
			cond := cparse.NewBinary("==", t.X, c.Lo, cparse.Pos{})
			if feasible, _ := x.refine(o, cond, true, 0); !feasible {
				continue
			}
		}
		if n := s.numOf(x.val(s, t.X, 0)); !n.exact {
			x.doubtFreed(o, blk, t.X, true)
			x.doubtCases(sol, o, blk, b.to[i])
		}
		x.flow(sol, blk, b.to[i], o)
	}
}

// flow sends a state over one edge.
func (x *frame) flow(sol *solution, from, to int32, s *state) {
	if to < 0 {
		return
	}
	if x.sink != nil {
		x.sink(from, to, s)
		return
	}
	if x.blocks[to].order <= x.blocks[from].order {
		s.forgetMemory()
	}
	x.doubtMany(s, from, to)
	x.forgetCall(s, phiOf(to))
	x.prune(s, to)
	x.flowTo(sol, to, s)
}

// phiOf is the pseudo call site that names what the locals hold where paths
// meet at a block.
func phiOf(blk int32) int32 { return math.MinInt32 + 1 + blk }

// noPhi is for merging in the middle of a block.
const noPhi = math.MinInt32

// flowTo adds a state to a block.
func (x *frame) flowTo(sol *solution, to int32, s *state) {
	n := &sol.nodes[to]
	for i, o := range n.states {
		if o.sameLocks(s) {
			if o.join(s, phiOf(to)) {
				n.dirty[i], n.queued = true, true
			}
			return
		}
	}
	if len(n.states) >= maxStates {
		sol.limits["states at a point"]++
		return
	}
	n.states = append(n.states, s)
	n.dirty = append(n.dirty, true)
	n.queued = true
}

// doubt lowers what is believed of a state after a branch whose outcome the
// state did not tell (rule L12). If the condition is older than a release, the
// release may have been made under a condition that this branch repeats in a
// form that was not recognised; and if the other way only skips to this one
// over an unlock, the lock may have been taken under it, unless the condition
// is younger than the lock and all paths to here hold that. Where this way does
// something else before they meet, it tells more: there only paths that do not
// hold the lock raise the doubt.
func (x *frame) doubt(sol *solution, s *state, cond *cparse.Expr, blk, to, other int32) {
	x.doubtFreed(s, blk, cond, comparesConstant(cond))
	if other < 0 || len(s.held) == 0 {
		return
	}
	born := x.born(s, cond)
	o := &x.blocks[other]
	skips, meets := len(o.to) == 1 && o.to[0] == to, x.meet(to, other)
	if !skips && !meets {
		return
	}
	for _, c := range calls(o.instrs) {
		x.doubtHeld(s, c, func(h *held) bool { return skips && born <= h.at || x.lacks(sol, blk, h) })
	}
}

// meet says whether two blocks both lead to the same one only.
func (x *frame) meet(a, b int32) bool {
	return len(x.blocks[a].to) == 1 && slices.Equal(x.blocks[a].to, x.blocks[b].to)
}

// doubtFreed lowers what is believed of releases, see doubt. What a callee did
// it may tell by one of several values, of which only the sign is known here: a
// comparison of its result with a constant counts like an older condition. A
// branch that no path reaches with the lock cannot tell who released it, nor can one
// whose ways on all release it.
func (x *frame) doubtFreed(s *state, blk int32, cond *cparse.Expr, constant bool) {
	if len(s.free.all) == 0 {
		return
	}
	born := x.born(s, cond)
	for i, f := range s.free.all {
		old := born < f.at && !x.counts(s, cond, f.at)
		if f.straight && (old || constant && f.by != nil && born == f.at) && !x.allReleased(blk, &f) && !x.releasedAgain(blk, &f) {
			f.straight = false
			s.free.set(i, f)
		}
	}
}

// counts says whether a condition tests what a loop around an instruction makes
// anew in every turn.
func (x *frame) counts(s *state, cond *cparse.Expr, at int32) bool {
	for cond != nil && cond.Kind == cparse.EBinary {
		cond = cond.X
	}
	v := x.val(s, cond, 0)
	if v.kind != vPath || v.p.kind != rCall || v.p.idx >= math.MinInt32/2 {
		return false
	}
	return slices.ContainsFunc(x.lockLoops, func(l loop) bool {
		return phiOf(l.head) == v.p.idx && x.around(&l, at)
	})
}

// around says whether an instruction stands in a loop.
func (x *frame) around(l *loop, at int32) bool {
	for i, in := range l.body {
		if b := &x.blocks[i]; in && at >= b.first && at < b.first+int32(len(b.instrs)) {
			return true
		}
	}
	return false
}

// comparesConstant says whether a condition compares with something else than 0.
func comparesConstant(e *cparse.Expr) bool {
	for e != nil && e.Kind == cparse.EUnary && e.Op() == "!" {
		e = e.X
	}
	if e == nil || e.Kind != cparse.EBinary {
		return false
	}
	if e.Op() == "&&" || e.Op() == "||" {
		return comparesConstant(e.X) || comparesConstant(e.Y)
	}
	isZero := func(o *cparse.Expr) bool { return o != nil && o.Kind == cparse.EInt && o.Int == 0 }
	return !isZero(e.X) && !isZero(e.Y)
}

// lacks says whether some path to the end of the block, of those seen so far,
// does not hold the lock.
func (x *frame) lacks(sol *solution, blk int32, h *held) bool {
	if b := &x.blocks[blk]; h.at >= b.first && h.at < b.first+int32(len(b.instrs)) {
		return false // taken in the block itself
	}
	return slices.ContainsFunc(sol.nodes[blk].states, func(s *state) bool { return findHeld(s.held, h.ref) < 0 })
}

// otherwise assumes that the value of a switch is none of the cases' numbers, which
// is what its default means; false if it surely is one. Ranges are not looked at.
func (x *frame) otherwise(s *state, t *cparse.Switch) bool {
	for _, c := range t.Cases {
		if c.Lo == nil || c.Hi != nil {
			continue
		}
		cond := cparse.NewBinary("==", t.X, c.Lo, cparse.Pos{})
		if feasible, _ := x.refine(s, cond, false, 0); !feasible {
			return false
		}
	}
	return true
}

// doubtCases is doubt for a switch: a lock that some states hold and others do
// not, and that another case releases, was probably taken in the same cases.
func (x *frame) doubtCases(sol *solution, s *state, blk, to int32) {
	for _, other := range x.blocks[blk].to {
		if other < 0 || other == to {
			continue
		}
		for _, c := range calls(x.blocks[other].instrs) {
			x.doubtHeld(s, c, func(h *held) bool { return x.lacks(sol, blk, h) })
		}
	}
}

// doubtMany marks the many locks of a class that are held on the way out of a
// loop which releases such: it probably stopped where the locking had stopped.
func (x *frame) doubtMany(s *state, from, to int32) {
	if !slices.ContainsFunc(s.held, func(h held) bool { return h.flags&(heldMany|heldUncertain) == heldMany }) {
		return
	}
	for i := range x.lockLoops {
		l := &x.lockLoops[i]
		if !l.has(x.body, from) || l.has(x.body, to) {
			continue
		}
		for _, c := range x.callsIn(l) {
			x.doubtHeld(s, c, func(h *held) bool { return h.flags&heldMany != 0 })
		}
	}
}

// callsIn lists the calls of a loop.
func (x *frame) callsIn(l *loop) []*cparse.Call {
	var out []*cparse.Call
	for blk, in := range l.body {
		if in {
			out = append(out, calls(x.blocks[blk].instrs)...)
		}
	}
	return out
}

// calls lists the calls among instructions.
func calls(ins []cparse.Instr) []*cparse.Call {
	var out []*cparse.Call
	for _, in := range ins {
		if c, ok := in.(*cparse.Call); ok {
			out = append(out, c)
		}
	}
	return out
}

// doubtHeld marks a lock that the given call would release, if it is one of those.
func (x *frame) doubtHeld(s *state, c *cparse.Call, those func(*held) bool) {
	mark := func(r ref) {
		if i := findHeld(s.held, r); i >= 0 && those(&s.held[i]) {
			s.held[i].flags |= heldUncertain
		}
	}
	if p := x.a.table.lookup(x.calleeName(c)); p != nil {
		if p.Action == actUnlock {
			mark(x.object(s, c, p))
		}
		return
	}
	var args []value
	for _, t := range x.dispatch(c).targets {
		for _, e := range t.sum.exits {
			if len(e.rel) > 0 && args == nil {
				args = x.noteArgs(s, c)
			}
			b := &binder{x: x, s: s, args: args, known: t.known, site: c.Site}
			for _, r := range e.rel {
				mark(b.ref(r.ref))
			}
		}
	}
}

// born is when the value that a condition tests came to be: the number of the
// instruction that yielded it; -1 if it is as old as the function or unknown.
func (x *frame) born(s *state, cond *cparse.Expr) int32 {
	v := x.val(s, cond, 0)
	if v.kind < vPath {
		for cond != nil && (cond.Kind == cparse.EUnary || cond.Kind == cparse.EBinary) {
			cond = cond.X
		}
		v = x.val(s, cond, 0)
	}
	if v.kind >= vPath && v.p.kind == rCall {
		switch {
		case v.p.idx <= lastBase: // the value before the latest, or what meets at a block
			return -1
		case v.p.idx < returned:
			return -v.p.idx - 10
		}
		return x.positionOf(v.p.idx)
	}
	return -1
}
