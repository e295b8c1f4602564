package lockflow

import (
	"slices"
	"strings"
)

// Rule L19: what a function stores through a pointer parameter is part of its
// exits. The kernel hands a lock back in this way: ptep = map_lock(pmd, &ptl)
// returns with *ptl locked, and spin_unlock(ptl) releases it.

// stored is the index of the pseudo call site that stands for an object which
// the caller knows only by the pointer to it that a callee stored; the path's
// name is the place of that pointer.
const stored = -2

// maxStores bounds the stores of one exit.
const maxStores = 8

// An alias says what the caller calls an object that has no name of its own
// there: the returned one, or the one that a pointer was stored to.
type alias struct {
	from, to apath
}

// aliases are the names that an exit gives to objects which the function found
// itself: rv is the returned value.
func (x *frame) aliases(s *state, rv value) []alias {
	var out []alias
	if rv.kind == vPath && nameless(rv.p) {
		out = append(out, alias{rv.p, apath{kind: rCall, idx: returned}})
	}
	for _, b := range s.env.all {
		if b.place.kind == rParam && b.v.kind == vPath && nameless(b.v.p) {
			out = append(out, alias{b.v.p, apath{kind: rCall, idx: stored, text: textOf(b.place.key(), "")}})
		}
	}
	return out
}

// nameless says that a path means one object, which the caller cannot name.
func nameless(p apath) bool { return p.kind == rCall || p.kind == rExpr }

// liftPath puts a path in the caller's terms: parameters and globals stay, what
// hangs on an aliased object is named after it, the rest is lost.
func liftPath(p apath, names []alias) apath {
	if liftable(p) {
		return p
	}
	for _, a := range names {
		if rest, ok := p.below(a.from); ok {
			a.to = a.to.at(rest)
			return a.to
		}
	}
	return p.old()
}

// below is the steps from object o to p, if p is part of it or reached through it.
func (p apath) below(o apath) (rest string, ok bool) {
	if p.kind != o.kind || p.idx != o.idx || p.name() != o.name() || !strings.HasPrefix(p.steps(), o.steps()) {
		return "", false
	}
	rest = p.steps()[len(o.steps()):]
	return rest, rest == "" || strings.IndexByte(".*[^", rest[0]) >= 0
}

// liftStores is what a function left in memory that its parameters lead to:
// pointers, and numbers in what a parameter itself points to: an out-parameter, or a
// member of a struct that somebody has on his stack to be filled in.
func (a *analysis) liftStores(s *state, names []alias) []binding {
	var out []binding
	for _, b := range s.env.all {
		if b.place.kind != rParam || len(out) == maxStores {
			continue
		}
		switch {
		case b.v.kind == vNum && (b.place.steps() == "" || a.filledIn(b.place)):
			out = append(out, b)
		case b.v.kind == vPath:
			if p := liftPath(b.v.p, names); p.stable() {
				out = append(out, binding{b.place, pathValue(p)})
			}
		}
	}
	return out
}

// filledIn says whether a place is a member of a struct that a parameter points to and
// that some function has on its stack.
func (a *analysis) filledIn(place apath) bool {
	steps := place.steps()
	return stepEnd(steps) == len(steps) && a.onStack[pointeeOf(steps)]
}

// bindStores translates stores into the caller's terms.
func bindStores(b *binder, stores []binding) []binding {
	out := make([]binding, 0, len(stores))
	for _, st := range stores {
		if place := b.path(st.place); place.stable() {
			out = append(out, binding{place, b.value(st.v)})
		}
	}
	return out
}

// store writes what a callee stored, after the caller forgot what it knew of it.
func (s *state) store(stores []binding) {
	for _, st := range stores {
		s.forgetField(st.place)
		s.bind(st.place, st.v)
	}
}

// commonStores keeps the stores that both ways out make.
func commonStores(a, b []binding) []binding {
	return slices.DeleteFunc(slices.Clone(a), func(st binding) bool { return !slices.Contains(b, st) })
}

// storesTell says whether the caller can tell two exits apart by a number that
// an out-parameter holds.
func storesTell(a, b *exit) bool {
	for _, st := range a.stores {
		if i, ok := findBinding(b.stores, st.place); ok && st.v.kind == vNum && b.stores[i].v.kind == vNum {
			if _, possible := st.v.n.meet(b.stores[i].v.n); !possible {
				return true
			}
		}
	}
	return false
}
