package callgraph

import (
	"slices"
	"strconv"
	"strings"

	"klockscan/cparse"
)

// A subst replaces the parameters of a macro by the arguments of one call, and
// renames the macro's locals. Both are few: a scan is faster than a map.
type subst struct {
	params   []given
	rest     string // name of the variadic parameter, "" if none
	restArgs []*cparse.Expr
	locals   []renamed
}

// given is a parameter with its argument.
type given struct {
	name string
	arg  *cparse.Expr
}

// renamed is a local of the macro with its name in the caller.
type renamed struct{ name, as string }

// newSubst pairs parameters with arguments; nil if the numbers do not fit.
func newSubst(m *cparse.Func, args []*cparse.Expr) *subst {
	s := &subst{}
	if !s.give(m, args) {
		return nil
	}
	return s
}

// subst is an empty substitution, to be given to substDone.
func (x *expander) subst() *subst {
	n := len(x.substs)
	if n == 0 {
		return &subst{}
	}
	s := x.substs[n-1]
	x.substs = x.substs[:n-1]
	return s
}

// substDone takes the memory of a substitution back.
func (x *expander) substDone(s *subst) {
	clear(s.params)
	clear(s.locals)
	*s = subst{params: s.params[:0], locals: s.locals[:0]}
	x.substs = append(x.substs, s)
}

// give pairs parameters with arguments; false if the numbers do not fit.
func (s *subst) give(m *cparse.Func, args []*cparse.Expr) bool {
	fixed := m.Params
	if m.Variadic {
		fixed = fixed[:len(fixed)-1]
		s.rest = m.Params[len(fixed)].Name
		s.restArgs = args[min(len(fixed), len(args)):]
	} else if len(args) > len(fixed) {
		return false
	}
	for i, p := range fixed {
		arg := noArg // an empty argument: f() of a macro with one parameter
		if i < len(args) {
			arg = args[i]
		}
		s.params = append(s.params, given{p.Name, arg})
	}
	if len(s.restArgs) == 1 {
		s.params = append(s.params, given{s.rest, s.restArgs[0]})
	}
	return true
}

var noArg = &cparse.Expr{Kind: cparse.EBad}

// param is the argument for a parameter; false if name is none.
func (s *subst) param(name string) (*cparse.Expr, bool) {
	for i := range s.params {
		if s.params[i].name == name {
			return s.params[i].arg, true
		}
	}
	return nil, false
}

// rename gives the locals that the macro does not name by a parameter or a paste
// names of their own.
func (s *subst) rename(locals []cparse.Local, suffix string) {
	for _, l := range locals {
		if s.named(l.Name) == nil {
			s.locals = append(s.locals, renamed{l.Name, l.Name + suffix})
		}
	}
}

// local is the name in the caller of a local of the macro, "" if name is none.
func (s *subst) local(name string) string {
	for i := range s.locals {
		if s.locals[i].name == name {
			return s.locals[i].as
		}
	}
	return ""
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
	x, y, z, t := s.expr(e.X), s.expr(e.Y), s.expr(e.Z()), s.typ(e.Type())
	args, same := changedExprs(e.Args(), s.expr)
	if !same || x != e.X || y != e.Y || z != e.Z() || t != e.Type() {
		n := *e
		n.X, n.Y = x, y
		if !same || z != e.Z() || t != e.Type() {
			n.WithRest(z, args, t)
		}
		e = &n
	}
	switch e.Kind {
	case cparse.EMember:
		return s.member(e)
	case cparse.EDesig:
		if w := s.word(e.Name); w != e.Name {
			n := *e
			n.Name = w
			return &n
		}
	}
	return e
}

// changedExprs is a list with a change made to each of its elements; it is the list
// itself, and same is set, if that changes none.
func changedExprs(in []*cparse.Expr, change func(*cparse.Expr) *cparse.Expr) (out []*cparse.Expr, same bool) {
	out, same = in, true
	for i, e := range in {
		if n := change(e); n != e {
			if same {
				out, same = slices.Clone(in), false
			}
			out[i] = n
		}
	}
	return out, same
}

func (s *subst) name(e *cparse.Expr) *cparse.Expr {
	if a, ok := s.param(e.Name); ok {
		return a
	}
	if as := s.local(e.Name); as != "" {
		n := *e
		n.Name = as
		return &n
	}
	return e
}

// given reports whether a name is an argument of the macro; s may be nil.
func (s *subst) given(name string) bool {
	if s == nil {
		return false
	}
	return slices.ContainsFunc(s.params, func(p given) bool { return p.arg.Kind == cparse.EName && p.arg.Name == name })
}

// named is the name that a local of the macro has by a parameter or a paste, or
// nil if it has one of its own.
func (s *subst) named(local string) *cparse.Expr {
	if a, ok := s.param(local); ok && a.Kind == cparse.EName {
		return a
	}
	if strings.Contains(local, "##") {
		return &cparse.Expr{Kind: cparse.EName, Name: s.paste(local)}
	}
	return nil
}

// member substitutes a member's name; an argument a.b names a member of a member.
func (s *subst) member(e *cparse.Expr) *cparse.Expr {
	if strings.Contains(e.Name, "##") {
		n := *e
		n.Name = s.paste(e.Name)
		return &n
	}
	a, ok := s.param(e.Name)
	if !ok {
		return e
	}
	var names []string
	for a.Kind == cparse.EMember && !a.Arrow {
		names = append(names, a.Name)
		a = a.X
	}
	if a.Kind != cparse.EName {
		return e
	}
	m := *e
	m.Name = plain(a.Name)
	n := &m
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
	a, ok := s.param(name)
	if !ok {
		return name
	}
	switch a.Kind {
	case cparse.EName:
		return plain(a.Name)
	case cparse.EInt:
		return strconv.FormatInt(a.Int, 10)
	case cparse.EType:
		if a.Type() != nil {
			return a.Type().Name
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
		elem, expr := s.typ(t.Elem), s.expr(t.Expr)
		if elem == t.Elem && expr == t.Expr {
			return t
		}
		n := *t
		n.Elem, n.Expr = elem, expr
		return &n
	}
	return t
}

func (s *subst) typeName(t *cparse.Type) *cparse.Type {
	a, ok := s.param(t.Name)
	switch {
	case !ok && strings.Contains(t.Name, "##"):
		return &cparse.Type{Kind: cparse.TNamed, Name: s.paste(t.Name)}
	case !ok:
		return t
	case a.Kind == cparse.EType && a.Type() != nil:
		return a.Type()
	case a.Kind == cparse.EName:
		return &cparse.Type{Kind: cparse.TNamed, Name: a.Name}
	}
	return &cparse.Type{Kind: cparse.TBad}
}
