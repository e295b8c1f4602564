package reports

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Style is how text is written.
type Style struct {
	Color   bool // ANSI colours
	Verbose bool // file:line of every step, everything that was not understood
}

// A colour is an ANSI sequence, of a type of its own so that clean leaves it.
type colour string

const (
	reset  colour = "\x1b[0m"
	bold   colour = "\x1b[1m"
	dim    colour = "\x1b[2m"
	red    colour = "\x1b[31m"
	yellow colour = "\x1b[33m"
	cyan   colour = "\x1b[36m"
)

// text writes lines, and keeps the first error for its end. Every string that
// is an argument of a line is cleaned (R1): formats are ours, strings are not.
type text struct {
	w     *bufio.Writer
	style Style
}

func newText(w io.Writer, style Style) *text {
	return &text{w: bufio.NewWriter(w), style: style}
}

// end flushes, and returns the first error of all writes.
func (t *text) end() error { return t.w.Flush() }

func (t *text) printf(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = clean(a)
		case colour:
			if !t.style.Color {
				args[i] = colour("")
			}
		}
	}
	fmt.Fprintf(t.w, format, args...)
}

// where is the FILE:LINE of a place.
func where(file string, line int) string {
	switch {
	case file == "":
		return "(not in what was read)"
	case line <= 0:
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// plural is "1 file", "2 files".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// footer says what the document rests on and how much was not understood, one
// line an architecture, and which files were not read.
func (t *text) footer(h Head) {
	for _, r := range h.Read {
		t.printf("%v%s: read %s (%s in scope), %s, %s; not understood: %s, %s of unknown target",
			dim, r.Arch, plural(r.Files, "file"), fmt.Sprint(r.FocusFiles), plural(r.Functions, "function"),
			plural(r.Edges, "call edge"), plural(r.Problems, "region"), plural(r.Unresolved, "call"))
		if r.UnknownLocks > 0 {
			t.printf(", %s of unknown class", plural(r.UnknownLocks, "lock"))
		}
		for _, name := range sortedKeys(r.Limits) {
			t.printf("; limit %s hit %s", name, plural(r.Limits[name], "time"))
		}
		t.printf("%v\n", reset)
	}
	for _, l := range h.NotRead {
		t.printf("%vnot read: %s: %s%v\n", yellow, l.File, l.Reason, reset)
	}
}

// regions lists, if Verbose, each region that was not understood.
func (t *text) regions(h Head) {
	if !t.style.Verbose {
		return
	}
	for _, p := range h.Problems {
		t.problem(p)
	}
	for _, r := range h.Read {
		for _, u := range r.Unknown {
			t.printf("unknown lock: %s: %s\n", r.Arch, u)
		}
	}
}

func (t *text) problem(p Problem) {
	t.printf("not understood: %s: %s", where(p.File, p.Line), p.Reason)
	if p.Function != "" {
		t.printf(" in %s()", p.Function)
	}
	if p.Text != "" {
		t.printf(": %s", p.Text)
	}
	t.printf("\n")
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// arrow is how an edge is drawn: one that starts another context is not a call.
func arrow(kind string) string {
	if kind == "async" || kind == "deferred" {
		return "~>"
	}
	return "->"
}

// edgeLabel is what a reader must know of an edge; "" for a call as written.
func edgeLabel(s Step) string {
	if s.Edge == "" || s.Edge == "direct" {
		return ""
	}
	return "[" + strings.TrimSpace(s.Edge+" "+s.Via) + "]"
}

// Line is a chain on one line: a -> b ~> c.
func Line(chain []Step) string {
	var b strings.Builder
	for i, s := range chain {
		if i > 0 {
			b.WriteString(" " + arrow(s.Edge) + " ")
		}
		b.WriteString(clean(s.Function))
	}
	return b.String()
}

// draw writes a chain in the form that kernel patches use, each line after
// indent:
//
//	first()
//	|
//	-> second()
//	   |
//	   -> third()  [ops struct t.member]
//
// With place, file:line of each step follows.
func (t *text) draw(chain []Step, indent string, place bool) {
	for i, s := range chain {
		if i == 0 {
			t.printf("%s%v%s()%v", indent, bold, s.Function, reset)
		} else {
			pad := indent + strings.Repeat("   ", i-1)
			t.printf("%s|\n%s%s %v%s()%v", pad, pad, arrow(s.Edge), bold, s.Function, reset)
		}
		if label := edgeLabel(s); label != "" {
			t.printf("  %v%s%v", cyan, label, reset)
		}
		if place {
			t.printf("  %v%s%v", dim, where(s.File, s.Line), reset)
		}
		t.printf("\n")
	}
}

// WriteText writes each chain on one line, for grep, and then drawn.
func (c Chains) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	for i, a := range c.Arches {
		if i > 0 {
			t.printf("\n")
		}
		if len(c.Head.Arches) > 1 {
			t.printf("%s:\n", a.Arch)
		}
		for j, chain := range a.Chains {
			if j > 0 {
				t.printf("\n")
			}
			t.printf("%v%s%v\n", bold, Line(chain), reset)
			t.draw(chain, "", style.Verbose)
			t.handOvers(chain)
		}
		if a.Nearest != nil {
			t.nearest(c.From, c.To, a)
		}
	}
	if style.Verbose {
		t.footer(c.Head)
	}
	return t.end()
}

// handOvers says in words where a chain is no call chain.
func (t *text) handOvers(chain []Step) {
	for i, s := range chain {
		what := ""
		switch s.Edge {
		case "deferred":
			what = "requests " + strings.TrimSpace(s.Via+" here, a deferred request")
		case "async":
			what = "starts an asynchronous context here"
		default:
			continue
		}
		t.printf("%v~> %s() %s; %s() runs later, and nothing held before is held there%v\n",
			yellow, chain[i-1].Function, what, s.Function, reset)
	}
}

func (t *text) nearest(from, to string, a ArchChains) {
	n := a.Nearest
	t.printf("no chain from %s to %s on %s\n", from, to, a.Arch)
	one := func(title string, chain []Step) {
		if len(chain) > 0 {
			t.printf("%s\n  %s\n", title, Line(chain))
		}
	}
	one("nearest: one that crosses to another context (--async):", n.Async)
	one("nearest: one with a guessed edge (--confidence guess):", n.Guess)
	one("the other way round there is one:", n.Reverse)
	if len(n.CommonFrom) > 1 && len(n.CommonTo) > 1 {
		t.printf("both are reached from %s():\n  %s\n  %s\n", n.CommonTo[0].Function, Line(n.CommonFrom), Line(n.CommonTo))
	}
	if len(n.Callers) == 0 {
		t.printf("no call of %s was found\n", to)
	} else {
		t.printf("%s is called by %s\n", to, list(n.Callers, 8))
	}
	t.printf("%s reaches %s", from, plural(n.Reached, "function"))
	if len(n.Gaps) == 0 {
		t.printf(", and every call there is resolved\n")
		return
	}
	t.printf("; calls of unknown target there, the nearest first:\n")
	for _, g := range n.Gaps {
		t.printf("  %s() at %s: %s (%s)\n", g.Caller, where(g.File, g.Line), g.Expr, g.Reason)
	}
}

// list names at most most of names.
func list(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// WriteText writes the tree with one edge a line.
func (d Tree) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	point := map[bool]string{true: "<-", false: "->"}[d.Callers]
	for _, a := range d.Arches {
		if len(d.Head.Arches) > 1 {
			t.printf("%s:\n", a.Arch)
		}
		for _, h := range a.Hops {
			t.hop(h, point)
		}
	}
	if style.Verbose {
		t.footer(d.Head)
	}
	return t.end()
}

func (t *text) hop(h Hop, point string) {
	if h.Depth == 0 {
		t.printf("%v%s()%v  %v%s%v\n", bold, h.Function, reset, dim, where(h.File, h.Line), reset)
		return
	}
	if arrow(h.Edge) == "~>" {
		point = map[string]string{"<-": "<~", "->": "~>"}[point]
	}
	t.printf("%s%s %v%s()%v  [%s]  %v%s%v", strings.Repeat("   ", h.Depth-1), point, bold, h.Function, reset,
		strings.TrimSpace(h.Edge+" "+h.Via), dim, where(h.File, h.Line), reset)
	if h.Sites > 1 {
		t.printf(" and %s", plural(h.Sites-1, "more call"))
	}
	if h.Again {
		t.printf("  (opened elsewhere)")
	}
	t.printf("\n")
}
