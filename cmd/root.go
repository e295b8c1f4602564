package cmd

import (
	_ "embed"
	"fmt"
	"runtime"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

//go:embed examples.yaml
var examplesText []byte

// An app is what all commands share while they are put together.
type app struct {
	streams
	table    *scopeFile
	examples map[string][]string // command path → command lines
	make     maker               // how architectures are loaded
	caches   bool                // keep results in the user's cache directory unless told otherwise
}

// newRoot builds the tree of commands. The embedded tables are part of the
// program, so a fault in them is a fault of the build: each command reports it.
func newRoot(s streams, make maker, caches bool) *cobra.Command {
	a := &app{streams: s, make: make, caches: caches}
	var err error
	if a.table, err = loadScopes(scopesText); err == nil {
		err = yaml.Unmarshal(examplesText, &a.examples)
	}
	if err != nil {
		a.table = &scopeFile{}
	}
	root := &cobra.Command{
		Use:   "klockscan",
		Short: "find call paths in kernel C that take locks against the documented order",
		Long: "klockscan reads Linux kernel sources as they lie in the tree (no build, no configuration), follows which\n" +
			"locks are held along every call path, and reports the paths that take locks against the order that the\n" +
			"kernel's own documentation states. TREE is a kernel source tree, the working directory by default.\n\n" +
			"Exit status: 0 clean, 1 findings (chain: no chain), 2 wrong usage, 3 the work could not be done.",
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       knownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			_ = c.Help()
			return usagef("no command given")
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err != nil {
				return failf("%w", err)
			}
			return fromEnv(c)
		},
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w (see %s --help)", err, c.CommandPath())
	})
	root.AddCommand(a.checkCommand(), a.diffCommand(), a.reportCommand(), a.baselineCommand(), a.chainCommand(), a.treeCommand(true), a.treeCommand(false), a.orderCommand(),
		a.edgesCommand(), a.rulesCommand(), a.auditCommand(), a.graphCommand(), a.benchCommand(), a.parseCommand(), a.versionCommand(), a.manCommand())
	a.addExamples(root)
	a.addOffers(root)
	return root
}

// knownCommand refuses an argument that is no command, and offers the nearest.
func knownCommand(c *cobra.Command, given []string) error {
	if len(given) == 0 {
		return nil
	}
	hint := ""
	if near := c.SuggestionsFor(given[0]); len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, ", ") + "?"
	}
	return usagef("unknown command %q%s", given[0], hint)
}

// addExamples fills the examples in, for every command that has some.
func (a *app) addExamples(c *cobra.Command) {
	for _, sub := range c.Commands() {
		a.addExamples(sub)
	}
	c.DisableFlagsInUseLine = true
	if lines := a.examples[c.CommandPath()]; len(lines) > 0 {
		c.Example = "  " + strings.Join(lines, "\n  ")
	}
}

// args wants between least and most arguments, named in the message.
func args(least, most int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if len(given) < least || len(given) > most {
			return usagef("%s takes %s, not %d arguments (see %s --help)", c.CommandPath(), names, len(given), c.CommandPath())
		}
		return nil
	}
}

// treeArg is the argument at i, the working directory if it is not there.
func treeArg(given []string, i int) string {
	if i < len(given) {
		return given[i]
	}
	return "."
}

// run wraps the work of a command that reads a tree: options are validated
// first, and the tree is opened and closed around it.
func (a *app) run(o *options, treeAt int, work func(c *cobra.Command, s *session, given []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, given []string) error {
		if err := o.validate(c); err != nil {
			return err
		}
		o.useProcessors()
		s, err := o.open(a.streams, a.table, treeArg(given, treeAt))
		if err != nil {
			return err
		}
		defer s.close()
		if err := a.ready(s); err != nil {
			return err
		}
		err = s.answer(c, given, work)
		if werr := s.watch.write(o.timings, s.tree); werr != nil {
			return werr
		}
		return err
	}
}

// ready gives a session what the app decides: how code is loaded, and the cache.
func (a *app) ready(s *session) (err error) {
	s.make = a.make
	if s.store, err = s.openCache(a.caches); err != nil {
		return err
	}
	s.tree.remembers = s.store != nil
	return nil
}

// wholeMark is the annotation of commands that work through a whole tree too.
const wholeMark = "whole"

func servesWhole(c *cobra.Command) { c.Annotations[wholeMark] = "yes" }

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: args(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "klockscan %s (%s, %s/%s)\n", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if err != nil {
				return failf("cannot write: %w", err)
			}
			return nil
		},
	}
}
