package callgraph

import (
	"maps"
	"slices"
	"strings"

	"klockscan/cparse"
)

// Build finds the edges of a program: direct calls first, then what function
// pointers may hold, then asynchronous and deferred hand-over.
func Build(p *Program) *Graph {
	s := newSolver(p)
	sites := s.enter()
	s.solve()
	s.shareUnions(sites)
	s.solve()
	s.requests.edges(s)
	var unresolved []Unresolved
	from := s.sources()
	for _, site := range sites {
		if !s.resolved(site) {
			cause, reason := s.reason(site, from)
			unresolved = append(unresolved, Unresolved{Caller: site.f.ID, Site: site.call.Site, Pos: site.call.Pos,
				Expr: site.f.calleeText(site.call), Cause: cause, Reason: reason})
		}
	}
	tables := s.tableIndex()
	s.ownTables(tables)
	stored := s.stores()
	p, unresolved = s.instantiate(stored, unresolved)
	g := NewGraph(p, s.edges, unresolved)
	g.stored, g.tables, g.inOrder = stored, tables, s.inOrder
	clear(p.syms.elements) // nobody else asks what macros in initialisers stand for
	g.Entries()
	return g
}

// enter enters all variables and functions, and returns the calls through
// pointers.
func (s *solver) enter() []indirectSite {
	for i := range s.p.Files {
		if !s.p.syms.part[int32(i)] {
			for _, g := range s.p.syms.fileGlobals(int32(i)) {
				s.variable(g, int32(i))
			}
		}
	}
	s.slots()
	var sites []indirectSite
	for _, f := range s.p.Funcs {
		if f.IR() != nil && !f.External {
			sites = s.function(f, sites)
			s.insideEdges(f)
		}
	}
	s.enterOutside(s.p.outside)
	return sites
}

// enterOutside enters what was read for its stores only: assignments, and the
// arguments of calls by name.
func (s *solver) enterOutside(o outside) {
	clear(s.numbers.known) // files may have come since
	for _, t := range o.tables {
		s.variable(t.what, t.file)
	}
	first := len(s.funcs)
	for _, f := range o.funcs {
		own := *f
		own.ID = FuncID(len(s.funcs))
		s.funcs = append(s.funcs, &own)
	}
	for _, f := range s.funcs[first:] {
		for _, b := range f.Body().Blocks {
			for _, in := range b.Instrs {
				switch in := in.(type) {
				case *cparse.Assign:
					s.assign(f, in)
				case *cparse.Call:
					if id := s.lookup(f, in.Fun); id != NoFunc {
						s.pass(f, in, id, nil)
					}
				}
			}
		}
	}
}

// lookup is the function, of the program or outside, that an outside function
// calls by name.
func (s *solver) lookup(f *Func, fun *cparse.Expr) FuncID {
	if fun.Kind != cparse.EName || f.vars()[fun.Name] != nil {
		return NoFunc
	}
	if id := s.p.Lookup(f, fun.Name); id != NoFunc {
		return id
	}
	fn, at := s.p.syms.function(fun.Name, f.fileNo)
	for _, o := range s.funcs[len(s.p.Funcs):] {
		if fn != nil && o.fileNo == at && o.Name == fn.Name {
			return o.ID
		}
	}
	return NoFunc
}

// An indirectSite is a call through a pointer.
type indirectSite struct {
	f    *Func
	call *cparse.Call
	cell int32 // that it goes through; -1: not known
}

// calleeText is the callee of an indirect call in words: for a temporary, the
// call or expression whose value it is.
func (f *Func) calleeText(c *cparse.Call) string {
	e := c.Fun
	for range maxMacroDepth {
		t := f.vars()[e.Name]
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

// function enters the instructions of one function. Where the program is still
// being completed it notes those through which no function pointer goes: files that
// come later change nothing of that, and Build leaves them out.
func (s *solver) function(f *Func, sites []indirectSite) []indirectSite {
	n, idle := int32(0), f.idle
	if s.watch {
		f.idle = newBitset(f.instructions())
	}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			s.open = false
			passes := idle == nil || !idle.has(n)
			switch in := in.(type) {
			case *cparse.Assign:
				passes = passes && s.assign(f, in)
			case *cparse.Call:
				var site indirectSite
				if site, passes = s.call(f, in, passes); site.call != nil {
					sites = append(sites, site)
				}
			}
			if s.watch && !passes && !s.open {
				f.idle.set(n)
			}
			n++
		}
		if r, ok := b.Term.(*cparse.Return); ok && s.carries(f, r.X) {
			s.flow(f, r.X, s.cell(cellKey{resultOf(f.ID), ""}), Callback, "result", r.Pos)
		}
	}
	return sites
}

// instructions is how many there are in the body.
func (f *Func) instructions() int {
	n := 0
	for _, b := range f.Body().Blocks {
		n += len(b.Instrs)
	}
	return n
}

// assign enters an assignment; false if no function pointer goes through it.
func (s *solver) assign(f *Func, a *cparse.Assign) bool {
	if a.Src == nil {
		return false
	}
	if a.Src.Kind == cparse.EInit {
		sc := s.p.scope(f)
		if to, ok := s.cellOf(f, a.Dst); ok {
			initScope{s: s, f: f, place: Place{f.Path, a.Pos}, local: f.isLocalVar(a.Dst)}.value(a.Src, sc.typeOf(a.Dst), to, Ops, "variable", 0)
		}
		return true
	}
	if !s.mentionsFunc(f, a.Src) && !s.mayHoldFunc(f, a.Src) {
		return false
	}
	if to, ok := s.cellOf(f, a.Dst); ok {
		o := s.into(to, origin{kind: Callback, via: "local"})
		s.objects.name = s.holderOf(f, a.Dst, to)
		s.flow(f, a.Src, to, o.kind, o.via, a.Pos)
		s.objects.name = ""
		s.handOverByStore(f, a, s.cells[to].async)
	}
	return true
}

