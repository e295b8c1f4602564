package reports

import (
	"cmp"
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/lockflow"
)

func newLock(l lockflow.Lock) Lock {
	return Lock{
		Class: l.Class.String(), Name: l.Name, Mode: l.Mode.String(), Try: l.Try,
		Function: l.Function, File: l.File, Line: l.Line,
	}
}

func newLockPtr(l *lockflow.Lock) *Lock {
	if l == nil {
		return nil
	}
	lock := newLock(*l)
	return &lock
}

// newSteps copies a witness. An edge is written "kind" or "kind via".
func newSteps(chain []lockflow.ChainStep) []Step {
	steps := make([]Step, len(chain))
	for i, c := range chain {
		kind, via, _ := strings.Cut(c.Edge, " ")
		steps[i] = Step{Function: c.Function, File: c.File, Line: c.Line, Edge: kind, Via: via}
	}
	return steps
}

// NewRule copies a rule of the hierarchy.
func NewRule(r *lockflow.Rule) Rule {
	rule := Rule{
		Kind: string(r.Kind), Arch: r.Arch, File: r.File, Line: r.Line, Text: r.Text,
		Outer: newNames(r.Outer), Inner: newNames(r.Inner), Status: r.Status,
	}
	if r.Remark != nil {
		note := NewRule(r.Remark)
		rule.Remark = &note
	}
	for _, from := range r.From {
		one := NewRule(from)
		one.From = nil // a derived rule lists the rules of the text, which are not derived
		rule.From = append(rule.From, one)
	}
	return rule
}

func newNames(names []lockflow.Name) []Name {
	out := make([]Name, len(names))
	for i, n := range names {
		out[i] = Name{Text: n.Text, Context: n.Context}
		for _, c := range n.Classes {
			out[i].Classes = append(out[i].Classes, c.String())
		}
	}
	return out
}

// NewFinding copies a finding.
func NewFinding(f lockflow.Finding) Finding {
	out := Finding{
		Kind: string(f.Kind), Arch: f.Arch, Confidence: f.Confidence.String(), Fingerprint: f.Fingerprint,
		Function: f.Function, File: f.File, Line: f.Line, Message: f.Message,
		Outer: newLockPtr(f.Outer), Inner: newLockPtr(f.Inner),
		Chain: newSteps(f.Chain), Assumed: f.Assumed,
	}
	if f.Rule != nil {
		rule := NewRule(f.Rule)
		out.Rule = &rule
	}
	if len(f.Reverse) > 0 {
		out.Reverse = newSteps(f.Reverse)
	}
	return out
}

// NewPair copies an observed order.
func NewPair(arch string, p lockflow.Pair) Pair {
	return Pair{
		Arch: arch, Outer: newLock(p.Outer), Inner: newLock(p.Inner),
		Confidence: p.Confidence.String(), Chain: newSteps(p.Chain), Assumed: p.Assumed,
	}
}

// NewRead counts one architecture; result is nil if locks were not followed.
func NewRead(p *callgraph.Program, g *callgraph.Graph, result *lockflow.Result) Read {
	r := Read{
		Arch: p.Arch, Files: p.Stats.Files, FocusFiles: p.Stats.FocusFiles, Bytes: p.Stats.Bytes,
		Functions: p.Stats.Functions, Edges: len(g.Edges), Unresolved: len(g.Unresolved),
		Unexpanded: len(p.Stats.Unexpanded), Problems: len(p.Stats.Problems),
	}
	if result != nil {
		r.Acquisitions, r.UnknownLocks = result.Stats.Acquisitions, result.Stats.UnknownLocks
		r.Unknown, r.Limits = result.Stats.Unknown, result.Stats.Limits
	}
	return r
}

// NewLost is the files with a problem that are not part of the program at all.
func NewLost(p *callgraph.Program) []Lost {
	read := make(map[string]bool, len(p.Files))
	for _, f := range p.Files {
		read[f.Path] = true
	}
	var out []Lost
	for _, one := range p.Stats.Problems {
		if !read[one.Path] {
			out = append(out, Lost{one.Path, one.Reason})
		}
	}
	return out
}

// SortLost sorts files and keeps one reason for each.
func SortLost(lost []Lost) []Lost {
	slices.SortFunc(lost, func(a, b Lost) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.CompactFunc(lost, func(a, b Lost) bool { return a.File == b.File })
}

// NewProblems copies the regions that were not understood.
func NewProblems(p *callgraph.Program) []Problem {
	out := make([]Problem, len(p.Stats.Problems))
	for i, one := range p.Stats.Problems {
		out[i] = Problem{File: one.Path, Line: int(one.Pos.Line), Function: one.Func, Reason: one.Reason, Text: one.Text}
	}
	return out
}

// SortProblems sorts problems and drops doubles: generic files are read once an
// architecture.
func SortProblems(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Reason, b.Reason),
			cmp.Compare(a.Function, b.Function), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(problems)
}
