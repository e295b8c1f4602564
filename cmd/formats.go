package cmd

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"klockscan/reports"
)

// An output is one place that an answer is written to, in one format.
type output struct {
	file   string // "" or "-": standard output
	format string // "" if the command has only one
}

// stdout reports whether the answer goes to standard output.
func (o output) stdout() bool { return o.file == "" || o.file == "-" }

// A writers is how a document is written, by format.
type writers map[string]func(io.Writer, reports.Style) error

// endings is the formats that the names of files tell, the longest ending first.
var endings = []struct{ ending, format string }{
	{"gl-code-quality-report.json", "gitlab"}, // the name that GitLab's manual gives it
	{".gitlab.json", "gitlab"},
	{".sarif.json", "sarif"},
	{".markdown", "markdown"},
	{".sarif", "sarif"},
	{".json", "json"},
	{".html", "html"},
	{".text", "text"},
	{".htm", "html"},
	{".txt", "text"},
	{".tsv", "tsv"},
	{".dot", "dot"},
	{".svg", "svg"},
	{".gv", "dot"},
	{".md", "markdown"},
}

// allFormats is the formats that any file's name tells.
func allFormats() []string {
	var out []string
	for _, e := range endings {
		out = append(out, e.format)
	}
	return out
}

// formatOf is the format that a file's name tells, of those that a command writes;
// "" if it tells none.
func formatOf(file string, formats []string) string {
	name := strings.ToLower(filepath.Base(file))
	for _, e := range endings {
		if strings.HasSuffix(name, e.ending) && slices.Contains(formats, e.format) {
			return e.format
		}
	}
	return ""
}

// outFlags adds the flags of output; the first format is the default.
func (o *options) outFlags(c *cobra.Command, formats ...string) {
	f := c.Flags()
	if len(formats) > 0 {
		f.StringVar(&o.format, "format", formats[0], "output format: "+strings.Join(formats, ", "))
		_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
		c.Annotations = map[string]string{"formats": strings.Join(formats, " ")}
	}
	more := ""
	if len(formats) > 1 {
		more = "; may be repeated: the name's ending tells the format of each, - is standard output"
	}
	f.StringArrayVarP(&o.output, "output", "o", nil, "write to this file, which is replaced only when all is written"+more)
	f.StringVar(&o.color, "color", "auto", "colours: auto (on a terminal, unless NO_COLOR is set), always, never")
	_ = c.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(colors, cobra.ShellCompDirectiveNoFileComp))
	f.BoolVar(&o.noColor, "no-color", false, "the same as --color never")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, and of text only what was asked for, not what it rests on")
}

// colors is the values of --color.
var colors = []string{"auto", "always", "never"}

// outputs understands --output and --format. One file has the format that
// --format says, if it was given, else the one that its name tells. Of several,
// --format is for those whose names tell none.
func (o *options) outputs(c *cobra.Command) error {
	formats := strings.Fields(c.Annotations["formats"])
	if len(formats) > 0 && !slices.Contains(formats, o.format) {
		return usagef("unknown format %q: %s writes %s", o.format, c.CommandPath(), strings.Join(formats, ", "))
	}
	o.outs = nil
	given := false // on the command line
	if f := c.Flags().Lookup("format"); f != nil {
		given = f.Changed && f.Annotations[envMark] == nil
	}
	for _, file := range o.output {
		out := output{file, formatOf(file, formats)}
		if other := formatOf(file, allFormats()); out.format == "" && other != "" && len(formats) > 0 && !given {
			return usagef("--output %s: %s does not write %s, only %s; --format says which one is meant", file, c.CommandPath(), other, strings.Join(formats, ", "))
		}
		if out.format == "" || len(o.output) == 1 && given {
			out.format = o.format
		}
		if slices.ContainsFunc(o.outs, func(b output) bool { return b.file == out.file || b.stdout() && out.stdout() }) {
			return usagef("--output %s is given twice", file)
		}
		o.outs = append(o.outs, out)
		if err := checkOut(file); err != nil {
			return err
		}
	}
	if len(o.outs) == 0 {
		o.outs = []output{{"", o.format}}
	}
	return nil
}

// writes reports whether the answer is written in a format.
func (o *options) writes(format string) bool {
	return slices.ContainsFunc(o.outs, func(out output) bool { return out.format == format })
}

// style is how text is written to an output.
func (o *options) style(s streams, out output) reports.Style {
	color := o.color == "always"
	if o.color == "auto" && !o.noColor && out.stdout() {
		color = !noColorWanted() && isTerminal(s.out)
	}
	width := 0
	if f, ok := s.out.(*os.File); ok && out.stdout() && isTerminal(s.out) {
		width, _, _ = term.GetSize(int(f.Fd()))
	}
	return reports.Style{Color: color, Verbose: o.verbose, Quiet: o.quiet, Width: width}
}

// finish writes a document as JSON or as text, and returns status, unless the
// writing fails.
func (s *session) finish(doc any, text func(io.Writer, reports.Style) error, status error) error {
	return s.publish(doc, writers{"text": text}, status)
}

// publish is finish for documents with further formats.
func (s *session) publish(doc any, how writers, status error) error {
	how["json"] = func(w io.Writer, _ reports.Style) error { return reports.WriteJSON(w, doc) }
	err := s.write(func(w io.Writer, out output) error { return how[out.format](w, s.style(s.streams, out)) })
	if err != nil {
		return err
	}
	return status
}

// publishOnly is publish for documents of a command that writes others in more
// formats.
func (s *session) publishOnly(doc any, how writers) error {
	for _, out := range s.outs {
		if how[out.format] == nil && out.format != "json" {
			return usagef("this is not written as %s", out.format)
		}
	}
	return s.publish(doc, how, nil)
}

// plain is a writer without a style.
func plain(write func(io.Writer) error) func(io.Writer, reports.Style) error {
	return func(w io.Writer, _ reports.Style) error { return write(w) }
}

// noColorWanted follows https://no-color.org.
func noColorWanted() bool { return os.Getenv("NO_COLOR") != "" }
