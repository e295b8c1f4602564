package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// compatible is whether two types are compatible, qualifiers dropped (C11
// 6.2.7). A type that is not known is Unknown; so is an enumeration beside an
// integer, which the compiler chooses, and an array, whose length is not kept.
func (sc *scopeOf) compatible(a, b typed) cparse.Tri { return sc.same(a, b, 0) }

func (sc *scopeOf) same(a, b typed, depth int) cparse.Tri {
	if a.t == nil || b.t == nil || depth > maxType || !sc.exact(a.t) || !sc.exact(b.t) {
		return cparse.Unknown
	}
	if a.t.Kind == cparse.TNamed && b.t.Kind == cparse.TNamed && a.t.Name == b.t.Name {
		return cparse.True
	}
	a, b = sc.strip(a), sc.strip(b)
	switch {
	case a.t == nil || b.t == nil:
		return cparse.Unknown
	case a.t.Kind != b.t.Kind:
		return cparse.False
	}
	switch a.t.Kind {
	case cparse.TVoid:
		return cparse.True
	case cparse.TInt:
		return sameInt(a.t.Name, b.t.Name)
	case cparse.TStruct:
		return sameStruct(a.t, b.t)
	case cparse.TPtr:
		return sc.same(typed{a.t.Elem, a.file}, typed{b.t.Elem, b.file}, depth+1)
	case cparse.TArray:
		if sc.same(typed{a.t.Elem, a.file}, typed{b.t.Elem, b.file}, depth+1) == cparse.False {
			return cparse.False
		}
	case cparse.TFunc:
		return sc.sameFunc(a, b, depth)
	}
	return cparse.Unknown
}

func (sc *scopeOf) sameFunc(a, b typed, depth int) cparse.Tri {
	if len(a.t.Params) != len(b.t.Params) || a.t.Variadic != b.t.Variadic {
		return cparse.Unknown // void in the place of no parameters, or none given
	}
	all := sc.same(typed{a.t.Elem, a.file}, typed{b.t.Elem, b.file}, depth+1)
	for i := range a.t.Params {
		switch sc.same(typed{a.t.Params[i].Type, a.file}, typed{b.t.Params[i].Type, b.file}, depth+1) {
		case cparse.False:
			return cparse.False
		case cparse.Unknown:
			if all == cparse.True {
				all = cparse.Unknown
			}
		}
	}
	return all
}

func sameStruct(a, b *cparse.Type) cparse.Tri {
	switch {
	case a.Def != nil && a.Def == b.Def:
		return cparse.True
	case a.Name != b.Name || a.Union != b.Union:
		return cparse.False
	case a.Name == "":
		return cparse.Unknown
	}
	return cparse.True
}

// An arithmetic is an arithmetic type: its name without what may be left out, and
// its size in bytes under LP64, which both architectures have.
type arithmetic struct {
	name string
	size int64
}

// arithmeticOf reads a spelling such as "long unsigned int"; ok is false for
// enumerations, whose type the compiler chooses, and for what is not known.
func arithmeticOf(spelling string) (t arithmetic, ok bool) {
	r := spellings.get(spelling, func() spelled {
		t, ok := readArithmetic(spelling)
		return spelled{t, ok}
	})
	return r.t, r.ok
}

// spellings keeps what was read: a kernel has some dozens of spellings, asked for
// at every expression.
var spellings onceMap[string, spelled]

type spelled struct {
	t  arithmetic
	ok bool
}

func readArithmetic(spelling string) (t arithmetic, ok bool) {
	words := strings.Fields(spelling)
	count := func(names ...string) int {
		n := 0
		for _, w := range words {
			if slices.Contains(names, w) {
				n++
			}
		}
		return n
	}
	if fixed, ok := fixedTypes[spelling]; ok {
		return fixed, true
	}
	sign := ""
	if count("unsigned") > 0 {
		sign = "unsigned "
	}
	switch {
	case count("enum", "float", "double", "_Complex") > 0:
		return arithmetic{}, false
	case count("char") > 0 && count("signed", "__signed__") > 0:
		return arithmetic{"signed char", 1}, true
	case count("char") > 0:
		return arithmetic{sign + "char", 1}, true
	case count("short") > 0:
		return arithmetic{sign + "short", 2}, true
	case count("__int128") > 0:
		return arithmetic{sign + "__int128", 16}, true
	case count("long") > 1:
		return arithmetic{sign + "long long", 8}, true
	case count("long") > 0:
		return arithmetic{sign + "long", 8}, true
	case count("int", "unsigned", "signed", "__signed__") > 0:
		return arithmetic{sign + "int", 4}, true
	}
	return arithmetic{}, false
}

