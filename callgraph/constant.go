package callgraph

import (
	"math"
	"strings"

	"klockscan/cparse"
)

// Const is the value of a constant expression: numbers, enumerators,
// object-like macros and what operators make of them. Unsigned arithmetic wraps
// around (C11 6.2.5), so that ~0U >> 1 is the largest int; what does not fit
// int64 is its bits. The largest unsigned int has no value here: it is written
// as -1 too, and neither number compares equal to the other in 64 bits.
func (p *Program) Const(f *Func, e *cparse.Expr) (int64, bool) {
	v, ok := p.scope(f).constant(e)
	if !ok || v.unsigned && !v.wide && v.n == math.MaxUint32 {
		return 0, false
	}
	return v.n, true
}

// A constant is a number in an integer type after promotion.
type constant struct {
	n int64 // of an unsigned type of 64 bits: its bits
	intKind
}

// An intKind is what arithmetic depends on. A signed int is calculated with in 64
// bits: what overflows it has no meaning in C.
type intKind struct {
	unsigned bool
	wide     bool // 64 bits, not 32
}

// of is the number in this type.
func (k intKind) of(n int64) constant {
	if k.unsigned && !k.wide {
		n &= math.MaxUint32
	}
	return constant{n, k}
}

// common is the type that the operands of an operator are converted to (C11
// 6.3.1.8).
func (k intKind) common(o intKind) intKind {
	if k.wide != o.wide {
		if k.wide {
			return k
		}
		return o
	}
	return intKind{k.unsigned || o.unsigned, k.wide}
}

func (sc *scopeOf) constant(e *cparse.Expr) (constant, bool) {
	if e == nil || sc.depth > maxType {
		return constant{}, false
	}
	sc.depth++
	defer func() { sc.depth-- }()
	switch e.Kind {
	case cparse.EInt:
		k, _ := kindOf(e.Type())
		return k.of(e.Int), true
	case cparse.EName:
		return sc.constantName(e.Name)
	case cparse.ECast:
		v, ok := sc.constant(e.X)
		return sc.converted(v, e.Type()), ok
	case cparse.EUnary:
		v, ok := sc.constant(e.X)
		switch e.Op() {
		case "-":
			return v.of(-v.n), ok
		case "~":
			return v.of(^v.n), ok
		case "+":
			return v, ok
		case "!":
			return constant{n: truth(v.n == 0)}, ok
		}
	case cparse.EBinary:
		a, okA := sc.constant(e.X)
		b, okB := sc.constant(e.Y)
		v, ok := fold(e.Op(), a, b)
		return v, ok && okA && okB
	case cparse.ECond:
		if c, ok := sc.constant(e.X); ok && e.Y != nil {
			if c.n != 0 {
				return sc.constant(e.Y)
			}
			return sc.constant(e.Z())
		}
	}
	return constant{}, false
}

// kindOf is the promoted kind of an arithmetic type; int for nil, ok is false if
// it is not known or none.
func kindOf(t *cparse.Type) (k intKind, ok bool) {
	if t == nil || t.Kind != cparse.TInt {
		return intKind{}, t == nil
	}
	a, ok := arithmeticOf(t.Name)
	unsigned := strings.HasPrefix(a.name, "unsigned ")
	return intKind{unsigned: unsigned && a.size >= 4, wide: a.size > 4}, ok
}

// converted is a number in the type of a cast; the number itself if that is not
// an arithmetic type, or not known for sure.
func (sc *scopeOf) converted(v constant, t *cparse.Type) constant {
	same := constant{v.n, intKind{wide: true}}
	if t == nil || !sc.exact(t) {
		return same
	}
	to := sc.strip(typed{t, sc.file}).t
	if to == nil || to.Kind != cparse.TInt {
		return same
	}
	k, ok := kindOf(to)
	if !ok {
		return same
	}
	switch a, _ := arithmeticOf(to.Name); a.name {
	case "bool":
		v.n = truth(v.n != 0)
	case "unsigned char":
		v.n = int64(uint8(v.n))
	case "signed char":
		v.n = int64(int8(v.n))
	case "unsigned short":
		v.n = int64(uint16(v.n))
	case "short":
		v.n = int64(int16(v.n))
	case "int":
		v.n = int64(int32(v.n))
	}
	return k.of(v.n)
}

// fold applies an operator. Shifts have the type of what is shifted, comparisons
// are int.
func fold(op string, a, b constant) (constant, bool) {
	k := a.common(b.intKind)
	x, y := k.of(a.n).n, k.of(b.n).n
	switch op {
	case "<<", ">>":
		k, x, y = a.intKind, a.n, b.n
	}
	n, ok := cparse.Fold(op, x, y)
	if k.unsigned && k.wide {
		if m, differs := foldBits(op, uint64(x), uint64(y)); differs {
			n = m
		}
	}
	switch op {
	case "==", "!=", "<", ">", "<=", ">=", "&&", "||":
		k = intKind{}
	}
	return k.of(n), ok
}

// foldBits applies the operators that differ for unsigned numbers of 64 bits.
func foldBits(op string, a, b uint64) (n int64, differs bool) {
	switch op {
	case "<":
		return truth(a < b), true
	case ">":
		return truth(a > b), true
	case "<=":
		return truth(a <= b), true
	case ">=":
		return truth(a >= b), true
	case ">>":
		return int64(a >> (b & 63)), true
	case "/", "%":
		if b == 0 {
			return 0, false
		}
		if op == "/" {
			return int64(a / b), true
		}
		return int64(a % b), true
	}
	return 0, false
}

func (sc *scopeOf) constantName(name string) (constant, bool) {
	if _, local := sc.locals[name]; local {
		return constant{}, false
	}
	if _, ok := sc.s.enumOf(name); ok {
		n, ok := sc.enumValue(name)
		return constant{n, intKind{wide: n != int64(int32(n))}}, ok
	}
	if m, at := sc.s.macro(name, sc.file, lastLine); m != nil && !m.FuncLike {
		inner := &scopeOf{s: sc.s, file: at, depth: sc.depth}
		return inner.constant(m.Value())
	}
	return constant{}, false
}

// enumValue counts back to the last enumerator with a value.
func (sc *scopeOf) enumValue(name string) (int64, bool) {
	const most = 100000
	for n := int64(0); n < most; n++ {
		e, ok := sc.s.enumOf(name)
		if !ok {
			return 0, false
		}
		if e.value != nil {
			inner := &scopeOf{s: sc.s, file: e.file, depth: sc.depth}
			v, ok := inner.constant(e.value)
			return v.n + n, ok
		}
		if e.prev == "" {
			return n, true
		}
		name = e.prev
	}
	return 0, false
}
