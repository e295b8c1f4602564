package callgraph

import (
	"klockscan/cparse"
)

// A graph can be written for a cache and read again without the code that it was
// made from. What is kept is what queries ask for: functions by name and place,
// edges, entry points, and of the bodies the cases of switches on a parameter.

// Encode writes the graph with its program.
func (g *Graph) Encode(e *cparse.Encoder) {
	p := g.Prog
	e.String(p.Arch)
	e.Int(len(p.Files))
	for _, f := range p.Files {
		e.String(f.Path)
	}
	p.Stats.encode(e)
	e.Int(len(p.Funcs))
	for _, f := range p.Funcs {
		e.String(f.Name)
		e.String(f.Path)
		e.String(f.Registry)
		e.Pos(f.Pos())
		for _, is := range []bool{f.known(), f.Focus, f.Header, f.External, f.Trace} {
			e.Bool(is)
		}
		e.Sub(func() { encodeCases(e, p.caseBody(f.ID)) })
	}
	e.Int(len(g.Edges))
	for i := range g.Edges {
		g.Edges[i].encode(e)
	}
	e.Int(len(g.Unresolved))
	for _, u := range g.Unresolved {
		e.Int(int(u.Caller))
		e.Int(int(u.Site))
		e.Pos(u.Pos)
		e.String(u.Expr)
		e.Int(int(u.Cause))
		e.String(u.Reason)
	}
	entries := g.Entries()
	e.Int(len(entries))
	for _, one := range entries {
		e.Int(int(one.Func))
		e.String(one.Kind)
		e.String(one.Via)
		one.Place.encode(e)
	}
}

// DecodeGraph reads what Encode wrote. The graph answers queries and Entries;
// its program has no types, files have nothing but their paths, and functions
// nothing but their heads. The entry table is the one that the graph was made
// with.
func DecodeGraph(d *cparse.Decoder, table *EntryTable) (*Graph, error) {
	p := &Program{Arch: d.String(), byName: map[string][]FuncID{}, entryTable: table}
	p.Files = make([]*cparse.File, d.Len())
	files := make([]cparse.File, len(p.Files))
	for i := range p.Files {
		files[i].Path = d.String()
		p.Files[i] = &files[i]
	}
	p.Stats.decode(d)
	p.Funcs = make([]*Func, d.Len())
	funcs, heads := make([]Func, len(p.Funcs)), make([]cparse.Func, len(p.Funcs))
	for i := range p.Funcs {
		f := &funcs[i]
		f.ID, f.Name, f.Path, f.Registry = FuncID(i), d.String(), d.String(), d.String()
		heads[i].Pos = d.Pos()
		if d.Bool() {
			f.ir = &heads[i]
		}
		f.Focus, f.Header, f.External, f.Trace = d.Bool(), d.Bool(), d.Bool(), d.Bool()
		f.cases = d.Sub()
		p.Funcs[i] = f
		p.byName[f.Name] = append(p.byName[f.Name], f.ID)
	}
	edges := make([]Edge, d.Len())
	for i := range edges {
		edges[i].decode(d, len(funcs))
	}
	unresolved := make([]Unresolved, d.Len())
	for i := range unresolved {
		unresolved[i] = Unresolved{Caller: FuncID(d.Index(len(funcs))), Site: d.Int32(), Pos: d.Pos(), Expr: d.String(), Cause: Cause(d.Int()), Reason: d.String()}
	}
	entries := make([]Entry, d.Len())
	for i := range entries {
		entries[i] = Entry{Func: FuncID(d.Index(len(funcs))), Kind: d.String(), Via: d.String(), Place: decodePlace(d)}
	}
	if d.Err() != nil {
		return nil, d.Err()
	}
	g := NewGraph(p, edges, unresolved)
	g.entriesOnce.Do(func() { g.entries = entries })
	return g, nil
}

func (s *Stats) encode(e *cparse.Encoder) {
	for _, n := range []int{s.Files, s.FocusFiles, int(s.Bytes), s.Functions, s.Expansions} {
		e.Int(n)
	}
	e.Strings(s.Unexpanded)
	e.Int(len(s.Problems))
	for _, p := range s.Problems {
		e.String(p.Path)
		e.Pos(p.Pos)
		e.String(p.Func)
		e.String(p.Reason)
		e.String(p.Text)
	}
}

func (s *Stats) decode(d *cparse.Decoder) {
	s.Files, s.FocusFiles, s.Bytes, s.Functions, s.Expansions = d.Int(), d.Int(), int64(d.Int()), d.Int(), d.Int()
	s.Unexpanded = d.Strings()
	if n := d.Len(); n > 0 {
		s.Problems = make([]FileProblem, n)
	}
	for i := range s.Problems {
		s.Problems[i] = FileProblem{d.String(), cparse.Problem{Pos: d.Pos(), Func: d.String(), Reason: d.String(), Text: d.String()}}
	}
}

