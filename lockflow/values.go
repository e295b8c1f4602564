package lockflow

import (
	"cmp"
)

// A num is what is known of a number or pointer: its possible signs, and its
// value if there is only one. Pointers fit the same domain: NULL is zero, an
// error pointer negative (IS_ERR() tests for that), a valid one positive. Error
// codes, flags and error pointers therefore need no cases of their own.
type num struct {
	mask  uint8
	exact bool // it is k
	ne    bool // it is not k
	k     int64
	on    uint64 // bits that are surely set: flags that a caller passed
	off   uint64 // bits that are surely clear
}

const (
	isNeg uint8 = 1 << iota
	isZero
	isPos
	anySign = isNeg | isZero | isPos
)

var (
	anyNum  = num{mask: anySign}
	nonZero = num{mask: isNeg | isPos}
)

// constNum is the number k.
func constNum(k int64) num {
	switch {
	case k < 0:
		return num{mask: isNeg, exact: true, k: k}
	case k == 0:
		return num{mask: isZero, exact: true}
	}
	return num{mask: isPos, exact: true, k: k}
}

// signs is any number with one of these signs.
func signs(mask uint8) num {
	if mask == isZero {
		return constNum(0)
	}
	return num{mask: mask}
}

// unlike is any number but k.
func unlike(k int64) num {
	if k == 0 {
		return nonZero
	}
	return num{mask: anySign, ne: true, k: k}
}

// join holds for both.
func (a num) join(b num) num {
	out := num{mask: a.mask | b.mask, on: a.ones() & b.ones(), off: a.zeros() & b.zeros()}
	switch {
	case a == b:
		return a
	case a.ne && b.allows(a.k) == false:
		out.ne, out.k = true, a.k
	case b.ne && a.allows(b.k) == false:
		out.ne, out.k = true, b.k
	}
	return out
}

// ones and zeros are the bits that are known.
func (a num) ones() uint64 {
	if a.exact {
		return uint64(a.k)
	}
	return a.on
}

// zeros is the bits that are surely clear.
func (a num) zeros() uint64 {
	if a.exact {
		return ^uint64(a.k)
	}
	return a.off
}

// bits is a number of which only the given bits are known.
func bits(on, off uint64) num {
	n := num{mask: anySign, on: on, off: off}
	if on != 0 {
		n.mask = isNeg | isPos
	}
	return n
}

// allows says whether the number may be k.
func (a num) allows(k int64) bool {
	switch {
	case a.exact:
		return a.k == k
	case a.ne && a.k == k:
		return false
	}
	return a.mask&constNum(k).mask != 0
}

// meet is what follows from both; false if they contradict each other.
func (a num) meet(b num) (num, bool) {
	if b.exact {
		a, b = b, a
	}
	if a.exact {
		return a, b.allows(a.k) && uint64(a.k)&b.off == 0 && uint64(a.k)&b.on == b.on
	}
	m := signs(a.mask & b.mask)
	on, off := a.on|b.on, a.off|b.off
	if m.mask == 0 || on&off != 0 || m.exact && on != 0 {
		return num{}, false
	}
	if !m.exact {
		m.on, m.off = on, off
	}
	for _, o := range [...]num{a, b} {
		if o.ne {
			if m.exact && m.k == o.k {
				return num{}, false
			}
			if !m.exact && m.mask&constNum(o.k).mask != 0 {
				m.ne, m.k = true, o.k
			}
		}
	}
	return m, true
}

// implies says that a leaves nothing open that b would close.
func (a num) implies(b num) bool {
	m, ok := a.meet(b)
	return ok && m == a
}

