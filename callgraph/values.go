package callgraph

import (
	"slices"

	"klockscan/cparse"
)

// Which functions a function pointer may hold is found by an inclusion-based
// analysis (Andersen, "Program Analysis and Specialization for the C
// Programming Language", 1994) that is insensitive to context and flow and
// sensitive to fields: there is one cell for each member of each struct type,
// each variable, each parameter and each result, and a cell includes all cells
// that are assigned to it. Field cells are keyed by the struct's definition,
// so that members of one name in different structs stay apart.

// A cellKey names a cell.
type cellKey struct {
	owner any    // *cparse.Struct, *cparse.Global, FuncID (local or result), or string (slot)
	name  string // member or local; "" for a variable; "return" with result set for a result
}

// resultOf marks the cell of a function's result.
type resultOf FuncID

// A cell holds the functions that a place may hold.
type cell struct {
	key   cellKey
	holds map[FuncID]origin // made when the first arrives: most cells stay empty
	order []FuncID          // holds in the order of arrival
	sent  int               // how many of order all of to and calls have seen
	to    []int32           // cells that include this one
	calls []pendingCall
	async string // what runs the functions in it later or elsewhere, or ""
}

// An origin says how a function got into its first cell.
type origin struct {
	kind   EdgeKind
	via    string
	place  Place
	handed bool // to another context, by a row of mechanisms.txt
}

// A pendingCall is a call through a cell.
type pendingCall struct {
	caller FuncID
	call   *cparse.Call
	kind   EdgeKind // BadKind: by the origin; else Async
	via    string
}

// A solver collects cells and the edges that follow from them.
type solver struct {
	p         *Program
	cells     []*cell
	slab      []cell // what the next cells are taken from
	index     map[cellKey]int32
	work      []int32
	queue     map[int32]bool
	edges     []Edge
	initDepth int // nesting of macros in initialisers
	seen      map[edgeKey]bool
	outer     map[*cparse.Struct]*cparse.Struct // the named struct around an anonymous member
	// indirect counts the targets of each indirect call site.
	indirect map[siteKey]int
	requests requestSites
	inOrder  map[string]bool        // names of structs of which some object lists its members in order
	tables   map[*cparse.Struct]int // variables with an initialiser, by type
	called   map[FuncID]bool        // by name, or through a pointer
	funcs    []*Func                // the program's, then those outside that only store
	watch    bool                   // note what is stored and not linked
	counted  int                    // edges, if watch is set
	missed   []missedStore
	numbers  numbers
	objects  objects
	assigned map[*Func]map[string]bool // names that functions give new values, see assigns
	open     bool                      // what was asked about an instruction hangs on a name that nothing read so far defines
}

func newSolver(p *Program) *solver {
	return &solver{p: p, funcs: p.Funcs, index: make(map[cellKey]int32, p.sizes.cells), cells: make([]*cell, 0, p.sizes.cells),
		edges: make([]Edge, 0, p.sizes.edges), outer: map[*cparse.Struct]*cparse.Struct{}, queue: map[int32]bool{},
		seen: map[edgeKey]bool{}, indirect: map[siteKey]int{}, tables: map[*cparse.Struct]int{}, inOrder: map[string]bool{}, called: map[FuncID]bool{},
		numbers: numbers{p, map[string]meaning{}}, objects: objects{of: map[filling]*holding{}},
		assigned: map[*Func]map[string]bool{}}
}

type siteKey struct {
	f    FuncID
	site int32
}

type edgeKey struct {
	siteKey
	callee FuncID
	kind   EdgeKind
}

// cellSlab is how many cells are made at once.
const cellSlab = 512

func (s *solver) cell(k cellKey) int32 {
	if i, ok := s.index[k]; ok {
		return i
	}
	i := int32(len(s.cells))
	s.index[k] = i
	if len(s.slab) == cap(s.slab) {
		s.slab = make([]cell, 0, cellSlab)
	}
	s.slab = append(s.slab, cell{key: k, async: s.runBy(k)})
	s.cells = append(s.cells, &s.slab[len(s.slab)-1])
	return i
}

