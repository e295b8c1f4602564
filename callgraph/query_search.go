package callgraph

import (
	"cmp"
	"slices"
)

// A search looks for paths over the edges that its query and phase allow. With
// functions to pass (Query.Through) it is a search in a product: a node is a
// function and a stage, how many of them were passed, and a call of the next
// one to be passed leads to the next stage. Without them there is one stage and
// a node is a function.
type search struct {
	g     *Graph
	q     *Query
	allow Allow
	cut   map[string]bool // members whose edges are not crossed; nil: none
	avoid []bool          // by function; nil: none
	n     int32           // functions, and so nodes of a stage
	rest  []uint64        // exact cost from each node to the nearest goal; far if none; set by measure
	dist  []uint64        // of the current run, valid where stamp == run
	via   []int32         // edge that dist came by; -1 at a start
	from  []int32         // node that it came from
	stamp []uint32
	run   uint32
	queue frontier
	work  int // nodes that searches for chains without repetition may still settle
}

// far is the cost of what cannot be reached.
const far = ^uint64(0)

// mostWork bounds the search for chains through given functions that pass no
// function twice, about 0.1 s: the nodes that its runs settle, and bookWork for
// each call of a chain that is looked at.
const (
	mostWork = 400_000
	bookWork = 10
)

func newSearch(g *Graph, q *Query, allow Allow) *search {
	n := int32(len(g.Prog.Funcs))
	nodes := int(n) * (len(q.Through) + 1)
	s := &search{g: g, q: q, allow: allow, n: n, dist: make([]uint64, nodes), via: make([]int32, nodes),
		from: make([]int32, nodes), stamp: make([]uint32, nodes)}
	if q.Within {
		s.cut = g.tableMembers()
	}
	if len(q.Avoid) > 0 {
		s.avoid = make([]bool, n)
		for _, f := range q.Avoid {
			s.avoid[f] = true
		}
	}
	return s
}

func (s *search) avoids(f FuncID) bool { return s.avoid != nil && s.avoid[f] }

func (s *search) crosses(e *Edge) bool {
	return s.allow.Crosses(e.Kind) && !(s.cut != nil && e.Kind == Ops && s.cut[e.Via])
}

// passes reports whether f is one that stage waits for.
func (s *search) passes(f FuncID, stage int) bool {
	return stage < len(s.q.Through) && slices.Contains(s.q.Through[stage], f)
}

// enter is the node of f for a path that comes there in a stage. Passing as
// early as possible loses nothing: what is left to pass is then less.
func (s *search) enter(f FuncID, stage int) int32 {
	for s.passes(f, stage) {
		stage++
	}
	return int32(stage)*s.n + int32(f)
}

func (s *search) funcOf(node int32) FuncID { return FuncID(node % s.n) }
func (s *search) stageOf(node int32) int   { return int(node / s.n) }

// goal is the node of f where everything has been passed.
func (s *search) goal(f FuncID) int32 { return int32(len(s.q.Through))*s.n + int32(f) }

