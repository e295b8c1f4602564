package lockflow

import (
	"slices"

	"klockscan/cparse"
)

// returned is the index of the pseudo call site that stands for the value a
// function returns, in the paths of its exits.
const returned = -1

// An exit is one way to leave a function: what it returns and what it did to
// the locks, in terms of its parameters (rules L8, L9).
type exit struct {
	value  value     // in terms of parameters and globals
	n      num       // the value as a number
	fields []binding // a struct returned by value: its members, relative to it
	stores []binding // what it left in memory that its parameters lead to (rule L19)
	held   []held
	rel    []release   // of the caller's locks, sorted
	free   []ref       // locks of the caller's objects that it took itself, and released: free when it returns
	facts  []condition // what its parameters must have been
	assume assumptions
	pos    cparse.Pos // of a return statement
}

// A release is what one way out does to a lock of the caller's.
type release struct {
	ref
	vague bool       // perhaps not: another way out that looks the same does it, see settle
	irq   bool       // and enables interrupts
	calls int8       // to the primitive that makes it
	pos   cparse.Pos // in this function
}

// compareRelease orders releases by their locks.
func compareRelease(a, b release) int { return compareRef(a.ref, b.ref) }

// releases says whether the exit releases the lock.
func (e *exit) releases(r ref) bool {
	return slices.ContainsFunc(e.rel, func(o release) bool { return o.ref == r })
}

// releaseOf is the release of the lock, or of one of its class; nil if the exit
// makes none.
func (e *exit) releaseOf(r ref) *release {
	i := slices.IndexFunc(e.rel, func(o release) bool { return o.ref.stands(r) })
	if i < 0 {
		return nil
	}
	return &e.rel[i]
}

// neutral says that the exit leaves the locks as they were.
func (e *exit) neutral() bool { return len(e.held) == 0 && len(e.rel) == 0 }

// A summary is all that callers need to know of a function.
type summary struct {
	exits  []exit
	events []*event
}

// neutral says that calls of the function need no look at its exits' locks.
func (s *summary) neutral() bool {
	for i := range s.exits {
		if !s.exits[i].neutral() {
			return false
		}
	}
	return true
}

// maxExits bounds the exits of a function; maxExitFacts the conditions of one.
const (
	maxExits     = 24
	maxExitFacts = 6
)

// newExit describes a state at a return statement.
func (x *frame) newExit(s *state, e *cparse.Expr) exit {
	out := exit{n: anyNum, assume: s.assume}
	var rv value
	if e != nil {
		x.fuel = maxFuel
		rv = x.val(s, e, 0)
		out.n = s.numOf(rv)
		out.value, out.fields = x.liftReturn(s, rv)
	}
	names := x.aliases(s, rv)
	out.stores = x.a.liftStores(s, names)
	for _, h := range s.held {
		h.p = liftPath(h.p, names)
		out.held = append(out.held, h)
	}
	for _, r := range s.rel.all {
		rel := s.released(r)
		rel.p = liftPath(r.p, names)
		out.rel = append(out.rel, rel)
	}
	slices.SortFunc(out.rel, compareRelease)
	out.free = freeAfter(s)
	for _, f := range s.facts.all {
		if f.p.kind == rParam && len(out.facts) < maxExitFacts {
			out.facts = append(out.facts, condition{p: f.p, n: f.n})
		}
	}
	return out
}

// liftReturn puts a returned value in the caller's terms.
func (x *frame) liftReturn(s *state, v value) (value, []binding) {
	switch v.kind {
	case vNum:
		return v, nil
	case vPred, vEqual, vBits:
		if liftable(v.p) {
			return v, nil
		}
	case vPath:
		if liftable(v.p) {
			return pathValue(v.p), nil // its signs are the exit's
		}
		if v.p.kind == rLocal && v.p.steps() == "" {
			return top, x.liftFields(s, v.p)
		}
	}
	return top, nil
}

// liftFields is what the members of a local struct hold.
func (x *frame) liftFields(s *state, base apath) []binding {
	var out []binding
	for _, b := range s.env.all {
		if b.place.kind == rLocal && b.place.idx == base.idx && b.place.steps() != "" {
			if b.v.kind == vNum || b.v.kind >= vPath && liftable(b.v.p) {
				out = append(out, binding{apath{kind: rLocal, text: textOf("", b.place.steps())}, b.v})
			}
		}
	}
	return out
}