// runBy is what runs the functions in a member later or elsewhere, or "".
func (s *solver) runBy(k cellKey) string {
	if st, ok := k.owner.(*cparse.Struct); ok {
		for _, r := range mechanisms()[memberRow(s.named(st).Name, k.name)] {
			return r.kind
		}
	}
	return ""
}

// add puts a function into a cell.
func (s *solver) add(c int32, f FuncID, o origin) {
	k := s.cells[c]
	if k.async != "" {
		o.kind, o.via = Async, k.async
	}
	if _, ok := k.key.owner.(*cparse.Struct); ok && !s.watch {
		s.objects.note(c, f)
	}
	if _, ok := k.holds[f]; ok {
		return
	}
	if k.holds == nil {
		k.holds = map[FuncID]origin{}
	}
	k.holds[f] = o
	k.order = append(k.order, f)
	s.wake(c)
}

func (s *solver) wake(c int32) {
	if !s.queue[c] {
		s.queue[c] = true
		s.work = append(s.work, c)
	}
}

// include makes cell to hold all that from holds.
func (s *solver) include(from, to int32) {
	if from == to {
		return
	}
	k := s.cells[from]
	for _, t := range k.to {
		if t == to {
			return
		}
	}
	k.to = append(k.to, to)
	for _, f := range k.order[:k.sent] { // the rest is to be sent to all
		s.add(to, f, s.into(to, k.holds[f]))
	}
}

func (s *solver) callThrough(c int32, p pendingCall) {
	k := s.cells[c]
	k.calls = append(k.calls, p)
	for _, f := range k.order[:k.sent] {
		s.target(p, f, k.holds[f])
	}
}

// solve propagates until nothing changes.
func (s *solver) solve() {
	for len(s.work) > 0 {
		c := s.work[0]
		s.work = s.work[1:]
		s.queue[c] = false
		k := s.cells[c]
		arrived := k.order[k.sent:]
		k.sent = len(k.order)
		for i := 0; i < len(k.to); i++ { // target may append to both
			for _, f := range arrived {
				s.add(k.to[i], f, s.into(k.to[i], k.holds[f]))
			}
		}
		for i := 0; i < len(k.calls); i++ {
			for _, f := range arrived {
				s.target(k.calls[i], f, k.holds[f])
			}
		}
	}
}

// into is the origin of a function that goes into a cell with origin o: a
// member, variable or slot names itself in the edges that come of it. What runs
// later still does when the one who runs it has copied it.
func (s *solver) into(to int32, o origin) origin {
	if o.kind == Async {
		return o
	}
	key := s.cells[to].key
	switch owner := key.owner.(type) {
	case *cparse.Struct:
		o.kind, o.via = Ops, s.memberName(owner, key.name)
	case *cparse.Global:
		o.kind, o.via = Ops, "variable "+owner.Name
	case string:
		o.kind, o.via = Ops, key.name // of a slot
		if owner == "global" {
			o.via = "variable " + key.name
		}
	}
	return o
}

// memberName is the name of a field cell in reports; an anonymous member goes by
// the struct around it.
func (s *solver) memberName(st *cparse.Struct, field string) string {
	name := s.named(st).Name
	if name == "" {
		name = "{...}"
	}
	if s.named(st).Union {
		return "union " + name + "." + field
	}
	return "struct " + name + "." + field
}

// named is a struct, or the one around an anonymous member.
func (s *solver) named(st *cparse.Struct) *cparse.Struct {
	if outer := s.outer[st]; st.Name == "" && outer != nil {
		return outer
	}
	return st
}

