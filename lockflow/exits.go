package lockflow

import "slices"

// settle makes the exits of a function tell callers apart what they can tell
// apart (rule L9). If a lock is held on one way out and free on another, and
// neither the returned value nor the arguments show which, then either the
// function is wrong, which is reported where it stands, or a condition was not
// understood; in both cases callers go on as if it were free. A release that
// only one of two such ways makes counts for both: a lock that is wrongly
// believed held raises false alarms everywhere above.
func settle(exits []exit, events []*event) []exit {
	exits = ownLocks(exits, events)
	for changed := true; changed; {
		changed = false
		for i := range exits {
			for j := range exits {
				if i != j && alike(&exits[i], &exits[j]) && settlePair(&exits[i], &exits[j]) {
					changed = true
				}
			}
		}
	}
	return foldExits(exits)
}

// foldExits merges the exits of equal effect. One that surely releases a lock
// stays apart from one that only may (rule L22), if that is all there is to tell
// about it: where several locks are in doubt each would double the states of
// every caller.
func foldExits(exits []exit) []exit {
	parts := slices.Clone(exits)
	for i := range parts {
		if slices.ContainsFunc(exits, func(o exit) bool { return differInDoubt(&exits[i], &o) > 1 }) {
			parts[i].doubtAll()
		}
	}
	var out []exit
	for _, e := range parts {
		out, _ = addExit(out, e, false)
	}
	for i := range out {
		excludeCodes(out, i, parts)
	}
	return out
}

// excludeCodes notes a constant that only another exit returns: merged from
// several constants, an exit would else seem to return any of its sign.
func excludeCodes(folded []exit, i int, parts []exit) {
	e := &folded[i]
	for j := range folded {
		k := folded[j].n
		if i == j || e.n.exact || e.n.ne || !k.exact || !e.n.allows(k.k) {
			continue
		}
		if !slices.ContainsFunc(parts, func(p exit) bool { return sameEffect(&p, e) && p.n.allows(k.k) }) {
			e.n, _ = e.n.meet(unlike(k.k))
		}
	}
}

// differInDoubt counts the locks that both exits release and only one surely.
func differInDoubt(a, b *exit) int {
	if len(a.rel) != len(b.rel) {
		return 0
	}
	n := 0
	for i := range a.rel {
		if a.rel[i].ref != b.rel[i].ref {
			return 0
		}
		if a.rel[i].vague != b.rel[i].vague {
			n++
		}
	}
	return n
}

// doubtAll makes the exit's releases doubtful.
func (e *exit) doubtAll() {
	e.rel = slices.Clone(e.rel)
	for i := range e.rel {
		e.rel[i].vague = true
	}
}

// alike says whether a caller cannot know which of two exits it got.
func alike(a, b *exit) bool {
	if !overlap(a.n, b.n) || storesTell(a, b) {
		return false
	}
	for _, f := range a.facts {
		for _, g := range b.facts {
			if f.p == g.p {
				if _, ok := f.n.meet(g.n); !ok {
					return false
				}
			}
		}
	}
	return true
}

// settlePair takes from a the locks that b does not hold, and gives it b's
// releases; true if that changed a.
func settlePair(a, b *exit) bool {
	n := len(a.held)
	a.held = slices.DeleteFunc(slices.Clone(a.held), func(h held) bool {
		return !slices.ContainsFunc(b.held, func(g held) bool { return g.ref == h.ref })
	})
	changed := len(a.held) != n
	for _, r := range b.rel {
		if i, ok := slices.BinarySearchFunc(a.rel, r, compareRelease); !ok {
			r.vague = true
			a.rel = slices.Insert(slices.Clone(a.rel), i, r)
			changed = true
		}
	}
	return changed
}

// ownLocks drops the release of a lock that the function takes itself, if not
// every exit makes it: the path that seems to release the caller's lock is one
// on which the function holds it, but that was lost. A lock that it takes only
// after it has released it is the caller's, taken again.
func ownLocks(exits []exit, events []*event) []exit {
	for i := range exits {
		exits[i].rel = slices.DeleteFunc(slices.Clone(exits[i].rel), func(r release) bool {
			inAll := !slices.ContainsFunc(exits, func(o exit) bool { return !o.releases(r.ref) })
			return !inAll && slices.ContainsFunc(events, func(e *event) bool {
				return e.kind == evAcquire && e.ref == r.ref && e.next == nil && !slices.Contains(e.rel.elems(), r.ref)
			})
		})
	}
	return exits
}
