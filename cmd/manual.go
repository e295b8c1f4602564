package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A manualPage is a file of section 1 of the manual.
type manualPage struct {
	name string
	text []byte
}

// manualPages is a page for each command, from the texts of its --help and from the
// tables below.
func manualPages(root *cobra.Command, date string) []manualPage {
	var out []manualPage
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if !hasPage(c) {
			return
		}
		out = append(out, manualPage{pageName(c) + ".1", newPage(c, date)})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	return out
}

// hasPage leaves out what no page would tell more about: help, and the shells of
// completion, which differ in nothing that klockscan decides.
func hasPage(c *cobra.Command) bool {
	return !c.Hidden && c.Name() != "help" && (c.Parent() == nil || c.Parent().Name() != "completion")
}

// pageName is the name of a command's page: klockscan-graph-chain.
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// statuses is what the exit statuses mean.
var statuses = []struct {
	status int
	means  string
}{
	{exitClean, "clean: no finding; or the question is answered"},
	{exitFindings, "findings; for chain: there is no chain"},
	{exitUsage, "wrong usage: an unknown flag, architecture, scope or function, a bad rules file"},
	{exitFailure, "the work could not be done; or nothing was found, but part of the scope could not be read"},
}

// variables is what the environment says, beside what stands for flags.
var variables = []struct{ name, flag, means string }{
	{cacheEnv, "cache", "The directory that keeps results for the next run, if --cache names none; off: nothing is kept."},
	{"NO_COLOR", "color", "If it is set and not empty, text on a terminal has no colours unless --color says otherwise."},
}

// placesOfFiles is the files that commands with these flags read or write.
var placesOfFiles = []struct{ name, flag, means string }{
	{"TREE/" + treeRulesFile, "rules", "Rules, primitives, entry points, suppressions and values of flags for this tree, as in a file for --rules."},
	{"$XDG_CACHE_HOME/klockscan, ~/.cache/klockscan", "cache", "Where results are kept unless --cache or " + cacheEnv + " names another directory. It may be removed at any time."},
	{baselineFile, "baseline", "What baseline write makes unless --output says otherwise; it is read only where --baseline names it."},
}

// newPage writes the page of one command.
func newPage(c *cobra.Command, date string) []byte {
	c.InitDefaultHelpFlag() // cobra adds it when a command runs
	var r roff
	r.macro(`TH "%s" 1 "%s" "klockscan %s" "klockscan manual"`, escapeRoff(strings.ToUpper(pageName(c))), date, escapeRoff(Version()))
	r.macro("nh") // names and flags stay whole
	r.macro("ad l")
	r.section("NAME")
	r.line(escapeRoff(pageName(c) + " - " + c.Short))
	r.synopsis(c)
	r.section("DESCRIPTION")
	if c.Long == "" {
		r.paragraphs(upperFirst(c.Short) + ".")
	}
	r.paragraphs(c.Long)
	r.commands(c)
	r.options(c)
	r.statuses()
	r.environment(c)
	r.files(c)
	if c.Example != "" {
		r.section("EXAMPLES")
		r.literal(strings.Split(c.Example, "\n"))
	}
	r.seeAlso(c)
	return r.Bytes()
}

// synopsis writes each form of the usage line, what is to be typed in bold.
func (r *roff) synopsis(c *cobra.Command) {
	r.section("SYNOPSIS")
	above := ""
	if c.Parent() != nil {
		above = c.Parent().CommandPath() + " "
	}
	for i, form := range strings.Split(c.Use, " | ") {
		if i > 0 {
			r.macro("br")
		}
		words := strings.Fields(form)
		typed := []string{bold(above + words[0])}
		if c.HasAvailableSubCommands() {
			typed = append(typed, italic("COMMAND"))
		}
		typed = append(typed, "["+italic("option")+"]...")
		for _, w := range words[1:] {
			if strings.HasPrefix(w, "-") {
				typed = append(typed, bold(w))
			} else {
				typed = append(typed, strings.Replace(escapeRoff(w), strings.Trim(escapeRoff(w), "[]"), italic(strings.Trim(w, "[]")), 1))
			}
		}
		r.fill(strings.Join(typed, " "))
	}
}

