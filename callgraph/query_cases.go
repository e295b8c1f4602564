package callgraph

import (
	"slices"

	"klockscan/cparse"
)

// An entry point such as an ioctl serves many commands: it switches on one of
// its parameters, or compares it, and hands the parameter down to functions that switch on it
// too. Which cases lead to a goal is found from the blocks: a call belongs to the
// cases that it is reached from without going through the switch again, unless
// the default case reaches it as well; then it is a common part of the function.

// Cases is the labels of such switches by which a function leads to a goal.
type Cases struct {
	Labels    []string // as written, in the order of the switches
	Otherwise bool     // by default, or outside of any case, too
}

// A caseFinder collects the cases of one entry point after measure.
type caseFinder struct {
	s     *search
	cases Cases
	seen  map[dispatch]bool
}

// A dispatch is a function and the parameter that says what to do.
type dispatch struct {
	f     FuncID
	param string
}

// casesOf finds the cases by which f leads to a goal; none if it does not switch
// on a parameter.
func (s *search) casesOf(f FuncID) Cases {
	fn := s.g.Prog.caseBody(f)
	if fn == nil {
		return Cases{}
	}
	for _, p := range fn.Params {
		if p.Type != nil && p.Type.Kind == cparse.TPtr {
			continue // compared with objects, not with commands
		}
		c := caseFinder{s: s, seen: map[dispatch]bool{}}
		if c.visit(dispatch{f, p.Name}); len(c.cases.Labels) > 0 {
			return c.cases
		}
	}
	return Cases{}
}

// visit enters the cases of one function.
func (c *caseFinder) visit(d dispatch) {
	if c.seen[d] {
		return
	}
	c.seen[d] = true
	fn := c.s.g.Prog.caseBody(d.f)
	if fn == nil || !slices.ContainsFunc(fn.Params, func(p cparse.Param) bool { return p.Name == d.param }) {
		c.cases.Otherwise = true
		return
	}
	labels := caseLabels(fn, d.param)
	for i, b := range fn.Blocks {
		for _, in := range b.Instrs {
			if call, ok := in.(*cparse.Call); ok && c.leads(d.f, call.Site) {
				c.call(d, call, labels[i])
			}
		}
	}
}

// leads reports whether a target of a call leads to a goal.
func (c *caseFinder) leads(f FuncID, site int32) bool {
	return slices.ContainsFunc(c.s.g.Targets(f, site), func(e Edge) bool {
		return c.s.crosses(&e) && c.s.rest[e.Callee] != far
	})
}

// call enters a call that leads to a goal: its labels, or those of the function
// that the parameter is handed to.
func (c *caseFinder) call(d dispatch, call *cparse.Call, labels []string) {
	if len(labels) > 0 {
		for _, l := range labels {
			if !slices.Contains(c.cases.Labels, l) {
				c.cases.Labels = append(c.cases.Labels, l)
			}
		}
		return
	}
	for _, e := range c.s.g.Targets(d.f, call.Site) {
		callee := c.s.g.Prog.caseBody(e.Callee)
		at := slices.IndexFunc(call.Args, func(a *cparse.Expr) bool { return isName(a, d.param) })
		switch {
		case !c.s.crosses(&e) || c.s.rest[e.Callee] == far:
		case at >= 0 && e.Kind <= Macro && callee != nil && at < len(callee.Params): // through tables it is rather an argument among others
			c.visit(dispatch{e.Callee, callee.Params[at].Name})
		default:
			c.cases.Otherwise = true
		}
	}
}

// isName reports whether e is the variable, perhaps cast.
func isName(e *cparse.Expr, name string) bool {
	for e != nil && e.Kind == cparse.ECast {
		e = e.X
	}
	return e != nil && e.Kind == cparse.EName && e.Name == name
}

// caseLabels is the labels that each block of a function belongs to, of the
// switches on a parameter and of comparisons of it.
func caseLabels(fn *cparse.Func, param string) [][]string {
	labels := make([][]string, len(fn.Blocks))
	for i, b := range fn.Blocks {
		cases := casesOn(b.Term, param)
		common := make([]bool, len(fn.Blocks)) // reached by the default case
		for _, k := range cases {
			if k.Lo == nil {
				reachBlocks(fn, i, k.To, func(at int) { common[at] = true })
			}
		}
		for _, k := range cases {
			if k.Lo == nil {
				continue
			}
			reachBlocks(fn, i, k.To, func(at int) {
				if !common[at] {
					labels[at] = append(labels[at], label(k))
				}
			})
		}
	}
	return labels
}

// casesOn is the cases of a switch on a parameter, or of `param == x`, which is a
// switch of one case; none for any other end of a block.
func casesOn(term cparse.Term, param string) []cparse.Case {
	switch t := term.(type) {
	case *cparse.Switch:
		if isName(t.X, param) {
			return t.Cases
		}
	case *cparse.Branch:
		if c := t.Cond; c != nil && c.Kind == cparse.EBinary && isName(c.X, param) && c.Y != nil {
			switch c.Op() {
			case "==":
				return []cparse.Case{{Lo: c.Y, To: t.Then}, {To: t.Else}}
			case "!=":
				return []cparse.Case{{Lo: c.Y, To: t.Else}, {To: t.Then}}
			}
		}
	}
	return nil
}

// label is a case as written.
func label(k cparse.Case) string {
	if k.Hi != nil {
		return k.Lo.String() + " ... " + k.Hi.String()
	}
	return k.Lo.String()
}

// reachBlocks calls visit for each block that is reached from start without
// passing the block barred.
func reachBlocks(fn *cparse.Func, barred, start int, visit func(int)) {
	seen := map[int]bool{barred: true, start: true}
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		visit(queue[0])
		for _, to := range fn.Blocks[queue[0]].Term.Succs(nil) {
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
}
