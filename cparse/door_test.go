package cparse

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

const testTimeout = 20 * time.Second

func mustParse(t testing.TB, src string) *tree {
	t.Helper()
	tr, err := parseTree([]byte(src), testTimeout)
	if err != nil {
		t.Fatalf("parseTree: %v", err)
	}
	checkTree(t, tr)
	return tr
}

// checkTree tests the invariants of the array: pre-order, nesting, links.
func checkTree(t testing.TB, tr *tree) {
	t.Helper()
	last := map[int32]int32{} // parent → its child seen last
	for i := range tr.nodes {
		n, at := &tr.nodes[i], int32(i)
		if i == 0 {
			continue
		}
		if n.parent < 0 || n.parent >= at {
			t.Fatalf("node %d: parent %d", i, n.parent)
		}
		p := &tr.nodes[n.parent]
		if n.start < p.start || n.end > p.end || n.start > n.end || int(n.end) > len(tr.src) {
			t.Fatalf("node %d: span %d..%d in %d..%d", i, n.start, n.end, p.start, p.end)
		}
		if prev, ok := last[n.parent]; ok && tr.nodes[prev].next != at || !ok && n.parent != at-1 {
			t.Fatalf("node %d: not linked", i)
		}
		last[n.parent] = at
	}
	for _, c := range last {
		if tr.nodes[c].next != -1 {
			t.Fatalf("node %d: next %d of the last child", c, tr.nodes[c].next)
		}
	}
}

// sexp prints the named nodes below i, with their fields.
func sexp(tr *tree, i int32) string {
	var b strings.Builder
	if f := tr.fieldName(i); f != "" {
		b.WriteString(f + ":")
	}
	b.WriteString("(" + tr.kind(i))
	for c := tr.firstChild(i); c >= 0; c = tr.nodes[c].next {
		if tr.nodes[c].flags&flagNamed != 0 {
			b.WriteString(" " + sexp(tr, c))
		}
	}
	return b.String() + ")"
}

func TestParseTree(t *testing.T) {
	tr := mustParse(t, "int x;\nlong f(int a)\n{\n\treturn a + x;\n}\n")
	want := "(translation_unit (declaration type:(primitive_type) declarator:(identifier))" +
		" (function_definition type:(sized_type_specifier) declarator:(function_declarator declarator:(identifier)" +
		" parameters:(parameter_list (parameter_declaration type:(primitive_type) declarator:(identifier))))" +
		" body:(compound_statement (return_statement (binary_expression left:(identifier) right:(identifier))))))"
	if got := sexp(tr, 0); got != want {
		t.Errorf("tree:\n got %s\nwant %s", got, want)
	}
	fn := tr.nodes[tr.firstChild(0)].next
	if got := tr.text(tr.child(tr.child(fn, "declarator"), "declarator")); got != "f" {
		t.Errorf("name of the function: %q", got)
	}
	if tr.child(fn, "condition") != -1 || tr.child(fn, "no such field") != -1 {
		t.Error("a field that the node has not")
	}
	if tr.nodes[fn].row != 1 {
		t.Errorf("row %d, want 1", tr.nodes[fn].row)
	}
}

func TestParseTreeErrors(t *testing.T) {
	tr := mustParse(t, "int f(void) { return 1 + ; }")
	if tr.nodes[0].flags&flagHasError == 0 {
		t.Error("no error noticed")
	}
	for _, src := range []string{"", "\x00", "\xff\xfe", "}}}}", strings.Repeat("(", 50000),
		strings.Repeat("{", 50000), strings.Repeat("-", 50000), strings.Repeat("if(x)", 20000)} {
		mustParse(t, src)
	}
	if _, err := parseTree(make([]byte, maxSource+1), testTimeout); !errors.Is(err, errSizeLimit) {
		t.Errorf("too large: error %v", err)
	}
	long := []byte(strings.Repeat("int f(void) { asm(\"\"); return g(1, 2, 3) + h[4]; }\n", 50000))
	if _, err := parseTree(long, time.Microsecond); !errors.Is(err, errTimeLimit) {
		t.Errorf("too slow: error %v", err)
	}
	mustParse(t, "int x;") // the parser does not resume the abandoned text
}

// TestParseTreeConcurrent has more goroutines than pooled parsers, each with a
// text of its own that it must find again.
func TestParseTreeConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 20 {
				src := strings.Repeat(fmt.Sprintf("int v%d_%d;\n", g, i), 10+g)
				tr, err := parseTree([]byte(src), testTimeout)
				if err != nil {
					t.Error(err)
					return
				}
				n := 0
				for c := tr.firstChild(0); c >= 0; c = tr.nodes[c].next {
					n++
				}
				if n != 10+g || tr.nodes[0].flags&flagHasError != 0 {
					t.Errorf("goroutine %d: %d declarations, want %d", g, n, 10+g)
				}
			}
		})
	}
	wg.Wait()
}
