package callgraph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"klockscan/cparse"
)

// What a body says about function pointers is the constraints that it adds to those of
// the program: cells, what they include and hold, calls through them. If two versions of
// a body add the same ones, calls through pointers lead where they led. Places and the
// numbers of call sites may differ; which is which is told.

// said is what one function says about function pointers, as the only one of its
// program.
type said struct {
	f      *Func
	s      *solver
	sites  []indirectSite
	passed []entryReason // functions that are given to functions without a body
	given  []FuncID      // those
	added  bool          // it was not there
	own    map[int32]bool
	lists  map[string]bool // calls that have to do with lists of objects, see listCalls

	used    []int32       // the cells that matter, see number
	numbers map[int32]int // of these
}

// A probe is a cell that takes what a call through a pointer would pass on: an argument,
// or the result.
type probe struct{ cell, call, arg int }

// says enters a function alone.
func (p *Program) says(f *Func) *said {
	out := &said{f: f, s: newSolver(p), own: f.throughOwn()}
	s := out.s
	out.lists = s.listCalls(f)
	out.sites = s.function(f, nil)
	s.insideEdges(f)
	for i := range len(s.cells) {
		for n, c := range s.cells[i].calls {
			for k, a := range c.call.Args {
				if s.carries(f, a) {
					s.flow(f, a, s.cell(cellKey{probe{i, n, k}, ""}), Callback, "argument", c.call.Pos)
				}
			}
			if c.call.Dst != nil && s.mayHoldFunc(f, c.call.Dst) {
				s.include(s.cell(cellKey{probe{i, n, -1}, ""}), s.cell(cellKey{f.ID, c.call.Dst.Name}))
			}
		}
	}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			if c, ok := in.(*cparse.Call); ok {
				p.passed(f, c, func(id FuncID, r entryReason) {
					out.given, out.passed = append(out.given, id), append(out.passed, r)
				})
			}
		}
	}
	return out
}

// nothing reports whether a function that was not there says nothing: it may name
// functions that nobody knows, and hand on in itself what it has from nowhere.
func (a *said) nothing() bool {
	a.number()
	return len(a.through())+len(a.used)+len(a.given)+len(a.lists)+len(a.s.requests.served) == 0
}

// through is the sites of calls through pointers that are known.
func (a *said) through() []indirectSite {
	var out []indirectSite
	for _, s := range a.sites {
		if s.cell >= 0 {
			out = append(out, s)
		}
	}
	return out
}

// listCalls is the calls by name of a function that pass on a list of objects that are
// run together, or such an object, with what they name: who enters what where is found
// out over the whole program.
func (s *solver) listCalls(f *Func) map[string]bool {
	out, sc := map[string]bool{}, s.p.scope(f)
	for _, c := range f.calls() {
		if c.Fun.Kind != cparse.EName {
			continue
		}
		text, lists := c.Fun.Name, false
		for _, a := range c.Args {
			st, _ := sc.structOf(sc.typeOf(a))
			lists = lists || st != nil && listed()[st.Name]
			n := s.nameOf(f, a)
			text += fmt.Sprintf("|%s %d", n.name, n.param)
		}
		if lists {
			out[text] = true
		}
	}
	return out
}

// listed is the structs that are lists of objects, or such objects.
var listed = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for name, rows := range mechanisms() {
		for _, r := range rows {
			switch r.action {
			case "registry":
				out[strings.TrimSuffix(name, memberRow("", ""))] = true
			case "dispatches":
				tag, _, _ := strings.Cut(r.kind, ".")
				out[tag] = true
			}
		}
	}
	return out
})

// A renaming is which places and call sites of one version are which of the other.
type renaming struct {
	sites  map[int32]int32
	places map[cparse.Pos]cparse.Pos
}

func (r *renaming) place(a, b cparse.Pos) { r.places[a] = b }

func (r *renaming) call(a, b *cparse.Call) {
	if a.Site != NoSite {
		r.sites[a.Site] = b.Site
	}
	r.place(a.Pos, b.Pos)
}

// alike compares what two versions of a function say; nil if it is not the same.
func alike(a, b *said) *renaming {
	r := &renaming{map[int32]int32{}, map[cparse.Pos]cparse.Pos{}}
	a.number()
	b.number()
	from, to := a.through(), b.through()
	if !slices.Equal(a.given, b.given) || !maps.Equal(a.lists, b.lists) || len(from) != len(to) || len(a.used) != len(b.used) {
		return nil
	}
	for i := range a.passed {
		if a.passed[i].rank != b.passed[i].rank || a.passed[i].via != b.passed[i].via {
			return nil
		}
		r.place(a.passed[i].place.Pos, b.passed[i].place.Pos)
	}
	for i := range from {
		if a.at(from[i].cell) != b.at(to[i].cell) {
			return nil
		}
		r.call(from[i].call, to[i].call)
	}
	for i := range a.used {
		if !r.cells(a, b, a.used[i], b.used[i]) {
			return nil
		}
	}
	if !r.requests(&a.s.requests, &b.s.requests) {
		return nil
	}
	for from, to := range r.sites {
		if a.own[from] != b.own[to] {
			return nil
		}
	}
	return r
}

// number numbers the cells that matter: something goes into them or comes out of them,
// and it is not all over with it in the function.
func (a *said) number() {
	a.numbers, a.used = map[int32]int{}, nil
	used := make([]bool, len(a.s.cells))
	for i, c := range a.s.cells {
		used[i] = used[i] || len(c.order)+len(c.to)+len(c.calls) > 0
		for _, to := range c.to {
			used[to] = true
		}
		if of, ok := c.key.owner.(runBy); ok {
			used[of] = used[of] || used[i]
		}
	}
	leaves := a.leaving()
	for i := range used {
		if used[i] && leaves[i] {
			a.numbers[int32(i)] = len(a.used)
			a.used = append(a.used, int32(i))
		}
	}
}

