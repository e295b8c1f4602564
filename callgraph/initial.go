package callgraph

import (
	"klockscan/cparse"
)

// Initialisers of variables put functions into members and tables.

// An initScope is where an initialiser stands.
type initScope struct {
	s     *solver
	f     *Func // the function, or a pseudo function for file scope
	place Place
	local bool   // a local variable: what is put into its members is passed on like an argument
	name  string // of the variable, see nameOf; "" inside of it
}

// fileScope is a pseudo function whose only use is to give names their meaning
// at file scope.
func fileScope(file int32, path string) *Func {
	return &Func{ID: NoFunc, Path: path, fileNo: file}
}

// variable enters the initialiser of a variable of a file.
func (s *solver) variable(g *cparse.Global, file int32) {
	if g.Init == nil {
		return
	}
	path := s.p.Files[file].Path
	in := initScope{s: s, f: fileScope(file, path), place: Place{path, g.Pos}, name: nameOfGlobal(g, path)}
	in.value(g.Init, typed{g.Type, file}, s.cell(s.globalKey(g)), Ops, "variable "+g.Name, 0)
}

// value enters the value e of an object of a type, which is kept in cell to.
func (in initScope) value(e *cparse.Expr, t typed, to int32, kind EdgeKind, via string, depth int) {
	if e == nil || depth > maxType || in.number(e) {
		return
	}
	sc := in.s.p.scope(in.f)
	if in.f.vars() == nil && sc.onlyNumbers(t, 0) && in.s.numbers.of(e).plain {
		return
	}
	if e.Kind == cparse.EName && in.s.p.syms.macros.has(e.Name) {
		if parts := in.once(e, in.object); len(parts) == 1 {
			e = parts[0]
		}
	}
	if e.Kind == cparse.ECall {
		for _, part := range in.once(e, in.expand) {
			in.value(part, t, to, kind, via, depth+1)
		}
		return
	}
	if e.Kind == cparse.EDesig { // .a.b = x is .a = { .b = x }
		e = (&cparse.Expr{Kind: cparse.EInit, Pos: e.Pos}).WithArgs([]*cparse.Expr{e})
	}
	for x := e; x != nil && (x.Kind == cparse.ECast || x.Kind == cparse.EUnary && x.Op() == "&"); x = x.X {
		if x.X != nil && x.X.Kind == cparse.EInit { // &(struct x){ ... }
			e = x.X
		}
	}
	if e.Kind != cparse.EInit {
		in.s.flow(in.f, e, to, kind, via, in.at(e))
		return
	}
	if e.Type() != nil {
		t = typed{e.Type(), in.f.fileNo}
	}
	t = sc.strip(t)
	if t.t == nil {
		return
	}
	switch t.t.Kind {
	case cparse.TPtr: // &(struct x){ ... } and a compound literal of an array
		in.value(e, typed{t.t.Elem, t.file}, to, kind, via, depth+1)
	case cparse.TArray:
		for _, el := range in.elements(e) {
			in.value(unindex(el), typed{t.t.Elem, t.file}, to, Table, via, depth+1)
		}
	case cparse.TStruct:
		if st, at := sc.structOf(t); st != nil {
			name := in.name
			if name == "" && ownerOf(via) != "" {
				name = via // a member
			}
			in.structure(e, st, at, name, depth)
		}
	}
}

// number reports whether e can hold no function, without a look at what its
// macros make. A local variable may have any name.
func (in initScope) number(e *cparse.Expr) bool {
	return (e.Kind == cparse.EName || e.Kind == cparse.ECall) && in.f.vars() == nil && in.s.numbers.of(e).number
}

func (in initScope) at(e *cparse.Expr) cparse.Pos {
	if e.Pos.Line > 0 {
		return e.Pos
	}
	return in.place.Pos
}

// unindex takes the designator of an array element off.
func unindex(e *cparse.Expr) *cparse.Expr {
	for e != nil && e.Kind == cparse.EDesig && e.Name == "" {
		e = e.X
	}
	return e
}

// structure enters the members of a struct, designated or in order; name is that of
// the object.
func (in initScope) structure(e *cparse.Expr, st *cparse.Struct, at int32, name string, depth int) {
	in.s.tables[st]++
	defer in.s.objects.leave(in.s.objects.enter(st, name))
	next := 0
	for _, el := range in.elements(e) {
		if el.Kind == cparse.EDesig {
			owner := in.s.fieldOwner(st, el.Name)
			if owner == nil {
				continue
			}
			for i := range owner.Fields {
				if owner.Fields[i].Name == el.Name {
					in.field(el.X, owner, &owner.Fields[i], at, depth)
					if owner == st {
						next = i + 1
					}
				}
			}
			continue
		}
		in.s.inOrder[st.Name] = true
		if next < len(st.Fields) {
			in.field(el, st, &st.Fields[next], at, depth)
			next++
		}
	}
}

