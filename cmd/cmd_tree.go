package cmd

import (
	"github.com/spf13/cobra"

	"klockscan/callgraph"
	"klockscan/reports"
)

// treeFlags is the question of callers and callees.
type treeFlags struct {
	callers    bool
	depth      int
	transitive bool
	entry      bool
	async      bool
}

// treeCommand is callers or callees.
func (a *app) treeCommand(up bool) *cobra.Command {
	var o options
	f := treeFlags{callers: up}
	c := &cobra.Command{
		Use:   "callees FUNCTION [TREE]",
		Short: "list what a function calls",
		Long:  "callees lists what a function calls, each call with its kind and place.",
		Args:  args(1, 2, "FUNCTION and perhaps TREE"),
	}
	if up {
		c.Use, c.Short = "callers FUNCTION [TREE]", "list who calls a function"
		c.Long = "callers lists who calls a function, each call with its kind and place."
	}
	c.Long += "\nWith --depth or --transitive it goes on from there; a function is opened once, where it is nearest."
	if up {
		c.Long += "\n\nWith --entry it lists the entry points that reach the function instead, by kind (ioctl, MMU notifier, work\n" +
			"item, exported symbol, ...), each with its best chain: functions that nothing which was read calls, and those\n" +
			"that are stored where other code calls them in a context of its own. --async is then off unless it is given:\n" +
			"a work item is an entry point itself. What has no caller and no known kind comes last."
	}
	c.RunE = a.run(&o, 1, func(c *cobra.Command, s *session, given []string) error {
		if err := f.settle(c); err != nil {
			return err
		}
		codes, err := s.ask(c.Context())
		if err != nil {
			return err
		}
		if f.entry {
			doc, err := s.entries(codes, given[0], f)
			if err != nil {
				return err
			}
			return s.finish(doc, doc.WriteText, nil)
		}
		doc, err := s.hops(codes, given[0], f)
		if err != nil {
			return err
		}
		return s.finish(doc, doc.WriteText, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	o.confidenceFlag(c, "edge that is shown")
	c.Flags().IntVar(&f.depth, "depth", 1, "how many steps")
	c.Flags().BoolVar(&f.transitive, "transitive", false, "all steps")
	c.Flags().BoolVar(&f.async, "async", true, "show work items, timers, threads and deferred requests too")
	if up {
		c.Flags().BoolVar(&f.entry, "entry", false, "list the entry points that reach the function, each with its best chain")
	}
	return c
}

// settle makes the flags agree.
func (f *treeFlags) settle(c *cobra.Command) error {
	deep := c.Flags().Changed("depth")
	switch {
	case f.depth < 1:
		return usagef("--depth %d: give a number from 1", f.depth)
	case deep && f.transitive:
		return usagef("--depth and --transitive contradict each other")
	case deep && f.entry:
		return usagef("--entry goes all the way up: --depth has no meaning")
	}
	if f.transitive {
		f.depth = callgraph.AnyDepth
	}
	if f.entry && !c.Flags().Changed("async") {
		f.async = false
	}
	return nil
}

// lookUp finds a function in every architecture, and says which lack it.
func lookUp(codes []*code, spec string) ([][]callgraph.FuncID, []reports.Missing, error) {
	found, err := find(codes, spec)
	missing := []reports.Missing{}
	for i := range found {
		if len(found[i]) == 0 {
			missing = append(missing, reports.Missing{Arch: codes[i].prog.Arch, What: "function", Name: spec})
		}
	}
	return found, missing, err
}

// hops is the tree of callers or callees on each architecture.
func (s *session) hops(codes []*code, spec string, f treeFlags) (reports.Tree, error) {
	doc := reports.Tree{Head: s.head(codes), Callers: f.callers, Arches: []reports.ArchTree{}}
	roots, missing, err := lookUp(codes, spec)
	if err != nil {
		return doc, err
	}
	doc.Missing = missing
	query := (*callgraph.Graph).Callees
	if f.callers {
		query = (*callgraph.Graph).Callers
	}
	for i, c := range codes {
		if len(roots[i]) > 0 {
			hops := query(c.graph, roots[i], f.depth, s.allow(f.async))
			doc.Arches = append(doc.Arches, reports.ArchTree{Arch: c.prog.Arch, Hops: reports.NewHops(c.prog, hops)})
		}
	}
	return doc, nil
}

// entries is the entry points that reach a function on each architecture.
func (s *session) entries(codes []*code, spec string, f treeFlags) (reports.Entries, error) {
	doc := reports.Entries{Head: s.head(codes), Function: spec, Arches: []reports.ArchEntries{}}
	roots, missing, err := lookUp(codes, spec)
	if err != nil {
		return doc, err
	}
	doc.Missing = missing
	for i, c := range codes {
		if len(roots[i]) > 0 {
			found := c.graph.EntriesTo(roots[i], s.allow(f.async))
			doc.Arches = append(doc.Arches, reports.ArchEntries{Arch: c.prog.Arch, Entries: reports.NewReaching(c.prog, found)})
		}
	}
	return doc, nil
}
