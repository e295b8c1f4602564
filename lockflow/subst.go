package lockflow

import (
	"strings"
)

// A binder translates a callee's paths into the caller's at one call.
type binder struct {
	x     *frame
	s     *state
	args  []value
	known bool  // the call's arguments are the callee's parameters
	site  int32 // what the call returns
}

// path translates a callee's symbolic value: parameters become arguments, and
// loads go through what the caller knows to be stored (rule L8).
func (b *binder) path(p apath) apath {
	switch {
	case p.kind == rGlobal:
		if !strings.Contains(p.steps(), "*") {
			return p
		}
		return b.replay(globalPath(p.name()), p.steps())
	case p.kind == rCall && p.idx == returned:
		return b.replay(apath{kind: rCall, idx: b.site}, p.steps())
	case p.kind == rCall && p.idx == stored:
		return b.replay(apath{kind: rCall, idx: b.site, text: textOf(p.name(), "")}, p.steps())
	case p.kind != rParam:
		return p.old()
	case !b.known || int(p.idx) >= len(b.args) || b.args[p.idx].kind != vPath:
		return p.old()
	}
	return b.replay(b.args[p.idx].p, p.steps())
}

// replay walks the steps from a base of the caller's.
func (b *binder) replay(base apath, steps string) apath {
	if !strings.ContainsAny(steps, "*^") && !strings.HasSuffix(base.steps(), "^") {
		return base.with(steps)
	}
	for len(steps) > 0 && base.valid() {
		end := stepEnd(steps)
		step := steps[:end]
		steps = steps[end:]
		switch step[0] {
		case '*':
			base = b.deref(base, pointeeOf(steps))
		case '^':
			base = base.container(step[1:])
		default:
			base = base.with(step)
		}
	}
	return base
}

// deref is the value at a place of the caller's.
func (b *binder) deref(place apath, target string) apath {
	if v, ok := b.s.bound(place); ok {
		if v.kind == vPath {
			return v.p
		}
		return apath{kind: rOld}
	}
	member := place.steps()[strings.LastIndexByte(place.steps(), ':')+1:]
	if p, ok := b.x.up(place, target, member); ok {
		return p
	}
	return place.with("*")
}

// stepEnd is the length of the first step.
func stepEnd(steps string) int {
	if steps[0] == '*' {
		return 1
	}
	if i := strings.IndexAny(steps[1:], ".*[^"); i >= 0 {
		return i + 1
	}
	return len(steps)
}

// value translates a callee's value.
func (b *binder) value(v value) value {
	switch v.kind {
	case vPath:
		if b.known && v.p.kind == rParam && v.p.steps() == "" {
			if int(v.p.idx) < len(b.args) {
				return b.args[v.p.idx]
			}
			return top
		}
		if strings.HasSuffix(v.p.steps(), "*") { // the value may be stored here, and be no path
			place := v.p
			place = place.at(place.steps()[:len(place.steps())-1])
			if at := b.path(place); at.stable() {
				if known, ok := b.s.bound(at); ok {
					return known
				}
				if known, ok := b.x.a.constMember(at); ok {
					return known
				}
			}
		}
		if p := b.path(v.p); p.stable() {
			return pathValue(p)
		}
		return top
	case vPred, vEqual, vBits:
		inner := b.value(pathValue(v.p))
		if n := v.truth(b.s.numOf(inner)); n.exact {
			return numValue(n)
		}
		if inner.kind == vPath {
			v.p = inner.p
			return v
		}
		if inner.kind > vPath && v.kind == vPred { // a test of a truth value
			switch v.mask &^ isNeg {
			case isPos:
				return inner
			case isZero:
				return inner.not()
			}
		}
		return top
	}
	return v
}

// ref translates a lock; its class stays what the callee knew, or comes from
// the argument.
func (b *binder) ref(r ref) ref {
	p := b.path(r.p)
	cls := r.cls
	if !cls.known() {
		cls = p.class().id()
	}
	return ref{p: p, cls: cls}
}

// maxTargetDerefs bounds the pointers between a parameter and the member that
// says which function a call reaches.
const maxTargetDerefs = 4

// holds tests a callee's condition against the arguments: false if they
// contradict it; otherwise the condition in the caller's terms, if it still
// says something (its path is a parameter of the caller's, unchanged).
func (b *binder) holds(c condition) (possible bool, left condition, keep bool) {
	if !b.known {
		return !c.must, condition{}, false
	}
	v := b.value(pathValue(c.p))
	if c.must {
		if b.s.numOf(v).ones()&c.n.on == c.n.on {
			return true, condition{}, false
		}
		c.p = v.p
		return v.kind == vPath && v.p.kind == rParam && v.p.steps() == "", c, true
	}
	if c.fn != "" {
		switch {
		case v.kind != vPath:
			return v.kind == vTop, condition{}, false
		case v.p.kind == rGlobal && v.p.steps() == "":
			name, _, _ := strings.Cut(v.p.name(), "@")
			return name == c.fn, condition{}, false
		case v.p.kind == rGlobal:
			name, ok := b.x.a.constFunction(v.p)
			return !ok || name == c.fn, condition{}, false
		case v.p.kind == rParam:
			return true, condition{p: v.p, fn: c.fn}, true
		}
		return true, condition{}, false
	}
	have := b.s.numOf(v)
	m, ok := have.meet(c.n)
	if !ok {
		return false, condition{}, false
	}
	if v.kind > vPath && v.p.kind == rParam {
		if n := v.given(c.n.mask != isZero); n != anyNum && (c.n.mask == isZero || c.n.mask&isZero == 0) {
			return true, condition{p: v.p, n: n}, true
		}
	}
	if v.kind == vPath && v.p.kind == rParam && m != have {
		return true, condition{p: v.p, n: m}, true
	}
	return true, condition{}, false
}
