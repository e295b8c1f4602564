package lockflow

import (
	"math"
	"slices"
	"strings"
)

// find is the index of the held lock that a release or a known release means,
// -1 if it is none of ours: the same object; else the only lock of the class,
// or the latest if they are many (rule L6).
func findHeld(hs []held, r ref) int {
	last, count := -1, 0
	for i := len(hs) - 1; i >= 0; i-- {
		h := &hs[i]
		if h.p == r.p && (r.p.stable() || h.cls == r.cls) && r.p.valid() {
			return i
		}
		if r.cls.known() && h.cls == r.cls {
			count++
			if last < 0 {
				last = i
			}
		}
	}
	if count > 0 {
		return last
	}
	return -1
}

// acquire adds a lock to the state.
func (s *state) acquire(h held) {
	for i, f := range s.free.all {
		if f.ref == h.ref {
			s.free.remove(i)
			break
		}
	}
	s.was.drop(func(r *ref) bool { return *r == h.ref })
	if i := slices.Index(s.rel.all, h.ref); i >= 0 && h.flags&heldUncertain == 0 {
		// The caller's lock, released here and taken again: the caller holds it.
		s.rel.remove(i)
		s.asserted = append(s.asserted, h)
		return
	}
	switch i := slices.IndexFunc(s.held, func(o held) bool { return o.ref == h.ref }); {
	case i >= 0 && (!h.p.stable() || anyElement(h.p) || s.held[i].flags&heldMany != 0):
		s.held[i].flags |= heldMany | h.flags
		return
	case s.depth(h.ref) >= 2:
		return // deeper nesting of one lock changes nothing more
	}
	// Sorted, so that the order of acquisition does not tell states apart; the
	// latest of equals comes last.
	i := len(s.held)
	for i > 0 && compareRef(s.held[i-1].ref, h.ref) > 0 {
		i--
	}
	s.held = slices.Insert(s.held, i, h)
}

// depth is how often the lock is held.
func (s *state) depth(r ref) int {
	n := 0
	for i := range s.held {
		if s.held[i].ref == r {
			n++
		}
	}
	return n
}

// release drops a lock: ours, or the caller's.
func (s *state) release(r ref, f freed) {
	if i := findHeld(s.held, r); i >= 0 {
		if s.held[i].p != r.p { // of the same class, but perhaps another lock
			f.vague, f.by = true, nil
		}
		f.ref, f.many, f.own, f.from = s.held[i].ref, s.held[i].flags&heldMany != 0, true, s.held[i].from
		pseudo := s.held[i].flags&heldPseudo != 0
		s.held = slices.Delete(s.held, i, i+1)
		if f.many && f.ref.p != r.p { // one of many stands for all of them
			s.held = slices.DeleteFunc(s.held, func(h held) bool { return h.cls == r.cls && h.flags&heldMany != 0 })
		}
		if !pseudo && s.depth(f.ref) == 0 {
			s.addFree(f)
			s.noteWas(f.ref)
		}
		return
	}
	if slices.ContainsFunc(s.free.all, func(g freed) bool { return g.many && g.cls == r.cls }) {
		return // one of many, the others are gone already
	}
	if i := slices.IndexFunc(s.free.all, func(g freed) bool { return g.ref == r && g.vague && g.own }); i >= 0 {
		f.ref, f.own, f.from = r, true, s.free.all[i].from // not perhaps any more; and ours, not the caller's
		s.free.set(i, f)
		return
	}
	if i := findHeld(s.asserted, r); i >= 0 {
		r, f.entered = s.asserted[i].ref, true
		s.asserted = slices.Delete(s.asserted, i, i+1)
	}
	if !r.p.stable() && !r.cls.known() || f.calls > climb(r.p) {
		return // no caller could match it
	}
	if i, ok := slices.BinarySearchFunc(s.rel.all, r, compareRef); !ok && len(s.rel.all) < maxReleased {
		s.rel.insert(i, r)
	}
	f.ref = r
	s.addFree(f)
	s.noteWas(r)
}

// climb is over how many calls the release of a lock that is not held here is
// believed to be meant for a caller. Where the caller passes the object, it may
// go far; a lock that only its class names, or that everyone knows, is that of
// the next caller but one, or the function took it itself, under a condition that
// was not understood.
func climb(p apath) int8 {
	if p.kind == rParam {
		return maxNamedClimb
	}
	return maxClimb
}

const (
	maxNamedClimb = 8
	maxClimb      = 2
)

// maxReleased bounds the releases that a state remembers.
const maxReleased = 40

// addFree notes a release, the first of each lock only. What a callee did with
// a lock of its own gives way.
func (s *state) addFree(f freed) {
	s.free.drop(func(g *freed) bool { return g.inner && g.ref == f.ref })
	if len(s.free.all) < maxReleased && !slices.ContainsFunc(s.free.all, func(g freed) bool { return g.ref == f.ref }) {
		s.free.insert(len(s.free.all), f)
	}
}

// compareRef orders locks for sorted sets.
func compareRef(a, b ref) int {
	if c := comparePath(a.p, b.p); c != 0 {
		return c
	}
	return compareClassID(a.cls, b.cls)
}

