package callgraph

import (
	"slices"
	"strconv"
	"strings"

	"klockscan/cparse"
)

// A subst replaces the parameters of a macro by the arguments of one call, and
// renames the macro's locals.
type subst struct {
	params   map[string]*cparse.Expr
	rest     string // name of the variadic parameter, "" if none
	restArgs []*cparse.Expr
	locals   map[string]bool
	suffix   string
}

// newSubst pairs parameters with arguments; nil if the numbers do not fit.
func newSubst(m *cparse.Func, args []*cparse.Expr) *subst {
	s := &subst{params: map[string]*cparse.Expr{}, locals: map[string]bool{}}
	fixed := m.Params
	if m.Variadic {
		fixed = fixed[:len(fixed)-1]
		s.rest = m.Params[len(fixed)].Name
		s.restArgs = args[min(len(fixed), len(args)):]
	} else if len(args) > len(fixed) {
		return nil
	}
	for i, p := range fixed {
		if i >= len(args) {
			// An empty argument: f() of a macro with one parameter.
			s.params[p.Name] = &cparse.Expr{Kind: cparse.EBad}
			continue
		}
		s.params[p.Name] = args[i]
	}
	if len(s.restArgs) == 1 {
		s.params[s.rest] = s.restArgs[0]
	}
	return s
}

// expr substitutes in an expression; parts that do not change are shared.
func (s *subst) expr(e *cparse.Expr) *cparse.Expr {
	if e == nil {
		return nil
	}
	switch e.Kind {
	case cparse.EName:
		return s.name(e)
	case cparse.EPaste:
		return &cparse.Expr{Kind: cparse.EName, Name: s.paste(e.Name), Pos: e.Pos}
	case cparse.EInt, cparse.EStr, cparse.EString, cparse.EBad:
		return e
	}
	n := *e
	n.X, n.Y, n.Z = s.expr(e.X), s.expr(e.Y), s.expr(e.Z)
	n.Type = s.typ(e.Type)
	if e.Args != nil {
		n.Args = make([]*cparse.Expr, len(e.Args))
		for i, a := range e.Args {
			n.Args[i] = s.expr(a)
		}
	}
	switch e.Kind {
	case cparse.EMember:
		return s.member(&n)
	case cparse.EDesig:
		n.Name = s.word(e.Name)
	}
	return &n
}

func (s *subst) name(e *cparse.Expr) *cparse.Expr {
	if a, ok := s.params[e.Name]; ok {
		return a
	}
	if s.locals[e.Name] {
		n := *e
		n.Name += s.suffix
		return &n
	}
	return e
}

// given reports whether a name is an argument of the macro; s may be nil.
func (s *subst) given(name string) bool {
	if s == nil {
		return false
	}
	for _, a := range s.params {
		if a.Kind == cparse.EName && a.Name == name {
			return true
		}
	}
	return false
}

// named is the name that a local of the macro has by a parameter or a paste, or
// nil if it has one of its own.
func (s *subst) named(local string) *cparse.Expr {
	if a, ok := s.params[local]; ok && a.Kind == cparse.EName {
		return a
	}
	if strings.Contains(local, "##") {
		return &cparse.Expr{Kind: cparse.EName, Name: s.paste(local)}
	}
	return nil
}

// member substitutes a member's name; an argument a.b names a member of a member.
func (s *subst) member(n *cparse.Expr) *cparse.Expr {
	if strings.Contains(n.Name, "##") {
		n.Name = s.paste(n.Name)
		return n
	}
	a, ok := s.params[n.Name]
	if !ok {
		return n
	}
	var names []string
	for a.Kind == cparse.EMember && !a.Arrow {
		names = append(names, a.Name)
		a = a.X
	}
	if a.Kind != cparse.EName {
		return n
	}
	n.Name = plain(a.Name)
	for _, name := range slices.Backward(names) {
		n = &cparse.Expr{Kind: cparse.EMember, X: n, Name: name, Pos: n.Pos}
	}
	return n
}

// paste joins the pieces of a template, parameters replaced by the words that
// their arguments are.
func (s *subst) paste(template string) string {
	var out strings.Builder
	for piece := range strings.SplitSeq(template, "##") {
		out.WriteString(s.word(piece))
	}
	return out.String()
}

// word is the text of an argument that is one word, or name itself.
func (s *subst) word(name string) string {
	if strings.Contains(name, "##") {
		return s.paste(name)
	}
	a, ok := s.params[name]
	if !ok {
		return name
	}
	switch a.Kind {
	case cparse.EName:
		return plain(a.Name)
	case cparse.EInt:
		return strconv.FormatInt(a.Int, 10)
	case cparse.EType:
		if a.Type != nil {
			return a.Type.Name
		}
	}
	return ""
}

// plain is a local's name as written, without what renaming added.
func plain(name string) string {
	if i := strings.IndexAny(name, ".@"); i > 0 {
		return name[:i]
	}
	return name
}

// typ substitutes in a type: parameters may be types, tags or operands of typeof.
func (s *subst) typ(t *cparse.Type) *cparse.Type {
	if t == nil {
		return nil
	}
	switch t.Kind {
	case cparse.TNamed:
		return s.typeName(t)
	case cparse.TStruct:
		if w := s.word(t.Name); t.Name != "" && w != t.Name {
			n := *t
			n.Name = w
			return &n
		}
		return t
	case cparse.TPtr, cparse.TArray, cparse.TTypeof, cparse.TAuto, cparse.TFunc:
		n := *t
		n.Elem, n.Expr = s.typ(t.Elem), s.expr(t.Expr)
		return &n
	}
	return t
}

func (s *subst) typeName(t *cparse.Type) *cparse.Type {
	a, ok := s.params[t.Name]
	switch {
	case !ok && strings.Contains(t.Name, "##"):
		return &cparse.Type{Kind: cparse.TNamed, Name: s.paste(t.Name)}
	case !ok:
		return t
	case a.Kind == cparse.EType && a.Type != nil:
		return a.Type
	case a.Kind == cparse.EName:
		return &cparse.Type{Kind: cparse.TNamed, Name: a.Name}
	}
	return &cparse.Type{Kind: cparse.TBad}
}
