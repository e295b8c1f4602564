package reports

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"
)

func TestMarkdown(t *testing.T) {
	golden(t, "check-formats.md", formats(t).WriteMarkdown)
}

func markdownOf(t *testing.T, c Check) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A page is what a reader of markdown sees.
type page struct {
	blocks []string // kinds, depth first
	spans  []string // contents of code spans
	inline []string // kinds of all that is in a line, text apart
	fenced []string // contents of code blocks
}

// rendered reads markdown as GitHub does.
func rendered(md string) page {
	var p page
	source := []byte(md)
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser()
	_ = ast.Walk(parser.Parse(gmtext.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch {
		case !entering:
		case n.Type() != ast.TypeInline:
			p.blocks = append(p.blocks, n.Kind().String())
			if n.Kind() == ast.KindFencedCodeBlock {
				p.fenced = append(p.fenced, string(n.Lines().Value(source)))
			}
		case n.Kind() != ast.KindText:
			p.inline = append(p.inline, n.Kind().String())
			if n.Kind() == ast.KindCodeSpan {
				p.spans = append(p.spans, string(n.Text(source))) //nolint:staticcheck // a span holds text only
			}
		}
		return ast.WalkContinue, nil
	})
	return p
}

// hostileWords are names that mean something to markdown, or to GitHub and GitLab.
var hostileWords = []string{
	"`", "```", "a`b``c", "~~~", "| a | b |", "<b>bold</b>", "<!--", "</details>", "a\n\n# Title", "# Title", "- item", "1. item", "1)",
	"> quote", "---", "===", "***", "*a*", "__a__", "_a_", "~~a~~", "[a](http://evil)", "![a](b)", "[a]: http://evil", "https://evil/x", "www.evil.org",
	"mailto:a@b.org", "@everyone", "#1", "GH-12", "deadbeefcafe", "&lt;", ":100:", "$a$", "\\", "\\`", "/close", "[^1]", "[ ] todo", "a | b\n--- | ---",
	"    indented", "\ttab", "--", "-", "+", "*", "?", "a\u00a0b", "x\u2028y", "``` ```", " `` ",
}

// TestMarkdownOfHostileNames holds R4: the blocks of the page do not depend on
// names, and names are text and code spans only.
func TestMarkdownOfHostileNames(t *testing.T) {
	want := rendered(markdownOf(t, hostileCheck("name")))
	for _, name := range slices.Concat(hostileWords, hostile) {
		if name == "" { // has no words at all: a place without a file has other words
			continue
		}
		md := markdownOf(t, hostileCheck(name))
		for _, r := range md {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("name %.30q prints %q", name, r)
			}
		}
		got := rendered(md)
		if !slices.Equal(got.blocks, want.blocks) {
			t.Errorf("name %.30q makes the blocks\n%v, want\n%v\n%.1500s", name, got.blocks, want.blocks, md)
		}
		for _, kind := range got.inline {
			if kind != "CodeSpan" {
				t.Errorf("name %.30q makes a %s:\n%.1500s", name, kind, md)
			}
		}
		if call := clean(name) + "()"; !slices.Contains(got.spans, call) {
			t.Errorf("name %.30q: no span is %.200q: %.1500q", name, call, got.spans)
		}
		if drawn := clean(name) + "()"; len(got.fenced) != 2 || !strings.HasPrefix(got.fenced[0], drawn) {
			t.Errorf("name %.30q is not drawn: %.300q", name, got.fenced)
		}
		if fence := regexp.MustCompile("(?m)^```+$").FindString(md); len(fence) <= longestRun(got.fenced[0]) {
			t.Errorf("name %.30q: fence %s of\n%s", name, fence, got.fenced[0]) // a lax reader closes it at any line that begins so
		}
		if m := regexp.MustCompile(`(?m)^/|(^|[^\w` + "`" + `])@\w`).FindString(strings.Join(outside(md), "\n")); m != "" {
			t.Errorf("name %.30q: a command or a mention %q in\n%.1500s", name, m, md)
		}
	}
}

