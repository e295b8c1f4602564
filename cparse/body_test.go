package cparse

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// bodiesInside are bodies that say something to the file around them.
var bodiesInside = []string{
	"struct s { int a; }; struct s v;", "typedef int t; t v;", "enum { A, B } e;", "extern int v; v++;", "int g(int a); g(1);",
	"struct s *g(int a); g(1);", "unsigned *g(void), x;", "union { int a; } u;", "struct s { int a; } *g(void);",
	"\n#if X\nstruct s { int a; };\n#endif\n", "\n#define M 1\n#include \"x.h\"\n", "typeof(struct s { int a; }) x;",
	"f(1, { struct s { int a; } v; });", "guard(mutex)(&l); a();", "x = 1 +;", "if (a", "asm(\"x\" : \"=r\" (a));", "x = (a) && b < c;",
	"for (;;) { struct s { int a; } v; }", "return ({ struct s { int a; } v; v.a; });", "const struct s v = { .a = 1 }; v.a++;",
}

// mustMatch fails if the bodies that are read later are not those that Parse reads
// at once.
func mustMatch(t *testing.T, name string, src []byte) (later int) {
	t.Helper()
	whole, f := Parse(name, src), ParseHeads(name, src)
	for i, fn := range f.Funcs {
		if fn.pending != nil {
			later++
		}
		f.Funcs[i] = fn.Body()
		f.Problems = append(f.Problems, f.Funcs[i].Problems...)
		f.Funcs[i].Problems = nil
	}
	f.sort()
	if reflect.DeepEqual(whole, f) {
		return later
	}
	for i, fn := range f.Funcs {
		if i < len(whole.Funcs) && fn.String() != whole.Funcs[i].String() {
			t.Errorf("%s: a body that is read later is\n%s\nwant\n%s", name, fn, whole.Funcs[i])
			return later
		}
	}
	t.Errorf("%s: read in parts, the file is not the same:\n%+v\nwant\n%+v", name, f, whole)
	return later
}

func TestParseHeads(t *testing.T) {
	for _, s := range bodiesInside {
		mustMatch(t, s, []byte("int before;\n\nint f(struct s *p, int n)\n{\n\t"+s+"\n}\n\nint behind(void) { return f(0, 1); }\n"))
	}
	for _, s := range seeds() {
		mustMatch(t, s, []byte(s))
	}
	if n := mustMatch(t, "two", []byte("int f(void) { return 1; }\nint g(void) { return f(); }\n")); n != 2 {
		t.Errorf("%d bodies are read later, want 2", n)
	}
}

// TestParseHeadsKernel does the same for the tree that KLOCKSCAN_KERNEL names.
func TestParseHeadsKernel(t *testing.T) {
	root := os.Getenv("KLOCKSCAN_KERNEL")
	if root == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree")
	}
	all, later := 0, 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(p, ".c") && !strings.HasSuffix(p, ".h") {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil || len(src) > 1<<20 {
			return err
		}
		all += len(Parse(p, src).Funcs)
		later += mustMatch(t, p, src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if later*100 < all*90 {
		t.Errorf("of %d bodies %d are read later", all, later)
	}
	t.Logf("of %d bodies %d are read later", all, later)
}

func TestBodyConcurrent(t *testing.T) {
	fn := ParseHeads("x.c", []byte("int f(void) { return g(1); }\n")).Funcs[0]
	if fn.Blocks != nil {
		t.Fatal("the body is there before it is asked for")
	}
	got := make([]*Func, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = fn.Body() })
	}
	wg.Wait()
	for _, g := range got {
		if g != got[0] || len(g.Blocks) == 0 || g.Body() != g {
			t.Fatal("not one body for all")
		}
	}
}

// TestSourceIsFree: what was parsed keeps nothing of the memory of its source.
func TestSourceIsFree(t *testing.T) {
	names, err := filepath.Glob("../lockflow/testdata/*.c")
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources to parse: %v", err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, got := ParseHeads("x.c", bytes.Clone(src)), ParseHeads("x.c", src)
		for i := range src {
			src[i] = '?'
		}
		for _, f := range []*File{want, got} {
			for i, fn := range f.Funcs {
				f.Funcs[i] = fn.Body()
			}
			for _, m := range f.Macros {
				m.Func()
				m.Value()
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another file once its source is gone", name)
		}
	}
}

func TestForget(t *testing.T) {
	f := ParseHeads("x.c", []byte("int f(int x)\n{\n\tif (x)\n\t\tg(x);\n\treturn 1;\n}\n")).Funcs[0]
	first := f.Body()
	f.Forget()
	again := f.Body()
	if first == again {
		t.Error("the body was not forgotten")
	}
	if !reflect.DeepEqual(first, again) {
		t.Errorf("read again, the body is another: %v, %v", first, again)
	}
}

func TestMentions(t *testing.T) {
	f := ParseHeads("x.c", []byte("int f(struct s *p)\n{\n\tp->member = g(1); /* other */ x = 1;\n}\nint g(int n) { guard(mutex)(&m); }\n"))
	for word, want := range map[string]bool{"member": true, "g": true, "x": true, "embe": false, "members": false, "y": false} {
		if got := f.Funcs[0].Mentions(NewWordSet([]string{word})); got != want {
			t.Errorf("mentions %s: %v, want %v", word, got, want)
		}
	}
	if !f.Funcs[1].Mentions(NewWordSet(nil)) {
		t.Error("what a guard calls stands in no text")
	}
	if f.Funcs[0].pending.fn.Load() != nil {
		t.Error("the question has read the body")
	}
}