// measure finds what it costs to get from every node to the nearest goal, by
// Dijkstra's algorithm from the goals backward.
func (s *search) measure(to []FuncID) {
	s.rest = make([]uint64, len(s.dist))
	for i := range s.rest {
		s.rest[i] = far
	}
	s.queue = s.queue[:0]
	set := func(node int32, cost uint64) {
		if cost < s.rest[node] {
			s.rest[node] = cost
			s.queue.push(reach{cost, node})
		}
	}
	for _, f := range to {
		if !s.avoids(f) {
			set(s.goal(f), 0)
		}
	}
	for len(s.queue) > 0 {
		r := s.queue.pop()
		if r.cost > s.rest[r.node] {
			continue
		}
		f, stage := s.funcOf(r.node), s.stageOf(r.node)
		for _, i := range s.g.In(f) {
			e := &s.g.Edges[i]
			if !s.crosses(e) || s.avoids(e.Caller) {
				continue
			}
			c := r.cost + edgeCost(e.Kind)
			for before := stage; ; before-- { // the stages from which a call of f leads to this one
				if !s.passes(e.Caller, before) {
					set(int32(before)*s.n+int32(e.Caller), c)
				}
				if before == 0 || !s.passes(f, before-1) {
					break
				}
			}
		}
	}
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

// nodes is the nodes of a route, its start first.
func (s *search) nodes(r route) []int32 {
	at := []int32{s.enter(r.start, 0)}
	for _, i := range r.edges {
		at = append(at, s.enter(s.g.Edges[i].Callee, s.stageOf(at[len(at)-1])))
	}
	return at
}

// repeats reports whether a route passes some function twice. Only a path
// through several stages can.
func (s *search) repeats(r route) bool {
	if len(s.q.Through) == 0 {
		return false
	}
	seen := map[FuncID]bool{r.start: true}
	for _, i := range r.edges {
		f := s.g.Edges[i].Callee
		if seen[f] {
			return true
		}
		seen[f] = true
	}
	return false
}

// best returns up to n routes without repetition, cheapest first, and the
// cheapest of all, nil if there is none.
func (s *search) best(from []FuncID, n int) (simple []route, first *route) {
	starts := make([]int32, 0, len(from))
	for _, f := range from {
		if !s.avoids(f) {
			starts = append(starts, s.enter(f, 0))
		}
	}
	next, ok := s.once(starts, nil, nil)
	if !ok || n < 1 {
		return nil, nil
	}
	cheapest := next
	done := branches{}
	var waiting []route // sorted
	for {
		done.add(s, next)
		s.spend(bookWork * len(next.edges))
		if !s.repeats(next) {
			simple = append(simple, next)
		}
		if len(simple) == n {
			return simple, &cheapest
		}
		for _, r := range s.deviations(done, next, starts) {
			if i, double := slices.BinarySearchFunc(waiting, r, compareRoutes); !double {
				waiting = slices.Insert(waiting, i, r)
			}
		}
		if len(waiting) == 0 || s.work <= 0 {
			return simple, &cheapest
		}
		next, waiting = waiting[0], waiting[1:]
	}
}

func compareRoutes(a, b route) int {
	return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.start, b.start), slices.Compare(a.edges, b.edges))
}

// branches is where the routes that are done go on from each beginning that they
// have in common: beginning (the functions, as chainKey writes them) to the next
// functions. The beginning of a start is empty.
type branches map[string]map[FuncID]bool

func (b branches) add(s *search, r route) {
	key, next := "", r.start
	for i := 0; ; i++ {
		if b[key] == nil {
			b[key] = map[FuncID]bool{}
		}
		b[key][next] = true
		if i == len(r.edges) {
			return
		}
		key += chainKey(Chain{{Func: next}})
		next = s.g.Edges[r.edges[i]].Callee
	}
}

