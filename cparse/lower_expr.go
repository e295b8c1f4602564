package cparse

import (
	"math"
	"strconv"
	"strings"
)

// An exprer lowers expressions. Inside a function, effects become instructions
// (b is set); at file scope calls stay ECalls.
type exprer struct {
	*lowerer
	b *builder
}

// staticExpr lowers an expression at file scope, or an initialiser.
func (l *lowerer) staticExpr(i int32) *Expr { return exprer{l, nil}.expr(i) }

func (x exprer) bad(i int32) *Expr { return &Expr{Kind: EBad, Pos: x.pos(i)} }

// expr lowers the expression at node i and returns its value.
func (x exprer) expr(i int32) *Expr {
	if i < 0 {
		return &Expr{Kind: EBad}
	}
	if !x.enter(i) {
		return x.bad(i)
	}
	defer x.leave()
	switch x.kind(i) {
	case "identifier", "field_identifier", "type_identifier", "true", "false", "null", "statement_identifier":
		return x.ident(i)
	case "number_literal", "char_literal":
		return x.number(i)
	case "string_literal", "concatenated_string":
		return x.str(i)
	case "parenthesized_expression", "extension_expression":
		return x.paren(i)
	case "compound_statement":
		return x.stmtExpr(i)
	case "field_expression":
		return &Expr{Kind: EMember, X: x.expr(x.t.child(i, "argument")), Name: x.name(x.t.child(i, "field")),
			Arrow: x.operator(i) == "->", Pos: x.pos(i)}
	case "subscript_expression":
		arr := x.expr(x.t.child(i, "argument"))
		return &Expr{Kind: EIndex, X: arr, Y: x.expr(x.t.child(i, "index")), Pos: x.pos(i)}
	case "unary_expression", "pointer_expression":
		return NewUnary(x.operator(i), x.expr(x.t.child(i, "argument")), x.pos(i))
	case "cast_expression":
		t := x.typeSpec(x.t.child(i, "type"))
		return (&Expr{Kind: ECast, X: x.expr(x.t.child(i, "value")), Pos: x.pos(i)}).WithType(t)
	case "compound_literal_expression":
		init := x.expr(x.t.child(i, "value"))
		return init.WithType(x.typeSpec(x.t.child(i, "type")))
	case "initializer_list":
		return x.initList(i)
	case "initializer_pair":
		return x.initPair(i)
	case "sizeof_expression":
		return x.sizeof(i)
	case "alignof_expression", "offsetof_expression":
		return &Expr{Kind: ESizeof, Pos: x.pos(i)}
	case "type_descriptor":
		return (&Expr{Kind: EType, Pos: x.pos(i)}).WithType(x.typeDescriptor(i))
	case "generic_expression":
		return x.generic(i)
	case "gnu_asm_expression":
		return x.bad(i)
	}
	return x.effectExpr(i)
}

// effectExpr lowers the expressions that may have effects.
func (x exprer) effectExpr(i int32) *Expr {
	switch x.kind(i) {
	case "call_expression":
		return x.call(i)
	case "binary_expression":
		return x.binary(i)
	case "conditional_expression":
		return x.conditional(i)
	case "comma_expression":
		x.expr(x.t.child(i, "left"))
		return x.expr(x.t.child(i, "right"))
	case "assignment_expression":
		return x.assignment(i)
	case "update_expression":
		return x.update(i)
	}
	if x.is(i, flagError) {
		x.children(i, func(k int32) { x.expr(k) })
	}
	return x.bad(i)
}

func (x exprer) operator(i int32) string {
	if k := x.t.child(i, "operator"); k >= 0 {
		return x.t.text(k)
	}
	return ""
}

func (x exprer) ident(i int32) *Expr {
	start := x.t.nodes[i].start
	if text, ok := x.c.types[start]; ok {
		return (&Expr{Kind: EType, Pos: x.pos(i)}).WithType(x.typeText(text, x.pos(i)))
	}
	if s, ok := x.c.pastes[start]; ok {
		return &Expr{Kind: EPaste, Name: s, Pos: x.pos(i)}
	}
	n := &x.t.nodes[i]
	name := x.intern(x.t.src[n.start:n.end])
	switch name {
	case "": // the parser assumed it
		return x.bad(i)
	case "true", "TRUE":
		return &Expr{Kind: EInt, Int: 1, Pos: x.pos(i)}
	case "false", "FALSE", "NULL", "nullptr":
		return &Expr{Kind: EInt, Int: 0, Pos: x.pos(i)}
	}
	if x.b != nil {
		name = x.b.resolve(name)
	}
	return &Expr{Kind: EName, Name: name, Pos: x.pos(i)}
}

