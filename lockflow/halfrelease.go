package lockflow

import (
	"fmt"
	"slices"

	"klockscan/callgraph"
)

// Rule L22: a function that releases its caller's lock on one way out, and
// leaves it on another that looks the same to the caller, is wrong whatever the
// caller does next: a release is one too many on the first way, and to return
// without one leaks the lock on the second. The first is found as a double
// unlock (L17), since the state that comes from a sure release is kept apart
// from the one that settle made cautious; the second is found here.

// A split is two ways out of a function of which only one releases a lock.
type split struct {
	with, without *exit
	released      release
}

// splitOf finds the ways out of a callee that disagree about a lock of the class.
func (r *reporter) splitOf(f callgraph.FuncID, cls classID) (split, bool) {
	var out split
	exits := r.exits(f)
	for i := range exits {
		j := slices.IndexFunc(exits[i].rel, func(o release) bool { return o.cls == cls })
		switch {
		case j < 0 || exits[i].rel[j].vague:
			if out.without == nil || j >= 0 { // one that looks the same convinces more
				out.without = &exits[i]
			}
		case out.with == nil:
			out.with, out.released = &exits[i], exits[i].rel[j]
		}
	}
	return out, out.with != nil && out.without != nil
}

// text tells both ways.
func (w *split) text(f *callgraph.Func) string {
	return fmt.Sprintf("%s() releases it in line %d, but not on the way out in line %d", f.Name, w.released.pos.Line, line(w.without.pos, f))
}

// throughCallee adds to a double unlock what the callee did that released first.
func (r *reporter) throughCallee(fd *Finding, d *doubleUnlock) {
	if d.by == nil {
		return
	}
	fd.Chain = append(fd.Chain, step(r.prog, d.by))
	if w, ok := r.splitOf(d.by.Callee, d.ref.cls); ok {
		fd.Message += ": " + w.text(r.prog.Funcs[d.by.Callee])
	}
}

// leftHeld finds the locks that f took, that a callee was to release, and that
// it releases on some of its ways out only.
func (r *reporter) leftHeld(f *callgraph.Func, ls *leavingState, seen map[ref]bool) []Finding {
	var out []Finding
	for i := range ls.s.free.all {
		d := &ls.s.free.all[i]
		if !d.vague || !d.own || d.many || !d.straight || d.by == nil || !d.cls.known() || seen[d.ref] {
			continue
		}
		w, ok := r.splitOf(d.by.Callee, d.cls)
		if !ok {
			continue
		}
		seen[d.ref] = true
		h := held{ref: d.ref, mode: d.from.mode, from: d.from}
		fd := r.leakFinding(f, ls, &h, w.text(r.prog.Funcs[d.by.Callee]))
		fd.Chain = append(fd.Chain, step(r.prog, d.by))
		out = append(out, fd)
	}
	return out
}
