package lockflow

import (
	"cmp"
	"slices"
)

// A RuleChange is a difference between what two trees state.
type RuleChange struct {
	Change       string // "added", "removed", "reversed"
	Kind         RuleKind
	Arch         string
	Outer, Inner string // as the new text writes them
	Old, New     *Rule  // nil where there is none
}

// A statement is one pair of names of a rule.
type statement struct {
	kind         RuleKind
	arch         string
	outer, inner string
}

// CompareRules is what the second list of rules, unbound, states otherwise than
// the first: by the names that the texts use, wherever the sentence stands.
func CompareRules(before, after []*Rule) []RuleChange {
	old, now := statements(before), statements(after)
	var out []RuleChange
	for s, r := range now {
		if old[s] != nil {
			continue
		}
		c := RuleChange{"added", s.kind, s.arch, s.outer, s.inner, nil, r}
		back := s
		back.outer, back.inner = s.inner, s.outer
		if was := old[back]; was != nil && now[back] == nil {
			c.Change, c.Old = "reversed", was
		}
		out = append(out, c)
	}
	for s, r := range old {
		back := s
		back.outer, back.inner = s.inner, s.outer
		if now[s] == nil && (now[back] == nil || old[back] != nil) {
			out = append(out, RuleChange{"removed", s.kind, s.arch, s.outer, s.inner, r, nil})
		}
	}
	slices.SortFunc(out, func(a, b RuleChange) int {
		return cmp.Or(cmp.Compare(a.Change, b.Change), cmp.Compare(a.Outer, b.Outer), cmp.Compare(a.Inner, b.Inner),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Arch, b.Arch))
	})
	return out
}

// statements is the pairs that rules state, each with the first rule that does.
func statements(rules []*Rule) map[statement]*Rule {
	out := map[statement]*Rule{}
	for _, r := range rules {
		if r.Kind == RuleNote || r.Kind == RuleLeaf {
			continue
		}
		for _, o := range r.Outer {
			for _, i := range r.Inner {
				if s := (statement{r.Kind, r.Arch, o.Text, i.Text}); out[s] == nil {
					out[s] = r
				}
			}
		}
	}
	return out
}