func (x exprer) number(i int32) *Expr {
	text := x.t.text(i)
	value, ok, t := int64(0), false, (*Type)(nil)
	if x.kind(i) == "char_literal" {
		value, ok = charValue(text)
	} else {
		value, ok = intValue(text)
		t = intType(text, value)
	}
	if !ok {
		return &Expr{Kind: ESizeof, Pos: x.pos(i)}
	}
	return (&Expr{Kind: EInt, Int: value, Pos: x.pos(i)}).WithType(t)
}

// intType is the first type of those that base and suffix allow which can hold an
// integer constant (C11 6.4.4.1, with a long of 64 bits); nil for int. A sign
// before the constant is no part of it.
func intType(text string, value int64) *Type {
	digits := strings.TrimLeft(text, "+-")
	if strings.HasPrefix(text, "-") {
		value = -value
	}
	suffix := digits[len(strings.TrimRight(digits, "uUlL")):]
	unsigned, long := strings.ContainsAny(suffix, "uU"), strings.ContainsAny(suffix, "lL")
	n := uint64(value)
	switch {
	case !unsigned && !long && n <= math.MaxInt32:
		return nil
	case !long && n <= math.MaxUint32 && (unsigned || strings.HasPrefix(digits, "0")):
		return unsignedIntType
	case !unsigned && n <= math.MaxInt64:
		return longType
	}
	return unsignedLongType
}

// The types of integer constants that are no int.
var (
	unsignedIntType  = &Type{Kind: TInt, Name: "unsigned int"}
	longType         = &Type{Kind: TInt, Name: "long"}
	unsignedLongType = &Type{Kind: TInt, Name: "unsigned long"}
)

// intValue is the value of an integer constant. The grammar takes a sign before
// it as a part of it.
func intValue(text string) (int64, bool) {
	digits, minus := strings.CutPrefix(text, "-")
	digits = strings.TrimPrefix(digits, "+")
	n, err := strconv.ParseUint(strings.TrimRight(digits, "uUlL"), 0, 64)
	if minus {
		n = -n
	}
	return int64(n), err == nil
}

