package lockflow

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// show writes a rule in one line: kind, locks outside, locks inside.
func show(r *Rule) string {
	side := func(names []Name) string {
		var out []string
		for _, n := range names {
			t := n.Text
			if n.Context != "" {
				t = "{" + n.Context + "}"
			}
			out = append(out, t)
		}
		return strings.Join(out, ",")
	}
	s := fmt.Sprintf("%s %s>%s", r.Kind, side(r.Outer), side(r.Inner))
	if r.Arch != "" {
		s = r.Arch + ": " + s
	}
	return strings.TrimSpace(s)
}

func showAll(rules []*Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, show(r))
	}
	return out
}

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"dev->lock is taken outside q->lock", []string{"order dev->lock>q->lock"}},
		{"dev->lock is always acquired outside of q->lock, port->mutex and ring_lock.", []string{"order dev->lock>q->lock,port->mutex,ring_lock"}},
		{"a->lock and b->lock are taken inside hub_mutex, though rarely both.", []string{"order hub_mutex>a->lock,b->lock"}},
		{"ring_lock nests inside dev->lock.", []string{"order dev->lock>ring_lock"}},
		{"ring_lock must be taken before dev->lock.", []string{"order ring_lock>dev->lock"}},
		{"Always take ring_lock before dev->lock.", []string{"order ring_lock>dev->lock"}},
		{"Never take ring_lock inside dev->lock.", []string{"not-inside dev->lock>ring_lock"}},
		{"ring_lock must be held before taking dev->lock.", []string{"requires ring_lock>dev->lock"}},
		{"plug_read_lock() is taken outside hub_mutex", []string{"order plug_read_lock()>hub_mutex"}},
		{"a->lock _cannot_ be taken inside a `dev->srcu` read-side critical section.", []string{"not-inside dev->srcu>a->lock"}},
		{"a->lock may be taken inside a dev->srcu read-side critical section.", []string{"may-inside dev->srcu>a->lock"}},
		{"Unlike a->lock, b->lock is released before synchronize_srcu(&dev->srcu).",
			[]string{"released b->lock>dev->srcu", "wait-under a->lock>dev->srcu"}},
		{"Thus b->lock can be taken inside a dev->srcu read-side critical section, while a->lock cannot.",
			[]string{"may-inside dev->srcu>b->lock", "not-inside dev->srcu>a->lock"}},
		{"``synchronize_srcu_expedited(&dev->srcu)`` is called inside critical sections for a->lock and b->mutex.",
			[]string{"wait-under a->lock,b->mutex>dev->srcu"}},
		{"synchronize_srcu(&dev->srcu) is called with a->lock held.", []string{"wait-under a->lock>dev->srcu"}},
		{"a->lock is a spinlock; critical sections for b->lock and c->lock must also take a->lock",
			[]string{"requires a->lock>b->lock,c->lock"}},
		{"b->lock cannot be taken without already holding a->lock (usually for reading).", []string{"requires a->lock>b->lock"}},
		{"The tables are rebuilt under a->lock, so page table walkers must not take either a->lock or b->lock.",
			[]string{"must-not {page_table_walker}>a->lock,b->lock"}},
		{"Everything else is a leaf: nothing is taken inside.", []string{"leaf >"}},
		{"Taking a->lock outside of b->lock is problematic, despite being official.", []string{"note a->lock>b->lock"}},
		{"Taking a->lock inside b->lock is not allowed.", []string{"not-inside b->lock>a->lock"}},
		// What is no rule.
		{"If a->lock is taken outside b->lock, the world ends.", nil},
		{"a->lock was taken outside b->lock.", nil},
		{"a->lock is taken after b->lock was dropped.", nil},
		{"a->lock protects the list and b->lock the tree.", nil},
		{"Callers must not take a->lock.", nil},
		{"The lock is taken inside this function.", nil},
		{"They are taken outside b->lock.", nil},
		{"Others take a->lock before b->lock.", nil},
		{"See locking.rst and vgic.c, e.g. taken inside main.c.", nil},
		{"", nil},
	} {
		r := reader{file: "f"}
		if got := showAll(r.sentence(sentence{tt.text, 1})); !slices.Equal(got, tt.want) {
			t.Errorf("%q\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

const lockDocument = `
=================
Widget locks
=================

1. Acquisition Orders
---------------------

The orders of the mutexes are:

- widget_lock is taken outside w->lock

- w->lock is taken outside w->ring.lock,
  though that is quite rare.

- w->count makes sure that pairs of start() and end() agree.
  w->lock is taken on the waiting side, so shrinkers
  must not take either w->lock or w->tree_lock.

- w->odd_lock is rather special.

For SRCU:

- ` + "``synchronize_srcu(&w->srcu)``" + ` is called inside critical sections
  for w->lock and widget_lock.  These locks _cannot_
  be taken inside a w->srcu read-side critical section; that is, the
  following is broken::

      srcu_read_lock(&w->srcu);
      w->other_lock is taken outside w->lock

- w->tree_lock instead is released before the call to
  ` + "``synchronize_srcu()``" + `.  It _can_ therefore be taken inside a
  w->srcu read-side critical section.

On x86:

- w->lock is taken outside w->arch.map_lock

Everything else is a leaf.

2. Other
--------

On ARM64, w->lock is taken outside w->its_lock.

- w->odd_lock is rather special here, too.
`

func TestDocument(t *testing.T) {
	fsys := fstest.MapFS{
		"Documentation/locks.rst": {Data: []byte(lockDocument)},
		"arch/riscv/Kconfig":      {},
	}
	rules, err := ReadRules(fsys, []string{"Documentation/locks.rst"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"11 order widget_lock>w->lock",
		"13 order w->lock>w->ring.lock",
		"17 must-not {shrinker}>w->lock,w->tree_lock",
		"20 note >",
		"24 wait-under w->lock,widget_lock>w->srcu",
		"25 not-inside w->srcu>w->lock,widget_lock",
		"32 released w->tree_lock>w->srcu",
		"33 may-inside w->srcu>w->tree_lock",
		"38 x86: order w->lock>w->arch.map_lock",
		"40 leaf >",
		"45 arm64: order w->lock>w->its_lock",
	}
	var got []string
	for _, r := range rules {
		got = append(got, fmt.Sprintf("%d %s", r.Line, show(r)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r := rules[3]; r.Status == "" || !strings.Contains(r.Text, "rather special") {
		t.Errorf("the bullet that states nothing: %+v", r)
	}
	if r := rules[5]; !strings.HasSuffix(r.Text, "broken: srcu_read_lock(&w->srcu); w->other_lock is taken outside w->lock") {
		t.Errorf("the literal block is not in %q", r.Text)
	}
}

func TestMissingFile(t *testing.T) {
	fsys := fstest.MapFS{"a.c": {Data: []byte("/* Lock order:\n * a_lock\n *  b_lock\n */")}}
	rules, err := ReadRules(fsys, []string{"no.rst"}, []string{"a.c", "no.c"})
	if len(rules) != 1 || err == nil || !strings.Contains(err.Error(), "no.rst") || !strings.Contains(err.Error(), "no.c") {
		t.Errorf("rules %v, error %v", showAll(rules), err)
	}
}

func TestUserRules(t *testing.T) {
	rules, err := UserRules([]UserRule{
		{Outer: []string{"a->lock"}, Inner: []string{"b->lock", " c->lock"}, Arch: "x86", File: "r.yaml", Line: 2, Column: 3},
		{Text: "a->lock is taken outside d->lock", File: "r.yaml", Line: 5, Column: 3},
		{Kind: "must-not", Outer: []string{"IRQ handlers"}, Inner: []string{"a->lock"}, File: "r.yaml", Line: 7, Column: 3},
	})
	want := []string{"x86: order a->lock>b->lock,c->lock", "order a->lock>d->lock", "must-not {irq_handler}>a->lock"}
	if got := showAll(rules); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	_, err = UserRules([]UserRule{
		{Kind: "odrer", Outer: []string{"a"}, Inner: []string{"b"}, File: "r.yaml", Line: 1, Column: 3},
		{Text: "nonsense", File: "r.yaml", Line: 3, Column: 3},
		{Outer: []string{"a"}, File: "r.yaml", Line: 4, Column: 3},
	})
	for _, s := range []string{`r.yaml:1:3: lock rule: unknown kind "odrer"`, `r.yaml:3:3: lock rule: not understood: "nonsense"`, "r.yaml:4:3: "} {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("error %v lacks %q", err, s)
		}
	}
}

// The document of the kernel itself: every bullet of its section on orders must
// be understood, whatever the version.
func TestKernelDocument(t *testing.T) {
	root := os.Getenv("KLOCKSCAN_KERNEL")
	if root == "" {
		t.Skip("KLOCKSCAN_KERNEL does not name a kernel tree")
	}
	rules, err := ReadRules(os.DirFS(root), []string{"Documentation/virt/kvm/locking.rst"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[RuleKind]int{}
	for _, r := range rules {
		kinds[r.Kind]++
		if r.Status != "" {
			t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Status, r.Text)
		}
	}
	for kind, least := range map[RuleKind]int{RuleOrder: 4, RuleMustNot: 1, RuleNotInside: 1, RuleMayInside: 1,
		RuleReleased: 1, RuleWaitUnder: 1, RuleRequires: 1, RuleLeaf: 1} {
		if kinds[kind] < least {
			t.Errorf("%d rules of kind %s, want %d or more", kinds[kind], kind, least)
		}
	}
}

func FuzzReadRules(f *testing.F) {
	f.Add(lockDocument)
	f.Add(treeSource)
	f.Add("/* lock order: a_lock -> b_lock -> \n -> c_lock")
	f.Add("// lock order:\n//\ta_lock\n//\t\tb_lock (x\n'\"\\")
	f.Add("- ``synchronize_srcu()`` is called::\n\n\n  x\n===\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, r := range append(readDocument("d.rst", text, archNames(fstest.MapFS{})), readComments("c.c", text)...) {
			if r.Line < 1 || r.Line > lines {
				t.Errorf("rule on line %d of %d: %s", r.Line, lines, show(r))
			}
			for _, n := range slices.Concat(r.Outer, r.Inner) {
				if n.Text == "" {
					t.Errorf("a rule without a name: %q", r.Text)
				}
				splitName(n.Text)
			}
		}
	})
}

// Hostile input costs time in proportion to its size: each of these takes a
// fraction of a second even on a busy machine; a quadratic reader would not.
func TestHostileText(t *testing.T) {
	const size = 1 << 16
	for _, unit := range []string{
		"a", "a_lock ", "a_lock, ", "`", "(", "\"", "'", "/*", "//", "/* a_lock */", "// lock order: a -> b_lock\n", "\t", " \n", "- a_lock\n",
		"a->", "a_lock is taken outside ", ". ", "a_lock -> ", "::\n\n  ", "===\n", "x\n===\n", "f(", "f(a ", "lock order:\n * ", "a_lock\n  ", "->", "\\", "_",
	} {
		text := strings.Repeat(unit, size/len(unit))
		start := time.Now()
		readDocument("d.rst", text, map[string]string{})
		readComments("c.c", text)
		readComments("c.c", "/* lock order:\n"+text+"*/")
		readComments("c.c", "/* lock order: "+strings.ReplaceAll(text, "\n", " ")+"*/")
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q repeated: %v", unit, d)
		}
	}
}
