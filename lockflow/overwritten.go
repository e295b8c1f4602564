package lockflow

// A function that starts again after it has changed a flag among its parameters
//
//	again:
//		if (flags & LOCKED)
//			lock();
//		if (flags & CREATE) {
//			flags |= LOCKED;
//			goto again;
//		}
//
// locks for callers that say LOCKED or CREATE, and for no others. Were the states
// at again one, of the caller's flags nothing would be known in it. So the way on
// which the parameter is the caller's stays apart from those on which it is not, as
// long as these tell something about the caller's (rule L4).

// overwrote says whether a parameter is in t what the caller passed and in s is not,
// while s knows of the caller's what t does not. Where a test of the parameter itself
// parted the two, what they know excludes each other: then they meet as usual, or
// each default for an argument would double the states.
func (s *state) overwrote(t *state) bool {
	for _, f := range s.facts.all {
		if f.p.kind != rParam || f.p.steps() != "" {
			continue
		}
		have := t.numOf(pathValue(f.p))
		if _, both := have.meet(f.n); !both || have.implies(f.n) {
			continue
		}
		place := apath{kind: rLocal, idx: f.p.idx}
		if v, live := t.bound(place); !live || v != pathValue(f.p) {
			continue
		}
		if v, live := s.bound(place); live && v != pathValue(f.p) {
			return true
		}
	}
	return false
}
