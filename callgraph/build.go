package callgraph

import (
	"strings"

	"klockscan/cparse"
)

// Build finds the edges of a program: direct calls first, then what function
// pointers may hold, then asynchronous and deferred hand-over.
func Build(p *Program) *Graph {
	s := &solver{p: p, index: map[cellKey]int32{}, outer: map[*cparse.Struct]*cparse.Struct{}, queue: map[int32]bool{}, seen: map[edgeKey]bool{}, indirect: map[siteKey]int{}}
	for i := range p.Files {
		for _, g := range p.syms.fileGlobals(int32(i)) {
			s.variable(g, int32(i))
		}
	}
	s.slots()
	var sites []indirectSite
	var requests requestSites
	for _, f := range p.Funcs {
		if f.IR == nil || f.External {
			continue
		}
		sites = s.function(f, sites, &requests)
		s.insideEdges(f)
	}
	s.solve()
	requests.edges(s)
	var unresolved []Unresolved
	for _, site := range sites {
		if s.indirect[siteKey{site.f.ID, site.call.Site}] == 0 {
			unresolved = append(unresolved, Unresolved{Caller: site.f.ID, Site: site.call.Site, Pos: site.call.Pos,
				Expr: site.f.calleeText(site.call), Reason: site.reason})
		}
	}
	g := NewGraph(p, s.edges, unresolved)
	g.stored = s.stores()
	g.Entries()
	return g
}

// An indirectSite is a call through a pointer.
type indirectSite struct {
	f      *Func
	call   *cparse.Call
	reason string // why it may have no target
}

// calleeText is the callee of an indirect call in words: for a temporary, the
// call or expression whose value it is.
func (f *Func) calleeText(c *cparse.Call) string {
	e := c.Fun
	for range maxMacroDepth {
		t := f.locals[e.Name]
		if e.Kind != cparse.EName || !strings.HasPrefix(e.Name, "%") || t == nil || t.Kind != cparse.TAuto || t.Expr == nil {
			break
		}
		e = t.Expr
	}
	return e.String()
}

// fileGlobals is the variables of a file under conditions that hold, generated
// ones included.
func (s *symbols) fileGlobals(file int32) []*cparse.Global {
	vars := s.variables[file]
	return append(vars[:len(vars):len(vars)], s.extraGlobals[file]...)
}

// function enters the instructions of one function.
func (s *solver) function(f *Func, sites []indirectSite, rq *requestSites) []indirectSite {
	for _, b := range f.IR.Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *cparse.Assign:
				s.assign(f, in)
			case *cparse.Call:
				if site, ok := s.call(f, in, rq); ok {
					sites = append(sites, site)
				}
			}
		}
		if r, ok := b.Term.(*cparse.Return); ok && r.X != nil {
			s.flow(f, r.X, s.cell(cellKey{resultOf(f.ID), ""}), Callback, "result", r.Pos)
		}
	}
	return sites
}

func (s *solver) assign(f *Func, a *cparse.Assign) {
	if a.Src == nil {
		return
	}
	if a.Src.Kind == cparse.EInit {
		sc := s.p.scope(f)
		if to, ok := s.cellOf(f, a.Dst); ok {
			initScope{s: s, f: f, place: Place{f.Path, a.Pos}, local: f.isLocalVar(a.Dst)}.value(a.Src, sc.typeOf(a.Dst), to, Ops, "variable", 0)
		}
		return
	}
	if !s.mentionsFunc(f, a.Src) && !s.mayHoldFunc(f, a.Src) {
		return
	}
	if to, ok := s.cellOf(f, a.Dst); ok {
		o := s.into(to, origin{kind: Callback, via: "local"})
		s.flow(f, a.Src, to, o.kind, o.via, a.Pos)
	}
}

// isLocalVar reports whether e is a local variable that is gone when f returns.
func (f *Func) isLocalVar(e *cparse.Expr) bool {
	if e.Kind != cparse.EName {
		return false
	}
	for _, l := range f.IR.Locals {
		if l.Name == e.Name {
			return !l.Static
		}
	}
	return false
}

// mentionsFunc reports whether e is the name of a function, perhaps cast.
func (s *solver) mentionsFunc(f *Func, e *cparse.Expr) bool {
	switch e.Kind {
	case cparse.EName:
		return f.locals[e.Name] == nil && s.p.Lookup(f, e.Name) != NoFunc
	case cparse.ECast:
		return s.mentionsFunc(f, e.X)
	case cparse.EUnary:
		return e.Op == "&" && s.mentionsFunc(f, e.X)
	case cparse.ECond:
		return e.Y != nil && (s.mentionsFunc(f, e.Y) || s.mentionsFunc(f, e.Z))
	}
	return false
}

