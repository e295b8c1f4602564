package cparse

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// facts prints what a cure keeps beside the text, one fact in a line, by offset
// and kind.
func facts(c *cured) string {
	var out []string
	add := func(off uint32, format string, args ...any) {
		out = append(out, fmt.Sprintf("%d %s", off, fmt.Sprintf(format, args...)))
	}
	for off, s := range c.types {
		add(off, "type %s", s)
	}
	for off, m := range c.stmtMacros {
		add(off, "macro %s %v", m.Name, m.Blocks)
	}
	for off, labels := range c.asmGotos {
		add(off, "asm goto %s", labels)
	}
	for off := range c.caseRanges {
		add(off, "range")
	}
	for _, a := range c.annots {
		add(a.Offset, "annotation %s%q at %d:%d", a.Name, a.Args, a.Pos.Line, a.Pos.Col)
	}
	for off, s := range c.pastes {
		add(off, "paste %s", s)
	}
	for off, s := range c.strs {
		add(off, "string %s", s)
	}
	for _, tc := range c.topCalls {
		var args []string
		for _, a := range tc.Args {
			args = append(args, strings.TrimSpace(string(c.src[a.Start:a.End])))
		}
		add(tc.Offset, "call %s%q static=%v init=%q", tc.Name, args, tc.Static, c.src[tc.Init.Start:tc.Init.End])
	}
	for _, m := range c.macros {
		add(uint32(m.Offset), "define %s%q %q undef=%v at %d if %v", m.Name, m.Params, m.Body, m.Undef, m.Pos.Line, m.Cond)
	}
	for _, i := range c.includes {
		add(0, "include %s quoted=%v at %d if %v", i.Name, i.Quoted, i.Pos.Line, i.Cond)
	}
	for _, p := range c.problems {
		add(0, "problem %s at %d: %s", p.Reason, p.Pos.Line, p.Text)
	}
	slices.SortFunc(out, func(a, b string) int {
		na, _ := strconv.Atoi(a[:strings.IndexByte(a, ' ')])
		nb, _ := strconv.Atoi(b[:strings.IndexByte(b, ' ')])
		if na != nb {
			return na - nb
		}
		return strings.Compare(a, b)
	})
	return strings.Join(out, "\n")
}

