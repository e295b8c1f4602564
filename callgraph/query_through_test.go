package callgraph

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
)

func TestThroughAndAvoid(t *testing.T) {
	g := handGraph(t,
		"a direct b", "b direct c", "c direct d", "a direct d", "a ops e", "e direct d", "b direct f", "f direct c",
		"c direct g", "g direct b", "x.c:h direct d", "y.c:h direct c", "a direct x.c:h", "a direct y.c:h")
	ids := func(names ...string) (out [][]FuncID) {
		for _, n := range names {
			out = append(out, g.Prog.Find(n))
		}
		return out
	}
	for _, test := range []struct {
		through, avoid []string
		most           int
		want           []string
	}{
		{nil, nil, 1, []string{"a direct d"}},
		{nil, []string{"b", "h"}, 9, []string{"a direct d", "a ops e direct d"}},
		{[]string{"c"}, nil, 1, []string{"a direct b direct c direct d"}},
		{[]string{"c"}, []string{"b"}, 9, []string{"a direct h direct c direct d"}},
		{[]string{"f", "c"}, nil, 1, []string{"a direct b direct f direct c direct d"}},
		{[]string{"e"}, nil, 9, []string{"a ops e direct d"}},
		{[]string{"h"}, nil, 2, []string{"a direct h direct d", "a direct h direct c direct d"}},
		{[]string{"a", "d"}, nil, 1, []string{"a direct d"}},                                                        // both ends count as passed
		{[]string{"c", "b"}, []string{"h"}, 9, []string{"a direct b direct c direct g direct b direct c direct d"}}, // no way but twice
		{[]string{"d", "a"}, nil, 9, nil},
		{nil, []string{"d"}, 9, nil},
		{nil, []string{"a"}, 9, nil},
	} {
		q := Query{From: g.Prog.Find("a"), To: g.Prog.Find("d"), Through: ids(test.through...), Most: test.most}
		for _, f := range ids(test.avoid...) {
			q.Avoid = append(q.Avoid, f...)
		}
		answer := g.Ask(q)
		if got := g.texts(answer.Chains); !slices.Equal(got, test.want) || answer.Cut {
			t.Errorf("through %v, avoiding %v: got %q, want %q (cut: %v)", test.through, test.avoid, got, test.want, answer.Cut)
		}
	}
}

// randomGraph is a graph of n functions and up to 4n edges of all kinds.
func randomGraph(rnd *rand.Rand, n int) *Graph {
	p := &Program{}
	for i := range n {
		p.Funcs = append(p.Funcs, &Func{ID: FuncID(i), Name: fmt.Sprint("f", i)})
	}
	var edges []Edge
	for i := range rnd.Intn(4 * n) {
		edges = append(edges, Edge{Caller: FuncID(rnd.Intn(n)), Callee: FuncID(rnd.Intn(n)),
			Kind: Direct + EdgeKind(rnd.Intn(int(Deferred))), Site: int32(i)})
	}
	return NewGraph(p, edges, nil)
}

// randomQuery passes up to three random functions and avoids up to two.
func randomQuery(rnd *rand.Rand, n int) Query {
	q := Query{From: []FuncID{0}, To: []FuncID{1}, Most: 100000,
		Allow: Allow{Weakest: []EdgeKind{Macro, Callback, Guess}[rnd.Intn(3)], Async: rnd.Intn(2) == 0}}
	for range rnd.Intn(4) {
		of := []FuncID{FuncID(rnd.Intn(n))}
		if rnd.Intn(3) == 0 {
			of = append(of, FuncID(rnd.Intn(n)))
		}
		q.Through = append(q.Through, of)
	}
	for range rnd.Intn(3) {
		q.Avoid = append(q.Avoid, FuncID(rnd.Intn(n)))
	}
	return q
}

// passesInOrder reports whether the functions to pass are on a path in order.
func passesInOrder(path []FuncID, through [][]FuncID) bool {
	for _, f := range path {
		for len(through) > 0 && slices.Contains(through[0], f) {
			through = through[1:]
		}
	}
	return len(through) == 0
}