// charValue is the value of a character constant.
func charValue(text string) (int64, bool) {
	open := strings.IndexByte(text, '\'')
	if open < 0 || len(text) < open+3 {
		return 0, false
	}
	text = text[open+1 : len(text)-1]
	if digits, ok := strings.CutPrefix(text, `\`); ok { // C takes one to three octal digits, Go three
		if n, err := strconv.ParseUint(digits, 8, 8); err == nil {
			return int64(n), true
		}
	}
	v, _, _, err := strconv.UnquoteChar(text, '\'')
	return int64(v), err == nil
}

func (x exprer) str(i int32) *Expr {
	if s, ok := x.c.strs[x.t.nodes[i].start]; ok {
		return &Expr{Kind: EString, Name: s, Pos: x.pos(i)}
	}
	return &Expr{Kind: EStr, Name: excerpt(x.t.text(i)), Pos: x.pos(i)}
}

// paren is (x), or a statement expression ({ ... }).
func (x exprer) paren(i int32) *Expr {
	return x.expr(x.only(i))
}

func (x exprer) initList(i int32) *Expr {
	e := &Expr{Kind: EInit, Pos: x.pos(i)}
	outer := x.c.condAt(x.t.nodes[i].start)
	var args []*Expr
	x.children(i, func(k int32) {
		if x.is(k, flagError) {
			return
		}
		v := x.expr(k)
		if c := x.c.condAt(x.t.nodes[k].start); c != outer {
			v = &Expr{Kind: EUnder, Name: c.below(outer).String(), X: v, Pos: v.Pos}
		}
		args = append(args, v)
	})
	return e.WithArgs(args)
}

// initPair is .a.b[2] = value: nested EDesigs, outermost first.
func (x exprer) initPair(i int32) *Expr {
	value := x.expr(x.t.child(i, "value"))
	var desigs []int32
	for k := x.t.firstChild(i); k >= 0; k = x.t.nodes[k].next {
		if x.t.fieldName(k) == "designator" {
			desigs = append(desigs, k)
		}
	}
	if len(desigs) > maxDepth {
		return x.bad(i)
	}
	for n := len(desigs) - 1; n >= 0; n-- {
		value = x.designator(desigs[n], value)
	}
	return value
}

func (x exprer) designator(k int32, value *Expr) *Expr {
	d := &Expr{Kind: EDesig, X: value, Pos: x.pos(k)}
	switch x.kind(k) {
	case "field_designator":
		if d.Name = x.name(x.only(k)); d.Name == "" { // the parser assumed it
			return x.bad(k)
		}
	case "subscript_range_designator":
		d.Y = x.expr(x.t.child(k, "start"))
		d.WithZ(x.expr(x.t.child(k, "end")))
	default:
		d.Y = x.expr(x.only(k))
	}
	return d
}

// pure reports whether the expression at node i has no effects: no call, no
// assignment, no statement.
func (x exprer) pure(i int32) bool {
	end := x.t.nodes[i].end
	for k := i; int(k) < len(x.t.nodes) && (k == i || x.t.nodes[k].start < end); k++ {
		switch x.kind(k) {
		case "call_expression", "assignment_expression", "update_expression", "compound_statement":
			return false
		}
	}
	return true
}

func (x exprer) binary(i int32) *Expr {
	op := x.operator(i)
	left, right := x.t.child(i, "left"), x.t.child(i, "right")
	if (op == "&&" || op == "||") && x.b != nil && !x.pure(right) {
		return x.b.boolValue(i)
	}
	a := x.expr(left)
	return NewBinary(op, a, x.expr(right), x.pos(i))
}

func (x exprer) conditional(i int32) *Expr {
	cond, then, alt := x.t.child(i, "condition"), x.t.child(i, "consequence"), x.t.child(i, "alternative")
	if e, ok := x.constantChoice(i, cond, then, alt); ok {
		return e
	}
	if x.b != nil && (!x.pure(alt) || then >= 0 && !x.pure(then)) {
		return x.b.choice(i, cond, then, alt)
	}
	e := &Expr{Kind: ECond, X: x.expr(cond), Pos: x.pos(i)}
	if then >= 0 {
		e.Y = x.expr(then)
	}
	return e.WithZ(x.expr(alt))
}

func (x exprer) assignment(i int32) *Expr {
	op := x.operator(i)
	src := x.expr(x.t.child(i, "right"))
	dst := x.expr(x.t.child(i, "left"))
	if op != "=" {
		src = NewBinary(strings.TrimSuffix(op, "="), dst, src, x.pos(i))
	}
	if x.b == nil {
		return x.bad(i)
	}
	x.b.assign(dst, src, x.pos(i))
	return dst
}

// assign emits dst = src, if dst is something that C can assign to.
func (b *builder) assign(dst, src *Expr, pos Pos) {
	if lvalue(dst) {
		b.emit(&Assign{Dst: dst, Src: src, Pos: pos})
	}
}

func lvalue(e *Expr) bool {
	switch e.Kind {
	case EName, EPaste, EMember, EIndex:
		return true
	case EUnary:
		return e.Op() == "*"
	}
	return false
}

// update is x++ and the like. The value of the postfix form is the old one. The
// grammar reads !x-- as (!x)--: what is updated is the operand.
func (x exprer) update(i int32) *Expr {
	if x.b == nil {
		return x.bad(i)
	}
	unused := x.b.unused
	x.b.unused = false // of the operand, every value is used
	arg := x.t.child(i, "argument")
	dst := x.expr(arg)
	op := strings.TrimSpace(x.operator(i))
	if op == "" {
		return dst
	}
	if arg == x.t.firstChild(i) && dst.Kind == EUnary && !lvalue(dst) && dst.X != nil {
		return NewUnary(dst.Op(), x.updated(i, dst.X, op, unused), dst.Pos)
	}
	return x.updated(i, dst, op, unused || arg != x.t.firstChild(i))
}

// updated emits the update of dst at node i, and returns the value of the
// expression: dst, or what it held before.
func (x exprer) updated(i int32, dst *Expr, op string, after bool) *Expr {
	old := dst
	if !after {
		old = x.b.temp(dst)
		x.b.emit(&Assign{Dst: old, Src: dst, Pos: x.pos(i)})
	}
	one := &Expr{Kind: EInt, Int: 1, Pos: x.pos(i)}
	x.b.assign(dst, NewBinary(op[:1], dst, one, x.pos(i)), x.pos(i))
	return old
}
