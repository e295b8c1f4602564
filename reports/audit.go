package reports

import (
	"klockscan/lockflow"
)

// Audit is the document of what the code says about the text: the comparison of
// check turned around.
type Audit struct {
	Head         Head         `json:"head"`
	Contradicted []BrokenRule `json:"contradicted"` // rules that some path breaks
	Circles      []Circle     `json:"circles"`      // rules that contradict each other
	Unexercised  []Rule       `json:"unexercised"`  // rules with no path that takes both locks
	Undocumented []Proposal   `json:"undocumented"` // orders that the code relies on, the most relied-upon first
	Drift        []Drift      `json:"drift"`        // names, types and architectures that no longer fit
	Changes      []RuleChange `json:"changes,omitempty"`
	LockOrder    LockOrder    `json:"lock_order,omitzero"`
	Sources      []Excerpt    `json:"sources,omitempty"` // around the places of what contradicts a rule
}

// Check is what contradicts a rule as the document of a check, for the formats that
// know findings only: paths that break a rule, and rules that nobody can keep
// together.
func (a Audit) Check() Check {
	out := Check{Head: a.Head, Findings: []Finding{}, Hidden: []Hidden{}, LockOrder: a.LockOrder, Sources: a.Sources}
	for _, b := range a.Contradicted {
		out.Findings = append(out.Findings, b.Findings...)
	}
	for _, c := range a.Circles {
		out.Findings = append(out.Findings, c.Finding)
	}
	return out
}

// A BrokenRule is a rule with the paths that break it.
type BrokenRule struct {
	Rule     Rule      `json:"rule"`
	Findings []Finding `json:"findings"`
}

// A Circle is rules of one architecture that nobody can keep together.
type Circle struct {
	Arch  string   `json:"arch"`
	Locks []string `json:"locks"`
	Rules []Rule   `json:"rules"`

	Finding Finding `json:"finding"` // the same, as check reports it
}

// A Proposal is a bullet that the text could have.
type Proposal struct {
	Text   string          `json:"text"`
	Arch   string          `json:"arch,omitempty"` // "" for every architecture
	Relied int             `json:"relied_on_by"`   // functions that hold the outer lock when they take the inner one or call towards it
	Orders []ProposedOrder `json:"orders"`
}

// A ProposedOrder is one of the orders of a proposal.
type ProposedOrder struct {
	Outer  string `json:"outer"`
	Inner  string `json:"inner"`
	Relied int    `json:"relied_on_by"`
	Stated []Rule `json:"stated_elsewhere,omitempty"` // rules that state it for another architecture
	Ways   []Pair `json:"ways"`                       // the best chain to each function that takes the inner lock
}

// A Drift is a place of the text that the code has moved away from.
type Drift struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// A RuleChange is a difference between the rules of two trees.
type RuleChange struct {
	Change string `json:"change"` // added, removed, reversed
	Kind   string `json:"kind"`
	Arch   string `json:"arch,omitempty"`
	Outer  string `json:"outer"`
	Inner  string `json:"inner"`
	Old    *Rule  `json:"old,omitempty"`
	New    *Rule  `json:"new,omitempty"`
}

// NewProposals copies proposals.
func NewProposals(all []lockflow.Proposal) []Proposal {
	out := []Proposal{}
	for _, p := range all {
		one := Proposal{Text: p.Text, Arch: p.Arch, Relied: p.Relied}
		for _, u := range p.Orders {
			o := ProposedOrder{Outer: u.OuterName, Inner: u.InnerName, Relied: u.Relied}
			for _, r := range u.Stated {
				o.Stated = append(o.Stated, NewRule(r))
			}
			for _, w := range u.Ways {
				o.Ways = append(o.Ways, NewPair(w.Arch, w.Pair))
			}
			one.Orders = append(one.Orders, o)
		}
		out = append(out, one)
	}
	return out
}

// NewCircles copies contradictions of the text.
func NewCircles(all []lockflow.Contradiction) []Circle {
	out := []Circle{}
	for _, c := range all {
		one := Circle{Arch: c.Arch, Locks: c.Locks, Finding: NewFinding(c.Finding())}
		for _, r := range c.Rules {
			one.Rules = append(one.Rules, NewRule(r))
		}
		out = append(out, one)
	}
	return out
}

// NewDrifts copies drifts.
func NewDrifts(all []lockflow.Drift) []Drift {
	out := []Drift{}
	for _, d := range all {
		out = append(out, Drift(d))
	}
	return out
}

// NewChanges copies the differences between two lists of rules.
func NewChanges(all []lockflow.RuleChange) []RuleChange {
	out := []RuleChange{}
	for _, c := range all {
		one := RuleChange{Change: c.Change, Kind: string(c.Kind), Arch: c.Arch, Outer: c.Outer, Inner: c.Inner}
		for _, side := range []struct {
			from *lockflow.Rule
			to   **Rule
		}{{c.Old, &one.Old}, {c.New, &one.New}} {
			if side.from != nil {
				r := NewRule(side.from)
				*side.to = &r
			}
		}
		out = append(out, one)
	}
	return out
}
