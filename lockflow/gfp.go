package lockflow

import "klockscan/cparse"

// Rule L20: an allocation sleeps if its flags surely allow that. Flags that are
// a parameter make it depend on the caller, through as many calls as it takes:
// the event carries the condition, and counts where an argument meets it.

// reclaimFlag is a bit of our own in the value of allocation flags that allow
// sleeping: which bits of a kernel's say so is its own business.
const reclaimFlag = 1 << 61

// flagValue is the value of a name that the table lists as allowing sleep.
func (x *frame) flagValue(e *cparse.Expr) (value, bool) {
	if !x.a.table.gfp[e.Name] {
		return top, false
	}
	if k, ok := x.constant(e); ok {
		return numValue(constNum(k | reclaimFlag)), true
	}
	return numValue(bits(reclaimFlag, 0)), true
}

// orFlags is the value of X | Y if a flag that allows sleeping is or-ed in: the
// bit must survive, though the kernel's numbers would fold to a constant.
func orFlags(a, b num) value {
	if a.exact && b.exact {
		return numValue(constNum(a.k | b.k))
	}
	return numValue(bits(a.ones()|b.ones(), a.zeros()&b.zeros()))
}

// maxFlagDepth bounds expressions of allocation flags in hostile input.
const maxFlagDepth = 16

// namesFlag says whether a flag that allows sleeping stands in an or-ed list.
func (x *frame) namesFlag(e *cparse.Expr, depth int) bool {
	if e == nil || depth > maxFlagDepth {
		return false
	}
	switch e.Kind {
	case cparse.EName:
		return x.a.table.gfp[e.Name]
	case cparse.ECast:
		return x.namesFlag(e.X, depth+1)
	case cparse.EBinary:
		return e.Op() == "|" && (x.namesFlag(e.X, depth+1) || x.namesFlag(e.Y, depth+1))
	}
	return false
}

// mayAllocate says whether a call of a sleeping primitive sleeps; need is the
// condition on this function's parameters under which it does.
func (x *frame) mayAllocate(s *state, c *cparse.Call, p *primitive) (sleeps bool, need []condition) {
	if p.GFP < 0 {
		return true, nil
	}
	if p.GFP >= len(c.Args) {
		return p.has(flagSleep), nil
	}
	return x.reclaims(s, c.Args[p.GFP], 0)
}

// reclaims judges allocation flags: the or of a parameter and anything allows
// sleeping if the parameter does.
func (x *frame) reclaims(s *state, e *cparse.Expr, depth int) (bool, []condition) {
	if e == nil || depth > maxFlagDepth {
		return false, nil
	}
	if e.Kind == cparse.ECast {
		return x.reclaims(s, e.X, depth+1)
	}
	v := x.val(s, e, 0)
	if s.numOf(v).ones()&reclaimFlag != 0 {
		return true, nil
	}
	if v.kind == vPath && v.p.kind == rParam && v.p.steps() == "" {
		return true, []condition{needsReclaim(v.p)}
	}
	if e.Kind == cparse.EBinary && e.Op() == "|" {
		if ok, need := x.reclaims(s, e.X, depth+1); ok {
			return true, need
		}
		return x.reclaims(s, e.Y, depth+1)
	}
	return false, nil
}

// needsReclaim is the condition that a parameter's flags allow sleeping.
func needsReclaim(p apath) condition {
	return condition{p: p, n: bits(reclaimFlag, 0), must: true}
}
