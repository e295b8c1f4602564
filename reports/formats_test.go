package reports

import "testing"

// Documents that the tests of several formats share.

// formats is a document with what the formats treat in a way of their own.
func formats(t *testing.T) Check { return stored[Check](t, "check-formats.json") }

// poor is documents that say next to nothing: no writer may panic.
func poor() []Check {
	lock := &Lock{}
	var out []Check
	for _, kind := range []string{"", "order", "assert", "requires", "rules", "cycle", "of tomorrow"} {
		for _, f := range []Finding{{}, {Outer: lock}, {Inner: lock}, {Outer: lock, Inner: lock, Rule: &Rule{Remark: &Rule{}, From: []Rule{{}}}},
			{Chain: []Step{{}}, Reverse: []Step{{Edge: "async"}, {Edge: "deferred"}}}} {
			f.Kind = kind
			out = append(out, Check{Findings: []Finding{f}})
		}
	}
	return append(out, Check{})
}

// hostileCheck has a name in every string of the tree.
func hostileCheck(name string) Check {
	lock := &Lock{Class: name, Name: name, Mode: "write", Function: name, File: name, Line: 1}
	chain := []Step{hostileStep(name), hostileStep(name)}
	rule := Rule{Kind: "order", File: name, Text: name, From: []Rule{{File: name, Text: name}}, Remark: &Rule{File: name, Text: name}}
	return Check{
		Head: Head{Kernel: name, Scope: []string{name}, Arches: []string{name}, NotRead: []Lost{{name, name}},
			Problems: []Problem{{name, 1, name, name, name}}},
		Findings: []Finding{{Kind: "order", Arch: name, Confidence: "certain", Fingerprint: "f", Message: name, Outer: lock, Inner: lock,
			Rule: &rule, Chain: chain, Reverse: chain, Assumed: []string{name}, Function: name, File: name, Line: 3}},
		Stale:   []string{name},
		Sources: []Excerpt{{name, 1, []string{name, name, name}}},
	}
}
