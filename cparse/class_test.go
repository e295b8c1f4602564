package cparse

import (
	"fmt"
	"strings"
	"testing"
)

// classes is definitions of guard classes, and the functions that they make.
var classes = []struct{ name, src, want string }{
	{"DEFINE_GUARD", "DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))", `
class_mutex_constructor(_T struct mutex *) struct mutex *
0: mutex_lock(_T); return _T
class_mutex_destructor(_T struct mutex *) void
0: mutex_unlock(_T); return`},
	{"DEFINE_GUARD_COND", "DEFINE_GUARD_COND(mutex, _try, mutex_trylock(_T))", `
class_mutex_try_constructor(_T void *) void *
0: %1 = mutex_trylock(_T); decl _RET = %1; if _RET goto 1 else 2
1: return _T
2: return 0
class_mutex_try_destructor(_T void *) void
0: if _T goto 1 else 2
1: class_mutex_destructor(_T); goto 2
2: return`},
	{"DEFINE_GUARD_COND with a test", "DEFINE_GUARD_COND(mutex, _intr, mutex_lock_interruptible(_T), _RET == 0)", `
class_mutex_intr_constructor(_T void *) void *
0: %1 = mutex_lock_interruptible(_T); decl _RET = %1; if _RET == 0 goto 1 else 2
1: return _T
2: return 0
class_mutex_intr_destructor(_T void *) void
0: if _T goto 1 else 2
1: class_mutex_destructor(_T); goto 2
2: return`},
	{"DEFINE_LOCK_GUARD_1", "DEFINE_LOCK_GUARD_1(spinlock, spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))", `
class_spinlock_constructor(_T spinlock_t *) void *
0: spin_lock(_T); return _T
class_spinlock_destructor(_T spinlock_t *) void
0: spin_unlock(_T); return`},
	{"DEFINE_LOCK_GUARD_1 with members",
		"DEFINE_LOCK_GUARD_1(irqsave, spinlock_t, spin_lock_irqsave(_T->lock, _T->flags),\n\tspin_unlock_irqrestore(_T->lock, _T->flags), unsigned long flags)", `
class_irqsave_constructor(_T spinlock_t *) void *
0: spin_lock_irqsave(_T, _T->flags); return _T
class_irqsave_destructor(_T spinlock_t *) void
0: spin_unlock_irqrestore(_T, _T->flags); return`},
	{"DEFINE_LOCK_GUARD_0", "DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())", `
class_rcu_constructor() void *
0: rcu_read_lock(); return 1
class_rcu_destructor(_T void *) void
0: rcu_read_unlock(); return`},
	{"DEFINE_CLASS", "DEFINE_CLASS(fd, struct fd, fdput(_T), fdget(n), int n)", `
class_fd_constructor(n int) struct fd
0: %1 = fdget(n); return %1
class_fd_destructor(_T struct fd) void
0: fdput(_T); return`},
	{"EXTEND_CLASS", "EXTEND_CLASS(fd, _raw, fdget_raw(n), int n)", `
class_fd_raw_constructor(n int) void *
0: %1 = fdget_raw(n); return %1
class_fd_raw_destructor(_T void *) void
0: class_fd_destructor(_T); return`},
	{"DEFINE_FREE", "DEFINE_FREE(kfree, void *, if (_T) kfree(_T))", `
__free_kfree(_T void *) void
0: if _T goto 1 else 2
1: kfree(_T); goto 2
2: return`},
}

func TestClasses(t *testing.T) {
	for _, tt := range classes {
		t.Run(tt.name, func(t *testing.T) {
			f := parse(t, "\n"+tt.src+"\n")
			var got strings.Builder
			for _, fn := range f.Funcs {
				fmt.Fprintf(&got, "\n%s(%s) %s\n%s", fn.Name, printParams(fn.Params, fn.Variadic), fn.Result, blocks(fn))
				if fn.Pos.Line != 2 || !fn.Static {
					t.Errorf("%s at line %d, static: %v", fn.Name, fn.Pos.Line, fn.Static)
				}
			}
			if got.String() != tt.want {
				t.Errorf("%s\ngot:%s\nwant:%s", tt.src, &got, tt.want)
			}
			if !DefinesItself(f.TopCalls[0].Name) {
				t.Errorf("%s does not define itself", f.TopCalls[0].Name)
			}
		})
	}
}

