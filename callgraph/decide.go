package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// What the compiler decides, and with it which code is there at all: IS_ENABLED()
// of settled options, GNU C's builtins about types and constants, _Generic, and
// conditions of numbers and sizes. A branch is dropped only if every
// configuration of the architecture drops it: numbers that come from macros or
// enumerators may be those of another .config and decide nothing. What optimizers
// find out by propagating values is not looked for.

// decided is the value of a call that the compiler makes a constant; ok if the
// name is one of those, nil if the value is not known.
func (x *expander) decided(name string, args []*cparse.Expr) (value *cparse.Expr, ok bool) {
	var yes cparse.Tri
	switch name {
	case "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE":
		if len(args) != 1 || args[0].Kind != cparse.EName {
			return nil, false
		}
		if yes = x.s.env.Defined(args[0].Name); yes == cparse.True && name == "IS_MODULE" {
			yes = cparse.False
		}
	case "__builtin_types_compatible_p":
		if len(args) != 2 {
			return nil, false
		}
		yes = x.scope.compatible(x.operand(args[0]), x.operand(args[1]))
	case "__builtin_constant_p":
		if len(args) != 1 {
			return nil, false
		}
		if _, number := x.number(args[0]); number || args[0].Kind == cparse.EStr {
			yes = cparse.True
		}
	default:
		return nil, false
	}
	if yes == cparse.Unknown {
		return nil, true
	}
	n := &cparse.Expr{Kind: cparse.EInt}
	if yes == cparse.True {
		n.Int = 1
	}
	return n, true
}

// operand is a type as an argument.
func (x *expander) operand(e *cparse.Expr) typed {
	switch e.Kind {
	case cparse.EType:
		return typed{e.Type(), x.file}
	case cparse.EName:
		return typed{&cparse.Type{Kind: cparse.TNamed, Name: e.Name}, x.file}
	}
	return typed{}
}

// branch decides a condition that is settled after substitution.
func (x *expander) branch(cond *cparse.Expr, then, els int, pos cparse.Pos) cparse.Term {
	if n, ok := x.number(cond); ok {
		if n == 0 {
			then = els
		}
		return &cparse.Jump{To: then}
	}
	return &cparse.Branch{Cond: cond, Then: then, Else: els, Pos: pos}
}

// decidedSwitch is the jump to the one case that a known value selects.
func (x *expander) decidedSwitch(sw *cparse.Switch) cparse.Term {
	n, ok := x.number(sw.X)
	if !ok {
		return sw
	}
	to := -1
	for _, c := range sw.Cases {
		if c.Lo == nil {
			if to < 0 {
				to = c.To
			}
			continue
		}
		lo, okLo := x.number(c.Lo)
		hi, okHi := lo, okLo
		if c.Hi != nil {
			hi, okHi = x.number(c.Hi)
		}
		switch {
		case !okLo || !okHi:
			return sw
		case lo <= n && n <= hi:
			return &cparse.Jump{To: c.To}
		}
	}
	return &cparse.Jump{To: to}
}

// learn notes the value of a call's temporary, which only that call sets.
func (x *expander) learn(dst, value *cparse.Expr) {
	if n, ok := x.number(value); ok && strings.HasPrefix(dst.Name, "%") {
		x.known[dst.Name] = n
	}
}

// assigned notes the value of a temporary that blocks assign to, as for a ?:
// with effects. All of them stand before its uses; if they differ, or one is not
// known, so is the temporary not.
func (x *expander) assigned(dst, value *cparse.Expr) {
	if dst.Kind != cparse.EName || !strings.HasPrefix(dst.Name, "%") {
		return
	}
	n, ok := x.number(value)
	if old, known := x.known[dst.Name]; x.set[dst.Name] && (!known || !ok || n != old) {
		delete(x.known, dst.Name)
	} else if ok {
		x.known[dst.Name] = n
	}
	x.set[dst.Name] = true
}

// number is the value of an expression that is made of numbers, of sizes of
// scalar types and of temporaries with a known value.
func (x *expander) number(e *cparse.Expr) (n int64, ok bool) {
	if e == nil {
		return 0, false
	}
	switch e.Kind {
	case cparse.EInt:
		return e.Int, true
	case cparse.EName:
		n, ok = x.known[e.Name]
		return n, ok
	case cparse.ESizeof:
		return x.scope.size(e)
	case cparse.EUnary:
		n, ok = x.number(e.X)
		return truth(n == 0), ok && e.Op() == "!"
	case cparse.EBinary:
		return x.binary(e)
	case cparse.ECast:
		n, ok = x.number(e.X)
		return n, ok && (n == 0 || n == 1) // which every type can hold
	case cparse.ECond:
		return x.chosen(e)
	}
	return 0, false
}

