package lockflow

import (
	"regexp"
	"slices"
	"strings"
)

// Only as much of reStructuredText is read as prose about locks needs: titles,
// paragraphs, bullets, literal blocks; see
// https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html.

// A paragraph is a bullet or a paragraph of a document.
type paragraph struct {
	lines   []string // trimmed
	line    int      // of lines[0]
	indent  int      // of the text
	bullet  bool     // a bullet, or a further paragraph of one
	title   string   // of the section
	literal []string // the code of the literal block that follows
}

var (
	bulletPattern = regexp.MustCompile(`^(\s*)([-*+]|\d{1,3}[.)]|#\.)(\s+)\S`)
	fieldPattern  = regexp.MustCompile(`^\s*:[A-Za-z][\w ]*:(\s|$)`)
	orderTitle    = regexp.MustCompile(`(?i)\b(acquisition|lock\w*)\b.*\b(order\w*|hierarch\w*|nesting|rank\w*)\b|\border\w*\b.*\block\w*\b`)
	archLead      = regexp.MustCompile(`(?i)^(?:on|for|in)?\s*([a-z0-9_-]+)(?:\s+only)?\s*[:,]`)
	archSentence  = regexp.MustCompile(`(?i)^(?:on|for)\s+([a-z0-9_-]+)(?:\s+only)?\s*,\s*(\S.*)$`)
)

// readDocument is the rules that a document states.
func readDocument(file, text string, arches map[string]string) []*Rule {
	var rules []*Rule
	arch, title := archOfPath(strings.TrimPrefix(file, "Documentation/")), ""
	home := arch
	r := reader{file: file}
	for _, p := range paragraphs(text) {
		if p.title != title {
			title, arch = p.title, home
		}
		joined := foldSpace(strings.Join(p.lines, " "))
		if !p.bullet {
			arch = home
			if m := archLead.FindStringSubmatch(joined); m != nil && strings.HasSuffix(joined, ":") && arches[strings.ToLower(m[1])] != "" {
				arch = arches[strings.ToLower(m[1])]
			}
		}
		r.arch = arch
		rules = append(rules, readParagraph(&r, p, arches)...)
	}
	return rules
}

// readParagraph is the rules of one paragraph. A bullet about locks, in a
// section about their order, that states none is kept as a note, so that nobody
// takes silence for understanding.
func readParagraph(r *reader, p paragraph, arches map[string]string) []*Rule {
	var rules []*Rule
	var all []string
	r.subject, r.list = nil, nil
	for _, s := range p.sentences() {
		all = append(all, s.text)
		plain, home := s, r.arch
		if m := archSentence.FindStringSubmatch(s.text); m != nil && arches[strings.ToLower(m[1])] != "" {
			plain.text, r.arch = m[2], arches[strings.ToLower(m[1])]
		}
		got := r.sentence(plain)
		for _, rule := range got {
			rule.Text = s.text
		}
		rules = append(rules, got...)
		r.arch = home
	}
	if len(p.literal) > 0 && len(rules) > 0 {
		last := rules[len(rules)-1]
		for _, rule := range rules {
			if rule.Line == last.Line && rule.Text == last.Text && rule != last {
				rule.Text += " " + foldSpace(strings.Join(p.literal, " "))
			}
		}
		last.Text += " " + foldSpace(strings.Join(p.literal, " "))
	}
	if len(rules) > 0 || !orderTitle.MatchString(p.title) {
		return rules
	}
	text := strings.Join(all, " ")
	if n := countNames(text); n == 0 || !p.bullet && n < 2 || strings.HasSuffix(text, ":") {
		return nil
	}
	return []*Rule{{Kind: RuleNote, File: r.file, Line: p.line, Text: text, Arch: r.arch, Status: "not understood"}}
}

func countNames(text string) int {
	n := 0
	for _, t := range tokens(text) {
		if t.kind == name {
			n++
		}
	}
	return n
}

// paragraphs splits a document.
func paragraphs(text string) []paragraph {
	var d document
	for i, line := range strings.Split(text, "\n") {
		d.add(i+1, strings.TrimRight(expandTabs(line), " \r"))
	}
	d.close()
	return d.out
}