// forgetCall loses the identity of what call site yielded before: it is about
// to yield another value (rule L5). Held locks found through it stay held, as
// some objects of their class.
func (s *state) forgetCall(site int32) {
	key := ""
	mine := func(p apath) bool {
		if p.kind == rExpr && key == "" {
			key = callKey(site)
		}
		return p.kind == rCall && p.idx == site || p.kind == rExpr && strings.Contains(p.name(), key)
	}
	for i := range s.held {
		if h := &s.held[i]; mine(h.p) {
			h.p = h.p.old()
			h.flags |= heldMany
		}
	}
	s.tidy()
	if slices.ContainsFunc(s.rel.all, func(r ref) bool { return mine(r.p) }) {
		rel := s.rel.own()
		for i := range rel {
			if mine(rel[i].p) {
				rel[i].p = rel[i].p.old()
			}
		}
		slices.SortFunc(rel, compareRef)
		s.rel.all = slices.Compact(rel)
	}
	s.free.drop(func(f *freed) bool { return mine(f.p) && !f.many })
	s.facts.drop(func(f *fact) bool { return mine(f.p) })
	s.env.drop(func(b *binding) bool { return mine(b.place) || b.v.kind >= vPath && mine(b.v.p) })
}

// tidy puts the held locks in order, and one that stands for many in the place of others
// of its name.
func (s *state) tidy() {
	if len(s.held) > 1 {
		slices.SortStableFunc(s.held, func(a, b held) int { return compareRef(a.ref, b.ref) })
		s.held = slices.CompactFunc(s.held, func(a, b held) bool { return a.ref == b.ref && a.flags&heldMany != 0 })
	}
}

// renew makes room for the next value of a call site (rule L5). The last one is
// lost, but if a lock is held through it that a variable still leads to: then both
// go by a name of their own, so that the variable's owner can release the lock.
func (s *state) renew(site int32) {
	last := func(p apath) bool { return p.kind == rCall && p.idx == site }
	named := slices.ContainsFunc(s.env.all, func(b binding) bool { return b.place.kind == rLocal && b.v.kind == vPath && last(b.v.p) })
	if named && slices.ContainsFunc(s.held, func(h held) bool { return last(h.p) && h.flags&heldMany == 0 }) {
		s.forgetCall(lastOf(site))
		s.rename(last, lastOf(site))
	}
	s.forgetCall(site)
}

// lastOf is the pseudo call site that names the value before the latest.
func lastOf(site int32) int32 { return lastBase - site }

// lastBase is above the sites that stand for a meeting of paths (phiOf) and below
// those that stand for an instruction.
const lastBase = math.MinInt32 / 4

// rename gives the values of a call site to another one.
func (s *state) rename(those func(apath) bool, site int32) {
	to := func(p *apath) {
		if those(*p) {
			p.idx = site
		}
	}
	for i := range s.held {
		to(&s.held[i].p)
	}
	slices.SortStableFunc(s.held, func(a, b held) int { return compareRef(a.ref, b.ref) })
	rel, free, was := s.rel.own(), s.free.own(), s.was.own()
	for i := range rel {
		to(&rel[i].p)
	}
	slices.SortFunc(rel, compareRef)
	for i := range free {
		to(&free[i].p)
	}
	for i := range was {
		to(&was[i].p)
	}
	facts, env := s.facts.own(), s.env.own()
	for i := range facts {
		to(&facts[i].p)
	}
	slices.SortFunc(facts, func(a, b fact) int { return comparePath(a.p, b.p) })
	for i := range env {
		to(&env[i].place)
		to(&env[i].v.p)
	}
	slices.SortFunc(env, func(a, b binding) int { return comparePath(a.place, b.place) })
}

// forgetMemory drops what is known of memory that others may write: at the
// head of a loop nothing tested in the body need still hold.
func (s *state) forgetMemory() {
	s.pin(inMemory)
	s.facts.drop(func(f *fact) bool { return inMemory(f.p) })
	s.env.drop(func(b *binding) bool { return b.place.kind != rLocal })
}

// pin keeps the signs of what locals were given of memory that is about to be
// forgotten: the memory may change, a local does not.
func (s *state) pin(gone func(apath) bool) {
	for i, b := range s.env.all {
		if b.place.kind != rLocal || b.v.kind != vPath || b.v.mask != 0 || !gone(b.v.p) {
			continue
		}
		if n := s.numOf(b.v); n.mask != anySign {
			b.v.mask = n.mask
			s.env.set(i, b)
		}
	}
}

// inMemory says whether the value was read from memory.
func inMemory(p apath) bool {
	return strings.Contains(p.steps(), "*") || p.kind == rExpr && strings.Contains(p.name(), "*")
}

// forgetField drops what is known of a member, whatever the object: a store
// through one pointer may change what another points to.
func (s *state) forgetField(place apath) {
	i := strings.LastIndexByte(place.steps(), '.')
	if i < 0 {
		if place.kind == rGlobal {
			s.pin(func(p apath) bool { return mentions(p, place.name()+"*") })
			s.facts.drop(func(f *fact) bool { return mentions(f.p, place.name()+"*") })
		}
		return
	}
	step := place.steps()[i:] + "*"
	s.pin(func(p apath) bool { return mentions(p, step) })
	s.facts.drop(func(f *fact) bool { return mentions(f.p, step) })
	s.env.drop(func(b *binding) bool {
		return b.place.kind != rLocal && b.place != place && strings.HasSuffix(b.place.steps(), place.steps()[i:])
	})
}

// mentions says whether a symbolic value was read through these steps.
func mentions(p apath, step string) bool {
	return strings.Contains(p.steps(), step) || strings.Contains(p.name(), step) || p.kind == rGlobal && p.name()+p.steps() == step
}

// forgetLocal drops what is known of a local and, if it is a struct, its members.
func (s *state) forgetLocal(idx int32) {
	s.env.drop(func(b *binding) bool { return b.place.kind == rLocal && b.place.idx == idx })
	s.facts.drop(func(f *fact) bool { return f.p.kind == rLocal && f.p.idx == idx })
}
