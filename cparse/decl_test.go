package cparse

import (
	"fmt"
	"strings"
	"testing"
)

// describe prints all declarations of a file, one a line.
func describe(f *File) string {
	var b strings.Builder
	for _, s := range f.Structs {
		word := "struct"
		if s.Union {
			word = "union"
		}
		fmt.Fprintf(&b, "%s %s {", word, s.Name)
		for _, m := range s.Fields {
			fmt.Fprintf(&b, " %s;", strings.TrimSpace(m.Name+" "+m.Type.String()))
		}
		b.WriteString(" }\n")
	}
	for _, t := range f.Typedefs {
		fmt.Fprintf(&b, "typedef %s %s\n", t.Name, t.Type)
	}
	for _, e := range f.Enums {
		fmt.Fprintf(&b, "enum %s first=%v %s\n", e.Name, e.First, orUnknown(e.Value))
	}
	for _, g := range f.Globals {
		b.WriteString(printGlobal(g) + "\n")
	}
	for _, p := range append(f.Protos, f.Funcs...) {
		b.WriteString(strings.SplitN(p.String(), "\n", 2)[0])
		if p.Weak {
			b.WriteString(" weak")
		}
		b.WriteString("\n")
	}
	for _, c := range f.TopCalls {
		fmt.Fprintf(&b, "%s%q\n", c.Name, c.Raw)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var declarations = []struct{ name, src, want string }{
	{"struct", "struct dev { struct mutex lock; int *p, n; char name[8]; unsigned flag:1; };",
		"struct dev { lock struct mutex; p int *; n int; name char[]; flag unsigned; }"},
	{"anonymous members", "struct dev { union { int a; struct { long b, c; }; }; };", `
struct  { b long; c long; }
union  { a int; struct {...}; }
struct dev { union {...}; }`},
	{"struct inside a struct", "struct dev { struct part { int x; } one, *two; };", `
struct part { x int; }
struct dev { one struct part; two struct part *; }`},
	{"typedef of an untagged struct", "typedef struct { int v; } thing_t;", `
struct thing_t { v int; }
typedef thing_t struct {...}`},
	{"function pointers", "struct ops { int (*run)(struct dev *, int); void (*tab[4])(void); fn_t *cb; };",
		"struct ops { run int() *; tab void() *[]; cb fn_t *; }"},
	{"typedef of a function pointer", "typedef int (*fn_t)(int, ...);", "typedef fn_t int() *"},
	{"enum", "enum color { RED, GREEN = 4, BLUE };", `
enum RED first=true ?
enum GREEN first=false 4
enum BLUE first=false ?`},
	{"variables", "int a = 1, *b = &a; extern long c; static struct dev d[2];", `
a int = 1
b int * = &a
extern c long
static d struct dev[]`},
	{"table of functions", "static const struct ops my = { .run = my_run, .sub = { .x = 1 }, };",
		"static my struct ops = { .run = my_run, .sub = { .x = 1 } }"},
	{"array of functions", "static int (*const tab[])(int) = { [0] = f0, [ONE] = &f1, f2 };",
		"static tab int() *[] = { [0] = f0, [ONE] = &f1, f2 }"},
	{"call in an initialiser", "struct ops o = { .run = WRAP(my_run), };", "o struct ops = { .run = WRAP(my_run) }"},
	{"prototypes", "int f(struct dev *, char *name, ...); static void g(void); int *h(int a[4], int cb(int));", `
func f(struct dev *, name char *, ...) int
func g() void static
func h(a int *, cb int() *) int *`},
	{"annotations", "void f(struct dev *d) __acquires(&d->lock) __must_hold(&d->m);\nint __weak g(void) { return 0; }\n__weak int h(void) { return 0; }", `
func f(d struct dev *) void __acquires(&d->lock) __must_hold(&d->m)
func g() int __weak() weak
func h() int __weak() weak`},
	{"head in two lines", "static int\nf(int a,\n  int b)\n{\n}", "func f(a int, b int) int static"},
	{"invocations", "module_init(start);\nEXPORT_SYMBOL_GPL(f);\nTRACE(a, (b, c), \"x,y\");", `
module_init["start"]
EXPORT_SYMBOL_GPL["f"]
TRACE["a" "(b, c)" "\"x,y\""]`},
	{"system call", "SYSCALL_DEFINE2(foo, int, a, char *, b) { return a; }", "func __do_sys_foo(a int, b char *) long"},
	{"types of words", "unsigned long long a; const volatile int b; size_t c; struct s *const *d;", `
a unsigned long long
b int
c size_t
d struct s * *`},
}

func TestDeclarations(t *testing.T) {
	for _, tt := range declarations {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, tt.src+"\n")
			for _, p := range f.Problems {
				t.Errorf("problem: %v", p)
			}
			if got, want := describe(f), strings.TrimPrefix(tt.want, "\n"); got != want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", tt.src, got, want)
			}
		})
	}
}

