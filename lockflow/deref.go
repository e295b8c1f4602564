package lockflow

import "klockscan/cparse"

// derefs notes what evaluating e proves: a local pointer that is followed here
// is not NULL. It is told for pointers that this function found (results of
// calls, cursors of loops), not for its parameters, which would become
// conditions of everything behind. Only what is surely evaluated counts: not
// the right side of && and ||, not the arms of a choice (rule L4).
func (x *frame) derefs(s *state, e *cparse.Expr, depth int) {
	if e == nil || depth > maxExprDepth {
		return
	}
	depth++
	switch e.Kind {
	case cparse.EMember:
		if e.Arrow {
			x.notNull(s, e.X)
		}
		x.derefs(s, e.X, depth)
	case cparse.EUnary:
		switch {
		case e.Op() == "*":
			x.notNull(s, e.X)
		case e.Op() == "&" && e.X != nil && e.X.Kind == cparse.EMember:
			e = e.X // the address of a member follows nothing but what leads to it
		}
		x.derefs(s, e.X, depth)
	case cparse.EIndex:
		x.derefs(s, e.X, depth)
		x.derefs(s, e.Y, depth)
	case cparse.EBinary:
		x.derefs(s, e.X, depth)
		if e.Op() != "&&" && e.Op() != "||" {
			x.derefs(s, e.Y, depth)
		}
	case cparse.ECast, cparse.ECond:
		x.derefs(s, e.X, depth)
	}
}

// notNull notes that a local pointer is followed.
func (x *frame) notNull(s *state, e *cparse.Expr) {
	if e == nil || e.Kind != cparse.EName {
		return
	}
	if _, local := x.vars[e.Name]; !local {
		return
	}
	if v := x.val(s, e, 0); v.kind == vPath && (v.p.kind == rCall || v.p.kind == rExpr) {
		s.assumeNum(v.p, num{mask: isPos})
	}
}