// TestClassBroken: a definition with too few arguments makes nothing.
func TestClassBroken(t *testing.T) {
	for _, src := range []string{"DEFINE_GUARD(a, b, c)", "DEFINE_LOCK_GUARD_1(a, b)", "DEFINE_CLASS(a, b, c)", "DEFINE_FREE(a, b)",
		"DEFINE_MUTEX()", "DEFINE_PER_CPU(int)", "OTHER(a, b, c, d)"} {
		f := parse(t, src+";\n")
		if len(f.Funcs)+len(f.Globals) != 0 || len(f.TopCalls) != 1 {
			t.Errorf("%s: %d functions, %d variables, %d invocations", src, len(f.Funcs), len(f.Globals), len(f.TopCalls))
		}
	}
}

// TestDefiners: macros that define variables.
func TestDefiners(t *testing.T) {
	for src, want := range map[string]string{
		"DEFINE_MUTEX(m);":                     "m struct mutex",
		"static DEFINE_SPINLOCK(s);":           "static s spinlock_t",
		"DEFINE_PER_CPU(struct dev *, d);":     "d struct dev *",
		"static DEFINE_PER_CPU(int, n) = 4;":   "static n int = 4",
		"DEFINE_PER_CPU(int[4], n);":           "n int",
		"static LIST_HEAD(l);":                 "static l struct list_head",
		"DEFINE_HASHTABLE(h, 4);":              "h struct hlist_head[]",
		"DEFINE_PER_CPU(unsigned long, a[4]);": "a unsigned long[]",
		"DECLARE_WORK(w, run);":                "w struct work_struct",
	} {
		f := parse(t, "int before;\n"+src+"\n")
		if len(f.Globals) != 2 {
			t.Errorf("%s: %d variables", src, len(f.Globals)-1)
			continue
		}
		if got := printGlobal(f.Globals[1]); got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
}

func printGlobal(g *Global) string {
	s := g.Name + " " + g.Type.String()
	if g.Static {
		s = "static " + s
	}
	if g.Extern {
		s = "extern " + s
	}
	if g.Init != nil {
		s += " = " + g.Init.String()
	}
	if g.Cond != nil {
		s += " if " + g.Cond.String()
	}
	return s
}

// TestLocalDefiner: the macro makes a local, of the block that it stands in.
func TestLocalDefiner(t *testing.T) {
	f := parse(t, inFunction("static DEFINE_MUTEX(m);\n{\n\tDEFINE_MUTEX(m);\n\tlock(&m);\n}\nlock(&m);"))
	fn := function(t, f, "f")
	if got, want := blocks(fn), "0: lock(&m.2); lock(&m); return"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(fn.Locals) != 2 || !fn.Locals[0].Static || fn.Locals[1].Static || fn.Locals[1].Type.String() != "struct mutex" {
		t.Errorf("locals: %v", fn.Locals)
	}
}

// TestParseText: the text of an expanded macro stands where the macro does.
func TestParseText(t *testing.T) {
	f := ParseText("x.c", "DEFINE_MUTEX(m);\nint get(void)\n{\n\treturn 1;\n}", Pos{7, 3})
	if len(f.Funcs) != 1 || len(f.Globals) != 1 {
		t.Fatalf("%d functions, %d variables", len(f.Funcs), len(f.Globals))
	}
	fn := f.Funcs[0]
	if at := (Pos{7, 3}); fn.Pos != at || fn.End != at || f.Globals[0].Pos != at || fn.Blocks[0].Term.(*Return).Pos != at {
		t.Errorf("not at 7:3: %v", fn)
	}
}