// chosen is the value of a ?: whose condition is known, or does not matter.
func (x *expander) chosen(e *cparse.Expr) (int64, bool) {
	c, decided := x.number(e.X)
	y, okY := c, decided
	if e.Y != nil {
		y, okY = x.number(e.Y)
	}
	z, okZ := x.number(e.Z())
	switch {
	case decided && c != 0:
		return y, okY
	case decided:
		return z, okZ
	}
	return y, okY && okZ && y == z && e.Y != nil
}

func (x *expander) binary(e *cparse.Expr) (int64, bool) {
	a, okA := x.number(e.X)
	b, okB := x.number(e.Y)
	if e.Op() == "&&" || e.Op() == "||" {
		decides := e.Op() == "||" // the truth of one side that settles both
		if okA && (a != 0) == decides || okB && (b != 0) == decides {
			return truth(decides), true
		}
		return truth(!decides), okA && okB
	}
	if !okA || !okB || !small(a) || !small(b) {
		return 0, false
	}
	n, ok := cparse.Fold(e.Op(), a, b)
	return n, ok && small(n)
}

// small tells the numbers that are the same in every integer type that
// arithmetic is done in: signed or not, of 32 bits or more.
func small(n int64) bool { return n >= 0 && n < 1<<31 }

func truth(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// selected is the value of a _Generic: that of the association whose type is
// compatible with the type of the controlling expression, or of default (C11
// 6.5.1.1). Types are kept without qualifiers, so several may fit; of those, and
// of those that are not known, any may be meant.
func (x *expander) selected(g *cparse.Expr) *cparse.Expr {
	ctl := x.scope.decay(x.scope.valueType(g.X))
	var yes, maybe []*cparse.Expr
	var other *cparse.Expr
	for _, a := range x.assocs(g.Args(), nil) {
		switch {
		case a.X == nil: // a macro that is not understood
			maybe = append(maybe, &cparse.Expr{Kind: cparse.EBad, Pos: g.Pos})
		case a.Type() == nil:
			other = a.X
		default:
			switch x.scope.compatible(ctl, typed{a.Type(), x.file}) {
			case cparse.True:
				yes = append(yes, a.X)
			case cparse.Unknown:
				maybe = append(maybe, a.X)
			}
		}
	}
	if len(yes) > 0 {
		return oneOf(yes, g.Pos)
	}
	if other != nil {
		maybe = append(maybe, other)
	}
	return oneOf(maybe, g.Pos)
}

// assocs is the associations with those that macros stand for in their place.
func (x *expander) assocs(list []*cparse.Expr, active []string) []*cparse.Expr {
	var out []*cparse.Expr
	for _, a := range list {
		if a.X != nil || a.Y == nil || a.Y.Kind != cparse.ECall {
			out = append(out, a)
			continue
		}
		m, _ := x.s.macro(a.Y.X.Name, x.file, lastLine)
		if m == nil || len(active) > maxMacroDepth || slices.Contains(active, m.Name) || len(m.Assocs()) == 0 {
			out = append(out, a)
			continue
		}
		sub := newSubst(m.Head(), a.Y.Args())
		if sub == nil {
			out = append(out, a)
			continue
		}
		var inner []*cparse.Expr
		for _, b := range m.Assocs() {
			inner = append(inner, sub.expr(b))
		}
		out = append(out, x.assocs(inner, append(active[:len(active):len(active)], m.Name))...)
	}
	return out
}

// oneOf is a choice that cannot be known.
func oneOf(values []*cparse.Expr, pos cparse.Pos) *cparse.Expr {
	if len(values) == 0 {
		return &cparse.Expr{Kind: cparse.EBad, Pos: pos}
	}
	v := values[len(values)-1]
	for _, w := range slices.Backward(values[:len(values)-1]) {
		v = (&cparse.Expr{Kind: cparse.ECond, X: &cparse.Expr{Kind: cparse.EBad, Pos: pos}, Y: w, Pos: pos}).WithZ(v)
	}
	return v
}