// compareNum orders what is known of numbers.
func compareNum(a, b num) int {
	return cmp.Or(cmp.Compare(a.mask, b.mask), compareBool(a.exact, b.exact), compareBool(a.ne, b.ne),
		cmp.Compare(a.k, b.k), cmp.Compare(a.on, b.on), cmp.Compare(a.off, b.off))
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// valueKind tells the kinds of value.
type valueKind uint8

const (
	vTop   valueKind = iota // anything
	vNum                    // a number: n
	vPath                   // a symbolic value: p
	vPred                   // true if the number at p has a sign of mask
	vEqual                  // true if the number at p is n; if mask is 0, true if it is not
	vBits                   // true if the number at p has a bit of n.k; if mask is 0, true if it has none
)

// A value is what a variable holds. Values are comparable.
type value struct {
	kind valueKind
	mask uint8 // of a vPath: the signs that it has whatever is read at p now, 0 if that is not known
	n    num
	p    apath
}

var top = value{}

// numValue is a value of which only the number is known; top if not even that.
func numValue(n num) value {
	if n == anyNum {
		return top
	}
	return value{kind: vNum, n: n}
}

// pathValue is the value that a path names.
func pathValue(p apath) value {
	if !p.valid() {
		return top
	}
	return value{kind: vPath, p: p}
}

// predValue is the truth of "p has one of these signs".
func predValue(p apath, mask uint8) value {
	if !p.valid() {
		return top
	}
	return value{kind: vPred, mask: mask, p: p}
}

// equalValue is the truth of "p is k".
func equalValue(p apath, k int64, equal bool) value {
	if !p.valid() {
		return top
	}
	v := value{kind: vEqual, n: constNum(k), p: p}
	if equal {
		v.mask = 1
	}
	return v
}

// bitsValue is the truth of "p has a bit of k".
func bitsValue(p apath, k int64) value {
	if !p.valid() || k == 0 {
		return top
	}
	return value{kind: vBits, mask: 1, n: constNum(k), p: p}
}

// not is the negation of a truth value.
func (v value) not() value {
	switch v.kind {
	case vPred:
		v.mask = anySign &^ v.mask
	case vEqual, vBits:
		v.mask ^= 1
	}
	return v
}

// given is what the number at v.p must be if the truth value is as wanted.
func (v value) given(want bool) num {
	switch {
	case v.kind == vPred && want:
		return signs(v.mask)
	case v.kind == vPred:
		return signs(anySign &^ v.mask)
	case v.kind == vEqual && want == (v.mask == 1):
		return v.n
	case v.kind == vEqual:
		return unlike(v.n.k)
	case v.kind == vBits && want != (v.mask == 1):
		return bits(0, uint64(v.n.k))
	case v.kind == vBits && v.n.k&(v.n.k-1) == 0:
		return bits(uint64(v.n.k), 0)
	case v.kind == vBits:
		return nonZero
	}
	return anyNum
}

// truth is what is known of a truth value over a number.
func (v value) truth(n num) num {
	_, mayHold := n.meet(v.given(true))
	_, mayFail := n.meet(v.given(false))
	if k := uint64(v.n.k); v.kind == vBits && n.ones()&k != 0 {
		mayHold, mayFail = v.mask == 1, v.mask == 0
	}
	switch {
	case mayHold && !mayFail:
		return constNum(1)
	case mayFail && !mayHold:
		return constNum(0)
	}
	return num{mask: isZero | isPos}
}

// A fact constrains a symbolic value.
type fact struct {
	p apath
	n num
}

// A binding is what a place holds: a local, or memory that this function wrote.
type binding struct {
	place apath
	v     value
}

// findBinding is the index of a place among sorted bindings, and whether it is there.
func findBinding(env []binding, place apath) (int, bool) {
	lo, hi := 0, len(env) // by hand: nothing is done more often, and bindings are large
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); comparePath(env[mid].place, place) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(env) && env[lo].place == place
}

// findFact is the index of a path among sorted facts, and whether it is there.
func findFact(facts []fact, p apath) (int, bool) {
	lo, hi := 0, len(facts)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); comparePath(facts[mid].p, p) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(facts) && facts[lo].p == p
}
