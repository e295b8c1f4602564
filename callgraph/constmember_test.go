package callgraph

import (
	"context"
	"testing"
	"testing/fstest"
)

func TestConstMember(t *testing.T) {
	fsys := fstest.MapFS{"focus/a.c": {Data: []byte(`
#define FAST 4
struct ops { int flags; int level; int (*f)(void); struct { int deep; } in; };
static const struct ops table = { .flags = FAST | 1, .in.deep = 7 };
const struct ops shared = { .level = 2 };
struct ops written = { .flags = 1 };
static const struct ops inorder = { 1, 2 };
static const struct ops *pointer = &table;
`)}}
	p, err := Load(context.Background(), fsys, Options{Arch: "x86", Dirs: []string{"focus"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file, name, member string
		want               int64
		ok                 bool
	}{
		{"focus/a.c", "table", "flags", 5, true},
		{"focus/a.c", "table", "level", 0, true}, // not named: zero
		{"focus/a.c", "table", "in", 0, false},
		{"", "shared", "level", 2, true},
		{"", "table", "flags", 0, false}, // static: only with its file
		{"", "written", "flags", 0, false},
		{"focus/a.c", "inorder", "flags", 0, false},
		{"focus/a.c", "pointer", "flags", 0, false},
		{"", "nothing", "flags", 0, false},
	} {
		if got, ok := p.ConstMember(tt.file, tt.name, tt.member); got != tt.want || ok != tt.ok {
			t.Errorf("%s.%s: %d, %v, want %d, %v", tt.name, tt.member, got, ok, tt.want, tt.ok)
		}
	}
}

func TestConstFunction(t *testing.T) {
	fsys := fstest.MapFS{"focus/a.c": {Data: []byte(`
struct ops { int (*open)(void); int (*close)(void); int (*poll)(void); };
static int open_it(void) { return 0; }
extern int (*chosen)(void);
static const struct ops table = { .open = open_it, .close = (void *)&open_it };
const struct ops late = { .open = chosen };
struct ops written = { .open = open_it };
int use(void) { return table.open() + late.open() + written.open(); }
`)}}
	p, err := Load(context.Background(), fsys, Options{Arch: "x86", Dirs: []string{"focus"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file, name, member, want string
		ok                       bool
	}{
		{"focus/a.c", "table", "open", "open_it", true},
		{"focus/a.c", "table", "close", "open_it", true},
		{"focus/a.c", "table", "poll", "", true}, // not named: NULL
		{"", "late", "open", "", false},
		{"", "written", "open", "", false},
	} {
		if got, ok := p.ConstFunction(tt.file, tt.name, tt.member); got != tt.want || ok != tt.ok {
			t.Errorf("%s.%s: %q, %v, want %q, %v", tt.name, tt.member, got, ok, tt.want, tt.ok)
		}
	}
}
