package cparse

import (
	"regexp"
	"strings"
	"testing"
)

// parse is Parse, checked. Every source that comes by is a seed of FuzzParse.
func parse(t testing.TB, src string) *File {
	t.Helper()
	f := Parse("test.c", []byte(src))
	if err := Check(f); err != nil {
		t.Fatalf("Check:\n%v", err)
	}
	return f
}

// function is the function of that name in f.
func function(t testing.TB, f *File, name string) *Func {
	t.Helper()
	for _, fn := range f.Funcs {
		if fn.Name == name {
			return fn
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}

var (
	instrLine = regexp.MustCompile(`(?m)^\t\d+: `)
	callSite  = regexp.MustCompile(`call#\d+ `)
)

// blocks prints the blocks of fn, one a line: instructions without their lines
// and sites, a semicolon between them, an exclamation mark before the calls at
// the end of a scope.
func blocks(fn *Func) string {
	s := fn.String()
	s = s[strings.Index(s, "0:\n"):]
	s = callSite.ReplaceAllString(instrLine.ReplaceAllString(s, "\t"), "call ")
	var out []string
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		if text, ok := strings.CutSuffix(line, " at the end of a scope"); ok {
			line = strings.Replace(text, "call ", "!", 1)
		}
		line = strings.ReplaceAll(line, "call ", "")
		if text, ok := strings.CutPrefix(line, "\t"); ok {
			if last := &out[len(out)-1]; strings.HasSuffix(*last, ":") {
				*last += " " + text
			} else {
				*last += "; " + text
			}
		} else if line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// A lowering is the body of a function f, and the blocks that it becomes.
type lowering struct {
	name, body, want string
}

func testLowerings(t *testing.T, tests []lowering) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, inFunction(tt.body))
			for _, p := range f.Problems {
				t.Errorf("problem: %v", p)
			}
			got := blocks(function(t, f, "f"))
			if want := strings.TrimSpace(tt.want); got != want {
				t.Errorf("body:\n%s\ngot:\n%s\nwant:\n%s", tt.body, got, want)
			}
		})
	}
}

func inFunction(body string) string { return "int f(struct dev *d, int n)\n{\n" + body + "\n}\n" }

