package lockflow

import (
	"slices"
	"strings"
	"testing"

	"klockscan/callgraph"
)

// The classes of the tests are called like the names that bind to them: "a"
// binds to struct s.a.
func class(name string) Class { return Class{Owner: "struct s", Path: name} }

// wordBinder binds every name but "unknown".
type wordBinder struct{ arch string }

func (b wordBinder) Arch() string { return b.arch }

func (b wordBinder) BindName(name string, _ *Rule) ([]Class, string) {
	if strings.HasPrefix(name, "unknown") {
		return nil, "no lock class for " + name
	}
	return []Class{class(name)}, ""
}

// rulesOf reads "kind outer[,outer] > inner[,inner]" rows and binds them.
func rulesOf(t *testing.T, rows ...string) []*Rule {
	t.Helper()
	var user []UserRule
	for i, row := range rows {
		kind, rest, _ := strings.Cut(row, " ")
		outer, inner, ok := strings.Cut(rest, " > ")
		if !ok {
			t.Fatalf("bad row %q", row)
		}
		user = append(user, UserRule{Kind: kind, Outer: strings.Split(outer, ","), Inner: strings.Split(inner, ","), File: "doc", Line: i + 1})
	}
	rules, err := UserRules(user)
	if err != nil {
		t.Fatal(err)
	}
	bound, _ := Bind(rules, wordBinder{"x86"})
	return bound
}

// pairOf reads "a > b", with ":" and words for the mode ("a:read > b:wait",
// "b:try"); the function of the pair is f and its number 1 unless set later.
func pairOf(text string) Pair {
	outer, inner, _ := strings.Cut(text, " > ")
	lock := func(s, function string, line int) Lock {
		name, mode, _ := strings.Cut(s, ":")
		modes := map[string]Mode{"": Write, "read": Read, "srcu": ReadRec, "wait": Wait, "sleep": Sleep, "context": Context, "try": Write}
		l := Lock{Class: class(name), Name: "s->" + name, Mode: modes[mode], Try: mode == "try", Function: function, File: "f.c", Line: line}
		if l.Mode == Context {
			l.Class = Class{Path: name}
		}
		return l
	}
	return Pair{
		Outer: lock(outer, "holds_"+outer, 1), Inner: lock(inner, "takes_"+inner, 2), Confidence: Certain, Func: 1,
		Chain: []ChainStep{{Function: "entry", File: "f.c"}, {Function: "takes_" + inner, File: "f.c", Edge: "direct"}},
	}
}