// squeeze makes cured text readable: runs of blanks become one, blank lines go.
func squeeze(text []byte) string {
	var lines []string
	for _, l := range strings.Split(string(text), "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

// checkCure tests what holds for any text.
func checkCure(t testing.TB, src []byte, c *cured) {
	t.Helper()
	if len(c.text) != len(src) {
		t.Fatalf("length %d, want %d", len(c.text), len(src))
	}
	if bytes.Count(c.text, []byte("\n")) != bytes.Count(src, []byte("\n")) {
		t.Fatalf("lines changed:\n%q\n%q", src, c.text)
	}
	for _, a := range c.annots {
		if int(a.Offset) >= len(src) || a.Pos.Line < 1 || a.Pos.Col < 1 {
			t.Fatalf("annotation %+v outside %d bytes", a, len(src))
		}
	}
	for _, tc := range c.topCalls {
		for _, s := range append(tc.Args, tc.Init) {
			if s.Start > s.End || int(s.End) > len(src) {
				t.Fatalf("span %v of %s in %d bytes", s, tc.Name, len(src))
			}
		}
	}
	for k := 1; k < len(c.conds); k++ {
		if c.conds[k].Start < c.conds[k-1].Start {
			t.Fatalf("conditions out of order: %v", c.conds)
		}
	}
}

// errorsIn lists the ERROR and MISSING nodes of a text.
func errorsIn(t testing.TB, text []byte) []string {
	t.Helper()
	tr, err := parseTree(text, testTimeout)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range tr.nodes {
		if tr.nodes[i].flags&(flagError|flagMissing) != 0 {
			out = append(out, fmt.Sprintf("line %d: %s %q", tr.nodes[i].row+1, tr.kind(int32(i)), tr.text(int32(i))))
		}
	}
	return out
}

type cureTest struct {
	name, in, want string
	facts          string // not looked at if empty
}

func (tt *cureTest) run(t *testing.T, c *cured) {
	checkCure(t, []byte(tt.in), c)
	if got := squeeze(c.text); got != squeeze([]byte(tt.want)) {
		t.Errorf("cured:\n%s\nwant:\n%s", got, squeeze([]byte(tt.want)))
	}
	if got := facts(c); tt.facts != "" && got != strings.TrimSpace(tt.facts) {
		t.Errorf("facts:\n%s\nwant:\n%s", got, strings.TrimSpace(tt.facts))
	}
	if errs := errorsIn(t, c.text); len(errs) > 0 {
		t.Errorf("the grammar does not take it: %s", strings.Join(errs, "; "))
	}
}

var directiveTests = []cureTest{
	{"macros and includes are recorded",
		"#include <a/b.h>\n#include \"c.h\"\n#define F(a, b...) \\\n\tg(a, /* x */ b)\n#undef F\n#define N 1\nint x;\n",
		"int x;",
		`0 include a/b.h quoted=false at 1 if 1
0 include c.h quoted=true at 2 if 1
32 define F["a" "b..."] "\n\tg(a,         b)" undef=false at 3 if 1
70 define F[] "" undef=true at 5 if 1
79 define N[] "1" undef=false at 6 if 1`},
	{"an include guard is no condition",
		"/* c */\n#ifndef A_H\n#define A_H\n#define B 1\nint x;\n#endif\n", "int x;",
		"20 define A_H[] \"\" undef=false at 3 if 1\n32 define B[] \"1\" undef=false at 4 if 1"},
	{"a default is a condition",
		"#ifndef A\n#define A 1\n#endif\nint x;\n", "int x;",
		"10 define A[] \"1\" undef=false at 2 if !(defined(A))"},
	{"both definitions stay",
		"#ifdef A\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\n",
		"int f(void) { return 1; }\nint f(void) { return 2; }", ""},
	{"a head that is split",
		"#ifdef CONFIG_A\nint f(int a)\n#else\nint f(void)\n#endif\n{\n\treturn 0;\n}\n",
		"int f(int a)\n{\nreturn 0;\n}",
		"0 problem branch not read at 3: int f(void)"},
	{"dead code goes silently",
		"#if 0\nwhat's this {\n#else\nint x;\n#endif\n#ifdef __cplusplus\nextern \"C\" {\n#endif\nint y;\n",
		"int x;\nint y;", ""},
	{"whole statements stay for the grammar",
		"void f(void)\n{\n\tg();\n#ifdef A /* why */\n\th();\n#elif defined(B) && \\\n\tC\n\ti();\n#endif /* A */ x\n}\n",
		"void f(void)\n{\ng();\n#ifdef A\nh();\n#elif defined(B) && \\\nC\ni();\n#endif\n}", ""},
	{"a statement that is split",
		"void f(void)\n{\n#ifdef CONFIG_A\n\tif (a)\n#endif\n\t\tg();\n#ifndef CONFIG_B\n\tif (b) {\n#else\n\tif (c) {\n#endif\n\t}\n}\n",
		"void f(void)\n{\nif (a)\ng();\nif (c) {\n}\n}",
		"0 problem branch not read at 7: if (b) {"},
	{"half an if statement",
		"void f(void)\n{\n\tif (a)\n\t\tg();\n#ifdef A\n\telse if (b)\n\t\th();\n#endif\n\telse\n\t\ti();\n}\n",
		"void f(void)\n{\nif (a)\ng();\nelse if (b)\nh();\nelse\ni();\n}", ""},
	{"an argument list that is split",
		"int x = f(1\n#ifdef A\n\t, 2\n#else\n\t, 3\n#endif\n\t);\n", "int x = f(1\n, 2\n);", ""},
	{"members, enumerators and elements all stay",
		"struct s {\n#ifdef A\n\tint a;\n#else\n\tlong a;\n#endif\n};\nenum e { X,\n#ifdef B\n\tY,\n#endif\n};\nint t[] = {\n#ifdef C\n\t1,\n#endif\n\t2 };\n",
		"struct s {\nint a;\nlong a;\n};\nenum e { X,\nY,\n};\nint t[] = {\n1,\n2 };", ""},
	{"a label before a directive",
		"void f(void)\n{\nout:\n#ifdef A\n\tg();\n#endif\n\th();\n}\n",
		"void f(void)\n{\nout:;\n#ifdef A\ng();\n#endif\nh();\n}", ""},
	{"endings without beginnings", "#endif\n#else\n#elif X\nint x;\n#if A\nint y;\n", "int x;\nint y;", ""},
}

var declarationTests = []cureTest{
	{"attributes of the table",
		"static __always_inline __printf(1, 2) int __must_check f(const char __user *p, ...)\n\t__acquires(&a->l) __must_hold(b, c);\n",
		"static inline int f(const char *p, ...)\n;",
		"85 annotation __acquires[\"&a->l\"] at 2:2\n103 annotation __must_hold[\"b\" \"c\"] at 2:20"},
	{"attributes that no table knows",
		"static __foo int f(struct s __bar *p)\n{\n}\nint g(void) __baz(1) qux;\nstatic struct s v __quux = { 1 };\nint a[3] ATTR = { 0 };\nchar l[] SEC(\"x\") = \"y\";\n",
		"static int f(struct s *p)\n{\n}\nint g(void) ;\nstatic struct s v = { 1 };\nint a[3] = { 0 };\nchar l[] = \"y\";", ""},
	{"types that look like attributes",
		"__u8 a;\n__be32 b;\n__foo_t c;\nstatic __kernel_x d;\n",
		"__u8 a;\n__be32 b;\n__foo_t c;\nstatic __kernel_x d;", ""},
	{"an attribute with arguments first",
		"int __attr(1) f(void)\n{\n}\n", "int f(void)\n{\n}", ""},
	{"macro invocations at file scope",
		"EXPORT(f);\nstatic DEFINE_X(struct a, b) = { .c = 1 };\nLICENSE(\"GPL\")\nOP(a)\nOP(b)\nint x;\n",
		"int x;",
		`0 call EXPORT["f"] static=false init=""
18 call DEFINE_X["struct a" "b"] static=true init="{ .c = 1 }"
54 call LICENSE["\"GPL\""] static=false init=""
69 call OP["a"] static=false init=""
75 call OP["b"] static=false init=""`},
	{"a macro that defines a function",
		"DEFINE_HANDLER(on_event)\n{\n\tint a = 1;\n}\n", "void on_event()\n{\nint a = 1;\n}", ""},
	{"a system call",
		"SYSCALL_DEFINE2(foo, int, fd, const char __user *, p)\n{\n}\nSYSCALL_DEFINE0(bar)\n{\n}\n",
		"long __do_sys_foo ( int fd, const char * p)\n{\n}\nlong __do_sys_bar()\n{\n}", ""},
	{"a macro with an initialiser",
		"define_board(b) {\n\t.x = 1,\n};\nint y;\n", "int y;",
		"0 call define_board[\"b\"] static=false init=\"{\\n\\t.x = 1,\\n}\""},
	{"a macro in capitals alone on its line", "NAMES\n\nTRACE(x, y)\nint z;\n", "int z;", ""},
	{"linkage", "extern \"C\" {\nint f(void);\n}\nint g(void);\n", "int f(void);\nint g(void);", ""},
	{"asm and static_assert at file scope",
		"asm(\".text\");\n_Static_assert(1, \"\");\nint x;\n", "int x;", ""},
	{"members made by macros",
		"struct s {\n\tDECLARE_BITMAP(bits, 64);\n\tDECLARE_FLEX_ARRAY(struct foo *, tail);\n\tstruct_group(g,\n\t\tint a;\n\t\tint b;\n\t);\n\tUNKNOWN(1)\n\tMORE\n\tint c;;\n\tint (*fn)(struct s *p);\n};\n",
		"struct s {\nunsigned long bits[1] ;\nstruct foo * tail[] ;\nint a;\nint b;\nint c;\nint (*fn)(struct s *p);\n};", ""},
	{"bit fields without names",
		"struct s {\n\tunsigned : 3;\n\tu32 : 2, a : 4, : 5;\n\tint b : 2;\n};\n",
		"struct s {\nunsigned ;\nu32 a : 4 ;\nint b : 2;\n};", ""},
	{"enumerators made by macros",
		"enum e {\n\tA,\n\tMAKE(b)\n\tMAKE(c) = MAKE(d),\n\tLIST\n\tE,\n};\n", "enum e {\nA,\nE,\n};", ""},
	{"elements made by macros",
		"struct s t[] = {\n\tENTRY(a)\n\tENTRY(b)\n\tMORE LESS\n\t&x,\n};\nint y = A & B;\n",
		"struct s t[] = {\nENTRY(a)\n,ENTRY(b)\n,MORE,LESS\n,&x,\n};\nint y = A & B;", ""},
	{"elements that are no macros that bring their own comma",
		"struct s t[] = {\n\tf(a) == 1,\n\tf(b) & 2,\n\tg(c),\n};\nint n = 16 KB;\nchar v[] = A B \"x\" C \"y\";\n",
		"struct s t[] = {\nf(a) == 1,\nf(b) & 2,\ng(c),\n};\nint n = 16 ;\nchar v[] = B \"x\" C \"y\";", ""},
	{"a macro that expands to a designator",
		"int t[] = {\n\tAT(1) = 2,\n\tTEXTS(\"a\")\n\n\t3,\n};\n", "int t[] = {\n2,\nTEXTS(\"a\")\n,3,\n};", ""},
	{"a tag by a macro", "struct HEADER(1) h = { 1 };\nstruct foo (*p)[3];\n", "struct HEADER h = { 1 };\nstruct foo (*p)[3];", ""},
	{"a type on a line of its own",
		"struct s {\n\tU16\n\t\tx[3];\n\tMORE\n\tint y;\n};\nfoo_t\nf(int a);\nSTATIC DEF(q)\n\nSTATIC int\ng(void)\n{\n}\n",
		"struct s {\nU16\nx[3];\nint y;\n};\nfoo_t\nf(int a);\nint\ng(void)\n{\n}", ""},
	{"struct by a macro", "context_lock_struct(lk) {\n\tint a;\n};\n", "struct lk {\nint a;\n};", ""},
}

// inBody wraps statements into a function.
func inBody(s string) string { return "void f(void)\n{\n" + s + "\n}\n" }

var statementTests = []cureTest{
	{"loops and guards",
		inBody("\teach(p, &l) {\n\t\tg(p);\n\t}\n\teach_entry(p, &l)\n\t\th(p);\n\teach_entry(q, &l)\n\t\t(void)*q;\n\twith_lock() {\n\t}"),
		inBody("if (p, &l) {\ng(p);\n}\nwhile (p, &l)\nh(p);\nwhile (q, &l)\n(void)*q;\nwhile(1) {\n}"),
		"16 macro each map[]\n42 macro each_entry map[]\n69 macro each_entry map[]\n100 macro with_lock map[]"},
	{"a guard with a statement and an else",
		inBody("\tguard_cond(l, return -EINTR, &m) {\n\t\tg();\n\t} else {\n\t\th();\n\t}"),
		inBody("if (l, 0 , &m) {\ng();\n} else {\nh();\n}"),
		"16 macro guard_cond map[1:return -EINTR]"},
	{"macros that bring their semicolon",
		inBody("\tFOO(a)\n\tBAR\n\tg();\nout:\n\tBAZ(b, c)"), inBody("FOO(a)\n;BAR\n;g();\nout:\nBAZ(b,c);"), ""},
	{"macros side by side and out of line",
		inBody("\tswitch (x) {\n\tN(1) N(2) N(3)\n\t}\nLIST\n\tif (a)\n\t\tg();\nLIST\n\th();\n\tfoo_t\n\t\ty;"),
		inBody("switch (x) {\nN(1);N(2);N(3)\n;}\nLIST\n;if (a)\ng();\nLIST\n;h();\nfoo_t\ny;"), ""},
	{"a macro that ends a do loop",
		inBody("\tdo {\n\t\tg();\n\t} while_each(a, b);"), inBody("do {\ng();\n} while (a, b);"),
		"31 macro while_each map[]"},
	{"a macro for case labels",
		inBody("\tswitch (x) {\n\tCASE_64(a):\n\t\tg();\n\tcase 1 ... 5:\n\t\th();\n\t}"),
		inBody("switch (x) {\ncase (a):\ng();\ncase 1 || 5:\nh();\n}"),
		"30 macro CASE_64 map[]\n57 range"},
	{"types as arguments",
		inBody("\tp = member_of(q, struct foo, m);\n\tr = alloc(struct bar *, u8 *, unsigned\n\t\tlong);\n\tint (*fn)(struct foo *);\n\textern int g(struct foo *x);"),
		inBody("p = member_of(q, struct_foo, m);\nr = alloc(struct_bar_ , u8_ , _nsigned\n);\nint (*fn)(struct foo *);\nextern int g(struct foo *x);"),
		"33 type struct foo\n60 type struct bar *\n74 type u8 *\n80 type unsigned long"},
	{"typeof",
		inBody("\ttypeof(x) y = (typeof(x))(z);\n\t__typeof__(struct foo *) p;\n\tauto a = y;"),
		inBody("typeof_x_ y = (int )(z);\n__typeof___struct_foo_ p;\nint a = y;"),
		"16 type typeof(x)\n31 type typeof(x)\n47 type __typeof__(struct foo *)\n76 type __auto_type"},
	{"assembler",
		inBody("\tasm volatile(\"nop\" : \"=r\"(x) : \"r\"(y));\n\tasm goto(\"x\" : : : : err, out);\n\tregister long r asm(\"r1\") = 1;\n\tif (a)\n\t\tasm(\"\");"),
		inBody("(0) ;\n(0) ;\nregister long r = 1;\nif (a)\n(0) ;"),
		"57 asm goto [err out]"},
	{"annotations of locals",
		inBody("\tstruct foo *p __free(put) = get();\n\tint x __maybe_unused;"), inBody("struct foo *p = get();\nint x ;"),
		"30 annotation __free[\"put\"] at 3:16"},
	{"statements and fragments as arguments",
		inBody("\twait(q, c, a(); b());\n\tcmp(a, ==, b);\n\tg(a, , b);\n\th(a,);\n\tins(x, [y] \"r\" (z), { k(); });"),
		inBody("wait(q, c, 0 );\ncmp(a, 0 , b);\ng(a,0, b);\nh(a );\nins(x, 0 , 0 );"),
		"16 macro wait map[2:a(); b()]\n39 macro cmp map[1:==]\n75 macro ins map[1:[y] \"r\" (z) 2:{ k(); }]"},
	{"definitions by macros in a body",
		inBody("\tstatic DEFINE_X(a, 1);\n\tBITMAP(b, 5) = { 0 };\n\tTYPE(t) c = 1;\n\tstatic const TYPE(u) d = 2;"),
		inBody("DEFINE_X(a, 1);\nBITMAP(b, 5) ;\nTYPE_t_ c = 1;\nstatic const TYPE_u_ d = 2;"), ""},
	{"what the grammar lacks",
		inBody("\t__label__ l;\n\tvoid *p = &&l;\n\tgoto *p;\n\tx = offsetof(struct s, a.b) + __alignof__(y);\n\tm(52_BIT, 0x1F, 1e3);\n\ts(\"a\" STR(b) \"c\", STR(d) \"e\");\nl:\n\t;"),
		inBody("void *p = &l;\np;\nx = sizeof(int) + sizeof (y);\nm(_2_BIT, 0x1F, 1e3);\ns(\"a\" \"c\", \"\" \"e\");\nl:\n;"), ""},
}

func TestCure(t *testing.T) {
	for _, tests := range [][]cureTest{directiveTests, declarationTests, statementTests} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) { tt.run(t, cure([]byte(tt.in))) })
		}
	}
}