// outside is the lines of markdown that are not in a code block, without code
// spans.
func outside(md string) []string {
	var out []string
	fence := ""
	for line := range strings.Lines(md) {
		line = strings.TrimSuffix(line, "\n")
		switch ticks := strings.TrimRight(line, "`"); {
		case fence != "" && line == fence:
			fence = ""
		case fence == "" && ticks == "" && len(line) >= 3:
			fence = line
		case fence == "":
			out = append(out, regexp.MustCompile("`[^`]*`").ReplaceAllString(line, "`x`"))
		}
	}
	return out
}

// TestMarkdownSays finds every fact of the document on the page.
func TestMarkdownSays(t *testing.T) {
	doc := formats(t)
	page := rendered(markdownOf(t, doc))
	drawn := strings.Join(page.fenced, "\n")
	for _, f := range doc.Findings {
		for _, s := range slices.Concat(f.Chain, f.Reverse) {
			if !strings.Contains(drawn, s.Function+"()") {
				t.Errorf("%s: step %s is not drawn", f.Fingerprint, s.Function)
			}
		}
		wanted := []string{f.Fingerprint}
		for _, r := range roles(f) {
			wanted = append(wanted, r.lock.Name)
		}
		for _, w := range wanted {
			if !slices.Contains(page.spans, w) {
				t.Errorf("%s: %s is not on the page", f.Fingerprint, w)
			}
		}
	}
}

// TestMarkdownIsNarrow: prose has 72 columns, unless one word is longer.
func TestMarkdownIsNarrow(t *testing.T) {
	doc := formats(t)
	for i := range 40 {
		doc.Findings = append(doc.Findings, Finding{Kind: "leak", Function: "f", File: "f.c", Line: i + 1,
			Message: strings.Repeat(strings.Repeat("w", i+1)+" ", 30), Assumed: []string{strings.Repeat("one more ", i+1)}})
	}
	long := 0
	for _, line := range outside(markdownOf(t, doc)) {
		if n := utf8.RuneCountInString(line); n > columns && !strings.HasPrefix(line, "### ") && len(strings.Fields(line)) > 2 {
			t.Errorf("%d columns: %s", n, line)
		} else if n > columns-10 {
			long++
		}
	}
	if long < 20 {
		t.Errorf("only %d lines are near the limit: the words are not filled", long)
	}
}

func TestMarkdownOfPoorDocuments(t *testing.T) {
	for _, c := range poor() {
		if md := markdownOf(t, c); strings.Count(md, "\n### ") != len(c.Findings)+1 {
			t.Errorf("%+v: %s", c, md)
		}
	}
}

// TestGuard: what a reader of a mail sees is not spoilt without need.
func TestGuard(t *testing.T) {
	for in, want := range map[string]string{
		`kvm->lock is taken outside vcpu->mutex.`: "`kvm->lock` is taken outside `vcpu->mutex`.",
		`("kvm->lock", held)`:                     "(\"`kvm->lock`\", held)",
		`put_user() may sleep`:                    `put_user() may sleep`,
		`__copy_from_user() may`:                  "`__copy_from_user()` may",
		`a (in virt/kvm/kvm_main.c:12).`:          `a (in virt/kvm/kvm_main.c:12).`,
		`a.c:100: x`:                              "`a.c:100`: x",
		`(*p) f(&x) <tab>`:                        "`(*p)` `f(&x)` `<tab>`",
		`über-lock – held`:                        `über-lock – held`,
		"a\nb\t`":                                 "`` a\\nb\\t` ``",
		`deadbeef (deadbeef), gh-7 and /close`:    "`deadbeef` `(deadbeef)`, `gh-7` and `/close`",
	} {
		if got := strings.Join(words(in), " "); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
	if got, want := strings.Join([]string{code("``"), code(" x "), code("")}, " "), "``` `` ``` `  x  ` (no name)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