// handOverByStore makes the edges of an assignment to a member whose functions
// run later: timer->function = f.
func (s *solver) handOverByStore(f *Func, a *cparse.Assign, kind string) {
	if kind == "" || int(f.ID) >= len(s.p.Funcs) {
		return
	}
	to := s.cell(cellKey{f.ID, kind + " stored from " + a.Src.String()})
	s.flow(f, a.Src, to, Async, kind, a.Pos)
	s.callThrough(to, pendingCall{caller: f.ID, call: &cparse.Call{Site: NoSite, Pos: a.Pos}, kind: Async, via: kind})
}

// isLocalVar reports whether e is a local variable that is gone when f returns.
func (f *Func) isLocalVar(e *cparse.Expr) bool {
	if e.Kind != cparse.EName {
		return false
	}
	for _, l := range f.Body().Locals {
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
		if f.vars()[e.Name] != nil {
			return false
		}
		found := s.p.Lookup(f, e.Name) != NoFunc
		s.open = s.open || !found && (len(s.p.syms.funcsOf(e.Name)) > 0 || len(s.p.syms.protosOf(e.Name)) > 0)
		return found
	case cparse.ECast:
		return s.mentionsFunc(f, e.X)
	case cparse.EUnary:
		return e.Op() == "&" && s.mentionsFunc(f, e.X)
	case cparse.ECond:
		return e.Y != nil && (s.mentionsFunc(f, e.Y) || s.mentionsFunc(f, e.Z()))
	}
	return false
}

// call enters one call. The site is set if it is one through a pointer. The
// arguments and the result of one by name are left out unless passes is set; it is
// given back false if no function pointer goes through them.
func (s *solver) call(f *Func, c *cparse.Call, passes bool) (site indirectSite, passed bool) {
	fun := bare(c.Fun, "*")
	if fun.Kind == cparse.EName && f.vars()[fun.Name] == nil {
		rows := mechanisms()[fun.Name]
		s.handOver(f, c, fun.Name, rows)
		if id := s.p.Lookup(f, fun.Name); id != NoFunc {
			s.direct(f, c, id)
			return indirectSite{}, passes && s.pass(f, c, id, rows)
		}
		if len(rows) > 0 {
			return indirectSite{}, true
		}
	}
	to, ok := s.cellOf(f, fun)
	if fun.Kind == cparse.ECond { // (x ? f : g)(): a cell of its own holds both
		to, ok = s.cell(cellKey{siteKey{f.ID, c.Site}, ""}), true
		s.flow(f, fun, to, Callback, "choice", c.Pos)
	}
	if !ok {
		return indirectSite{f, c, -1}, true
	}
	s.callThrough(to, pendingCall{caller: f.ID, call: c})
	return indirectSite{f, c, to}, true
}

func (s *solver) direct(f *Func, c *cparse.Call, id FuncID) {
	kind, via := Direct, ""
	if c.Via != nil {
		kind, via = Macro, c.Via.Macro
	}
	s.edge(Edge{Caller: f.ID, Callee: id, Kind: kind, Site: c.Site, Pos: c.Pos, Via: via})
	s.called[id] = true
}

// handOver applies the rows of mechanisms.txt to a call.
func (s *solver) handOver(f *Func, c *cparse.Call, name string, rows []handOver) {
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
			for _, m := range s.kindCells(r.kind) {
				s.include(to, m)
			}
		case "value":
			if c.Dst != nil {
				s.flow(f, arg, s.cell(cellKey{f.ID, c.Dst.Name}), Callback, name, c.Pos) // &p and p have one cell
			}
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
			s.requests.add(f, c, arg, true)
		case "serve":
			s.requests.add(f, c, arg, false)
		}
	}
}

// kindCells is the members that hold what runs as a kind.
func (s *solver) kindCells(kind string) []int32 {
	var out []int32
	for _, m := range kindMembers()[kind] {
		for _, st := range s.p.syms.structsOf(m.tag) {
			out = append(out, s.cell(cellKey{st.what, m.member}))
		}
	}
	return out
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
	if arg.Kind != cparse.EName || f.vars()[arg.Name] != nil {
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
			s.edges = append(s.edges, deferred(m, to))
		}
	}
}

// deferred is the edge of a request to one who serves it.
func deferred(m requestSite, to FuncID) Edge {
	return Edge{Caller: m.f.ID, Callee: to, Kind: Deferred, Site: m.call.Site, Pos: m.call.Pos, Via: strings.TrimSpace(m.name)}
}

// shareUnions lets members of a union that are called and never filled hold what
// its other members hold: they lie in one place.
func (s *solver) shareUnions(sites []indirectSite) {
	cells, _ := s.needed(sites)
	for _, c := range slices.Sorted(maps.Keys(cells)) {
		key := s.cells[c].key
		st, ok := key.owner.(*cparse.Struct)
		if !ok || !st.Union {
			continue
		}
		for i := range st.Fields {
			if name := st.Fields[i].Name; name != "" {
				s.include(s.cell(cellKey{st, name}), c)
			}
		}
	}
}
