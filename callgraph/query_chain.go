package callgraph

import (
	"cmp"
	"container/heap"
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

// Chains returns up to n simple chains from a function of from to one of to,
// the best first: those of written calls only, then those with resolved
// indirect calls, then those that hand over to another context, then those with
// a guess, as far as allow lets them; among equals the shortest. It returns
// nothing if there is no chain.
//
// Within one class the chains come from Yen's algorithm ("Finding the k shortest
// loopless paths in a network", Management Science 17, 1971) with Lawler's
// saving (a path deviates only after the place where it left its parent), each
// search being A* with the exact distances that one backward Dijkstra gives.
func (g *Graph) Chains(from, to []FuncID, n int, allow Allow) []Chain {
	var found []Chain
	seen := map[string]bool{}
	for _, phase := range phases(allow) {
		s := newSearch(g, to, phase)
		for _, p := range s.best(from, n) {
			c := s.chain(p)
			if id := chainKey(c); !seen[id] {
				seen[id] = true
				found = append(found, c)
			}
			if len(found) == n {
				return found
			}
		}
	}
	return found
}

// Chain is the best of Chains, or nil.
func (g *Graph) Chain(from, to []FuncID, allow Allow) Chain {
	if all := g.Chains(from, to, 1, allow); len(all) > 0 {
		return all[0]
	}
	return nil
}

// phases splits allow into classes of certainty. A single search could not
// order paths by (weakest edge, length), because that order is not preserved
// when two paths are continued by the same weak edge.
func phases(allow Allow) []Allow {
	all := []Allow{
		{Weakest: Macro}, {Weakest: Callback},
		{Weakest: Macro, Async: true}, {Weakest: Callback, Async: true},
		{Weakest: Guess}, {Weakest: Guess, Async: true},
	}
	return slices.DeleteFunc(all, func(a Allow) bool {
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

// far is the cost of what cannot be reached.
const far = ^uint64(0)

// edgeCost orders the chains of one phase: fewest hand-overs to another
// context, then length, then fewest indirect calls, then fewest macros.
func edgeCost(k EdgeKind) uint64 {
	const hand, step, indirect = 1 << 44, 1 << 24, 1 << 12
	switch k {
	case Direct:
		return step
	case Macro:
		return step + 1
	case Async, Deferred:
		return step + hand
	}
	return step + indirect
}

// A search looks for paths to fixed goals over the edges that allow crosses.
type search struct {
	g     *Graph
	allow Allow
	rest  []uint64 // exact cost from each function to the nearest goal; far if none
	dist  []uint64 // of the current run, valid where stamp == run
	via   []int32  // edge that dist came by; -1 at a start
	stamp []uint32
	run   uint32
}

func newSearch(g *Graph, to []FuncID, allow Allow) *search {
	n := len(g.Prog.Funcs)
	s := &search{g: g, allow: allow, rest: make([]uint64, n),
		dist: make([]uint64, n), via: make([]int32, n), stamp: make([]uint32, n)}
	for i := range s.rest {
		s.rest[i] = far
	}
	var q frontier
	for _, f := range to {
		s.rest[f] = 0
		heap.Push(&q, reach{0, f})
	}
	for len(q) > 0 {
		r := heap.Pop(&q).(reach)
		if r.cost > s.rest[r.f] {
			continue
		}
		for _, i := range g.In(r.f) {
			e := &g.Edges[i]
			if !allow.Crosses(e.Kind) {
				continue
			}
			if c := r.cost + edgeCost(e.Kind); c < s.rest[e.Caller] {
				s.rest[e.Caller] = c
				heap.Push(&q, reach{c, e.Caller})
			}
		}
	}
	return s
}

// A route is a path of the search: a start and the edges from there.
type route struct {
	start FuncID
	edges []int32
	cost  uint64
	split int // how many of its edges it shares with its parent, plus 1; 0: other start
}

func (s *search) chain(r route) Chain {
	c := Chain{{Func: r.start}}
	for _, i := range r.edges {
		e := &s.g.Edges[i]
		c = append(c, Step{Func: e.Callee, Edge: e})
	}
	return c
}

// node is the function before edge i of the route.
func (s *search) node(r route, i int) FuncID {
	if i == 0 {
		return r.start
	}
	return s.g.Edges[r.edges[i-1]].Callee
}

// best returns up to n routes, cheapest first.
func (s *search) best(from []FuncID, n int) []route {
	first, ok := s.once(from, nil, nil)
	if !ok || n < 1 {
		return nil
	}
	done, waiting := []route{first}, []route(nil)
	for len(done) < n {
		waiting = append(waiting, s.deviations(done, from)...)
		if len(waiting) == 0 {
			break
		}
		slices.SortStableFunc(waiting, s.compareRoutes)
		waiting = slices.CompactFunc(waiting, func(a, b route) bool {
			return a.start == b.start && slices.Equal(a.edges, b.edges)
		})
		done = append(done, waiting[0])
		waiting = waiting[1:]
	}
	return done
}

func (s *search) compareRoutes(a, b route) int {
	return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.start, b.start), slices.Compare(a.edges, b.edges))
}

// deviations returns the cheapest route that leaves the newest of done at each
// of its places, other than the ways that done holds already.
func (s *search) deviations(done []route, from []FuncID) []route {
	last := done[len(done)-1]
	var out []route
	if last.split == 0 {
		if r, ok := s.once(otherStarts(from, done), nil, nil); ok {
			out = append(out, r)
		}
	}
	barred := map[FuncID]bool{}
	var cost uint64
	for i := range last.edges {
		at := s.node(last, i)
		if i+1 >= last.split {
			taken := s.nextAfter(done, last, i)
			if r, ok := s.once([]FuncID{at}, barred, taken); ok {
				out = append(out, route{
					start: last.start, split: i + 1, cost: cost + r.cost,
					edges: append(slices.Clone(last.edges[:i]), r.edges...),
				})
			}
		}
		barred[at] = true
		cost += edgeCost(s.g.Edges[last.edges[i]].Kind)
	}
	return out
}

// otherStarts is the starts that no route of done begins with.
func otherStarts(from []FuncID, done []route) []FuncID {
	return slices.DeleteFunc(slices.Clone(from), func(f FuncID) bool {
		return slices.ContainsFunc(done, func(r route) bool { return r.start == f })
	})
}

// nextAfter is the functions that routes of done go to after the first i steps
// of last.
func (s *search) nextAfter(done []route, last route, i int) map[FuncID]bool {
	next := map[FuncID]bool{}
	for _, r := range done {
		if r.start != last.start || len(r.edges) <= i {
			continue
		}
		same := true
		for j := range i {
			same = same && s.g.Edges[r.edges[j]].Callee == s.g.Edges[last.edges[j]].Callee
		}
		if same {
			next[s.g.Edges[r.edges[i]].Callee] = true
		}
	}
	return next
}

// once is one A* search from starts to the goals, never through a function of
// barred, and not by a first step to a function of taken.
func (s *search) once(starts []FuncID, barred, taken map[FuncID]bool) (route, bool) {
	s.run++
	var q frontier
	set := func(f FuncID, cost uint64, via int32) {
		if s.rest[f] == far || barred[f] || s.stamp[f] == s.run && s.dist[f] <= cost {
			return
		}
		s.stamp[f], s.dist[f], s.via[f] = s.run, cost, via
		heap.Push(&q, reach{cost + s.rest[f], f})
	}
	for _, f := range starts {
		set(f, 0, -1)
	}
	for len(q) > 0 {
		r := heap.Pop(&q).(reach)
		cost := s.dist[r.f]
		if r.cost > cost+s.rest[r.f] {
			continue
		}
		if s.rest[r.f] == 0 {
			return s.routeTo(r.f), true
		}
		for i := s.g.out[r.f]; i < s.g.out[r.f+1]; i++ {
			e := &s.g.Edges[i]
			if s.allow.Crosses(e.Kind) && !(cost == 0 && taken[e.Callee]) {
				set(e.Callee, cost+edgeCost(e.Kind), i)
			}
		}
	}
	return route{}, false
}

func (s *search) routeTo(f FuncID) route {
	r := route{start: f, cost: s.dist[f]}
	for s.via[f] >= 0 {
		r.edges = append(r.edges, s.via[f])
		f = s.g.Edges[s.via[f]].Caller
	}
	r.start = f
	slices.Reverse(r.edges)
	return r
}

// A reach is a function and what it costs to get there (and on to the goal).
type reach struct {
	cost uint64
	f    FuncID
}

// A frontier is a heap of reaches, cheapest first, ties by function.
type frontier []reach

func (q frontier) Len() int { return len(q) }

func (q frontier) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].f < q[j].f
}

func (q frontier) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push and Pop are for container/heap.
func (q *frontier) Push(x any) { *q = append(*q, x.(reach)) }

// Pop removes the last element.
func (q *frontier) Pop() any {
	old := *q
	r := old[len(old)-1]
	*q = old[:len(old)-1]
	return r
}
