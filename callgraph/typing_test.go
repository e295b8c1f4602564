package callgraph

import (
	"testing"

	"klockscan/cparse"
)

// typeText is the type of an expression in a function, "?" if not known.
func typeText(p *Program, f *Func, expr string) string {
	if t := p.TypeOf(f, cparse.ParseExpr(expr)); t != nil {
		return t.String()
	}
	return "?"
}

func oneFunc(t *testing.T, p *Program, spec string) *Func {
	t.Helper()
	ids := p.Find(spec)
	if len(ids) != 1 {
		t.Fatalf("%s: %d functions", spec, len(ids))
	}
	return p.Funcs[ids[0]]
}

func TestTypeOf(t *testing.T) {
	p := loadFixture(t, "typing", Options{})
	f := oneFunc(t, p, "drv/a.c:user")
	for expr, want := range map[string]string{
		// Members through pointers, values, arrays, typedefs and anonymous members.
		"d->lock": "struct lock", "&d->lock": "struct lock *", "d->parent->lock": "struct lock",
		"(*d).lock": "struct lock", "d[2].lock": "struct lock", "d->slots[3]": "struct slot", "d->slots[3].key": "int",
		"d->slots->key": "int", "h->lock": "struct lock", "(*h).parent->h": "struct dev *", "d->inner": "struct lock",
		"d->deep": "int", "dd[1]->lock": "struct lock", "(**dd).lock": "struct lock", "d->ops->run": "int() *",
		// Names: locals before globals, functions, enumerators, macros.
		"n": "int", "shadow": "struct slot *", "the_dev": "struct dev", "the_dev.lock": "struct lock", "TWO": "int",
		"user": "int()", "ALIAS": "struct dev", "ALIAS.lock": "struct lock", "NUMBER": "int", "nothing": "?",
		// Operators.
		"d + 1": "struct dev *", "1 + d": "struct dev *", "d - d": "int", "d - 1": "struct dev *", "!d": "int",
		"d == d": "int", "-n": "int", "*&d->lock": "struct lock", "&*d": "struct dev *", "*n": "?",
		"d->nothing": "?", "n->lock": "?", "n[0]": "?", "sizeof(*d)": "int",
		// The conditional: the pointer side counts where the other is a null.
		"n ? d : 0": "struct dev *", "n ? 0 : d": "struct dev *", "n ?: n": "int", "(n ? d : d)->lock": "struct lock",
		// Casts, typeof and compound literals.
		"(struct dev *)v": "struct dev *", "((struct dev *)v)->lock": "struct lock", "((dev_t *)v)->lock": "struct lock",
		"((typeof(d))v)->lock": "struct lock", "((typeof(*d) *)v)->lock": "struct lock", "((typeof(d->parent))v)->inner": "struct lock",
		"(struct slot){ 1 }": "struct slot", "(typeof(struct slot *))v": "struct slot *", "v": "void *", "*v": "void",
		// Calls, directly and through pointers.
		"find(1)": "struct dev *", "find(1)->lock": "struct lock", "d->ops->get(d)->lock": "struct lock",
		"(*d->ops->run)(d)": "int", "n(1)": "?", "unknown_function(1)": "?",
	} {
		if got := typeText(p, f, expr); got != want {
			t.Errorf("%s: got %s, want %s", expr, got, want)
		}
	}
}

// TestTypesOfLocals looks at locals whose types come out of macros.
func TestTypesOfLocals(t *testing.T) {
	p := loadFixture(t, "typing", Options{})
	f := oneFunc(t, p, "locals")
	for expr, want := range map[string]string{
		"o": "struct outer *", "o->dev.lock": "struct lock", "a": "struct dev *", "a->lock": "struct lock",
		"same": "struct dev *", "*pos": "struct dev", "pos->lock": "struct lock", "arr": "struct slot[]", "arr[0].key": "int",
	} {
		if got := typeText(p, f, expr); got != want {
			t.Errorf("%s: got %s, want %s", expr, got, want)
		}
	}
}

// TestTypesByFile: a tag, typedef or static variable means what the file sees.
func TestTypesByFile(t *testing.T) {
	p := loadFixture(t, "typing", Options{})
	for spec, want := range map[string][3]string{
		"drv/a.c:twin": {"int", "?", "struct lock"},
		"drv/b.c:twin": {"?", "long", "struct slot"},
	} {
		f := oneFunc(t, p, spec)
		got := [3]string{typeText(p, f, "pt->only_a"), typeText(p, f, "pt->only_b"), typeText(p, f, "*local_name")}
		if got != want {
			t.Errorf("%s: got %q, want %q", spec, got, want)
		}
	}
}

