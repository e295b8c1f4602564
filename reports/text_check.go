package reports

import (
	"io"
	"strings"
)

// WriteText writes the findings for a person: what, where, the rule, both locks
// and the whole chain.
func (c Check) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	t.sources = newSourceIndex(c.Sources)
	places := fold(c.Findings)
	for _, p := range places {
		t.place(p)
	}
	if style.Quiet {
		return t.end()
	}
	t.printf("%v%s%v", bold, plural(len(c.Findings), "finding"), reset)
	if len(places) < len(c.Findings) {
		t.printf(" in %s", plural(len(places), "place"))
	}
	if len(c.Head.Arches) > 1 {
		t.printf(" on %s", strings.Join(c.Head.Arches, " and "))
	}
	t.notShown("more", c)
	for _, s := range c.Gone {
		t.printf("%vin the baseline, found no more: %s%v\n", yellow, s, reset)
	}
	for _, s := range c.Stale {
		t.printf("%vstale suppression, nothing is found any more: %s%v\n", yellow, s, reset)
	}
	t.footer(c.Head)
	t.regions(c.Head)
	return t.end()
}

// notShown ends a line with what a check counts and does not show.
func (t *text) notShown(more string, c Check) {
	for _, h := range c.Hidden {
		t.printf("; %d %s that are %s (--confidence %s)", h.Findings, more, adjective(h.Confidence), h.Confidence)
	}
	if c.Suppressed > 0 {
		t.printf("; %d suppressed by a rules file", c.Suppressed)
	}
	if c.Known > 0 {
		t.printf("; %d known from the baseline", c.Known)
	}
	t.printf("\n")
}

func adjective(confidence string) string {
	if confidence == "guess" {
		return "guessed"
	}
	return confidence
}

func (t *text) place(p place) {
	f := p.first
	t.printf("%v%s%v: %v%s%v: %s %v[%s, %s]%v\n", bold, where(f.File, f.Line), reset, red, f.Kind, reset,
		sentence(f), dim, strings.Join(p.arches, " "), f.Confidence, reset)
	if f.Rule != nil {
		t.rule("  rule:  ", *f.Rule)
		for _, from := range f.Rule.From {
			t.rule("  from:  ", from)
		}
	}
	t.locks(f)
	t.witness("chain:", f.Chain)
	t.witness("the other order:", f.Reverse)
	t.printf("  why:   %s\n", f.Believed())
	for _, a := range f.Assumed {
		t.printf("  %vassumed: %s%v\n", yellow, a, reset)
	}
	t.printf("  %vfingerprint: %s%v\n", dim, f.Fingerprint, reset)
	for _, g := range p.also {
		t.printf("  also: %s  %v[%s, fingerprint %s]%v\n", Line(g.Chain), dim, g.Arch, g.Fingerprint, reset)
	}
	t.printf("\n")
}

// locks writes the locks of a finding, each with what the path does with it.
func (t *text) locks(f Finding) {
	for _, r := range roles(f) {
		if r.word == "missing" { // a name of the rule, that no code takes here
			t.printf("  missing: %v%s%v\n", cyan, r.lock.Name, reset)
			continue
		}
		t.printf("  %-6s %v%s%v, %s, in %s() at %s\n", r.word+":", cyan, r.lock.Name, reset, how(*r.lock), r.lock.Function,
			where(r.lock.File, r.lock.Line))
		t.source("         ", r.lock.File, r.lock.Line)
	}
}

// witness writes a chain as a line for grep, and drawn with its places.
func (t *text) witness(title string, chain []Step) {
	switch len(chain) {
	case 0:
		return
	case 1:
		t.printf("  %s\n", title)
	default:
		t.printf("  %s %s\n", title, Line(chain))
	}
	t.draw(chain, "    ", true)
}

func (t *text) rule(title string, r Rule) {
	t.printf("%s%s: %s\n", title, where(r.File, r.Line), r.Text)
	if r.Remark != nil {
		t.printf("  remark: %s: %s\n", where(r.Remark.File, r.Remark.Line), r.Remark.Text)
	}
}

// WriteText writes the rules that were understood, then the text that was not.
func (r Rules) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	var open []Rule
	understood := 0
	for _, one := range r.Rules {
		if one.Status != "" {
			open = append(open, one)
		}
		if one.Status == "" || len(one.Outer)+len(one.Inner) > 0 && one.Kind != "note" {
			understood++
			t.ruleBlock(one)
		}
	}
	if len(open) > 0 {
		t.printf("%vnot understood, or not bound to a lock:%v\n", bold, reset)
		for _, one := range open {
			t.printf("  %s: %s\n    %v%s%v\n", where(one.File, one.Line), one.Text, yellow, one.Status, reset)
		}
	}
	for _, l := range r.Locks {
		t.lockDoc(l)
	}
	t.printf("%v%s, %d with something not understood", bold, plural(understood, "rule"), len(open))
	if len(r.Locks) > 0 {
		t.printf("; %s described", plural(len(r.Locks), "lock"))
	}
	t.printf("%v\n", reset)
	if style.Verbose {
		for _, n := range r.Notes {
			t.printf("name %s at %s: %s\n", n.Name, where(n.File, n.Line), n.Text)
		}
		t.footer(r.Head)
	}
	return t.end()
}

func (t *text) lockDoc(l LockDoc) {
	classes := strings.Join(l.Classes, ", ")
	if classes == "" {
		classes = "no lock class"
	}
	t.printf("%s: %v%s%v (%s): %s", where(l.File, l.Line), cyan, l.Name, reset, classes, l.Type)
	if l.Arch != "" {
		t.printf(", on %s", l.Arch)
	}
	if l.Protects != "" {
		t.printf("; protects %s", l.Protects)
	}
	t.printf("\n")
}

// between is the words that stand between the outer and the inner names of a
// rule; a kind that is not here is a remark.
var between = map[string]string{
	"order":      "is taken outside",
	"not-inside": "has, inside its critical section, none of",
	"may-inside": "may have inside it",
	"wait-under": "is held while waiting for the readers of",
	"released":   "is released before waiting for the readers of",
	"must-not":   "must not take",
	"requires":   "must be held by who takes",
	"leaf":       "has nothing inside it",
}

func (t *text) ruleBlock(r Rule) {
	arch := "every architecture"
	if r.Arch != "" {
		arch = r.Arch
	}
	t.printf("%v%s%v: %s  %v[%s]%v\n", bold, where(r.File, r.Line), reset, r.Kind, dim, arch, reset)
	if r.Text != "" {
		t.printf("  “%s”\n", r.Text)
	}
	if len(r.Outer)+len(r.Inner) > 0 && between[r.Kind] != "" { // a note states nothing about the names in it
		t.printf("  %s\n", strings.Join(strings.Fields(nameList(r.Outer)+" "+between[r.Kind]+" "+nameList(r.Inner)), " "))
	}
	if r.Remark != nil {
		t.printf("  remark at %s: “%s”\n", where(r.Remark.File, r.Remark.Line), r.Remark.Text)
	}
	for _, from := range r.From {
		t.printf("  follows from %s\n", where(from.File, from.Line))
	}
}

func nameList(names []Name) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n.Text
		switch {
		case len(n.Classes) > 0:
			out[i] += " (" + strings.Join(n.Classes, ", ") + ")"
		case n.Context == "":
			out[i] += " (no lock class)"
		}
	}
	return strings.Join(out, ", ")
}
