package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a string fit for one field of one line: what is not printable,
// and what is not UTF-8, is written as an escape (R1). Bidirectional controls
// and C1 controls are not printable for unicode.IsPrint, and go the same way.
// A backslash stays as it is, so that clean(clean(s)) == clean(s).
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\n':
			b.WriteString(`\n`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// isClean is the usual case: nothing but printable ASCII.
func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Clean is for messages outside a report that quote a name of the tree.
func Clean(s string) string { return clean(s) }

// WriteJSON writes a document with two blanks of indentation and a final line
// end. HTML escapes are off: `kvm->lock` must be found by grep, and JSON is not
// markup; runes that are not printable are escaped instead (R2).
func WriteJSON(w io.Writer, doc any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("encode %T: %w", doc, err)
	}
	_, err := w.Write(escapeRunes(b.Bytes()))
	return err
}

// escapeRunes replaces runes that are not printable by JSON's \u escapes. They
// can stand inside strings only; the encoder has dealt with control characters
// below blank already, and the line ends it wrote itself must stay.
func escapeRunes(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if c := text[i]; c < 0x7f {
			out = append(out, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case unicode.IsPrint(r):
			out = append(out, text[i:i+n]...)
		case r > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}