func showFindings(fs []Finding) []string {
	var out []string
	for _, f := range fs {
		out = append(out, strings.TrimSpace(string(f.Kind)+" "+f.Outer.Class.Path+">"+f.Inner.Class.Path+" "+f.Confidence.String()))
	}
	slices.Sort(out)
	return out
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rules []string
		pairs []string
		want  []string
	}{
		{"C1 kept", []string{"order a > b"}, []string{"a > b"}, nil},
		{"C1 broken", []string{"order a > b"}, []string{"b > a"}, []string{"order b>a certain"}},
		{"C1 broken by a reader", []string{"order a > b"}, []string{"b:read > a:read"}, []string{"order b>a certain"}},
		{"C1 trylock", []string{"order a > b"}, []string{"b > a:try"}, nil},
		{"C1 holder took it by trylock", []string{"order a > b"}, []string{"b:try > a"}, []string{"order b>a certain"}},
		{"C1 derived", []string{"order a > b", "order b > c"}, []string{"c > a"}, []string{"order c>a certain"}},
		{"C1 derived over an unknown name", []string{"order a > unknown", "order unknown > c"}, []string{"c > a"}, []string{"order c>a certain"}},
		{"C1 both ways stated", []string{"order a > b", "order b > a"}, []string{"a > b", "b > a"}, []string{"rules a>b certain"}},
		{"C8 circle of three", []string{"order a > b", "order b > c", "not-inside a > c"}, nil, []string{"rules a>b certain"}},
		{"C1 one class", []string{"order a > b"}, []string{"a > a"}, nil},
		{"C1 sleep is no lock", []string{"order a > b"}, []string{"b > a:sleep"}, nil},
		{"C2 not inside", []string{"not-inside s > a"}, []string{"s:srcu > a"}, []string{"srcu s>a certain"}},
		{"C2 reader enters under the lock", []string{"not-inside s > a"}, []string{"a > s:srcu"}, nil},
		{"C2 wait under the lock is right", []string{"wait-under a > s"}, []string{"a > s:wait"}, nil},
		{"C2 reader against a waiter", []string{"wait-under a > s"}, []string{"s:srcu > a"}, []string{"srcu s>a certain"}},
		{"C2 wait with an inner lock", []string{"order s > a"}, []string{"a > s:wait"}, []string{"srcu a>s certain"}},
		{"C2 may be inside, so no wait", []string{"may-inside s > a"}, []string{"a > s:wait"}, []string{"srcu a>s certain"}},
		{"C3 context", []string{"must-not mmu notifiers > a"}, []string{"mmu_notifier:context > a"}, []string{"must-not mmu_notifier>a certain"}},
		{"C3 other context", []string{"must-not mmu notifiers > a"}, []string{"interrupts:context > a"}, nil},
		{"C3 trylock", []string{"must-not mmu notifiers > a"}, []string{"mmu_notifier:context > a:try"}, nil},
		{"C5 cycle", []string{"order x > y"}, []string{"a > b", "b > a"}, []string{"cycle a>b certain"}},
		{"C5 decided", []string{"order a > b"}, []string{"a > b", "b > a"}, []string{"order b>a certain"}},
		{"C5 readers", nil, []string{"a:read > b", "b > a:read"}, nil},
		{"C5 reader and writer", nil, []string{"a:read > b", "b > a"}, []string{"cycle a>b certain"}},
		{"C5 observed srcu", nil, []string{"s:srcu > a", "a > s:wait"}, []string{"srcu a>s certain"}},
		{"C5 readers of srcu", nil, []string{"s:srcu > a", "a > s:srcu"}, nil},
		{"C5 trylock", nil, []string{"a > b", "b > a:try"}, nil},
		{"C6 triangle", nil, []string{"a > b", "b > c", "c > a"}, []string{"cycle a>b possible"}},
		{"C6 decided", []string{"order a > b"}, []string{"a > b", "b > c", "c > a"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := &Result{Arch: "x86"}
			for _, p := range tt.pairs {
				res.Pairs = append(res.Pairs, pairOf(p))
			}
			if got := showFindings(Check(res, rulesOf(t, tt.rules...), "x86")); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCheckArch(t *testing.T) {
	rules := rulesOf(t, "order a > b")
	rules[0].Arch = "arm64"
	res := &Result{Pairs: []Pair{pairOf("b > a")}}
	if got := Check(res, rules, "x86"); len(got) != 0 {
		t.Errorf("a rule for arm64 was broken on x86: %q", showFindings(got))
	}
	if got := Check(res, rules, "arm64"); len(got) != 1 {
		t.Errorf("the rule does not hold on arm64: %q", showFindings(got))
	}
}

func TestDerivedRule(t *testing.T) {
	f := Check(&Result{Pairs: []Pair{pairOf("c > a")}}, rulesOf(t, "order a > b", "order b > c"), "x86")[0]
	if f.Rule.Text != "a > b > c" || len(f.Rule.From) != 2 || f.Rule.File != "doc" || f.Rule.Line != 1 {
		t.Errorf("rule %+v", f.Rule)
	}
	if !strings.Contains(f.Message, "doc:1") || !strings.Contains(f.Message, "doc:2") {
		t.Errorf("the message does not say where from: %s", f.Message)
	}
}

// What makes two observed orders harmless, or a finding another one.
func TestCycleConditions(t *testing.T) {
	there, back := pairOf("a > b"), pairOf("b > a")
	try := func(change func(p, q *Pair), findings ...Finding) []Finding {
		p, q := there, back
		change(&p, &q)
		return Check(&Result{Pairs: []Pair{p, q}, Findings: findings}, nil, "x86")
	}
	gate := class("gate")
	if got := try(func(p, q *Pair) { p.Also, q.Also = []Class{gate}, []Class{class("x"), gate} }); len(got) != 0 {
		t.Errorf("a common gate lock: %q", showFindings(got))
	}
	if got := try(func(p, q *Pair) { p.Also = []Class{gate} }); len(got) != 1 {
		t.Errorf("a gate lock on one side: %q", showFindings(got))
	}
	if got := try(func(p, q *Pair) { p.Confidence = Possible }); len(got) != 0 {
		t.Errorf("one direction only possible: %q", showFindings(got))
	}
	got := try(func(p, q *Pair) { p.Confidence = Likely })
	if len(got) != 1 || got[0].Confidence != Likely || got[0].Outer.Class != class("a") || len(got[0].Reverse) == 0 {
		t.Errorf("the less certain direction should be the finding: %q", showFindings(got))
	}
	atomic := Finding{Kind: KindAtomicSleep, Outer: &back.Outer, Inner: &back.Inner}
	if got := try(func(p, q *Pair) {}, atomic); len(got) != 0 {
		t.Errorf("atomic-sleep says it already: %q", showFindings(got))
	}
	second := there
	second.Func = 2
	res := &Result{Pairs: []Pair{there, second, back}}
	if got := Check(res, nil, "x86"); len(got) != 1 || got[0].Outer.Class != class("b") {
		t.Errorf("the rarer direction should be the finding: %q", showFindings(got))
	}
}

func TestLeaf(t *testing.T) {
	rules := rulesOf(t, "order a > b", "requires m > p")
	rules = append(rules, &Rule{Kind: RuleLeaf, File: "doc", Line: 9, Text: "Everything else is a leaf"})
	res := &Result{Pairs: []Pair{pairOf("a > x"), pairOf("b > x"), pairOf("m > x"), pairOf("y > z"), pairOf("b > s:wait")}}
	want := []string{"order b>x possible"}
	if got := showFindings(Check(res, rules, "x86")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRequires(t *testing.T) {
	rules := rulesOf(t, "requires m > p")
	at := func(text, function string) Pair {
		p := pairOf(text)
		p.Inner.Function = function
		return p
	}
	kept, also := at("m > p", "good"), at("x > p", "fine")
	also.Also = []Class{class("m")}
	res := &Result{Pairs: []Pair{kept, at("x > p", "good"), also, at("x > p", "bad"), at("y > p", "bad"), at("x > q", "other")}}
	got := Check(res, rules, "x86")
	if s := showFindings(got); !slices.Equal(s, []string{"requires m>p likely"}) || got[0].Function != "bad" {
		t.Errorf("got %q, want the one in bad()", s)
	}
	twin, again := at("x > p", "bad"), at("x > p", "bad")
	twin.Inner.File, again.Inner.Line = "g.c", 3
	got = Check(&Result{Pairs: append(slices.Clone(res.Pairs), twin, again)}, rules, "x86")
	if len(got) != 2 || got[0].Fingerprint != got[1].Fingerprint || got[0].File == got[1].File || !strings.Contains(got[0].Message, "further lines of it: 1") {
		t.Errorf("two lines of bad() and its namesake in another file: %+v", got)
	}
	res.Pairs = res.Pairs[3:]
	if got := Check(res, rules, "x86"); len(got) != 0 {
		t.Errorf("a rule that nobody keeps proves nothing: %q", showFindings(got))
	}
}

func TestReach(t *testing.T) {
	there, back := pairOf("a > b"), pairOf("b > a")
	for range maxReach + 1 {
		back.Chain = append(back.Chain, ChainStep{Function: "f"})
	}
	got := Check(&Result{Pairs: []Pair{there, back}}, nil, "x86")
	if len(got) != 1 || got[0].Confidence != Possible || len(got[0].Assumed) == 0 {
		t.Errorf("a cycle over many calls: %q", showFindings(got))
	}
	back.Chain[len(back.Chain)-2].Function = back.Outer.Function
	if got := Check(&Result{Pairs: []Pair{there, back}}, nil, "x86"); len(got) != 1 || got[0].Confidence != Certain {
		t.Errorf("a long way to the holder does not matter: %q", showFindings(got))
	}
}

func TestReachOfDocumented(t *testing.T) {
	rules := rulesOf(t, "order a > b")
	against := pairOf("b > a")
	for len(against.Chain) <= maxDocumented {
		against.Chain = append(against.Chain, ChainStep{Function: "f"})
	}
	res := &Result{Pairs: []Pair{against}}
	if got := Check(res, rules, "x86"); len(got) != 1 || got[0].Confidence != Certain || len(got[0].Assumed) != 0 {
		t.Errorf("a documented order is believed over %d calls: %q", maxDocumented, showFindings(got))
	}
	res.Pairs[0].Chain = append(res.Pairs[0].Chain, ChainStep{Function: "g"})
	if got := Check(res, rules, "x86"); len(got) != 1 || got[0].Confidence != Possible || len(got[0].Assumed) == 0 {
		t.Errorf("and not over more: %q", showFindings(got))
	}
}

func TestDoubles(t *testing.T) {
	rules := rulesOf(t, "order a > b", "wait-under a > s", "may-inside s > b")
	weak, other, elsewhere := pairOf("b > a"), pairOf("b > a"), pairOf("b > a")
	weak.Confidence = Likely
	other.Func, other.Outer.Function = callgraph.FuncID(7), "another_holder"
	elsewhere.Inner.Function = "elsewhere"
	wait, wait2 := pairOf("b > s:wait"), pairOf("b > s:wait")
	wait2.Outer.Function = "another_holder"
	res := &Result{Pairs: []Pair{weak, pairOf("b > a"), other, elsewhere, wait, wait2}}
	got := Check(res, rules, "x86")
	want := []string{"order b>a certain", "order b>a certain", "srcu b>s certain", "srcu b>s certain"}
	if s := showFindings(got); !slices.Equal(s, want) {
		t.Fatalf("got %q, want %q: one for each function that takes the lock, or that holds it over a wait", s, want)
	}
	seen := map[string]bool{}
	for _, f := range got {
		if seen[f.Fingerprint] {
			t.Errorf("two defects share the fingerprint of %s", f.Message)
		}
		seen[f.Fingerprint] = true
	}
	if !slices.ContainsFunc(got, func(f Finding) bool { return strings.Contains(f.Message, "further ways to it: 1") }) {
		t.Error("the second way to the lock is not mentioned")
	}
	for i := range res.Pairs {
		res.Pairs[i].Inner.Line += 100
		res.Pairs[i].Outer.Line += 50
	}
	for _, f := range Check(res, rules, "x86") {
		if !seen[f.Fingerprint] {
			t.Error("the fingerprint depends on lines")
		}
	}
}

func TestBindStatus(t *testing.T) {
	read := []*Rule{{Kind: RuleOrder, Outer: []Name{{Text: "unknown_lock"}}, Inner: []Name{{Text: "b"}}}}
	bound, notes := Bind(read, wordBinder{"x86"})
	if bound[0].Status != "no lock class for unknown_lock" || len(notes) != 1 || notes[0].Bound {
		t.Errorf("status %q, notes %v", bound[0].Status, notes)
	}
	if read[0].Status != "" || read[0].Inner[0].Classes != nil {
		t.Error("Bind changed the rule that it was given")
	}
}

func TestAudit(t *testing.T) {
	rules := rulesOf(t, "order a > b", "not-inside s > a", "released r > s", "order k > l", "must-not mmu notifiers > a", "requires a > b", "wait-under a > s")
	res := &Result{Arch: "x86", Pairs: []Pair{pairOf("a > b"), pairOf("b > a"), pairOf("b > a:try"), pairOf("s:srcu > a"), pairOf("a > s:wait"),
		pairOf("r > s:wait"), pairOf("mmu_notifier:context > a")}}
	want := [][2]int{{1, 1}, {1, 1}, {0, 1}, {0, 0}, {0, 1}, {1, 0}, {1, 1}}
	for i, a := range Audit(res, rules) {
		if got := [2]int{a.Keeps, a.Breaks}; got != want[i] {
			t.Errorf("%s: keeps, breaks %v, want %v", a.Rule.Text, got, want[i])
		}
		if a.Unexercised() != (want[i] == [2]int{}) {
			t.Errorf("%s: unexercised %v", a.Rule.Text, a.Unexercised())
		}
	}
}
