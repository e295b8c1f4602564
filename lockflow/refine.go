package lockflow

import (
	"klockscan/cparse"
)

// refine assumes that a condition holds (or not); false if it cannot. decided
// says that the state alone told the outcome (rule L12 wants to know).
func (x *frame) refine(s *state, e *cparse.Expr, want bool, depth int) (feasible, decided bool) {
	if e == nil || depth > maxExprDepth {
		return true, false
	}
	switch {
	case e.Kind == cparse.EUnary && e.Op() == "!":
		return x.refine(s, e.X, !want, depth+1)
	case e.Kind == cparse.EBinary && (e.Op() == "&&" || e.Op() == "||"):
		return x.refineBoth(s, e, want, depth)
	case e.Kind == cparse.EBinary && e.Op() == "==" || e.Kind == cparse.EBinary && e.Op() == "!=":
		if ok, done, dec := x.refineEqual(s, e, want == (e.Op() == "=="), depth); done {
			return ok, dec
		}
	}
	v := x.val(s, e, depth)
	n := signs(isZero)
	if want {
		n = nonZero
	}
	feasible, decided = x.assume(s, v, n)
	if feasible && v.kind == vNum {
		x.narrow(s, e, n)
	}
	if feasible && e.Kind == cparse.EBinary {
		x.narrowComparison(s, e, want, depth)
	}
	return feasible, decided
}

// refineBoth handles && and || that were left whole because nothing in them has effects.
func (x *frame) refineBoth(s *state, e *cparse.Expr, want bool, depth int) (feasible, decided bool) {
	if (e.Op() == "&&") == want {
		f1, d1 := x.refine(s, e.X, want, depth+1)
		if !f1 {
			return false, true
		}
		f2, d2 := x.refine(s, e.Y, want, depth+1)
		return f2, d1 && d2 || !f2
	}
	// One of the two suffices: only a decided half tells something.
	l, r := x.truth(s, e.X, depth), x.truth(s, e.Y, depth)
	if open := uint8(isZero); want {
		open = isNeg | isPos
		if l.mask&open == 0 && r.mask&open == 0 {
			return false, true
		}
	} else if l.mask&open == 0 && r.mask&open == 0 {
		return false, true
	}
	return true, false
}

// truth is what is known of a condition as a number.
func (x *frame) truth(s *state, e *cparse.Expr, depth int) num {
	return s.numOf(x.val(s, e, depth+1))
}

// refineEqual handles X == K for a constant K, which signs cannot express.
func (x *frame) refineEqual(s *state, e *cparse.Expr, equal bool, depth int) (feasible, done, decided bool) {
	l, r := x.val(s, e.X, depth+1), x.val(s, e.Y, depth+1)
	lhs := e.X
	if l.kind == vNum && l.n.exact && !(r.kind == vNum && r.n.exact) {
		l, r, lhs = r, l, e.Y
	}
	if r.kind != vNum || !r.n.exact || l.kind == vTop {
		return true, false, false
	}
	have := s.numOf(l)
	if equal {
		if _, ok := have.meet(r.n); !ok {
			return false, true, true
		}
		if l.kind == vPath {
			ok := s.assumeNum(l.p, r.n)
			return ok, true, !ok
		}
		x.narrow(s, lhs, r.n)
		return true, true, have.implies(r.n)
	}
	if have.exact && have.k == r.n.k {
		return false, true, true
	}
	ok, dec := true, have.implies(unlike(r.n.k))
	if l.kind == vPath {
		ok = s.assumeNum(l.p, unlike(r.n.k))
	} else if r.n.k == 0 {
		ok, dec = x.assume(s, l, nonZero)
	}
	x.narrow(s, lhs, unlike(r.n.k))
	return ok, true, dec
}

// assume makes a value have one of the signs of n.
func (x *frame) assume(s *state, v value, n num) (feasible, decided bool) {
	have := s.numOf(v)
	m, ok := have.meet(n)
	if !ok {
		return false, true
	}
	decided = m == have
	switch v.kind {
	case vPath:
		return s.assumeNum(v.p, n), decided
	case vPred, vEqual, vBits:
		return s.assumeNum(v.p, v.given(n.mask != isZero)), decided
	}
	return true, decided
}

// narrow sharpens what a local variable that holds a number is known to hold.
func (x *frame) narrow(s *state, e *cparse.Expr, n num) {
	for e != nil && e.Kind == cparse.ECast {
		e = e.X
	}
	if e == nil || e.Kind != cparse.EName {
		return
	}
	i, ok := x.vars[e.Name]
	if !ok || x.static[i] {
		return
	}
	place := apath{kind: rLocal, idx: i}
	if v, found := s.bound(place); found && v.kind == vNum {
		if m, possible := v.n.meet(n); possible {
			s.bind(place, numValue(m))
		}
	}
}

// narrowComparison sharpens a local number by `x < 0` and the like.
func (x *frame) narrowComparison(s *state, e *cparse.Expr, want bool, depth int) {
	r := x.val(s, e.Y, depth+1)
	if r.kind != vNum || !r.n.exact {
		return
	}
	mask, ok := signsFor(e.Op(), r.n.k)
	if !ok {
		return
	}
	if !want {
		mask = anySign &^ mask
	}
	if mask != 0 {
		x.narrow(s, e.X, signs(mask))
	}
}