// commands lists the commands below.
func (r *roff) commands(c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	r.section("COMMANDS")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			r.item(bold(sub.Name()), upperFirst(strings.TrimSuffix(sub.Short, "."))+".")
		}
	}
}

// options lists the flags, sorted by name as --help does.
func (r *roff) options(c *cobra.Command) {
	r.section("OPTIONS")
	eachFlag(c, func(f *pflag.Flag) {
		term := bold("--" + f.Name)
		if f.Shorthand != "" {
			term = bold("-"+f.Shorthand) + ", " + term
		}
		if value := valueOf(f); value != "" {
			term += " " + italic(value)
		}
		text := upperFirst(f.Usage)
		if d := strings.Trim(f.DefValue, "[]"); d != "" && d != "false" && d != "0" {
			text += fmt.Sprintf(" (default %s)", d)
		}
		r.item(term, text+".")
	})
}

// eachFlag visits the flags that a reader is told of.
func eachFlag(c *cobra.Command, visit func(*pflag.Flag)) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Deprecated == "" {
			visit(f)
		}
	})
}

// valueOf is how the value of a flag is written, "" if it has none.
func valueOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return ""
	case "int":
		return "N"
	case "stringSlice":
		return "VALUE,..."
	}
	return "VALUE"
}

func (r *roff) statuses() {
	r.section(`"EXIT STATUS"`)
	for _, s := range statuses {
		r.item(bold(fmt.Sprint(s.status)), upperFirst(s.means)+".")
	}
}

// environment lists the variables that matter to a command: to klockscan itself, all.
func (r *roff) environment(c *cobra.Command) {
	var names []string
	eachFlag(c, func(f *pflag.Flag) {
		if !slices.Contains(ownEnv, f.Name) {
			names = append(names, bold(flagVariable(f)))
		}
	})
	all := c.Parent() == nil
	var rest []func()
	for _, v := range variables {
		if all || c.Flags().Lookup(v.flag) != nil {
			rest = append(rest, func() { r.item(bold(v.name), v.means) })
		}
	}
	if len(names)+len(rest) == 0 {
		return
	}
	r.section("ENVIRONMENT")
	switch {
	case all:
		r.item(bold(envPrefix)+italic("FLAG"), "The value of a flag that the command line does not give: "+envPrefix+"FAIL_ON for --fail-on. Of a flag without a value: true or false. The page of each command names its variables.")
	case len(names) > 0:
		r.fill(escapeRoff("These give the values of flags that the command line does not give (of a flag without a value: true or false): ") + strings.Join(names, ", ") + ".")
	}
	for _, write := range rest {
		write()
	}
}

// files lists the files that matter to a command: to klockscan itself, all.
func (r *roff) files(c *cobra.Command) {
	begun := false
	for _, f := range placesOfFiles {
		if c.Parent() == nil || c.Flags().Lookup(f.flag) != nil {
			if !begun {
				r.section("FILES")
				begun = true
			}
			r.item(italic(f.name), f.means)
		}
	}
}

// seeAlso names the pages above, beside and below.
func (r *roff) seeAlso(c *cobra.Command) {
	var names []string
	if c.Parent() != nil {
		names = append(names, pageName(c.Parent()))
		for _, beside := range c.Parent().Commands() {
			if beside != c && hasPage(beside) {
				names = append(names, pageName(beside))
			}
		}
	}
	for _, sub := range c.Commands() {
		if hasPage(sub) {
			names = append(names, pageName(sub))
		}
	}
	for i, n := range names {
		names[i] = bold(n) + "(1)"
	}
	if len(names) > 0 {
		r.section(`"SEE ALSO"`)
		r.fill(strings.Join(names, ", "))
	}
}

// upperFirst is a text as a sentence begins. One that begins with a name or a flag
// stays.
func upperFirst(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if s == "" || strings.ContainsAny(strings.TrimSuffix(first, ":"), "/:") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
