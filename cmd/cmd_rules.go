package cmd

import (
	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

func (a *app) rulesCommand() *cobra.Command {
	var o options
	var file string
	c := &cobra.Command{
		Use:   "rules [TREE]",
		Short: "print the documented lock order as understood",
		Long: "rules prints what the documents and comments of the tree state about lock order: place, text, and the lock\n" +
			"classes that the names stand for; then the statements that were not understood.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		own, err := readRulesFile(file)
		if err != nil {
			return err
		}
		codes, err := s.load(c.Context())
		if err != nil {
			return err
		}
		doc := s.rules(codes, own)
		return s.finish(doc, doc.WriteText, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	c.Flags().StringVar(&file, "rules", "", "YAML file with further rules")
	return c
}

// rules binds the rules for every architecture that they are about. A rule of
// generic text is bound once for each, and shown once, with the classes of all.
func (s *session) rules(codes []*code, own []*lockflow.Rule) reports.Rules {
	var bound [][]reports.Rule
	var notes []lockflow.BindNote
	for _, c := range codes {
		rules, more := s.rulesFor(c, own)
		notes = append(notes, more...)
		var one []reports.Rule
		for _, r := range rules {
			if r.Arch == "" || r.Arch == c.prog.Arch {
				one = append(one, reports.NewRule(r))
			}
		}
		bound = append(bound, one)
	}
	return reports.Rules{Head: s.head(codes), Rules: reports.MergeRules(bound), Notes: reports.NewNotes(notes)}
}
