package cparse

import (
	"bytes"
	"strings"
)

// What the compiler decides: sizeof, _Generic and GNU C's builtins that choose.
// Their operands are not evaluated, so no call in one is made. What they decide
// depends on types and on arguments of macros, which callgraph knows: here both
// ways are kept.

// sizeof lowers the operand too, where it is a type or has no effects.
func (x exprer) sizeof(i int32) *Expr {
	e := &Expr{Kind: ESizeof, Pos: x.pos(i)}
	if !bytes.HasPrefix(x.c.src[x.t.nodes[i].start:], []byte("sizeof")) { // alignof and others read alike to the grammar
		return e
	}
	if t := x.t.child(i, "type"); t >= 0 {
		e.WithType(x.typeSpec(t))
	} else if v := x.t.child(i, "value"); v >= 0 && x.pure(v) {
		e.X = x.expr(v)
	}
	return e
}

// builtin lowers calls of the builtins that are no calls; ok if this is one.
//
//	__builtin_constant_p(e)             e is not evaluated; if it has effects, they do not happen
//	__builtin_choose_expr(c, a, b)      c ? a : b
//	__builtin_types_compatible_p(t, u)  stays a call, with types as arguments
func (x exprer) builtin(i, fn, argList int32) (*Expr, bool) {
	if x.kind(fn) != "identifier" {
		return nil, false
	}
	args := x.nodes(argList)
	switch name := x.t.text(fn); {
	case name == "__builtin_choose_expr" && len(args) == 3:
		return x.b.choice(i, args[0], args[1], args[2]), true
	case name == constantP && len(args) == 1:
		arg := x.bad(args[0])
		if x.pure(args[0]) {
			arg = x.expr(args[0])
		}
		c := &Call{Fun: &Expr{Kind: EName, Name: name, Pos: x.pos(fn)}, Args: []*Expr{arg}, Pos: x.pos(i)}
		c.Dst = x.b.temp(c.Value())
		x.b.emit(c)
		return c.Dst, true
	}
	return nil, false
}

const constantP = "__builtin_constant_p"

// nodes is the children of a node.
func (x exprer) nodes(i int32) []int32 {
	var out []int32
	if i >= 0 {
		x.children(i, func(k int32) { out = append(out, k) })
	}
	return out
}

// constantChoice lowers __builtin_constant_p(e) ? e : f, where e is the same
// text twice: if e is a constant, its evaluation has no effects and so makes no
// call, whatever macros it is made of.
func (x exprer) constantChoice(i, cond, then, alt int32) (*Expr, bool) {
	for x.kind(cond) == "parenthesized_expression" {
		cond = x.only(cond)
	}
	if x.b == nil || then < 0 || cond < 0 || x.kind(cond) != "call_expression" || x.pure(then) {
		return nil, false
	}
	fn := x.t.child(cond, "function")
	args := x.nodes(x.t.child(cond, "arguments"))
	if len(args) != 1 || x.kind(fn) != "identifier" || x.t.text(fn) != constantP || x.words(args[0]) != x.words(then) {
		return nil, false
	}
	b, pos := x.b, x.pos(i)
	yes, no, after := b.block(), b.block(), b.block()
	b.cond(cond, yes, no)
	b.cur = no
	value := x.expr(alt)
	t := b.temp(value)
	b.emit(&Assign{Dst: t, Src: value, Pos: pos})
	b.jump(after)
	b.cur = yes
	b.emit(&Assign{Dst: t, Pos: pos}) // a constant, which one is not known
	b.start(after)
	return t, true
}

// words is the text of a node, white space and parentheses around it left out.
func (x exprer) words(i int32) string {
	for x.kind(i) == "parenthesized_expression" && x.only(i) >= 0 {
		i = x.only(i)
	}
	return strings.Join(strings.Fields(x.t.text(i)), " ")
}

// generic is _Generic(e, type: value, ..., default: value). Which value it is
// depends on types, which are not known here: inside functions all are kept, as
// an EGeneric or, if they have effects, each in a block of its own. At file
// scope they are a choice that cannot be known.
func (x exprer) generic(i int32) *Expr {
	assocs, ok := x.associations(i)
	if !ok {
		return x.bad(i)
	}
	pure := true
	for _, a := range assocs {
		pure = pure && (a.value < 0 || x.pure(a.value))
	}
	switch {
	case x.b == nil:
		return x.anyOf(i, assocs)
	case pure:
		return x.selection(i, assocs, func(n int) *Expr { return x.expr(assocs[n].value) })
	}
	return x.genericBlocks(i, assocs)
}

// An association is type: value in a _Generic.
type association struct {
	typ   *Type  // nil for default
	value int32  // node, -1 if the association is a macro invocation
	macro string // its text
}

