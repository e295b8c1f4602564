package callgraph

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"klockscan/cparse"
)

// handGraph makes a graph of lines "caller kind callee"; a name may be
// "path:name". Functions are numbered in the order of their first appearance.
func handGraph(t *testing.T, lines ...string) *Graph {
	t.Helper()
	p := &Program{Arch: "test"}
	ids := map[string]FuncID{}
	id := func(spec string) FuncID {
		if f, ok := ids[spec]; ok {
			return f
		}
		file, name := "a.c", spec
		if i := strings.LastIndexByte(spec, ':'); i >= 0 {
			file, name = spec[:i], spec[i+1:]
		}
		f := &Func{ID: FuncID(len(p.Funcs)), Name: name, Path: file, ir: &cparse.Func{Pos: cparse.Pos{Line: int32(len(p.Funcs) + 1)}}}
		p.Funcs = append(p.Funcs, f)
		ids[spec] = f.ID
		return f.ID
	}
	var edges []Edge
	for i, line := range lines {
		w := strings.Fields(line)
		if len(w) != 3 || !slices.Contains(kindNames[:], w[1]) {
			t.Fatalf("bad line %q", line)
		}
		kind := EdgeKind(slices.Index(kindNames[:], w[1]))
		edges = append(edges, Edge{Caller: id(w[0]), Callee: id(w[2]), Kind: kind, Site: int32(i), Pos: cparse.Pos{Line: int32(100 + i)}})
	}
	return NewGraph(p, edges, nil)
}

func (g *Graph) text(c Chain) string {
	var b strings.Builder
	for i, s := range c {
		if i > 0 {
			fmt.Fprintf(&b, " %s ", s.Edge.Kind)
		}
		b.WriteString(g.Prog.Funcs[s.Func].Name)
	}
	return b.String()
}

func (g *Graph) texts(chains []Chain) []string {
	out := make([]string, len(chains))
	for i, c := range chains {
		out[i] = g.text(c)
	}
	return out
}

func TestChainPrefersCertainEdges(t *testing.T) {
	g := handGraph(t,
		"a ops d", "a direct b", "b macro c", "c direct d",
		"a guess z", "a async y", "y direct z", "d deferred e", "x direct d")
	for _, test := range []struct {
		from, to string
		allow    Allow
		want     string
	}{
		{"a", "d", Allow{}, "a direct b macro c direct d"},
		{"a", "d", Allow{Weakest: Macro}, "a direct b macro c direct d"},
		{"a", "a", Allow{}, "a"},
		{"a", "z", Allow{}, ""},
		{"a", "z", Allow{Weakest: Guess}, "a guess z"},
		{"a", "z", Allow{Weakest: Guess, Async: true}, "a async y direct z"},
		{"a", "e", Allow{Async: true}, "a direct b macro c direct d deferred e"},
		{"d", "a", Allow{Async: true}, ""},
	} {
		got := g.text(g.Chain(g.Prog.Find(test.from), g.Prog.Find(test.to), test.allow))
		if got != test.want {
			t.Errorf("%s to %s %+v: got %q, want %q", test.from, test.to, test.allow, got, test.want)
		}
	}
}

