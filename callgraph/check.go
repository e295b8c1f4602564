package callgraph

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"klockscan/cparse"
)

// Check verifies what the later stages take for granted about a linked program:
// its order, that every function lies in a file that was read, that bodies are
// closed control-flow graphs without open #if, and that every position is a
// place of its file. All problems are reported, not only the first. It is meant
// for tests and for the seam between stages; it costs one walk of all bodies.
func Check(p *Program) error {
	c := checker{p: p, files: map[string]*cparse.File{}}
	for i, f := range p.Files {
		c.files[f.Path] = f
		if i > 0 && i < p.Stats.Files && p.Files[i-1].Path >= f.Path {
			c.bad("files %s and %s are out of order", p.Files[i-1].Path, f.Path)
		}
	}
	bodies := map[*cparse.Func]bool{}
	for i, f := range p.Funcs {
		if f.ID != FuncID(i) {
			c.bad("function %s has ID %d at index %d", f, f.ID, i)
		}
		if f.Registry != "" && bodies[f.IR()] {
			continue // a further instance: they come last, in the order of their functions
		}
		if i > 0 && compareFuncs(p.Funcs[i-1], f) > 0 {
			c.bad("functions %s and %s are out of order", p.Funcs[i-1], f)
		}
		bodies[f.IR()] = true
		c.function(f)
	}
	return errors.Join(c.problems...)
}

// compareFuncs is the order of Program.Funcs.
func compareFuncs(a, b *Func) int {
	switch {
	case a.External && b.External:
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Path, b.Path), cmp.Compare(a.Pos().Line, b.Pos().Line))
	case a.External:
		return 1
	case b.External:
		return -1
	}
	return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Pos().Line, b.Pos().Line))
}

// A checker collects problems.
type checker struct {
	p        *Program
	files    map[string]*cparse.File
	problems []error
}

