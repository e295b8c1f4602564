package reports

import (
	"io"
	"strings"
	"unicode/utf8"
)

// A wrapper breaks lines that are longer than width columns at blanks; what follows
// is indented a little deeper than the line began. Words that are longer are not
// broken: paths and chains are to be found by a search. Colours take no room.
type wrapper struct {
	w     io.Writer
	width int
	line  []byte // not yet written
}

// moreIndent is how much deeper the rest of a line stands.
const moreIndent = 4

// Write keeps what follows the last line end until more comes.
func (p *wrapper) Write(text []byte) (int, error) {
	p.line = append(p.line, text...)
	for {
		end := strings.IndexByte(string(p.line), '\n')
		if end < 0 {
			return len(text), nil
		}
		if _, err := io.WriteString(p.w, wrapLine(string(p.line[:end]), p.width)+"\n"); err != nil {
			return 0, err
		}
		p.line = append(p.line[:0], p.line[end+1:]...)
	}
}

// flush writes a line that has no end.
func (p *wrapper) flush() error {
	_, err := io.WriteString(p.w, wrapLine(string(p.line), p.width))
	p.line = nil
	return err
}

func wrapLine(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	next := min(indent+moreIndent, width/2)
	var b strings.Builder
	b.WriteString(line[:indent])
	column, first := indent, true
	for word := range strings.SplitSeq(line[indent:], " ") {
		size := shownWidth(word)
		switch {
		case first:
		case column+1+size > width:
			b.WriteString("\n" + strings.Repeat(" ", next))
			column = next
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += size
		first = false
	}
	return b.String()
}

// shownWidth is the columns of a word, without its colours.
func shownWidth(word string) int {
	n, escape := 0, false
	for _, r := range word {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			n++
		}
	}
	return n
}