// liftable says whether the caller can make sense of a path.
func liftable(p apath) bool { return p.kind == rParam || p.kind == rGlobal }

// addExit merges an exit into those that have the same effect on locks; fine
// keeps apart those whose returned values have different signs, or are
// different constants as long as there is room.
func addExit(exits []exit, e exit, fine bool) ([]exit, bool) {
	room := len(exits) < maxExits/2
	for i := range exits {
		if sameEffect(&exits[i], &e) && !tellApart(&exits[i], &e) && (!fine || sameCode(exits[i].n, e.n, room)) {
			joinExit(&exits[i], &e)
			return exits, true
		}
	}
	if len(exits) >= maxExits {
		return exits, false
	}
	return append(exits, e), true
}

// tellApart says whether the returned values tell if the last reference went.
func tellApart(a, b *exit) bool {
	return (a.assume^b.assume)&assumeLastRef != 0 && !overlap(a.n, b.n)
}

// sameCode says whether two returned values are to be taken together.
func sameCode(a, b num, exactly bool) bool {
	if a.mask != b.mask {
		return false
	}
	return !exactly || a.exact == b.exact && (!a.exact || a.k == b.k)
}

// sameEffect says whether two exits leave the same locks held and released.
func sameEffect(a, b *exit) bool {
	if len(a.held) != len(b.held) || len(a.rel) != len(b.rel) {
		return false
	}
	for i := range a.held {
		if a.held[i].ref != b.held[i].ref || a.held[i].mode != b.held[i].mode {
			return false
		}
	}
	for i := range a.rel {
		if a.rel[i].ref != b.rel[i].ref || a.rel[i].vague != b.rel[i].vague {
			return false
		}
	}
	return true
}

// joinExit merges b into a, whose effect on locks is the same.
func joinExit(a, b *exit) {
	a.n = a.n.join(b.n)
	if a.value != b.value {
		a.value = top
	}
	if !slices.Equal(a.fields, b.fields) {
		a.fields = nil
	}
	a.stores = commonStores(a.stores, b.stores)
	for i := range a.held {
		a.held[i].flags |= b.held[i].flags
	}
	a.free = slices.DeleteFunc(slices.Clone(a.free), func(r ref) bool { return !slices.Contains(b.free, r) })
	a.assume &= b.assume
	facts := a.facts[:0]
	for _, f := range a.facts {
		if i := slices.IndexFunc(b.facts, func(g condition) bool { return g.p == f.p }); i >= 0 {
			if n := f.n.join(b.facts[i].n); n != anyNum {
				f.n = n
				facts = append(facts, f)
			}
		}
	}
	a.facts = facts
}

// equal compares summaries, to see whether a recursive group has settled.
func (s *summary) equal(o *summary) bool {
	if o == nil || len(s.exits) != len(o.exits) || len(s.events) != len(o.events) {
		return false
	}
	for i := range s.exits {
		a, b := &s.exits[i], &o.exits[i]
		if !sameEffect(a, b) || a.n != b.n || a.value != b.value || !slices.Equal(a.stores, b.stores) ||
			!slices.Equal(a.free, b.free) {
			return false
		}
	}
	for i := range s.events {
		if !s.events[i].like(o.events[i]) {
			return false
		}
	}
	return true
}

// same says whether two summaries are the same in everything, witnesses included.
func (s *summary) same(o *summary) bool {
	return s == o || slices.EqualFunc(s.events, o.events, (*event).same) &&
		slices.EqualFunc(s.exits, o.exits, func(a, b exit) bool { return a.same(&b) })
}

// same says whether two exits are the same in everything.
func (e *exit) same(o *exit) bool {
	return e.value == o.value && e.n == o.n && e.assume == o.assume && e.pos == o.pos &&
		slices.Equal(e.fields, o.fields) && slices.Equal(e.stores, o.stores) && slices.Equal(e.rel, o.rel) &&
		slices.Equal(e.free, o.free) && slices.Equal(e.facts, o.facts) &&
		slices.EqualFunc(e.held, o.held, func(a, b held) bool {
			from := a.from.same(b.from)
			a.from, b.from = nil, nil
			return from && a == b
		})
}
