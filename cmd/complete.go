package cmd

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"klockscan/callgraph"
	"klockscan/reports"
)

// What a shell offers for arguments follows from how Use writes them, so that a
// usage line and its completion cannot differ; what it offers for the values of
// flags follows from their names.

// An offer is what a shell offers for one word.
type offer = cobra.CompletionFunc

// Offers of files are made by the shell itself.
var (
	anyFile  = offering(cobra.ShellCompDirectiveDefault)
	anyDir   = offering(cobra.ShellCompDirectiveFilterDirs)
	anyJSON  = offering(cobra.ShellCompDirectiveFilterFileExt, "json")
	anyYAML  = offering(cobra.ShellCompDirectiveFilterFileExt, "yaml", "yml")
	anyTable = offering(cobra.ShellCompDirectiveFilterFileExt, "txt")
	nothing  = offering(cobra.ShellCompDirectiveNoFileComp) // a name of the tree, a number, a template
)

func offering(how cobra.ShellCompDirective, endings ...string) offer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return endings, how
	}
}

// argumentOffers is by the words of Use.
var argumentOffers = map[string]offer{
	"TREE": anyDir, "OLD": anyDir, "NEW": anyDir, "DIR": anyDir, "FILE": anyFile, "RESULT.json": anyJSON,
	"FROM": nothing, "TO": nothing, "FUNCTION": nothing, "REV1": nothing, "REV2": nothing,
}

// flagOffers is by the names of flags. A flag that is not here takes a name of the
// tree, a number or a template, for which files would be wrong offers.
func (a *app) flagOffers() map[string]offer {
	return map[string]offer{
		"arch": severalOf(callgraph.Arches()), "fail-on": severalOf(kindNames(), allKinds, noKind), "scope": a.offerScopes,
		"rules": anyYAML, "baseline": anyJSON, "primitives": anyTable, "cache": anyDir, "old": anyDir, "git": anyDir,
		"output": anyFile, "patch": anyFile, "timings": anyFile,
	}
}

// addOffers tells cobra what to offer for a command and those below it.
func (a *app) addOffers(c *cobra.Command) {
	for _, sub := range c.Commands() {
		a.addOffers(sub)
	}
	c.ValidArgsFunction = offerArgument
	known := a.flagOffers()
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, has := c.GetFlagCompletionFunc(f.Name); has || f.Value.Type() == "bool" {
			return
		}
		how := known[f.Name]
		if how == nil {
			how = nothing
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, how) // it has none: asked above
	})
}

// A position is one argument of a usage line.
type position struct {
	word     string
	optional bool
}

// positions is the arguments that Use writes. Of alternatives the one counts whose
// first flag is given, else the first.
func positions(c *cobra.Command) []position {
	forms := strings.Split(c.Use, " | ")
	words := strings.Fields(forms[0])[1:]
	for _, form := range forms[1:] {
		alternative := strings.Fields(form)[1:]
		if name, isFlag := strings.CutPrefix(alternative[0], "--"); isFlag && c.Flags().Changed(name) {
			words = alternative[2:] // without the flag and its value
		}
	}
	var out []position
	for _, w := range words {
		inner := strings.Trim(w, "[]")
		out = append(out, position{inner, inner != w})
	}
	return out
}

// offerArgument offers what may stand at the next position: an optional argument
// may also be the one after it.
func offerArgument(c *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all := positions(c)
	for i := len(given); i < len(all); i++ {
		known := argumentOffers[all[i].word]
		if known == nil {
			break
		}
		texts, how := known(c, given, typed)
		if !all[i].optional || how != cobra.ShellCompDirectiveNoFileComp {
			return texts, how
		}
	}
	return nothing(c, given, typed)
}

// severalOf offers values of a list separated by commas, each once, or one that
// stands alone.
func severalOf(values []string, alone ...string) offer {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before, _ := lastValue(typed)
		var out []cobra.Completion
		for _, v := range values {
			if !slices.Contains(strings.Split(before, ","), v) {
				out = append(out, before+v)
			}
		}
		if before == "" {
			out = append(out, alone...)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// lastValue cuts a list at its last comma, which stays with what is before.
func lastValue(typed string) (before, last string) {
	at := strings.LastIndexByte(typed, ',') + 1
	return typed[:at], typed[at:]
}

// offerScopes offers the scopes that klockscan knows, and directories of the tree: of
// the argument that is one, or the working directory.
func (a *app) offerScopes(_ *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before, last := lastValue(typed)
	var out []cobra.Completion
	if before == "" {
		for _, s := range a.table.Scopes {
			out = append(out, cobra.CompletionWithDesc(s.Name, s.Reason))
		}
		if whole := a.table.Whole; whole.Name != "" { // it stands alone
			out = append(out, cobra.CompletionWithDesc(whole.Name, whole.Reason))
		}
	} else { // cobra's script for bash loses a described word that has a comma
		for _, s := range a.table.Scopes {
			out = append(out, before+s.Name)
		}
	}
	tree := "."
	for _, arg := range given {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			tree = arg
		}
	}
	for _, dir := range directories(tree, last) {
		out = append(out, before+dir)
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// directories is the directories of a tree that begin with what was typed. Like every
// reader of a tree it does not leave it, and shows no name that is not plain text.
func directories(tree, typed string) []string {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil
	}
	defer root.Close()
	above, base := path.Split(typed)
	entries, err := fs.ReadDir(root.FS(), path.Clean("./"+above))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		name := e.Name()
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(base, ".")
		if e.IsDir() && strings.HasPrefix(name, base) && !hidden && reports.Clean(name) == name && !strings.ContainsAny(name, ", ") {
			out = append(out, above+name)
		}
	}
	return out
}
