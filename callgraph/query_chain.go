package callgraph

import (
	"cmp"
	"slices"
)

// A Chain is a call path: its first step has no edge.
type Chain []Step

// Weakest is the least certain kind on the chain; Direct for a single function.
func (c Chain) Weakest() EdgeKind {
	weakest := Direct
	for _, s := range c {
		if s.Edge != nil && s.Edge.Kind > weakest {
			weakest = s.Edge.Kind
		}
	}
	return weakest
}

// Repeats is the functions that the chain passes more than once, each once, in
// its order.
func (c Chain) Repeats() []FuncID {
	seen := map[FuncID]int{}
	var twice []FuncID
	for _, s := range c {
		if seen[s.Func]++; seen[s.Func] == 2 {
			twice = append(twice, s.Func)
		}
	}
	return twice
}

// Compare orders chains as every query does: negative if c is better than d. A
// class of certainty counts first (written calls only; with resolved indirect
// calls; handing over to another context; with a guess), then the cost.
func (c Chain) Compare(d Chain) int {
	return cmp.Or(cmp.Compare(c.class(), d.class()), cmp.Compare(c.cost(), d.cost()))
}

// class is the index in allPhases of the first phase that has the chain.
func (c Chain) class() int {
	return slices.IndexFunc(allPhases, func(a Allow) bool {
		return !slices.ContainsFunc(c, func(s Step) bool { return s.Edge != nil && !a.Crosses(s.Edge.Kind) })
	})
}

func (c Chain) cost() uint64 {
	var cost uint64
	for _, s := range c {
		if s.Edge != nil {
			cost += edgeCost(s.Edge.Kind)
		}
	}
	return cost
}

// A Query asks for call chains.
type Query struct {
	From, To []FuncID
	Through  [][]FuncID // passed in this order, FROM and TO count; each is the functions of one name, one of which suffices
	Avoid    []FuncID   // never passed: as if the code had no such function
	Most     int        // chains wanted
	Allow    Allow
	Within   bool // do not cross what calls an entry point (Graph.Entries) through its table
}

// constrained reports whether the query leaves some chains out.
func (q *Query) constrained() bool { return len(q.Through)+len(q.Avoid) > 0 }

// An Answer is the chains of a Query.
type Answer struct {
	Chains []Chain // the best first
	Cut    bool    // the search for chains without a repetition was given up at its limit: there may be others
}

// Chains returns up to n simple chains from a function of from to one of to,
// the best first, as Ask does.
func (g *Graph) Chains(from, to []FuncID, n int, allow Allow) []Chain {
	return g.Ask(Query{From: from, To: to, Most: n, Allow: allow}).Chains
}

