package cmd

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

func (a *app) checkCommand() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "check [TREE]",
		Short: "report paths that take locks against the documented order",
		Long: "check reports what contradicts the lock order that the tree documents, and what is wrong by the meaning of\n" +
			"locks alone: each finding with the rule, both locks and the whole call chain. It exits with status 1 if it\n" +
			"reports anything, and 3 if it has nothing to report but could not read every file of the scope.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		doc, err := s.checked(c.Context())
		if err != nil {
			return err
		}
		return s.finishCheck(doc)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, checkFormats...)
	o.confidenceFlag(c, "finding that is shown")
	o.findingFlags(c)
	servesWhole(c)
	return c
}

// checked is the findings of the tree. If a part of a whole tree failed, its error
// comes with the findings of the others.
func (s *session) checked(ctx context.Context) (reports.Check, error) {
	doc, err := s.checkScope(ctx)
	if err == nil && s.showsSources() {
		doc.Sources = s.excerpts(doc)
	}
	return doc, err
}

func (s *session) checkScope(ctx context.Context) (reports.Check, error) {
	if s.scope.whole {
		return s.checkWhole(ctx)
	}
	parts, err := each(s, func(arch string) (checkPart, error) { return s.checkArch(ctx, arch) })
	if err != nil {
		return reports.Check{}, err
	}
	return s.check(parts)
}

// finishCheck writes the findings.
func (s *session) finishCheck(doc reports.Check) error {
	return s.publish(doc, s.checkWriters(doc), cmp.Or(s.failed, s.verdict(doc)))
}

// verdict is the exit status of a check.
func (s *session) verdict(doc reports.Check) error {
	if slices.ContainsFunc(doc.Findings, s.fails) {
		return errFindings
	}
	return s.lostInScope(doc.Head)
}

// A checkPart is what a check found on one architecture, whose program is not
// needed any more.
type checkPart struct {
	boundRules
	headPart
	findings []reports.Finding // sorted
	pairs    []reports.Pair    // observed orders, if the report shows them
}

// checkArch checks one architecture: as it is in the cache, or anew.
func (s *session) checkArch(ctx context.Context, arch string) (checkPart, error) {
	if c := s.recallCode(arch, true); c != nil {
		if p := s.checkOne(c); !c.bindings.Missed() {
			return p, nil
		}
	}
	if c := s.resume(ctx, arch); c != nil {
		if p := s.checkOne(c); !c.bindings.Missed() {
			if s.view(arch).base == nil { // with the same patch it is as soon resumed again
				s.made.add(c)
			}
			return p, nil
		}
	}
	c, err := s.make(ctx, s, arch, true)
	if err != nil {
		return checkPart{}, err
	}
	p := s.checkOne(c)
	if s.store != nil {
		s.made.add(c)
	}
	return p, nil
}

// checkOne compares what was found on one architecture with the rules.
func (s *session) checkOne(c *code) checkPart {
	defer s.watch.stage(c.prog.Arch, "compare with the rules")()
	rules, _ := s.rulesFor(c)
	p := checkPart{boundRules: boundRules{c.prog.Arch, rules}, headPart: c.headPart()}
	for _, f := range append(lockflow.Check(c.result, rules, c.prog.Arch), c.result.Findings...) {
		p.findings = append(p.findings, reports.NewFinding(f))
	}
	slices.SortStableFunc(p.findings, compareFindings)
	p.pairs = s.pairs(c)
	return p
}

// check joins what was found on every architecture.
func (s *session) check(parts []checkPart) (reports.Check, error) {
	var bound []boundRules
	var heads []headPart
	var findings []reports.Finding
	for _, p := range parts {
		bound, heads = append(bound, p.boundRules), append(heads, p.headPart)
		findings = append(findings, p.findings...)
	}
	doc := s.findingsOf(findings)
	if s.showsOrders() || s.keepsAll {
		doc.LockOrder = lockOrder(doc.Findings, parts)
		doc.LockOrder.Pairs = s.surePairs(doc.LockOrder.Pairs)
	}
	for _, p := range parts {
		s.observed = append(s.observed, p.pairs...)
	}
	doc.Head = s.headOf(heads) // after the rules were read: their files may be among those not read
	unbound := unboundRules(s.set.rules, bound)
	if s.keepsAll { // a lock may be what distinguishes two trees
		s.unbound, unbound = unbound, nil
	}
	return doc, unbound
}

// findingsOf is the document of findings, without its head: those that are
// suppressed or not certain enough are counted.
func (s *session) findingsOf(findings []reports.Finding) reports.Check {
	doc := reports.Check{Findings: []reports.Finding{}, Hidden: []reports.Hidden{}}
	hidden := map[string]int{}
	silent, known := s.set.silence(findings), s.known.knows(findings, s.lookedFor)
	if s.keepsAll {
		s.all = append(s.all, findings...)
	}
	for i, f := range findings {
		switch {
		case silent[i]:
			doc.Suppressed++
		case known[i]:
			doc.Known++
		case !s.shows(f):
			hidden[f.Confidence]++
		default:
			doc.Findings = append(doc.Findings, f)
		}
	}
	for _, l := range confidences() {
		if hidden[l] > 0 {
			doc.Hidden = append(doc.Hidden, reports.Hidden{Confidence: l, Findings: hidden[l]})
		}
	}
	doc.Stale, doc.Gone = s.set.stale(s), s.known.stale(s.lookedFor)
	return doc
}

// shows reports whether a finding is as certain as --confidence asks.
func (s *session) shows(f reports.Finding) bool {
	return doubt(f.Confidence) <= doubt(s.confidence)
}

// doubt is how uncertain a confidence is, from 0.
func doubt(confidence string) int { return slices.Index(confidences(), confidence) }