// bruteSimple lists the costs of all simple chains of a query, class by class.
func bruteSimple(g *Graph, q Query) []uint64 {
	var all []uint64
	seen := map[string]bool{}
	for number, phase := range phases(q.Allow) {
		best := map[string]uint64{}
		var walk func(path []FuncID, cost uint64)
		walk = func(path []FuncID, cost uint64) {
			at := path[len(path)-1]
			if slices.Contains(q.Avoid, at) {
				return
			}
			if slices.Contains(q.To, at) && passesInOrder(path, q.Through) {
				key := fmt.Sprint(path)
				if old, ok := best[key]; !ok || cost < old {
					best[key] = cost
				}
			}
			if slices.Contains(q.To, at) && passesInOrder(path, q.Through) {
				return // a chain ends where it has passed everything and is at the goal
			}
			for _, e := range g.Out(at) {
				if phase.Crosses(e.Kind) && !slices.Contains(path, e.Callee) {
					walk(append(slices.Clone(path), e.Callee), cost+edgeCost(e.Kind))
				}
			}
		}
		for _, f := range q.From {
			walk([]FuncID{f}, 0)
		}
		var found []uint64
		for key, cost := range best {
			if !seen[key] {
				seen[key] = true
				found = append(found, cost+uint64(number)<<56)
			}
		}
		slices.Sort(found)
		all = append(all, found...)
	}
	return all
}

// bruteWalk is the cost of the best chain that may repeat functions, by the
// Bellman-Ford relaxation of costs by function and number of functions passed;
// far if there is none.
func bruteWalk(g *Graph, q Query) uint64 {
	for number, phase := range phases(q.Allow) {
		n, k := len(g.Prog.Funcs), len(q.Through)
		cost := make([][]uint64, k+1)
		for s := range cost {
			cost[s] = slices.Repeat([]uint64{far}, n)
		}
		lower := func(f FuncID, s int, c uint64) {
			for ; ; s++ {
				if !slices.Contains(q.Avoid, f) && c < cost[s][f] {
					cost[s][f] = c
				}
				if s == k || !slices.Contains(q.Through[s], f) {
					return
				}
			}
		}
		for _, f := range q.From {
			lower(f, 0, 0)
		}
		for range n * (k + 1) {
			for s := range cost {
				for _, e := range g.Edges {
					if phase.Crosses(e.Kind) && cost[s][e.Caller] != far {
						lower(e.Callee, s, cost[s][e.Caller]+edgeCost(e.Kind))
					}
				}
			}
		}
		if c := cost[k][q.To[0]]; c != far {
			return c + uint64(number)<<56
		}
	}
	return far
}

// classCost is the order of a chain among those of a query, as brute force
// counts it.
func classCost(c Chain, allow Allow) uint64 {
	class := slices.IndexFunc(phases(allow), func(a Allow) bool {
		return !slices.ContainsFunc(c[1:], func(s Step) bool { return !a.Crosses(s.Edge.Kind) })
	})
	return c.cost() + uint64(class)<<56
}

// checkChain verifies that a chain answers the query.
func checkChain(t *testing.T, g *Graph, q Query, c Chain) {
	t.Helper()
	path := []FuncID{c[0].Func}
	for i, s := range c[1:] {
		if s.Edge.Caller != c[i].Func || s.Edge.Callee != s.Func || !q.Allow.Crosses(s.Edge.Kind) {
			t.Fatalf("%s: step %d does not follow", g.text(c), i+1)
		}
		path = append(path, s.Func)
	}
	if !slices.Contains(q.From, path[0]) || !slices.Contains(q.To, path[len(path)-1]) || !passesInOrder(path, q.Through) ||
		slices.ContainsFunc(path, func(f FuncID) bool { return slices.Contains(q.Avoid, f) }) {
		t.Fatalf("%s does not answer %+v", g.text(c), q)
	}
}

