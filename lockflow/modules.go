package lockflow

import (
	"path"
	"slices"

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

// A crossing is a call through a table on the way to an event: into one of the
// directories that the table's functions lie in. Crossings are shared: equal ones
// are one.
type crossing struct {
	crossingKey
	dirs []int32 // sorted
}

// A crossingKey tells crossings apart.
type crossingKey struct {
	fn   callgraph.FuncID // that makes the call
	site int32
	to   int32
	next *crossing // the next on the way to the event
}

// maxCrossings bounds those of one event.
const maxCrossings = 3

// through is the crossings of an event behind a call, seen from the caller.
func (l *lifting) through(ev *event) *crossing {
	if len(l.dirs) < 2 {
		return ev.cross
	}
	n := 1
	for c := ev.cross; c != nil; c = c.next {
		n++
	}
	if n > maxCrossings {
		return ev.cross
	}
	x := l.b.x
	key := crossingKey{x.f.ID, l.edge.Site, x.a.modules.dir[l.edge.Callee], ev.cross}
	if c, ok := x.a.crossings.Load(key); ok {
		return c.(*crossing)
	}
	c, _ := x.a.crossings.LoadOrStore(key, &crossing{key, l.dirs})
	return c.(*crossing)
}

// reachedDirs is the directories of the functions that a call through a table
// reaches, sorted; nil for any other call.
func (x *frame) reachedDirs(e *callgraph.Edge) []int32 {
	if e.Kind == callgraph.Direct || e.Kind == callgraph.Macro || !e.Kind.Sync() {
		return nil
	}
	if dirs, ok := x.dirs[e.Site]; ok {
		return dirs
	}
	var dirs []int32
	edges := x.a.graph.Targets(x.f.ID, e.Site)
	for i := range edges {
		if edges[i].Kind.Sync() {
			dirs = append(dirs, x.a.modules.dir[edges[i].Callee])
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	if x.dirs == nil {
		x.dirs = map[int32][]int32{}
	}
	x.dirs[e.Site] = dirs
	return dirs
}

// strange says whether one of the calls leads into another module than that of
// a function on the way to it, which has functions of its own in the table.
func (m *modules) strange(c *crossing, f callgraph.FuncID) bool {
	d := m.dir[f]
	for ; c != nil; c = c.next {
		if c.to == d || m.related[dirPair(c.to, d)] {
			continue
		}
		if _, own := slices.BinarySearch(c.dirs, d); own {
			return true
		}
	}
	return false
}
