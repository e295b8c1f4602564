package lockflow

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"klockscan/callgraph"
)

// Costs of an edge in a witness: a chain of written calls convinces more than
// a shorter one through tables, but not at any length.
const (
	costWritten  = 1
	costIndirect = 3
	costCallback = 5
	costNoEntry  = 12 // to start at a function that only tables lead to, though something calls through them
)

// prefixes holds, for every function, the edge by which the best chain from an
// entry point reaches it.
type prefixes struct {
	g    *callgraph.Graph
	cost []int32
	by   []*callgraph.Edge // nil for a start
}

// entryPaths finds the best chain to every function at once: Dijkstra's
// algorithm from all starts, over the edges that held locks travel along.
func (a *analysis) entryPaths() *prefixes {
	n := len(a.prog.Funcs)
	p := &prefixes{g: a.graph, cost: make([]int32, n), by: make([]*callgraph.Edge, n)}
	q := &costQueue{}
	for i := range n {
		switch {
		case !a.called(callgraph.FuncID(i)):
			p.cost[i] = 0
		case a.entries[i]:
			p.cost[i] = costNoEntry
		default:
			p.cost[i] = 1 << 20 // reachable only around a cycle
		}
		heap.Push(q, costItem{p.cost[i], int32(i)})
	}
	for q.Len() > 0 {
		it := heap.Pop(q).(costItem)
		if it.cost > p.cost[it.f] {
			continue
		}
		out := a.graph.Out(callgraph.FuncID(it.f))
		for k := range out {
			e := &out[k]
			if !carries(e) {
				continue
			}
			if c := it.cost + edgeCost(e.Kind); c < p.cost[e.Callee] {
				p.cost[e.Callee], p.by[e.Callee] = c, e
				heap.Push(q, costItem{c, int32(e.Callee)})
			}
		}
	}
	return p
}

// called says whether anything calls the function as part of a task.
func (a *analysis) called(f callgraph.FuncID) bool {
	return slices.ContainsFunc(a.graph.In(f), func(i int32) bool { return carries(&a.graph.Edges[i]) })
}

// edgeCost is what an edge adds to the length of a chain.
func edgeCost(k callgraph.EdgeKind) int32 {
	switch k {
	case callgraph.Direct, callgraph.Macro:
		return costWritten
	case callgraph.Callback:
		return costCallback
	}
	return costIndirect
}

type costItem struct{ cost, f int32 }

// costQueue is a priority queue; equal costs leave in the order of the
// functions, so that the chains do not depend on chance.
type costQueue []costItem

// Len, Less and Swap are for container/heap.
func (q costQueue) Len() int { return len(q) }

// Less orders by cost, then by function.
func (q costQueue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].cost, q[j].cost), cmp.Compare(q[i].f, q[j].f)) < 0
}

// Swap swaps two elements.
func (q costQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push and Pop are for container/heap.
func (q *costQueue) Push(x any) { *q = append(*q, x.(costItem)) }

// Pop removes the last element.
func (q *costQueue) Pop() any {
	old := *q
	it := old[len(old)-1]
	*q = old[:len(old)-1]
	return it
}

// maxChain bounds a chain against cycles that should not be there.
const maxChain = 64

// to is the chain from an entry point to f.
func (p *prefixes) to(f callgraph.FuncID) []ChainStep {
	var edges []*callgraph.Edge
	for p.by[f] != nil && len(edges) < maxChain {
		e := p.by[f]
		edges = append(edges, e)
		f = e.Caller
	}
	slices.Reverse(edges)
	first := p.g.Prog.Funcs[f]
	chain := []ChainStep{{Function: first.Name, File: first.Path, Line: int(first.Pos().Line)}}
	for _, e := range edges {
		chain = append(chain, step(p.g.Prog, e))
	}
	return chain
}

// step is the part of a chain that one edge makes.
func step(p *callgraph.Program, e *callgraph.Edge) ChainStep {
	label := e.Kind.String()
	if e.Via != "" {
		label += " " + e.Via
	}
	return ChainStep{Function: p.Funcs[e.Callee].Name, File: p.Funcs[e.Caller].Path, Line: int(e.Pos.Line), Edge: label}
}

// chain is the whole witness of an event seen in f: from an entry point to f,
// and on to where the event stands.
func (p *prefixes) chain(f callgraph.FuncID, ev *event) []ChainStep {
	out := p.to(f)
	for ; ev != nil && ev.edge != nil; ev = ev.next {
		out = append(out, step(p.g.Prog, ev.edge))
	}
	return out
}

// lockNames finds how the code calls each class: "kvm->slots_lock". The form
// that the acquisitions use most wins.
type lockNames struct {
	count map[classID]map[string]int
}

// note counts one spelling.
func (n *lockNames) note(cls classID, name string) {
	if n.count[cls] == nil {
		n.count[cls] = map[string]int{}
	}
	n.count[cls][name]++
}

// name is the spelling of a class.
func (n *lockNames) name(cls classID) string {
	best, top := "", 0
	for name, k := range n.count[cls] {
		if k > top || k == top && (best == "" || len(name) < len(best) || len(name) == len(best) && name < best) {
			best, top = name, k
		}
	}
	if best == "" {
		return strings.TrimPrefix(cls.String(), "struct ")
	}
	return best
}

// spelling is the last pointer of a path and the members from there.
func spelling(cls classID, f *callgraph.Func, p apath) string {
	if c := cls.class(); c.Owner == "" {
		return c.Path
	}
	i := strings.LastIndexByte(strings.TrimSuffix(p.steps(), "*"), '*')
	base, rest := p.steps()[:max(i, 0)], p.steps()[i+1:]
	name := base[strings.LastIndexByte(base, ':')+1:]
	if i < 0 {
		switch {
		case p.kind == rParam && f.IR() != nil && int(p.idx) < len(f.IR().Params):
			name = f.IR().Params[p.idx].Name
		case p.kind == rGlobal:
			name, _, _ = strings.Cut(p.name(), "@")
			return name + memberText(rest)
		}
	}
	name = strings.Trim(name, "[]?0123456789")
	if name == "" || strings.ContainsAny(name, "^*%") || strings.ContainsAny(rest, "^") {
		return ""
	}
	return name + "->" + strings.TrimPrefix(memberText(rest), ".")
}

// memberText is the members of a run of steps as C writes them.
func memberText(steps string) string {
	var b strings.Builder
	for steps != "" {
		end := stepEnd(steps)
		if s := steps[:end]; s[0] == '.' {
			b.WriteString("." + s[strings.IndexByte(s, ':')+1:])
		}
		steps = steps[end:]
	}
	return b.String()
}
