package cparse

// call lowers a call. Its value is a temporary; guards and CLASS() variables
// are constructor calls.
func (x exprer) call(i int32) *Expr {
	fn, argList := x.t.child(i, "function"), x.t.child(i, "arguments")
	if x.b == nil {
		return x.staticCall(i, fn, argList)
	}
	unused := x.b.unused
	x.b.unused = false
	if arg := x.b.hint(i); arg >= 0 {
		return x.expr(arg)
	}
	if e, ok := x.classCall(i, fn, argList); ok {
		return e
	}
	if e, ok := x.builtin(i, fn, argList); ok {
		return e
	}
	c := &Call{Fun: x.expr(fn), Pos: x.pos(i)}
	x.children(argList, func(k int32) { c.Args = append(c.Args, x.argument(k)) })
	if c.Fun.Kind == EType && len(c.Args) == 1 { // (typeof(x))(y) is a cast, but reads like a call
		return (&Expr{Kind: ECast, X: c.Args[0], Pos: c.Pos}).WithType(c.Fun.Type())
	}
	x.b.blockArgs(x.c.stmtMacros[x.t.nodes[i].start], c.Pos)
	if !unused {
		c.Dst = x.b.temp(c.Value())
	}
	x.b.emit(c)
	if c.Dst == nil {
		return &Expr{Kind: EBad, Pos: c.Pos}
	}
	return c.Dst
}

func (x exprer) staticCall(i, fn, argList int32) *Expr {
	e := &Expr{Kind: ECall, X: x.expr(fn), Pos: x.pos(i)}
	if argList >= 0 {
		var args []*Expr
		x.children(argList, func(k int32) { args = append(args, x.expr(k)) })
		e.WithArgs(args)
	}
	return e
}

// argument lowers one argument. A block among the arguments is a statement that
// the callee, a macro, may run: it is lowered where the call stands.
func (x exprer) argument(k int32) *Expr {
	if x.kind(k) == "compound_statement" {
		x.b.stmt(k)
		return x.bad(k)
	}
	return x.expr(k)
}

// classCall handles the syntax of linux/cleanup.h: guard(class)(args),
// CLASS(class, var)(args), ACQUIRE(class, var)(args), ACQUIRE_ERR(class, &var).
func (x exprer) classCall(i, fn, argList int32) (*Expr, bool) {
	if x.kind(fn) == "identifier" && x.t.text(fn) == "ACQUIRE_ERR" {
		return x.acquireErr(i, argList), true
	}
	if x.kind(fn) != "call_expression" || x.kind(x.t.child(fn, "function")) != "identifier" {
		return nil, false
	}
	var head, args []int32
	switch x.t.text(x.t.child(fn, "function")) {
	case "guard", "CLASS", "ACQUIRE", "scoped_class":
	default:
		return nil, false
	}
	x.children(x.t.child(fn, "arguments"), func(k int32) { head = append(head, k) })
	if len(head) == 0 {
		return nil, false
	}
	x.children(argList, func(k int32) { args = append(args, k) })
	value := x.b.construct(x.name(head[0]), args, x.pos(i))
	if len(head) > 1 {
		x.b.classVar(x.name(head[1]), value, x.pos(i))
	}
	return value, true
}

// classVar declares the variable of a CLASS() and makes it, not the
// temporary, the argument of the destructor.
func (b *builder) classVar(name string, value *Expr, pos Pos) {
	unique := b.declare(name, &Type{Kind: TAuto, Expr: value}, false, pos)
	v := &Expr{Kind: EName, Name: unique, Pos: pos}
	b.emit(&Assign{Dst: v, Src: value, Decl: true, Pos: pos})
	b.scope.cleanups[len(b.scope.cleanups)-1].arg = v
}

// acquireErr is 0 if the guard variable holds its lock, else an error.
func (x exprer) acquireErr(i, argList int32) *Expr {
	var v *Expr
	x.children(argList, func(k int32) { v = x.expr(k) })
	if v == nil {
		return x.bad(i)
	}
	if v.Kind == EUnary && v.Op() == "&" {
		v = v.X
	}
	pos := x.pos(i)
	const eintr = 4
	return (&Expr{Kind: ECond, X: v, Y: &Expr{Kind: EInt, Pos: pos}, Pos: pos}).WithZ(&Expr{Kind: EInt, Int: -eintr, Pos: pos})
}

// stmtExpr is ({ ... }): its value is that of its last statement.
func (x exprer) stmtExpr(i int32) *Expr {
	if x.b == nil {
		return x.bad(i)
	}
	last := int32(-1)
	x.children(i, func(k int32) { last = k })
	value := x.bad(i)
	x.b.push()
	x.children(i, func(k int32) {
		if k == last && x.kind(k) == "expression_statement" && x.only(k) >= 0 {
			value = x.expr(x.only(k))
			if len(x.b.scope.cleanups) > 0 {
				value = x.b.keep(value, x.pos(k))
			}
			return
		}
		x.b.stmt(k)
	})
	x.b.pop()
	x.b.at()
	return value
}
