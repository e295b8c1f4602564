package cmd

import (
	"slices"

	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

func (a *app) rulesCommand() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "rules [TREE]",
		Short: "print the documented lock order as understood",
		Long: "rules prints what the documents and comments of the tree state about lock order: place, text, and the lock\n" +
			"classes that the names stand for; then the statements that were not understood.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		codes, err := s.load(c.Context())
		if err != nil {
			return err
		}
		doc, err := s.rules(codes)
		if err != nil {
			return err
		}
		return s.finish(doc, doc.WriteText, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	return c
}

// rules binds the rules for every architecture that they are about. A rule of
// generic text is bound once for each, and shown once, with the classes of all.
func (s *session) rules(codes []*code) (reports.Rules, error) {
	var bound [][]reports.Rule
	var all []boundRules
	var notes []lockflow.BindNote
	for _, c := range codes {
		rules, more := s.rulesFor(c)
		all = append(all, boundRules{c.prog.Arch, rules})
		notes = append(notes, more...)
		var one []reports.Rule
		for _, r := range rules {
			if r.Arch == "" || r.Arch == c.prog.Arch {
				one = append(one, reports.NewRule(r))
			}
		}
		bound = append(bound, one)
	}
	return reports.Rules{Head: s.head(codes), Rules: reports.MergeRules(bound), Notes: reports.NewNotes(notes), Locks: s.lockDocs(codes)},
		unboundRules(s.set.rules, all)
}

// lockDocs is what the documents say of single locks, with the classes that the names
// bind to on any architecture.
func (s *session) lockDocs(codes []*code) []reports.LockDoc {
	out := []reports.LockDoc{}
	for _, d := range lockflow.ReadLockDocs(s.tree, s.scope.docsIn(s.tree)) {
		one := reports.LockDoc{Name: d.Name, File: d.File, Line: d.Line, Type: d.Type, Arch: d.Arch, Protects: d.Protects}
		rule := &lockflow.Rule{Kind: lockflow.RuleNote, File: d.File, Line: d.Line, Outer: []lockflow.Name{{Text: d.Name}}}
		for _, c := range codes {
			bound, _ := lockflow.NewBinder(c.prog, s.locks.Object, []*lockflow.Rule{rule}).BindName(d.Name, rule)
			for _, class := range bound {
				if text := class.String(); !slices.Contains(one.Classes, text) {
					one.Classes = append(one.Classes, text)
				}
			}
		}
		out = append(out, one)
	}
	return out
}
