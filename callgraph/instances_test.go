package callgraph

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestInstancesBounded: as many lists as functions that pass them on do not make
// their product of instances; who finds no room shares one that runs any list.
func TestInstancesBounded(t *testing.T) {
	const n = 400
	var src strings.Builder
	src.WriteString(`struct raw_notifier_head { struct notifier_block *head; };
struct notifier_block { int (*notifier_call)(struct notifier_block *nb); };
int raw_notifier_call_chain(struct raw_notifier_head *nh) { return nh->head->notifier_call(nh->head); }
static int pass0(struct raw_notifier_head *nh) { return raw_notifier_call_chain(nh); }
static int on_any(struct notifier_block *nb) { return 0; }
static struct notifier_block any = { .notifier_call = on_any };
`)
	for i := range n {
		fmt.Fprintf(&src, "static int pass%d(struct raw_notifier_head *nh) { return pass%d(nh); }\n", i+1, i)
	}
	for i := range n {
		fmt.Fprintf(&src, "static struct raw_notifier_head list%d;\nint run%d(void) { return pass%d(&list%d); }\n", i, i, n, i)
	}
	g := Build(loadC(t, src.String(), Options{}))
	if err := errors.Join(Check(g.Prog), g.Check()); err != nil {
		t.Error(err)
	}
	if got := len(g.Prog.Funcs); got > 3*n+maxCopied/instanceSize || got < 4*n {
		t.Errorf("%d functions", got)
	}
	for i := range n {
		run := g.Prog.Find(fmt.Sprintf("run%d", i))
		if !reaches(g, run[0], "on_any") {
			t.Fatalf("run%d does not reach what any list may hold", i)
		}
	}
}

// reaches reports whether a chain of calls leads to a function of that name.
func reaches(g *Graph, from FuncID, name string) bool {
	seen, work := map[FuncID]bool{from: true}, []FuncID{from}
	for ; len(work) > 0; work = work[1:] {
		if g.Prog.Funcs[work[0]].Name == name {
			return true
		}
		for _, e := range g.Out(work[0]) {
			if !seen[e.Callee] {
				seen[e.Callee] = true
				work = append(work, e.Callee)
			}
		}
	}
	return false
}
