package cmd

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"klockscan/reports"
)

func (a *app) orderCommand() *cobra.Command {
	var o options
	var pair pairFlags
	c := &cobra.Command{
		Use:   "order [TREE]",
		Short: "list the observed lock order",
		Long: "order lists which lock is taken while which is held, each pair with a witness chain. --outer and --inner take\n" +
			"a lock as documents write it (x->lock), as a class (struct x.lock), or its last member alone (lock).\n" +
			"The formats dot and svg draw it against the documented order, as graph order does.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		codes, err := s.orderCodes(c.Context(), pair)
		if err != nil {
			return err
		}
		doc := s.order(codes, pair.outer, pair.inner)
		how := writers{"text": doc.WriteText}
		if s.writes("dot") || s.writes("svg") {
			picture, err := s.orderPicture(c.Context(), codes, pair, false)
			if err != nil {
				return err
			}
			how["dot"], how["svg"] = plain(picture.WriteDOT), plain(picture.WriteSVG)
		}
		return s.publish(doc, how, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json", "dot", "svg")
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

// orderCodes is the architectures, with their locks followed.
func (s *session) orderCodes(ctx context.Context, p pairFlags) ([]*code, error) {
	load := s.askLocks
	if p.outer != "" || p.inner != "" {
		load = s.analyse // the code tells what the names mean
	}
	codes, err := load(ctx)
	if err != nil {
		return nil, err
	}
	return codes, s.knownLocks(codes, p.outer, p.inner)
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

// orderPicture is the documented order against the observed one.
func (s *session) orderPicture(ctx context.Context, codes []*code, p pairFlags, all bool) (reports.Picture, error) {
	doc, err := s.lockOrder(ctx, codes, p)
	if err != nil {
		return reports.Picture{}, err
	}
	picture := doc.LockPicture()
	if !all {
		picture = picture.Legible()
	}
	return picture, nil
}

// lockOrder is the pairs asked for, with the rules and the findings about such.
func (s *session) lockOrder(ctx context.Context, codes []*code, p pairFlags) (doc reports.Check, err error) {
	if s.missesRules(codes) {
		if codes, err = s.analyse(ctx); err != nil {
			return reports.Check{}, err
		}
	}
	var findings []reports.Finding
	var rules [][]reports.Rule
	var bound []boundRules
	for _, c := range codes {
		part := s.checkOne(c)
		outer, inner := s.newLockFilter(c, p.outer), s.newLockFilter(c, p.inner)
		for _, f := range part.findings {
			if outer.matchReported(f.Outer) && inner.matchReported(f.Inner) {
				findings = append(findings, f)
			}
		}
		rules, bound = append(rules, rulesBetween(part.boundRules, outer, inner)), append(bound, part.boundRules)
	}
	doc = s.findingsOf(findings)
	observed := s.order(codes, p.outer, p.inner)
	doc.Head = observed.Head // after the rules were read: their files may be among those not read
	doc.LockOrder = reports.LockOrder{Rules: reports.MergeRules(rules), Pairs: observed.Edges}
	return doc, unboundRules(s.set.rules, bound)
}

// missesRules says whether a document was edited so that what the cache knows of
// an architecture does not bind its rules.
func (s *session) missesRules(codes []*code) bool {
	return slices.ContainsFunc(codes, func(c *code) bool {
		s.rulesFor(c)
		return c.bindings.Missed()
	})
}

// rulesBetween is the rules of an architecture as far as they are about the locks
// asked for.
func rulesBetween(b boundRules, outer, inner lockFilter) []reports.Rule {
	var out []reports.Rule
	for _, r := range b.rules {
		if r.Arch == "" || r.Arch == b.arch {
			narrow := *r
			narrow.Outer, narrow.Inner = outer.names(r.Outer), inner.names(r.Inner)
			out = append(out, reports.NewRule(&narrow))
		}
	}
	return out
}
