package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"klockscan/callgraph"
	"klockscan/lockflow"
	"klockscan/reports"
)

// options is what the flags of a command say, before they are understood.
type options struct {
	arches     []string
	scope      []string
	format     string
	output     []string
	outs       []output // what format and output mean
	confidence string
	color      string
	noColor    bool
	quiet      bool
	verbose    bool
	jobs       int
	primitives string
	rules      string
	cacheDir   string
	noCache    bool
	timings    string // file for bench
	failOn     []string
	baseline   string
	link       string         // template of links into a source browser
	settled    bool           // rules files have had their say
	texts      *namedTexts    // of the files that the command line names
	command    *cobra.Command // whose flags these are, once they are validated
}

// treeFlags adds the flags of commands that read a tree.
func (o *options) treeFlags(c *cobra.Command, table *scopeFile) {
	f := c.Flags()
	f.StringSliceVar(&o.arches, "arch", callgraph.Arches(), "architectures to analyse, one after the other in every report")
	f.StringSliceVar(&o.scope, "scope", []string{table.Default}, "what to analyse: "+table.scopeNames()+", or directories of the tree")
	f.StringVar(&o.primitives, "primitives", "", "file with further lock primitives (rows as in lockflow/primitives.txt)")
	f.StringVar(&o.rules, "rules", "", "YAML file with further rules, primitives, entry points and suppressions (also: "+treeRulesFile+" in the tree)")
	f.StringVar(&o.cacheDir, "cache", "", "directory that keeps results for the next run (also: "+cacheEnv+"; default: one of the user's cache directory)")
	f.StringVar(&o.timings, "timings", "", "write how long each stage took to this file")
	_ = f.MarkHidden("timings") // for bench
	f.BoolVar(&o.noCache, "no-cache", false, "work everything out anew and keep nothing")
	f.IntVarP(&o.jobs, "jobs", "j", 0, "how many processors to use (default: all)")
	o.verboseFlag(c)
}

func (o *options) verboseFlag(c *cobra.Command) {
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "file:line of every step, and each region that was not understood")
}

// confidenceFlag adds --confidence.
func (o *options) confidenceFlag(c *cobra.Command, what string) {
	c.Flags().StringVar(&o.confidence, "confidence", lockflow.Likely.String(), "the least certain "+what+": "+strings.Join(confidences(), ", "))
	_ = c.RegisterFlagCompletionFunc("confidence", cobra.FixedCompletions(confidences(), cobra.ShellCompDirectiveNoFileComp))
}

// levels is the confidences, most certain first.
func levels() []lockflow.Confidence {
	return []lockflow.Confidence{lockflow.Certain, lockflow.Likely, lockflow.Possible, lockflow.Guessed}
}

func confidences() []string {
	var names []string
	for _, c := range levels() {
		names = append(names, c.String())
	}
	return names
}

// validate refuses values that no flag of this command knows, before any work.
func (o *options) validate(c *cobra.Command) error {
	o.command = c
	if o.texts == nil {
		o.texts = &namedTexts{}
	}
	if o.noColor {
		o.color = "never"
	}
	for _, a := range o.arches {
		if !slices.Contains(callgraph.Arches(), a) {
			return usagef("unknown architecture %q: known are %s", a, strings.Join(callgraph.Arches(), ", "))
		}
	}
	if c.Flags().Lookup("arch") != nil && len(o.arches) == 0 {
		return usagef("--arch names no architecture: known are %s", strings.Join(callgraph.Arches(), ", "))
	}
	slices.SortStableFunc(o.arches, func(a, b string) int {
		return slices.Index(callgraph.Arches(), a) - slices.Index(callgraph.Arches(), b)
	})
	o.arches = slices.Compact(o.arches)
	if o.confidence != "" && !slices.Contains(confidences(), o.confidence) {
		return usagef("unknown confidence %q: known are %s", o.confidence, strings.Join(confidences(), ", "))
	}
	if !slices.Contains(colors, o.color) {
		return usagef("--color %q: give %s", o.color, strings.Join(colors, ", "))
	}
	if o.jobs < 0 {
		return usagef("--jobs %d: give a number of processors, 0 for all", o.jobs)
	}
	if err := o.validFailOn(); err != nil {
		return err
	}
	if err := reports.CheckLink(o.link); err != nil {
		return usagef("--link: %w", err)
	}
	return o.outputs(c)
}

// least is the value of --confidence, which is valid.
func (o *options) least() lockflow.Confidence {
	at := slices.Index(confidences(), o.confidence)
	return levels()[max(at, 0)]
}

// allow is the edges that --confidence lets a query cross. A query follows
// resolved indirect calls for likely and possible alike: what makes a finding
// only possible is not an edge.
func (o *options) allow(async bool) callgraph.Allow {
	weakest := callgraph.Callback
	switch o.confidence {
	case lockflow.Certain.String():
		weakest = callgraph.Macro
	case lockflow.Guessed.String():
		weakest = callgraph.Guess
	}
	return callgraph.Allow{Weakest: weakest, Async: async}
}
