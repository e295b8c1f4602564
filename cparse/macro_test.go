package cparse

import (
	"strings"
	"testing"
)

// macro is the last #define of that name in f.
func macro(t testing.TB, f *File, name string) *Macro {
	t.Helper()
	var found *Macro
	for _, m := range f.Macros {
		if m.Name == name && !m.Undef {
			found = m
		}
	}
	if found == nil {
		t.Fatalf("no macro %s", name)
	}
	return found
}

// macroBodies is definitions of a macro m, the blocks of its function, and the
// value of that.
var macroBodies = []struct{ name, src, want, value string }{
	{"value", "#define m(a, b) ((a) > (b) ? (a) : (b))",
		"0: return (a > b) ? a : b", "(a > b) ? a : b"},
	{"call", "#define m(x) lock(&(x)->lock)",
		"0: %1 = lock(&x->lock); return %1", "%1"},
	{"statements", "#define m(x) do { take(x); drop(x); } while (0)",
		"0: goto 1\n1: take(x); drop(x); goto 2\n2: return", ""},
	{"statement expression", "#define m(x) ({ int r = take(x); if (!r) drop(x); r; })",
		"0: %1 = take(x); decl r = %1; if r goto 2 else 1\n1: drop(x); goto 2\n2: return r", "r"},
	{"nothing", "#define m(x)", "0: return", ""},
	{"paste", "#define m(op, ...) ops_##op##_call(__VA_ARGS__)",
		"0: %1 = ops_##op##_call(__VA_ARGS__); return %1", "%1"},
	{"paste of a member", "#define m(x, what) ((x)->what##_count++)",
		"0: %1 = x->what##_count; x->what##_count = x->what##_count + 1; return %1", "%1"},
	{"string of a parameter", "#define m(x) show(#x, x)",
		"0: %1 = show(#x, x); return %1", "%1"},
	{"variadic with a name", "#define m(fmt, args...) show(fmt, ##args)",
		"0: %1 = show(fmt, args); return %1", "%1"},
	{"loop head", "#define m(i, d) for (i = first(d); i; i = next(i))",
		"0: %1 = first(d); i = %1; goto 1\n1: if i goto 2 else 3\n2: %2 = next(i); i = %2; goto 1\n3: return", ""},
	{"type of a parameter", "#define m(a, b) do { typeof(a) t = (a); (a) = (b); (b) = t; } while (0)",
		"0: goto 1\n1: decl t = a; a = b; b = t; goto 2\n2: return", ""},
	{"assignment", "#define m(x) ((x)->n = 0)",
		"0: x->n = 0; return x->n", "x->n"},
	{"if without else", "#define m(x) if (x) warn(x)",
		"0: if x goto 1 else 2\n1: warn(x); goto 2\n2: return", ""},
	{"guard", "#define m(x) do { guard(mutex)(x); use(x); } while (0)",
		"0: goto 1\n1: %1 = class_mutex_constructor(x); use(x); !class_mutex_destructor(%1); goto 2\n2: return", ""},
}

func TestMacroFunc(t *testing.T) {
	for _, tt := range macroBodies {
		t.Run(tt.name, func(t *testing.T) {
			fn := macro(t, parse(t, tt.src+"\n"), "m").Func()
			if fn == nil {
				t.Fatal("no function")
			}
			if got := blocks(fn); got != tt.want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", tt.src, got, tt.want)
			}
			value := ""
			if fn.Value != nil {
				value = fn.Value.String()
			}
			if value != tt.value {
				t.Errorf("%s: value %q, want %q", tt.src, value, tt.value)
			}
		})
	}
}

// TestMacroParams: the variadic parameter has the name that the body uses.
func TestMacroParams(t *testing.T) {
	for src, want := range map[string]string{
		"#define m() x":           "",
		"#define m(a, b) x":       "a, b",
		"#define m(a, ...) x":     "a, __VA_ARGS__, ...",
		"#define m(a, rest...) x": "a, rest, ...",
		"#define m(a, \\\n b) x":  "a, b",
	} {
		fn := macro(t, parse(t, src+"\n"), "m").Func()
		if got := printParams(fn.Params, fn.Variadic); got != want {
			t.Errorf("%q: parameters %q, want %q", src, got, want)
		}
	}
}

