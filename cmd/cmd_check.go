package cmd

import (
	"cmp"
	"context"
	"io"
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
		if s.scope.whole {
			return s.checkWhole(c.Context())
		}
		parts, err := each(s, func(arch string) (checkPart, error) {
			return s.checkArch(c.Context(), arch)
		})
		if err != nil {
			return err
		}
		doc, err := s.check(parts)
		if err != nil {
			return err
		}
		return s.finishCheck(doc)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	o.confidenceFlag(c, "finding that is shown")
	servesWhole(c)
	return c
}

// finishCheck writes the findings.
func (s *session) finishCheck(doc reports.Check) error {
	var status error
	if len(doc.Findings) > 0 {
		status = errFindings
	} else {
		status = s.lostInScope(doc.Head)
	}
	return s.finish(doc, doc.WriteText, status)
}

// A checkPart is what a check found on one architecture, whose program is not
// needed any more.
type checkPart struct {
	boundRules
	headPart
	findings []reports.Finding // sorted
}

// checkArch checks one architecture: as it is in the cache, or anew.
func (s *session) checkArch(ctx context.Context, arch string) (checkPart, error) {
	if c := s.recallCode(arch, true); c != nil {
		if p := s.checkOne(c); !c.bindings.Missed() {
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
	doc.Head = s.headOf(heads) // after the rules were read: their files may be among those not read
	return doc, unboundRules(s.set.rules, bound)
}

// findingsOf is the document of findings, without its head: those that are
// suppressed or not certain enough are counted.
func (s *session) findingsOf(findings []reports.Finding) reports.Check {
	doc := reports.Check{Findings: []reports.Finding{}, Hidden: []reports.Hidden{}}
	hidden := map[string]int{}
	for _, f := range findings {
		switch {
		case s.set.suppressed(&f):
			doc.Suppressed++
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
	doc.Stale = s.set.stale()
	return doc
}

// shows reports whether a finding is as certain as --confidence asks.
func (s *session) shows(f reports.Finding) bool {
	return doubt(f) <= doubt(reports.Finding{Confidence: s.confidence})
}

// doubt is how uncertain a finding is, from 0.
func doubt(f reports.Finding) int { return slices.Index(confidences(), f.Confidence) }

// compareFindings puts the most certain first, then goes by place.
func compareFindings(a, b reports.Finding) int {
	if a.Confidence != b.Confidence {
		return cmp.Compare(doubt(a), doubt(b))
	}
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

func (a *app) orderCommand() *cobra.Command {
	var o options
	var pair pairFlags
	c := &cobra.Command{
		Use:   "order [TREE]",
		Short: "list the observed lock order",
		Long: "order lists which lock is taken while which is held, each pair with a witness chain. --outer and --inner take\n" +
			"a lock as documents write it (x->lock), as a class (struct x.lock), or its last member alone (lock).",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		doc, err := s.orderOf(c.Context(), pair)
		if err != nil {
			return err
		}
		text := doc.WriteText
		if s.format == "dot" {
			text = func(w io.Writer, _ reports.Style) error { return doc.Picture("lock order").WriteDOT(w) }
		}
		return s.finish(doc, text, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json", "dot")
	o.confidenceFlag(c, "pair that is listed")
	pair.add(c)
	return c
}

// pairFlags is which pairs of locks were asked for; "" is any lock.
type pairFlags struct {
	outer, inner string
}

func (p *pairFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&p.outer, "outer", "", "only pairs where this lock is held")
	c.Flags().StringVar(&p.inner, "inner", "", "only pairs where this lock is taken")
}

// orderOf analyses the tree and lists the pairs asked for.
func (s *session) orderOf(ctx context.Context, p pairFlags) (reports.Order, error) {
	load := s.askLocks
	if p.outer != "" || p.inner != "" {
		load = s.analyse // the code tells what the names mean
	}
	codes, err := load(ctx)
	if err != nil {
		return reports.Order{}, err
	}
	if err := s.knownLocks(codes, p.outer, p.inner); err != nil {
		return reports.Order{}, err
	}
	return s.order(codes, p.outer, p.inner), nil
}

// order lists the pairs of real locks: contexts and mere sleeping are no locks.
func (s *session) order(codes []*code, outer, inner string) reports.Order {
	doc := reports.Order{Head: s.head(codes), Edges: []reports.Pair{}}
	for _, c := range codes {
		isOuter, isInner := s.newLockFilter(c, outer), s.newLockFilter(c, inner)
		for _, p := range c.result.Pairs {
			if p.Confidence < s.least() || !isLock(p.Outer) || !isLock(p.Inner) {
				continue
			}
			if isOuter.match(p.Outer) && isInner.match(p.Inner) {
				doc.Edges = append(doc.Edges, reports.NewPair(c.prog.Arch, p))
			}
		}
	}
	return doc
}

func isLock(l lockflow.Lock) bool { return l.Mode != lockflow.Context && l.Mode != lockflow.Sleep }
