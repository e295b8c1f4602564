// Package docs_test runs what the documents show and what the examples hold: a
// command that a reader copies works, and an output that he compares with his own
// is what the program prints.
package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unrun is the blocks of commands that are not run. Each row fits exactly one.
var unrun = []struct{ doc, holds, reason string }{
	{"README.md", "go test ./...", "it is what runs this test"},
	{"README.md", "sudo make install", "it writes below /usr/local; the Makefile has a test of its own"},
}

// TestBlocks looks at every block of every document as its language asks for. The
// blocks of a document are run one after the other in one directory, as a reader
// does.
func TestBlocks(t *testing.T) {
	used := make([]int, len(unrun))
	cache := t.TempDir() // one for all: each kernel is read once
	for _, doc := range documents(t) {
		blocks, links := readDocument(t, doc)
		box := newSandbox(t, cache)
		for _, b := range blocks {
			reason := whyUnrun(b, used)
			t.Run(fmt.Sprintf("%s:%d", b.doc, b.line), func(t *testing.T) {
				if reason != "" {
					t.Skip("not run: " + reason)
				}
				checkBlock(t, box, b)
			})
		}
		for _, l := range links {
			if l.picture && strings.HasSuffix(l.to, ".svg") {
				t.Run(l.doc+" "+l.to, func(t *testing.T) { checkPicture(t, box, l) })
			}
		}
	}
	for i, row := range unrun {
		if used[i] != 1 {
			t.Errorf("the row %q of %s fits %d blocks instead of one", row.holds, row.doc, used[i])
		}
	}
}

// whyUnrun is why a block is not run, "" if it is, and counts the use of the row
// that says so.
func whyUnrun(b block, used []int) string {
	for i, row := range unrun {
		if row.doc == b.doc && strings.Contains(b.text, row.holds) {
			used[i]++
			return row.reason
		}
	}
	return ""
}

// checkBlock knows what each language of blocks asks for. A block that says none
// fails: nobody could tell whether it holds commands.
func checkBlock(t *testing.T, box *sandbox, b block) {
	t.Helper()
	switch b.lang {
	case "console":
		all, err := steps(b.text)
		if err != nil {
			t.Fatal(err)
		}
		box.run(t, all, true)
	case "sh":
		box.run(t, commands(b.text), false)
	case "yaml", "make":
		checkExcerpt(t, box, b)
	case "text":
		if command := regexp.MustCompile(`(?m)^(\$ |klockscan |go |git |make ).*`).FindString(b.text); command != "" {
			t.Errorf("a block of text holds a command, which is not run: %s", command)
		}
	case "c", "diff": // code to look at
	default:
		t.Errorf("no rule covers a block of %q: say its language, console, sh, yaml, make, c, diff or text", b.lang)
	}
}

// checkExcerpt wants a block to stand in a file of the examples, line by line; YAML
// may be a rules file instead, which klockscan takes.
func checkExcerpt(t *testing.T, box *sandbox, b block) {
	t.Helper()
	if slices.ContainsFunc(exampleFiles(t), func(name string) bool {
		src, err := os.ReadFile(filepath.Join("..", name))
		return err == nil && strings.Contains("\n"+string(src), "\n"+b.text)
	}) {
		return
	}
	if b.lang != "yaml" {
		t.Error("no file of the examples holds this block")
		return
	}
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, []byte(b.text), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, out := box.sh(t, "klockscan check --rules '"+rules+"' --fail-on none fixtures/tree"); status != 0 {
		t.Errorf("no file of the examples holds this block, and klockscan does not take it as rules: %s", out)
	}
}

// checkPicture wants a picture to be what the document's own commands draw. With
// UPDATE_DOCS set it is drawn anew.
func checkPicture(t *testing.T, box *sandbox, l link) {
	t.Helper()
	drawn, err := os.ReadFile(filepath.Join(box.dir, l.to))
	if err != nil {
		t.Fatalf("no command of %s draws the picture: %v", l.doc, err)
	}
	name := filepath.Join("..", filepath.Dir(l.doc), l.to)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(name, drawn, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(name); err != nil || !bytes.Equal(kept, drawn) {
		t.Errorf("%s is not what the commands of %s draw (set UPDATE_DOCS to write it): %v", l.to, l.doc, err)
	}
}

// exampleFiles is every file of the examples, from the root of the repository.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../examples/*", "../examples/*/*", "../examples/*/.*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				files = append(files, strings.TrimPrefix(name, "../"))
			}
		}
	}
	return files
}
