package lockflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// inputOf makes an input of rules and pairs as in check_test.go; every lock is a
// mutex but those whose names begin with spin, and those of arm are declared there.
func inputOf(t *testing.T, arch string, rules, pairs []string) AuditInput {
	t.Helper()
	in := AuditInput{Result: &Result{Arch: arch}, Rules: rulesOf(t, rules...), Homes: map[Class]LockHome{},
		Scope: func(file string) bool { return !strings.HasPrefix(file, "far") }, Names: map[Class]string{}}
	for _, text := range pairs {
		text, far := strings.CutPrefix(text, "far ")
		text, first := strings.CutPrefix(text, "first ")
		p := pairOf(text)
		if far {
			p.Inner.File = "far.c"
		}
		if first {
			p.Confidence, p.Assumed = Possible, assumeFirst.texts()
		}
		in.Result.Pairs = append(in.Result.Pairs, p)
		for _, c := range []Class{p.Outer.Class, p.Inner.Class} {
			home := LockHome{File: "virt/k.h", Type: "struct mutex"}
			if strings.HasPrefix(c.Path, "spin") {
				home.Type = "spinlock_t"
			}
			if strings.HasPrefix(c.Path, "arm") {
				home.File = "arch/arm64/k.h"
			}
			in.Homes[c] = home
		}
	}
	return in
}