// target makes the edge of an indirect call and passes the arguments on.
func (s *solver) target(c pendingCall, f FuncID, o origin) {
	kind, via := o.kind, o.via
	if c.kind != BadKind {
		kind, via = c.kind, c.via
	}
	site := siteKey{c.caller, c.call.Site}
	key := edgeKey{site, f, kind}
	if s.seen[key] {
		return
	}
	s.seen[key] = true
	s.indirect[site]++
	s.called[f] = true
	s.edge(Edge{Caller: c.caller, Callee: f, Kind: kind, Site: c.call.Site, Pos: c.call.Pos,
		Via: via, Evidence: []Place{o.place}})
	if kind.Sync() {
		s.pass(s.funcs[c.caller], c.call, f, nil)
	}
}

// edge adds an edge; where only what is missing is of interest, it is counted.
func (s *solver) edge(e Edge) {
	if s.watch {
		s.counted++
		return
	}
	s.edges = append(s.edges, e)
}

// pass includes the arguments of a call in the parameters of its target, and
// the target's result in the call's temporary; false if no function pointer can
// be among them. What rows hand over is not passed.
func (s *solver) pass(f *Func, c *cparse.Call, callee FuncID, rows []handOver) (passed bool) {
	target := s.funcs[callee]
	if target.External || target.IR() == nil {
		return true // its body may come
	}
	for i, a := range c.Args {
		if i >= len(target.IR().Params) {
			break
		}
		if slices.ContainsFunc(rows, func(r handOver) bool { return r.action == "async" && r.arg == i }) {
			continue
		}
		if s.carries(f, a) {
			passed = true
			s.flow(f, a, s.cell(cellKey{callee, target.IR().Params[i].Name}), Callback, "argument", c.Pos)
		}
	}
	if c.Dst != nil && s.mayHoldFunc(f, c.Dst) {
		passed = true
		s.include(s.cell(cellKey{resultOf(callee), ""}), s.cell(cellKey{f.ID, c.Dst.Name}))
	}
	return passed
}

// carries reports whether flow does anything with a value: most arguments need
// no cell.
func (s *solver) carries(f *Func, e *cparse.Expr) bool {
	if e == nil {
		return false
	}
	switch e.Kind {
	case cparse.ECast:
		return s.carries(f, e.X)
	case cparse.EUnary:
		return (e.Op() == "&" || e.Op() == "*") && s.carries(f, e.X)
	case cparse.ECond:
		return s.carries(f, e.Y) || s.carries(f, e.Z())
	case cparse.EBinary, cparse.EInt, cparse.EBad, cparse.EStr, cparse.EInit, cparse.ESizeof, cparse.EType:
		return false
	case cparse.EName:
		return f.vars()[e.Name] == nil || s.mayHoldFunc(f, e)
	}
	return s.mayHoldFunc(f, e)
}

// flow puts the value of e, in f, into a cell.
func (s *solver) flow(f *Func, e *cparse.Expr, to int32, kind EdgeKind, via string, pos cparse.Pos) {
	if e == nil {
		return
	}
	switch e.Kind {
	case cparse.EName:
		if f.vars()[e.Name] == nil {
			if id := s.p.Lookup(f, e.Name); id != NoFunc {
				s.add(to, id, origin{kind: kind, via: via, place: Place{f.Path, pos}, handed: kind == Async})
				return
			}
			if s.watch {
				if fn, _ := s.p.syms.function(e.Name, f.fileNo); fn != nil || len(s.p.syms.protosOf(e.Name)) > 0 {
					s.missed = append(s.missed, missedStore{to, e.Name, f.fileNo})
					return
				}
			}
		}
	case cparse.ECast:
		s.flow(f, e.X, to, kind, via, pos)
		return
	case cparse.EUnary:
		if e.Op() == "&" || e.Op() == "*" {
			s.flow(f, e.X, to, kind, via, pos)
		}
		return
	case cparse.ECond:
		s.flow(f, e.Y, to, kind, via, pos)
		s.flow(f, e.Z(), to, kind, via, pos)
		return
	case cparse.EBinary, cparse.EInt, cparse.EBad, cparse.EStr, cparse.EInit, cparse.ESizeof, cparse.EType:
		return
	}
	if !s.mayHoldFunc(f, e) {
		return
	}
	if from, ok := s.cellOf(f, e); ok {
		s.include(from, to)
	}
}