// A document is the state of the line-by-line reader.
type document struct {
	out     []paragraph
	cur     *paragraph
	title   string
	literal int // indentation of the paragraph that a literal block belongs to, or -1
	inCode  bool
	marker  int  // indentation of the marker of the bullet that is open
	bullets bool // a bullet is open
}

// add takes the next line.
func (d *document) add(n int, line string) {
	body := strings.TrimLeft(line, " ")
	indent := len(line) - len(body)
	switch {
	case body == "":
		d.close()
	case d.inCode && indent > d.literal:
		if last := &d.out[len(d.out)-1]; len(last.literal) < 40 {
			last.literal = append(last.literal, body)
		}
	case isRuler(body):
		if d.cur != nil && len(d.cur.lines) == 1 && indent == 0 { // "1. Title" looked like a bullet
			d.title, d.cur, d.bullets = d.cur.lines[0], nil, false
		}
		d.inCode = false
	case strings.HasPrefix(body, "|"), strings.HasPrefix(body, "+-"), strings.HasPrefix(body, ".. "):
		d.close() // tables and directives
	default:
		d.inCode = false
		d.text(n, line, body, indent)
	}
}

// text takes a line of prose.
func (d *document) text(n int, line, body string, indent int) {
	m := bulletPattern.FindStringSubmatch(line)
	field := fieldPattern.MatchString(line)
	if m == nil && !field && d.cur != nil {
		d.cur.lines = append(d.cur.lines, body)
		return
	}
	d.close()
	if m != nil {
		d.bullets, d.marker = true, len(m[1])
		skip := len(m[2]) + len(m[3])
		body, indent = body[skip:], indent+skip
	} else if indent <= d.marker {
		d.bullets = false
	}
	d.cur = &paragraph{lines: []string{body}, line: n, indent: indent, bullet: d.bullets && !field, title: d.title}
}

// close ends the paragraph; "::" at its end opens a literal block.
func (d *document) close() {
	if d.cur == nil {
		return
	}
	p := *d.cur
	d.cur = nil
	d.literal = p.indent
	if p.bullet {
		d.literal = p.indent - 1
	}
	last := p.lines[len(p.lines)-1]
	d.inCode = strings.HasSuffix(last, "::")
	if d.inCode {
		if p.bullet {
			d.literal = p.indent
		}
		p.lines[len(p.lines)-1] = strings.TrimSuffix(last, ":")
	}
	d.out = append(d.out, p)
}

// isRuler says whether a line is the underline or overline of a title.
func isRuler(s string) bool {
	return len(s) >= 3 && strings.ContainsRune("=-~^\"'`*+#:._", rune(s[0])) && strings.Count(s, s[:1]) == len(s)
}

// expandTabs puts tab stops at every eighth column.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	col := 0
	for _, c := range []byte(s) {
		if c != '\t' {
			b.WriteByte(c)
			col++
			continue
		}
		for ok := true; ok; ok = col%8 != 0 {
			b.WriteByte(' ')
			col++
		}
	}
	return b.String()
}

// sentences splits a paragraph at full stops, and tells each sentence's line.
func (p paragraph) sentences() []sentence {
	var out []sentence
	var words []string
	line := p.line
	end := func() {
		if len(words) > 0 {
			out = append(out, sentence{text: strings.Join(words, " "), line: line})
		}
		words = nil
	}
	for i, l := range p.lines {
		for _, w := range strings.Fields(l) {
			if len(words) == 0 {
				line = p.line + i
			}
			words = append(words, w)
			if endsSentence(w) {
				end()
			}
		}
	}
	end()
	return slices.Clip(out)
}

// endsSentence says whether a word closes a sentence; the dot of an
// abbreviation does not.
func endsSentence(w string) bool {
	w = strings.TrimRight(w, `"')`)
	if strings.HasSuffix(w, "!") || strings.HasSuffix(w, "?") {
		return true
	}
	return strings.HasSuffix(w, ".") && !strings.HasSuffix(w, "..") && !abbreviation.MatchString(strings.ToLower(w))
}