func (in initScope) field(e *cparse.Expr, owner *cparse.Struct, f *cparse.Field, at int32, depth int) {
	to := in.s.cell(cellKey{owner, f.Name})
	in.name = ""
	kind := Ops
	if in.local {
		kind = Callback
	}
	in.value(unindex(e), typed{f.Type, at}, to, kind, in.s.memberName(owner, f.Name), depth+1)
}

// elements is the elements of a braced initialiser, with macros expanded: one
// macro may stand for several.
func (in initScope) elements(e *cparse.Expr) []*cparse.Expr {
	out := make([]*cparse.Expr, 0, len(e.Args()))
	for _, a := range e.Args() {
		last := in.lastSet(a)
		switch {
		case last != "":
			out = append(out, &cparse.Expr{Kind: cparse.EDesig, Name: last, X: &cparse.Expr{Kind: cparse.EInt}, Pos: a.Pos})
		case in.number(a):
			out = append(out, a)
		case a.Kind == cparse.ECall:
			out = append(out, in.once(a, in.expand)...)
		case a.Kind == cparse.EName && in.s.p.syms.macros.has(a.Name):
			out = append(out, in.once(a, in.object)...)
		default:
			out = append(out, a)
		}
	}
	return out
}

// lastSet is, for a macro that only gives numbers to members that it names, the
// last of these: what follows in the initialiser stands behind it.
func (in initScope) lastSet(a *cparse.Expr) string {
	if a.Kind != cparse.ECall || in.f.vars() != nil {
		return ""
	}
	return in.s.numbers.of(a).last
}

// once makes the elements that a macro stands for, or gives back those that were
// made before: at file scope they depend on the place alone.
func (in initScope) once(a *cparse.Expr, make func(*cparse.Expr) []*cparse.Expr) []*cparse.Expr {
	if in.f.vars() != nil || in.s.initDepth > 0 || a.Pos.Line == 0 {
		return make(a)
	}
	known := in.s.p.syms.elements
	out, ok := known[a]
	if !ok {
		out = make(a)
		known[a] = out
	}
	return out
}

// object is what an object-like macro stands for in an initialiser.
func (in initScope) object(a *cparse.Expr) []*cparse.Expr {
	m, _ := in.s.p.syms.macro(a.Name, in.f.fileNo, in.at(a).Line)
	if m == nil || m.FuncLike || m.Body == "" {
		return []*cparse.Expr{a}
	}
	return in.parse(m.Body, a)
}

// expand is what a macro invocation in an initialiser stands for, or the call
// itself if it is none.
func (in initScope) expand(call *cparse.Expr) []*cparse.Expr {
	if call.X == nil || call.X.Kind != cparse.EName {
		return []*cparse.Expr{call}
	}
	m, _ := in.s.p.syms.macro(call.X.Name, in.f.fileNo, in.at(call).Line)
	if m == nil || !m.FuncLike {
		return []*cparse.Expr{{Kind: cparse.EBad, Pos: call.Pos}}
	}
	args := make([]string, len(call.Args()))
	for i, a := range call.Args() {
		args[i] = a.String()
	}
	text, ok := m.Substitute(args)
	if !ok {
		return []*cparse.Expr{{Kind: cparse.EBad, Pos: call.Pos}}
	}
	return in.parse(text, call)
}

// parse lowers a text as elements of an initialiser; a macro that expands to
// itself stays as it is.
func (in initScope) parse(text string, from *cparse.Expr) []*cparse.Expr {
	if in.s.initDepth > maxGenerated {
		return nil
	}
	in.s.initDepth++
	defer func() { in.s.initDepth-- }()
	init := in.s.p.syms.initialiser(in.place.Path, text, from.Pos)
	if init == nil {
		return nil
	}
	if len(init.Args()) == 1 && init.Args()[0].Kind == cparse.EName && init.Args()[0].Name == from.Name {
		return init.Args()
	}
	return in.elements(init)
}

// initialiser lowers a text that a macro makes as the elements of an initialiser.
func (s *symbols) initialiser(path, text string, pos cparse.Pos) *cparse.Expr {
	if f := cparse.ParseText(path, "int x[] = { "+text+" };", pos); len(f.Globals) == 1 {
		return f.Globals[0].Init
	}
	return nil
}