// TestMacroLines: what a macro does stands on the lines of its body.
func TestMacroLines(t *testing.T) {
	f := parse(t, "int x;\n#define m(a) \\\n\tdo { \\\n\t\ttake(a); \\\n\t\tdrop(a); \\\n\t} while (0)\n#define one(a) take(a)\n")
	for name, want := range map[string]string{"m": "4 take, 5 drop", "one": "7 take"} {
		var got []string
		for _, k := range macro(t, f, name).Func().Blocks {
			for _, in := range k.Instrs {
				line, text, _ := strings.Cut(PrintInstr(in), ": ")
				text = callSite.ReplaceAllString(text, "")
				text, _, _ = strings.Cut(text[strings.LastIndex(text, "=")+1:], "(")
				got = append(got, line+" "+strings.TrimSpace(text))
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestMacroValue(t *testing.T) {
	for body, want := range map[string]string{
		"42":                   "42",
		"(1UL << 3 | FLAG)":    "(1 << 3) | FLAG",
		"\"text\"":             "\"text\"",
		"other_name":           "other_name",
		"make(3)":              "make(3)",
		"&table[0].lock":       "&table[0].lock",
		"":                     "",
		"do { } while (0)":     "",
		"struct foo":           "",
		"a; b":                 "",
		"{ .x = 1, .y = foo }": "",
	} {
		m := macro(t, parse(t, "#define m "+body+"\n"), "m")
		got := ""
		if v := m.Value(); v != nil {
			got = v.String()
		}
		if got != want {
			t.Errorf("#define m %s: value %q, want %q", body, got, want)
		}
		if m.Func() != nil {
			t.Errorf("#define m %s: a function", body)
		}
	}
}

// TestMacroOrder: definitions and their ends are kept in order, with the
// conditions around them.
func TestMacroOrder(t *testing.T) {
	f := parse(t, "#define A 1\n#ifdef X\n#undef A\n#define A 2 /* two */\n#else\n#define A() 3\n#endif\n")
	var got []string
	for _, m := range f.Macros {
		s := m.Name + "=" + m.Body
		if m.Undef {
			s = "undef " + m.Name
		} else if m.FuncLike {
			s = "()" + s
		}
		got = append(got, s+" if "+m.Cond.String())
	}
	want := "A=1 if 1, undef A if defined(X), A=2 if defined(X), ()A=3 if !(defined(X))"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("macros:\n got %s\nwant %s", s, want)
	}
}

var substitutions = []struct {
	name, define string
	args         []string
	want         string
	fails        bool
}{
	{name: "parameters", define: "m(a, b) f(a, b, a)", args: []string{"x", "y + 1"}, want: "f(x, y + 1, x)"},
	{name: "whole words only", define: "m(a) a aa a_ 1a", args: []string{"x"}, want: "x aa a_ 1a"},
	{name: "paste", define: "m(a, b) a ## _ ## b(a)", args: []string{"x", "y"}, want: "x_y(x)"},
	{name: "string", define: "m(a) f(#a, a)", args: []string{"x"}, want: `f("", x)`},
	{name: "in a string", define: `m(a) f("a", 'a', a)`, args: []string{"x"}, want: `f("a", 'a', x)`},
	{name: "variadic", define: "m(a, ...) f(a, __VA_ARGS__)", args: []string{"x", "y", "z"}, want: "f(x, y, z)"},
	{name: "variadic with a name", define: "m(a, r...) f(r, a)", args: []string{"x", "y", "z"}, want: "f(y, z, x)"},
	{name: "comma before nothing", define: "m(a, ...) f(a, ##__VA_ARGS__)", args: []string{"x"}, want: "f(x)"},
	{name: "comma before something", define: "m(a, ...) f(a, ##__VA_ARGS__)", args: []string{"x", "y"}, want: "f(x,y)"},
	{name: "no parameters", define: "m() f()", args: []string{""}, want: "f()"},
	{name: "an argument left out", define: "m(a) f(a)", want: "f()"},
	{name: "not twice", define: "m(a, b) a b", args: []string{"b", "y"}, want: "b y"},
	{name: "too many", define: "m(a) f(a)", args: []string{"x", "y"}, fails: true},
	{name: "too few", define: "m(a, b) f(a)", args: []string{"x"}, fails: true},
	{name: "too few before the rest", define: "m(a, b, ...) f(a)", args: []string{"x"}, fails: true},
	{name: "not function-like", define: "m f(a)", args: []string{"x"}, fails: true},
}

func TestSubstitute(t *testing.T) {
	for _, tt := range substitutions {
		t.Run(tt.name, func(t *testing.T) {
			m := macro(t, parse(t, "#define "+tt.define+"\n"), "m")
			got, ok := m.Substitute(tt.args)
			if ok == tt.fails || got != tt.want {
				t.Errorf("#define %s with %q: %q, %v; want %q", tt.define, tt.args, got, ok, tt.want)
			}
		})
	}
}

// TestSubstituteGrowth: pastes do not copy the text so far again and again.
func TestSubstituteGrowth(t *testing.T) {
	m := &Macro{Name: "m", FuncLike: true, Params: []string{"a"}, Body: strings.Repeat("a##", 1<<20) + "a"}
	if got, ok := m.Substitute([]string{"x"}); !ok || got != strings.Repeat("x", 1<<20+1) {
		t.Errorf("%d bytes, %v", len(got), ok)
	}
}