func (x *Edge) encode(e *cparse.Encoder) {
	e.Int(int(x.Caller))
	e.Int(int(x.Callee))
	e.Int(int(x.Kind))
	e.Int(int(x.Site))
	e.Pos(x.Pos)
	e.String(x.Via)
	e.Int(len(x.Evidence))
	for _, p := range x.Evidence {
		p.encode(e)
	}
}

func (x *Edge) decode(d *cparse.Decoder, funcs int) {
	x.Caller, x.Callee = FuncID(d.Index(funcs)), FuncID(d.Index(funcs))
	x.Kind, x.Site, x.Pos, x.Via = EdgeKind(d.Int()), d.Int32(), d.Pos(), d.String()
	if n := d.Len(); n > 0 {
		x.Evidence = make([]Place, n)
	}
	for i := range x.Evidence {
		x.Evidence[i] = decodePlace(d)
	}
}

func (p Place) encode(e *cparse.Encoder) {
	e.String(p.Path)
	e.Pos(p.Pos)
}

func decodePlace(d *cparse.Decoder) Place { return Place{d.String(), d.Pos()} }

// encodeCases writes what query_cases.go reads of a body: parameters, blocks with
// their successors, cases on parameters, and which calls are given parameters.
func encodeCases(e *cparse.Encoder, fn *cparse.Func) {
	if fn == nil {
		return
	}
	isParam := map[string]bool{}
	e.Int(len(fn.Params))
	for _, p := range fn.Params {
		isParam[p.Name] = true
		e.String(p.Name)
		e.Bool(p.Type != nil && p.Type.Kind == cparse.TPtr)
	}
	e.Int(len(fn.Blocks))
	for _, b := range fn.Blocks {
		var calls []*cparse.Call
		for _, in := range b.Instrs {
			if c, ok := in.(*cparse.Call); ok {
				calls = append(calls, c)
			}
		}
		e.Int(len(calls))
		for _, c := range calls {
			e.Int(int(c.Site))
			e.Int(len(c.Args))
			for _, a := range c.Args {
				encodeName(e, a, isParam)
			}
		}
		encodeTerm(e, b.Term, isParam)
	}
}

// encodeName writes the parameter that an expression is, perhaps cast, or "".
func encodeName(e *cparse.Encoder, x *cparse.Expr, isParam map[string]bool) {
	for x != nil && x.Kind == cparse.ECast {
		x = x.X
	}
	if x != nil && x.Kind == cparse.EName && isParam[x.Name] {
		e.String(x.Name)
	} else {
		e.String("")
	}
}

func encodeTerm(e *cparse.Encoder, t cparse.Term, isParam map[string]bool) {
	for name := range isParam {
		cases := casesOn(t, name)
		if cases == nil {
			continue
		}
		e.String(name)
		e.Int(len(cases))
		for _, k := range cases {
			e.Bool(k.Lo != nil)
			if k.Lo != nil {
				e.String(label(k))
			}
			e.Int(k.To)
		}
		return // a block ends with one switch or comparison, of one parameter
	}
	e.String("")
	to := t.Succs(nil)
	e.Int(len(to))
	for _, i := range to {
		e.Int(i)
	}
}

// caseBody is the body of a function as far as query_cases.go reads it; nil if
// there is none.
func (p *Program) caseBody(id FuncID) *cparse.Func {
	f := p.Funcs[id]
	if f.cases == nil || !f.known() {
		return f.Body()
	}
	d := *f.cases // others may read it too
	fn := &cparse.Func{Params: make([]cparse.Param, d.Len())}
	for i := range fn.Params {
		fn.Params[i].Name = d.String()
		if d.Bool() {
			fn.Params[i].Type = &cparse.Type{Kind: cparse.TPtr}
		}
	}
	fn.Blocks = make([]*cparse.Block, d.Len())
	for i := range fn.Blocks {
		b := &cparse.Block{ID: i, Instrs: make([]cparse.Instr, d.Len())}
		for k := range b.Instrs {
			c := &cparse.Call{Site: d.Int32(), Args: make([]*cparse.Expr, d.Len())}
			for n := range c.Args {
				c.Args[n] = nameExpr(d.String())
			}
			b.Instrs[k] = c
		}
		b.Term = decodeTerm(&d, len(fn.Blocks))
		fn.Blocks[i] = b
	}
	if d.Err() != nil {
		return &cparse.Func{}
	}
	return fn
}

func nameExpr(name string) *cparse.Expr { return &cparse.Expr{Kind: cparse.EName, Name: name} }

func decodeTerm(d *cparse.Decoder, blocks int) cparse.Term {
	name := d.String()
	s := &cparse.Switch{X: nameExpr(name), Cases: make([]cparse.Case, d.Len())}
	for i := range s.Cases {
		if name != "" && d.Bool() {
			s.Cases[i].Lo = nameExpr(d.String())
		}
		s.Cases[i].To = d.Index(blocks)
	}
	return s
}
