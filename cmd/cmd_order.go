package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

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
		return s.publish(doc, writers{"text": doc.WriteText, "dot": plain(doc.Picture("lock order").WriteDOT)}, nil)
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
