package cparse

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The fast parser is right if it says what the general one says.

// mustAgree fails if the fast parser makes another tree of a text than the
// general one. It reports whether the fast one took the text.
func mustAgree(t *testing.T, name string, src []byte) bool {
	t.Helper()
	fast, err := parseFast(src, testTimeout, false)
	if errors.Is(err, errNotFast) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	general, err := parseGeneral(src, testTimeout)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(fast.nodes, general.nodes) {
		return true
	}
	for i := range min(len(fast.nodes), len(general.nodes)) {
		if fast.nodes[i] != general.nodes[i] {
			t.Errorf("%s: node %d is %s, want %s", name, i, nodeText(fast, i), nodeText(general, i))
			return true
		}
	}
	t.Errorf("%s: %d nodes, want %d", name, len(fast.nodes), len(general.nodes))
	return true
}

func nodeText(t *tree, i int) string {
	return fmt.Sprintf("%s %+v %q", t.kind(int32(i)), t.nodes[i], excerpt(t.text(int32(i))))
}

// fastStatements have a tree that is not what one may expect, or that depends on
// more than the next token: each must be made by the fast parser.
var fastStatements = []string{
	"a * b;", "a * b = c;", "a *b, *c;", "a b;", "a(b);", "a(b)->c = d;", "a;", ";",
	"x = (a)(b);", "x = (a) * b;", "x = (a) & b;", "x = (a)-1;", "x = (a) - b - c;", "x = (a)b;", "x = (a *)b;", "x = (a)~b;",
	"x = (unsigned long)a + b;", "x = (struct s){ .y = 1 };", "x = (u8[]){ 1, 2 };", "x = (int (*)(int))f;", "x = (f(a)) + b;",
	"x = sizeof(a);", "x = sizeof(a) * b;", "x = sizeof(struct s) + b;", "x = sizeof(*a);", "x = sizeof a;", "x = a + sizeof(b *);",
	"while (!a--) ;", "x = !!a++ + -~b--;", "if (!a->b++) c(); else d();", "x = -1;", "x = a -1;", "x = - 1;", "x = a - -1;", "x = *a++;", "x = &a[1];",
	"x = a ? b : c ? d : e;", "x = a ?: b;", "x = a ? b, c : d;", "a = b = c;", "*a = b;", "a, b = 1, c;",
	`f("a" B "c", 'd', '\n', D "e");`, `f("\x12\0\"", '\'');`, "x = ({ int y = 1; y; });", "f(a, { b(); });",
	"switch (a) { case 1: case 2: b(); break; default: { c(); } }", "l: x++; m: int y;", "goto l;", "do a(); while (b);",
	"for (int i = 0; i < 1; i++) a(); for (;;) ; for (a = 1, b = 2; a; a++, b++) { }", "return a, b;",
	"unsigned long long a; long int b; unsigned __int128 c; unsigned const char d; unsigned long const e = 1;",
	"struct s { int a : 1, b; union { int c; }; struct t d[2][3]; int (*f)(void); } v; struct w { }; enum { A, B = 1, };",
	"static const struct s *a[] = { [A] = { 1 }, [B ... C] = 2, .d.e = 3, f: 4 };", "int (*f)(int, char *), *(*g[2])(void);",
	"x = _Generic(a, int: 1, struct s *: 2, default: 3);", "x = offsetof(struct s, a) + __alignof__(struct t);",
	"\n#if defined(A) && B > 1 || !C(1)\n\n\na();\n#elif D\nb();\n#else\n#ifdef E\nc();\n#endif\n#endif\n",
	"x = true || NULL; y = 0x1fUL + 1e5 + 1.5f + 'a' + .5;",
}

// fastItems are the same at file scope.
var fastItems = []string{
	"", "\n \n", "int x;", "typedef int t, *u; typedef void (*f)(int); typedef int (b)(c); typedef struct s { } s_t;", "int f(void), g(int a, ...), *h(a, b *, c d[]);",
	"struct s; struct s { }; union u { }; enum e { A }; extern struct s v;", "static inline a *f(b c) { return c; }\nint g() { }",
	"int f(int (*g)(int), int h(void), int (*)(long), int *[2]);", "int x = sizeof(a);",
}

func TestFastAgrees(t *testing.T) {
	check := func(src string) {
		if !mustAgree(t, src, []byte(src)) {
			t.Errorf("left to the general parser: %s", src)
		}
	}
	for _, s := range fastStatements {
		check("void f(void)\n{ " + s + " }\n")
	}
	for _, s := range fastItems {
		check(s)
	}
}

// doubtfulStatements are none of the fast parser's business; a function with one
// of them is made by the general one, and fits among the others.
var doubtfulStatements = []string{
	"x = 2 * sizeof(a) * b;", "x = (a) && b == c;", "x = !(a) & b;", "x = (a) - b * c;", "x = (a)(b) - c;", "x = (a)(b)->c;", "x = (F(a)) && b * c < d;",
	"f(g(a * b, sizeof(c)));", "x = sizeof(a)-1;", "a & b; c * d + e;", "f(a) * b;", "asm(\"x\");", "x = sizeof(f(a * b));", "int a(b); a b(c * d, e);",
	"signed const char;", "signed const signed;", "int;", "x = (f()) & 1;", "x = sizeof(f());", "x = 0X;", "x = (f())(0);", `x = ' \0';`, "x = \"\x00\";", "x = 1 \\\n;", "x = L'a';", "typedef a (b)(c);", "x = 1", "if (a", "[", "é = 1;", "f(int);", "x = a +;", "return (void *)(a) + b;", "x = (unsigned)(a)(b);", "else x;", "int x = {{1}, .a};", "1x;",
}

func TestFastDoubtful(t *testing.T) {
	for _, s := range doubtfulStatements {
		mustAgree(t, s, []byte("int before;\n\nint f(void)\n{ "+s+" }\n\nint behind(void) { return 1; }\n"))
	}
}

// TestFastKernel compares the parsers on the tree that KLOCKSCAN_KERNEL names.
func TestFastKernel(t *testing.T) {
	root := os.Getenv("KLOCKSCAN_KERNEL")
	if root == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree")
	}
	files, taken := 0, 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(p, ".c") && !strings.HasSuffix(p, ".h") {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil || len(src) > 1<<20 {
			return err
		}
		files++
		if mustAgree(t, p, cure(src).text) {
			taken++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if taken*100 < files*95 {
		t.Errorf("the fast parser takes %d of %d files", taken, files)
	}
}

// FuzzFast: whatever the bytes, the fast parser makes the tree of the general one,
// or none.
func FuzzFast(f *testing.F) {
	for _, s := range slices.Concat(fastStatements, doubtfulStatements) {
		f.Add([]byte("void f(void)\n{ " + s + " }\n"))
	}
	for _, s := range slices.Concat(fastItems, seeds()) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) { mustAgree(t, "fuzz", src) })
}
