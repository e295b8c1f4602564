package lockflow

import (
	"slices"

	"klockscan/callgraph"
)

// A visit is a function on the way of the search, and the next of its edges.
type visit struct {
	f    callgraph.FuncID
	next int
}

// components are the groups of functions that call each other, callees before
// callers (Tarjan's algorithm, without recursion); so are the functions of a group,
// as far as they go round in no circle. Only edges over which what the callee does
// counts in the caller are followed.
func components(g *callgraph.Graph, n int) [][]callgraph.FuncID {
	var (
		out   [][]callgraph.FuncID
		num   = make([]int32, n)
		low   = make([]int32, n)
		on    = make([]bool, n)
		left  = make([]int32, n) // when the search was through with a function
		count int32
		stack []callgraph.FuncID
		path  []visit
	)
	enter := func(f callgraph.FuncID) {
		count++
		num[f], low[f], on[f] = count, count, true
		stack = append(stack, f)
		path = append(path, visit{f: f})
	}
	for root := range n {
		if num[root] != 0 {
			continue
		}
		enter(callgraph.FuncID(root))
		for len(path) > 0 {
			v := &path[len(path)-1]
			edges := g.Out(v.f)
			if v.next < len(edges) {
				e := &edges[v.next]
				v.next++
				switch {
				case !reaches(e) || int(e.Callee) >= n:
				case num[e.Callee] == 0:
					enter(e.Callee)
				case on[e.Callee]:
					low[v.f] = min(low[v.f], num[e.Callee])
				}
				continue
			}
			f := v.f
			path = path[:len(path)-1]
			count++
			left[f] = count
			if len(path) > 0 {
				p := path[len(path)-1].f
				low[p] = min(low[p], low[f])
			}
			if low[f] == num[f] {
				i := len(stack) - 1
				for stack[i] != f {
					i--
				}
				group := pop(&stack, i, on)
				slices.SortFunc(group, func(a, b callgraph.FuncID) int { return int(left[a] - left[b]) })
				out = append(out, group)
			}
		}
	}
	return out
}

// pop takes a finished group off the stack, in the order in which its members
// finished: callees first as far as there is such an order.
func pop(stack *[]callgraph.FuncID, from int, on []bool) []callgraph.FuncID {
	group := slices.Clone((*stack)[from:])
	*stack = (*stack)[:from]
	for _, f := range group {
		on[f] = false
	}
	return group
}

// carries says whether held locks travel over the edge: it is a call of this
// task, and more than a guess.
func carries(e *callgraph.Edge) bool {
	return e.Kind.Sync() && e.Kind != callgraph.Guess
}

// reaches says whether what the callee does counts in the caller: it carries
// the caller's locks, or the caller waits for it with its locks held (rule L21).
func reaches(e *callgraph.Edge) bool { return carries(e) || e.Kind == callgraph.Waits }