// call enters one call; ok if it is one through a pointer.
func (s *solver) call(f *Func, c *cparse.Call, rq *requestSites) (indirectSite, bool) {
	fun := c.Fun
	for fun.Kind == cparse.ECast || fun.Kind == cparse.EUnary && fun.Op == "*" {
		fun = fun.X
	}
	if fun.Kind == cparse.EName && f.locals[fun.Name] == nil {
		rows := mechanisms()[fun.Name]
		s.handOver(f, c, fun.Name, rows, rq)
		if id := s.p.Lookup(f, fun.Name); id != NoFunc {
			s.direct(f, c, id, rows)
			return indirectSite{}, false
		}
		if len(rows) > 0 {
			return indirectSite{}, false
		}
	}
	to, ok := s.cellOf(f, fun)
	if fun.Kind == cparse.ECond { // (x ? f : g)(): a cell of its own holds both
		to, ok = s.cell(cellKey{siteKey{f.ID, c.Site}, ""}), true
		s.flow(f, fun, to, Callback, "choice", c.Pos)
	}
	if !ok {
		return indirectSite{f, c, "the type of the pointer is not known"}, true
	}
	s.callThrough(to, pendingCall{caller: f.ID, call: c})
	return indirectSite{f, c, "no function is stored there in what was read"}, true
}

func (s *solver) direct(f *Func, c *cparse.Call, id FuncID, rows []handOver) {
	kind, via := Direct, ""
	if c.Via != nil {
		kind, via = Macro, c.Via.Macro
	}
	s.edges = append(s.edges, Edge{Caller: f.ID, Callee: id, Kind: kind, Site: c.Site, Pos: c.Pos, Via: via})
	for _, r := range rows {
		if r.action == "async" {
			return
		}
	}
	s.pass(f, c, id)
}

// handOver applies the rows of mechanisms.txt to a call.
func (s *solver) handOver(f *Func, c *cparse.Call, name string, rows []handOver, rq *requestSites) {
	for _, r := range rows {
		if r.arg >= len(c.Args) {
			continue
		}
		arg := c.Args[r.arg]
		switch r.action {
		case "async":
			to := s.cell(cellKey{f.ID, name + " handover " + arg.String()})
			s.flow(f, arg, to, Async, r.kind, c.Pos)
			s.callThrough(to, pendingCall{caller: f.ID, call: c, kind: Async, via: r.kind})
		case "slot-call":
			if c.Dst != nil {
				s.include(s.cell(cellKey{"slot", arg.Name}), s.cell(cellKey{f.ID, c.Dst.Name}))
			}
		case "slot-set":
			if r.value < len(c.Args) {
				s.flow(f, c.Args[r.value], s.cell(cellKey{"slot", arg.Name}), Ops, arg.Name, c.Pos)
			}
		case "runs", "queues", "waits":
			s.waiting(f, c, r)
		case "request":
			rq.add(f, c, arg, true)
		case "serve":
			rq.add(f, c, arg, false)
		}
	}
}

// slots enters what file-scope definitions put into slots.
func (s *solver) slots() {
	for _, name := range sortedKeys(s.p.syms.slots) {
		for _, v := range s.p.syms.slots[name] {
			path := s.p.Files[v.file].Path
			in := initScope{s: s, f: fileScope(v.file, path), place: Place{path, v.pos}}
			in.value(v.value, typed{}, s.cell(cellKey{"slot", name}), Ops, name, 0)
		}
	}
}

// requestSites pairs the places that make requests with those that serve them.
type requestSites struct {
	made   []requestSite
	served map[string][]FuncID
}

type requestSite struct {
	f    *Func
	call *cparse.Call
	name string
}

// add notes a request; its identity is the argument's text without flags.
func (rq *requestSites) add(f *Func, c *cparse.Call, arg *cparse.Expr, made bool) {
	for arg.Kind == cparse.EBinary {
		arg = arg.X
	}
	if arg.Kind != cparse.EName || f.locals[arg.Name] != nil {
		return
	}
	if made {
		rq.made = append(rq.made, requestSite{f, c, arg.Name})
		return
	}
	if rq.served == nil {
		rq.served = map[string][]FuncID{}
	}
	rq.served[arg.Name] = append(rq.served[arg.Name], f.ID)
}

func (rq *requestSites) edges(s *solver) {
	for _, m := range rq.made {
		for _, to := range rq.served[m.name] {
			s.edges = append(s.edges, Edge{Caller: m.f.ID, Callee: to, Kind: Deferred, Site: m.call.Site, Pos: m.call.Pos,
				Via: strings.TrimSpace(m.name)})
		}
	}
}
