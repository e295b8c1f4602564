package lockflow

import "klockscan/cparse"

// maxFlagDepth bounds expressions of allocation flags in hostile input.
const maxFlagDepth = 16

// reclaims says that allocation flags surely allow sleeping: a name that the
// table lists, such a name with more flags or-ed to it, a choice between two of
// the kind, or a local that holds one. Flags that are masked or come from the
// caller are not known to.
func (x *frame) reclaims(e *cparse.Expr, depth int) bool {
	if e == nil || depth > maxFlagDepth {
		return false
	}
	switch e.Kind {
	case cparse.EName:
		return x.a.table.gfp[e.Name] || x.localReclaims(e.Name, depth)
	case cparse.ECast:
		return x.reclaims(e.X, depth+1)
	case cparse.EBinary:
		return e.Op == "|" && (x.reclaims(e.X, depth+1) || x.reclaims(e.Y, depth+1))
	case cparse.ECond:
		return e.Y != nil && x.reclaims(e.Y, depth+1) && x.reclaims(e.Z, depth+1)
	}
	return false
}

// localReclaims says that every value that a local variable is given allows
// sleeping, and that it is given one.
func (x *frame) localReclaims(name string, depth int) bool {
	if _, local := x.vars[name]; !local || depth > 2 {
		return false
	}
	for _, p := range x.f.IR.Params {
		if p.Name == name {
			return false
		}
	}
	given := 0
	for _, b := range x.f.IR.Blocks {
		for _, in := range b.Instrs {
			a, ok := in.(*cparse.Assign)
			if !ok || a.Dst == nil || a.Dst.Kind != cparse.EName || a.Dst.Name != name {
				continue
			}
			if given++; !x.reclaims(a.Src, depth+1) {
				return false
			}
		}
	}
	return given > 0
}
