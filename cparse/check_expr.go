package cparse

// Check, continued: the shapes of expressions and types.

// maxExprDepth is more than any expression or type has: that of the lowering,
// once for each text inside a text.
const maxExprDepth = 4 * maxDepth

// pure checks an expression of an instruction: its shape, that it has no
// effects, and that its temporaries are declared.
func (c *checker) pure(e *Expr, at Pos) {
	c.expr(e, at, 0)
	c.walk(e, 0, func(e *Expr) {
		switch {
		case e.Kind == ECall:
			c.errorf(at, "a call inside an expression: %s", e)
		case e.Kind == EName && isTemp(e.Name) && !c.locals[e.Name]:
			c.errorf(at, "temporary %s is not declared", e.Name)
		}
	})
}

// walk calls f for e and all expressions in it, but not those of types.
func (c *checker) walk(e *Expr, depth int, f func(*Expr)) {
	if e == nil || depth > maxExprDepth {
		return
	}
	f(e)
	if e.Kind == EAssoc && e.X == nil { // a macro invocation, not yet expanded
		return
	}
	c.walk(e.X, depth+1, f)
	c.walk(e.Y, depth+1, f)
	c.walk(e.Z(), depth+1, f)
	for _, a := range e.Args() {
		c.walk(a, depth+1, f)
	}
}

// expr checks the shape of an expression: each kind has the parts that ir.go
// says, and no nil among them.
func (c *checker) expr(e *Expr, at Pos, depth int) {
	if e == nil || depth > maxExprDepth {
		c.errorf(at, "an expression is missing or nests too deep")
		return
	}
	if e.Pos != (Pos{}) {
		c.pos(e.Pos, "expression")
	}
	parts := []*Expr{}
	switch e.Kind {
	case EMember, EUnary, EUnder:
		parts = append(parts, e.X)
	case EIndex, EBinary:
		parts = append(parts, e.X, e.Y)
	case ECast:
		parts = append(parts, e.X)
		c.typ(e.Type(), at, depth+1)
	case EType:
		c.typ(e.Type(), at, depth+1)
	case ECond:
		parts = append(parts, e.X, e.Z())
		if e.Y != nil {
			parts = append(parts, e.Y)
		}
	case ECall:
		parts = append(append(parts, e.X), e.Args()...)
	case EInit:
		parts = append(parts, e.Args()...)
	case EDesig:
		parts = append(parts, e.X)
		if e.Name == "" {
			parts = append(parts, e.Y)
		}
	case EGeneric:
		parts = append(append(parts, e.X), e.Args()...)
	case EAssoc:
		if e.X == nil {
			parts = append(parts, e.Y)
		} else {
			parts = append(parts, e.X)
		}
	default:
		if e.Kind > EUnder {
			c.errorf(at, "expression of kind %d", e.Kind)
		}
	}
	c.operator(e, at)
	for _, p := range parts {
		c.expr(p, at, depth+1)
	}
}

// operator checks that operations, and nothing else, have an operator, and that
// it is none of those that are instructions.
func (c *checker) operator(e *Expr, at Pos) {
	known := e.Op() == ""
	switch e.Kind {
	case EUnary:
		switch e.Op() {
		case "&", "*", "-", "+", "!", "~":
			known = true
		default:
			known = false
		}
	case EBinary:
		_, known = Fold(e.Op(), 1, 1)
	}
	if !known {
		c.errorf(at, "operator %q in %s", e.Op(), e)
	}
	named := e.Kind == EName || e.Kind == EPaste
	if named && e.Name == "" {
		c.errorf(at, "an expression of kind %d without a name", e.Kind)
	}
}

// typ checks the shape of a type.
func (c *checker) typ(t *Type, at Pos, depth int) {
	if t == nil || depth > maxExprDepth {
		c.errorf(at, "a type is missing or nests too deep")
		return
	}
	switch t.Kind {
	case TPtr, TArray:
		c.typ(t.Elem, at, depth+1)
	case TFunc:
		c.typ(t.Elem, at, depth+1)
		for _, p := range t.Params {
			c.typ(p.Type, at, depth+1)
		}
	case TInt, TNamed:
		if t.Name == "" {
			c.errorf(at, "a type of kind %d without a name", t.Kind)
		}
	case TTypeof:
		if (t.Elem == nil) == (t.Expr == nil) {
			c.errorf(at, "typeof of a type and an expression, or of neither")
		}
	case TVoid, TBad, TAuto, TStruct:
	default:
		c.errorf(at, "type of kind %d", t.Kind)
	}
}
