package cmd

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"klockscan/cparse"
	"klockscan/reports"
)

func (a *app) parseCommand() *cobra.Command {
	var o options
	var all bool
	c := &cobra.Command{
		Use:   "parse FILE",
		Short: "print what klockscan understands of one C file",
		Long: "parse prints the functions of one C file as the analysis sees them (blocks of calls and assignments), and then\n" +
			"what was not understood. FILE may be - for standard input. With --all the types, variables and macros too.",
		Args: args(1, 1, "one FILE"),
		RunE: func(c *cobra.Command, given []string) error {
			if err := o.validate(c); err != nil {
				return err
			}
			src, err := readSource(given[0], a.in)
			if err != nil {
				return failf("cannot read %s: %w", given[0], unpath(err))
			}
			doc := reports.NewParse(cparse.Parse(given[0], src))
			for _, out := range o.outs {
				err := writeOut(out.file, a.out, func(w io.Writer) error {
					if out.format == "json" {
						return reports.WriteJSON(w, doc)
					}
					return doc.WriteText(w, o.style(a.streams, out), all)
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	o.outFlags(c, "text", "json")
	c.Flags().BoolVar(&all, "all", false, "print types, variables and macros too")
	return c
}

// readSource reads one file of bounded size, which must be a regular one.
func readSource(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return limited(stdin)
	}
	info, err := os.Stat(name) // before Open: a FIFO would wait for a writer
	if err != nil {
		return nil, err
	}
	if err := readable(info); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f)
}

func limited(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, largestFile+1))
	if err == nil && len(text) > largestFile {
		err = errTooLarge
	}
	return text, err
}