var statements = []lowering{
	{"if", "if (n > 3) a(); b();", `
0: if n > 3 goto 1 else 2
1: a(); goto 2
2: b(); return`},
	{"if else", "if (n) a(); else b();", `
0: if n goto 1 else 2
1: a(); goto 3
2: b(); goto 3
3: return`},
	{"else if", "if (n == 1) return 1; else if (n == 2) return 2; return 3;", `
0: if n == 1 goto 1 else 2
1: return 1
2: if n == 2 goto 3 else 4
3: return 2
4: return 3`},
	{"constant condition", "if (0) a(); if (1) b(); else c();", `
0: goto 1
1: b(); goto 2
2: return`},
	{"while", "while (n) { a(); if (b()) continue; if (c()) break; }", `
0: goto 1
1: if n goto 2 else 4
2: a(); %1 = b(); if %1 goto 1 else 3
3: %2 = c(); if %2 goto 4 else 1
4: return`},
	{"while with a call", "while (next(d)) use(d);", `
0: goto 1
1: %1 = next(d); if %1 goto 2 else 3
2: use(d); goto 1
3: return`},
	{"do", "do { if (a()) continue; b(); } while (n);", `
0: goto 1
1: %1 = a(); if %1 goto 3 else 2
2: b(); goto 3
3: if n goto 1 else 4
4: return`},
	{"do once", "do { if (n) break; a(); } while (0); b();", `
0: goto 1
1: if n goto 3 else 2
2: a(); goto 3
3: b(); return`},
	{"for", "for (n = 0; n < 9; n++) { if (n == 5) continue; a(n); }", `
0: n = 0; goto 1
1: if n < 9 goto 2 else 5
2: if n == 5 goto 4 else 3
3: a(n); goto 4
4: n = n + 1; goto 1
5: return`},
	{"for ever", "for (;;) { if (a()) break; }", `
0: goto 1
1: %1 = a(); if %1 goto 2 else 1
2: return`},
	{"for two variables", "for (int i = 0, j = 9; i < j; i++, j--) a(i);", `
0: decl i = 0; decl j = 9; goto 1
1: if i < j goto 2 else 4
2: a(i); goto 3
3: %1 = i; i = i + 1; %2 = j; j = j - 1; goto 1
4: return`},
	{"switch", "switch (n) { case 1: a(); break; case RED: b(); break; default: c(); }", `
0: switch n 1:1 RED:2 default:3
1: a(); goto 4
2: b(); goto 4
3: c(); goto 4
4: return`},
	{"fallthrough", "switch (n) { case 1: a(); case 2: b(); }", `
0: switch n 1:1 2:2 default:3
1: a(); goto 2
2: b(); goto 3
3: return`},
	{"case range", "switch (n) { case 1 ... 5: a(); break; }", `
0: switch n 1...5:1 default:2
1: a(); goto 2
2: return`},
	{"labels of one case", "switch (n) { case 1: case 2: a(); }", `
0: switch n 1:1 2:1 default:2
1: a(); goto 2
2: return`},
	{"switch in a loop", "while (n) { switch (n) { case 1: continue; case 2: break; } a(); }", `
0: goto 1
1: if n goto 2 else 4
2: switch n 1:1 2:3 default:3
3: a(); goto 1
4: return`},
	{"case in a loop", "switch (n) { do { case 1: a(); case 2: b(); } while (c()); }", `
0: switch n 1:3 2:1 default:4
1: b(); goto 2
2: %1 = c(); if %1 goto 3 else 4
3: a(); goto 1
4: return`},
	{"goto ladder", `
	if (a(d))
		goto out;
	if (b(d))
		goto undo;
	return 0;
undo:
	c(d);
out:
	return 1;`, `
0: %1 = a(d); if %1 goto 3 else 1
1: %2 = b(d); if %2 goto 2 else 4
2: c(d); goto 3
3: return 1
4: return 0`},
	{"goto back", "again: if (a()) goto again; return 0;", `
0: goto 1
1: %1 = a(); if %1 goto 1 else 2
2: return 0`},
	{"goto nowhere", "if (n) goto nowhere; a();", `
0: if n goto 1 else 2
1: stop
2: a(); return`},
	{"code that nothing reaches", "return 1; a();", `
0: return 1`},
	{"loop without end", "while (1) a();", `
0: goto 1
1: a(); goto 1`},
}

func TestStatements(t *testing.T) { testLowerings(t, statements) }

