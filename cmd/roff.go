package cmd

import (
	"bytes"
	"fmt"
	"strings"
)

// A roff is a manual page that is being written, in the macros of man(7) that every
// formatter knows. Texts go through escapeRoff, never into arguments of a macro:
// quotes would have to be doubled there. cobra's own writer goes through Markdown,
// to which KLOCKSCAN_CACHE and [TREE] are markup, and brings three modules along.
type roff struct {
	bytes.Buffer
	first bool // nothing follows the last section's name yet
}

// roffColumns is where source lines are broken, so that a page can be read and
// compared as it is.
const roffColumns = 76

// roffEscapes keeps signs as they are typed: formatters make typographic ones of
// some, which a shell does not take. The backslash is first.
var roffEscapes = strings.NewReplacer(`\`, `\(rs`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`, `"`, `\(dq`)

// escapeRoff is a text without a sign that a formatter takes for its own. A control
// character ends nothing: lines are made by the callers.
func escapeRoff(s string) string {
	return roffEscapes.Replace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

func bold(s string) string   { return `\fB` + escapeRoff(s) + `\fR` }
func italic(s string) string { return `\fI` + escapeRoff(s) + `\fR` }

// macro writes a line that is a request. Its arguments are ours.
func (r *roff) macro(format string, args ...any) { fmt.Fprintf(r, "."+format+"\n", args...) }

// line writes formatted text as it is; a dot at its beginning is text.
func (r *roff) line(s string) {
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	r.WriteString(s + "\n")
}

// fill writes formatted text over as many lines as it takes.
func (r *roff) fill(s string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > roffColumns {
			r.line(line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		r.line(line)
	}
}

// section begins a section, and with it a paragraph.
func (r *roff) section(name string) {
	r.macro("SH %s", name)
	r.first = true
}

// paragraph begins a paragraph.
func (r *roff) paragraph() {
	if !r.first {
		r.macro("PP")
	}
	r.first = false
}

// item writes a formatted term and its explanation.
func (r *roff) item(term, text string) {
	r.macro("TP")
	r.line(term)
	r.fill(escapeRoff(text))
}

// paragraphs writes plain text: paragraphs are parted by empty lines, and one that is
// indented keeps its lines.
func (r *roff) paragraphs(text string) {
	for _, p := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if p = strings.Trim(p, "\n"); p == "" {
			continue
		}
		if strings.HasPrefix(p, " ") || strings.HasPrefix(p, "\t") {
			r.literal(strings.Split(p, "\n"))
			continue
		}
		r.paragraph()
		r.fill(escapeRoff(p))
	}
}

// literal writes lines that stay lines.
func (r *roff) literal(lines []string) {
	r.paragraph()
	r.macro("RS 4")
	r.macro("nf")
	for _, l := range lines {
		r.line(escapeRoff(strings.TrimSpace(l)))
	}
	r.macro("fi")
	r.macro("RE")
}
