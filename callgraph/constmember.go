package callgraph

import "klockscan/cparse"

// ConstMember is the number that a member of a variable has for ever, by its
// initialiser: file is the file of a static variable, else "". Members that a
// designated initialiser does not name are zero (C11 6.7.9). Not ok if the variable
// is not const, or if the initialiser says something else than a number.
func (p *Program) ConstMember(file, name, member string) (int64, bool) {
	for _, d := range p.syms.globals[name] {
		g := d.what
		if !g.Const || g.Init == nil || g.Static != (file != "") || g.Static && p.Files[d.file].Path != file {
			continue
		}
		e, ok := designated(g.Init, member)
		switch {
		case !ok:
			return 0, false
		case e == nil:
			return 0, true
		}
		return p.Const(fileScope(d.file, p.Files[d.file].Path), e)
	}
	return 0, false
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
