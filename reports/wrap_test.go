package reports

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrapLine(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, c := range []struct{ line, want string }{
		{"short", "short"},
		{"", ""},
		{"    aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii", "    aaaa bbbb cccc dddd eeee ffff gggg\n        hhhh iiii"},
		{"a " + long + " b", "a\n    " + long + "\n    b"},
		{strings.Repeat(" ", 38) + "-> deep() file.c:1", strings.Repeat(" ", 38) + "->\n" + strings.Repeat(" ", 20) + "deep() file.c:1"},
		{"\x1b[1mbold\x1b[0m " + strings.Repeat("y", 35), "\x1b[1mbold\x1b[0m " + strings.Repeat("y", 35)},
	} {
		if got := wrapLine(c.line, 40); got != c.want {
			t.Errorf("%q: got\n%s\nwant\n%s", c.line, got, c.want)
		}
	}
}

// TestWidth wraps a whole report, written in whatever portions: the words and their
// order stay.
func TestWidth(t *testing.T) {
	doc := stored[Check](t, "check.json")
	var plain, narrow bytes.Buffer
	if err := doc.WriteText(&plain, Style{}); err != nil {
		t.Fatal(err)
	}
	if err := doc.WriteText(&narrow, Style{Width: 72}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Fields(narrow.String()), strings.Fields(plain.String()); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got\n%s", &narrow)
	}
	for line := range strings.Lines(narrow.String()) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 72 && strings.Contains(strings.TrimLeft(line, " "), " ") {
			t.Errorf("too long: %s", line)
		}
	}
}
