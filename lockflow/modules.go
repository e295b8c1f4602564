package lockflow

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"klockscan/callgraph"
)

// A call through a table whose functions lie in several modules reaches those of
// the module that the object belongs to. Generic code in between hides which one
// that is, but not on a way that comes out of one of these modules: it was made
// for its own objects (rule L24). A module is a directory; two directories that
// call each other by name are not strangers.

// modules knows the directories of a program.
type modules struct {
	dir     []int32           // by function: the number of its directory
	related map[[2]int32]bool // directories one of which calls the other by name
}

// newModules reads the directories of the functions, and who calls whom.
func newModules(p *callgraph.Program, g *callgraph.Graph) *modules {
	m := &modules{dir: make([]int32, len(p.Funcs)), related: map[[2]int32]bool{}}
	numbers := map[string]int32{}
	for i, f := range p.Funcs {
		d := path.Dir(f.Path)
		if _, ok := numbers[d]; !ok {
			numbers[d] = int32(len(numbers))
		}
		m.dir[i] = numbers[d]
	}
	for i := range g.Edges {
		if e := &g.Edges[i]; e.Kind == callgraph.Direct || e.Kind == callgraph.Macro {
			m.related[dirPair(m.dir[e.Caller], m.dir[e.Callee])] = true
		}
	}
	return m
}

// dirPair is two directories in one order.
func dirPair(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

// A leap is a call through a table into a directory, while some of the table's
// functions lie in directories that are strangers to that one.
type leap struct {
	strangers string // the numbers of the directories, sorted, three bytes each: comparable
	to        int32
}

// A crossing is the leaps on the way to an event, the outermost first. Crossings
// are shared: equal ones are one.
type crossing struct {
	leap
	next *crossing
}

// compareCrossing orders crossings, for a result that is always the same.
func compareCrossing(a, b *crossing) int {
	for ; a != b && a != nil && b != nil; a, b = a.next, b.next {
		if c := cmp.Or(cmp.Compare(a.to, b.to), strings.Compare(a.strangers, b.strangers)); c != 0 {
			return c
		}
	}
	switch {
	case a == b:
		return 0
	case a == nil:
		return -1
	}
	return 1
}

// maxLeaps bounds those of one event.
const maxLeaps = 3

// through is the crossing of an event behind a call that leaps over something.
func (a *analysis) through(c *crossing, over leap) *crossing {
	if over.strangers == "" {
		return c
	}
	n := 0
	for at := c; at != nil; at = at.next {
		if n++; at.leap == over || n == maxLeaps {
			return c
		}
	}
	key := crossing{over, c}
	if c, ok := a.crossings.Load(key); ok {
		return c.(*crossing)
	}
	made, _ := a.crossings.LoadOrStore(key, &key)
	return made.(*crossing)
}

// leapOver is what a call through a table leaps over: nothing, for any other call.
func (x *frame) leapOver(e *callgraph.Edge) leap {
	if e.Kind == callgraph.Direct || e.Kind == callgraph.Macro || !e.Kind.Sync() {
		return leap{}
	}
	leaps, ok := x.leaps[e.Site]
	if !ok {
		leaps = x.a.modules.leaps(x.a.graph.Targets(x.f.ID, e.Site))
		if x.leaps == nil {
			x.leaps = map[int32]map[int32]leap{}
		}
		x.leaps[e.Site] = leaps
	}
	return leaps[x.a.modules.dir[e.Callee]]
}

// leaps is the leaps of one call, by the directory that it leads to.
func (m *modules) leaps(edges []callgraph.Edge) map[int32]leap {
	var dirs []int32
	for i := range edges {
		if edges[i].Kind.Sync() {
			dirs = append(dirs, m.dir[edges[i].Callee])
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	out := make(map[int32]leap, len(dirs))
	for _, to := range dirs {
		var strangers []byte
		for _, d := range dirs {
			if d != to && !m.related[dirPair(d, to)] {
				strangers = append(strangers, byte(d>>16), byte(d>>8), byte(d))
			}
		}
		out[to] = leap{to: to, strangers: string(strangers)}
	}
	return out
}

// strange says whether one of the leaps leads out of the module of a function on
// the way to it: that has functions of its own in the table.
func (m *modules) strange(c *crossing, f callgraph.FuncID) bool {
	d := m.dir[f]
	for ; c != nil; c = c.next {
		for s := c.strangers; s != ""; s = s[3:] {
			if int32(s[0])<<16|int32(s[1])<<8|int32(s[2]) == d {
				return true
			}
		}
	}
	return false
}
