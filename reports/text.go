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
	Quiet   bool // only what was asked for, not what it rests on
	Width   int  // columns, where long lines are broken; 0: they are not
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
	w       *bufio.Writer
	wrapper *wrapper // below w; nil: lines are not broken
	style   Style
	sources sourceIndex
}

// leastColumns is the columns below which no line is broken: nothing would be left of
// a chain.
const leastColumns = 40

func newText(w io.Writer, style Style) *text {
	t := &text{style: style}
	if style.Width >= leastColumns {
		t.wrapper = &wrapper{w: w, width: style.Width}
		w = t.wrapper
	}
	t.w = bufio.NewWriter(w)
	return t
}

// end flushes, and returns the first error of all writes.
func (t *text) end() error {
	err := t.w.Flush()
	if err == nil && t.wrapper != nil {
		err = t.wrapper.flush()
	}
	return err
}

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
	case !isLine(int64(line)):
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// plural is "1 file", "2 files".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "x") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// footer says what the document rests on and how much was not understood, one
// line an architecture, and which files were not read.
func (t *text) footer(h Head) {
	if t.style.Quiet {
		return
	}
	for _, r := range h.Read {
		t.printf("%v%s%v\n", dim, readWords(r), reset)
	}
	if h.Units > 0 {
		t.printf("%vworked through in %s, each for itself: functions and calls are counted where they are defined%v\n", dim, plural(h.Units, "unit"), reset)
	}
	for _, l := range h.NotRead {
		t.printf("%vnot read: %s: %s%v\n", yellow, l.File, l.Reason, reset)
	}
}

// readWords is what was read of one architecture and what was not understood.
func readWords(r Read) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: read %s (%d in scope), %s, %s; not understood: %s, %s of unknown target",
		r.Arch, plural(r.Files, "file"), r.FocusFiles, plural(r.Functions, "function"),
		plural(r.Edges, "call edge"), plural(r.Problems, "region"), plural(r.Unresolved, "call"))
	if r.UnknownLocks > 0 {
		fmt.Fprintf(&b, ", %s of unknown class", plural(r.UnknownLocks, "lock"))
	}
	for _, name := range sortedKeys(r.Limits) {
		fmt.Fprintf(&b, "; limit %s hit %s", name, plural(r.Limits[name], "time"))
	}
	return b.String()
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
		if place {
			t.source(indent+strings.Repeat("   ", i), s.File, s.Line)
		}
	}
}
