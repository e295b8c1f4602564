package cmd

import (
	"github.com/spf13/cobra"

	"klockscan/reports"
)

// edgeFlags is which list of edges was asked for.
type edgeFlags struct {
	unresolved, indirect, summary bool
}

func (a *app) edgesCommand() *cobra.Command {
	var o options
	var which edgeFlags
	c := &cobra.Command{
		Use:   "edges [TREE]",
		Short: "list every call edge",
		Long: "edges lists every call edge. A tsv row is file, caller, callee, kind; file is the caller's. With --unresolved\n" +
			"the calls of unknown target instead: file, caller, the callee as written, why. With --indirect every call\n" +
			"through a function pointer, with its targets and where each was stored. With --summary numbers only.",
		Args: args(0, 1, "TREE alone"),
	}
	c.RunE = a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		load := s.ask
		if which.indirect || which.summary {
			load = s.load // the calls themselves are looked at
		}
		codes, err := load(c.Context())
		if err != nil {
			return err
		}
		if which.summary {
			if s.writes("tsv") {
				return usagef("--summary has the formats text and json")
			}
			doc := s.edgeSummary(codes)
			return s.finish(doc, doc.WriteText, nil)
		}
		doc := s.edges(codes, which)
		return s.publish(doc, writers{"text": doc.WriteText, "tsv": plain(doc.WriteTSV)}, nil)
	})
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "tsv", "json")
	o.confidenceFlag(c, "edge that is listed")
	c.Flags().BoolVar(&which.unresolved, "unresolved", false, "list the calls whose target is not known instead")
	c.Flags().BoolVar(&which.indirect, "indirect", false, "list the calls through function pointers instead, with their targets")
	c.Flags().BoolVar(&which.summary, "summary", false, "count edges by kind, and indirect call sites with a known target")
	c.MarkFlagsMutuallyExclusive("unresolved", "indirect", "summary")
	return c
}

func (s *session) edges(codes []*code, which edgeFlags) reports.Edges {
	doc := reports.Edges{Head: s.head(codes), Edges: []reports.Call{}, Unresolved: []reports.OpenCall{}}
	allow := s.allow(true)
	for _, c := range codes {
		if which.unresolved {
			for _, u := range c.graph.Unresolved {
				doc.Unresolved = append(doc.Unresolved, reports.NewOpenCall(c.prog, u))
			}
			continue
		}
		if which.indirect {
			for _, site := range c.graph.IndirectSites() {
				doc.Indirect = append(doc.Indirect, reports.NewIndirectSite(c.prog, site))
			}
			continue
		}
		for i := range c.graph.Edges {
			if e := &c.graph.Edges[i]; allow.Crosses(e.Kind) {
				doc.Edges = append(doc.Edges, reports.NewCall(c.prog, e))
			}
		}
	}
	return doc
}

func (s *session) edgeSummary(codes []*code) reports.EdgeSummary {
	doc := reports.EdgeSummary{Head: s.head(codes), Arches: []reports.EdgeCount{}}
	for _, c := range codes {
		doc.Arches = append(doc.Arches, reports.NewEdgeCount(c.prog, c.graph))
	}
	return doc
}
