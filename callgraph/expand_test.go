package callgraph

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"klockscan/cparse"
)

// loadC is the program of one C file below drv, with what else is given.
func loadC(t *testing.T, src string, opt Options) *Program {
	t.Helper()
	opt.Arch, opt.Dirs = "x86", []string{"drv"}
	p, err := Load(context.Background(), fstest.MapFS{"drv/main.c": {Data: []byte(src)}}, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(p); err != nil {
		t.Error(err)
	}
	return p
}

// instrs is the instructions and ends of a function's blocks, without lines.
func instrs(f *Func) []string {
	var out []string
	for _, b := range f.IR().Blocks {
		for _, in := range b.Instrs {
			out = append(out, afterLine(cparse.PrintInstr(in)))
		}
		out = append(out, afterLine(cparse.PrintTerm(b.Term)))
	}
	return out
}

func afterLine(s string) string {
	if _, rest, ok := strings.Cut(s, ": "); ok && s[0] >= '0' && s[0] <= '9' {
		return rest
	}
	return s
}

// TestExpansion looks at bodies after expansion: each must contain some lines
// and must not contain others.
func TestExpansion(t *testing.T) {
	for _, test := range []struct {
		name, src string
		want, not []string
	}{
		{"an argument stands for the parameter, and only for it",
			"#define lock(l) take(&(l)->raw, 1)\nvoid f(struct x *x) { lock(x->l); lock(raw); }",
			[]string{"call#0 take(&x->l->raw, 1) via lock", "call#1 take(&raw->raw, 1) via lock"}, []string{"lock("}},
		{"a member can be an argument",
			"#define with(p, m) use(&(p)->m)\nvoid f(struct x *x) { with(x, slots.lock); with(x, lock); }",
			[]string{"use(&x->slots.lock)", "use(&x->lock)"}, nil},
		{"locals of two expansions are two",
			"#define swap(a, b) do { int t = a; a = b; b = t; } while (0)\nvoid f(int t, int y) { swap(t, y); swap(y, t); }",
			[]string{"decl t@1 = t", "decl t@2 = y", "y = t@1", "t = t@2"}, nil},
		{"an object-like macro that names something is replaced, a number is not",
			"#define the_lock global.lock\n#define COUNT 4\nvoid f(void) { take(&the_lock, COUNT); }",
			[]string{"take(&global.lock, COUNT)"}, []string{"the_lock"}},
		{"#if inside a body is decided",
			"void f(void) {\n#ifdef CONFIG_ARM64\na();\n#else\nb();\n#endif\n}",
			[]string{"b()"}, []string{"a()", "config"}},
		{"a case under #if goes with it",
			"void f(int n) { switch (n) {\n#ifdef CONFIG_ARM64\ncase 1: a(); break;\n#endif\ncase 2: b(); } }",
			[]string{"b()", "2:"}, []string{"a()", "1:"}},
		{"a branch on a settled option is not there",
			"void f(int n) { if (IS_ENABLED(CONFIG_PREEMPT_RT)) a(); else b(); if (IS_ENABLED(CONFIG_SMP)) c(); else d(); }",
			[]string{"b()", "c()"}, []string{"a()", "d()", "if "}},
		{"the value of an expression macro is the caller's temporary",
			"#define pick(x) ((x) + 1)\nint f(int n) { return pick(n); }",
			[]string{"%1 = n + 1", "return %1"}, []string{"pick("}},
		{"the value of a statement expression too",
			"#define pick(x) ({ int v = get(x); v; })\nint f(int n) { return pick(n); }",
			[]string{"get(n)", "%1 = v@1"}, []string{"pick("}},
		{"a loop macro keeps its body in the loop",
			"#define each(i, n) for (i = first(n); i; i = next(i))\nvoid f(int n) { int i; each(i, n) body(i); after(); }",
			[]string{"first(n)", "body(i)", "next(i)", "after()"}, []string{"each("}},
		{"a macro in its own expansion is a call",
			"#define f2(x) f2(x, 1)\nvoid f(int n) { f2(n); }",
			[]string{"f2(n, 1) via f2"}, nil},
		{"an argument can be a type",
			"#define make(t) get((t *)0)\nvoid f(void) { make(struct x); }",
			[]string{"get((struct x *)0)"}, nil},
		{"an empty argument list fits a macro of no parameters",
			"#define nop() do { } while (0)\n#define lone(x) one(x)\nvoid f(void) { nop(); lone(); end(); }",
			[]string{"end()"}, []string{"nop", "lone("}},
		{"too many arguments do not fit: the call stays",
			"#define two(a, b) real(a, b)\nvoid f(void) { two(1, 2, 3); }",
			[]string{"two(1, 2, 3)"}, []string{"real"}},
		{"of a value that is only computed what is inert is left",
			"#define sum(x) ({ int v = (x) + 1; BUILD_BUG_ON(v > 2); v; })\n#define MASK sum(1)\n#define has(x) ((x) & MASK)\nint f(int n) { return has(n) && MASK; }",
			[]string{"call#0 BUILD_BUG_ON() via sum", "call#1 BUILD_BUG_ON() via sum", "%1 = n & MASK", "return %1 && MASK"}, []string{"v@", "call#2", "1 = v"}},
		{"a value that stands in its own expansion is not only computed",
			"#define sum(x) ({ int v = (x) + 1; BUILD_BUG_ON(v > 2); v; })\n#define LOW sum(1)\n#define MASK sum(LOW)\nint f(int n) { return n & MASK; }",
			[]string{"sum(1) via LOW", "return n & MASK"}, nil},
	} {
		p := loadC(t, test.src, Options{})
		f := oneFunc(t, p, "f")
		body := strings.Join(instrs(f), "\n")
		for _, w := range test.want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q in\n%s", test.name, w, body)
			}
		}
		for _, n := range test.not {
			if strings.Contains(body, n) {
				t.Errorf("%s: %q in\n%s", test.name, n, body)
			}
		}
	}
}

