package cparse

import (
	"strconv"
	"strings"
)

// String prints the expression as C.
func (e *Expr) String() string {
	var b strings.Builder
	e.write(&b, 0)
	return b.String()
}

func (e *Expr) write(b *strings.Builder, depth int) {
	if e == nil {
		return
	}
	if depth > maxDepth {
		b.WriteString("...")
		return
	}
	depth++
	switch e.Kind {
	case EName, EPaste, EStr:
		b.WriteString(e.Name)
	case EString:
		b.WriteString("#" + e.Name)
	case EInt:
		b.WriteString(strconv.FormatInt(e.Int, 10))
	case EMember:
		e.X.writeIn(b, depth)
		if e.Arrow {
			b.WriteString("->")
		} else {
			b.WriteString(".")
		}
		b.WriteString(e.Name)
	case EIndex:
		e.X.writeIn(b, depth)
		b.WriteString("[")
		e.Y.write(b, depth)
		b.WriteString("]")
	case ESizeof:
		b.WriteString("sizeof(...)")
	case EType:
		b.WriteString(e.Type().String())
	case EBad:
		b.WriteString("?")
	default:
		e.writeOp(b, depth)
	}
}

func (e *Expr) writeOp(b *strings.Builder, depth int) {
	switch e.Kind {
	case EUnary:
		b.WriteString(e.Op())
		e.X.writeIn(b, depth)
	case EBinary:
		e.X.writeIn(b, depth)
		b.WriteString(" " + e.Op() + " ")
		e.Y.writeIn(b, depth)
	case ECast:
		b.WriteString("(" + e.Type().String() + ")")
		e.X.writeIn(b, depth)
	case ECond:
		e.X.writeIn(b, depth)
		if e.Y == nil {
			b.WriteString(" ?: ")
		} else {
			b.WriteString(" ? ")
			e.Y.write(b, depth)
			b.WriteString(" : ")
		}
		e.Z().writeIn(b, depth)
	case ECall:
		e.X.writeIn(b, depth)
		b.WriteString("(")
		e.writeArgs(b, depth)
		b.WriteString(")")
	case EInit:
		b.WriteString("{ ")
		e.writeArgs(b, depth)
		b.WriteString(" }")
	case EDesig:
		e.writeDesig(b, depth)
	case EGeneric:
		b.WriteString("_Generic(")
		e.X.write(b, depth)
		b.WriteString(", ")
		e.writeArgs(b, depth)
		b.WriteString(")")
	case EAssoc:
		e.writeAssoc(b, depth)
	case EUnder:
		b.WriteString("#if " + e.Name + ": ")
		e.X.write(b, depth)
	}
}

func (e *Expr) writeAssoc(b *strings.Builder, depth int) {
	switch {
	case e.X == nil:
		e.Y.write(b, depth)
		return
	case e.Type() == nil:
		b.WriteString("default: ")
	default:
		b.WriteString(e.Type().String() + ": ")
	}
	e.X.write(b, depth)
}

func (e *Expr) writeDesig(b *strings.Builder, depth int) {
	if e.Name != "" {
		b.WriteString("." + e.Name)
	} else {
		b.WriteString("[")
		e.Y.write(b, depth)
		if e.Z() != nil {
			b.WriteString(" ... ")
			e.Z().write(b, depth)
		}
		b.WriteString("]")
	}
	if e.X != nil && e.X.Kind != EDesig {
		b.WriteString(" = ")
	}
	e.X.write(b, depth)
}

func (e *Expr) writeArgs(b *strings.Builder, depth int) {
	for i, a := range e.Args() {
		if i > 0 {
			b.WriteString(", ")
		}
		a.write(b, depth)
	}
}

// writeIn prints an operand, in parentheses where it is an operation itself.
func (e *Expr) writeIn(b *strings.Builder, depth int) {
	if e != nil && (e.Kind == EBinary || e.Kind == ECond || e.Kind == ECast || e.Kind == EUnary) {
		b.WriteString("(")
		e.write(b, depth)
		b.WriteString(")")
		return
	}
	e.write(b, depth)
}

// String prints the type in a readable form, declarators to the right of what
// they apply to.
func (t *Type) String() string { return t.text(0) }

func (t *Type) text(depth int) string {
	if t == nil || depth > maxDepth {
		return "?"
	}
	switch t.Kind {
	case TVoid:
		return "void"
	case TInt, TNamed:
		return t.Name
	case TStruct:
		word := "struct "
		if t.Union {
			word = "union "
		}
		if t.Name == "" {
			return word + "{...}"
		}
		return word + t.Name
	case TPtr:
		return t.Elem.text(depth+1) + " *"
	case TArray:
		return t.Elem.text(depth+1) + "[]"
	case TFunc:
		return t.Elem.text(depth+1) + "()"
	case TTypeof, TAuto:
		if t.Elem != nil {
			return "typeof(" + t.Elem.text(depth+1) + ")"
		}
		return "typeof(" + t.Expr.String() + ")"
	}
	return "?"
}
