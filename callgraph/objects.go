package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// Cells are one for each member of a struct type, so that a call through a member
// leads to what any object of the type holds there. What several calls through
// members of one object may reach together is less: functions of one table. A table
// of functions is an initialiser; each has a number.

// A filling is a function in a member.
type filling struct {
	cell int32
	fn   FuncID
}

// A holding is where a function stands that is in a member.
type holding struct {
	tables []int32  // the initialisers that put it there, sorted
	open   bool     // something else did too
	names  []string // of objects that hold it, see nameOf
	loose  bool     // so does an object without a name
}

// objects is which initialisers put which functions into members.
type objects struct {
	current int32 // the initialiser that is entered now; 0: none
	count   int32
	name    string // of the object into which something is put now, or ""
	of      map[filling]*holding
}

// enter begins the initialiser of a struct, and returns what leave needs. Members of
// a struct without a name are those of the one around it.
func (o *objects) enter(st *cparse.Struct, name string) (outer objects) {
	outer = *o
	if st.Name != "" || outer.current == 0 {
		o.count++
		o.current, o.name = o.count, name
	}
	return outer
}

func (o *objects) leave(outer objects) { o.current, o.name = outer.current, outer.name }

// note enters that a function is put into a member.
func (o *objects) note(c int32, f FuncID) {
	k := filling{c, f}
	h := o.of[k]
	if h == nil {
		h = &holding{}
		o.of[k] = h
	}
	switch {
	case o.current == 0:
		h.open = true
	case len(h.tables) == 0 || h.tables[len(h.tables)-1] != o.current:
		h.tables = append(h.tables, o.current)
	}
	switch {
	case o.name == "":
		h.loose = true
	case !slices.Contains(h.names, o.name):
		h.names = append(h.names, o.name)
	}
}

// storedIn is a function in a member, as edges name it.
type storedIn struct {
	via string
	fn  FuncID
}

// A tableIndex is, for the members that calls go through, the initialisers that hold
// each function, sorted. What is put there in another way has none.
type tableIndex map[storedIn][]int32

func (s *solver) tableIndex() tableIndex {
	out := tableIndex{}
	open := map[storedIn]bool{}
	for i, c := range s.cells {
		owner, ok := c.key.owner.(*cparse.Struct)
		if !ok || len(c.calls) == 0 {
			continue
		}
		via := s.memberName(owner, c.key.name)
		for _, f := range c.order {
			k, h := storedIn{via, f}, s.objects.of[filling{int32(i), f}]
			open[k] = open[k] || h.open
			out[k] = append(out[k], h.tables...)
		}
	}
	for k, in := range out {
		if open[k] {
			delete(out, k)
		} else {
			slices.Sort(in)
		}
	}
	return out
}

// Together reports whether two calls through members of one object may reach these
// targets: it may be any object, unless both members are filled by initialisers only
// and none has both functions.
func (g *Graph) Together(a, b *Edge) bool {
	if a.Kind != Ops || b.Kind != Ops || ownerOf(a.Via) != ownerOf(b.Via) {
		return true
	}
	return g.tables.together(storedIn{a.Via, a.Callee}, storedIn{b.Via, b.Callee})
}

func (t tableIndex) together(a, b storedIn) bool {
	x, y := t[a], t[b]
	return x == nil || y == nil || meet(x, y)
}

// ownerOf is the struct of a member that an edge goes through.
func ownerOf(via string) string { return via[:max(strings.LastIndexByte(via, '.'), 0)] }

// meet reports whether two sorted lists have a number in common.
func meet(a, b []int32) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// TableOf is the object whose member a call goes through, as it is written: nil if
// the call names a function, or goes through something else.
func TableOf(c *cparse.Call) *cparse.Expr {
	fun := bare(c.Fun, "*")
	if fun == nil || fun.Kind != cparse.EMember {
		return nil
	}
	return fun.X
}

// ownTables drops edges that lead out of a table to itself: a function that is only
// ever called through a table, and calls on through the table of the object that it
// was given (seq->op->start() in what is some op->next), finds its own there. Not if
// it puts another table there, nor if it calls the very member that it is in: that is
// how a function looks that stands in for the real table until it is known. A call
// whose targets are all in other tables keeps them: its own table is not the whole truth.
func (s *solver) ownTables(tables tableIndex) {
	in := s.onlyThrough()
	sites := map[FuncID]map[int32]bool{}
	strange := func(e *Edge) bool {
		as := in[e.Caller]
		if e.Kind != Ops || len(as) == 0 || ownerOf(as[0].via) != ownerOf(e.Via) {
			return false
		}
		through, known := sites[e.Caller]
		if !known {
			through = s.funcs[e.Caller].throughOwn()
			sites[e.Caller] = through
		}
		to := storedIn{e.Via, e.Callee}
		return through[e.Site] && !slices.ContainsFunc(as, func(k storedIn) bool { return k.via == to.via || tables.together(k, to) })
	}
	drop, left := make([]bool, len(s.edges)), map[siteKey]bool{} // left: whether anything is, of the sites that lose targets
	for i := range s.edges {
		if e := &s.edges[i]; strange(e) {
			drop[i], left[siteKey{e.Caller, e.Site}] = true, false
		}
	}
	for i := range s.edges {
		at := siteKey{s.edges[i].Caller, s.edges[i].Site}
		if _, loses := left[at]; loses && !drop[i] {
			left[at] = true
		}
	}
	n := 0
	for i, e := range s.edges {
		if !drop[i] || !left[siteKey{e.Caller, e.Site}] {
			s.edges[n] = e
			n++
		}
	}
	s.edges = s.edges[:n]
}

// onlyThrough is the members that each function is called through, if these are of
// one struct and nothing calls it in another way.
func (s *solver) onlyThrough() [][]storedIn {
	in := make([][]storedIn, len(s.p.Funcs))
	other := make([]bool, len(s.p.Funcs))
	for i := range s.edges {
		e := &s.edges[i]
		own := in[e.Callee]
		switch k := (storedIn{e.Via, e.Callee}); {
		case other[e.Callee]:
		case e.Kind != Ops || len(own) > 0 && ownerOf(own[0].via) != ownerOf(e.Via):
			other[e.Callee], in[e.Callee] = true, nil
		case !slices.Contains(own, k):
			in[e.Callee] = append(own, k)
		}
	}
	return in
}

// throughOwn is the calls that go through a table that a parameter points to, or that
// a member of what it points to does, and that the function does not change. It must
// be the only parameter of its type: of two objects one may have another table.
func (f *Func) throughOwn() map[int32]bool {
	types, changed := map[string]int{}, map[string]bool{}
	for _, p := range f.IR().Params {
		types[p.Type.String()]++
	}
	own := map[string]bool{}
	for _, p := range f.IR().Params {
		own[p.Name] = types[p.Type.String()] == 1
	}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			if a, ok := in.(*cparse.Assign); ok {
				changed[a.Dst.String()] = true
			}
		}
	}
	out := map[int32]bool{}
	for _, c := range f.calls() {
		table := TableOf(c)
		root := table
		if root != nil && root.Kind == cparse.EMember && root.Arrow {
			root = root.X
		}
		out[c.Site] = root != nil && root.Kind == cparse.EName && own[root.Name] && !changed[root.Name] && !changed[table.String()]
	}
	return out
}
