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
	own    map[int32]bool
	lists  map[string]bool // calls that have to do with lists of objects, see listCalls

	used    []int32       // the cells that matter
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

// nothing reports whether the function says nothing.
func (a *said) nothing() bool {
	return len(a.sites)+len(a.given)+len(a.lists)+len(a.s.requests.made)+len(a.s.requests.served) == 0 &&
		!slices.ContainsFunc(a.s.cells, func(c *cell) bool { return len(c.order)+len(c.to)+len(c.calls) > 0 })
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
	if !slices.Equal(a.given, b.given) || !maps.Equal(a.lists, b.lists) || len(a.sites) != len(b.sites) || len(a.used) != len(b.used) {
		return nil
	}
	for i := range a.passed {
		if a.passed[i].rank != b.passed[i].rank || a.passed[i].via != b.passed[i].via {
			return nil
		}
		r.place(a.passed[i].place.Pos, b.passed[i].place.Pos)
	}
	for i := range a.sites {
		if a.at(a.sites[i].cell) != b.at(b.sites[i].cell) {
			return nil
		}
		r.call(a.sites[i].call, b.sites[i].call)
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

// number numbers the cells that something goes into or comes out of.
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
	for i := range used {
		if used[i] {
			a.numbers[int32(i)] = len(a.used)
			a.used = append(a.used, int32(i))
		}
	}
}

// at is the number of a cell; -1 for none.
func (a *said) at(cell int32) int {
	if n, ok := a.numbers[cell]; ok {
		return n
	}
	return -1
}

// cells compares two cells.
func (r *renaming) cells(a, b *said, i, k int32) bool {
	x, y := a.s.cells[i], b.s.cells[k]
	if !a.sameKey(x.key, b, y.key) || x.async != y.async || !slices.Equal(x.order, y.order) || len(x.calls) != len(y.calls) ||
		!slices.EqualFunc(x.to, y.to, func(m, n int32) bool { return a.at(m) == b.at(n) }) {
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
	}
	return x == y
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

// requests compares the requests that are made and served.
func (r *renaming) requests(a, b *requestSites) bool {
	if len(a.made) != len(b.made) || len(a.served) != len(b.served) {
		return false
	}
	for name, by := range a.served {
		if !slices.Equal(by, b.served[name]) {
			return false
		}
	}
	for i := range a.made {
		if a.made[i].name != b.made[i].name {
			return false
		}
		r.call(a.made[i].call, b.made[i].call)
	}
	return true
}
