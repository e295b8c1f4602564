package cparse

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// Versions says how two versions of a file correspond of which the new one declares what
// the old one does, if the bodies of functions are left out, and functions that only one
// of them has.
type Versions struct {
	Old, New []int       // indexes in Funcs of the functions of both, in order: New[i] is Old[i]
	Changed  []bool      // by the same index: the body is another, not only its place
	Params   []bool      // likewise: the parameters are
	Gone     []int       // indexes of functions that only the old file has
	Added    []int       // likewise of the new one
	More     Additions   // what else only the new file declares
	places   map[Pos]Pos // of what both declare outside of bodies
}

// Additions is what a file declares beside what another version of it does.
type Additions struct {
	Names   []string // of all, and of members and macros; some may be there twice
	Calls   []string // macros at file scope that define the objects that are named in them
	Globals []*Global
	Structs []*Struct
	Within  []*Struct // structs that have members more: not the first, and no union
}

// Place is where something that stands outside of functions was and is, by its first
// character; false if nothing that is kept stood there.
func (v *Versions) Place(old Pos) (Pos, bool) {
	p, ok := v.places[old]
	return p, ok
}

// CompareVersions compares two files from [ParseHeads]. It is false if they differ in
// more than what Versions tells: in a type, a macro, a variable, the head of a function
// that both have, its parameters apart, in the order of declarations, or in what was not understood.
func CompareVersions(old, now *File) (*Versions, bool) {
	v := &Versions{places: map[Pos]Pos{}}
	gone, added := lacking(old.Funcs, now.Funcs, funcName), lacking(now.Funcs, old.Funcs, funcName)
	v.Old, v.Gone = split(old.Funcs, gone)
	v.New, v.Added = split(now.Funcs, added)
	w := versionWalk{places: v.places, more: &v.More}
	before, after := fileWithout(old, gone), v.More.leaveOut(fileWithout(now, added), old)
	if !w.same(reflect.ValueOf(before), reflect.ValueOf(after)) || len(v.Old) != len(v.New) {
		return nil, false
	}
	for i := range v.Old {
		a, b := old.Funcs[v.Old[i]], now.Funcs[v.New[i]]
		params := w.same(reflect.ValueOf(a.Params), reflect.ValueOf(b.Params))
		if !w.same(reflect.ValueOf(headOf(a)), reflect.ValueOf(headOf(b))) {
			return nil, false
		}
		v.Params = append(v.Params, !params)
		v.Changed = append(v.Changed, !params || !sameBody(a, b))
	}
	return v, slices.Equal(v.order(before, old.Funcs, v.Old), v.order(after, now.Funcs, v.New))
}

// lacking is the names of declarations that others has none of.
func lacking[T any](list, others []T, name func(T) string) map[string]bool {
	out := map[string]bool{}
	for _, d := range list {
		out[name(d)] = true
	}
	for _, d := range others {
		delete(out, name(d))
	}
	delete(out, "")
	return out
}

func funcName(f *Func) string { return f.Name }

// leaveOut is a file without declarations of names that another version of it does not
// declare. They are the additions.
func (a *Additions) leaveOut(f, old *File) *File {
	f.Protos, _ = leaveOut(a, f.Protos, old.Protos, funcName)
	f.Globals, a.Globals = leaveOut(a, f.Globals, old.Globals, func(g *Global) string { return g.Name })
	f.Structs, a.Structs = leaveOut(a, f.Structs, old.Structs, func(s *Struct) string { return s.Name })
	f.Typedefs, _ = leaveOut(a, f.Typedefs, old.Typedefs, func(t Typedef) string { return t.Name })
	f.Macros, _ = leaveOut(a, f.Macros, old.Macros, func(m *Macro) string { return m.Name })
	var calls []*TopCall
	f.TopCalls, calls = leaveOut(a, f.TopCalls, old.TopCalls, definedBy)
	for _, c := range calls {
		a.Calls = append(a.Calls, c.Name)
	}
	for _, s := range a.Structs {
		a.Names = append(a.Names, s.Tag)
	}
	return f
}

// definedBy is the object that a call at file scope defines, if its name is all that it
// does; "" of others.
func definedBy(c *TopCall) string {
	if DefinesItself(c.Name) && len(c.Raw) > 0 {
		return strings.TrimSpace(c.Raw[0])
	}
	return ""
}

func leaveOut[T any](a *Additions, list, old []T, name func(T) string) (kept, added []T) {
	names := lacking(list, old, name)
	for _, d := range list {
		if names[name(d)] {
			a.Names = append(a.Names, name(d))
			added = append(added, d)
		} else {
			kept = append(kept, d)
		}
	}
	return kept, added
}

// split is the indexes of the functions without these names, and of those with them.
func split(fns []*Func, names map[string]bool) (without, with []int) {
	for i, f := range fns {
		if names[f.Name] {
			with = append(with, i)
		} else {
			without = append(without, i)
		}
	}
	return without, with
}

