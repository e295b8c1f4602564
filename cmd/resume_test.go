package cmd

import (
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyOf is a copy of a directory that may be edited, with a cache.
func copyOf(t *testing.T, dir string) *cached {
	t.Helper()
	c := &cached{dir: t.TempDir(), cache: t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return c
}

// sourcesIn is the sources of a tree, sorted.
func sourcesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".c") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// statements is the lines of a source that are statements by the style of the kernel.
func statements(lines []string) []int {
	var out []int
	for i, line := range lines {
		if strings.HasPrefix(line, "\t") && strings.HasSuffix(line, ";\n") && i > 0 && strings.HasSuffix(strings.TrimSpace(lines[i-1]), ";") {
			out = append(out, i)
		}
	}
	return out
}

// fresh is statements that call what the fixtures may not have called before.
var fresh = []string{"\tif (!spin_trylock(&one_more))\n\t\treturn;\n", "\tmutex_lock(&one_more);\n\tmutex_unlock(&one_more);\n", "\tmight_sleep();\n",
	"\twrite_seqlock(&one_more);\n\twrite_sequnlock(&one_more);\n", "\tsynchronize_rcu();\n", "\tnobody_knows(one_more);\n"}

// TestEditedStatements repeats, deletes, exchanges and adds statements of the fixtures. A
// check that starts from the base of an earlier one gives what a check gives that
// works all out anew.
func TestEditedStatements(t *testing.T) {
	c := copyOf(t, "../fixtures/tree")
	command := []string{"check", "--format", "json", "--confidence", "guess"}
	c.run(t, "cache", command...)
	rnd := rand.New(rand.NewSource(1))
	names := sourcesIn(t, c.dir)
	steps := 80
	if testing.Short() {
		steps = 12
	}
	resumed, tried := 0, 0
	for tried < steps {
		name := names[rnd.Intn(len(names))]
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(text), "\n")
		at := statements(lines)
		if len(at) == 0 {
			continue
		}
		i := at[rnd.Intn(len(at))]
		switch rnd.Intn(4) {
		case 0:
			lines[i] += lines[i]
		case 1:
			lines[i] = ""
		case 2:
			lines[i-1], lines[i] = lines[i], lines[i-1]
		case 3:
			lines[i] += fresh[rnd.Intn(len(fresh))]
		}
		tried++
		if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o666); err != nil {
			t.Fatal(err)
		}
		before := c.loads
		got, want := c.run(t, "cache", command...), c.run(t, "cold", command...)
		if got != want {
			t.Fatalf("%s, line %d: from the base:\n%s\nand anew:\n%s", name, i+1, got, want)
		}
		if c.loads == before {
			resumed++
		}
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d edits resumed", resumed, tried)
	if resumed < tried/3 {
		t.Errorf("%d of %d edits resumed", resumed, tried)
	}
}
