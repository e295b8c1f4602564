package reports

import (
	"io"
	"slices"
	"strings"
)

// Shown is how many proposals the text of an audit shows, without Verbose.
const Shown = 10

// fullWays is how many chains of an order are drawn on one architecture; the
// others are named.
const fullWays = 2

// WriteText writes the audit for somebody who mends the text or the code.
func (a Audit) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	t.contradicted(a.Contradicted)
	t.circles(a.Circles)
	t.title("never exercised: rules with no path that takes both locks", len(a.Unexercised))
	for _, r := range a.Unexercised {
		t.printf("  %s: %s%s\n", where(r.File, r.Line), r.Text, onArch(r.Arch))
	}
	t.proposals(a.Undocumented)
	t.title("drift: what the text says and the code no longer does", len(a.Drift))
	for _, d := range a.Drift {
		t.printf("  %s: %v%s%v: %s\n", where(d.File, d.Line), cyan, d.Name, reset, d.Text)
	}
	t.changes(a.Changes)
	t.footer(a.Head)
	t.regions(a.Head)
	return t.end()
}

// title is the heading of a part, with the number of what follows.
func (t *text) title(words string, n int) {
	t.printf("%v%s%v (%d)\n", bold, words, reset, n)
}

func onArch(arch string) string {
	if arch == "" {
		return ""
	}
	return " [" + arch + "]"
}

func (t *text) contradicted(rules []BrokenRule) {
	t.title("contradicted: code or documentation is wrong", len(rules))
	for _, b := range rules {
		t.rule("  ", b.Rule)
		for _, f := range b.Findings {
			t.printf("    %s: %s %v[%s, %s]%v\n", where(f.File, f.Line), f.Message, dim, f.Arch, f.Confidence, reset)
			t.draw(f.Chain, "      ", true)
		}
	}
}

func (t *text) circles(all []Circle) {
	t.title("contradicting: rules that cannot all be kept", len(all))
	for _, c := range all {
		locks := append(slices.Clone(c.Locks), c.Locks[:min(1, len(c.Locks))]...)
		t.printf("  %s%s\n", strings.Join(locks, " > "), onArch(c.Arch))
		for _, r := range c.Rules {
			t.rule("    ", r)
		}
	}
}

func (t *text) proposals(all []Proposal) {
	t.title("undocumented: orders that the code relies on, and no rule states or implies; about locks that the text names first, then the most relied-upon", len(all))
	for i, p := range all {
		if i == Shown && !t.style.Verbose {
			t.printf("  %vand %d more (-v)%v\n", dim, len(all)-i, reset)
			break
		}
		t.proposal(i+1, p)
	}
}

func (t *text) proposal(n int, p Proposal) {
	t.printf("  %d. %v- %s%v%s\n", n, bold, p.Text, reset, onArch(p.Arch))
	t.printf("     %v%s on it%v\n", dim, plural(p.Relied, "function")+" "+relies(p.Relied), reset)
	for _, o := range p.Orders {
		for _, r := range o.Stated {
			t.printf("     %s > %s is stated%s: %s: %s\n", o.Outer, o.Inner, onArch(r.Arch), where(r.File, r.Line), r.Text)
		}
		t.ways(o)
	}
}

func relies(n int) string {
	if n == 1 {
		return "relies"
	}
	return "rely"
}

// ways draws the best chains of each architecture and names the others.
func (t *text) ways(o ProposedOrder) {
	drawn := map[string]int{}
	var rest []Pair
	for _, w := range o.Ways {
		if drawn[w.Arch]++; drawn[w.Arch] > fullWays {
			rest = append(rest, w)
			continue
		}
		t.printf("     %s under %s, in %s() at %s %v[%s, %s]%v\n", o.Inner, o.Outer, w.Inner.Function, where(w.Inner.File, w.Inner.Line),
			dim, w.Arch, w.Confidence, reset)
		t.draw(w.Chain, "       ", t.style.Verbose)
		for _, a := range w.Assumed {
			t.printf("       %vassumed: %s%v\n", yellow, a, reset)
		}
	}
	if len(rest) == 0 {
		return
	}
	var names []string
	for _, w := range rest {
		if name := w.Inner.Function + "()"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	t.printf("     %s is taken under it also in %s\n", o.Inner, strings.Join(names[:min(len(names), maxNamed)], ", ")+more(len(names)-maxNamed))
}

// maxNamed is how many further functions are named.
const maxNamed = 8

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return " and " + plural(n, "other")
}

func (t *text) changes(all []RuleChange) {
	if all == nil {
		return
	}
	t.title("changed: rules of the old tree and of this one", len(all))
	for _, c := range all {
		t.printf("  %s: %s: %s > %s%s\n", c.Change, c.Kind, c.Outer, c.Inner, onArch(c.Arch))
		if c.Old != nil {
			t.rule("    old: ", *c.Old)
		}
		if c.New != nil {
			t.rule("    new: ", *c.New)
		}
	}
}