// TestExpansionTrace: an instruction out of a macro knows the macros that it
// came through, innermost first, and stands where the outermost was written.
func TestExpansionTrace(t *testing.T) {
	p := loadC(t, "#define inner(x) act(x)\n#define outer(x) do { inner(x); } while (0)\nvoid f(void)\n{\n\touter(1);\n}\n", Options{})
	f := oneFunc(t, p, "f")
	for _, b := range f.IR().Blocks {
		for _, in := range b.Instrs {
			c, ok := in.(*cparse.Call)
			if !ok {
				continue
			}
			if c.Pos.Line != 5 || c.Via == nil || c.Via.Macro != "inner" || c.Via.Pos.Line != 1 || c.Via.Path != "drv/main.c" ||
				c.Via.Parent == nil || c.Via.Parent.Macro != "outer" || c.Via.Parent.Pos.Line != 2 || c.Via.Parent.Parent != nil {
				t.Errorf("%s at line %d: via %+v", cparse.PrintInstr(c), c.Pos.Line, c.Via)
			}
			return
		}
	}
	t.Error("no call")
}

// TestUnexpanded: macros that cannot be spliced are named in the statistics.
func TestUnexpanded(t *testing.T) {
	p := loadC(t, "#define two(a, b) real(a, b)\n#define ok(a) real(a)\nvoid f(void) { two(1, 2, 3); ok(1); }", Options{})
	if got := strings.Join(p.Stats.Unexpanded, " "); got != "two" {
		t.Errorf("unexpanded: %q, want two", got)
	}
	if p.Stats.Expansions != 1 {
		t.Errorf("%d expansions, want 1", p.Stats.Expansions)
	}
}

// TestExpansionIsBounded: macros that double themselves at each level end.
func TestExpansionIsBounded(t *testing.T) {
	t.Run("values", func(t *testing.T) { testBounded(t, "(%s(x) + %s(x))") })
	t.Run("statements", func(t *testing.T) { testBounded(t, "do { %s(x); %s(x); } while (0)") })
}

func testBounded(t *testing.T, twice string) {
	var b strings.Builder
	b.WriteString("#define m0(x) act(x)\n")
	for i := 1; i < 40; i++ {
		n, prev := string(rune('a'+i/10))+string(rune('0'+i%10)), string(rune('a'+(i-1)/10))+string(rune('0'+(i-1)%10))
		if i == 1 {
			prev = "0"
		}
		fmt.Fprintf(&b, "#define m"+n+"(x) "+twice+"\n", "m"+prev, "m"+prev)
	}
	b.WriteString("void f(void) { md9(1); }\n")
	p := loadC(t, b.String(), Options{})
	if f := oneFunc(t, p, "f"); len(f.IR().Blocks) > 3*maxBlocks {
		t.Errorf("%d blocks", len(f.IR().Blocks))
	}
	if len(p.Stats.Unexpanded) == 0 {
		t.Error("nothing is said to be unexpanded")
	}
}

// TestPlaceOfNestedMacros: a call in the value of a macro that the value of another
// macro names stands where that one is used, and not in the header.
func TestPlaceOfNestedMacros(t *testing.T) {
	p, err := Load(context.Background(), fstest.MapFS{
		"include/linux/who.h": {Data: []byte("int lookup(void);\n#define inner lookup()\n#define outer ((long)inner)\n")},
		"drv/main.c":          {Data: []byte("#include <linux/who.h>\nvoid note(long who);\n\n\n\n\nvoid f(void)\n{\n\tnote(outer);\n}\n")},
	}, Options{Arch: "x86", Dirs: []string{"drv"}})
	if err != nil {
		t.Fatal(err)
	}
	g := Build(p)
	for _, e := range g.Edges {
		if p.Funcs[e.Callee].Name == "lookup" && e.Pos.Line == 9 {
			return
		}
	}
	t.Errorf("no call of lookup in line 9:\n%s", g)
}