var expressions = []lowering{
	{"call for its effect", "a(1, \"x\", d->n);", `
0: a(1, "x", d->n); return`},
	{"call for its value", "n = a(b(n));", `
0: %1 = b(n); %2 = a(%1); n = %2; return`},
	{"and in a condition", "if (n && a()) b();", `
0: if n goto 1 else 3
1: %1 = a(); if %1 goto 2 else 3
2: b(); goto 3
3: return`},
	{"or in a condition", "if (n || a()) b();", `
0: if n goto 2 else 1
1: %1 = a(); if %1 goto 2 else 3
2: b(); goto 3
3: return`},
	{"not", "if (!(n && a())) b();", `
0: if n goto 1 else 2
1: %1 = a(); if %1 goto 3 else 2
2: b(); goto 3
3: return`},
	{"and for its value", "n = d && a(d);", `
0: if d goto 1 else 3
1: %2 = a(d); if %2 goto 2 else 3
2: %1 = 1; goto 4
3: %1 = 0; goto 4
4: n = %1; return`},
	{"and without effects", "n = d && n > 2;", `
0: n = d && (n > 2); return`},
	{"choice", "n = n ? a() : b();", `
0: if n goto 1 else 2
1: %1 = a(); %2 = %1; goto 3
2: %3 = b(); %2 = %3; goto 3
3: n = %2; return`},
	{"choice without effects", "n = n ? 1 : 2;", `
0: n = n ? 1 : 2; return`},
	{"choice of GNU C", "n = a() ?: b();", `
0: %1 = a(); if %1 goto 1 else 2
1: %2 = %1; goto 3
2: %3 = b(); %2 = %3; goto 3
3: n = %2; return`},
	{"choice of GNU C without effects", "n = a() ?: -1;", `
0: %1 = a(); n = %1 ?: -1; return`},
	{"statement expression", "n = ({ int r = a(); if (r) b(); r; });", `
0: %1 = a(); decl r = %1; if r goto 1 else 2
1: b(); goto 2
2: n = r; return`},
	{"return inside a statement expression", "n = ({ if (n) return 1; 2; }); a();", `
0: if n goto 1 else 2
1: return 1
2: n = 2; a(); return`},
	{"comma", "n = (a(), b());", `
0: %1 = a(); %2 = b(); n = %2; return`},
	{"assignment in a condition", "if ((n = a()) < 0) return n;", `
0: %1 = a(); n = %1; if n < 0 goto 1 else 2
1: return n
2: return`},
	{"chain of assignments", "d->x = n = 3;", `
0: n = 3; d->x = n; return`},
	{"compound assignment", "d->n += 2; n <<= 1;", `
0: d->n = d->n + 2; n = n << 1; return`},
	{"update under an operator", "if (!n--) a(-d++);", `
0: %1 = n; n = n - 1; if !%1 goto 1 else 2
1: %2 = d; d = d + 1; a(-%2); goto 2
2: return`},
	{"update", "n++; --n; a(n++, ++n);", `
0: n = n + 1; n = n - 1; %1 = n; n = n + 1; n = n + 1; a(%1, n); return`},
	{"update of a call's value", "a(d)->n++;", `
0: %1 = a(d); %1->n = %1->n + 1; return`},
	{"hint", "if (unlikely(!d)) a();", `
0: if d goto 2 else 1
1: a(); goto 2
2: return`},
	{"negative number", "return -1;", `
0: return -1`},
	{"numbers", "a(0x10, 010, 3UL, '\\0', '\\n', 'a', '\\'', '\\x41', 1.5);", `
0: a(16, 8, 3, 0, 10, 97, 39, 65, sizeof(...)); return`},
	{"truth", "a(true, false, NULL);", `
0: a(1, 0, 0); return`},
	{"lvalues", "*d->p = 1; d->q[n] = 2; (*d).r.s = 3; **d->pp = 4;", `
0: *d->p = 1; d->q[n] = 2; (*d).r.s = 3; *(*d->pp) = 4; return`},
	{"calls through pointers", "d->ops->run(d); (*d->fn)(n); d->tab[n](1);", `
0: d->ops->run(d); (*d->fn)(n); d->tab[n](1); return`},
	{"asm output", "asm volatile(\"x\" : \"=r\" (n), [m] \"+m\" (d->x) : \"r\" (d) : \"memory\");", `
0: n = ?; d->x = ?; return`},
	{"asm goto", "asm goto(\"x\" : : \"r\" (n) : : out); return 1; out: return 2;", `
0: if ? goto 1 else 2
1: return 2
2: return 1`},
	{"braces as an initialiser", "struct o o = { 1, { 2 }, .a = a(), .b.c = 3, [4] = 5, [6 ... 7] = 8 };", `
0: %1 = a(); decl o = { 1, { 2 }, .a = %1, .b.c = 3, [4] = 5, [6 ... 7] = 8 }; return`},
	{"compound literal", "b(&(struct o){ .x = n }); *d = (struct dev){ };", `
0: b(&{ .x = n }); *d = {  }; return`},
	{"type as an argument", "struct dev *e = box_of(n, struct dev, member);", `
0: %1 = box_of(n, struct dev, member); decl e = %1; return`},
	{"label as a value", "d->p = &&out; out: return 0;", `
0: d->p = &out; goto 1
1: return 0`},
	{"statement as an argument", "with(d, return n;); a();", `
0: if ? goto 1 else 2
1: return n
2: with(d, 0); a(); return`},
}

func TestExpressions(t *testing.T) { testLowerings(t, expressions) }

