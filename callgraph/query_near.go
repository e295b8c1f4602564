package callgraph

import "slices"

// Nearest is what there is instead of a chain.
type Nearest struct {
	Free    Chain // with nothing to pass or to avoid; nil if none. If set, only Async and Guess are too
	Async   Chain // with hand-overs to other contexts allowed; nil if none
	Guess   Chain // with guessed edges allowed; nil if none
	Reverse Chain // from the goal to the start; nil if none
	Common  Common
	Callers []FuncID     // functions that call the goal directly, sorted
	Reached int          // functions that the start reaches
	Gaps    []Unresolved // calls of unknown target in those, the nearest to the start first
}

// Common is a function that reaches both ends of a missing chain: the one with
// the shortest way to the farther end. From and To are nil if there is none.
type Common struct {
	From, To Chain
}

// Nearest says what is nearest when Ask finds nothing.
func (g *Graph) Nearest(q Query) Nearest {
	var n Nearest
	from, to, allow := q.From, q.To, q.Allow
	wide := q
	wide.Most = 1
	best := func(q Query) Chain {
		if a := g.Ask(q); len(a.Chains) > 0 {
			return a.Chains[0]
		}
		return nil
	}
	if !allow.Async {
		wide.Allow.Async = true
		n.Async = best(wide)
	}
	if n.Async == nil && allow.Weakest != Guess {
		wide.Allow.Weakest = Guess
		n.Guess = best(wide)
	}
	if q.constrained() {
		if n.Free = g.Chain(from, to, allow); n.Free != nil {
			return n
		}
	}
	n.Reverse = g.Chain(to, from, allow)
	n.Common = g.common(from, to, allow)
	for _, f := range to {
		for _, i := range g.In(f) {
			if e := &g.Edges[i]; allow.Crosses(e.Kind) {
				n.Callers = append(n.Callers, e.Caller)
			}
		}
	}
	slices.Sort(n.Callers)
	n.Callers = slices.Compact(n.Callers)
	n.Reached, n.Gaps = g.gaps(from, allow)
	return n
}

// common walks up from both ends. Of the functions that reach both, the one with
// the smallest longer way is the nearest; ties go to the shorter other way and
// then to the first function.
func (g *Graph) common(from, to []FuncID, allow Allow) Common {
	up, down := g.layers(from, allow), g.layers(to, allow)
	best, bestLong, bestShort := NoFunc, 0, 0
	for f := range g.Prog.Funcs {
		a, b := up[f], down[f]
		if a < 0 || b < 0 {
			continue
		}
		long, short := max(a, b), min(a, b)
		if best == NoFunc || long < bestLong || long == bestLong && short < bestShort {
			best, bestLong, bestShort = FuncID(f), long, short
		}
	}
	if best == NoFunc {
		return Common{}
	}
	at := []FuncID{best}
	return Common{From: g.Chain(at, from, allow), To: g.Chain(at, to, allow)}
}

// layers is the number of calls from each function to the nearest of goals; -1
// where there is no way.
func (g *Graph) layers(goals []FuncID, allow Allow) []int {
	layer := make([]int, len(g.Prog.Funcs))
	for i := range layer {
		layer[i] = -1
	}
	queue := slices.Clone(goals)
	for _, f := range goals {
		layer[f] = 0
	}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		for _, i := range g.In(f) {
			if e := &g.Edges[i]; allow.Crosses(e.Kind) && layer[e.Caller] < 0 {
				layer[e.Caller] = layer[f] + 1
				queue = append(queue, e.Caller)
			}
		}
	}
	return layer
}

// gaps counts what the starts reach, and lists the unresolved calls there in
// breadth-first order: a missing chain may lead through one of them.
func (g *Graph) gaps(from []FuncID, allow Allow) (reached int, gaps []Unresolved) {
	calls := map[FuncID][]Unresolved{}
	for _, u := range g.Unresolved {
		calls[u.Caller] = append(calls[u.Caller], u)
	}
	seen := make([]bool, len(g.Prog.Funcs))
	queue := slices.Clone(from)
	for _, f := range from {
		seen[f] = true
	}
	for ; len(queue) > 0; queue = queue[1:] {
		reached++
		gaps = append(gaps, calls[queue[0]]...)
		for _, e := range g.Out(queue[0]) {
			if allow.Crosses(e.Kind) && !seen[e.Callee] {
				seen[e.Callee] = true
				queue = append(queue, e.Callee)
			}
		}
	}
	return reached - len(from), gaps
}
