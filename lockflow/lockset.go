package lockflow

import (
	"slices"
	"strconv"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// heldFlags qualify a held lock.
type heldFlags uint8

const (
	heldSpin      heldFlags = 1 << iota // its holder must not sleep
	heldMany                            // stands for many locks of its class
	heldUncertain                       // perhaps not held: targets disagree, or a condition was lost
	heldNested                          // taken with a subclass or nest lock
	heldCounted                         // may be nested in itself
	heldPseudo                          // no lock: preemption, interrupts
)

// A ref names a lock: its object, if known, and its class.
type ref struct {
	p   apath
	cls classID
}

// refOf is the lock at an address.
func refOf(p apath) ref { return ref{p: p, cls: p.class().id()} }

// stands says whether o is r, or can stand for it as a lock of its class.
func (o ref) stands(r ref) bool { return o == r || o.cls == r.cls && o.cls.known() }

// A held lock, at a point of a function.
type held struct {
	ref
	mode  Mode
	flags heldFlags
	from  *event     // how it came to be taken, from this function down
	at    int32      // order of that among the function's instructions
	pos   cparse.Pos // of the call in this function
}

// A freed lock is one that this path released and did not take again.
type freed struct {
	ref
	many     bool
	own      bool  // this function took it
	entered  bool  // the code says that this function is entered with it
	vague    bool  // perhaps not released: a callee does it on some ways out
	inner    bool  // a callee took it and released it, see freeafter.go: never a release of ours or of a caller's
	irq      bool  // by a variant that enables interrupts
	direct   bool  // by a primitive that stands in this function
	straight bool  // no branch since then that an older value decided (rule L12)
	calls    int8  // between here and the primitive that made the release
	at       int32 // order of the release among the function's instructions
	pos      cparse.Pos
	by       *callgraph.Edge // the call that made it; nil if a primitive did, or one of several callees
	from     *event          // how the lock was taken, if this function took it
}

// assumptions are conditions under which a state exists.
type assumptions uint8

const (
	assumeLastRef assumptions = 1 << iota
	assumeFirst
	assumeUnlisted
	assumeStrange
	assumeChoices
)

// texts are the assumptions in words.
func (a assumptions) texts() []string {
	var out []string
	if a&assumeLastRef != 0 {
		out = append(out, "the reference dropped is the last one")
	}
	if a&assumeFirst != 0 {
		out = append(out, "this is the first use of the object: what is set up once has not been")
	}
	if a&assumeUnlisted != 0 {
		out = append(out, "the object is not the one that a look-up of its own key finds")
	}
	if a&assumeStrange != 0 {
		out = append(out, "a call through a table leads into another module than the one that it is made for")
	}
	if a&assumeChoices != 0 {
		out = append(out, "calls through several tables lead to functions that belong to one object")
	}
	return out
}

// A state is one way to be at a point (rule L4): the locks, which tell states
// apart, and what is known of values, which is merged when states meet.
type state struct {
	held     []held    // sorted
	rel      list[ref] // the caller's locks that are released here, sorted
	asserted []held    // the caller's locks that the code says are held
	free     list[freed]
	was      list[ref]     // locks that some path to here released, and did not take again
	env      list[binding] // sorted by place
	facts    list[fact]    // sorted by path
	assume   assumptions
	mem      *stateMemory
}

// A stateMemory is where the states of one function live while it is solved.
type stateMemory struct {
	states slab[state]
	held   slab[held]
	refs   slab[ref]
	freed  slab[freed]
	env    slab[binding]
	facts  slab[fact]
}

// newState is a state that knows nothing.
func (m *stateMemory) newState() *state {
	s := &m.states.take(1)[0]
	s.mem, s.rel.mem, s.was.mem, s.free.mem, s.env.mem, s.facts.mem = m, &m.refs, &m.refs, &m.freed, &m.env, &m.facts
	return s
}

// reset takes all memory back: none of the states may be looked at any more.
func (m *stateMemory) reset() {
	m.states.reset()
	m.held.reset()
	m.refs.reset()
	m.freed.reset()
	m.env.reset()
	m.facts.reset()
}

// clone is a copy that shares nothing that changes: witnesses are shared.
func (s *state) clone() *state {
	out := &s.mem.states.take(1)[0]
	*out = state{
		held: s.mem.held.copyOf(s.held), rel: s.rel.clone(), asserted: s.mem.held.copyOf(s.asserted), free: s.free.clone(), was: s.was.clone(),
		env: s.env.clone(), facts: s.facts.clone(), assume: s.assume, mem: s.mem,
	}
	return out
}

// outlive is a copy of the locks that outlives the solution; of values nothing is
// known there.
func (s *state) outlive() *state {
	out := &state{held: slices.Clone(s.held), asserted: slices.Clone(s.asserted), assume: s.assume}
	out.rel.all, out.free.all, out.was.all, out.facts.all = slices.Clone(s.rel.all), slices.Clone(s.free.all), slices.Clone(s.was.all), slices.Clone(s.facts.all)
	return out
}

// A list is a slice whose clones share their elements until one of them changes:
// most states are cloned to be changed little, or not at all.
type list[T any] struct {
	all    []T // to be read only
	shared bool
	mem    *slab[T] // of the elements
}

// clone is a list that can be changed without the other.
func (l *list[T]) clone() list[T] {
	l.shared = true
	return *l
}

// own is the elements, to be changed.
func (l *list[T]) own() []T {
	if l.shared {
		l.all, l.shared = l.mem.copyOf(l.all), false
	}
	return l.all
}

// set replaces element i.
func (l *list[T]) set(i int, v T) { l.own()[i] = v }

// insert puts an element at index i.
func (l *list[T]) insert(i int, v T) {
	if l.shared || len(l.all) == cap(l.all) {
		all := l.mem.take(len(l.all) + 4)[:0]
		l.all, l.shared = append(append(append(all, l.all[:i]...), v), l.all[i:]...), false
		return
	}
	l.all = slices.Insert(l.all, i, v)
}

// remove deletes element i.
func (l *list[T]) remove(i int) {
	l.all = slices.Delete(l.own(), i, i+1)
}

// drop deletes the elements that are gone.
func (l *list[T]) drop(gone func(*T) bool) {
	first := 0
	for first < len(l.all) && !gone(&l.all[first]) {
		first++
	}
	if first == len(l.all) {
		return
	}
	left := l.all[:first]
	if l.shared {
		left = append(l.mem.take(len(l.all) + 1)[:0], left...) // what is dropped is often put back changed
	}
	for i := first + 1; i < len(l.all); i++ {
		if e := &l.all[i]; !gone(e) {
			left = append(left, *e)
		}
	}
	l.all, l.shared = left, false
}

// sameLocks says whether two states have the same lock part and are to be merged.
func (s *state) sameLocks(t *state) bool {
	if len(s.held) != len(t.held) || len(s.rel.all) != len(t.rel.all) {
		return false
	}
	for i := range s.held {
		a, b := &s.held[i], &t.held[i]
		if a.mode != b.mode || a.p != b.p || a.cls != b.cls {
			return false
		}
	}
	for i := range s.rel.all {
		if s.rel.all[i].p != t.rel.all[i].p || s.rel.all[i].cls != t.rel.all[i].cls {
			return false
		}
	}
	return !s.moreVague(t) && !t.moreVague(s) && !s.toldApart(t) && !s.overwrote(t) && !t.overwrote(s)
}

// toldApart says whether one of the states rests on having dropped the last
// reference, and a value still tells which (rule L11).
func (s *state) toldApart(t *state) bool {
	if (s.assume^t.assume)&assumeLastRef == 0 {
		return false
	}
	for _, b := range s.env.all {
		if i, ok := findBinding(t.env.all, b.place); ok && b.v != t.env.all[i].v && !overlap(s.numOf(b.v), t.numOf(t.env.all[i].v)) {
			return true
		}
	}
	return false
}

// moreVague says whether s has perhaps released a lock that t surely has: a path
// that did is not to be taken for one that may have (rule L22).
func (s *state) moreVague(t *state) bool {
	for i := range s.free.all {
		if f := &s.free.all[i]; f.vague && slices.ContainsFunc(t.free.all, func(g freed) bool { return g.ref == f.ref && !g.vague && !g.inner }) {
			return true
		}
	}
	return false
}

// noteWas notes a lock that was held and is released; true if that is new.
func (s *state) noteWas(r ref) bool {
	if len(s.was.all) == maxReleased || slices.Contains(s.was.all, r) {
		return false
	}
	s.was.insert(len(s.was.all), r)
	return true
}

// perhaps says whether the lock is perhaps still held: a callee may have
// released it.
func (s *state) perhaps(r ref) bool {
	return slices.ContainsFunc(s.free.all, func(f freed) bool { return f.ref == r && f.vague })
}

// doubtful says whether some other lock is perhaps still held.
func (s *state) doubtful(but ref) bool {
	return slices.ContainsFunc(s.free.all, func(f freed) bool { return f.vague && f.ref != but })
}

// released describes the release of a caller's lock. One whose circumstances
// are forgotten may be another than it was.
func (s *state) released(r ref) release {
	for i := range s.free.all {
		if f := &s.free.all[i]; f.ref == r && !f.inner {
			return release{ref: r, vague: f.vague, irq: f.irq, calls: f.calls, pos: f.pos}
		}
	}
	return release{ref: r, vague: true, calls: 1}
}

// join merges t into s, whose lock part is the same; true if s lost something.
// A local that held two things of which one has a name gets a symbol made from
// phi, with what is known of both as a number, so that two later tests of it
// agree and it can be followed; so does one of which nothing is known any more.
func (s *state) join(t *state, phi int32) bool {
	changed := s.joinLocks(t)
	env := s.env.own()[:0]
	for _, b := range s.env.all {
		if b.v.kind == vPath && b.v.p.kind == rCall && b.v.p.idx == phi {
			if other, ok := t.bound(b.place); ok {
				t.assumeNum(b.v.p, t.numOf(other))
			}
			env = append(env, b)
			continue
		}
		i, ok := findBinding(t.env.all, b.place)
		if !ok {
			changed = true
			continue
		}
		switch other := t.env.all[i].v; {
		case other == b.v:
		case other.kind == vPath && b.v.kind == vPath && other.p == b.v.p:
			mask := s.numOf(b.v).mask | t.numOf(other).mask
			if mask == anySign {
				mask = 0
			}
			changed = changed || mask != b.v.mask
			b.v.mask = mask
		default:
			n := s.numOf(b.v).join(t.numOf(other))
			merged := numValue(n)
			if b.place.kind == rLocal && b.place.steps() == "" && (merged == top || !n.exact && (b.v.kind == vPath || other.kind == vPath)) {
				merged = pathValue(apath{kind: rCall, idx: phi, text: textOf(strconv.Itoa(int(b.place.idx)), "")})
				s.assumeNum(merged.p, s.numOf(b.v))
				t.assumeNum(merged.p, t.numOf(other))
			}
			changed = changed || merged != b.v
			b.v = merged
		}
		env = append(env, b)
	}
	s.env.all = env
	facts := s.facts.own()[:0]
	for _, f := range s.facts.all {
		if i, ok := findFact(t.facts.all, f.p); ok {
			n := f.n.join(t.facts.all[i].n)
			changed = changed || n != f.n
			if n != anyNum {
				facts = append(facts, fact{f.p, n})
			}
			continue
		}
		changed = true
	}
	s.facts.all = facts
	return changed
}

// joinLocks merges what qualifies the locks.
func (s *state) joinLocks(t *state) bool {
	changed := false
	for i := range s.held {
		if f := s.held[i].flags | t.held[i].flags; f != s.held[i].flags {
			s.held[i].flags, changed = f, true
		}
		if t.held[i].at > s.held[i].at {
			s.held[i].at, changed = t.held[i].at, true
		}
	}
	if a := s.assume & t.assume; a != s.assume {
		s.assume, changed = a, true
	}
	for _, r := range t.was.all {
		changed = s.noteWas(r) || changed
	}
	n := len(s.free.all) + len(s.asserted)
	free := s.free.own()[:0]
	for _, f := range s.free.all {
		if i := slices.IndexFunc(t.free.all, func(g freed) bool { return g.ref == f.ref && g.inner == f.inner }); i >= 0 {
			straight := f.straight || t.free.all[i].straight // one path without a doubt is enough
			changed = changed || straight != f.straight
			f.straight, f.many, f.vague = straight, f.many || t.free.all[i].many, f.vague || t.free.all[i].vague
			free = append(free, f)
		}
	}
	s.free.all = free
	s.asserted = slices.DeleteFunc(s.asserted, func(h held) bool {
		return !slices.ContainsFunc(t.asserted, func(g held) bool { return g.p == h.p && g.cls == h.cls })
	})
	return changed || len(s.free.all)+len(s.asserted) != n
}

// numOf is what is known of a value as a number.
func (s *state) numOf(v value) num {
	switch v.kind {
	case vNum:
		return v.n
	case vPath:
		if v.mask != 0 {
			n := s.numOf(pathValue(v.p))
			if m, ok := n.meet(num{mask: v.mask}); ok {
				return m
			}
			return n
		}
		if i, ok := findFact(s.facts.all, v.p); ok {
			return s.facts.all[i].n
		}
		if base, ok := strings.CutSuffix(v.p.steps(), someElement); ok { // a pointer plus something: C has no NULL there
			v.p = v.p.at(base)
			if s.numOf(v).mask&isZero == 0 {
				return num{mask: isPos}
			}
			return anyNum
		}
		return pathNum(v.p)
	case vPred, vEqual, vBits:
		return v.truth(s.numOf(pathValue(v.p)))
	}
	return anyNum
}

// pathNum is what a path's form says: an address is not NULL, and neither is the
// struct around an object (container_of).
func pathNum(p apath) num {
	if p.kind == rGlobal || p.kind == rLocal {
		if !strings.Contains(p.steps(), "*") {
			return num{mask: isPos}
		}
	}
	if n := len(p.steps()); n > 0 && p.steps()[n-1] != '*' && strings.LastIndexAny(p.steps(), ".^") > strings.LastIndexByte(p.steps(), '*') {
		return num{mask: isPos}
	}
	return anyNum
}

// assumeNum adds a fact; false if it contradicts what is known.
func (s *state) assumeNum(p apath, n num) bool {
	if !p.valid() {
		return true
	}
	i, ok := findFact(s.facts.all, p)
	if !ok {
		m, possible := pathNum(p).meet(n)
		if !possible {
			return false
		}
		if m != pathNum(p) && p.stable() && len(s.facts.all) < maxFacts {
			s.facts.insert(i, fact{p, m})
		}
		return true
	}
	m, possible := s.facts.all[i].n.meet(n)
	if possible && m != s.facts.all[i].n {
		s.facts.set(i, fact{p, m})
	}
	return possible
}

// maxFacts and maxEnv bound what one state remembers.
const (
	maxFacts = 64
	maxEnv   = 96
)

// bind stores a value at a place.
func (s *state) bind(place apath, v value) {
	if !place.stable() {
		return
	}
	i, ok := findBinding(s.env.all, place)
	switch {
	case ok && v.kind == vTop:
		s.env.all = slices.Delete(s.env.own(), i, i+1)
	case ok && s.env.all[i].v != v:
		s.env.set(i, binding{place, v})
	case !ok && v.kind != vTop && len(s.env.all) < maxEnv:
		s.env.insert(i, binding{place, v})
	}
}

// bound is the value stored at a place.
func (s *state) bound(place apath) (value, bool) {
	if i, ok := findBinding(s.env.all, place); ok {
		return s.env.all[i].v, true
	}
	return top, false
}
