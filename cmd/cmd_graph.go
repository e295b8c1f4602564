package cmd

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"klockscan/reports"
)

// mostAround bounds the depth of a neighbourhood: beyond it, it is everything.
const mostAround = 10

func (a *app) graphCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "graph",
		Short: "draw a chain, the neighbourhood of a function, or the lock order",
		Long: "graph writes a picture in the language of Graphviz, or with --format svg drawn, for which no Graphviz is needed.\n" +
			"Dashed arrows are calls through tables and pointers (lock order: trylocks and what is not sure), dotted ones\n" +
			"start another context. A picture that is too large to be read is reduced, and says how.",
		Args: args(1, 1, "one of chain, around, order"),
		RunE: func(_ *cobra.Command, given []string) error {
			return usagef("unknown picture %q: there are chain, around, order", given[0])
		},
	}
	c.AddCommand(a.graphChain(), a.graphAround(), a.graphOrder())
	return c
}

// pictureFlags adds the flags of pictures.
func (o *options) pictureFlags(c *cobra.Command, table *scopeFile, svg *bool) {
	o.treeFlags(c, table)
	o.outFlags(c, "dot", "svg")
	o.confidenceFlag(c, "edge that is drawn")
	c.Flags().BoolVar(svg, "svg", false, "the same as --format svg")
	c.MarkFlagsMutuallyExclusive("svg", "format")
}

// paint writes a picture.
func (s *session) paint(p reports.Picture, svg bool) error {
	return s.write(func(w io.Writer, out output) error {
		if svg || out.format == "svg" {
			return p.WriteSVG(w)
		}
		return p.WriteDOT(w)
	})
}

func (a *app) graphChain() *cobra.Command {
	var o options
	var svg bool
	var f chainFlags
	c := &cobra.Command{
		Use: "chain FROM TO [TREE]", Short: "draw call chains between two functions",
		Args: args(2, 3, "FROM, TO and perhaps TREE"),
	}
	c.RunE = a.run(&o, 2, func(c *cobra.Command, s *session, given []string) error {
		if err := f.validate(); err != nil {
			return err
		}
		f.arguments(given)
		doc, err := s.chains(c, &f)
		if err != nil {
			return err
		}
		var chains [][]reports.Step
		for _, arch := range doc.Arches {
			chains = append(chains, arch.Chains...)
		}
		if len(chains) == 0 {
			fmt.Fprintf(s.err, "klockscan: no chain from %s to %s; the command chain says what is nearest\n",
				oneLine(given[0]), oneLine(given[1]))
			return errFindings
		}
		return s.paint(reports.ChainPicture(given[0]+" to "+given[1], chains).Legible(), svg)
	})
	o.pictureFlags(c, a.table, &svg)
	f.add(c)
	return c
}

func (a *app) graphAround() *cobra.Command {
	var o options
	var svg bool
	var depth int
	c := &cobra.Command{
		Use: "around FUNCTION [TREE]", Short: "draw the callers and callees of a function",
		Args: args(1, 2, "FUNCTION and perhaps TREE"),
	}
	c.RunE = a.run(&o, 1, func(c *cobra.Command, s *session, given []string) error {
		if depth < 1 || depth > mostAround {
			return usagef("--depth %d: give a number from 1 to %d", depth, mostAround)
		}
		codes, err := s.ask(c.Context())
		if err != nil {
			return err
		}
		roots, err := find(codes, given[0])
		if err != nil {
			return err
		}
		var p reports.Picture
		for i, code := range codes {
			if len(roots[i]) > 0 {
				around := code.graph.Around(roots[i], depth, s.allow(true))
				p = p.Beside(reports.SubgraphPicture(code.prog, around, roots[i]), code.prog.Arch)
			}
		}
		p.Title = "around " + given[0]
		return s.paint(p.Legible(), svg)
	})
	o.pictureFlags(c, a.table, &svg)
	c.Flags().IntVar(&depth, "depth", 1, "how many steps up and down")
	return c
}

func (a *app) graphOrder() *cobra.Command {
	var o options
	var svg, all bool
	var pair pairFlags
	c := &cobra.Command{
		Use: "order [TREE]", Short: "draw the documented lock order against the observed one",
		Long: "graph order draws an arrow from each lock to those that are taken while it is held: a double line for an order\n" +
			"that the documents state, a thin one for one that was observed, a thick one for both, and a very thick one for\n" +
			"one that a finding is about. Arrows that follow from others are left out, unless --all is given, and where there\n" +
			"are more locks than a person can follow, those of a struct are one box. Dashed: only trylocks, or not sure.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		codes, err := s.orderCodes(c.Context(), pair)
		if err != nil {
			return err
		}
		picture, err := s.orderPicture(c.Context(), codes, pair, all)
		if err != nil {
			return err
		}
		return s.paint(picture, svg)
	})
	o.pictureFlags(c, a.table, &svg)
	c.Flags().BoolVar(&all, "all", false, "draw everything, however much it is")
	pair.add(c)
	return c
}