var scopes = []lowering{
	{"guard at the end", "guard(mutex)(&d->m); a();", `
0: %1 = class_mutex_constructor(&d->m); a(); !class_mutex_destructor(%1); return`},
	{"guard and return", "guard(mutex)(&d->m); if (n) return a(); b();", `
0: %1 = class_mutex_constructor(&d->m); if n goto 1 else 2
1: %2 = a(); !class_mutex_destructor(%1); return %2
2: b(); !class_mutex_destructor(%1); return`},
	{"guard without a lock", "guard(rcu)(); a();", `
0: %1 = class_rcu_constructor(); a(); !class_rcu_destructor(%1); return`},
	{"guards end last first", "guard(one)(d); guard(two)(d);", `
0: %1 = class_one_constructor(d); %2 = class_two_constructor(d); !class_two_destructor(%2); !class_one_destructor(%1); return`},
	{"guard of a block", "{ guard(mutex)(&d->m); a(); } b();", `
0: %1 = class_mutex_constructor(&d->m); a(); !class_mutex_destructor(%1); b(); return`},
	{"guard and goto out", "{ guard(mutex)(&d->m); if (n) goto out; a(); } b(); out: return 0;", `
0: %1 = class_mutex_constructor(&d->m); if n goto 1 else 2
1: !class_mutex_destructor(%1); goto 3
2: a(); !class_mutex_destructor(%1); b(); goto 3
3: return 0`},
	{"guard and goto inside", "guard(mutex)(&d->m); again: if (a()) goto again;", `
0: %1 = class_mutex_constructor(&d->m); goto 1
1: %2 = a(); if %2 goto 1 else 2
2: !class_mutex_destructor(%1); return`},
	{"guard and goto back over it", "again: a(); guard(mutex)(&d->m); if (n) goto again;", `
0: goto 1
1: a(); %1 = class_mutex_constructor(&d->m); if n goto 2 else 3
2: !class_mutex_destructor(%1); goto 1
3: !class_mutex_destructor(%1); return`},
	{"guard and break", "while (n) { guard(mutex)(&d->m); if (a()) break; b(); }", `
0: goto 1
1: if n goto 2 else 5
2: %1 = class_mutex_constructor(&d->m); %2 = a(); if %2 goto 3 else 4
3: !class_mutex_destructor(%1); goto 5
4: b(); !class_mutex_destructor(%1); goto 1
5: return`},
	{"guard and continue", "while (n) { guard(mutex)(&d->m); if (a()) continue; b(); }", `
0: goto 1
1: if n goto 2 else 5
2: %1 = class_mutex_constructor(&d->m); %2 = a(); if %2 goto 3 else 4
3: !class_mutex_destructor(%1); goto 1
4: b(); !class_mutex_destructor(%1); goto 1
5: return`},
	{"guard in a case", "switch (n) { case 1: { guard(mutex)(&d->m); if (a()) break; b(); } case 2: c(); }", `
0: switch n 1:1 2:4 default:5
1: %1 = class_mutex_constructor(&d->m); %2 = a(); if %2 goto 2 else 3
2: !class_mutex_destructor(%1); goto 5
3: b(); !class_mutex_destructor(%1); goto 4
4: c(); goto 5
5: return`},
	{"guard in a statement expression", "n = ({ guard(mutex)(&d->m); d->n; });", `
0: %1 = class_mutex_constructor(&d->m); %2 = d->n; !class_mutex_destructor(%1); n = %2; return`},
	{"scoped_guard", "scoped_guard(mutex, &d->m) a(); b();", `
0: %1 = class_mutex_constructor(&d->m); if %1 goto 1 else 3
1: a(); goto 2
2: !class_mutex_destructor(%1); goto 4
3: !class_mutex_destructor(%1); goto 4
4: b(); return`},
	{"scoped_guard and break", "scoped_guard(mutex, &d->m) { if (n) break; a(); } b();", `
0: %1 = class_mutex_constructor(&d->m); if %1 goto 1 else 4
1: if n goto 3 else 2
2: a(); goto 3
3: !class_mutex_destructor(%1); goto 5
4: !class_mutex_destructor(%1); goto 5
5: b(); return`},
	{"scoped_guard and return", "scoped_guard(mutex, &d->m) { return d->n; }", `
0: %1 = class_mutex_constructor(&d->m); if %1 goto 1 else 2
1: %2 = d->n; !class_mutex_destructor(%1); return %2
2: !class_mutex_destructor(%1); goto 3
3: return`},
	{"scoped_guard in a loop", "while (n) scoped_guard(mutex, &d->m) { if (a()) return 1; b(); }", `
0: goto 1
1: if n goto 2 else 8
2: %1 = class_mutex_constructor(&d->m); if %1 goto 3 else 7
3: %2 = a(); if %2 goto 4 else 5
4: !class_mutex_destructor(%1); return 1
5: b(); goto 6
6: !class_mutex_destructor(%1); goto 1
7: !class_mutex_destructor(%1); goto 1
8: return`},
	{"scoped_cond_guard", "scoped_cond_guard(mutex_try, return -EBUSY, &d->m) { a(); }", `
0: %1 = class_mutex_try_constructor(&d->m); if %1 goto 1 else 4
1: a(); goto 2
2: !class_mutex_try_destructor(%1); goto 3
3: return
4: %2 = -EBUSY; !class_mutex_try_destructor(%1); return %2`},
	{"CLASS", "CLASS(fd, f)(n); if (a(f)) return 1; b(f);", `
0: %1 = class_fd_constructor(n); decl f = %1; %2 = a(f); if %2 goto 1 else 2
1: !class_fd_destructor(f); return 1
2: b(f); !class_fd_destructor(f); return`},
	{"ACQUIRE", "ACQUIRE(mutex_intr, m)(&d->m); if ((n = ACQUIRE_ERR(mutex_intr, &m))) return n; a();", `
0: %1 = class_mutex_intr_constructor(&d->m); decl m = %1; n = m ? 0 : -4; if n goto 1 else 2
1: !class_mutex_intr_destructor(m); return n
2: a(); !class_mutex_intr_destructor(m); return`},
	{"__free", "char *p __free(kfree) = get(n); if (!p) return 1; use(p);", `
0: %1 = get(n); decl p = %1; if p goto 1 else 2
1: use(p); !__free_kfree(p); return
2: !__free_kfree(p); return 1`},
	{"__free of one of two", "char *p = get(1), *q __free(kfree) = get(2); use(p, q);", `
0: %1 = get(1); decl p = %1; %2 = get(2); decl q = %2; use(p, q); !__free_kfree(q); return`},
	{"__free before the names", "__free(kfree) char *p = get(1), *q = get(2);", `
0: %1 = get(1); decl p = %1; %2 = get(2); decl q = %2; !__free_kfree(q); !__free_kfree(p); return`},
}

