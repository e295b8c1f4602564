package reports

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// shownRegions is how many regions that were not understood, and files that were not
// read, markdown names.
const shownRegions = 10

// mostMarkdown is how many bytes the document has at most: a comment on GitHub takes
// 65,536 characters, and refuses what is longer.
const mostMarkdown = 65_536

// WriteMarkdown writes the findings for a mail to a list or a comment on a merge
// request: lines of at most 72 columns where words allow it, that can be quoted
// and read as they are, and that GitHub and GitLab render. Chains stand in code
// blocks, drawn as kernel patches draw them. What would make it longer than a
// comment may be is left out, the least certain findings first; a line says so.
func (c Check) WriteMarkdown(w io.Writer) error {
	places := fold(c.Findings)
	title := plural(len(c.Findings), "finding")
	if len(places) < len(c.Findings) {
		title += " in " + plural(len(places), "place")
	}
	head := blocks(func(m *markdown) {
		m.line("## klockscan: " + title)
		m.head(c)
	})
	footer := blocks(func(m *markdown) { m.footer(c) })
	room := mostMarkdown - len(head) - len(footer)
	body, shown := markdownPlaces(places, room, room)
	if shown < len(places) && len(places) > 1 {
		slices.SortStableFunc(places, func(a, b place) int { return certainty(a.first.Confidence) - certainty(b.first.Confidence) })
		body, shown = markdownPlaces(places, room-len(cutOff(len(places))), mostMarkdown/4) // none hides all others
		body = append(body, cutOff(len(places)-shown)...)
	}
	_, err := w.Write(slices.Concat(head, body, footer))
	return err
}

// markdownPlaces writes the places until there is no more room, but for those that are
// larger than most alone, and says how many that were. If there is nothing else, the
// first stands there whatever its size.
func markdownPlaces(places []place, room, most int) (body []byte, shown int) {
	for _, p := range places {
		one := blocks(func(m *markdown) { m.place(shown+1, p) })
		if len(one) > most {
			continue
		}
		if len(body)+len(one) > room {
			break
		}
		body = append(body, one...)
		shown++
	}
	if shown == 0 && len(places) > 0 {
		return blocks(func(m *markdown) { m.place(1, places[0]) }), 1
	}
	return body, shown
}

// cutOff says how many places are left out.
func cutOff(n int) []byte {
	return blocks(func(m *markdown) {
		m.par(words(plural(n, "place") + " " + agree(n, "is", "are") +
			" not shown: this text is as long as a comment may be, and has the most certain first. Other formats have all."))
	})
}

// blocks is what a part of the document looks like.
func blocks(part func(*markdown)) []byte {
	var b bytes.Buffer
	m := &markdown{w: bufio.NewWriter(&b)}
	part(m)
	m.w.Flush() // a buffer takes everything
	return b.Bytes()
}

// A markdown writes blocks, each after an empty line.
type markdown struct {
	w *bufio.Writer
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
	if c.compared != "" {
		m.par(words(c.compared))
	}
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
	for i, l := range c.Head.NotRead {
		if i == shownRegions {
			m.item(words("not read: " + plural(len(c.Head.NotRead)-i, "more file")))
			break
		}
		m.item(words("not read: " + l.File + ": " + l.Reason))
	}
	for i, p := range c.Head.Problems {
		if i == shownRegions {
			m.item(words("not understood: " + plural(len(c.Head.Problems)-i, "more region")))
			break
		}
		m.item(words(strings.TrimSuffix("not understood: "+where(p.File, p.Line)+", "+p.Reason+": "+p.Text, ": ")))
	}
	for i, s := range c.Stale {
		if i == shownRegions {
			m.item(words(plural(len(c.Stale)-i, "more stale suppression")))
			break
		}
		m.item(words("stale suppression, nothing is found any more: " + s))
	}
}
