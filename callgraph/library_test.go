package callgraph

import (
	"context"
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// loadFrom loads the focus drv of a tree, by a library or without.
func loadFrom(t *testing.T, tree fstest.MapFS, arch string, b *Library) (*Program, string) {
	t.Helper()
	p, err := Load(context.Background(), tree, Options{Arch: arch, Dirs: []string{"drv"}, Library: b})
	if err != nil {
		t.Fatal(err)
	}
	return p, printedProgram(p)
}

// TestLibrary: programs that share a library are those that search the tree
// themselves.
func TestLibrary(t *testing.T) {
	tree := everything(t)
	b := NewLibrary(tree, sortedKeys(tree))
	for range 2 {
		for _, arch := range Arches() {
			_, want := loadFrom(t, tree, arch, nil)
			p, got := loadFrom(t, tree, arch, b)
			if want != got {
				t.Fatalf("%s: %s", arch, firstDifference(want, got))
			}
			if len(p.Searches) < 2 {
				t.Errorf("%s: %d searches", arch, len(p.Searches))
			}
		}
	}
}

// TestAskedAgain changes sources that a program did not read: if every question
// is answered as before, so is the program.
func TestAskedAgain(t *testing.T) {
	tree := everything(t)
	before, want := loadFrom(t, tree, "x86", NewLibrary(tree, sortedKeys(tree)))
	text, err := json.Marshal(before.Searches)
	if err != nil {
		t.Fatal(err)
	}
	var searches []*Search
	if err := json.Unmarshal(text, &searches); err != nil || !reflect.DeepEqual(searches, before.Searches) {
		t.Fatalf("searches are not kept: %v\n%s", err, text)
	}
	questions, ok := Questions(searches)
	if !ok {
		t.Fatal("the searches make no sense")
	}
	read := map[string]bool{}
	for _, f := range before.Files[:before.Stats.Files] {
		read[f.Path] = true
	}
	same, differ := 0, 0
	for _, name := range sortedKeys(tree) {
		if path.Ext(name) != ".c" || read[name] {
			continue
		}
		for what, edit := range map[string]func(string) string{
			"gone":    func(string) string { return "" },
			"comment": func(s string) string { return s + "\n/* more */\n" },
			"body":    func(s string) string { return strings.ReplaceAll(s, "return n;", "return n + 1;") },
			"all":     func(s string) string { return strings.ReplaceAll(s, "static int ", "static long ") },
			"names":   func(s string) string { return strings.ReplaceAll(s, ".close", ".open") },
		} {
			after := maps.Clone(tree)
			after[name] = &fstest.MapFile{Data: []byte(edit(string(tree[name].Data))), Mode: 0o444}
			if !Unchanged(questions, name, after[name].Data) {
				differ++
				continue
			}
			same++
			if _, got := loadFrom(t, after, "x86", nil); got != want {
				t.Errorf("%s: %s: %s", name, what, firstDifference(want, got))
			}
		}
	}
	if same < 20 || differ < 20 {
		t.Errorf("%d edits change no answer, %d do: too few to tell", same, differ)
	}
}