// bare is an expression without casts, and without an operator that means nothing to
// functions: & of one is its name, and * of a pointer to one is the pointer (C11 6.3.2.1).
func bare(e *cparse.Expr, op string) *cparse.Expr {
	for e != nil && (e.Kind == cparse.ECast || e.Kind == cparse.EUnary && e.Op() == op) {
		e = e.X
	}
	return e
}

// mayHoldFunc reports whether e may hold a function pointer: by its type, or
// because the type is not known.
func (s *solver) mayHoldFunc(f *Func, e *cparse.Expr) bool {
	sc := s.p.scope(f)
	may := sc.mayHoldFunc(e)
	s.open = s.open || sc.open
	return may
}

func (sc *scopeOf) mayHoldFunc(e *cparse.Expr) bool {
	t := sc.strip(sc.typeOf(e))
	if t.t == nil || t.t.Kind == cparse.TPtr && sc.strip(typed{t.t.Elem, t.file}).t == nil {
		if e.Kind == cparse.ECast || e.Kind == cparse.EUnary && e.X != nil { // a cast to a type that is not known
			return sc.mayHoldFunc(e.X)
		}
		return t.t == nil && e.Kind == cparse.EName
	}
	for range 4 {
		switch t.t.Kind {
		case cparse.TFunc:
			return true
		case cparse.TPtr, cparse.TArray:
			t = sc.strip(typed{t.t.Elem, t.file})
			if t.t == nil {
				return false
			}
			if t.t.Kind == cparse.TVoid {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// cellOf is the cell of an lvalue or value in f.
func (s *solver) cellOf(f *Func, e *cparse.Expr) (int32, bool) {
	switch e.Kind {
	case cparse.EName:
		if f.vars()[e.Name] != nil {
			return s.cell(cellKey{f.ID, e.Name}), true
		}
		if g, _ := s.p.syms.global(e.Name, f.fileNo); g != nil {
			return s.cell(s.globalKey(g)), true
		}
	case cparse.EMember:
		sc := s.p.scope(f)
		if st, _ := sc.structOf(sc.typeOf(e.X)); st != nil {
			if owner := s.fieldOwner(st, e.Name); owner != nil {
				return s.cell(cellKey{owner, e.Name}), true
			}
		}
	case cparse.EIndex, cparse.ECast:
		return s.cellOf(f, e.X)
	case cparse.EUnary:
		if e.Op() == "*" || e.Op() == "&" {
			return s.cellOf(f, e.X)
		}
	}
	return 0, false
}

// globalKey gives all declarations of a linked variable one cell.
func (s *solver) globalKey(g *cparse.Global) cellKey {
	if g.Static {
		return cellKey{g, ""}
	}
	return cellKey{"global", g.Name}
}

// fieldOwner is the struct, st or an anonymous member of it, that has the field.
func (s *solver) fieldOwner(st *cparse.Struct, name string) *cparse.Struct {
	owner := fieldOwner(st, name, 0)
	if owner != nil && owner != st {
		s.nest(owner, s.named(st))
	}
	if f := findField(st, name, 0); f != nil {
		for t := f.Type; t != nil; t = t.Elem {
			if t.Def != nil {
				s.nest(t.Def, s.named(st))
			}
		}
	}
	return owner
}

// nest notes the struct around one without a name.
func (s *solver) nest(inner, outer *cparse.Struct) {
	if inner.Name == "" && s.outer[inner] == nil {
		s.outer[inner] = outer
	}
}

func fieldOwner(s *cparse.Struct, name string, depth int) *cparse.Struct {
	if depth > maxType {
		return nil
	}
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return s
		}
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Name == "" && f.Type != nil && f.Type.Def != nil {
			if o := fieldOwner(f.Type.Def, name, depth+1); o != nil {
				return o
			}
		}
	}
	return nil
}
