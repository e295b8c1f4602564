package callgraph

// This file is the door to the graph library: no other file of klockscan
// imports it, and no type of its shows outside. It serves result-sized graphs
// only, those that a person looks at; its containers of maps are too heavy for
// a whole program (docs/design.md, "Cost").

import (
	"cmp"
	"slices"

	"github.com/dominikbraun/graph"
)

// Cycles returns the groups of nodes 0..n-1 that lie on a common cycle of arcs:
// the strongly connected components of two nodes or more, and single nodes with
// an arc to themselves. Groups and their members are sorted, because the
// library's order is that of a map.
func Cycles(n int, arcs [][2]int) [][]int {
	// Nodes are numbered from 1 inside: v0.23.0 loses the component of the zero
	// value (findSCC pops its stack until it meets the head, starting at zero).
	g := graph.New(graph.IntHash, graph.Directed())
	for i := range n {
		_ = g.AddVertex(i + 1) // fails for a double only
	}
	loop := map[int]bool{}
	for _, a := range arcs {
		if a[0] == a[1] {
			loop[a[0]] = true
		}
		_ = g.AddEdge(a[0]+1, a[1]+1) // a double arc says nothing new; one out of range is no arc
	}
	groups, err := graph.StronglyConnectedComponents(g)
	if err != nil { // undirected graphs only
		return nil
	}
	for _, group := range groups {
		for i := range group {
			group[i]--
		}
		slices.Sort(group)
	}
	groups = slices.DeleteFunc(groups, func(group []int) bool {
		return len(group) == 1 && !loop[group[0]]
	})
	slices.SortFunc(groups, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return groups
}

// A Subgraph is a part of a graph for drawing.
type Subgraph struct {
	Funcs []FuncID // sorted
	Edges []*Edge  // one for each caller, callee and kind; sorted
	Loops [][]FuncID
}

// Subgraph collects edges, the functions at their ends, and extra functions.
// Loops are the groups of functions that call each other in a circle.
func (g *Graph) Subgraph(edges []*Edge, extra []FuncID) *Subgraph {
	s := &Subgraph{Funcs: slices.Clone(extra), Edges: slices.Clone(edges)}
	for _, e := range edges {
		s.Funcs = append(s.Funcs, e.Caller, e.Callee)
	}
	slices.Sort(s.Funcs)
	s.Funcs = slices.Compact(s.Funcs)
	slices.SortStableFunc(s.Edges, func(a, b *Edge) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Callee, b.Callee), cmp.Compare(a.Kind, b.Kind))
	})
	s.Edges = slices.CompactFunc(s.Edges, func(a, b *Edge) bool {
		return a.Caller == b.Caller && a.Callee == b.Callee && a.Kind == b.Kind
	})
	var arcs [][2]int
	for _, e := range s.Edges {
		if e.Kind.Sync() {
			from, _ := slices.BinarySearch(s.Funcs, e.Caller)
			to, _ := slices.BinarySearch(s.Funcs, e.Callee)
			arcs = append(arcs, [2]int{from, to})
		}
	}
	for _, group := range Cycles(len(s.Funcs), arcs) {
		loop := make([]FuncID, len(group))
		for i, at := range group {
			loop[i] = s.Funcs[at]
		}
		s.Loops = append(s.Loops, loop)
	}
	return s
}

// Around is the neighbourhood of roots: the callers and callees of depth levels.
func (g *Graph) Around(roots []FuncID, depth int, allow Allow) *Subgraph {
	var edges []*Edge
	for _, hops := range [][]Hop{g.Callers(roots, depth, allow), g.Callees(roots, depth, allow)} {
		for _, h := range hops {
			if h.Edge != nil {
				edges = append(edges, h.Edge)
			}
		}
	}
	return g.Subgraph(edges, roots)
}
