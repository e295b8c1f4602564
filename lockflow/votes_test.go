package lockflow

import (
	"strings"
	"testing"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// TestSameNames: a name keeps its meaning as long as the same struct has the majority
// near the rule, and the same function sees it first.
func TestSameNames(t *testing.T) {
	const src = `#include <linux/kernel.h>
struct dev { struct mutex lock; int state; };
struct port { struct mutex lock; int state; };
int first(struct dev *dev) { return dev->state; }
int second(struct dev *dev) { return dev->state; }
int third(struct port *port) { int n = port->state; return n; }
`
	load := func(src string) *callgraph.Program {
		g, _ := analyzeTree(t, treeOf(t, src), Options{})
		return g.Prog
	}
	named := func(p *callgraph.Program, name string) callgraph.FuncID { return p.ByName(name)[0] }
	old := load(src)
	rule := &Rule{File: "focus/case.c", Outer: []Name{{Text: "dev->lock"}}, Inner: []Name{{Text: "other->lock"}}}
	bindings := NewBindings(NewBinder(old, func(string) (Class, bool) { return Class{}, false }, []*Rule{rule}))
	e := cparse.NewEncoder()
	bindings.Votes().Encode(e)
	for _, test := range []struct {
		name, changed, from, to string
		same                    bool
	}{
		{"no variable of a name", "third", "int n =", "int m = 0, n =", true},
		{"one more of the majority", "third", "int n =", "struct dev *dev = 0; int n =", true},
		{"one of another struct", "third", "int n =", "struct port *dev = 0; int n =", true},
		{"two of another struct, for two", "third", "int n =", "struct port *dev = 0; { struct port *dev = port; dev->state = 1; } int n =", false},
		{"the first is another struct's", "first", "struct dev *dev) { return", "struct dev *d) { struct port *dev = 0; return 1 ||", false},
		{"a name that nobody had", "third", "int n =", "struct port *other = 0; int n =", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, after, _ := strings.Cut(src, "int "+test.changed+"(")
			p := load(before + "int " + test.changed + "(" + strings.Replace(after, test.from, test.to, 1))
			votes, err := DecodeVotes(cparse.NewDecoder(e.Bytes()), len(old.Funcs))
			if err != nil {
				t.Fatal(err)
			}
			d := Difference{
				Changed: []callgraph.FuncID{named(p, test.changed)},
				Func:    func(id callgraph.FuncID) callgraph.FuncID { return named(p, old.Funcs[id].Name) },
				Old:     func(id callgraph.FuncID) *callgraph.Func { return old.Funcs[named(old, p.Funcs[id].Name)] },
			}
			if got := votes.SameNames(p, []*Rule{rule}, d); got != test.same {
				t.Errorf("the names mean the same: %v, should be %v", got, test.same)
			}
		})
	}
}