func TestChainsOfSeveralStartsAndSites(t *testing.T) {
	g := handGraph(t,
		"x.c:s direct m", "y.c:s direct n", "n direct m", "n direct m", "m direct goal", "m macro goal",
		"m ops o", "o direct goal", "o direct m")
	got := g.texts(g.Chains(g.Prog.Find("s"), g.Prog.Find("goal"), 9, Allow{}))
	want := []string{
		"s direct m direct goal", "s direct n direct m direct goal",
		"s direct m ops o direct goal", "s direct n direct m ops o direct goal",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if one := g.Chains(g.Prog.Find("y.c:s"), g.Prog.Find("goal"), 1, Allow{}); g.text(one[0]) != want[1] {
		t.Errorf("from y.c: got %q", g.text(one[0]))
	}
}

// bruteChains lists the simple chains of each phase from a to b by cost.
func bruteChains(g *Graph, a, b FuncID, allow Allow) []uint64 {
	var all []uint64
	seen := map[string]bool{}
	for number, phase := range phases(allow) {
		var found []uint64
		var walk func(at FuncID, path []FuncID, cost uint64)
		best := map[string]uint64{}
		walk = func(at FuncID, path []FuncID, cost uint64) {
			if at == b {
				key := fmt.Sprint(path)
				if old, ok := best[key]; !ok || cost < old {
					best[key] = cost
				}
				return
			}
			for _, e := range g.Out(at) {
				if phase.Crosses(e.Kind) && !slices.Contains(path, e.Callee) {
					walk(e.Callee, append(slices.Clone(path), e.Callee), cost+edgeCost(e.Kind))
				}
			}
		}
		walk(a, []FuncID{a}, 0)
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

// TestChainsAreAllAndInOrder compares Yen's algorithm with the enumeration of
// all simple paths on small random graphs.
func TestChainsAreAllAndInOrder(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for round := range 300 {
		n := 2 + rnd.Intn(6)
		p := &Program{}
		for i := range n {
			p.Funcs = append(p.Funcs, &Func{ID: FuncID(i), Name: fmt.Sprint("f", i)})
		}
		var edges []Edge
		for i := range rnd.Intn(4 * n) {
			edges = append(edges, Edge{Caller: FuncID(rnd.Intn(n)), Callee: FuncID(rnd.Intn(n)),
				Kind: Direct + EdgeKind(rnd.Intn(int(Deferred))), Site: int32(i)})
		}
		g := NewGraph(p, edges, nil)
		allow := Allow{Weakest: []EdgeKind{Macro, Callback, Guess}[rnd.Intn(3)], Async: rnd.Intn(2) == 0}
		want := bruteChains(g, 0, 1, allow)
		chains := g.Chains([]FuncID{0}, []FuncID{1}, 10000, allow)
		if len(chains) != len(want) {
			t.Fatalf("round %d: %d chains, want %d", round, len(chains), len(want))
		}
		for i, c := range chains {
			var cost uint64
			for _, s := range c[1:] {
				cost += edgeCost(s.Edge.Kind)
			}
			if cost != want[i]&(1<<56-1) {
				t.Fatalf("round %d: chain %d is %s of cost %x, want cost %x", round, i, g.text(c), cost, want[i])
			}
		}
	}
}

func TestFindAndSimilar(t *testing.T) {
	g := handGraph(t, "virt/kvm/a.c:init direct lock_all", "arch/x86/kvm/a.c:init direct lock_all", "reset direct unlock_all")
	for spec, want := range map[string]int{
		"init": 2, "init()": 2, "a.c:init": 2, "kvm/a.c:init": 2, "virt/kvm/a.c:init": 1, "./virt/kvm/a.c:init": 1,
		"vm/a.c:init": 0, "b.c:init": 0, "": 0, ":": 0, "nothing": 0, "lock_all": 1,
	} {
		if got := g.Prog.Find(spec); len(got) != want {
			t.Errorf("Find(%q): %d functions, want %d", spec, len(got), want)
		}
	}
	for spec, want := range map[string]string{
		"lock_al": "lock_all unlock_all", "lokc_all": "lock_all", "x.c:rest": "reset", "": "", "completely_else": "",
		strings.Repeat("x", 1000): "",
	} {
		if got := strings.Join(g.Prog.Similar(spec, 3), " "); got != want {
			t.Errorf("Similar(%q): got %q, want %q", spec, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b  string
		limit int
		want  int
	}{
		{"", "", 2, 0}, {"abc", "abc", 2, 0}, {"abc", "acb", 2, 1}, {"abc", "ab", 2, 1}, {"abc", "xbc", 2, 1},
		{"kitten", "sitting", 3, 3}, {"kitten", "sitting", 2, 3}, {"a", "abcdef", 2, 3}, {"ca", "abc", 5, 3},
	} {
		if got := distance(test.a, test.b, test.limit); got != test.want {
			t.Errorf("distance(%q, %q, %d) = %d, want %d", test.a, test.b, test.limit, got, test.want)
		}
	}
}

func TestTreeOpensEachFunctionOnceAtItsNearest(t *testing.T) {
	g := handGraph(t, "a direct b", "a direct c", "b direct c", "c direct d", "c direct d", "d direct a", "c guess e", "b async f")
	show := func(hops []Hop) string {
		var b strings.Builder
		for _, h := range hops {
			fmt.Fprintf(&b, "%d%s", h.Depth, g.Prog.Funcs[h.Func].Name)
			if h.Again {
				b.WriteString("*")
			}
			if h.Sites > 1 {
				fmt.Fprintf(&b, "x%d", h.Sites)
			}
			b.WriteString(" ")
		}
		return strings.TrimSpace(b.String())
	}
	for _, test := range []struct{ got, want string }{
		{show(g.Callees(g.Prog.Find("a"), 1, Allow{})), "0a 1b 1c"},
		{show(g.Callees(g.Prog.Find("a"), 9, Allow{})), "0a 1b 2c* 1c 2dx2 3a*"},
		{show(g.Callees(g.Prog.Find("b"), 1, Allow{Async: true})), "0b 1c 1f"},
		{show(g.Callees(g.Prog.Find("c"), 1, Allow{Weakest: Guess})), "0c 1dx2 1e"},
		{show(g.Callers(g.Prog.Find("c"), 2, Allow{})), "0c 1a 2d 1b 2a*"},
		{show(g.Callers(g.Prog.Find("f"), 3, Allow{})), "0f"},
		{show(g.Callees(g.Prog.Find("a"), 0, Allow{})), "0a"},
	} {
		if test.got != test.want {
			t.Errorf("got  %s\nwant %s", test.got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	g := handGraph(t, "top direct left", "top direct mid", "mid direct right", "left async right", "right direct deep", "left guess deep")
	g.Unresolved = []Unresolved{{Caller: 0, Expr: "p->f", Reason: "r"}, {Caller: 1, Expr: "q->g", Reason: "r"}}
	left, deep := g.Prog.Find("left"), g.Prog.Find("deep")
	n := g.Nearest(Query{From: left, To: deep})
	if got := g.text(n.Async); got != "left async right direct deep" {
		t.Errorf("async: %q", got)
	}
	if n.Guess != nil || n.Reverse != nil {
		t.Errorf("guess %q, reverse %q: want none", g.text(n.Guess), g.text(n.Reverse))
	}
	if from, to := g.text(n.Common.From), g.text(n.Common.To); from != "top direct left" || to != "top direct mid direct right direct deep" {
		t.Errorf("common: %q and %q", from, to)
	}
	if len(n.Callers) != 1 || len(n.Gaps) != 1 || n.Gaps[0].Expr != "q->g" || n.Reached != 0 {
		t.Errorf("callers %v, gaps %v, reached %d", n.Callers, n.Gaps, n.Reached)
	}
	if back := g.Nearest(Query{From: deep, To: left, Allow: Allow{Async: true}}); g.text(back.Reverse) != "left async right direct deep" {
		t.Errorf("reverse: %q", g.text(back.Reverse))
	}
}

func TestCycles(t *testing.T) {
	got := Cycles(7, [][2]int{{0, 1}, {1, 0}, {1, 2}, {3, 3}, {4, 5}, {5, 6}, {6, 4}, {6, 4}})
	if want := "[[0 1] [3] [4 5 6]]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := Cycles(0, nil); len(got) != 0 {
		t.Errorf("empty graph: %v", got)
	}
}

func TestAroundFindsRecursion(t *testing.T) {
	g := handGraph(t, "a direct b", "b direct c", "c direct b", "c ops b", "b async a", "far direct a")
	s := g.Around(g.Prog.Find("b"), 1, Allow{Async: true})
	if len(s.Funcs) != 3 || len(s.Edges) != 5 {
		t.Errorf("%d functions, %d edges: want 3, 5", len(s.Funcs), len(s.Edges))
	}
	if fmt.Sprint(s.Loops) != "[[1 2]]" {
		t.Errorf("loops %v", s.Loops)
	}
}