func TestScopes(t *testing.T) { testLowerings(t, scopes) }

var locals = []lowering{
	{"shadowed local", "int x = 1; { int x = 2; a(x); } a(x);", `
0: decl x = 1; decl x.2 = 2; a(x.2); a(x); return`},
	{"shadowed parameter", "{ int n = 3; a(n); } return n;", `
0: decl n.2 = 3; a(n.2); return n`},
	{"local of a for", "int i = 7; for (int i = 0; i < 3; i++) a(i); return i;", `
0: decl i = 7; decl i.2 = 0; goto 1
1: if i.2 < 3 goto 2 else 4
2: a(i.2); goto 3
3: i.2 = i.2 + 1; goto 1
4: return i`},
	{"type of an initialiser", "__auto_type x = a(); typeof(d->n) y = 1, z = x;", `
0: %1 = a(); decl x = %1; decl y = 1; decl z = x; return`},
	{"lock among the locals", "static DEFINE_MUTEX(m); lock(&m);", `
0: lock(&m); return`},
	{"list among the locals", "LIST_HEAD(l); use(&l);", `
0: use(&l); return`},
}

func TestLocals(t *testing.T) { testLowerings(t, locals) }

var macroLoops = []lowering{
	{"loop macro", "list_for_each_entry(d, head, link) { if (a(d)) continue; if (b(d)) break; c(d); }", `
0: goto 1
1: list_for_each_entry(d, head, link) heads a loop; %1 = a(d); if %1 goto 4 else 2
2: %2 = b(d); if %2 goto 5 else 3
3: c(d); goto 4
4: if ? goto 1 else 5
5: return`},
	{"loop macro with one statement", "for_each_dev(d)\n\tuse(d);\nb();", `
0: goto 1
1: for_each_dev(d) heads a loop; use(d); goto 2
2: if ? goto 1 else 3
3: b(); return`},
	{"loop macros nested", "for_each_dev(d) for_each_port(n, d) use(d, n);", `
0: goto 1
1: for_each_dev(d) heads a loop; goto 2
2: for_each_port(n, d) heads a loop; use(d, n); goto 3
3: if ? goto 2 else 4
4: if ? goto 1 else 5
5: return`},
	{"macro with an else", "IF_READY(d) { a(); } else { b(); }", `
0: goto 1
1: IF_READY(d) heads a loop; a(); goto 2
2: if ? goto 1 else 3
3: if ? goto 4 else 5
4: b(); goto 5
5: return`},
}

func TestMacroLoops(t *testing.T) { testLowerings(t, macroLoops) }

