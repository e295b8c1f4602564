package cmd

import (
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
		{"edges", "--unresolved"}, {"graph", "order"}, {"graph", "around", "entry_ioctl"},
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
