package callgraph

import (
	"slices"

	"klockscan/cparse"
)

// #if inside initialisers: elements under conditions that do not hold are not
// part of the program, like anything else under them.

// initialised is a variable without the elements that are not there: the
// variable itself if all are.
func (s *symbols) initialised(g *cparse.Global) *cparse.Global {
	init := s.underConditions(g.Init)
	if init == g.Init {
		return g
	}
	n := *g
	n.Init = init
	return &n
}

// HomeOf is the file of a static variable at file scope; "" of any other.
func (p *Program) HomeOf(g *cparse.Global) string {
	if d := p.syms.onDemand; d != nil {
		home, _ := d.homes.Load(g)
		path, _ := home.(string)
		return path
	}
	return p.homes()[g]
}

// staticHomes is the files of all static variables.
func (p *Program) staticHomes() map[*cparse.Global]string {
	out := map[*cparse.Global]string{}
	for i, f := range p.Files {
		for _, v := range p.syms.variablesOf(int32(i)) {
			if v.Static {
				out[v] = f.Path
			}
		}
	}
	return out
}

// underConditions is an initialiser without the elements whose condition does
// not hold, and the others without their conditions; parts that do not change
// are shared.
func (s *symbols) underConditions(e *cparse.Expr) *cparse.Expr {
	if e == nil {
		return e
	}
	switch e.Kind {
	case cparse.EInit, cparse.EDesig, cparse.EUnary, cparse.ECast:
	default:
		return e
	}
	x := s.underConditions(e.X)
	var args []*cparse.Expr
	for i, a := range e.Args() {
		n := a
		if a.Kind == cparse.EUnder {
			n = nil
			if (&cparse.Cond{Text: a.Name}).Eval(s.env) != cparse.False {
				n = s.underConditions(a.X)
			}
		} else {
			n = s.underConditions(a)
		}
		if n != a && args == nil {
			args = slices.Clone(e.Args()[:i])
			if args == nil {
				args = []*cparse.Expr{}
			}
		}
		if args != nil && n != nil {
			args = append(args, n)
		}
	}
	if x == e.X && args == nil {
		return e
	}
	n := *e
	if n.X = x; args != nil {
		n.WithArgs(args)
	}
	return &n
}
