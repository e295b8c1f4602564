package lockflow

import (
	"klockscan/callgraph"
	"klockscan/cparse"
)

// typer answers questions about types; *callgraph.Program is one.
type typer interface {
	TypeOf(f *callgraph.Func, e *cparse.Expr) *cparse.Type
	Resolve(f *callgraph.Func, t *cparse.Type) *cparse.Type
	StructOf(f *callgraph.Func, t *cparse.Type) *cparse.Struct
	Member(f *callgraph.Func, s *cparse.Struct, name string) (*cparse.Field, []string)
	Const(f *callgraph.Func, e *cparse.Expr) (int64, bool)
	ConstMember(file, name, member string) (int64, bool)
	ConstFunction(file, name, member string) (string, bool)
	Global(f *callgraph.Func, name string) *cparse.Global
	Lookup(f *callgraph.Func, name string) callgraph.FuncID
}

// typeOf is the type of an expression, typedefs resolved; nil if unknown. It
// goes its own way as far as temporaries of opaque calls are concerned, whose
// types only the primitive table knows.
func (b *body) typeOf(p typer, e *cparse.Expr) *cparse.Type {
	if e == nil {
		return nil
	}
	f := b.factsOf(e)
	if !f.typed {
		f.typed = true // a cycle ends here
		f.typ = b.typeOfNew(p, e)
	}
	return f.typ
}

// typeOfNew works out what typeOf remembers.
func (b *body) typeOfNew(p typer, e *cparse.Expr) *cparse.Type {
	switch e.Kind {
	case cparse.EName:
		if i, ok := b.vars[e.Name]; ok {
			if t := b.tempType[i]; t != nil {
				return t
			}
		}
	case cparse.EMember:
		if s := p.StructOf(b.f, b.typeOf(p, e.X)); s != nil {
			if fld, _ := p.Member(b.f, s, e.Name); fld != nil {
				return p.Resolve(b.f, fld.Type)
			}
		}
	case cparse.EUnary:
		t := b.typeOf(p, e.X)
		switch {
		case e.Op() == "&" && t != nil:
			return &cparse.Type{Kind: cparse.TPtr, Elem: t}
		case e.Op() == "*" && t != nil && t.Elem != nil:
			return p.Resolve(b.f, t.Elem)
		}
	case cparse.EIndex:
		if t := b.typeOf(p, e.X); t != nil && t.Elem != nil {
			return p.Resolve(b.f, t.Elem)
		}
	case cparse.ECast:
		if t := p.Resolve(b.f, e.Type()); t != nil {
			return t
		}
		return b.typeOf(p, e.X)
	case cparse.EBinary:
		if t := b.typeOf(p, e.X); t != nil && (t.Kind == cparse.TPtr || t.Kind == cparse.TArray) {
			return t
		}
	}
	return p.TypeOf(b.f, e)
}

// structName is the name of the struct that a type is or points to: tag or
// typedef name; "" for others.
func (b *body) structName(p typer, t *cparse.Type) string {
	if t == nil {
		return ""
	}
	if s := p.StructOf(b.f, t); s != nil {
		return s.Name
	}
	return ""
}

// target is the struct that an expression of pointer type points to.
func (b *body) target(p typer, e *cparse.Expr) string {
	if t := b.typeOf(p, e); t != nil && t.Kind == cparse.TPtr {
		return b.structName(p, t)
	}
	return ""
}

// aggregate says whether a value of the type is used through its address.
func aggregate(t *cparse.Type) bool {
	return t != nil && (t.Kind == cparse.TStruct || t.Kind == cparse.TArray)
}
