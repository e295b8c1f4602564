package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// Types are resolved in the view of a file: a tag or typedef means what the
// file sees through its includes. A field's type is seen from the file that
// defines the struct.

// maxType bounds chains of typedefs, typeofs and expressions in hostile input.
const maxType = 48

// A typed value is a type and the file in whose view it is to be read.
type typed struct {
	t    *cparse.Type
	file int32
}

// scopeOf is what expressions are typed in: a function's locals and its file.
type scopeOf struct {
	s      *symbols
	file   int32
	locals map[string]*cparse.Type
	depth  int
	open   bool // a type hung on a name that nothing defines
}

func (p *Program) scope(f *Func) *scopeOf {
	return &scopeOf{s: p.syms, file: f.fileNo, locals: f.vars()}
}

// TypeOf is the type of an expression in the body of f, typedefs resolved at
// the top; nil if it is not known.
func (p *Program) TypeOf(f *Func, e *cparse.Expr) *cparse.Type {
	sc := p.scope(f)
	return sc.strip(sc.typeOf(e)).t
}

// Resolve strips typedefs and typeof from the top of a type as f's file sees
// it: the result is TPtr, TStruct, TInt, TArray, TFunc or TVoid, or nil.
func (p *Program) Resolve(f *Func, t *cparse.Type) *cparse.Type {
	sc := p.scope(f)
	return sc.strip(typed{t, f.fileNo}).t
}

// StructOf is the definition of a struct type, or of the struct that a pointer
// or array leads to; nil if it is not known.
func (p *Program) StructOf(f *Func, t *cparse.Type) *cparse.Struct {
	sc := p.scope(f)
	st, _ := sc.structOf(typed{t, f.fileNo})
	return st
}

// Member finds a member of s by name, through anonymous members; path is the
// names from s to it (only its own, since anonymous members have none).
func (p *Program) Member(f *Func, s *cparse.Struct, name string) (*cparse.Field, []string) {
	fd := findField(s, name, 0)
	if fd == nil {
		return nil, nil
	}
	return fd, []string{name}
}

// findField looks a member up in a struct and its anonymous members.
func findField(s *cparse.Struct, name string, depth int) *cparse.Field {
	if depth > maxType || name == "" {
		return nil
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Name == name {
			return f
		}
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Name == "" && f.Type != nil && f.Type.Def != nil {
			if fd := findField(f.Type.Def, name, depth+1); fd != nil {
				return fd
			}
		}
	}
	return nil
}

// strip resolves typedefs, typeof and auto at the top of a type.
func (sc *scopeOf) strip(v typed) typed {
	for range maxType {
		if v.t == nil {
			return typed{}
		}
		switch v.t.Kind {
		case cparse.TNamed:
			td, at := sc.s.typedef(v.t.Name, v.file)
			if td == nil {
				return typed{}
			}
			v = typed{td.Type, at}
		case cparse.TTypeof, cparse.TAuto:
			if v.t.Elem != nil {
				v.t = v.t.Elem
				continue
			}
			if v.t.Expr == nil || sc.depth > maxType {
				return typed{}
			}
			sc.depth++
			v = sc.typeOf(v.t.Expr)
			sc.depth--
		case cparse.TBad:
			return typed{}
		default:
			return v
		}
	}
	return typed{}
}

// onlyNumbers reports whether an object of a type consists of numbers and texts:
// no function is kept in it but by a cast.
func (sc *scopeOf) onlyNumbers(v typed, depth int) bool {
	v = sc.strip(v)
	if v.t == nil || depth > maxType {
		return false
	}
	switch v.t.Kind {
	case cparse.TInt:
		return true
	case cparse.TArray:
		return sc.onlyNumbers(typed{v.t.Elem, v.file}, depth+1)
	case cparse.TPtr:
		t := sc.strip(typed{v.t.Elem, v.file}).t
		return t != nil && (t.Kind == cparse.TInt || t.Kind == cparse.TVoid)
	case cparse.TStruct:
		st, at := sc.structOf(v)
		if st == nil {
			return false
		}
		only, known := sc.s.numeric[st]
		if !known {
			only = !slices.ContainsFunc(st.Fields, func(f cparse.Field) bool { return !sc.onlyNumbers(typed{f.Type, at}, depth+1) })
			sc.s.numeric[st] = only
		}
		return only
	}
	return false
}

// isPointer reports whether a name is, for a file, a variable that may hold a
// function: a call of it is no call of a function of its name.
func (s *symbols) isPointer(name string, file int32) bool {
	g, at := s.global(name, file)
	if g == nil {
		return false
	}
	t := (&scopeOf{s: s, file: at}).strip(typed{g.Type, at}).t
	return t != nil && t.Kind == cparse.TPtr
}

// structOf is the struct that a type is, or points to, and its file.
func (sc *scopeOf) structOf(v typed) (*cparse.Struct, int32) {
	for range maxType {
		v = sc.strip(v)
		if v.t == nil {
			return nil, -1
		}
		switch v.t.Kind {
		case cparse.TPtr, cparse.TArray:
			v.t = v.t.Elem
		case cparse.TStruct:
			if v.t.Def != nil {
				return v.t.Def, v.file
			}
			return sc.s.structDef(v.t.Name, v.file)
		default:
			return nil, -1
		}
	}
	return nil, -1
}