// inMacro wraps the body of a macro as the caller of cureBody does.
func inMacro(s string) string { return "void f(){" + s + ";}" }

var bodyTests = []cureTest{
	{"pastes", inMacro("a ## b(x##_##y, ## __VA_ARGS__)"), inMacro("a____b(x_____y, __VA_ARGS__)"),
		"9 paste a##b\n16 paste x##_##y"},
	{"strings", inMacro("g(#x, \"a\" # y)"), inMacro(`g("", "a" "" )`), "11 string x\n19 string y"},
	{"operators", inMacro("({ if ((x) op (y)) g(); (x op 1); })"), inMacro("({ if ((x) + (y)) g(); (x + 1); })"), ""},
	{"a statement", inMacro("do { g(x); } while (0)"), inMacro("do { g(x); } while (0)"), ""},
	{"a function", inMacro("static inline int name##_get(struct s *p) _attr { return 0; }"),
		inMacro("static inline int name___get(struct s *p) { return 0; }"), "27 paste name##_get"},
}

func TestCureBody(t *testing.T) {
	for _, tt := range bodyTests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, cureBody([]byte(tt.in), []string{"x", "y", "op", "name"})) })
	}
}

func TestCondAt(t *testing.T) {
	src := "int a;\n#if A\nint b;\n#ifndef B\nint c;\n#elif C > 1\nint d;\n#else\nint e;\n#endif\nint g;\n#endif\nint h;\n" +
		"void f(void)\n{\n#ifdef D\n\tint i;\n#endif\n}\n"
	c := cure([]byte(src))
	want := map[string]string{"a": "1", "b": "A", "c": "A && !(defined(B))", "d": "A && defined(B) && C > 1",
		"e": "A && defined(B) && !(C > 1)", "g": "A", "h": "1", "i": "1"}
	for name, cond := range want {
		off := strings.Index(src, "int "+name+";")
		if got := c.condAt(uint32(off)).String(); got != cond {
			t.Errorf("condition of %s: %s, want %s", name, got, cond)
		}
	}
}

