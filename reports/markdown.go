package reports

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// shownRegions is how many regions that were not understood markdown names.
const shownRegions = 10

// WriteMarkdown writes the findings for a mail to a list or a comment on a merge
// request: lines of at most 72 columns where words allow it, that can be quoted
// and read as they are, and that GitHub and GitLab render. Chains stand in code
// blocks, drawn as kernel patches draw them. There is no limit on the length:
// a comment on GitHub takes 65,536 characters.
func (c Check) WriteMarkdown(w io.Writer) error {
	m := &markdown{w: bufio.NewWriter(w)}
	places := fold(c.Findings)
	title := plural(len(c.Findings), "finding")
	if len(places) < len(c.Findings) {
		title += " in " + plural(len(places), "place")
	}
	m.line("## klockscan: " + title)
	m.head(c)
	for i, p := range places {
		m.place(i+1, p)
	}
	m.footer(c)
	return m.w.Flush()
}

// A markdown writes blocks, each after an empty line.
type markdown struct {
	w *bufio.Writer // keeps the first error for Flush
}

// line writes a line of our own, or of words that are guarded already.
func (m *markdown) line(s string) {
	m.w.WriteString(s)
	m.w.WriteByte('\n')
}

// par writes a paragraph.
func (m *markdown) par(parts ...[]string) {
	m.line("")
	m.fill("", "", parts...)
}

// quote writes a quoted paragraph.
func (m *markdown) quote(s string) {
	m.line("")
	m.fill("> ", "> ", words(s))
}

// item writes an item of a list.
func (m *markdown) item(parts ...[]string) { m.fill("- ", "  ", parts...) }

// heading writes words on one line, however long: a heading has no second.
func (m *markdown) heading(parts ...[]string) {
	m.line("")
	m.line("### " + strings.Join(join(parts), " "))
}

// head says what was looked at and what is not shown.
func (m *markdown) head(c Check) {
	h := c.Head
	about := words(strings.TrimSpace("klockscan " + h.Version))
	if h.Kernel != "" {
		about = append(about, words("on Linux "+h.Kernel)...)
	}
	if len(h.Scope) > 0 {
		about = append(about, words("in scope "+strings.Join(h.Scope, ", "))...)
	}
	if len(h.Arches) > 0 {
		about = append(about, words("for "+strings.Join(h.Arches, " and "))...)
	}
	about = ended(about)
	for _, hidden := range c.Hidden {
		about = append(about, words(fmt.Sprintf("%d more that %s %s left out.", hidden.Findings,
			agree(hidden.Findings, "is", "are")+" "+adjective(hidden.Confidence), agree(hidden.Findings, "is", "are")))...)
	}
	if c.Suppressed > 0 {
		about = append(about, words(fmt.Sprintf("%d suppressed by a rules file.", c.Suppressed))...)
	}
	m.par(about)
}

func (m *markdown) place(n int, p place) {
	f := p.first
	at := words(f.Kind)
	if f.Function != "" {
		at = append(at, "in", code(f.Function+"()"))
	}
	m.heading([]string{fmt.Sprint(n) + "."}, at)
	m.par(words(sentence(f)), words("("+strings.Join(p.arches, " and ")+", "+f.Confidence+")."))
	for _, r := range ruleLines(f.Rule) {
		m.par(words(capital(r.title)), words("("+where(r.File, r.Line)+"):"))
		m.quote(r.Text)
	}
	m.locks(f)
	m.chain(words("The chain:"), f.Chain)
	m.chain(words("The other order:"), f.Reverse)
	for _, g := range p.also {
		m.chain(words("Also, on "+g.Arch+":"), g.Chain)
	}
	if len(f.Assumed) > 0 {
		m.line("")
	}
	for _, a := range f.Assumed {
		m.item(words("assumed: " + a))
	}
	prints := words(agree(len(p.prints), "Fingerprint:", "Fingerprints:"))
	for i, one := range p.prints {
		comma := ","
		if i == len(p.prints)-1 {
			comma = ""
		}
		prints = append(prints, code(one)+comma)
	}
	m.par(prints)
}

func (m *markdown) locks(f Finding) {
	m.line("")
	m.item(words("at " + where(shownAt(f))))
	for _, r := range roles(f) {
		l := r.lock
		if r.word == "missing" {
			m.item([]string{"missing:", code(l.Name)})
			continue
		}
		m.item([]string{r.word + ":", code(l.Name) + ","}, words(how(*l)+", in"), []string{code(l.Function + "()")},
			words("at "+where(l.File, l.Line)))
	}
}

// chain draws a chain as a code block.
func (m *markdown) chain(title []string, chain []Step) {
	if len(chain) == 0 {
		return
	}
	var b bytes.Buffer
	t := newText(&b, Style{})
	t.draw(chain, "", true)
	if t.end() != nil { // a buffer takes everything
		return
	}
	fence := strings.Repeat("`", max(3, longestRun(b.String())+1))
	m.par(title)
	m.line("")
	m.line(fence)
	m.w.Write(b.Bytes())
	m.line(fence)
}

// footer says what was read and what was not understood.
func (m *markdown) footer(c Check) {
	m.line("\n### What was read\n")
	for _, r := range c.Head.Read {
		m.item(words(readWords(r)))
	}
	for _, l := range c.Head.NotRead {
		m.item(words("not read: " + l.File + ": " + l.Reason))
	}
	for i, p := range c.Head.Problems {
		if i == shownRegions {
			m.item(words("not understood: " + plural(len(c.Head.Problems)-i, "more region")))
			break
		}
		m.item(words(strings.TrimSuffix("not understood: "+where(p.File, p.Line)+", "+p.Reason+": "+p.Text, ": ")))
	}
	for _, s := range c.Stale {
		m.item(words("stale suppression, nothing is found any more: " + s))
	}
}
