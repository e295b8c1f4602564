package cmd

import (
	"io"

	"github.com/spf13/cobra"

	"klockscan/callgraph"
	"klockscan/reports"
)

// mostChains bounds --all: each further chain costs a search for each of its steps.
const mostChains = 1000

// mostGaps bounds the unresolved calls that a missing chain names.
const mostGaps = 5

func (a *app) chainCommand() *cobra.Command {
	var o options
	var all int
	var async bool
	c := &cobra.Command{
		Use:   "chain FROM TO [TREE]",
		Short: "draw the call chain from one function to another",
		Long: "chain draws the most certain, then shortest, chain of calls from FROM to TO: on one line, and in the form\n" +
			"that kernel patches use. A function is NAME, or FILE:NAME where FILE is the end of a path. A call that is not\n" +
			"written as such is labelled with how it was resolved. If there is no chain, chain says what is nearest and\n" +
			"exits with status 1.",
		Args: args(2, 3, "FROM, TO and perhaps TREE"),
	}
	c.RunE = a.run(&o, 2, func(c *cobra.Command, s *session, given []string) error {
		if all < 1 || all > mostChains {
			return usagef("--all %d: give a number from 1 to %d", all, mostChains)
		}
		doc, err := s.chains(c, given[0], given[1], all, async)
		if err != nil {
			return err
		}
		return s.finish(doc, doc.WriteText, anyChain(doc))
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	o.confidenceFlag(c, "edge that a chain may use")
	c.Flags().IntVar(&all, "all", 1, "how many of the best chains")
	c.Flags().BoolVar(&async, "async", false, "also cross to work items, timers, threads and deferred requests")
	return c
}

// chains loads the tree and asks for the chains of each architecture that knows
// both functions.
func (s *session) chains(c *cobra.Command, from, to string, n int, async bool) (reports.Chains, error) {
	codes, err := s.load(c.Context())
	if err != nil {
		return reports.Chains{}, err
	}
	return s.chainsOf(codes, from, to, n, async)
}

func (s *session) chainsOf(codes []*code, from, to string, n int, async bool) (reports.Chains, error) {
	starts, err := find(codes, from)
	if err != nil {
		return reports.Chains{}, err
	}
	ends, err := find(codes, to)
	if err != nil {
		return reports.Chains{}, err
	}
	doc := reports.Chains{Head: s.head(codes), From: from, To: to, Arches: []reports.ArchChains{}}
	allow := s.allow(async)
	for i, c := range codes {
		if len(starts[i]) == 0 || len(ends[i]) == 0 {
			continue
		}
		one := reports.ArchChains{Arch: c.prog.Arch, Chains: [][]reports.Step{}}
		for _, chain := range c.graph.Chains(starts[i], ends[i], n, allow) {
			one.Chains = append(one.Chains, reports.NewSteps(c.prog, chain))
		}
		if len(one.Chains) == 0 {
			one.Nearest = reports.NewNearest(c.prog, c.graph.Nearest(starts[i], ends[i], allow), mostGaps)
		}
		doc.Arches = append(doc.Arches, one)
	}
	if len(doc.Arches) == 0 {
		return doc, usagef("no architecture has both %s and %s", from, to)
	}
	return doc, nil
}

func anyChain(doc reports.Chains) error {
	for _, a := range doc.Arches {
		if len(a.Chains) > 0 {
			return nil
		}
	}
	return errFindings
}

// finish writes a document in the format asked for and returns status, unless
// the writing fails.
func (s *session) finish(doc any, text func(io.Writer, reports.Style) error, status error) error {
	s.progress.clear()
	err := writeOut(s.output, s.out, func(w io.Writer) error {
		if s.format == "json" {
			return reports.WriteJSON(w, doc)
		}
		return text(w, s.style(s.streams))
	})
	if err != nil {
		return err
	}
	return status
}

// treeCommand is callers or callees.
func (a *app) treeCommand(up bool) *cobra.Command {
	var o options
	var depth int
	var async bool
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
	c.Long += "\nWith --depth it goes on from there; a function is opened once, where it is nearest."
	c.RunE = a.run(&o, 1, func(c *cobra.Command, s *session, given []string) error {
		if depth < 1 {
			return usagef("--depth %d: give a number from 1", depth)
		}
		codes, err := s.load(c.Context())
		if err != nil {
			return err
		}
		roots, err := find(codes, given[0])
		if err != nil {
			return err
		}
		doc := reports.Tree{Head: s.head(codes), Callers: up, Arches: []reports.ArchTree{}}
		for i, code := range codes {
			if len(roots[i]) == 0 {
				continue
			}
			query := (*callgraph.Graph).Callees
			if up {
				query = (*callgraph.Graph).Callers
			}
			hops := query(code.graph, roots[i], depth, s.allow(async))
			doc.Arches = append(doc.Arches, reports.ArchTree{Arch: code.prog.Arch, Hops: reports.NewHops(code.prog, hops)})
		}
		return s.finish(doc, doc.WriteText, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	o.confidenceFlag(c, "edge that is shown")
	c.Flags().IntVar(&depth, "depth", 1, "how many steps")
	c.Flags().BoolVar(&async, "async", true, "show work items, timers, threads and deferred requests too")
	return c
}
