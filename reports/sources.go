package reports

import (
	"slices"
	"strings"
)

// A sourceIndex finds lines of excerpts, which are sorted; of a document in which
// they are not, some lines are not found. A nil index has none.
type sourceIndex map[string][]Excerpt // by file, in order of lines

func newSourceIndex(all []Excerpt) sourceIndex {
	out := sourceIndex{}
	for _, e := range all {
		if !isLine(int64(e.Line)) {
			continue
		}
		out[e.File] = append(out[e.File], e)
	}
	return out
}

// line is one line of a file, false if no excerpt has it.
func (x sourceIndex) line(file string, line int) (string, bool) {
	list := x[file]
	if !isLine(int64(line)) {
		return "", false
	}
	i, found := slices.BinarySearchFunc(list, line, func(e Excerpt, line int) int { return e.Line - line })
	if !found {
		i--
	}
	if i < 0 || line-list[i].Line >= len(list[i].Text) {
		return "", false
	}
	return list[i].Text[line-list[i].Line], true
}

// tabWidth is how far apart the kernel's style sets tab stops, in columns.
const tabWidth = 8

// source writes the line of a place, if the document has it: after indent, with its
// number.
func (t *text) source(indent, file string, line int) {
	if text, ok := t.sources.line(file, line); ok && t.style.Verbose {
		t.printf("%s%v%5d | %s%v\n", indent, dim, line, strings.TrimSpace(expandTabs(text)), reset)
	}
}

// expandTabs replaces tabs by blanks up to the next stop.
func expandTabs(line string) string {
	var b strings.Builder
	column := 0
	for _, r := range line {
		if r == '\t' {
			n := tabWidth - column%tabWidth
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}