// typeOf is the type of an expression; the zero typed if it is not known.
func (sc *scopeOf) typeOf(e *cparse.Expr) typed {
	if e == nil || sc.depth > maxType {
		return typed{}
	}
	sc.depth++
	defer func() { sc.depth-- }()
	switch e.Kind {
	case cparse.EName:
		return sc.nameType(e.Name)
	case cparse.EInt, cparse.ESizeof:
		return typed{intType, sc.file}
	case cparse.EMember:
		return sc.memberType(e)
	case cparse.EIndex:
		return sc.elem(sc.typeOf(e.X))
	case cparse.EUnary:
		return sc.unaryType(e)
	case cparse.EBinary:
		return sc.binaryType(e)
	case cparse.ECast, cparse.EInit, cparse.EType:
		return typed{e.Type(), sc.file}
	case cparse.ECond:
		if v := sc.typeOf(e.Z()); sc.isPointer(v) || e.Y == nil {
			return v
		}
		return sc.typeOf(e.Y)
	case cparse.ECall:
		return sc.result(e)
	}
	return typed{}
}

var intType = &cparse.Type{Kind: cparse.TInt, Name: "int"}

func (sc *scopeOf) isPointer(v typed) bool {
	t := sc.strip(v).t
	return t != nil && (t.Kind == cparse.TPtr && sc.strip(typed{t.Elem, v.file}).t != nil || t.Kind == cparse.TArray || t.Kind == cparse.TStruct)
}

func (sc *scopeOf) elem(v typed) typed {
	v = sc.strip(v)
	if v.t == nil || v.t.Kind != cparse.TPtr && v.t.Kind != cparse.TArray {
		return typed{}
	}
	return typed{v.t.Elem, v.file}
}

func (sc *scopeOf) unaryType(e *cparse.Expr) typed {
	v := sc.typeOf(e.X)
	switch e.Op() {
	case "*":
		if s := sc.strip(v); s.t != nil && s.t.Kind == cparse.TFunc {
			return s
		}
		return sc.elem(v)
	case "&":
		if v.t == nil {
			return typed{}
		}
		return typed{&cparse.Type{Kind: cparse.TPtr, Elem: v.t}, v.file}
	case "!":
		return typed{intType, sc.file}
	}
	return v
}

func (sc *scopeOf) binaryType(e *cparse.Expr) typed {
	switch e.Op() {
	case "+", "-":
		v := sc.strip(sc.typeOf(e.X))
		if v.t != nil && (v.t.Kind == cparse.TPtr || v.t.Kind == cparse.TArray) {
			if e.Op() == "-" {
				if w := sc.strip(sc.typeOf(e.Y)); w.t != nil && w.t.Kind == cparse.TPtr {
					return typed{intType, sc.file}
				}
			}
			return v
		}
		if w := sc.strip(sc.typeOf(e.Y)); w.t != nil && w.t.Kind == cparse.TPtr {
			return w
		}
		return v
	}
	return typed{intType, sc.file}
}

func (sc *scopeOf) memberType(e *cparse.Expr) typed {
	st, at := sc.structOf(sc.typeOf(e.X))
	if st == nil {
		return typed{}
	}
	f := findField(st, e.Name, 0)
	if f == nil {
		return typed{}
	}
	return typed{f.Type, at}
}

// nameType is the type of a plain name: local, variable, function, enumerator,
// or the expression that an object-like macro stands for.
func (sc *scopeOf) nameType(name string) typed {
	if t, ok := sc.locals[name]; ok {
		return typed{t, sc.file}
	}
	if strings.HasPrefix(name, "%") {
		return typed{}
	}
	if g, at := sc.s.global(name, sc.file); g != nil {
		return typed{g.Type, at}
	}
	if f, at := sc.s.function(name, sc.file); f != nil {
		return typed{funcType(f), at}
	}
	if f := sc.s.proto(name, sc.file); f != nil {
		return typed{funcType(f), sc.file}
	}
	if _, ok := sc.s.enumOf(name); ok {
		return typed{intType, sc.file}
	}
	if m, at := sc.s.macro(name, sc.file, lastLine); m != nil && !m.FuncLike {
		if v := m.Value(); v != nil && !(v.Kind == cparse.EName && v.Name == name) {
			inner := &scopeOf{s: sc.s, file: at, locals: sc.locals, depth: sc.depth}
			t := inner.typeOf(v)
			sc.open = sc.open || inner.open
			return t
		}
	}
	sc.open = true
	return typed{}
}

// lastLine is behind every line of a file: all macros of the file count.
const lastLine = 1 << 30

func funcType(f *cparse.Func) *cparse.Type {
	return &cparse.Type{Kind: cparse.TFunc, Elem: f.Result, Params: f.Params, Variadic: f.Variadic}
}

// result is the type of a call's value.
func (sc *scopeOf) result(e *cparse.Expr) typed {
	if e.X.Kind == cparse.EName {
		for _, r := range mechanisms()[e.X.Name] {
			if r.action == "value" && r.arg < len(e.Args()) {
				return sc.passedType(e.Args()[r.arg], r.deref)
			}
		}
	}
	v := sc.strip(sc.typeOf(e.X))
	for v.t != nil && v.t.Kind == cparse.TPtr {
		v = sc.strip(typed{v.t.Elem, v.file})
	}
	if v.t == nil || v.t.Kind != cparse.TFunc {
		return typed{}
	}
	return typed{v.t.Elem, v.file}
}

// passedType is the type of what a value row passes on: an argument, or what it
// points to.
func (sc *scopeOf) passedType(arg *cparse.Expr, deref bool) typed {
	if deref {
		return sc.elem(sc.typeOf(arg))
	}
	return sc.typeOf(arg)
}

// Global is the variable of that name as f's file sees it, or nil.
func (p *Program) Global(f *Func, name string) *cparse.Global {
	if _, local := f.vars()[name]; local {
		return nil
	}
	g, _ := p.syms.global(name, f.fileNo)
	return g
}

// MacroExists reports whether any file that was read defines the macro.
func (p *Program) MacroExists(name string) bool { return p.syms.macros.has(name) }
