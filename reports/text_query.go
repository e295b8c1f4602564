package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

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
			var about About
			if j < len(a.About) {
				about = a.About[j]
			}
			t.chain(chain, about)
		}
		t.unfinished(c, a)
		if a.Nearest != nil {
			t.nearest(c, a)
		}
	}
	t.missing(c.Missing, c.Head.Arches)
	if style.Verbose {
		t.footer(c.Head)
	}
	return t.end()
}

// chain writes one chain: on one line, drawn, and what is to be known of it.
func (t *text) chain(chain []Step, about About) {
	t.printf("%v%s%v\n", bold, Line(chain), reset)
	if about.Entry != nil {
		t.printf("entry: %s\n", about.Entry.words())
	}
	t.draw(chain, "", t.style.Verbose)
	if l := about.Taken; l != nil {
		t.taken(l)
	}
	t.handOvers(chain)
	if len(about.Repeats) > 0 {
		t.printf("%vpasses %s() more than once: no chain without a repetition was found%v\n",
			yellow, strings.Join(about.Repeats, "(), "), reset)
	}
}

// agree is the form of a verb for n things.
func agree(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// taken says which acquisition a chain ends at.
func (t *text) taken(l *Lock) {
	how := l.Mode
	if l.Try {
		how += ", if it can (trylock)"
	}
	word := "taken:"
	if l.Mode == "wait" {
		word = "waited for:"
	}
	t.printf("%s %v%s%v, %s, in %s() at %s\n", word, bold, l.Name, reset, how, l.Function, where(l.File, l.Line))
}

// unfinished says what the chains of an architecture leave out.
func (t *text) unfinished(c Chains, a ArchChains) {
	if a.More > 0 {
		t.printf("%v%s: %s of %s %s reached too (--all)%v\n", dim, a.Arch, plural(a.More, "further acquisition"), c.Lock,
			agree(a.More, "is", "are"), reset)
	}
	if a.Cut && len(a.Chains) > 0 {
		t.printf("%v%s: the search for chains that pass no function twice was given up at its limit; there may be others%v\n", dim, a.Arch, reset)
	}
}

// missing says which architecture lacks what was asked about: one line each.
func (t *text) missing(missing []Missing, arches []string) {
	for _, m := range missing {
		if m.Avoid {
			t.printf("%s has no %s %s to avoid\n", m.Arch, m.What, m.Name)
			continue
		}
		var others []string
		for _, a := range arches {
			if !slices.ContainsFunc(missing, func(o Missing) bool { return o.Arch == a && !o.Avoid && o.Name == m.Name }) {
				others = append(others, a)
			}
		}
		t.printf("%s only: %s has no %s %s\n", strings.Join(others, ", "), m.Arch, m.What, m.Name)
	}
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

// nearest says what there is instead of a chain.
func (t *text) nearest(c Chains, a ArchChains) {
	n := a.Nearest
	from, to, called := c.From, c.To, "called"
	if c.Lock != "" {
		to, called = "an acquisition of "+c.Lock, "taken"
	}
	if from == "" {
		from = "an entry point"
	}
	bounds := ""
	if len(c.Through) > 0 {
		bounds = " through " + strings.Join(c.Through, ", then ")
	}
	if len(c.Avoid) > 0 {
		bounds += " without " + strings.Join(c.Avoid, " and ")
	}
	t.printf("no chain from %s to %s%s on %s\n", from, to, bounds, a.Arch)
	one := func(title string, chain []Step) {
		if len(chain) > 0 {
			t.printf("%s\n  %s\n", title, Line(chain))
		}
	}
	one("nearest: one that crosses to another context (--async):", n.Async)
	one("nearest: one with a guessed edge (--confidence guess):", n.Guess)
	one("without --through and --avoid there is one:", n.Free)
	if len(n.Free) > 0 {
		return
	}
	one("the other way round there is one:", n.Reverse)
	if len(n.CommonFrom) > 1 && len(n.CommonTo) > 1 {
		t.printf("both are reached from %s():\n  %s\n  %s\n", n.CommonTo[0].Function, Line(n.CommonFrom), Line(n.CommonTo))
	}
	goal := c.To + c.Lock
	if len(n.Callers) == 0 {
		t.printf("no %s of %s was found\n", map[string]string{"called": "call", "taken": "acquisition"}[called], goal)
	} else {
		t.printf("%s is %s by %s\n", goal, called, list(n.Callers, 8))
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
	t.missing(d.Missing, d.Head.Arches)
	if style.Verbose {
		t.footer(d.Head)
	}
	return t.end()
}

func (t *text) hop(h Hop, point string) {
	name := h.Function + "()"
	if h.Registry != "" {
		name += " for " + h.Registry
	}
	if h.Depth == 0 {
		t.printf("%v%s%v  %v%s%v\n", bold, name, reset, dim, where(h.File, h.Line), reset)
		return
	}
	if arrow(h.Edge) == "~>" {
		point = map[string]string{"<-": "<~", "->": "~>"}[point]
	}
	t.printf("%s%s %v%s%v  [%s]  %v%s%v", strings.Repeat("   ", h.Depth-1), point, bold, name, reset,
		strings.TrimSpace(h.Edge+" "+h.Via), dim, where(h.File, h.Line), reset)
	if h.Sites > 1 {
		t.printf(" and %s", plural(h.Sites-1, "more call"))
	}
	if h.Again {
		t.printf("  (opened elsewhere)")
	}
	t.printf("\n")
}

// WriteText writes the entry points under a heading for each kind, each with its
// chain on one line; if Verbose the chain drawn, with places.
func (d Entries) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	for i, a := range d.Arches {
		if i > 0 {
			t.printf("\n")
		}
		if len(d.Head.Arches) > 1 {
			t.printf("%s: ", a.Arch)
		}
		if len(a.Entries) == 0 {
			t.printf("no entry point that reaches %s was found\n", d.Function)
			continue
		}
		t.printf("%s %s %s\n", plural(len(a.Entries), "entry point"), agree(len(a.Entries), "reaches", "reach"), d.Function)
		for j, e := range a.Entries {
			if j == 0 || e.Kind != a.Entries[j-1].Kind {
				t.printf("%v%s%v\n", bold, e.kindWords(), reset)
			}
			t.reaching(e)
		}
	}
	t.missing(d.Missing, d.Head.Arches)
	if style.Verbose {
		t.footer(d.Head)
	}
	return t.end()
}

func (t *text) reaching(e Reaching) {
	via := ""
	if e.Via != "" {
		via = "  [" + e.Via + "]"
	}
	defer t.cases(e)
	if !t.style.Verbose {
		t.printf("  %s%v%s%v\n", labelledLine(e.Chain), cyan, via, reset)
		return
	}
	t.printf("  %v%s%v%v%s", bold, Line(e.Chain[:1])+"()", reset, cyan, via)
	if e.File != "" {
		t.printf("  at %s", where(e.File, e.Line))
	}
	t.printf("%v\n", reset)
	t.draw(e.Chain, "    ", true)
}

// cases names the commands of an entry point that lead to the function.
func (t *text) cases(e Reaching) {
	if len(e.Cases) == 0 {
		return
	}
	also := ""
	if e.Otherwise {
		also = ", and otherwise"
	}
	t.printf("    %vby %s%s%v\n", dim, strings.Join(e.Cases, ", "), also, reset)
}

// kindWords is the kind as a heading.
func (e EntryPoint) kindWords() string {
	if e.Kind == "" {
		return "no caller was found"
	}
	return e.Kind
}

// words is the kind and what it rests on.
func (e EntryPoint) words() string {
	if e.Via == "" {
		return e.kindWords()
	}
	return e.Kind + " (" + e.Via + ")"
}

// labelledLine is a chain on one line that says the kind of each call that is
// not written as one: a -> b -[ops struct t.run]-> c.
func labelledLine(chain []Step) string {
	var b strings.Builder
	for i, s := range chain {
		switch label := edgeLabel(s); {
		case i == 0:
		case label == "":
			b.WriteString(" -> ")
		default:
			b.WriteString(" -" + label + arrow(s.Edge) + " ")
		}
		b.WriteString(s.Function)
	}
	return b.String()
}
