package lockflow

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"klockscan/callgraph"
)

const bindHeader = `
typedef struct spinlock { int raw; } spinlock_t;
struct mutex { int owner; };
struct srcu_struct { int idx; };
struct pool { spinlock_t pool_lock; };
struct dev_hv { struct mutex hv_lock; };
struct dev_arch { struct dev_hv hv; struct mutex cfg_lock; };
struct dev {
	struct mutex lock;
	struct srcu_struct srcu;
	int count;
	struct { spinlock_t lock; int n; } ring;
	struct dev_arch arch;
	struct pool one, two;
	struct pool *shared;
	spinlock_t bank_lock[4];
};
struct port { struct mutex mutex; struct dev *dev; struct pool p; struct pool q; };
extern struct mutex dev_list_lock;
`

const bindCode = `
#include "dev.h"
struct mutex dev_list_lock;
static struct mutex usage_lock;
int use(struct dev *dev, struct port *port) { struct dev *d = dev; return port->dev == d; }
int open(struct dev *dev) { return dev->count; }
int odd(struct port *dev) { return 0; }
`

func TestBindNames(t *testing.T) {
	fsys := fstest.MapFS{
		"drivers/dev/dev.h": {Data: []byte(bindHeader)},
		"drivers/dev/dev.c": {Data: []byte(bindCode)},
		"arch/x86/Kconfig":  {},
	}
	p, err := callgraph.Load(context.Background(), fsys, callgraph.Options{Arch: "x86", Dirs: []string{"drivers/dev"}})
	if err != nil {
		t.Fatal(err)
	}
	calls := func(name string) (Class, bool) { return Class{Path: "hotplug_lock"}, name == "plug_read_lock" }
	for _, tt := range []struct{ name, class, note string }{
		{"dev->lock", "struct dev.lock", ""},
		{"d->lock", "struct dev.lock", ""},
		{"port->mutex", "struct port.mutex", ""},
		{"port->dev->lock", "struct dev.lock", ""},
		{"dev->srcu", "struct dev.srcu", ""},
		{"dev->ring.lock", "struct dev.ring.lock", ""},
		{"dev->arch.hv.hv_lock", "struct dev_hv.hv_lock", ""},
		{"dev->bank_lock[i]", "struct dev.bank_lock", ""},
		{"dev->shared->pool_lock", "struct pool.pool_lock", ""},
		{"dev_arch::cfg_lock", "struct dev_arch.cfg_lock", ""},
		{"dev_arch->cfg_lock", "struct dev_arch.cfg_lock", ""},
		{"struct dev->lock", "struct dev.lock", ""},
		{"dev->cfg_lock", "struct dev_arch.cfg_lock", "only lock of that name"},
		{"cfg_lock", "struct dev_arch.cfg_lock", "only lock of that name"},
		{"dev_list_lock", "dev_list_lock", ""},
		{"usage_lock", "usage_lock", ""},
		{"plug_read_lock()", "hotplug_lock", ""},
		// What has no class.
		{"dev->one.pool_lock", "", "4 members"},
		{"dev->count", "", "is no lock"},
		{"dev->nothing", "", "no member"},
		{"who->lock", "", "no struct is known"},
		{"some_lock", "", "no lock class"},
		{"lock", "", "2 locks have that name"},
		{"other_call()", "", "not a primitive"},
		{"i_pages lock", "", "not a name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rule := &Rule{Kind: RuleOrder, File: "Documentation/dev.rst", Outer: []Name{{Text: tt.name}}}
			got, note := NewBinder(p, calls, []*Rule{rule}).BindName(tt.name, rule)
			var names []string
			for _, c := range got {
				names = append(names, c.String())
			}
			if strings.Join(names, " ") != tt.class || !strings.Contains(note, tt.note) || tt.note == "" && note != "" {
				t.Errorf("got %q, note %q; want %q, note %q", names, note, tt.class, tt.note)
			}
		})
	}
	static, _ := NewBinder(p, calls, []*Rule{{Outer: []Name{{Text: "usage_lock"}}}}).BindName("usage_lock", &Rule{})
	if want := []Class{{Path: "usage_lock", File: "drivers/dev/dev.c"}}; !slices.Equal(static, want) {
		t.Errorf("a static variable: %v, want %v", static, want)
	}
}

func TestLockTypes(t *testing.T) {
	types := lockTypes()
	for _, name := range []string{"struct mutex", "spinlock_t", "struct srcu_struct"} {
		if types[name] == waitsUnknown {
			t.Errorf("%s is no lock type", name)
		}
	}
	for line := range strings.Lines(lockTypesText) {
		if name, reason, _ := strings.Cut(line, "#"); strings.TrimSpace(name) != "" && strings.TrimSpace(reason) == "" {
			t.Errorf("no reason: %s", line)
		}
	}
}

// A name that the code has changed since gets a suggestion, if only one is near.
func TestSuggest(t *testing.T) {
	fsys := fstest.MapFS{"drivers/dev/dev.h": {Data: []byte(bindHeader)}, "drivers/dev/dev.c": {Data: []byte(bindCode)}, "arch/x86/Kconfig": {}}
	p, err := callgraph.Load(context.Background(), fsys, callgraph.Options{Arch: "x86", Dirs: []string{"drivers/dev"}})
	if err != nil {
		t.Fatal(err)
	}
	rules := []*Rule{{Kind: RuleOrder, File: "doc", Outer: []Name{{Text: "dev->arch.config_lock"}}, Inner: []Name{{Text: "device_list_lock"}}}}
	b := NewBinder(p, func(string) (Class, bool) { return Class{}, false }, rules)
	for name, want := range map[string]string{"device_list_lock": "dev_list_lock", "dev->use_lock": "usage_lock", "dev->wheel": "", "dev->banks_lock": "struct dev.bank_lock", "dev->pool_lock": "", "a wish": ""} {
		if got := b.(Suggester).Suggest(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	bound, _ := Bind(rules, b)
	if want := "device_list_lock (did it mean dev_list_lock?)"; !strings.Contains(bound[0].Status, want) {
		t.Errorf("status %q lacks %q", bound[0].Status, want)
	}
}