// fixedTypes is the names that stand for arithmetic types without a typedef.
var fixedTypes = map[string]arithmetic{
	"bool": {"bool", 1}, "_Bool": {"bool", 1}, "size_t": {"unsigned long", 8}, "ssize_t": {"long", 8},
	"intptr_t": {"long", 8}, "uintptr_t": {"unsigned long", 8}, "ptrdiff_t": {"long", 8},
	"int8_t": {"signed char", 1}, "uint8_t": {"unsigned char", 1}, "int16_t": {"short", 2}, "uint16_t": {"unsigned short", 2},
	"int32_t": {"int", 4}, "uint32_t": {"unsigned int", 4}, "int64_t": {"long long", 8}, "uint64_t": {"unsigned long long", 8},
}

func sameInt(a, b string) cparse.Tri {
	if a == b {
		return cparse.True
	}
	x, okX := arithmeticOf(a)
	y, okY := arithmeticOf(b)
	switch {
	case !okX || !okY:
		return cparse.Unknown
	case x.name == y.name:
		return cparse.True
	}
	return cparse.False
}

// size is the value of a sizeof, if the operand is an arithmetic type or a pointer.
func (sc *scopeOf) size(e *cparse.Expr) (int64, bool) {
	v := typed{e.Type(), sc.file}
	switch {
	case e.X != nil:
		v = sc.valueType(e.X)
	case e.Type() != nil && e.Type().Kind == cparse.TNamed && sc.locals[e.Type().Name] != nil: // sizeof(x) reads alike for types and variables
		v = typed{sc.locals[e.Type().Name], sc.file}
	}
	if v.t == nil || !sc.exact(v.t) {
		return 0, false
	}
	v = sc.strip(v)
	switch {
	case v.t == nil:
		return 0, false
	case v.t.Kind == cparse.TPtr:
		return 8, true
	case v.t.Kind == cparse.TInt:
		t, ok := arithmeticOf(v.t.Name)
		return t.size, ok
	}
	return 0, false
}

// valueType is the type of an expression, or nothing if it comes out of
// promotions, conversions or ?:, whose rules are not followed.
func (sc *scopeOf) valueType(e *cparse.Expr) typed {
	if !sc.exactExpr(e, 0) {
		return typed{}
	}
	return sc.typeOf(e)
}

// decay is the type of a value: an array's is a pointer (C11 6.3.2.1).
func (sc *scopeOf) decay(v typed) typed {
	switch t := sc.strip(v).t; {
	case t == nil:
		return typed{}
	case t.Kind == cparse.TArray:
		s := sc.strip(v)
		return typed{&cparse.Type{Kind: cparse.TPtr, Elem: s.t.Elem}, s.file}
	case t.Kind == cparse.TFunc:
		return typed{&cparse.Type{Kind: cparse.TPtr, Elem: t}, sc.strip(v).file}
	}
	return v
}

// exact reports whether a type does not hang on the arithmetic of an operand of
// typeof.
func (sc *scopeOf) exact(t *cparse.Type) bool {
	if t.Kind != cparse.TTypeof && t.Kind != cparse.TAuto {
		return true
	}
	if t.Elem != nil {
		return sc.exact(t.Elem)
	}
	return t.Expr != nil && sc.valueType(t.Expr).t != nil
}

// exactExpr reports whether the type of an expression is that of something
// declared, or written in a cast, or of what * & [] and + n make of such.
func (sc *scopeOf) exactExpr(e *cparse.Expr, depth int) bool {
	if e == nil || depth > maxType {
		return false
	}
	switch e.Kind {
	case cparse.EName:
		t := sc.locals[e.Name]
		if t != nil && (t.Kind == cparse.TAuto || t.Kind == cparse.TTypeof) && t.Expr != nil {
			return sc.exactExpr(t.Expr, depth+1)
		}
		return t != nil || sc.declared(e.Name)
	case cparse.EMember, cparse.ECast, cparse.EInit, cparse.EType, cparse.ECall:
		return true
	case cparse.EIndex:
		return sc.exactExpr(e.X, depth+1)
	case cparse.EUnary:
		return (e.Op() == "*" || e.Op() == "&") && sc.exactExpr(e.X, depth+1)
	case cparse.EBinary: // p + 1
		t := sc.strip(sc.typeOf(e.X)).t
		return t != nil && t.Kind == cparse.TPtr && e.Op() == "+" && sc.exactExpr(e.X, depth+1)
	}
	return false
}

// declared reports whether a name is a variable or function: enumerators and
// macros are not exact.
func (sc *scopeOf) declared(name string) bool {
	if g, _ := sc.s.global(name, sc.file); g != nil {
		return true
	}
	f, _ := sc.s.function(name, sc.file)
	return f != nil || sc.s.proto(name, sc.file) != nil
}