// TestCureDeep nests what could be nested, deeper than any stack of ours.
func TestCureDeep(t *testing.T) {
	const n = 50000
	for _, s := range []string{"(", ")", "{", "}", "[", "((", "f(", "f(x) {", "#if A\n", "#if A\n#else\n", "#if A\n#elif B\n", "#endif\n",
		"typeof(", "__must_hold(", "asm(", "a##", "#a ", "struct s {", "case 1 ... ", "x ", "static ", "({", "do ", "= {", "[a]", "f(,", "\\\n",
		"f(int ", "f(return ", "void f(){f(int ", "void f(){x(({F(({", "__free(x) ", "#ifndef A\n#define A\n#endif\n", "F(x)={", "void f(){static "} {
		src := []byte(strings.Repeat(s, n))
		checkCure(t, src, cure(src))
		checkCure(t, src, cureBody(src, []string{"a"}))
	}
}

func TestTables(t *testing.T) {
	for _, row := range [][]string{{"x", "bare", "drop"}, {"x", "what", "drop", "r"}, {"x", "bare", "what", "r"},
		{"static", "bare", "drop", "r"}, {"x", "bare", "=longer", "r"}} {
		w := &wordTables{classes: map[string]wordCls{"static": clsStorage}, attrs: map[string]attribute{}}
		if w.addAttribute(row) == nil {
			t.Errorf("row %q of attributes.txt was taken", row)
		}
	}
	for _, row := range [][]string{{"x"}, {"x", "what", "0", "-", "0", "-", "r"}, {"x", "field", "a", "-", "0", "-", "r"},
		{"x", "field", "0", "-", "b", "-", "r"}, {"x x", "field", "0", "-", "0", "-", "r"}} {
		w := &wordTables{forms: map[string]macroForm{}}
		if w.addForm(row) == nil {
			t.Errorf("row %q of macroforms.txt was taken", row)
		}
	}
}