// TestIncludes: names, the kind of quotes, conditions.
func TestIncludes(t *testing.T) {
	f := parse(t, "#include <linux/a.h>\n#ifdef X\n#include \"b.h\" /* why */\n#endif\n")
	var got []string
	for _, in := range f.Includes {
		got = append(got, fmt.Sprintf("%s %v %d %v", in.Name, in.Quoted, in.Pos.Line, in.Cond))
	}
	if s := strings.Join(got, ", "); s != "linux/a.h false 1 1, b.h true 3 defined(X)" {
		t.Errorf("includes: %s", s)
	}
}

// TestOrder: what macros define stands among the rest in source order.
func TestOrder(t *testing.T) {
	f := parse(t, "int f(void) { return 1; }\nDEFINE_FREE(x, void *, drop(_T))\nint g(void) { return 2; }\nint a;\nDEFINE_MUTEX(b);\nint c;\n")
	got := []string{}
	for _, fn := range f.Funcs {
		got = append(got, fn.Name)
	}
	for _, g := range f.Globals {
		got = append(got, g.Name)
	}
	if s := strings.Join(got, " "); s != "f __free_x g a b c" {
		t.Errorf("order: %s", s)
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]string{
		"int":                    "int",
		"unsigned long":          "unsigned long",
		"struct dev *":           "struct dev *",
		"const union u **":       "union u * *",
		"kvm_pfn_t":              "kvm_pfn_t",
		"void *":                 "void *",
		"typeof(*x) *":           "typeof(*x) *",
		"typeof(struct dev)":     "typeof(struct dev)",
		"typeof(a) typeof":       "typeof(a)", // no C, but it comes to an end
		"":                       "?",
		"enum color":             "enum color",
		"const typeof(x->y[1])*": "typeof(x->y[1]) *",
	} {
		if got := ParseType(text).String(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestParseExpr(t *testing.T) {
	for text, want := range map[string]string{
		"a":            "a",
		" a->b + 1 ":   "a->b + 1",
		"f(x, y)":      "f(x, y)",
		"struct dev *": "struct dev *",
		"&a.b[2]":      "&a.b[2]",
		"":             "?",
	} {
		if got := ParseExpr(text).String(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestHostile: forms that a fuzzer is slow to find. Each must end soon, with a
// File that Check accepts.
func TestHostile(t *testing.T) {
	const many = 3000
	for name, src := range map[string]string{
		"braces":            strings.Repeat("{", many),
		"if in if":          inFunction(strings.Repeat("if (n) ", many) + ";"),
		"conditions":        inFunction("if (" + strings.Repeat("n && (", many) + "n" + strings.Repeat(")", many) + ") a();"),
		"sums":              inFunction("n = " + strings.Repeat("n + ", many) + "n;"),
		"pointers":          "int " + strings.Repeat("*", many) + "p;",
		"pointers in type":  inFunction("a(struct s " + strings.Repeat("*", many) + ");"),
		"designators":       "struct s x = { " + strings.Repeat(".a", many) + " = 1 };",
		"members":           inFunction("n = d" + strings.Repeat("->d", many) + ";"),
		"typeof in typeof":  inFunction(strings.Repeat("typeof(", 40) + "n" + strings.Repeat(")", 40) + " x;"),
		"typeof twice":      inFunction("a(typeof(n) typeof, n); a(typeof(n) typeof(n), n);"),
		"guards and exits":  inFunction(strings.Repeat("guard(m)(d); if (n) return 1;\n", many)),
		"gotos":             inFunction(strings.Repeat("goto x;\n", many) + "x: ;"),
		"statements inside": inFunction(strings.Repeat("m({", 60) + "n;" + strings.Repeat("})", 60) + ";"),
		"elif":              "#if 0\n" + strings.Repeat("#elif A\nint a;\n", many) + "#endif\n",
		"declarators":       inFunction("int a" + strings.Repeat(", f(void) __must_hold(d)", many) + ";"),
		"prototypes":        "int f(void) __must_hold(a)" + strings.Repeat(", f(void) __must_hold(a)", many) + ";",
		"no end":            "int f(void) { if (x) { while (",
		"zero bytes":        "int f(void)\x00{ a(\x00); }\x00",
		"not UTF-8":         "int \xff\xfe f(void) { g(\"\xff\"); }",
		"macro of macros":   "#define m(x) " + strings.Repeat("m(", many) + "x" + strings.Repeat(")", many) + "\n",
	} {
		t.Run(name, func(t *testing.T) { parse(t, src) })
	}
}

// TestCleanupBudget: the calls at the ends of scopes are bounded, and that is
// said.
func TestCleanupBudget(t *testing.T) {
	f := parse(t, inFunction(strings.Repeat("guard(m)(d); if (n) return 1;\n", 600)))
	if len(f.Problems) != 1 || f.Problems[0].Reason != "size limit" || f.Problems[0].Func != "f" {
		t.Errorf("problems: %v", f.Problems)
	}
}
