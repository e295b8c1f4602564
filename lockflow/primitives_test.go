package lockflow

import (
	"strings"
	"testing"
)

func TestDefaultTable(t *testing.T) {
	table, err := DefaultTable()
	if err != nil {
		t.Fatal(err)
	}
	if table.Len() < 150 {
		t.Errorf("only %d rows", table.Len())
	}
	for name, row := range table.rows {
		if row.Name != name {
			t.Errorf("%s: row of %s", name, row.Name)
		}
	}
	for _, name := range []string{"mutex_lock", "spin_lock_irqsave", "cpus_read_lock", "synchronize_srcu"} {
		if !table.Opaque(name) {
			t.Errorf("%s is not in the table", name)
		}
	}
	if c, ok := table.Object("cpus_read_lock"); !ok || c != (Class{Path: "cpu_hotplug_lock"}) {
		t.Errorf("cpus_read_lock: %v %v", c, ok)
	}
	if _, ok := table.Object("mutex_lock"); ok {
		t.Error("mutex_lock has an argument, not an object")
	}
	if p := table.lookup("mutex_lock_nest_lock"); p.Nest != 1 || !p.has(flagSleep) || p.Result != resVoid {
		t.Errorf("mutex_lock_nest_lock: %+v", p)
	}
	if p := table.lookup("down_trylock"); p.Result != resZero || p.Action != actTry {
		t.Errorf("down_trylock: %+v", p)
	}
}

func TestExtend(t *testing.T) {
	base, err := DefaultTable()
	if err != nil {
		t.Fatal(err)
	}
	own, err := base.Extend("own.txt", strings.NewReader("my_lock lock 1 write zero spin,irq # mine\nmutex_lock ignore - - - - # not here\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p := own.lookup("my_lock"); p == nil || p.Arg != 1 || p.Result != resZero || !p.has(flagSpin|flagIRQ) {
		t.Errorf("my_lock: %+v", p)
	}
	if own.lookup("mutex_lock").Action != actIgnore || base.lookup("mutex_lock").Action != actLock {
		t.Error("a row of the user's must replace the table's, in the copy only")
	}
}

// TestExtendErrors: every bad row is refused with its place, and all of them at once.
func TestExtendErrors(t *testing.T) {
	base, err := DefaultTable()
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct{ row, want string }{
		{"a lock 0 write void", "a row without a reason"},
		{"a lock 0 write void # five columns", "5 columns"},
		{"a grab 0 write void - # x", `unknown action "grab"`},
		{"a lock x write void - # x", `unknown object "x"`},
		{"a lock 99 write void - # x", `unknown object "99"`},
		{"a lock 0 wrote void - # x", `unknown mode "wrote"`},
		{"a lock 0 write maybe - # x", `unknown result "maybe"`},
		{"a lock 0 write void fast # x", `unknown flag "fast"`},
		{"a lock 0 write void nest:x # x", `flag "nest:x"`},
		{"a lock - write void - # x", "a lock needs an object"},
		{"a lock 0 - void - # x", "a lock needs a mode"},
		{"a trylock 0 write void - # x", "a trylock needs a result"},
		{"b lock 0 write void - # x\nb lock 0 write void - # x", "second row for one name"},
		{"gfp # x", "want: gfp NAME"},
		{"constructor a b # x", "want: constructor NAME"},
		{"must-hold a sideways # x", "want: must-hold"},
		{"lets-go # x", "want: lets-go"},
		{"context a b # x", "want: context NAME struct TYPE MEMBER"},
	}
	var all []string
	for _, r := range rows {
		_, err := base.Extend("own.txt", strings.NewReader(r.row))
		if err == nil || !strings.Contains(err.Error(), r.want) || !strings.HasPrefix(err.Error(), "own.txt:") {
			t.Errorf("%q: %v, want %s", r.row, err, r.want)
		}
		all = append(all, r.row)
	}
	_, err = base.Extend("own.txt", strings.NewReader(strings.Join(all, "\n")))
	if got := strings.Count(err.Error(), "\n") + 1; got != len(rows) {
		t.Errorf("%d errors for %d bad rows", got, len(rows))
	}
}

func FuzzExtend(f *testing.F) {
	f.Add("my_lock lock 1 write zero spin,irq # mine")
	f.Fuzz(func(t *testing.T, text string) {
		if own, err := (&Table{}).Extend("f", strings.NewReader(text)); err == nil && own == nil {
			t.Error("neither table nor error")
		}
	})
}