func FuzzCure(f *testing.F) {
	for _, tests := range [][]cureTest{directiveTests, declarationTests, statementTests, bodyTests} {
		for _, tt := range tests {
			f.Add([]byte(tt.in))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		given := bytes.Clone(src)
		c := cure(src)
		checkCure(t, src, c)
		if !bytes.Equal(src, given) {
			t.Fatal("the source was changed")
		}
		if again := cure(src); !bytes.Equal(c.text, again.text) || facts(c) != facts(again) {
			t.Fatal("another result the second time")
		}
		checkCure(t, src, cureBody(src, []string{"x", "y"}))
	})
}

// TestCureKernel measures the cure on the kernel tree that KLOCKSCAN_KERNEL
// names, against the limits in testdata.
func TestCureKernel(t *testing.T) {
	root := os.Getenv("KLOCKSCAN_KERNEL")
	if root == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree to measure on")
	}
	table, err := os.ReadFile("testdata/cure_limits.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Split(string(table), "\n") {
		limit, dirs, ok := strings.Cut(row, "\t")
		if !ok || row[0] == '#' {
			continue
		}
		most, err := strconv.Atoi(limit)
		if err != nil {
			t.Fatal(err)
		}
		files, bad := 0, []string{}
		for _, dir := range strings.Fields(dirs) {
			for _, path := range sourcesIn(t, filepath.Join(root, dir)) {
				files++
				if where := functionError(t, path); where != "" {
					bad = append(bad, where)
				}
			}
		}
		t.Logf("%s: %d files, %d with an error in a function", dirs, files, len(bad))
		if files == 0 || len(bad) > most {
			t.Errorf("%s: %d files, errors in %d, at most %d allowed:\n%s", dirs, files, len(bad), most, strings.Join(bad, "\n"))
		}
	}
}