// deviations returns the cheapest route that leaves the newest of done at each
// of its places, other than the ways that done holds already. What the common
// part passes is not passed again; from where the newest repeats a function
// nothing new can come that does not.
func (s *search) deviations(done branches, last route, starts []int32) []route {
	var out []route
	if last.split == 0 {
		others := slices.DeleteFunc(slices.Clone(starts), func(node int32) bool { return done[""][s.funcOf(node)] })
		if r, ok := s.once(others, nil, nil); ok {
			out = append(out, r)
		}
	}
	barred := map[FuncID]bool{}
	var cost uint64
	key := ""
	nodes := s.nodes(last)
	for i := range last.edges {
		at := s.funcOf(nodes[i])
		if barred[at] {
			break
		}
		key += chainKey(Chain{{Func: at}})
		if i+1 >= last.split {
			if r, ok := s.once(nodes[i:i+1], barred, done[key]); ok {
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

// once is one A* search from start nodes to the goals that measure knows, never
// through a function of barred, and not by a first step to one of taken.
func (s *search) once(starts []int32, barred, taken map[FuncID]bool) (route, bool) {
	s.begin(starts, barred)
	for len(s.queue) > 0 {
		r := s.queue.pop()
		cost := s.dist[r.node]
		if r.cost > cost+s.rest[r.node] {
			continue
		}
		if s.rest[r.node] == 0 {
			return s.routeTo(r.node), true
		}
		s.settle(r.node, cost, barred, taken)
		s.spend(1)
	}
	return route{}, false
}

// spend counts work. Without functions to pass there are no candidates that do
// not count, and so no limit.
func (s *search) spend(n int) {
	if len(s.q.Through) > 0 {
		s.work -= n
	}
}

// descend is the cheapest chain from f to a goal, after measure and without
// functions to pass: each step takes off what it costs.
func (s *search) descend(f FuncID) Chain {
	c := Chain{{Func: f}}
	for s.rest[f] > 0 {
		out := s.g.Out(f)
		for i := range out {
			e := &out[i]
			if rest := s.rest[e.Callee]; s.crosses(e) && rest != far && rest+edgeCost(e.Kind) == s.rest[f] {
				c = append(c, Step{Func: e.Callee, Edge: e})
				f = e.Callee
				break
			}
		}
	}
	return c
}

// spread finds the cheapest way to every node that the starts reach.
func (s *search) spread(from []FuncID) {
	s.rest = make([]uint64, len(s.dist)) // every node is as near to a goal as any
	var starts []int32
	for _, f := range from {
		if !s.avoids(f) {
			starts = append(starts, s.enter(f, 0))
		}
	}
	s.begin(starts, nil)
	for len(s.queue) > 0 {
		if r := s.queue.pop(); r.cost == s.dist[r.node] {
			s.settle(r.node, r.cost, nil, nil)
		}
	}
}

// begin starts a new run.
func (s *search) begin(starts []int32, barred map[FuncID]bool) {
	s.run++
	s.queue = s.queue[:0]
	for _, node := range starts {
		s.set(node, 0, -1, -1, barred)
	}
}

// settle goes on from a node.
func (s *search) settle(node int32, cost uint64, barred, taken map[FuncID]bool) {
	f, stage := s.funcOf(node), s.stageOf(node)
	for i := s.g.out[f]; i < s.g.out[f+1]; i++ {
		e := &s.g.Edges[i]
		if s.crosses(e) && !s.avoids(e.Callee) && !(cost == 0 && taken[e.Callee]) {
			s.set(s.enter(e.Callee, stage), cost+edgeCost(e.Kind), i, node, barred)
		}
	}
}

func (s *search) set(node int32, cost uint64, via, from int32, barred map[FuncID]bool) {
	if s.rest[node] == far || barred[s.funcOf(node)] || s.stamp[node] == s.run && s.dist[node] <= cost {
		return
	}
	s.stamp[node], s.dist[node], s.via[node], s.from[node] = s.run, cost, via, from
	s.queue.push(reach{cost + s.rest[node], node})
}

func (s *search) routeTo(node int32) route {
	r := route{cost: s.dist[node]}
	for s.via[node] >= 0 {
		r.edges = append(r.edges, s.via[node])
		node = s.from[node]
	}
	r.start = s.funcOf(node)
	slices.Reverse(r.edges)
	return r
}

// A reach is a node and what it costs to get there (and on to the goal).
type reach struct {
	cost uint64
	node int32
}

// A frontier is a binary heap of reaches, cheapest first, ties by node. It is
// not container/heap because that boxes each element, which is most of the time
// of a query.
type frontier []reach

func (q frontier) less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].node < q[j].node
}

func (q *frontier) push(r reach) {
	*q = append(*q, r)
	h := *q
	for i := len(h) - 1; i > 0 && h.less(i, (i-1)/2); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

// pop removes the cheapest.
func (q *frontier) pop() reach {
	h := *q
	top := h[0]
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	*q = h
	return top
}
