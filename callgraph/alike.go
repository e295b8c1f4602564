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
	if !slices.Equal(a.given, b.given) || !maps.Equal(a.lists, b.lists) || len(a.sites) != len(b.sites) || len(a.s.cells) != len(b.s.cells) {
		return nil
	}
	for i := range a.passed {
		if a.passed[i].rank != b.passed[i].rank || a.passed[i].via != b.passed[i].via {
			return nil
		}
		r.place(a.passed[i].place.Pos, b.passed[i].place.Pos)
	}
	for i := range a.sites {
		if a.sites[i].cell != b.sites[i].cell {
			return nil
		}
		r.call(a.sites[i].call, b.sites[i].call)
	}
	for i := range a.s.cells {
		if !r.cells(a, b, i) {
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

// cells compares the cells of number i.
func (r *renaming) cells(a, b *said, i int) bool {
	x, y := a.s.cells[i], b.s.cells[i]
	if !sameKey(x.key, y.key, a.f) || x.async != y.async || !slices.Equal(x.order, y.order) || !slices.Equal(x.to, y.to) || len(x.calls) != len(y.calls) {
		return false
	}
	for _, f := range x.order {
		o, n := x.holds[f], y.holds[f]
		if o.kind != n.kind || o.via != n.via || o.handed != n.handed || o.place.Path != n.place.Path {
			return false
		}
		r.place(o.place.Pos, n.place.Pos)
		if !sameHolding(a.s.objects.of[filling{int32(i), f}], b.s.objects.of[filling{int32(i), f}]) {
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

// sameKey compares the keys of cells. Cells of one number are one, whatever a temporary
// is called; variables are named where no target is found.
func sameKey(a, b cellKey, f *Func) bool {
	if a.owner != b.owner {
		_, was := a.owner.(siteKey)
		_, is := b.owner.(siteKey)
		return was && is && a.name == b.name
	}
	if id, ok := a.owner.(FuncID); !ok || id != f.ID {
		return a.name == b.name
	}
	return a.name == b.name || isTemporary(a.name) && isTemporary(b.name)
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
