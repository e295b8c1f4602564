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
