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
	sure     bool // this function took it, or released it twice itself
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
	if x.col == nil {
		return
	}
	if i := findHeld(s.held, r); i >= 0 && s.held[i].from.edge != nil {
		x.col.handed[handOver{s.held[i].from.edge.Callee, s.held[i].cls}] = true
	}
}

// noteRelease looks for locks that are released a second time (rule L17).
func (x *frame) noteRelease(s *state, r ref, c *cparse.Call, direct bool) {
	if x.col == nil || !r.p.stable() || anyElement(r.p) || r.p.kind == rGlobal && r.p.steps() != "" || findHeld(s.held, r) >= 0 {
		return
	}
	for i := range s.free.all {
		f := &s.free.all[i]
		if f.ref == r && !f.many && !f.vague && !f.inner && !f.maybeNested() {
			d := doubleUnlock{ref: r, straight: f.straight || x.noneHolds(r), sure: f.own || f.direct && direct,
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
// no condition can make a difference.
func (x *frame) noneHolds(r ref) bool {
	for _, s := range x.col.sol.nodes[x.cur].states {
		if findHeld(s.held, r) >= 0 || s.perhaps(r) {
			return false
		}
	}
	return true
}

// confirmDoubles takes back the doubts of branches that every path reaches without
// the lock (rule L12). Which do is known only when the function is solved, so that it
// is solved a second time then.
func (x *frame) confirmDoubles(sol *solution) {
	doubles := x.col.doubles
	if !slices.ContainsFunc(doubles, func(d doubleUnlock) bool { return !d.straight && d.sure }) {
		return
	}
	col := x.col
	x.col, x.first = nil, &firstTime{sol, map[int32][]*state{}}
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
	sol  *solution
	ends map[int32][]*state // at the end of blocks, as far as asked for
}

// allReleased says whether every path to the end of a block has surely released
// the lock; known only in a second solution.
func (x *frame) allReleased(blk int32, f *freed) bool {
	if x.first == nil || f.vague {
		return false
	}
	ends, ok := x.first.ends[blk]
	if !ok {
		for _, s := range x.first.sol.nodes[blk].states {
			work := 0
			ends = append(ends, x.through(&x.blocks[blk], s.clone(), &work)...)
		}
		x.first.ends[blk] = ends
	}
	return !slices.ContainsFunc(ends, func(s *state) bool {
		return findHeld(s.held, f.ref) >= 0 || !slices.ContainsFunc(s.free.all, func(g freed) bool { return g.ref == f.ref && !g.vague })
	})
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
