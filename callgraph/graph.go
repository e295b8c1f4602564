package callgraph

import (
	"cmp"
	"slices"
	"sync"
)

// A Graph holds the call edges of a Program in compressed sparse rows.
type Graph struct {
	Prog       *Program
	Edges      []Edge // sorted by caller, site, kind, callee
	Unresolved []Unresolved
	out        []int32 // Edges[out[f]:out[f+1]] leave f
	in         []int32 // inEdges[in[f]:in[f+1]] are indexes of edges that enter f
	inEdges    []int32
	stored     []store         // sorted; empty if the graph was not made by Build
	tables     tableIndex      // likewise
	inOrder    map[string]bool // likewise: see solver

	entriesOnce sync.Once
	entries     []Entry
}

// NewGraph sorts the edges, drops doubles and indexes them.
func NewGraph(p *Program, edges []Edge, unresolved []Unresolved) *Graph {
	slices.SortFunc(edges, compareEdges)
	edges = slices.CompactFunc(edges, func(a, b Edge) bool {
		return a.Caller == b.Caller && a.Site == b.Site && a.Callee == b.Callee && a.Kind == b.Kind
	})
	g := &Graph{Prog: p, Edges: edges, Unresolved: unresolved}
	n := len(p.Funcs)
	g.out, g.in = make([]int32, n+1), make([]int32, n+1)
	for _, e := range edges {
		g.out[e.Caller+1]++
		g.in[e.Callee+1]++
	}
	for i := range n {
		g.out[i+1] += g.out[i]
		g.in[i+1] += g.in[i]
	}
	g.inEdges = make([]int32, len(edges))
	fill := slices.Clone(g.in)
	for i, e := range edges {
		g.inEdges[fill[e.Callee]] = int32(i)
		fill[e.Callee]++
	}
	return g
}

func compareEdges(a, b Edge) int {
	return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Site, b.Site),
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Callee, b.Callee))
}

// Out is the edges that leave f, by site.
func (g *Graph) Out(f FuncID) []Edge { return g.Edges[g.out[f]:g.out[f+1]] }

// In is the indexes in Edges of the edges that enter f.
func (g *Graph) In(f FuncID) []int32 { return g.inEdges[g.in[f]:g.in[f+1]] }

// EdgeNumber is the index in Edges of an edge of the graph.
func (g *Graph) EdgeNumber(e *Edge) int {
	at, _ := slices.BinarySearchFunc(g.Edges, *e, compareEdges)
	return at
}

// Targets is the edges of one call site.
func (g *Graph) Targets(f FuncID, site int32) []Edge {
	out := g.Out(f)
	lo, _ := slices.BinarySearchFunc(out, site, func(e Edge, s int32) int { return cmp.Compare(e.Site, s) })
	hi := lo
	for hi < len(out) && out[hi].Site == site {
		hi++
	}
	return out[lo:hi]
}
