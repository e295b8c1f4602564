package callgraph

import (
	"fmt"
	"math/rand"
	"testing"
)

// kernelSized is a graph as large as that of a scope of several subsystems:
// 30,000 functions and 200,000 edges, mostly short calls down a layered order,
// some recursion, a fifth of them through tables.
func kernelSized() *Graph {
	const functions, edges = 30_000, 200_000
	rnd := rand.New(rand.NewSource(4))
	p := &Program{}
	for i := range functions {
		p.Funcs = append(p.Funcs, &Func{ID: FuncID(i), Name: fmt.Sprint("f", i), Path: "a.c"})
	}
	kinds := []EdgeKind{Direct, Direct, Direct, Direct, Macro, Ops, Ops, Callback, Async, Deferred}
	list := make([]Edge, edges)
	for i := range list {
		caller := rnd.Intn(functions)
		callee := caller + 1 + rnd.Intn(2000)
		if rnd.Intn(20) == 0 {
			callee = caller - rnd.Intn(500)
		}
		kind := kinds[rnd.Intn(len(kinds))]
		list[i] = Edge{Caller: FuncID(caller), Callee: FuncID((callee + functions) % functions), Kind: kind, Site: int32(i), Via: kind.String()}
	}
	return NewGraph(p, list, nil)
}

// BenchmarkQueries measures each query on a graph of kernel size. They are to
// answer within 0.2 s.
func BenchmarkQueries(b *testing.B) {
	g := kernelSized()
	last := FuncID(len(g.Prog.Funcs) - 1)
	all := Allow{Async: true}
	base := Query{From: []FuncID{0}, To: []FuncID{last}, Most: 1}
	with := func(change func(*Query)) func() int {
		q := base
		change(&q)
		return func() int { return len(g.Ask(q).Chains) }
	}
	for _, bench := range []struct {
		name string
		run  func() int
	}{
		{"chain", with(func(*Query) {})},
		{"chain-all-20", with(func(q *Query) { q.Most = 20 })},
		{"chain-all-1000", with(func(q *Query) { q.Most = 1000 })},
		{"chain-through", with(func(q *Query) { q.Through = [][]FuncID{{7000}, {15000}}; q.Most = 20 })},
		{"chain-through-back", with(func(q *Query) { q.Through = [][]FuncID{{20000}, {9000}}; q.Most = 20 })},
		{"chain-avoid", with(func(q *Query) { q.Avoid = []FuncID{100, 200, 300}; q.Allow = all })},
		{"to-each", func() int {
			q := base
			q.To = nil
			for f := FuncID(0); f < last; f += 100 {
				q.To = append(q.To, f)
			}
			return len(g.ToEach(q))
		}},
		{"callers-transitive", func() int { return len(g.Callers([]FuncID{last}, AnyDepth, all)) }},
		{"callers-entry", func() int { return len(g.EntriesTo([]FuncID{last}, Allow{})) + 1 }},
		{"nearest", func() int { return g.Nearest(Query{From: []FuncID{0}, To: []FuncID{last}}).Reached }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if bench.run() == 0 {
					b.Fatal("no answer")
				}
			}
		})
	}
}