// associations lists what stands behind the controlling expression; ok is false
// if it is not understood.
func (x exprer) associations(i int32) ([]association, bool) {
	parts := x.nodes(i)
	if len(parts) < 3 || len(parts)%2 == 0 || x.is(i, flagHasError) {
		return nil, false
	}
	var out []association
	for k := 1; k < len(parts); k += 2 {
		typ, value := parts[k], parts[k+1]
		if text, ok := x.c.assocs[x.t.nodes[typ].start]; ok {
			out = append(out, association{value: -1, macro: text})
			continue
		}
		a := association{value: value}
		if x.t.text(typ) != "default" {
			a.typ = x.typeSpec(typ)
		}
		out = append(out, a)
	}
	return out, true
}

// selection is an EGeneric with a value for each association by its number.
func (x exprer) selection(i int32, assocs []association, value func(n int) *Expr) *Expr {
	g := &Expr{Kind: EGeneric, X: x.unevaluated(x.nodes(i)[0]), Pos: x.pos(i)}
	args := make([]*Expr, len(assocs))
	for n, a := range assocs {
		e := (&Expr{Kind: EAssoc, Pos: x.pos(i)}).WithType(a.typ)
		if a.value < 0 {
			e.Y = x.exprText(a.macro, x.pos(i), true)
		} else {
			e.X = value(n)
		}
		args[n] = e
	}
	return g.WithArgs(args)
}

// unevaluated is an expression of which only the type counts: one with effects
// becomes a temporary that is never set.
func (x exprer) unevaluated(i int32) *Expr {
	if x.pure(i) {
		return x.expr(i)
	}
	return x.b.temp(x.staticExpr(i))
}

// anyOf is a choice among the values without effects.
func (x exprer) anyOf(i int32, assocs []association) *Expr {
	var value *Expr
	for n := len(assocs) - 1; n >= 0; n-- {
		switch a := assocs[n]; {
		case a.value < 0:
		case value == nil:
			value = x.expr(a.value)
		case x.pure(a.value):
			value = (&Expr{Kind: ECond, X: x.bad(i), Y: x.expr(a.value), Pos: x.pos(i)}).WithZ(value)
		}
	}
	if value == nil {
		return x.bad(i)
	}
	return value
}

// genericBlocks evaluates one of the values: it branches on a _Generic with the
// same types whose value is 1 for one of them and 0 for the others.
func (x exprer) genericBlocks(i int32, assocs []association) *Expr {
	b, pos := x.b, x.pos(i)
	after := b.block()
	var t *Expr
	for n, a := range assocs {
		if a.value < 0 {
			continue // its value is text of a macro, which is not lowered here
		}
		next := b.block()
		if n == len(assocs)-1 {
			b.jump(next)
			b.cur, next = next, nil
		} else {
			yes := b.block()
			b.branch(x.isSelected(i, assocs, n), yes, next, pos)
			b.cur = yes
		}
		value := x.expr(a.value)
		if t == nil {
			t = b.temp(value)
		}
		b.emit(&Assign{Dst: t, Src: value, Pos: pos})
		b.jump(after)
		b.cur = next
	}
	if b.cur != nil {
		b.jump(after)
	}
	b.cur = after
	if t == nil {
		return x.bad(i)
	}
	return t
}

// isSelected is 1 if association n is the one that is selected.
func (x exprer) isSelected(i int32, assocs []association, n int) *Expr {
	return x.selection(i, assocs, func(k int) *Expr {
		e := &Expr{Kind: EInt, Pos: x.pos(i)}
		if k == n {
			e.Int = 1
		}
		return e
	})
}

// Head is a function-like macro without its body: name and parameters.
func (m *Macro) Head() *Func {
	f := &Func{Name: m.Name, Macro: true, Pos: m.Pos, End: m.Pos, Cond: m.Cond}
	f.Params, f.Variadic = paramList(m.Params)
	return f
}

// Assocs is a function-like macro read as associations of a _Generic (EAssoc),
// or nil if its body is none.
func (m *Macro) Assocs() []*Expr {
	if !m.FuncLike || m.Undef {
		return nil
	}
	m.assocOnce.Do(func() { m.assocs = m.lowerAssocs() })
	return m.assocs
}

func (m *Macro) lowerAssocs() []*Expr {
	const head = "void f(void){_Generic(0,"
	c := cureBody([]byte(head+m.Body+"\n);}"), m.Params)
	t, err := parseTree(c.text, parseLimit)
	if err != nil {
		return nil
	}
	l := newLowerer(&File{}, t, c)
	defer t.release()
	l.base = Pos{Line: m.Pos.Line, Col: m.Pos.Col - int32(len(head))}
	for i := range t.nodes {
		if t.kind(int32(i)) != "generic_expression" {
			continue
		}
		b := &builder{l: l, fn: &Func{}, used: map[string]int{}, scope: &scope{}}
		if g := b.exprs().generic(int32(i)); g.Kind == EGeneric && len(b.fn.Blocks) == 0 {
			return g.Args()
		}
		return nil
	}
	return nil
}
