package callgraph

import (
	"context"
	"io/fs"
	"maps"
	"math/rand"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A shuffledFS is a tree whose directories list their entries in a random
// order, as no file system promises another one.
type shuffledFS struct {
	fstest.MapFS
	rnd *rand.Rand
}

// ReadDir implements fs.ReadDirFS.
func (s shuffledFS) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := s.MapFS.ReadDir(name)
	s.rnd.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	return entries, err
}

// printed is all that a program and its graph print: edges, bodies, statistics.
func printed(t *testing.T, tree fs.FS, arch string, cache *Cache) string {
	t.Helper()
	p, err := Load(context.Background(), tree, Options{Arch: arch, Dirs: []string{"drv"}, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return printedProgram(p)
}

func printedProgram(p *Program) string {
	g := Build(p)
	var b strings.Builder
	b.WriteString(g.String())
	for _, f := range p.Funcs {
		b.WriteString(f.String() + "\n")
		if f.IR() != nil {
			b.WriteString(f.IR().String())
		}
	}
	b.WriteString(strings.Join(p.Stats.Unexpanded, " ") + "\n")
	for _, pr := range p.Stats.Problems {
		b.WriteString(Place{pr.Path, pr.Pos}.String() + " " + pr.Reason + " " + pr.Text + "\n")
	}
	return b.String()
}

// everything is one tree out of all fixtures, each in a directory of its own
// below drv; what they have outside of drv is theirs by the first to claim it.
func everything(t *testing.T) fstest.MapFS {
	t.Helper()
	tree, all := fstest.MapFS{}, fixtures(t)
	for _, name := range sortedKeys(all) {
		own, _ := readTree(all[name])
		for _, p := range sortedKeys(own) {
			to := p
			if rest, ok := strings.CutPrefix(p, "drv/"); ok {
				to = "drv/" + name + "/" + rest
			}
			if tree[to] == nil {
				tree[to] = own[p]
			}
		}
	}
	return tree
}

// TestSameInputSameBytes: the order of files and the number of workers do not
// show in the result.
func TestSameInputSameBytes(t *testing.T) {
	tree := everything(t)
	for _, arch := range Arches() {
		want := printed(t, tree, arch, nil)
		if strings.Count(want, "\n") < 500 {
			t.Fatalf("%s: the tree is too small to tell:\n%s", arch, want)
		}
		rnd := rand.New(rand.NewSource(int64(len(arch))))
		for round := range 6 {
			procs := runtime.GOMAXPROCS(1 + round%2)
			got := printed(t, shuffledFS{tree, rnd}, arch, nil)
			runtime.GOMAXPROCS(procs)
			if got != want {
				t.Fatalf("%s, round %d: %s", arch, round, firstDifference(want, got))
			}
		}
	}
}

// TestSharedCache: a program leaves the parsed files as they were, so that
// another architecture, or the same again, gets what it gets from fresh ones; and so
// it is when what was made has been freed.
func TestSharedCache(t *testing.T) {
	tree := everything(t)
	cache := NewCache(tree)
	for range 2 {
		for _, arch := range Arches() {
			if want, got := printed(t, tree, arch, nil), printed(t, tree, arch, cache); got != want {
				t.Fatalf("%s: %s", arch, firstDifference(want, got))
			}
		}
		cache.Trim()
	}
}

// TestCacheForAnother: the programs of a tree are what they are alone if the cache
// takes files from one of another tree, and only what is not the same is read.
func TestCacheForAnother(t *testing.T) {
	old := everything(t)
	sources := slices.DeleteFunc(sortedKeys(old), func(name string) bool { return !strings.HasPrefix(name, "drv/") || path.Ext(name) != ".c" })
	changed, gone, made := sources[0], sources[1], "drv/made.c"
	tree := maps.Clone(old)
	tree[changed] = &fstest.MapFile{Data: append([]byte("static int added(void) { return 1; }\n"), old[changed].Data...)}
	tree[made] = tree[gone]
	delete(tree, gone)
	same := func(path string) bool { return path != changed && path != gone && path != made }
	cache := NewCache(old)
	for range 2 {
		for _, arch := range Arches() {
			printed(t, old, arch, cache)
			c := cache.For(tree, same)
			if want, got := printed(t, tree, arch, nil), printed(t, tree, arch, c); got != want {
				t.Fatalf("%s: %s", arch, firstDifference(want, got))
			}
			var read []string
			for name, e := range c.files.entries {
				if e.value.file != nil {
					read = append(read, name)
				}
			}
			if slices.Sort(read); !slices.Equal(read, []string{changed, made}) {
				t.Errorf("%s: read %v, want %s and %s", arch, read, changed, made)
			}
			c.Trim()
		}
	}
}

// TestCacheForgets: a cache that drops what nobody has used for some turns gives
// the same programs, and keeps what many have used for longer.
func TestCacheForgets(t *testing.T) {
	tree := everything(t)
	cache, want := NewCache(tree), printed(t, tree, "x86", nil)
	for range 3 {
		if got := printed(t, tree, "x86", cache); got != want {
			t.Fatal(firstDifference(want, got))
		}
		cache.Next()
	}
	if _, err := cache.Get("once.c"); err == nil || len(cache.files.entries) < 20 {
		t.Fatalf("%d files: %v", len(cache.files.entries), err)
	}
	for turn, left := range []bool{true, true, true, true, true, false} {
		cache.Next()
		_, once := cache.files.entries["once.c"]
		if got := len(cache.files.entries) > 1; got != left || once != (turn < 2) {
			t.Errorf("turn %d: %d files are left, once: %v", turn, len(cache.files.entries), once)
		}
	}
}

// TestShuffle tests the test: the wrapper does change the order.
func TestShuffle(t *testing.T) {
	tree := shuffledFS{everything(t), rand.New(rand.NewSource(1))}
	orders := map[string]bool{}
	for range 5 {
		var names []string
		entries, err := fs.ReadDir(tree, "drv")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		orders[strings.Join(names, " ")] = true
	}
	if len(orders) < 2 {
		t.Error("ReadDir always has one order")
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "first " + x[i] + "\nthen  " + y[i]
		}
	}
	return "one output is longer"
}