func sourcesIn(t *testing.T, dir string) []string {
	var paths []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && (strings.HasSuffix(p, ".c") || strings.HasSuffix(p, ".h")) {
			paths = append(paths, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// functionError cures and parses a file. It returns the place of its first
// syntax error inside a function, or "".
func functionError(t *testing.T, path string) string {
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := cure(src)
	checkCure(t, src, c)
	tr, err := parseTree(c.text, testTimeout)
	if err != nil {
		return path + ": " + err.Error()
	}
	for i := range tr.nodes {
		if tr.nodes[i].flags&(flagError|flagMissing) == 0 {
			continue
		}
		for p := tr.nodes[i].parent; p >= 0; p = tr.nodes[p].parent {
			if tr.kind(p) == "function_definition" {
				return fmt.Sprintf("%s:%d", path, tr.nodes[i].row+1)
			}
		}
	}
	return ""
}

// BenchmarkCure reports the speed of the cure beside that of the parse.
func BenchmarkCure(b *testing.B) {
	src := []byte(strings.Repeat(inBody("\teach(p, &l) {\n\t\tg(p, struct x);\n\t}\n#ifdef A\n\th();\n#endif")+"EXPORT(f);\n", 2000))
	text := cure(src).text
	b.Run("cure", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			cure(src)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := parseTree(text, testTimeout); err != nil {
				b.Fatal(err)
			}
		}
	})
}
