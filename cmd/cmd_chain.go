package cmd

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"klockscan/callgraph"
	"klockscan/reports"
)

// mostChains bounds --all: each further chain costs a search for each of its steps.
const mostChains = 1000

// mostPassed bounds --through: each makes the searched graph larger by its size.
const mostPassed = 20

// mostGaps bounds the unresolved calls that a missing chain names.
const mostGaps = 5

// fewAcquisitions is --all for a lock if it is not given.
const fewAcquisitions = 10

// chainFlags is the question of the command chain.
type chainFlags struct {
	from, to string // "" if not given
	tree     string
	lock     string
	through  []string
	avoid    []string
	all      int
	async    bool
}

// add adds the flags that every picture of chains knows too.
func (f *chainFlags) add(c *cobra.Command) {
	c.Flags().IntVar(&f.all, "all", 1, "how many of the best chains")
	c.Flags().BoolVar(&f.async, "async", false, "also cross to work items, timers, threads and deferred requests")
	c.Flags().StringArrayVar(&f.through, "through", nil, "function that the chain must pass; several in the order given")
	c.Flags().StringArrayVar(&f.avoid, "avoid", nil, "function that the chain must not pass; may be repeated")
}

func (f *chainFlags) validate() error {
	if f.all < 1 || f.all > mostChains {
		return usagef("--all %d: give a number from 1 to %d", f.all, mostChains)
	}
	if len(f.through) > mostPassed {
		return usagef("--through is given %d times: %d are the most", len(f.through), mostPassed)
	}
	for _, name := range f.through {
		if slices.Contains(f.avoid, name) {
			return usagef("--through %s and --avoid %s contradict each other", name, name)
		}
	}
	return nil
}

// arguments understands FROM TO [TREE], or with --to-lock [FROM] [TREE]: of one
// argument there a directory is the TREE.
func (f *chainFlags) arguments(given []string) {
	if f.lock == "" {
		f.from, f.to, f.tree = given[0], given[1], treeArg(given, 2)
		return
	}
	if len(given) == 1 {
		if info, err := os.Stat(given[0]); err == nil && info.IsDir() {
			f.tree = given[0]
			return
		}
	}
	if len(given) > 0 {
		f.from = given[0]
	}
	f.tree = treeArg(given, 1)
}

func (a *app) chainCommand() *cobra.Command {
	var o options
	var f chainFlags
	c := &cobra.Command{
		Use:   "chain FROM TO [TREE] | chain --to-lock LOCK [FROM] [TREE]",
		Short: "draw the call chain from one function to another, or to a lock",
		Long: "chain draws the most certain, then shortest, chain of calls from FROM to TO: on one line, and in the form\n" +
			"that kernel patches use. A function is NAME, or FILE:NAME where FILE is the end of a path. A call that is not\n" +
			"written as such is labelled with how it was resolved. If there is no chain, chain says what is nearest and\n" +
			"exits with status 1.\n\n" +
			"--through and --avoid bound the chain. No chain passes a function twice, unless --through leaves no other: then\n" +
			"it is the best parts from each function to the next, and that is said.\n\n" +
			"With --to-lock the chains lead to the places that take a lock of the class: the best chain to each, and the\n" +
			"acquisition as the last line. LOCK is what documents write (x->lock), a class (struct x.lock), or the last\n" +
			"member alone. Without FROM they begin at the entry points (see callers --entry). A single argument that is a\n" +
			"directory is TREE.",
	}
	c.Args = func(c *cobra.Command, given []string) error {
		if f.lock != "" {
			return args(0, 2, "perhaps FROM and perhaps TREE")(c, given)
		}
		return args(2, 3, "FROM, TO and perhaps TREE")(c, given)
	}
	c.RunE = func(c *cobra.Command, given []string) error {
		if err := f.validate(); err != nil {
			return err
		}
		if f.lock != "" && !c.Flags().Changed("all") {
			f.all = fewAcquisitions
		}
		f.arguments(given)
		return a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
			doc, err := s.chains(c, &f)
			if err != nil {
				return err
			}
			return s.finish(doc, doc.WriteText, anyChain(doc))
		})(c, []string{f.tree})
	}
	o.treeFlags(c, a.table)
	o.outFlags(c, "text", "json")
	o.confidenceFlag(c, "edge that a chain may use")
	f.add(c)
	c.Flags().Lookup("all").Usage += "; with --to-lock how many acquisitions (10)"
	c.Flags().StringVar(&f.lock, "to-lock", "", "draw chains to the acquisitions of this lock instead of TO")
	return c
}

// chains loads the tree, with its locks if they matter, and asks.
func (s *session) chains(c *cobra.Command, f *chainFlags) (reports.Chains, error) {
	load := s.ask
	if f.lock != "" {
		load = s.analyse
	}
	codes, err := load(c.Context())
	if err != nil {
		return reports.Chains{}, err
	}
	return s.chainsOf(codes, f)
}

// chainsOf asks for the chains of each architecture that knows all names.
func (s *session) chainsOf(codes []*code, f *chainFlags) (reports.Chains, error) {
	doc := reports.Chains{Head: s.head(codes), From: f.from, To: f.to, Lock: f.lock, Through: f.through, Avoid: f.avoid,
		Arches: []reports.ArchChains{}, Missing: []reports.Missing{}}
	names, err := s.chainNames(codes, f)
	if err != nil {
		return doc, err
	}
	for i, c := range codes {
		doc.Missing = append(doc.Missing, names[i].missing...)
		switch {
		case names[i].lacks():
		case f.lock != "":
			doc.Arches = append(doc.Arches, c.chainsToLock(names[i]))
		default:
			doc.Arches = append(doc.Arches, c.chainsBetween(names[i].query))
		}
	}
	if len(doc.Arches) == 0 {
		return doc, usagef("no architecture has %s", f.words())
	}
	return doc, nil
}

// words is all names that an architecture must know.
func (f *chainFlags) words() string {
	var names []string
	for _, name := range append([]string{f.from, f.to, f.lock}, f.through...) {
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 2 {
		return "both " + names[0] + " and " + names[1]
	}
	return "all of " + strings.Join(names, ", ")
}

// chainsBetween is the chains from function to function.
func (c *code) chainsBetween(q callgraph.Query) reports.ArchChains {
	answer := c.graph.Ask(q)
	one := reports.ArchChains{Arch: c.prog.Arch, Chains: [][]reports.Step{}, Cut: answer.Cut}
	for _, chain := range answer.Chains {
		one.Chains = append(one.Chains, reports.NewSteps(c.prog, chain))
		if about := reports.NewAbout(c.prog, chain, nil, nil); !about.Plain() {
			one.About = append(one.About, about) // a chain with repetitions is the only one
		}
	}
	if len(one.Chains) == 0 {
		one.Nearest = reports.NewNearest(c.prog, c.graph.Nearest(q), mostGaps)
	}
	return one
}

func anyChain(doc reports.Chains) error {
	for _, a := range doc.Arches {
		if len(a.Chains) > 0 {
			return nil
		}
	}
	return errFindings
}
