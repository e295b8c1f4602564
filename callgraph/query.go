package callgraph

import (
	"cmp"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
)

// Find returns the functions that spec names, in the order of their IDs. A spec
// is NAME, or PATH:NAME where PATH is the file that defines the function or the
// last components of its path: static functions of one name in several files
// are told apart so.
func (p *Program) Find(spec string) []FuncID {
	file, name := "", spec
	if i := strings.LastIndexByte(spec, ':'); i >= 0 {
		file, name = path.Clean(spec[:i]), spec[i+1:]
	}
	name = strings.TrimSuffix(name, "()")
	var found []FuncID
	for _, f := range p.Funcs {
		if f.Name == name && (file == "" || f.Path == file || strings.HasSuffix(f.Path, "/"+file)) {
			found = append(found, f.ID)
		}
	}
	return found
}

// Similar returns at most n names of functions that a misspelt name may have
// meant, the nearest by edit distance first. Names that contain the spec, or
// are contained in it, count as near whatever their length.
func (p *Program) Similar(spec string, n int) []string {
	names := make([]string, len(p.Funcs))
	for i, f := range p.Funcs {
		names[i] = f.Name
	}
	return Closest(strings.TrimSuffix(spec[strings.LastIndexByte(spec, ':')+1:], "()"), names, n)
}

// Closest is at most n of names, each once, in the order that Similar describes.
func Closest(name string, names []string, n int) []string {
	if name == "" || len(name) > longestName {
		return nil
	}
	limit := max(2, len(name)/3)
	near := map[string]int{}
	for _, s := range names {
		if _, done := near[s]; done || len(s) > longestName {
			continue
		}
		if d := distance(name, s, limit); d <= limit {
			near[s] = d
		} else if len(name) >= 4 && strings.Contains(s, name) {
			near[s] = limit + 1
		}
	}
	out := slices.Collect(maps.Keys(near))
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(near[a], near[b]), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return out[:min(n, len(out))]
}

// longestName bounds the names that Closest compares: the distance costs the
// product of the lengths, and a hostile tree may hold a name of a megabyte.
const longestName = 200

// distance is the edit distance of a and b (insert, delete, replace, swap of
// neighbours: Damerau's four errors, in the restricted form known as optimal
// string alignment). It gives up beyond limit and then returns limit+1.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(old[j]+1, row[j-1]+1, old[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, older[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}

// An Allow says which edges a query may cross.
type Allow struct {
	Weakest EdgeKind // the least certain synchronous kind; BadKind means Callback
	Async   bool     // Async, Deferred and Waits too
}

// Crosses reports whether the query may use an edge of kind k.
func (a Allow) Crosses(k EdgeKind) bool {
	if !k.Sync() {
		return a.Async && k != BadKind
	}
	if a.Weakest == BadKind {
		return k <= Callback
	}
	return k <= a.Weakest
}

// A Hop is one line of a tree of callers or callees: Edge leads from, or to,
// the function of the nearest line above with a smaller Depth.
type Hop struct {
	Func  FuncID
	Depth int   // 0 for the functions asked about
	Edge  *Edge // nil at depth 0; the first of Sites calls
	Sites int   // how many calls of that kind stand there
	Again bool  // shown before, and not opened a second time
}

// AnyDepth is the depth of a tree without a limit.
const AnyDepth = math.MaxInt

// Callers is the tree of functions that call one of roots, depth levels deep.
// A function is opened once, where it is nearest to a root.
func (g *Graph) Callers(roots []FuncID, depth int, allow Allow) []Hop {
	return g.tree(roots, depth, func(f FuncID) []*Edge {
		var edges []*Edge
		for _, i := range g.In(f) {
			if e := &g.Edges[i]; allow.Crosses(e.Kind) {
				edges = append(edges, e)
			}
		}
		return edges
	}, func(e *Edge) FuncID { return e.Caller })
}

// Callees is the tree of functions that one of roots calls, like Callers.
func (g *Graph) Callees(roots []FuncID, depth int, allow Allow) []Hop {
	return g.tree(roots, depth, func(f FuncID) []*Edge {
		out := g.Out(f)
		var edges []*Edge
		for i := range out {
			if allow.Crosses(out[i].Kind) {
				edges = append(edges, &out[i])
			}
		}
		return edges
	}, func(e *Edge) FuncID { return e.Callee })
}

// tree walks breadth first to learn how near each function is, so that the
// drawing can open each one at its nearest place, and then draws depth first.
func (g *Graph) tree(roots []FuncID, depth int, edges func(FuncID) []*Edge, end func(*Edge) FuncID) []Hop {
	near := make([]int, len(g.Prog.Funcs)) // calls to the nearest root, plus 1; 0 if not reached
	queue := slices.Clone(roots)
	for _, f := range roots {
		near[f] = 1
	}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		if near[f]-1 == depth {
			continue
		}
		for _, e := range edges(f) {
			if near[end(e)] == 0 {
				near[end(e)] = near[f] + 1
				queue = append(queue, end(e))
			}
		}
	}
	var hops []Hop
	opened := make([]bool, len(near))
	var open func(hop Hop)
	open = func(hop Hop) { // as deep as depth at most, and every function once
		hop.Again = opened[hop.Func] || near[hop.Func]-1 < hop.Depth
		hops = append(hops, hop)
		if hop.Again || hop.Depth == depth {
			return
		}
		opened[hop.Func] = true
		for _, next := range merged(edges(hop.Func), end) {
			next.Depth = hop.Depth + 1
			open(next)
		}
	}
	for _, f := range roots {
		open(Hop{Func: f})
	}
	return hops
}

// merged makes one hop of all edges between two functions that have one kind
// and one Via, in the order of the first.
func merged(edges []*Edge, end func(*Edge) FuncID) []Hop {
	type key struct {
		f    FuncID
		kind EdgeKind
		via  string
	}
	at := map[key]int{}
	var hops []Hop
	for _, e := range edges {
		k := key{end(e), e.Kind, e.Via}
		if i, ok := at[k]; ok {
			hops[i].Sites++
			continue
		}
		at[k] = len(hops)
		hops = append(hops, Hop{Func: k.f, Edge: e, Sites: 1})
	}
	return hops
}
