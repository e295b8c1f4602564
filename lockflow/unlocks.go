package lockflow

import (
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A doubleUnlock is a release of a lock that this path released before.
type doubleUnlock struct {
	ref      ref
	straight bool
	sure     bool // this function took it or is entered with it, or released it twice itself
	never    bool // this path never took it, though others did
	blk      int32
	pos      cparse.Pos
	first    cparse.Pos
	by       *callgraph.Edge // the call that released it first; nil if a primitive did
	assume   assumptions
}

// A strayUnlock is a release in a block, of a lock that this path never took.
type strayUnlock struct {
	ref ref
	blk int32
	pos cparse.Pos
}

// A handOver is a lock that a function leaves held for its caller.
type handOver struct {
	fn  callgraph.FuncID
	cls classID
}

// noteHandOver notes that a lock which a callee took is released here.
func (x *frame) noteHandOver(s *state, r ref) {
	if i := findHeld(s.held, r); i >= 0 {
		x.noteHanded(&s.held[i])
	}
}

// noteTakenBack notes that a callee took the caller's lock, which was released here:
// the caller holds it again, and releases it.
func (x *frame) noteTakenBack(s *state, h held) {
	if slices.Contains(s.rel.all, h.ref) {
		x.noteHanded(&h)
	}
}

// noteHanded notes that a lock which a callee left held has somebody to release it.
func (x *frame) noteHanded(h *held) {
	if x.col == nil || h.from.edge == nil {
		return
	}
	if x.col.handed == nil {
		x.col.handed = map[handOver]bool{}
	}
	x.col.handed[handOver{h.from.edge.Callee, h.cls}] = true
}

// noteRelease looks for locks that are released a second time (rule L17).
func (x *frame) noteRelease(s *state, r ref, c *cparse.Call, direct bool) {
	if x.col == nil || !r.p.stable() || anyElement(r.p) || r.p.kind == rGlobal && r.p.steps() != "" || findHeld(s.held, r) >= 0 {
		return
	}
	for i := range s.free.all {
		f := &s.free.all[i]
		if f.ref == r && !f.many && !f.vague && !f.inner && !f.maybeNested() {
			d := doubleUnlock{ref: r, straight: f.straight || x.noneHolds(f), sure: f.own || f.entered || f.direct && direct,
				blk: x.cur, pos: c.Pos, first: f.pos, by: f.by, assume: s.assume}
			if d.straight || !x.somePerhaps(r) {
				x.col.doubles = append(x.col.doubles, d)
			}
			return
		}
	}
	if direct && findHeld(s.asserted, r) < 0 && s.assume == 0 {
		x.col.stray = append(x.col.stray, strayUnlock{ref: r, blk: x.cur, pos: c.Pos})
	}
}

// maybeNested says whether the lock may be held once more: it may be nested in
// itself, and a callee that took it may have done so more than once.
func (f *freed) maybeNested() bool {
	return f.from != nil && f.from.edge != nil && f.from.prim.has(flagCounted)
}

// somePerhaps says whether the callee that released the lock on this path left
// it held on another (rule L22): a condition since then may well tell the two.
func (x *frame) somePerhaps(r ref) bool {
	return slices.ContainsFunc(x.col.sol.nodes[x.cur].states, func(s *state) bool { return s.perhaps(r) })
}

// noneHolds says whether no path holds the lock at the start of this block: then
// no condition can make a difference. One that the function is entered with is held
// where it was not released.
func (x *frame) noneHolds(f *freed) bool {
	for _, s := range x.col.sol.nodes[x.cur].states {
		if findHeld(s.held, f.ref) >= 0 || s.perhaps(f.ref) || f.entered && !s.lost(f.ref) {
			return false
		}
	}
	return true
}

// confirmDoubles takes back the doubts of branches that every path reaches without
// the lock, and of those that all lead to a second release (rule L12). Which do is
// known only when the function is solved, so that it is solved a second time then.
func (x *frame) confirmDoubles(sol *solution) {
	doubles := x.col.doubles
	if !slices.ContainsFunc(doubles, func(d doubleUnlock) bool { return !d.straight && d.sure }) {
		return
	}
	col := x.col
	x.col, x.first = nil, &firstTime{sol, doubles, map[int32][]*state{}, map[ref][]bool{}}
	again := x.solve()
	x.col, x.first = col, nil
	for i := range doubles {
		d := &doubles[i]
		d.straight = d.straight || slices.ContainsFunc(again.nodes[d.blk].states, func(s *state) bool {
			return findHeld(s.held, d.ref) < 0 && slices.ContainsFunc(s.free.all, func(f freed) bool { return f.ref == d.ref && f.straight && !f.vague })
		})
	}
}

// A firstTime is the first solution of a function, for the second one.
type firstTime struct {
	sol     *solution
	doubles []doubleUnlock
	ends    map[int32][]*state // at the end of blocks, as far as asked for
	again   map[ref][]bool     // see releasedAgain
}

// allReleased says whether every path to the end of a block has surely released
// the lock; known only in a second solution.
func (x *frame) allReleased(blk int32, f *freed) bool {
	if x.first == nil || f.vague {
		return false
	}
	return !slices.ContainsFunc(x.endsOf(blk), func(s *state) bool { return !s.lost(f.ref) })
}

// endsOf is the states at the end of a block in the first solution.
func (x *frame) endsOf(blk int32) []*state {
	ends, ok := x.first.ends[blk]
	if !ok {
		for _, s := range x.first.sol.nodes[blk].states {
			work := 0
			ends = append(ends, x.through(&x.blocks[blk], s.clone(), &work)...)
		}
		x.first.ends[blk] = ends
	}
	return ends
}

// lost says whether the path has surely released the lock, and not taken it again.
func (s *state) lost(r ref) bool {
	return findHeld(s.held, r) < 0 && slices.ContainsFunc(s.free.all, func(g freed) bool { return g.ref == r && !g.vague })
}

// releasedAgain says whether every way on from the end of a block releases the lock
// once more, whatever the branches say: then they cannot tell who has released it.
// Known only in a second solution.
func (x *frame) releasedAgain(blk int32, f *freed) bool {
	if x.first == nil || f.vague || len(x.first.sol.limits) > 0 {
		return false
	}
	again, ok := x.first.again[f.ref]
	if !ok {
		again = x.waysToRelease(f.ref)
		x.first.again[f.ref] = again
	}
	return !slices.ContainsFunc(x.blocks[blk].to, func(to int32) bool { return to >= 0 && !again[to] })
}

// waysToRelease says from the start of which blocks every path that has released
// the lock comes to a release of it, and not to a return or to where it is taken.
// From none if a second release is known without that: it is the plainer one.
func (x *frame) waysToRelease(r ref) []bool {
	again := make([]bool, len(x.blocks))
	if slices.ContainsFunc(x.first.doubles, func(d doubleUnlock) bool { return d.ref == r && d.straight }) {
		return again
	}
	for blk := range again {
		again[blk] = true
	}
	releases := func(blk int32) bool {
		return slices.ContainsFunc(x.first.doubles, func(d doubleUnlock) bool { return d.blk == blk && d.ref == r })
	}
	for changed := true; changed; {
		changed = false
		for _, blk := range slices.Backward(x.rpo) {
			lost := func(s *state) bool { return s.lost(r) }
			if !again[blk] || releases(blk) || !slices.ContainsFunc(x.first.sol.nodes[blk].states, lost) {
				continue
			}
			on := x.blocks[blk].to
			stays := slices.ContainsFunc(on, func(to int32) bool { return to >= 0 }) && slices.ContainsFunc(x.endsOf(blk), lost)
			if !stays || slices.ContainsFunc(on, func(to int32) bool { return to >= 0 && !again[to] }) {
				again[blk], changed = false, true
			}
		}
	}
	return again
}

// strayUnlocks finds the stray unlocks that are wrong: paths that hold the lock
// and paths that never took it come to the unlock from different places. Where
// both come over the same edge, a condition probably tells them apart in a way
// that was not understood.
func (x *frame) strayUnlocks(sol *solution) {
	col := x.col
	x.col = nil
	defer func() { x.col = col }()
	seen := map[ref]bool{}
	for _, u := range col.stray {
		if seen[u.ref] || !x.takes(col, u.ref) {
			continue
		}
		if with, without := x.arrivals(sol, u); with && without {
			seen[u.ref] = true
			col.doubles = append(col.doubles, doubleUnlock{ref: u.ref, straight: true, sure: true, never: true, pos: u.pos})
		}
	}
}

// takes says whether the function itself takes the lock somewhere.
func (x *frame) takes(col *collector, r ref) bool {
	for _, group := range col.events.groups {
		if group[0].kind != evAcquire || group[0].ref != r {
			continue
		}
		if slices.ContainsFunc(group, func(e *event) bool { return e.next == nil }) {
			return true
		}
	}
	return false
}

// maxWalk bounds the blocks between an unlock and the place where paths meet.
const maxWalk = 16

// arrivals says whether some edge into the unlock brings only states that hold
// the lock, and some edge only states that do not.
func (x *frame) arrivals(sol *solution, u strayUnlock) (with, without bool) {
	blk := u.blk
	var preds []int32
	for range maxWalk {
		preds = x.predecessors(sol, blk)
		if len(preds) != 1 {
			break
		}
		if _, jump := x.blocks[preds[0]].term.(*cparse.Jump); !jump {
			return false, false
		}
		blk = preds[0]
	}
	for _, p := range preds {
		held, free := x.overEdge(sol, p, blk, u.ref)
		with = with || held && !free
		without = without || free && !held
	}
	return with, without
}

// predecessors are the blocks with states from which blk is entered.
func (x *frame) predecessors(sol *solution, blk int32) []int32 {
	var out []int32
	for _, p := range x.rpo {
		if len(sol.nodes[p].states) == 0 {
			continue
		}
		for _, to := range x.blocks[p].to {
			if to == blk {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// overEdge says whether states that hold the lock, and states that do not,
// pass from one block to another.
func (x *frame) overEdge(sol *solution, from, to int32, r ref) (held, free bool) {
	x.sink = func(_, dst int32, s *state) {
		if dst == to {
			if findHeld(s.held, r) >= 0 {
				held = true
			} else {
				free = true
			}
		}
	}
	defer func() { x.sink = nil }()
	for _, s := range sol.nodes[from].states {
		work := 0
		for _, o := range x.through(&x.blocks[from], s.clone(), &work) {
			x.leave(sol, from, o)
		}
	}
	return held, free
}