func (c *checker) bad(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

// place checks a position against the size of the file: a line, and a column,
// costs at least one byte. What is nearer (the lines of the function) is
// checked where it is known.
func (c *checker) place(path string, pos cparse.Pos, what string, args ...any) {
	what = fmt.Sprintf(what, args...)
	f := c.files[path]
	switch {
	case f == nil:
		c.bad("%s: %q is not a file of the program", what, path)
	case pos.Line < 1 || pos.Col < 1 || int(pos.Line) > f.Size+1:
		c.bad("%s: %s:%d:%d is outside of the file", what, path, pos.Line, pos.Col)
	}
}

func (c *checker) function(f *Func) {
	switch {
	case f.External:
		if f.IR() != nil && len(f.IR().Blocks) > 0 {
			c.bad("external function %s has a body", f)
		}
		if f.IR() != nil {
			c.place(f.Path, f.Pos(), "declaration of %s", f.Name)
		}
		return
	case f.IR() == nil || len(f.IR().Blocks) == 0:
		c.bad("function %s has no body and is not external", f)
		return
	}
	c.place(f.Path, f.Pos(), "function %s", f.Name)
	var sites []int32
	for i, b := range f.IR().Blocks {
		if b.ID != i {
			c.bad("%s: block %d has ID %d", f, i, b.ID)
		}
		for _, in := range b.Instrs {
			if call, ok := in.(*cparse.Call); ok {
				sites = append(sites, call.Site)
			}
			c.instr(f, in)
		}
		c.term(f, b)
	}
	slices.Sort(sites)
	for i, s := range sites {
		if s != int32(i) {
			c.bad("%s: call sites are not numbered 0 to %d: %v", f, len(sites)-1, sites)
			break
		}
	}
}

func (c *checker) instr(f *Func, in cparse.Instr) {
	pos, via := in.InstrPos(), (*cparse.Expansion)(nil)
	switch in := in.(type) {
	case *cparse.Assign:
		via = in.Via
	case *cparse.Call:
		via = in.Via
		if in.Fun == nil {
			c.bad("%s: call %d calls nothing", f, in.Site)
		}
	default:
		c.bad("%s: instruction of type %T", f, in)
	}
	if pos.Line < f.IR().Pos.Line || pos.Line > max(f.IR().End.Line, f.IR().Pos.Line) {
		c.bad("%s: instruction %q is outside of lines %d to %d", f, cparse.PrintInstr(in), f.IR().Pos.Line, f.IR().End.Line)
	}
	for ; via != nil; via = via.Parent {
		c.place(via.Path, via.Pos, "macro %s used by %s", via.Macro, f)
	}
}

func (c *checker) term(f *Func, b *cparse.Block) {
	if b.Term == nil {
		c.bad("%s: block %d has no end", f, b.ID)
		return
	}
	if _, open := b.Term.(*cparse.Config); open {
		c.bad("%s: block %d ends in an #if that was not decided", f, b.ID)
	}
	for _, to := range b.Term.Succs(nil) {
		if to < 0 || to >= len(f.IR().Blocks) {
			c.bad("%s: block %d leads to block %d of %d", f, b.ID, to, len(f.IR().Blocks))
		}
	}
}

// Check verifies the graph against its program: every edge joins functions that
// exist and stands at a call that exists, rows and columns of the index agree,
// evidence lies in files that were read, and every call of every function has
// an edge or is listed as unresolved, never both. All problems are reported,
// but those that need sound edges and a sound index only where these are sound.
func (g *Graph) Check() error {
	c := checker{p: g.Prog, files: map[string]*cparse.File{}}
	for _, f := range g.Prog.Files {
		c.files[f.Path] = f
	}
	calls := c.calls()
	for i := range g.Edges {
		if i > 0 && compareEdges(g.Edges[i-1], g.Edges[i]) >= 0 {
			c.bad("edges %d and %d are out of order", i-1, i)
		}
		c.edge(&g.Edges[i], calls)
	}
	if len(c.problems) > 0 {
		return errors.Join(c.problems...) // the index over bad edges means nothing
	}
	if c.index(g); len(c.problems) == 0 {
		c.unresolved(g, calls)
	}
	return errors.Join(c.problems...)
}

// calls is where the calls of each function stand, by site.
func (c *checker) calls() map[siteKey]cparse.Pos {
	at := map[siteKey]cparse.Pos{}
	for _, f := range c.p.Funcs {
		if f.IR() == nil {
			continue
		}
		for _, b := range f.IR().Blocks {
			for _, in := range b.Instrs {
				if call, ok := in.(*cparse.Call); ok {
					at[siteKey{f.ID, call.Site}] = call.Pos
				}
			}
		}
	}
	return at
}

func (c *checker) known(f FuncID) bool { return f >= 0 && int(f) < len(c.p.Funcs) }

func (c *checker) edge(e *Edge, calls map[siteKey]cparse.Pos) {
	if !c.known(e.Caller) || !c.known(e.Callee) {
		c.bad("edge %d to %d joins functions that do not exist", e.Caller, e.Callee)
		return
	}
	from, to := c.p.Funcs[e.Caller], c.p.Funcs[e.Callee]
	if e.Kind <= BadKind || int(e.Kind) >= len(kindNames) {
		c.bad("edge %s to %s has the kind %d", from, to, e.Kind)
	}
	switch pos, ok := calls[siteKey{e.Caller, e.Site}]; {
	case e.Site == NoSite && e.Kind == Async:
		c.place(from.Path, e.Pos, "edge %s to %s", from, to)
	case !ok:
		c.bad("edge %s to %s stands at call %d, which does not exist", from, to, e.Site)
	case pos != e.Pos:
		c.bad("edge %s to %s stands at %d:%d, its call %d at %d:%d", from, to, e.Pos.Line, e.Pos.Col, e.Site, pos.Line, pos.Col)
	}
	if (e.Via == "") != (e.Kind == Direct) {
		c.bad("%s edge %s to %s goes via %q", e.Kind, from, to, e.Via)
	}
	for _, p := range e.Evidence {
		c.place(p.Path, p.Pos, "evidence of edge %s to %s", from, to)
	}
}

// index checks that Out and In hold each edge once, at the right function.
func (c *checker) index(g *Graph) {
	if !rows(g.out, g) || !rows(g.in, g) || len(g.inEdges) != len(g.Edges) {
		c.bad("the rows of the index do not fit %d functions and %d edges", len(g.Prog.Funcs), len(g.Edges))
		return
	}
	for _, f := range g.Prog.Funcs {
		for _, e := range g.Out(f.ID) {
			if e.Caller != f.ID {
				c.bad("edge of %s is listed as leaving %s", g.Prog.Funcs[e.Caller], f)
			}
		}
		for _, i := range g.In(f.ID) {
			if i < 0 || int(i) >= len(g.Edges) || g.Edges[i].Callee != f.ID {
				c.bad("edge %d is listed as entering %s", i, f)
			}
		}
	}
}

// rows reports whether starts cut the edges of g into one row for each function.
func rows(starts []int32, g *Graph) bool {
	n := len(g.Prog.Funcs)
	return len(starts) == n+1 && starts[0] == 0 && int(starts[n]) == len(g.Edges) && slices.IsSorted(starts)
}

func (c *checker) unresolved(g *Graph, calls map[siteKey]cparse.Pos) {
	open := map[siteKey]bool{}
	for i, u := range g.Unresolved {
		key := siteKey{u.Caller, u.Site}
		pos, ok := calls[key]
		switch {
		case !ok:
			c.bad("unresolved call %q stands at call %d of function %d, which does not exist", u.Expr, u.Site, u.Caller)
			continue
		case pos != u.Pos || u.Reason == "" || open[key]:
			c.bad("%s: unresolved call %q at %d:%d lacks a reason, is listed twice or stands elsewhere", c.p.Funcs[u.Caller], u.Expr, u.Pos.Line, u.Pos.Col)
		case len(g.Targets(u.Caller, u.Site)) > 0:
			c.bad("%s: call %d is unresolved and has edges", c.p.Funcs[u.Caller], u.Site)
		}
		if i > 0 && g.Unresolved[i-1].Caller > u.Caller {
			c.bad("unresolved calls %d and %d are out of order", i-1, i)
		}
		open[key] = true
	}
	for _, f := range g.Prog.Funcs {
		for site := int32(0); ; site++ {
			key := siteKey{f.ID, site}
			pos, ok := calls[key]
			if !ok {
				break // sites are dense: Check of the program says so
			}
			if !open[key] && len(g.Targets(f.ID, site)) == 0 {
				c.bad("%s: call %d at %d:%d has no edge and is not unresolved", f, site, pos.Line, pos.Col)
			}
		}
	}
}
