package lockflow

import (
	"slices"

	"klockscan/callgraph"
)

// A function that takes a lock and releases it leaves its caller's locks alone.
// Yet it tells something: on return that lock is free, and was free before, or
// the call would have blocked for ever. So an assertion behind the call that the
// lock is held is broken (rule L23), as if both stood in one function.

// freeAfter is the locks that a way out leaves free in this sense: of objects
// that the caller knows, taken on every path to here. Readers nest, so that a
// caller may read beside them.
func freeAfter(s *state) []ref {
	var out []ref
	for i := range s.free.all {
		f := &s.free.all[i]
		if (f.inner || f.excluded()) && f.straight && !f.many && !f.vague && liftable(f.p) && !slices.Contains(s.rel.all, f.ref) {
			out = append(out, f.ref)
		}
	}
	slices.SortFunc(out, compareRef)
	return out
}

// excluded says whether this function itself held the lock, in a way in which
// nobody else can.
func (f *freed) excluded() bool {
	return f.own && f.from != nil && f.from.mode == Write && !f.from.prim.has(flagCounted)
}

// freeAfter translates what an exit leaves free.
func (b *binder) freeAfter(e *exit) []ref {
	var out []ref
	for _, r := range e.free {
		if r = b.ref(r); r.p.stable() && !anyElement(r.p) {
			out = append(out, r)
		}
	}
	return out
}

// maxInner bounds the locks of callees that a state remembers.
const maxInner = maxReleased / 2

// addInner notes what a callee leaves free. A call through a pointer may have
// reached another function.
func (s *state) addInner(refs []ref, e *callgraph.Edge, at int32) {
	if e.Kind != callgraph.Direct && e.Kind != callgraph.Macro {
		return
	}
	for _, r := range refs {
		if len(s.free.all) < maxInner && findHeld(s.held, r) < 0 && !slices.ContainsFunc(s.free.all, func(g freed) bool { return g.ref == r }) {
			s.free.insert(len(s.free.all), freed{ref: r, inner: true, straight: true, at: at, by: e})
		}
	}
}