func TestProposals(t *testing.T) {
	for _, tt := range []struct {
		name         string
		rules, pairs []string
		want         []string
	}{
		{"nothing stated", nil, []string{"a > b"}, []string{"s->a is taken outside s->b"}},
		{"stated", []string{"order a > b"}, []string{"a > b"}, nil},
		{"implied", []string{"order a > c", "order c > b"}, []string{"a > b"}, nil},
		{"against a rule", []string{"order b > a"}, []string{"a > b"}, nil},
		{"both ways", nil, []string{"a > b", "b > a"}, nil},
		{"a demand states the order", []string{"requires a > b"}, []string{"a > b"}, nil},
		{"a permission does not", []string{"wait-under a > s", "may-inside s > b"}, []string{"a > b"}, []string{"a is taken outside b"}},
		{"one sentence, the outer first", nil, []string{"a > c", "a > b", "b > c"}, []string{"s->a is taken outside s->b and s->c", "s->b is taken outside s->c"}},
		{"names of the text first", []string{"order x > a", "order y > b"}, []string{"p > q", "p > q", "a > b"}, []string{"a is taken outside b", "s->p is taken outside s->q"}},
		{"follows from a proposal and a rule", []string{"order b > c"}, []string{"a > b", "a > c"}, []string{"s->a is taken outside b"}},
		{"kinds say so", nil, []string{"a > spin"}, nil},
		{"two spinlocks", nil, []string{"spin > spin2"}, []string{"s->spin is taken outside s->spin2"}},
		{"readers are not waited for", nil, []string{"a > b:srcu"}, nil},
		{"elsewhere in the kernel", nil, []string{"far a > b"}, nil},
		{"elsewhere, but the text names both", []string{"order x > a", "order y > b"}, []string{"far a > b"}, []string{"a is taken outside b"}},
		{"at first use", nil, []string{"first a > b"}, []string{"s->a is taken outside s->b"}},
		{"of one architecture", nil, []string{"a > arm"}, []string{"s->a is taken outside s->arm [arm64]"}},
	} {
		var got []string
		for _, p := range Proposals([]AuditInput{inputOf(t, "x86", tt.rules, tt.pairs)}) {
			text := p.Text
			if p.Arch != "" {
				text += " [" + p.Arch + "]"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// An order that a rule states for one architecture and another relies on too is
// proposed, with both architectures' chains and the rule.
func TestProposalsOfTwoArchitectures(t *testing.T) {
	stated := inputOf(t, "x86", []string{"order a > b"}, []string{"a > b"})
	open := inputOf(t, "arm64", nil, []string{"a > b"})
	got := Proposals([]AuditInput{stated, open})
	if len(got) != 1 || len(got[0].Orders[0].Ways) != 2 || len(got[0].Orders[0].Stated) != 1 || got[0].Relied != 2 {
		t.Errorf("%+v", got)
	}
}

func TestLeaveOut(t *testing.T) {
	in := inputOf(t, "x86", []string{"order a > b", "order b > c", "order a > c", "order p > q"}, []string{"a > b", "b > c", "a > c"})
	var got []string
	for _, l := range LeaveOut([]AuditInput{in}) {
		got = append(got, fmt.Sprintf("%s > %s: %d %s", l.Outer, l.Inner, l.Rank, l.Reason))
	}
	want := []string{"a > b: 1 ", "b > c: 1 ", "a > c: 0 other text says so: doc:1", "p > q: 0 no path takes both"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestContradictions(t *testing.T) {
	rules := rulesOf(t, "order a > b", "order b > c", "order c > a", "order c > d", "order d > c")
	var got []string
	for _, c := range Contradictions(rules, "x86") {
		got = append(got, strings.Join(c.Locks, " > "))
	}
	if want := []string{"a > b > c", "c > d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Where a document says one thing and a comment the other, the document counts.
func TestDocumentBeforeComment(t *testing.T) {
	rules := rulesOf(t, "order a > b", "order b > a")
	rules[1].File = "some.c"
	res := &Result{Arch: "x86", Pairs: []Pair{pairOf("b > a"), pairOf("a > b")}}
	if got, want := showFindings(Check(res, rules, "x86")), []string{"order b>a certain", "rules a>b certain"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

const lockText = `
3. Reference
------------

` + "``kvm->srcu``" + `
^^^^^^^^^^^^^^
:Type:		srcu lock
:Arch:		any
:Protects:	- kvm->memslots
		- kvm->buses
:Comment:	Held while
		accessing memslots.

` + "``gone_lock``" + `
^^^^^^^^^^^^^
:Type:          spinlock_t or rwlock_t
:Arch:          x86

` + "``not a lock``" + `
^^^^^^^^^^^^^^
Text.
`

func TestReadLockDocs(t *testing.T) {
	got := ReadLockDocs(fstest.MapFS{"d.rst": {Data: []byte(lockText)}}, []string{"d.rst", "missing.rst"})
	want := []LockDoc{
		{Name: "kvm->srcu", File: "d.rst", Line: 5, Type: "srcu lock", Arch: "any", Protects: "kvm->memslots - kvm->buses"},
		{Name: "gone_lock", File: "d.rst", Line: 14, Type: "spinlock_t or rwlock_t", Arch: "x86"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	for typ, want := range map[string]bool{"spinlock_t": true, "rwlock_t": true, "struct mutex": false, "raw_spinlock_t": false} {
		if got[1].speaksOf(typ) != want {
			t.Errorf("%s: %v", typ, !want)
		}
	}
	if !got[0].speaksOf("struct srcu_struct") {
		t.Error("an srcu lock is no srcu_struct")
	}
}

func TestDrifts(t *testing.T) {
	docs := []LockDoc{{Name: "kvm->lock", Line: 1, Type: "spinlock_t", Arch: "any"}, {Name: "old_lock", Line: 2, Type: "mutex", Arch: "x86"}}
	lock := class("lock")
	in := []DriftInput{{Arch: "x86", Classes: [][]Class{{lock}, nil}, Why: []string{"", "no lock class for old_lock"},
		Homes:   map[Class]LockHome{lock: {File: "arch/x86/k.h", Line: 7, Type: "struct mutex"}},
		Notes:   []BindNote{{Line: 9, Name: "a->b", Text: "no lock class for a->b"}, {Line: 10, Name: "c->d", Text: "x has no member d, but y is the only lock of that name in it", Bound: true}},
		Suggest: func(name string) string { return map[string]string{"old_lock": "new_lock"}[name] }}}
	var got []string
	for _, d := range Drifts(docs, in) {
		got = append(got, fmt.Sprintf("%d %s: %s", d.Line, d.Name, d.Text))
	}
	want := []string{
		"1 kvm->lock: the text says spinlock_t; arch/x86/k.h:7 declares it as struct mutex",
		"1 kvm->lock: the text says \"any\"; only x86 has it (arch/x86/k.h:7)",
		"2 old_lock: no lock class for old_lock; did it mean new_lock?",
		"9 a->b: no lock class for a->b",
		"10 c->d: x has no member d, but y is the only lock of that name in it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDistanceOf(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"lock", "lock", 0}, {"lock", "locks", 1}, {"slots_lock", "slot_lock", 1}, {"abc", "", 3}, {"ab", "ba", 2}} {
		if got := distanceOf(tt.a, tt.b); got != tt.want || distanceOf(tt.b, tt.a) != got {
			t.Errorf("%s, %s: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestInsertProposals(t *testing.T) {
	text := strings.Join([]string{"Acquisition Orders", "==================", "", "- a is taken outside b, though", "  few do it.", "",
		"- c is taken outside d", "", "Notes", "=====", "", "- something else", ""}, "\n")
	rules := []*Rule{{Kind: RuleOrder, File: "d", Line: 4, Outer: []Name{{Text: "a"}}}, {Kind: RuleOrder, File: "d", Line: 7, Outer: []Name{{Text: "c"}}}}
	say := func(outer, text, arch string) Proposal {
		return Proposal{Text: text, Arch: arch, Orders: []Unstated{{OuterName: outer}}}
	}
	got := InsertProposals("d", text, []Proposal{say("a", "a is taken outside "+strings.Repeat("very_long_lock_name_x, ", 3)+"e", ""),
		say("x", "x is taken outside y", ""), say("z", "z is taken outside w", "arm64")}, rules)
	want := strings.Join([]string{"Acquisition Orders", "==================", "", "- a is taken outside b, though", "  few do it.", "",
		"- a is taken outside very_long_lock_name_x, very_long_lock_name_x,", "  very_long_lock_name_x, e", "",
		"- c is taken outside d", "", "- x is taken outside y", "", "On arm64:", "", "- z is taken outside w", "", "Notes", "=====", "", "- something else", ""}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if InsertProposals("d", "no orders", nil, rules) != "no orders" {
		t.Error("a text without orders was changed")
	}
}

func TestCompareRules(t *testing.T) {
	before := rulesOf(t, "order a > b", "order c > d", "order e > f", "not-inside s > a")
	after := rulesOf(t, "order a > b", "order d > c", "order g > h", "not-inside s > a")
	var got []string
	for _, c := range CompareRules(before, after) {
		got = append(got, fmt.Sprintf("%s %s > %s", c.Change, c.Outer, c.Inner))
	}
	if want := []string{"added g > h", "removed e > f", "reversed d > c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a document remarks about the two locks of an order stands with the order.
func TestRemarkOfOrder(t *testing.T) {
	rules := rulesOf(t, "order a > b", "order c > d")
	note := &Rule{Kind: RuleNote, File: "doc", Line: 9, Text: "taking a outside b is problematic", Outer: []Name{{Text: "a"}}, Inner: []Name{{Text: "b"}}}
	bound, _ := Bind(append(rules, note), wordBinder{"x86"})
	if bound[0].Remark == nil || bound[0].Remark.Line != 9 || bound[1].Remark != nil {
		t.Errorf("remarks %v, %v", bound[0].Remark, bound[1].Remark)
	}
}
