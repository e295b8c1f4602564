package cparse

import (
	"strings"
	"testing"
)

// dumpTokens prints tokens as kind letter and text, one blank between them.
func dumpTokens(text []byte, toks []token) string {
	var b strings.Builder
	for _, t := range toks {
		if t.line {
			b.WriteString("|")
		}
		b.WriteByte("_wnscpPD"[t.kind])
		b.WriteString(":" + string(text[t.start:t.end]) + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestScan(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"words and numbers", "int x1 = 0x1fUL+1.5e-3;", "|w:int w:x1 p:= n:0x1fUL p:+ n:1.5e-3 p:;"},
		{"hexadecimal e is a digit", "0xe+1", "|n:0xe p:+ n:1"},
		{"dots of a range", "1...5 a ... b", "|n:1 p:. p:. p:. n:5 w:a p:. p:. p:. w:b"},
		{"strings", `"a\"b" L"x" u8"y" 'c' '\''`, `|s:"a\"b" s:L"x" s:u8"y" c:'c' c:'\''`},
		{"a quote ends with its line", "'don\nx \"abc\ny", "|c:'don |w:x s:\"abc |w:y"},
		{"comments", "a/* x\ny */b // c \\\n d\ne", "|w:a w:b |w:e"},
		{"a comment is not closed", "a /* b", "|w:a"},
		{"a slash is no comment", "a / b", "|w:a p:/ w:b"},
		{"continuation outside directives", "a \\\n b", "|w:a |w:b"},
		{"directive", "x\n # define A \\\n  1 /* c\n c */ 2\ny", "|w:x |D:# define A \\\n  1     \n      2 |w:y"},
		{"a quote in a directive", "#error don't\nx", "|D:#error don't |w:x"},
		{"hash inside a line", "a # b", "|w:a p:# w:b"},
		{"other bytes", "\x00\x80\xff@`", "|p:\x00 p:\x80 p:\xff p:@ p:`"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.in)
			if got := dumpTokens(text, scan(text, nil, false)); got != tt.want {
				t.Errorf("tokens of %q:\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestScanMacroBody(t *testing.T) {
	text := []byte("#x a##b\n# y")
	want := "|p:# w:x w:a P:## w:b |p:# w:y"
	if got := dumpTokens(text, scan(text, nil, true)); got != want {
		t.Errorf("tokens:\n got %q\nwant %q", got, want)
	}
}

// FuzzScan checks that tokens are in order, inside the text and not empty.
func FuzzScan(f *testing.F) {
	for _, s := range []string{"a/*", "\"\\", "#x \\\n", "'", "//\\\r\n", "0x", ".", "1.e+", "L'"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, macro := range []bool{false, true} {
			text := append([]byte{}, src...)
			end := uint32(0)
			for _, tok := range scan(text, nil, macro) {
				if tok.start < end || tok.end <= tok.start || int(tok.end) > len(src) {
					t.Fatalf("token %d..%d after %d in %d bytes", tok.start, tok.end, end, len(src))
				}
				end = tok.end
			}
		}
	})
}
