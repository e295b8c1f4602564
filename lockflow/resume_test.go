package lockflow

import (
	"bytes"
	"context"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A beginning is what an analysis of a tree leaves for the next.
type beginning struct {
	tree        fstest.MapFS
	base, state []byte
}

func newBeginning(t *testing.T, tree fstest.MapFS) *beginning {
	t.Helper()
	state, base := cparse.NewEncoder(), cparse.NewEncoder()
	g, _ := analyzeTree(t, tree, Options{State: state})
	g.Encode(base)
	if !g.EncodeBase(base) {
		t.Fatal("the graph cannot be a base")
	}
	return &beginning{tree, base.Bytes(), state.Bytes()}
}

// resume is the result after an edit, encoded; nil if it is to be worked out anew.
func (b *beginning) resume(t *testing.T, tree fstest.MapFS, path string) []byte {
	t.Helper()
	table, opt := loading(t)
	from := cparse.NewDecoder(b.base)
	old, err := callgraph.DecodeGraph(from, opt.Entries)
	if err != nil {
		t.Fatal(err)
	}
	g, d, ok, err := callgraph.Resume(context.Background(), tree, opt, old, from, []callgraph.Edit{{Path: path, Old: b.tree[path].Data}})
	if err != nil || !ok {
		return nil
	}
	res, ok, err := Resume(g.Prog, g, Options{Table: table}, cparse.NewDecoder(b.state), Difference{Changed: d.Changed, Declared: d.Declared, Func: d.Func, Pos: d.Pos, Old: d.Old, Gone: d.Gone})
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	return encoded(res, g)
}

func encoded(r *Result, g *callgraph.Graph) []byte {
	e := cparse.NewEncoder()
	r.Encode(e, g)
	return e.Bytes()
}

// TestResume repeats, deletes and exchanges lines of the fixtures. What is resumed is
// what is worked out anew.
func TestResume(t *testing.T) {
	names, err := filepath.Glob("testdata/*.c")
	if err != nil || len(names) == 0 {
		t.Fatal("no fixtures", err)
	}
	rnd := rand.New(rand.NewSource(1))
	edits := 6
	if testing.Short() {
		edits = 2
	}
	resumed, tried := 0, 0
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b := newBeginning(t, treeOf(t, string(src)))
		for range edits {
			lines := strings.SplitAfter(string(b.tree["focus/case.c"].Data), "\n")
			at := 1 + rnd.Intn(len(lines)-1)
			switch rnd.Intn(3) {
			case 0:
				lines[at] += lines[at]
			case 1:
				lines[at] = ""
			case 2:
				lines[at-1], lines[at] = lines[at], lines[at-1]
			}
			tree := maps.Clone(b.tree)
			tree["focus/case.c"] = &fstest.MapFile{Data: []byte(strings.Join(lines, ""))}
			tried++
			got := b.resume(t, tree, "focus/case.c")
			if got == nil {
				continue
			}
			resumed++
			g, want := analyzeTree(t, tree, Options{})
			if !bytes.Equal(got, encoded(want, g)) {
				t.Errorf("%s, line %d: what is resumed differs from\n%+v", name, at+1, want)
			}
		}
	}
	t.Logf("%d of %d edits resumed", resumed, tried)
	if resumed < tried/8 {
		t.Errorf("%d of %d edits resumed", resumed, tried)
	}
}

// TestSpoiledState: a state that was cut short or changed serves for nothing, or for
// the right result.
func TestSpoiledState(t *testing.T) {
	src, err := os.ReadFile("testdata/wrappers.c")
	if err != nil {
		t.Fatal(err)
	}
	b := newBeginning(t, treeOf(t, string(src)))
	tree := maps.Clone(b.tree)
	tree["focus/case.c"] = &fstest.MapFile{Data: append([]byte("\n"), tree["focus/case.c"].Data...)}
	if b.resume(t, tree, "focus/case.c") == nil {
		t.Fatal("a line above all is not resumed")
	}
	whole := b.state
	for n := range 40 {
		b.state = whole[:len(whole)*n/40]
		if b.resume(t, tree, "focus/case.c") != nil {
			t.Errorf("a state cut after %d of %d bytes serves", len(b.state), len(whole))
		}
	}
}
