package cmd

import (
	"slices"

	"klockscan/callgraph"
	"klockscan/lockflow"
	"klockscan/reports"
)

// A lockChain is a chain to an acquisition.
type lockChain struct {
	chain callgraph.Chain
	taken *lockflow.Lock
	vague bool // it begins where no caller was found, and nothing tells why
}

// chainsToLock is the best chain to each acquisition, the best first, as many as
// the question wants.
func (c *code) chainsToLock(n *chainNames) reports.ArchChains {
	found := c.lockChains(n)
	one := reports.ArchChains{Arch: c.prog.Arch, Chains: [][]reports.Step{}, More: max(0, len(found)-n.query.Most)}
	entry := map[callgraph.FuncID]*callgraph.Entry{}
	for i := range n.entries {
		entry[n.entries[i].Func] = &n.entries[i]
	}
	for _, l := range found[:len(found)-one.More] {
		one.Chains = append(one.Chains, reports.NewSteps(c.prog, l.chain))
		one.About = append(one.About, reports.NewAbout(c.prog, l.chain, entry[l.chain[0].Func], l.taken))
	}
	if len(found) == 0 {
		near := c.graph.Nearest(n.query)
		near.Reverse, near.Common, near.Callers = nil, callgraph.Common{}, uniqueFuncs(n.query.To)
		one.Nearest = reports.NewNearest(c.prog, near, mostGaps)
	}
	return one
}

func uniqueFuncs(fs []callgraph.FuncID) []callgraph.FuncID {
	fs = slices.Clone(fs)
	slices.Sort(fs)
	return slices.Compact(fs)
}

// lockChains is the best chain to every acquisition. One whose lock comes as a
// parameter ends with the calls that pass it down: these may be among the
// functions to pass or to avoid, and the search for the rest of the chain stops
// where they begin.
func (c *code) lockChains(n *chainNames) []lockChain {
	var found []lockChain
	byStage := make([][]int, len(n.query.Through)+1) // acquisitions by how many functions are to be passed before Down
	for i, a := range n.acquired {
		if !slices.ContainsFunc(a.Down, func(s callgraph.Step) bool {
			return slices.Contains(n.query.Avoid, s.Func) || s.Edge != nil && !n.query.Allow.Crosses(s.Edge.Kind)
		}) {
			left := passedBefore(n.query.Through, a.Down)
			byStage[left] = append(byStage[left], i)
		}
	}
	for left, at := range byStage {
		if len(at) == 0 {
			continue
		}
		q := n.query
		q.Through, q.To = q.Through[:left], nil
		for _, i := range at {
			q.To = append(q.To, n.acquired[i].Func)
		}
		for k, l := range c.headsOf(q, n) {
			if a := &n.acquired[at[k]]; l.chain != nil {
				l.chain, l.taken = append(l.chain, a.Down[1:]...), &a.Lock
				found = append(found, l)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b lockChain) int {
		if a.vague != b.vague {
			return map[bool]int{true: 1, false: -1}[a.vague]
		}
		return a.chain.Compare(b.chain)
	})
	return found
}

// headsOf is the best chain to each function of q.To. Of entry points, those of
// a known kind are better starts than any function without a caller: what has
// none may be dead code.
func (c *code) headsOf(q callgraph.Query, n *chainNames) []lockChain {
	heads := make([]lockChain, len(q.To))
	fill := func(from []callgraph.FuncID, vague bool) {
		q.From = from
		for i, chain := range c.graph.ToEach(q) {
			if heads[i].chain == nil {
				heads[i] = lockChain{chain: chain, vague: vague}
			}
		}
	}
	if n.entries == nil {
		fill(q.From, false)
		return heads
	}
	var known, vague []callgraph.FuncID
	for _, e := range n.entries {
		if e.Kind != "" {
			known = append(known, e.Func)
		} else {
			vague = append(vague, e.Func)
		}
	}
	fill(known, false)
	fill(vague, true)
	return heads
}

// passedBefore is how many of the functions to pass must come before a chain
// that ends with down: the last ones may be passed in it.
func passedBefore(through [][]callgraph.FuncID, down callgraph.Chain) int {
	left := len(through)
	for i := len(down) - 1; i > 0; i-- {
		for left > 0 && slices.Contains(through[left-1], down[i].Func) {
			left--
		}
	}
	return left
}