func TestStructOfMemberAndGlobal(t *testing.T) {
	p := loadFixture(t, "typing", Options{})
	f := oneFunc(t, p, "drv/a.c:user")
	s := p.StructOf(f, p.TypeOf(f, cparse.ParseExpr("dd")))
	if s == nil || s.Name != "dev" {
		t.Fatalf("StructOf(dd) is %v", s)
	}
	for name, want := range map[string]bool{"lock": true, "inner": true, "deep": true, "key": false, "": false} {
		fd, path := p.Member(f, s, name)
		if (fd != nil) != want || want && (fd.Name != name || len(path) != 1 || path[0] != name) {
			t.Errorf("Member(%q) is %v, %q", name, fd, path)
		}
	}
	if s := p.StructOf(f, p.TypeOf(f, cparse.ParseExpr("n"))); s != nil {
		t.Errorf("StructOf(n) is %v", s)
	}
	if g := p.Global(f, "the_dev"); g == nil || g.Name != "the_dev" {
		t.Errorf("Global(the_dev) is %v", g)
	}
	if g := p.Global(f, "shadow"); g != nil {
		t.Error("Global(shadow) is the variable that a local hides")
	}
	if p.Lookup(f, "user") != f.ID || p.Lookup(f, "nothing") != NoFunc || p.Lookup(f, "n") != NoFunc {
		t.Error("Lookup")
	}
	if !p.MacroExists("container_of") || p.MacroExists("user") {
		t.Error("MacroExists")
	}
}

func TestConst(t *testing.T) {
	p := loadFixture(t, "typing", Options{})
	f := oneFunc(t, p, "drv/a.c:user")
	for expr, want := range map[string]int64{
		"7": 7, "0x10": 16, "ONE": 1, "TWO": 2, "TEN": 10, "ELEVEN": 11, "NUMBER": 5, "SHIFTED": 20, "-ONE": -1, "~0": -1,
		"~0U >> 1": 1<<31 - 1, "(int)(~0U >> 1)": 1<<31 - 1, "-(int)(~0U >> 1) - 1": -1 << 31, "~0xffU": 1<<32 - 256, "(int)~0U": -1,
		"~0UL >> 1": 1<<63 - 1, "~0UL": -1, "-1 < 0": 1, "-1 < 0U": 0, "~0ULL > 5": 1, "~0UL / 2": 1<<63 - 1, "(u64)0 - 1 > 0": 1,
		"0x80000000 >> 4": 1 << 27, "-1L < 0U": 1, "~0U + 2": 1, "1 << 31": 1 << 31, "(u8)300": 44, "(short)0xffff": -1, "(what)300": 300,
		"HALF": 1<<31 - 1, "!~0U": 0, "10000000000 > 0": 1,
		"!ONE": 0, "ONE + TEN * 2": 21, "TEN == 10": 1, "(long)TEN": 10, "ONE ? TWO : TEN": 2, "NUMBER | 8": 13,
	} {
		if got, ok := p.Const(f, cparse.ParseExpr(expr)); !ok || got != want {
			t.Errorf("%s: got %d, %v, want %d", expr, got, ok, want)
		}
	}
	for _, expr := range []string{"n", "the_dev", "LOOP", "1 / 0", "n ? 1 : 2", "ONE + n", "user", "find(1)", "nothing", "~0U", "(unsigned)-1", "0xffffffff"} {
		if got, ok := p.Const(f, cparse.ParseExpr(expr)); ok {
			t.Errorf("%s: got %d, want no value", expr, got)
		}
	}
}

// TestHostileTypes: circles of typedefs, structs, macros and enumerators end.
func TestHostileTypes(t *testing.T) {
	p := loadFixture(t, "typing_hostile", Options{})
	f := oneFunc(t, p, "user")
	for _, expr := range []string{"a", "a->x", "c", "*c", "m", "M1", "e", "s.s.s.s.s", "s.anon", "M1->x", "self", "deep"} {
		_ = typeText(p, f, expr)
		_, _ = p.Const(f, cparse.ParseExpr(expr))
	}
	if got := typeText(p, f, "a"); got != "?" {
		t.Errorf("a type in a circle is %s", got)
	}
	if n, ok := p.Const(f, cparse.ParseExpr("M1")); ok {
		t.Errorf("a macro in a circle is %d", n)
	}
}
