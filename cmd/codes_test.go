package cmd

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TestNewQuestions: questions that were never asked of a tree are answered from
// what a check left in the cache, as they would be anew.
func TestNewQuestions(t *testing.T) {
	c := &cached{dir: "../fixtures/tree", cache: t.TempDir()}
	c.run(t, "cache", "check")
	if c.loads == 0 {
		t.Fatal("the check loaded nothing")
	}
	loads := c.loads
	for _, command := range [][]string{
		{"order"}, {"order", "--format", "json", "--confidence", "guess"}, {"edges", "--format", "tsv"}, {"edges", "--format", "json"},
		{"edges", "--unresolved"}, {"graph", "order"}, {"order", "--format", "svg"}, {"graph", "around", "entry_ioctl"},
		{"callers", "mutex_lock"}, {"callees", "entry_ioctl", "--transitive"}, {"callers", "--entry", "mutex_lock"},
		{"chain", "--all", "3", "entry_ioctl", "mutex_lock"}, {"chain", "mutex_lock", "entry_ioctl"}, {"callers", "no_such_function"},
	} {
		got, want := c.run(t, "cache", command...), c.run(t, "cold", command...)
		if got != want {
			t.Errorf("%v gives from the cache:\n%s\nand anew:\n%s", command, got, want)
		}
	}
	if c.loads != loads {
		t.Errorf("%d loads for questions", c.loads-loads)
	}
	// What a lock is called is known to the code alone.
	for _, command := range [][]string{{"order", "--outer", "kvm->slots_lock"}, {"chain", "--to-lock", "kvm->slots_lock"}, {"edges", "--indirect"}, {"rules"}} {
		if got, want := c.run(t, "cache", command...), c.run(t, "cold", command...); got != want {
			t.Errorf("%v gives from the cache:\n%s\nand anew:\n%s", command, got, want)
		}
	}
}

// TestWhatAnEditCosts: only the architectures that read a file are worked out
// anew, and what only the comparison with the rules needs costs none.
func TestWhatAnEditCosts(t *testing.T) {
	files := maps.Clone(cachedFiles)
	files["Documentation/virt/kvm/locking.rst"] = "- car->hood is taken outside car->gate\n"
	c := newCached(t, files)
	c.run(t, "cache", "check")
	for _, step := range []struct {
		name, file, text string
		command          []string
		loads            int
	}{
		{"another confidence", "", "", []string{"check", "--confidence", "guess"}, 0},
		{"another format", "", "", []string{"check", "--format", "json"}, 0},
		{"the document", "Documentation/virt/kvm/locking.rst", "- car->gate is taken outside car->hood\n", []string{"check"}, 0},
		{"a lock that no rule named", "Documentation/virt/kvm/locking.rst", "- car->wheel is taken outside car->hood\n", []string{"check"}, 2},
		{"one architecture's file", "arch/x86/kvm/x86.c", "void x86_only(void) { }\n", []string{"check"}, 1},
		{"the file that both read", "virt/kvm/car.c", twoLocks + "void both(void) { }\n", []string{"check"}, 2},
		{"a new header of one", "arch/x86/include/asm/more.h", "#define MORE 1\n", []string{"check"}, 0},
		{"the other's", "arch/arm64/kvm/arm.c", "void arm64_only(void) { }\n", []string{"check"}, 1},
		{"a question after it", "", "", []string{"order"}, 0},
		{"a picture after it", "", "", []string{"graph", "order"}, 0},
		{"a picture of a lock that no rule named", "Documentation/virt/kvm/locking.rst", "- car->boot is taken outside car->hood\n", []string{"graph", "order"}, 2},
	} {
		if step.file != "" {
			c.write(t, step.file, step.text)
		}
		before := c.loads
		got, want := c.run(t, "cache", step.command...), c.run(t, "cold", step.command...)
		if got != want {
			t.Errorf("%s: from the cache:\n%s\nand anew:\n%s", step.name, got, want)
		}
		if n := c.loads - before; n != step.loads {
			t.Errorf("%s: %d loads, want %d", step.name, n, step.loads)
		}
	}
}

// TestTablesOfTheTree: what the tree's own rules file says of primitives changes what
// was found out about its locks, though no source has changed.
func TestTablesOfTheTree(t *testing.T) {
	c := newCached(t, maps.Clone(cachedFiles))
	c.run(t, "cache", "order")
	for _, text := range []string{"primitives:\n  - {name: mutex_lock, action: ignore, reason: test}\n", "suppress:\n  - {kind: order, function: go, reason: test}\n"} {
		c.write(t, ".klockscan.yaml", text)
		if got, want := c.run(t, "cache", "order"), c.run(t, "cold", "order"); got != want {
			t.Errorf("%s from the cache:\n%s\nand anew:\n%s", text, got, want)
		}
	}
}

// TestAnswerWithoutRules: a question that needs no rules says nothing of the
// documents, whether there is a cache or not.
func TestAnswerWithoutRules(t *testing.T) {
	c := newCached(t, maps.Clone(cachedFiles))
	c.write(t, "Documentation/virt/kvm/locking.rst", "")
	if err := os.Truncate(filepath.Join(c.dir, "Documentation/virt/kvm/locking.rst"), largestFile+1); err != nil {
		t.Fatal(err)
	}
	if got, want := c.run(t, "cache", "order", "--format", "json"), c.run(t, "cold", "order", "--format", "json"); got != want {
		t.Errorf("with a cache:\n%s\nand without:\n%s", got, want)
	}
}
