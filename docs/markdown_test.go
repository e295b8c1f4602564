package docs_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// A block is one block of code of a document.
type block struct {
	doc  string // path from the root of the repository
	line int    // of its first line of code
	lang string // as the fence says; "" if it does not, or if there is no fence
	text string
}

// A link is where a link or a picture of a document leads.
type link struct {
	doc, to string
	picture bool
}

// documents is what is shown to users and contributors, from the root of the
// repository.
func documents(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no documents beside the test: %v", err)
	}
	for i, doc := range docs {
		docs[i] = "docs/" + doc
	}
	return append([]string{"README.md", "CONTRIBUTING.md"}, docs...)
}

// parse gives the text of a document and its tree. Headings have the names by which
// links reach them.
func parse(t *testing.T, doc string) ([]byte, ast.Node) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", doc))
	if err != nil {
		t.Fatal(err)
	}
	m := goldmark.New(goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	return src, m.Parser().Parse(text.NewReader(src))
}

// readDocument finds the blocks and links of a document.
func readDocument(t *testing.T, doc string) ([]block, []link) {
	t.Helper()
	var blocks []block
	var links []link
	src, root := parse(t, doc)
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			blocks = append(blocks, newBlock(doc, string(n.Language(src)), src, n.Lines()))
		case *ast.CodeBlock:
			blocks = append(blocks, newBlock(doc, "", src, n.Lines()))
		case *ast.Link:
			links = append(links, link{doc, string(n.Destination), false})
		case *ast.Image:
			links = append(links, link{doc, string(n.Destination), true})
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blocks, links
}

func newBlock(doc, lang string, src []byte, lines *text.Segments) block {
	b := block{doc: doc, lang: lang, text: string(lines.Value(src))}
	if lines.Len() > 0 {
		b.line = 1 + bytes.Count(src[:lines.At(0).Start], []byte("\n"))
	}
	return b
}

// TestLinks opens what the documents link to, as far as it is in the repository.
func TestLinks(t *testing.T) {
	found := 0
	for _, doc := range documents(t) {
		_, links := readDocument(t, doc)
		for _, l := range links {
			target, heading, _ := strings.Cut(l.to, "#")
			if strings.Contains(target, "://") {
				continue
			}
			found++
			if target = path.Join(path.Dir(doc), target); l.to[0] == '#' {
				target = doc
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, l.to)
			} else if heading != "" && !hasHeading(t, target, heading) {
				t.Errorf("%s links to %s, which has no such heading", doc, l.to)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d links were looked at", found)
	}
}

func hasHeading(t *testing.T, doc, name string) bool {
	t.Helper()
	_, root := parse(t, doc)
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if id, ok := n.AttributeString("id"); ok && string(id.([]byte)) == name {
			return true
		}
	}
	return false
}

// TestReadmeNames holds the README's tables against the program: each command, and
// each flag and format of check.
func TestReadmeNames(t *testing.T) {
	src, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	wanted := 0
	for _, ask := range []struct{ command, name string }{
		{"klockscan --help", `(?m)^  ([a-z]+)  +[a-z]`},
		{"klockscan check --help", `(?m)^ +(-\w), --|^ +(--[a-z-]+) `}, // short, where there is a short one
		{"klockscan check --help | grep -e --format", `[ :]([a-z]+)(?:,|$)`},
	} {
		_, help := shell(t, ".", "off", ask.command)
		for _, m := range regexp.MustCompile(ask.name).FindAllStringSubmatch(help, -1) {
			wanted++
			name := strings.Join(m[1:], "")
			if !regexp.MustCompile("[` ]" + name + "[` ]").Match(src) {
				t.Errorf("README.md does not name %s, which %s does", name, ask.command)
			}
		}
	}
	if wanted < 30 {
		t.Errorf("only %d names were looked for", wanted)
	}
}
