package reports

import (
	"fmt"
	"io"
	"strings"
)

// A Diff is what distinguishes the findings, the lock order and the rules of two
// trees.
type Diff struct {
	Head       Head         `json:"head"` // of the new tree
	Old        Side         `json:"old"`
	To         Side         `json:"to"`
	New        []Finding    `json:"new"`
	Fixed      []Finding    `json:"fixed"` // at places of the old tree
	Unchanged  []Finding    `json:"unchanged"`
	Orders     OrderChange  `json:"orders"`
	Rules      []RuleChange `json:"rules"`
	Notes      []string     `json:"notes,omitempty"` // on how a patch was applied
	Hidden     []Hidden     `json:"hidden"`          // findings of the new tree that are not certain enough to be shown
	Suppressed int          `json:"suppressed,omitempty"`
	Known      int          `json:"in_baseline,omitempty"`
	LockOrder  LockOrder    `json:"lock_order,omitzero"`
	Sources    []Excerpt    `json:"sources,omitempty"`     // of the new tree
	OldSources []Excerpt    `json:"old_sources,omitempty"` // of the old tree
}

// A Side is one of two trees.
type Side struct {
	Name   string `json:"name"` // as the user named it
	Commit string `json:"commit,omitempty"`
	Kernel string `json:"kernel"`
}

// An OrderChange is the observed orders that only one of two trees has.
type OrderChange struct {
	Added   []Pair `json:"added"`
	Removed []Pair `json:"removed"`
}

// CompareFindings splits the findings of two trees that are shown (see Recognise).
// allOld and allNow are their findings of any confidence, with those that are
// silenced: what the new tree still has but does not show is not fixed, and what the
// old one did not show is new.
func CompareFindings(old, now, allOld, allNow []Finding) (added, fixed, unchanged []Finding) {
	added, fixed, unchanged = []Finding{}, []Finding{}, []Finding{}
	before, after := shownFirst(old, allOld), shownFirst(now, allNow)
	still := make([]bool, len(before))
	for j, i := range Recognise(before, after, func(int) bool { return true }) {
		if i >= 0 {
			still[i] = true
		}
		switch {
		case j >= len(now):
		case i >= 0 && i < len(old):
			unchanged = append(unchanged, now[j])
		default:
			added = append(added, now[j])
		}
	}
	for i, f := range old {
		if !still[i] {
			fixed = append(fixed, f)
		}
	}
	return added, fixed, unchanged
}

// shownFirst is what all findings are known by, each once, those that are shown first:
// where files were renamed they are told of each other before the others are.
func shownFirst(shown, all []Finding) []Identity {
	var out []Identity
	has := map[Identity]bool{}
	for _, f := range shown {
		out = append(out, f.Identity())
		has[f.Identity()] = true
	}
	for _, f := range all {
		if id := f.Identity(); !has[id] {
			has[id] = true
			out = append(out, id)
		}
	}
	return out
}

// ComparePairs is the orders that only one of two trees has, by architecture and
// lock classes: of those that are shown, the ones that the other tree does not have
// at any confidence.
func ComparePairs(old, now, allOld, allNow []Pair) OrderChange {
	type key struct{ arch, outer, inner string }
	of := func(p Pair) key { return key{p.Arch, p.Outer.Class, p.Inner.Class} }
	only := func(list, others []Pair) []Pair {
		out, has := []Pair{}, map[key]bool{}
		for _, p := range others {
			has[of(p)] = true
		}
		for _, p := range list {
			if !has[of(p)] {
				out = append(out, p)
			}
		}
		return out
	}
	return OrderChange{Added: only(now, allOld), Removed: only(old, allNow)}
}

// Check is what is new as the document of a check, for the formats that know
// findings only.
func (d Diff) Check() Check {
	return Check{Head: d.Head, Findings: d.New, Hidden: d.Hidden, Suppressed: d.Suppressed, Known: d.Known, LockOrder: d.LockOrder, Sources: d.Sources,
		compared: fmt.Sprintf("Only what is new is shown, from %s to %s: %d new, %d fixed, %d unchanged.", d.Old, d.To, len(d.New), len(d.Fixed), len(d.Unchanged))}
}

// shortCommit is how much of a commit's name is shown.
const shortCommit = 12

// String is the tree as a sentence names it.
func (s Side) String() string {
	about := ""
	if s.Commit != "" {
		about = "commit " + s.Commit[:min(len(s.Commit), shortCommit)]
	}
	if s.Kernel != "" {
		about = strings.TrimPrefix(about+", Linux "+s.Kernel, ", ")
	}
	if about == "" {
		return s.Name
	}
	return s.Name + " (" + about + ")"
}

// mostShownOrders is how many changes of the order a text shows of each sort.
const mostShownOrders = 20

// WriteText writes what is new in full, what is fixed in a line each, and the
// changes of orders and rules.
func (d Diff) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	t.sources = newSourceIndex(d.Sources)
	for _, p := range fold(d.New) {
		t.place(p)
	}
	for _, p := range fold(d.Fixed) {
		f := p.first
		t.printf("%vfixed%v: %s: %s: %s\n", bold, reset, where(f.File, f.Line), f.Kind, sentence(f))
	}
	t.orders("order added", d.Orders.Added)
	t.orders("order removed", d.Orders.Removed)
	if len(d.Rules) > 0 {
		t.changes(d.Rules)
	}
	for _, n := range d.Notes {
		t.printf("%vpatch: %s%v\n", yellow, n, reset)
	}
	if style.Quiet {
		return t.end()
	}
	t.printf("%v%d new, %d fixed, %d unchanged%v", bold, len(d.New), len(d.Fixed), len(d.Unchanged), reset)
	t.printf(", from %s (%s) to %s (%s)", d.Old.Name, d.Old.Kernel, d.To.Name, d.To.Kernel)
	t.notShown("more in the new tree", d.Check())
	t.footer(d.Head)
	t.regions(d.Head)
	return t.end()
}

// orders lists observed orders with the chain of each.
func (t *text) orders(title string, pairs []Pair) {
	for i, p := range pairs {
		if i == mostShownOrders {
			t.printf("%s: %d more, see --format json\n", title, len(pairs)-i)
			return
		}
		t.printf("%v%s%v: %s inside %s, in %s() at %s %v[%s, %s]%v\n", bold, title, reset, p.Inner.Name, p.Outer.Name,
			p.Inner.Function, where(p.Inner.File, p.Inner.Line), dim, p.Arch, p.Confidence, reset)
		t.printf("  chain: %s\n", Line(p.Chain))
	}
}