// Chain is the best of Chains, or nil.
func (g *Graph) Chain(from, to []FuncID, allow Allow) Chain {
	if all := g.Chains(from, to, 1, allow); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Ask returns the best chains of a query, ordered as Chain.Compare says: those
// of written calls only, then those with resolved indirect calls, then those
// that hand over to another context, then those with a guess, as far as allow
// lets them; among equals the shortest. No chain passes a function twice.
//
// With Through there may be no such chain: a caller of F may have to be passed
// on the way to F and on the way back. Finding one is hard in general (with one
// function to pass it is the problem of two disjoint paths: Fortune, Hopcroft,
// Wyllie, "The directed subgraph homeomorphism problem", 1980), so the search
// takes all chains in order and drops those that repeat, up to a limit. If none
// is left, the answer is the one best chain with repetitions: best parts from
// each function to the next.
//
// Within one class the chains come from Yen's algorithm ("Finding the k shortest
// loopless paths in a network", Management Science 17, 1971) with Lawler's
// saving (a path deviates only after the place where it left its parent), each
// search being A* with the exact distances that one backward Dijkstra gives.
func (g *Graph) Ask(q Query) Answer { return g.ask(q, mostWork) }

// ask is Ask with a limit: work is shared among the phases.
func (g *Graph) ask(q Query, work int) Answer {
	var a Answer
	var repeating Chain
	seen := map[string]bool{}
	all := phases(q.Allow)
	for i, phase := range all {
		s := newSearch(g, &q, phase)
		s.measure(q.To)
		share := work / (len(all) - i)
		s.work = share
		simple, first := s.best(q.From, q.Most)
		work -= share - s.work
		a.Cut = a.Cut || s.work <= 0
		for _, r := range simple {
			c := s.chain(r)
			if id := chainKey(c); !seen[id] && len(a.Chains) < q.Most {
				seen[id] = true
				a.Chains = append(a.Chains, c)
			}
		}
		if len(a.Chains) == q.Most {
			return a
		}
		if repeating == nil && first != nil {
			repeating = s.chain(*first)
		}
	}
	if len(a.Chains) == 0 && repeating != nil && q.Most > 0 {
		a.Chains = []Chain{repeating}
	}
	return a
}

// ToEach is the best chain of the query to each function of q.To, in their
// order; nil where there is none. One search serves all goals.
func (g *Graph) ToEach(q Query) []Chain {
	chains := make([]Chain, len(q.To))
	left := len(q.To)
	for _, phase := range phases(q.Allow) {
		if left == 0 {
			break
		}
		s := newSearch(g, &q, phase)
		s.spread(q.From)
		for i, f := range q.To {
			if at := s.goal(f); chains[i] == nil && s.stamp[at] == s.run {
				chains[i] = s.chain(s.routeTo(at))
				left--
			}
		}
	}
	g.withoutRepeats(q, chains)
	return chains
}

// withoutRepeats searches again for the goals whose chain repeats a function.
func (g *Graph) withoutRepeats(q Query, chains []Chain) {
	var again []int
	for i, c := range chains {
		if len(c.Repeats()) > 0 {
			again = append(again, i)
		}
	}
	for _, i := range again {
		one := q
		one.To, one.Most = q.To[i:i+1], 1
		chains[i] = g.ask(one, mostWork/len(again)).Chains[0] // there is at least the repeating one
	}
}

// FromEach is the best chain of the query from each function of q.From, like
// ToEach. Through is not supported: a chain from the middle has no stage.
func (g *Graph) FromEach(q Query) []Chain {
	q.Through = nil
	chains := make([]Chain, len(q.From))
	for _, phase := range phases(q.Allow) {
		s := newSearch(g, &q, phase)
		s.measure(q.To)
		for i, f := range q.From {
			if chains[i] == nil && s.rest[f] != far {
				chains[i] = s.descend(f)
			}
		}
	}
	return chains
}

// allPhases is the classes of certainty, best first.
var allPhases = []Allow{
	{Weakest: Macro}, {Weakest: Callback},
	{Weakest: Macro, Async: true}, {Weakest: Callback, Async: true},
	{Weakest: Guess}, {Weakest: Guess, Async: true},
}

// phases splits allow into classes of certainty. A single search could not
// order paths by (weakest edge, length), because that order is not preserved
// when two paths are continued by the same weak edge.
func phases(allow Allow) []Allow {
	return slices.DeleteFunc(slices.Clone(allPhases), func(a Allow) bool {
		return a.Async && !allow.Async || !allow.Crosses(a.Weakest) && a.Weakest != Macro
	})
}

// chainKey tells chains apart by their functions only: two calls of one
// function in another are not two chains to a reader.
func chainKey(c Chain) string {
	b := make([]byte, 0, 4*len(c))
	for _, s := range c {
		b = append(b, byte(s.Func), byte(s.Func>>8), byte(s.Func>>16), byte(s.Func>>24))
	}
	return string(b)
}

// edgeCost orders the chains of one phase: fewest hand-overs to another
// context, then length, then fewest indirect calls, then fewest macros.
func edgeCost(k EdgeKind) uint64 {
	const hand, step, indirect = 1 << 44, 1 << 24, 1 << 12
	switch k {
	case Direct:
		return step
	case Macro:
		return step + 1
	case Async, Deferred, Waits:
		return step + hand
	}
	return step + indirect
}
