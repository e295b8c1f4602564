package callgraph

import (
	"strings"
	"testing"
)

func TestThin(t *testing.T) {
	const src = `static int far(int n)
{
	return n;
}
static const struct ops near = {
	.open = far,
};
static const int table[] = {
	1, 2,
};
static int last(int n)
{
	p->open = far;
	{
		n = 1;
	}
	return n;
}
struct kept {
	int n;
};
`
	var at []int
	for _, hit := range []string{".open", "->open"} {
		at = append(at, strings.Index(src, hit)+1)
	}
	got := string(thin([]byte(src), at))
	for _, kept := range []string{".open = far,", "p->open = far;", "n = 1;", "struct kept {\n\tint n;", "static int far(int n)\n{\n\n}", "table[] = {\n\n};"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is lost in\n%s", kept, got)
		}
	}
	if strings.Contains(got, "1, 2") || strings.Count(got, "return n;") != 1 {
		t.Errorf("not thinned:\n%s", got)
	}
	if strings.Count(got, "\n") != strings.Count(src, "\n") {
		t.Errorf("lines moved:\n%s", got)
	}
	for _, odd := range []string{"", "{", "{\n", "x = {\n", "}\n{\n}", "{\n}", "a\n{\n b"} {
		if got := thin([]byte(odd), nil); strings.Count(string(got), "\n") != strings.Count(odd, "\n") {
			t.Errorf("thin(%q) = %q", odd, got)
		}
	}
}

func TestFills(t *testing.T) {
	n := newNeeds()
	n.members["open"] = &need{structs: []string{"ops"}, focus: true}
	n.members["idle"] = &need{structs: []string{"ops"}}
	n.members["f"] = &need{focus: true}
	n.structs["ops"] = &need{focus: true}
	n.params["walk"] = &need{focus: true}
	n.globals["hook"] = &need{focus: true}
	for src, want := range map[string]int{
		"struct ops a = { .open = x };": 1, "struct ops *o; o->open\t= x;": 1, "struct other a = { .open = x };": 0,
		"struct opsy a = { .open = x };": 0, "struct ops *o; if (o->open == x)": 0, "struct ops *o; o->opened = x;": 0,
		"struct ops a = { .idle = x };": 0, " a = { .f = x };": 1, "; hook = x;": 1, "; hook == x;": 0, "; o->hook = x;": 0,
		" walk(x);": 1, " talk(x);": 0, "struct ops a = { x, y };": 1, "struct ops a[] = {\n\t{ x, y },": 1, "struct ops a = { [0] = x };": 0,
		"": 0, "=": 0, "(": 0, "open=": 0, " .open=": 0,
	} {
		ends := n.endings()
		if got := len(n.fills([]byte(src), false, &ends)); got != want {
			t.Errorf("fills(%q): %d places, want %d", src, got, want)
		}
	}
	ends := n.endings()
	if len(n.fills([]byte("struct ops a = { .idle = x };"), true, &ends)) != 1 {
		t.Error("close by, a name counts that no call of the focus needs")
	}
}
