package callgraph

import (
	"strings"

	"klockscan/cparse"
)

// Most members of the tables of a kernel are numbers, made by macros of macros:
// registers, flags, masks. To expand and parse those would cost more than all
// that is looked for in tables; what they are can be told from their words.

// numbers tells which names stand for what no function can be in.
type numbers struct {
	p     *Program
	known map[string]bool
}

// expr reports whether the value of an initialiser at file scope can be no
// function: all of its words stand for numbers.
func (n *numbers) expr(e *cparse.Expr) bool {
	if e == nil {
		return true
	}
	switch e.Kind {
	case cparse.EName:
		return n.name(e.Name)
	case cparse.ECall:
		for _, a := range e.Args {
			if !n.expr(a) {
				return false
			}
		}
		return n.expr(e.X)
	case cparse.EInt, cparse.ESizeof, cparse.EString:
		return true
	case cparse.EUnary, cparse.EBinary, cparse.ECast, cparse.ECond:
		return n.expr(e.X) && n.expr(e.Y) && n.expr(e.Z)
	}
	return false
}

// name reports whether a name is no function or variable, and no macro with any
// meaning that has such a word in it. A macro that mentions itself is not
// looked into.
func (n *numbers) name(name string) bool {
	yes, seen := n.known[name]
	if seen {
		return yes
	}
	n.known[name] = false
	s := n.p.syms
	yes = len(s.funcs[name]) == 0 && len(s.protos[name]) == 0 && len(s.globals[name]) == 0 && len(n.p.byName[name]) == 0
	for _, d := range s.macros[name] {
		yes = yes && n.text(d.what.Body)
	}
	n.known[name] = yes
	return yes
}

// text judges the replacement text of a macro. What braces, designators and
// pasted words come to is not told by words.
func (n *numbers) text(body string) bool {
	for i := 0; i < len(body); i++ {
		if strings.IndexByte("{}.[]#", body[i]) >= 0 {
			return false
		}
		if !isWord(body[i]) {
			continue
		}
		j := i
		for i < len(body) && isWord(body[i]) {
			i++
		}
		if (body[j] < '0' || body[j] > '9') && !n.name(body[j:i]) {
			return false
		}
		i--
	}
	return true
}
