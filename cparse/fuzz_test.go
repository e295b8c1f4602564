package cparse

import (
	"reflect"
	"strings"
	"testing"
)

// seeds is the sources of the other tests.
func seeds() []string {
	var out []string
	for _, tests := range [][]lowering{statements, expressions, scopes, locals, macroLoops, configs} {
		for _, tt := range tests {
			out = append(out, inFunction(tt.body))
		}
	}
	for _, tt := range macroBodies {
		out = append(out, tt.src+"\n")
	}
	for _, tt := range classes {
		out = append(out, tt.src+"\n")
	}
	for _, tt := range declarations {
		out = append(out, tt.src+"\n")
	}
	return out
}

// sameFile fails if two runs of Parse over one text differ. Both files must
// have been checked: that lowers their macros.
func sameFile(t *testing.T, a, b *File) {
	t.Helper()
	if reflect.DeepEqual(a, b) {
		return
	}
	if len(a.Funcs) == len(b.Funcs) {
		for i, fn := range a.Funcs {
			if x, y := fn.String(), b.Funcs[i].String(); x != y {
				t.Fatalf("two runs differ:\n%s\n%s", x, y)
			}
		}
	}
	t.Fatal("two runs differ")
}

// FuzzParse: whatever the bytes, Parse returns a File that Check accepts, and
// the same one each time.
func FuzzParse(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		first := Parse("fuzz.c", src)
		if err := Check(first); err != nil {
			t.Fatalf("Check:\n%v", err)
		}
		second := Parse("fuzz.c", src)
		if err := Check(second); err != nil {
			t.Fatalf("Check of the second run:\n%v", err)
		}
		sameFile(t, first, second)
	})
}

// notKnown answers nothing.
type notKnown struct{}

func (notKnown) Defined(string) Tri         { return Unknown }
func (notKnown) Value(string) (int64, bool) { return 0, false }

// FuzzTexts: the doors for texts that are no files take any bytes too.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"a + b(c)", "struct dev *", "typeof(x) *", "typeof(a) typeof", "#a ## b", "a, ##__VA_ARGS__",
		"defined(A) && B > 2", "1?2:3", "!!!1", "\"", "'", "(", "", "static DEFINE_MUTEX(m);", strings.Repeat("1?", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_ = ParseExpr(s).String()
		_ = ParseType(s).String()
		for _, fn := range ParseText("fuzz.c", s, Pos{1, 1}).Funcs {
			_ = fn.String()
		}
		m := &Macro{Name: "m", FuncLike: true, Params: []string{"a", "b", "..."}, Body: s, Pos: Pos{1, 1}}
		if _, ok := m.Substitute([]string{s, "", s}); !ok {
			t.Error("three arguments for two parameters and more do not fit")
		}
		if fn := m.Func(); fn != nil {
			_ = fn.String()
		}
		c := &Cond{Text: s, Outer: &Cond{Text: s, Neg: true}}
		// s and not s: never true, whatever is not known.
		if c.Eval(notKnown{}) == True {
			t.Errorf("%q and its negation are both true", s)
		}
	})
}
