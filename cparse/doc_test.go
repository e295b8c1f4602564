package cparse

import (
	"os"
	"strings"
	"testing"
)

// TestDocExample: the example in the package comment is what Parse does.
func TestDocExample(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.ReplaceAll(strings.ReplaceAll(string(text), "\n//\t", "\n"), "\n//\n", "\n\n")
	_, doc, found := strings.Cut(doc, "// A function such as\n\n")
	src, doc, found2 := strings.Cut(doc, "\n\n// becomes, as [Func.String] prints it,\n\n")
	want, _, found3 := strings.Cut(doc, "\n\n// ")
	if !found || !found2 || !found3 {
		t.Fatal("doc.go: no example")
	}
	f := parse(t, src+"\n")
	if got := strings.TrimSpace(function(t, f, "enable").String()); got != want {
		t.Errorf("got:\n%s\ndoc.go has:\n%s", got, want)
	}
}
