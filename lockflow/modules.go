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
//
// The members of a wide table are functions of many files, for many kinds of objects.
// Which of them a caller can come to depends on objects that it was given, and it is
// most often for one. That a function does what it must not do under a lock of some
// stranger's, which has nothing to do with its file, rests on an assumption too; and
// so does what two such choices on one way have to fall out for: they are often one,
// as both are about one device.

// modules knows the directories and files of a program.
type modules struct {
	dirs    []string          // by number
	files   map[string]int32  // numbers of files by path
	dir     []int32           // by function: the number of its directory
	related map[[2]int32]bool // directories one of which calls the other by name
	file    []int32           // by function: the number of its file
	knows   map[[2]int32]bool // files of which one calls the other by name
	serves  map[[2]int32]bool // a file, and a directory that calls it by name
}

// Numbers of files among whose functions a call through a table chooses: from how
// many on it is one, and a wide one. The widest tables of KVM have six.
const (
	someFiles = 4
	wideFiles = 8
)

// newModules reads the directories of the functions, and who calls whom.
func newModules(p *callgraph.Program, g *callgraph.Graph) *modules {
	m := &modules{dir: make([]int32, len(p.Funcs)), related: map[[2]int32]bool{}, file: make([]int32, len(p.Funcs)),
		knows: map[[2]int32]bool{}, serves: map[[2]int32]bool{}}
	dirs, files := map[string]int32{}, map[string]int32{}
	m.files = files
	number := func(in map[string]int32, name string) int32 {
		if _, ok := in[name]; !ok {
			in[name] = int32(len(in))
		}
		return in[name]
	}
	for i, f := range p.Funcs {
		dir := path.Dir(f.Path)
		if m.dir[i], m.file[i] = number(dirs, dir), number(files, f.Path); int(m.dir[i]) == len(m.dirs) {
			m.dirs = append(m.dirs, dir)
		}
	}
	for i := range g.Edges {
		if e := &g.Edges[i]; e.Kind == callgraph.Direct || e.Kind == callgraph.Macro {
			m.related[inOrder(m.dir[e.Caller], m.dir[e.Callee])] = true
			m.knows[inOrder(m.file[e.Caller], m.file[e.Callee])] = true
			m.serves[[2]int32{m.file[e.Callee], m.dir[e.Caller]}] = true
		}
	}
	return m
}

// inOrder is two numbers in one order.
func inOrder(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

// A choice is what a call through a table leaves open.
type choice uint8

const (
	noChoice   choice = iota
	someChoice        // among functions of several files
	wideChoice        // among functions of many
)

// choice is how much the targets of a call leave open.
func (m *modules) choice(ts []target) choice {
	if len(ts) < someFiles {
		return noChoice
	}
	files := make([]int32, len(ts))
	for i, t := range ts {
		files[i] = m.file[t.edge.Callee]
	}
	slices.Sort(files)
	switch n := len(slices.Compact(files)); {
	case n >= wideFiles:
		return wideChoice
	case n >= someFiles:
		return someChoice
	}
	return noChoice
}

// acquainted says whether two functions have to do with each other: their files are
// one, or one calls the other by name; or the first is in a file that serves all of
// the second's directory.
func (m *modules) acquainted(holder, f callgraph.FuncID) bool {
	a, b := m.file[holder], m.file[f]
	return a == b || m.knows[inOrder(a, b)] || m.dir[holder] != m.dir[f] && m.serves[[2]int32{a, m.dir[f]}]
}

// farFetched says whether an event is only come to if a wide table leads to a function
// that has nothing to do with the one that took the lock.
func (a *analysis) farFetched(e *event, holder callgraph.FuncID) bool {
	for ; e != nil && e.choices > 0; e = e.next {
		if e.chosen == wideChoice && !a.modules.acquainted(holder, e.edge.Callee) {
			return true
		}
	}
	return false
}

// A leap is a call through a table into a directory, while some of the table's
// functions lie in directories that are strangers to that one.
type leap struct {
	strangers string // the numbers of the directories, sorted, dirBytes each: comparable
	to        int32
}

const dirBytes = 3

// appendDir appends the number of a directory to those of others.
func appendDir(to []byte, d int32) []byte { return append(to, byte(d>>16), byte(d>>8), byte(d)) }

// dirNumber is the first number of some.
func dirNumber(s string) int32 { return int32(s[0])<<16 | int32(s[1])<<8 | int32(s[2]) }

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
	return a.crossingOf(crossing{over, c})
}

// crossingOf is the one crossing of those that are equal.
func (a *analysis) crossingOf(key crossing) *crossing {
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
			if d != to && !m.related[inOrder(d, to)] {
				strangers = appendDir(strangers, d)
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
		for s := c.strangers; s != ""; s = s[dirBytes:] {
			if dirNumber(s) == d {
				return true
			}
		}
	}
	return false
}

// doubted is an event as it is with a lock held: with the assumptions that its way
// through tables rests on then.
func (a *analysis) doubted(e *event, h *held) *event {
	var more assumptions
	if a.modules.strange(e.cross, h.from.fn.ID) || a.farFetched(e, h.from.fn.ID) {
		more |= assumeStrange
	}
	if e.choices+h.from.choices >= manyChoices {
		more |= assumeChoices
	}
	if e.assume|more == e.assume {
		return e
	}
	c := *e
	c.assume |= more
	return &c
}
