package callgraph

import "klockscan/cparse"

// ConstMember is the number that a member of a variable has for ever, by its
// initialiser: file is the file of a static variable, else "". Members that a
// designated initialiser does not name are zero (C11 6.7.9). Not ok if the variable
// is not const, or if the initialiser says something else than a number.
func (p *Program) ConstMember(file, name, member string) (int64, bool) {
	e, at, ok := p.constMember(file, name, member)
	if !ok || e == nil {
		return 0, ok
	}
	return p.Const(at, e)
}

// ConstFunction is likewise the function that a member of a variable holds for ever:
// the empty name if it is NULL.
func (p *Program) ConstFunction(file, name, member string) (string, bool) {
	e, at, ok := p.constMember(file, name, member)
	if !ok || e == nil {
		return "", ok
	}
	e = bare(e, "&")
	if e == nil || e.Kind != cparse.EName || p.Lookup(at, e.Name) == NoFunc {
		return "", false
	}
	return e.Name, true
}

// constMember is what the initialiser of a const variable gives a member, nil if
// nothing, and where that is to be read.
func (p *Program) constMember(file, name, member string) (e *cparse.Expr, at *Func, ok bool) {
	for _, d := range p.syms.globalsOf(name) {
		g := d.what
		if !g.Const || g.Init == nil || g.Static != (file != "") || g.Static && p.Files[d.file].Path != file {
			continue
		}
		e, ok = designated(g.Init, member)
		return e, fileScope(d.file, p.Files[d.file].Path), ok
	}
	return nil, nil, false
}

// designated is what an initialiser gives a member; nil if nothing. Not ok if that
// cannot be told: an element stands by its position, or behind a macro.
func designated(init *cparse.Expr, member string) (*cparse.Expr, bool) {
	if init.Kind != cparse.EInit {
		return nil, false
	}
	var found *cparse.Expr
	for _, el := range init.Args() {
		if el == nil || el.Kind != cparse.EDesig || el.Name == "" {
			return nil, false
		}
		if el.Name == member {
			found = el.X
		}
	}
	return found, true
}