// leaving is the cells whose content leaves the function, or is called in it. What is in
// a variable that only other variables of the function include is nobody's business. A
// function that was not there gives its result to functions that changed, who
// say so; from nowhere nothing comes.
func (a *said) leaving() []bool {
	leaves, cells := make([]bool, len(a.s.cells)), a.s.cells
	var work []int32
	mark := func(i int32) {
		if !leaves[i] {
			leaves[i] = true
			work = append(work, i)
		}
	}
	into, full := make([][]int32, len(cells)), a.filled()
	for i, c := range cells {
		for _, to := range c.to {
			into[to] = append(into[to], int32(i))
		}
		if len(c.calls) > 0 || !a.isVariable(c.key) && (!a.added || !a.isOwnResult(c.key) || full[i]) {
			mark(int32(i))
		}
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, from := range into[i] {
			mark(from)
		}
	}
	return leaves
}

// filled is the cells into which something may come.
func (a *said) filled() []bool {
	full := make([]bool, len(a.s.cells))
	var work []int32
	mark := func(i int32) {
		if !full[i] {
			full[i] = true
			work = append(work, i)
		}
	}
	for i, c := range a.s.cells {
		if len(c.order) > 0 || !a.isVariable(c.key) && !a.isOwnResult(c.key) {
			mark(int32(i))
		}
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, to := range a.s.cells[i].to {
			mark(to)
		}
	}
	return full
}

// isVariable reports whether a cell is a local variable or temporary of the function.
func (a *said) isVariable(k cellKey) bool {
	return k.owner == a.f.ID && a.f.vars()[k.name] != nil && !hasParam(a.f.IR(), k.name)
}

func (a *said) isOwnResult(k cellKey) bool { return k.owner == resultOf(a.f.ID) }

// at is the number of a cell; -1 for none.
func (a *said) at(cell int32) int {
	if n, ok := a.numbers[cell]; ok {
		return n
	}
	return -1
}

// leadsTo is the numbers of the cells that include one, as far as they matter.
func (a *said) leadsTo(c *cell) []int {
	var out []int
	for _, to := range c.to {
		if n := a.at(to); n >= 0 {
			out = append(out, n)
		}
	}
	return out
}

// cells compares two cells.
func (r *renaming) cells(a, b *said, i, k int32) bool {
	x, y := a.s.cells[i], b.s.cells[k]
	if !a.sameKey(x.key, b, y.key) || x.async != y.async || !slices.Equal(x.order, y.order) || len(x.calls) != len(y.calls) ||
		!slices.Equal(a.leadsTo(x), b.leadsTo(y)) {
		return false
	}
	for _, f := range x.order {
		o, n := x.holds[f], y.holds[f]
		if o.kind != n.kind || o.via != n.via || o.handed != n.handed || o.place.Path != n.place.Path {
			return false
		}
		r.place(o.place.Pos, n.place.Pos)
		if !sameHolding(a.s.objects.of[filling{i, f}], b.s.objects.of[filling{k, f}]) {
			return false
		}
	}
	for n := range x.calls {
		if x.calls[n].kind != y.calls[n].kind || x.calls[n].via != y.calls[n].via {
			return false
		}
		r.call(x.calls[n].call, y.calls[n].call)
	}
	return true
}

// sameKey compares the keys of two cells of one number, whatever a temporary is called; variables are named where no target is found.
func (a *said) sameKey(x cellKey, b *said, y cellKey) bool {
	switch own := x.owner.(type) {
	case siteKey:
		_, is := y.owner.(siteKey)
		return is && x.name == y.name
	case runBy:
		other, is := y.owner.(runBy)
		return is && a.at(int32(own)) == b.at(int32(other))
	case probe:
		other, is := y.owner.(probe)
		return is && a.at(int32(own.cell)) == b.at(int32(other.cell)) && own.call == other.call && own.arg == other.arg
	case FuncID:
		if own == a.f.ID && y.owner == x.owner {
			return x.name == y.name || isTemporary(x.name) && isTemporary(y.name)
		}
	case *cparse.Struct:
		other, is := y.owner.(*cparse.Struct)
		return is && x.name == y.name && (own == other || sameMembers(own, other))
	}
	return x == y
}

// sameMembers compares two structs, of which a body defines at least one: each version
// of the body has its own.
func sameMembers(a, b *cparse.Struct) bool {
	return a.Name == b.Name && a.Union == b.Union && slices.EqualFunc(a.Fields, b.Fields, func(x, y cparse.Field) bool {
		return x.Name == y.Name && (x.Type == y.Type || x.Type != nil && y.Type != nil && x.Type.String() == y.Type.String())
	})
}

// isTemporary reports whether a variable, or what is made of it, has a name with a
// number that depends on the rest of the body.
func isTemporary(name string) bool { return strings.ContainsAny(name, "%@") }

func sameHolding(a, b *holding) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.open == b.open && a.loose == b.loose && slices.Equal(a.tables, b.tables) && slices.Equal(a.names, b.names)
}

// makes reports whether a function makes a request.
func (a *said) makes(name string) bool {
	return slices.ContainsFunc(a.s.requests.made, func(m requestSite) bool { return m.name == name })
}

// requests compares the requests that are served; those that are made may be others.
func (r *renaming) requests(a, b *requestSites) bool {
	return maps.EqualFunc(a.served, b.served, slices.Equal)
}
