package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sample is the patch of the examples, which plants one defect.
const sample = "../examples/sample.patch"

// A commit is a change to a repository of the fixtures.
type commit struct {
	subject string
	change  string // a script
}

// history makes the repository of somebody who has the sample's patch on top of
// origin/master, and gives its two commits.
func history(t *testing.T, dir string) []string {
	t.Helper()
	all := repository(t, dir, commit{"virt: count changes of a vCPU", "git apply " + absolute(t, sample)})
	git(t, dir, "update-ref refs/remotes/origin/master "+all[0])
	return all
}

// repository makes a git repository of fixtures/tree with further commits on top,
// and gives the names of all, the first of them that of the plain tree.
func repository(t *testing.T, dir string, more ...commit) []string {
	t.Helper()
	for _, tool := range []string{"git", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s: %v", tool, err)
		}
	}
	if err := os.CopyFS(dir, os.DirFS("../fixtures/tree")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init --quiet --initial-branch=master .")
	var names []string
	for _, c := range append([]commit{{"the tree", ":"}}, more...) {
		if status, out := shell(t, dir, "off", c.change); status != 0 {
			t.Fatalf("%s: exit status %d: %s", c.subject, status, out)
		}
		git(t, dir, "add --all")
		git(t, dir, "commit --quiet -m '"+c.subject+"'")
		names = append(names, strings.TrimSpace(git(t, dir, "rev-parse HEAD")))
	}
	return names
}

// git runs git with arguments that a shell splits, and gives what it printed.
func git(t *testing.T, dir, arguments string) string {
	t.Helper()
	status, out := shell(t, dir, "off", "git "+arguments)
	if status != 0 {
		t.Fatalf("git %s: exit status %d: %s", arguments, status, out)
	}
	return out
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	abs, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