// _Generic picks by type, which lowering does not know: values without effects
// are kept in one expression, others get blocks, and macros that stand for
// associations are kept as they are.
func TestLowerGeneric(t *testing.T) {
	f := parse(t, `
int sum(seqcount_t *s) { return _Generic(*(s), seqcount_t: plain, seqlock_t: locked)(s); }
int get(int *p) { return _Generic(p, const int *: f1(p), default: f2(p)); }
int more(seqcount_t *s) { return _Generic(*(s), seqcount_t: plain, CASE((s), spin), CASE((s), mutex))(s); }
int broken(int *p) { return _Generic(p, 3 + 4)(p); }
`)
	for name, want := range map[string]string{
		"sum": "0: %1 = _Generic(*s, seqcount_t: plain, seqlock_t: locked)(s); return %1",
		"get": `0: if _Generic(p, int *: 1, default: 0) goto 1 else 2
1: %1 = f1(p); %2 = %1; goto 3
2: %3 = f2(p); %2 = %3; goto 3
3: return %2`,
		"more":   "0: %1 = _Generic(*s, seqcount_t: plain, CASE(s, spin), CASE(s, mutex))(s); return %1",
		"broken": "0: return ?",
	} {
		if got := blocks(function(t, f, name)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A macro whose body is associations of a _Generic.
func TestMacroAssocs(t *testing.T) {
	f := parse(t, `
#define CASE(s, name)	seq_##name##_t: seq_##name, int: 0
#define NONE(s)		do { s; } while (0)
#define EFFECT(s)	int: f(s)
`)
	for n, want := range []string{"seq_##name##_t: seq_##name; int: 0", "", ""} {
		var got []string
		for _, a := range f.Macros[n].Assocs() {
			got = append(got, a.String())
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: %q, want %q", f.Macros[n].Name, s, want)
		}
	}
}

// What the compiler decides is not evaluated: no call in it is made.
func TestLowerConstants(t *testing.T) {
	f := parse(t, `
int size(int *p) { return sizeof(get(p)) + sizeof(int) + sizeof(*p); }
int known(int *p) { return __builtin_constant_p(get(p)) ? 1 : get(p); }
int twice(int *p) { return __builtin_constant_p(get(p)) ? (get(p)) : ask(p); }
int choose(int *p) { return __builtin_choose_expr(sizeof(*p) == 4, f4(p), f8(p)); }
`)
	for name, want := range map[string]string{
		"size": "0: return (sizeof(...) + sizeof(...)) + sizeof(...)",
		"known": `0: %1 = __builtin_constant_p(?); if %1 goto 1 else 2
1: %2 = 1; goto 3
2: %3 = get(p); %2 = %3; goto 3
3: return %2`,
		"twice": `0: %1 = __builtin_constant_p(?); if %1 goto 1 else 2
1: %3 = ?; goto 3
2: %2 = ask(p); %3 = %2; goto 3
3: return %3`,
		"choose": `0: if sizeof(...) == 4 goto 1 else 2
1: %1 = f4(p); %2 = %1; goto 3
2: %3 = f8(p); %2 = %3; goto 3
3: return %2`,
	} {
		if got := blocks(function(t, f, name)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A function is weak by either spelling of the attribute.
func TestLowerWeak(t *testing.T) {
	f := parse(t, `
int __weak a(void) { return 0; }
int __attribute__((weak)) b(void) { return 0; }
int __attribute__((unused)) c(void) { return 0; }
`)
	for name, want := range map[string]bool{"a": true, "b": true, "c": false} {
		if fn := function(t, f, name); fn.Weak != want {
			t.Errorf("%s: weak %v, want %v", name, fn.Weak, want)
		}
	}
}

// A file that ends in the middle, or lacks a brace, says so, and what stands
// behind the missing brace is not lost.
func TestLowerBroken(t *testing.T) {
	for src, funcs := range map[string]int{
		"int cut(struct vm *vm)\n{\n\tif (vm) { mutex_lock(&vm->":                                           0,
		"int open(int x)\n{\n\tif (x) {\n\t\tb(x);\n\treturn 0;\n}\n\nint next(int y)\n{\n\treturn y;\n}\n": 2,
	} {
		f := Parse("test.c", []byte(src))
		if err := Check(f); err != nil {
			t.Errorf("%q: Check: %v", src, err)
		}
		if len(f.Problems) == 0 {
			t.Errorf("%q: no problem", src)
		}
		if len(f.Funcs) != funcs {
			t.Errorf("%q: %d functions, want %d", src, len(f.Funcs), funcs)
		}
	}
}
