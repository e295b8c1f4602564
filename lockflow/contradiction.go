package lockflow

import (
	"slices"
	"strings"
)

// A Contradiction is rules of one architecture that close a circle: nobody can
// keep all of them.
type Contradiction struct {
	Arch    string
	Locks   []string // as the rules write them; the last is outside the first
	Classes []Class
	Rules   []*Rule // Rules[i] puts Locks[i] outside the next one
}

// maxContradictions bounds those of one architecture.
const maxContradictions = 50

// Contradictions finds the circles among the orders that rules state, a shortest
// one for each stated order that is part of one, each once.
func Contradictions(rules []*Rule, arch string) []Contradiction {
	h := newHierarchy(rules, arch)
	var out []Contradiction
	seen := map[string]bool{}
	for _, from := range h.order {
		for _, e := range h.edges[from] {
			back := h.path(e.to, e.from)
			if len(back) == 0 || len(out) == maxContradictions {
				continue
			}
			circle := append([]orderEdge{e}, back...)
			if key := circleKey(circle); !seen[key] {
				seen[key] = true
				out = append(out, h.contradiction(arch, circle))
			}
		}
	}
	return out
}

// circleKey is the same wherever a circle begins.
func circleKey(circle []orderEdge) string {
	var names []string
	for _, e := range circle {
		names = append(names, e.from.String()+" "+e.from.File)
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}

func (h *hierarchy) contradiction(arch string, circle []orderEdge) Contradiction {
	c := Contradiction{Arch: arch}
	for _, e := range circle {
		c.Locks = append(c.Locks, h.words[e.from])
		c.Classes = append(c.Classes, e.from)
		c.Rules = append(c.Rules, e.rule)
	}
	return c
}

// contradictions applies C8.
func (c *checker) contradictions(rules []*Rule) {
	for _, k := range Contradictions(rules, c.arch) {
		c.out = append(c.out, k.Finding())
	}
}

// Finding is the contradiction as a finding at its first rule.
func (k *Contradiction) Finding() Finding {
	first := k.Rules[0]
	circle := &Rule{Kind: RuleOrder, File: first.File, Line: first.Line, Arch: k.Arch, From: k.Rules,
		Text: strings.Join(k.Locks, " > ") + " > " + k.Locks[0]}
	sorted := slices.Sorted(slices.Values(k.Locks))
	return Finding{
		Kind: KindRules, Arch: k.Arch, Confidence: Certain, File: first.File, Line: first.Line,
		Fingerprint: fingerprint(append([]string{string(KindRules), k.Arch}, sorted...)...),
		Outer:       &Lock{Name: k.Locks[0], Class: k.Classes[0]}, Inner: &Lock{Name: k.Locks[1], Class: k.Classes[1]}, Rule: circle,
		Message: "the rules contradict each other: " + circle.because(),
	}
}