// fileWithout is a file without functions, and without the prototypes of these.
func fileWithout(f *File, without map[string]bool) *File {
	out := *f
	out.Funcs, out.Size = nil, 0
	out.Protos = nil
	for _, p := range f.Protos {
		if !without[p.Name] {
			out.Protos = append(out.Protos, p)
		}
	}
	return &out
}

// headOf is a function without its body and its parameters.
func headOf(f *Func) *Func {
	out := *f
	out.Blocks, out.Locals, out.Problems, out.pending = nil, nil, nil, nil
	out.Errors, out.End, out.Params = 0, Pos{}, nil
	return &out
}

// sameBody says whether two functions are written alike, comments apart.
func sameBody(a, b *Func) bool {
	p, q := a.pending, b.pending
	switch {
	case p != nil && q != nil:
		return p.pos.Col == q.pos.Col && bytes.Equal(p.src, q.src) && bytes.Equal(p.text, q.text)
	case p != nil || q != nil:
		return false
	}
	// Both were read with their files: what was read must be the same, so many lines below.
	w := versionWalk{rigid: true, below: b.Pos.Line - a.Pos.Line}
	return w.same(reflect.ValueOf(a), reflect.ValueOf(b))
}

// Text is the function as it is written, comments blanked, and where that begins; nil
// for one whose body was not left to be read later.
func (f *Func) Text() ([]byte, Pos) {
	if f.pending == nil {
		return nil, Pos{}
	}
	return f.pending.src, f.pending.pos
}

// A placed declaration is one whose order among others matters.
type placed struct {
	line  int32
	kind  byte
	index int
}

// order is the declarations that may mean something else in another order: macros,
// what uses them, and functions.
func (v *Versions) order(f *File, fns []*Func, kept []int) []placed {
	var out []placed
	for i, m := range f.Macros {
		out = append(out, placed{m.Pos.Line, 'm', i})
	}
	for i, c := range f.TopCalls {
		out = append(out, placed{c.Pos.Line, 'c', i})
	}
	for i, inc := range f.Includes {
		out = append(out, placed{inc.Pos.Line, 'i', i})
	}
	for i, k := range kept {
		out = append(out, placed{fns[k].Pos.Line, 'f', i})
	}
	slices.SortStableFunc(out, func(a, b placed) int { return cmp.Compare(a.line, b.line) })
	for i := range out {
		out[i].line = 0
	}
	return out
}

// A versionWalk compares values without their places, which it notes.
type versionWalk struct {
	places map[Pos]Pos
	rigid  bool       // no places are noted: all must have moved together,
	below  int32      // so many lines
	more   *Additions // may be nil: members that structs have more
}

// place notes a pair of places; false if it must not be one.
func (w *versionWalk) place(old, now Pos) bool {
	if w.rigid {
		return old == now && old == (Pos{}) || now == Pos{old.Line + w.below, old.Col}
	}
	w.places[old] = now
	return true
}

var (
	posType    = reflect.TypeFor[Pos]()
	structType = reflect.TypeFor[Struct]()
	macroType  = reflect.TypeFor[Macro]()
	// What of a type is not compared: what is worked out on demand, and offsets.
	leftOut = map[reflect.Type][]string{
		macroType:                  {"Offset", "once", "fn", "value", "assocOnce", "assocs"},
		reflect.TypeFor[TopCall](): {"Offset"},
		reflect.TypeFor[Func]():    {"pending"},
	}
)

func (w *versionWalk) same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && w.same(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !w.same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		return w.sameStruct(a, b)
	}
	return a.Equal(b)
}

func (w *versionWalk) sameStruct(a, b reflect.Value) bool {
	t := a.Type()
	if t == posType {
		pos := func(v reflect.Value) Pos { return Pos{int32(v.Field(0).Int()), int32(v.Field(1).Int())} }
		return w.place(pos(a), pos(b))
	}
	if t == structType && w.more != nil {
		return w.sameMembers(a, b)
	}
	for i := range t.NumField() {
		if !slices.Contains(leftOut[t], t.Field(i).Name) && !w.same(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

// sameMembers compares structs of which the new one may have members more, but not before all others.
func (w *versionWalk) sameMembers(a, b reflect.Value) bool {
	if !a.CanInterface() || !b.CanInterface() {
		return w.membersLeftOut(a, b)
	}
	old, now := a.Addr().Interface().(*Struct), b.Addr().Interface().(*Struct)
	if len(old.Fields) == len(now.Fields) || old.Union || len(old.Fields) == 0 {
		return w.membersLeftOut(a, b)
	}
	rest := *now
	rest.Fields = nil
	for _, f := range now.Fields {
		if k := len(rest.Fields); k < len(old.Fields) && old.Fields[k].Name == f.Name {
			rest.Fields = append(rest.Fields, f)
		} else if k == 0 || f.Name == "" {
			return false
		} else {
			w.more.Names = append(w.more.Names, f.Name)
		}
	}
	w.more.Within = append(w.more.Within, now)
	return w.membersLeftOut(a, reflect.ValueOf(&rest).Elem())
}

func (w *versionWalk) membersLeftOut(a, b reflect.Value) bool {
	for i := range a.NumField() {
		if !w.same(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}
