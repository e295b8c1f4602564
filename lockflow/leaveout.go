package lockflow

import (
	"cmp"
	"fmt"
	"slices"
)

// A LeftOut is what becomes of one order if the rule that states it is taken out of
// the text.
type LeftOut struct {
	Rule         *Rule
	Outer, Inner string
	Rank         int    // of the proposal that states it again, from 1; 0 if there is none
	Reason       string // why there is none
}

// LeaveOut takes each rule that states an order out in turn, and looks whether
// Proposals states it again: a measure of how much of a text the code alone tells.
func LeaveOut(in []AuditInput) []LeftOut {
	var out []LeftOut
	for _, r := range orderRules(in) {
		without := make([]AuditInput, len(in))
		for i := range in {
			without[i] = in[i]
			without[i].Rules = slices.DeleteFunc(slices.Clone(in[i].Rules), func(o *Rule) bool { return o.sameStatement(r) })
		}
		proposals := Proposals(without)
		for _, outer := range r.Outer {
			for _, inner := range r.Inner {
				l := LeftOut{Rule: r, Outer: outer.Text, Inner: inner.Text}
				k := pairOfNames(in, r, outer.Text, inner.Text)
				l.Rank = rankOf(proposals, k)
				if l.Rank == 0 {
					l.Reason = whyNot(ordered(without), k, proposals)
				}
				out = append(out, l)
			}
		}
	}
	return out
}

// sameStatement says whether two rules are one sentence, bound for two
// architectures perhaps.
func (r *Rule) sameStatement(o *Rule) bool {
	return r.File == o.File && r.Line == o.Line && r.Text == o.Text && r.Kind == o.Kind
}

// orderRules is the orders that the text states, each once.
func orderRules(in []AuditInput) []*Rule {
	var out []*Rule
	for i := range in {
		for _, r := range in[i].Rules {
			if r.Kind == RuleOrder && r.holdsFor(in[i].Result.Arch) && !slices.ContainsFunc(out, r.sameStatement) {
				out = append(out, r)
			}
		}
	}
	return out
}

// pairOfNames is the classes that two names of a rule bind to, on the first
// architecture where both do.
func pairOfNames(in []AuditInput, r *Rule, outer, inner string) classPair {
	class := func(names []Name, text string) Class {
		for _, n := range names {
			if n.Text == text && len(n.Classes) > 0 {
				return n.Classes[0]
			}
		}
		return Class{}
	}
	for i := range in {
		for _, o := range in[i].Rules {
			if k := (classPair{class(o.Outer, outer), class(o.Inner, inner)}); o.sameStatement(r) && k.outer.known() && k.inner.known() {
				return k
			}
		}
	}
	return classPair{}
}

func rankOf(proposals []Proposal, k classPair) int {
	return 1 + slices.IndexFunc(proposals, func(p Proposal) bool {
		return slices.ContainsFunc(p.Orders, func(u Unstated) bool { return u.Outer == k.outer && u.Inner == k.inner })
	})
}

// whyNot says why an order is not proposed.
func whyNot(in []orderedInput, k classPair, proposals []Proposal) string {
	if !k.outer.known() || !k.inner.known() {
		return "a name binds to no lock"
	}
	for i := range in {
		if path := in[i].stated.path(k.outer, k.inner); len(path) > 0 {
			r := in[i].stated.derived(path)
			return fmt.Sprintf("other text says so: %s:%d", r.File, r.Line)
		}
	}
	var best Confidence
	back := false
	for i := range in {
		for j := range in[i].Result.Pairs {
			p := &in[i].Result.Pairs[j]
			if p.Outer.Class == k.outer && p.Inner.Class == k.inner {
				best = max(best, p.Confidence)
			}
			back = back || p.Outer.Class == k.inner && p.Inner.Class == k.outer && p.Confidence >= Likely && p.orders()
		}
	}
	outer, inner := homeOf(in, k.outer), homeOf(in, k.inner)
	switch {
	case best == 0 && back:
		return "no path takes both in this order; some do in the other"
	case best == 0:
		return "no path takes both"
	case back:
		return "the code shows the other order too"
	case outer.waiting() != inner.waiting() || outer.waiting() == waitsForReaders:
		return fmt.Sprintf("the kinds say so: %s outside %s", cmp.Or(outer.Type, "a lock of unknown type"), cmp.Or(inner.Type, "one of unknown type"))
	case best < Likely:
		return "the paths that take both rest on assumptions"
	}
	for _, p := range proposals {
		for _, u := range p.Orders {
			if follows(Unstated{Outer: k.outer, Inner: k.inner}, []Unstated{u}, in) {
				return "follows from another proposal: " + u.OuterName + " outside " + u.InnerName
			}
		}
	}
	return "the code that takes both is not in the scope"
}

func homeOf(in []orderedInput, c Class) LockHome {
	for i := range in {
		if h, ok := in[i].Homes[c]; ok {
			return h
		}
	}
	return LockHome{}
}