// TestAskAgainstBruteForce compares the answers with the enumeration of all
// simple chains, and where there is none with the cheapest walk.
func TestAskAgainstBruteForce(t *testing.T) {
	rnd := rand.New(rand.NewSource(2))
	simple, repeating, none := 0, 0, 0
	for round := range 3000 {
		n := 2 + rnd.Intn(6)
		g, q := randomGraph(rnd, n), randomQuery(rnd, n)
		want, answer := bruteSimple(g, q), g.Ask(q)
		for i, c := range answer.Chains {
			checkChain(t, g, q, c)
			if i > 0 && answer.Chains[i-1].Compare(c) > 0 {
				t.Fatalf("round %d: %s comes before %s", round, g.text(answer.Chains[i-1]), g.text(c))
			}
		}
		switch {
		case answer.Cut:
			t.Fatalf("round %d: a graph of %d functions reaches the limit", round, n)
		case len(want) > 0:
			simple++
			var got []uint64
			for _, c := range answer.Chains {
				got = append(got, classCost(c, q.Allow))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: %+v: costs %x, want %x", round, q, got, want)
			}
		case len(answer.Chains) > 0:
			repeating++
			if c := answer.Chains[0]; len(answer.Chains) != 1 || len(c.Repeats()) == 0 || classCost(c, q.Allow) != bruteWalk(g, q) {
				t.Fatalf("round %d: %+v: got %q, want one walk of cost %x", round, q, g.texts(answer.Chains), bruteWalk(g, q))
			}
		default:
			if none++; bruteWalk(g, q) != far {
				t.Fatalf("round %d: %+v: no chain, want one of cost %x", round, q, bruteWalk(g, q))
			}
		}
	}
	if simple < 300 || repeating < 30 || none < 300 {
		t.Errorf("the random queries have too little variety: %d simple, %d repeating, %d none", simple, repeating, none)
	}
}

// TestEachIsTheBestOfEach compares the searches for many goals or starts with
// one search for each.
func TestEachIsTheBestOfEach(t *testing.T) {
	rnd := rand.New(rand.NewSource(3))
	for round := range 1000 {
		n := 2 + rnd.Intn(7)
		g, q := randomGraph(rnd, n), randomQuery(rnd, n)
		q.From, q.To, q.Most = []FuncID{0, FuncID(n - 1)}, []FuncID{1, FuncID(rnd.Intn(n)), 0}, 1
		compare := func(what string, at FuncID, got Chain, one Query) {
			t.Helper()
			want := g.Ask(one).Chains
			if (got == nil) != (len(want) == 0) || got != nil && got.Compare(want[0]) != 0 {
				t.Fatalf("round %d: %+v: %s %d: got %q, want %q", round, q, what, at, g.text(got), g.texts(want))
			}
			if got != nil {
				checkChain(t, g, one, got)
			}
		}
		for i, c := range g.ToEach(q) {
			one := q
			one.To = q.To[i : i+1]
			compare("to", one.To[0], c, one)
		}
		q.Through = nil
		for i, c := range g.FromEach(q) {
			one := q
			one.From = q.From[i : i+1]
			compare("from", one.From[0], c, one)
		}
	}
}

// TestLimitIsSaid: where every chain through a function repeats one, and there
// are very many, the search is given up, says so, and the best of them is the
// answer.
func TestLimitIsSaid(t *testing.T) {
	var lines []string
	for i := range 16 { // 2^16 ways from a0 to a16, and then always gate, far, gate
		for _, mid := range []string{"b", "c"} {
			lines = append(lines, fmt.Sprintf("a%d direct %s%d", i, mid, i), fmt.Sprintf("%s%d direct a%d", mid, i, i+1))
		}
	}
	lines = append(lines, "a16 direct gate", "gate direct far", "far direct gate", "gate direct goal")
	g := handGraph(t, lines...)
	q := Query{From: g.Prog.Find("a0"), To: g.Prog.Find("goal"), Through: [][]FuncID{g.Prog.Find("far")}, Most: 3}
	answer := g.Ask(q)
	if !answer.Cut || len(answer.Chains) != 1 || !slices.Equal(answer.Chains[0].Repeats(), g.Prog.Find("gate")) {
		t.Fatalf("cut %v, %d chains", answer.Cut, len(answer.Chains))
	}
	checkChain(t, g, q, answer.Chains[0])
}
