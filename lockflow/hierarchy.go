package lockflow

import (
	"fmt"
	"slices"
	"strings"
)

// A hierarchy is the orders that the rules of one architecture state, as a
// graph: an edge leads from a lock to one that may be taken inside it. What
// follows from the rules is reachability in it.
type hierarchy struct {
	edges map[Class][]orderEdge
	order []Class                       // those that edges lead from, in the order of the rules
	words map[Class]string              // a name of the class as some rule writes it
	found map[Class]map[Class]orderEdge // per start: the edge by which each class was first reached
}

type orderEdge struct {
	from, to Class
	rule     *Rule
}

// newHierarchy builds the graph of the order rules among rules. A name that no
// class is known for is a node of its own, so that "A > (something) > C" still
// orders A and C.
func newHierarchy(rules []*Rule, arch string) *hierarchy {
	h := &hierarchy{edges: map[Class][]orderEdge{}, words: map[Class]string{}, found: map[Class]map[Class]orderEdge{}}
	for _, r := range rules { // orders and prohibitions first: they are the better reasons
		switch {
		case !r.holdsFor(arch):
		case r.Kind == RuleOrder, r.Kind == RuleRequires: // who needs A to take B takes A first
			h.addAll(r.Outer, r.Inner, r)
		case r.Kind == RuleNotInside: // what is not taken inside X is taken outside of it
			h.addAll(r.Inner, r.Outer, r)
		}
	}
	for _, r := range rules {
		if r.holdsFor(arch) && (r.Kind == RuleMayInside || r.Kind == RuleWaitUnder) {
			h.addAll(r.Outer, r.Inner, r)
		}
	}
	return h
}

// holdsFor says whether the rule speaks of this architecture.
func (r *Rule) holdsFor(arch string) bool { return r.Arch == "" || r.Arch == arch }

func (h *hierarchy) addAll(outer, inner []Name, r *Rule) {
	for _, o := range outer {
		for _, from := range nodes(o, r) {
			h.words[from] = o.Text
			for _, i := range inner {
				for _, to := range nodes(i, r) {
					h.words[to] = i.Text
					if from != to {
						if len(h.edges[from]) == 0 {
							h.order = append(h.order, from)
						}
						h.edges[from] = append(h.edges[from], orderEdge{from, to, r})
					}
				}
			}
		}
	}
}

// nodes is the classes of a name, or a stand-in that only this file's rules
// share.
func nodes(n Name, r *Rule) []Class {
	if len(n.Classes) > 0 {
		return n.Classes
	}
	return []Class{{Owner: "?", Path: n.Text, File: r.File}}
}

// path is the shortest sequence of stated orders from outer to inner; nil if
// none follows. The search is breadth-first, edges in the order of the rules.
func (h *hierarchy) path(outer, inner Class) []orderEdge {
	from, ok := h.found[outer]
	if !ok {
		from = map[Class]orderEdge{}
		queue := []Class{outer}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, e := range h.edges[at] {
				if _, seen := from[e.to]; !seen && e.to != outer {
					from[e.to] = e
					queue = append(queue, e.to)
				}
			}
		}
		h.found[outer] = from
	}
	var path []orderEdge
	for at := inner; at != outer; {
		e, ok := from[at]
		if !ok {
			return nil
		}
		path = append(path, e)
		at = e.from
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// forbids is the rule that taking inner with outer held breaks: the reverse
// order follows from the rules and this one does not. Where the rules state
// both, they decide nothing, unless a document says the one in so many words and
// only comments the other.
func (h *hierarchy) forbids(outer, inner Class) *Rule {
	path, kept := h.path(inner, outer), h.path(outer, inner)
	switch {
	case len(path) == 0:
		return nil
	case len(kept) > 0 && (len(path) > 1 || path[0].rule.inCode() || !slices.ContainsFunc(kept, func(e orderEdge) bool { return e.rule.inCode() })):
		return nil
	}
	return h.derived(path)
}

// decides says whether the rules order the two locks in any way.
func (h *hierarchy) decides(a, b Class) bool { return len(h.path(a, b)) > 0 || len(h.path(b, a)) > 0 }

// derived is the rule of a path: the rule itself if it is one step, else one
// that says what it follows from.
func (h *hierarchy) derived(path []orderEdge) *Rule {
	first, last := path[0], path[len(path)-1]
	if len(path) == 1 {
		return first.rule
	}
	words := []string{h.words[first.from]}
	r := &Rule{
		Kind: RuleOrder, File: first.rule.File, Line: first.rule.Line, Arch: first.rule.Arch,
		Outer: []Name{{Text: h.words[first.from], Classes: []Class{first.from}}},
		Inner: []Name{{Text: h.words[last.to], Classes: []Class{last.to}}},
	}
	for _, e := range path {
		words = append(words, h.words[e.to])
		r.From = append(r.From, e.rule)
		if r.Arch == "" {
			r.Arch = e.rule.Arch
		}
	}
	r.Text = strings.Join(words, " > ")
	return r
}

// because is the rule in the words of a message: its text, or what it was
// derived from, each with its place.
func (r *Rule) because() string {
	if len(r.From) == 0 {
		return fmt.Sprintf("%q (%s:%d)", r.Text, r.File, r.Line)
	}
	var parts []string
	for _, f := range r.From {
		parts = append(parts, fmt.Sprintf("%q (%s:%d)", f.Text, f.File, f.Line))
	}
	return r.Text + ", which follows from " + strings.Join(parts, " and ")
}
