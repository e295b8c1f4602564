package cmd

import (
	"fmt"
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
			src, err := readInput(given[0], a.in, largestFile)
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

// readInput reads a file that the command line names, of at most so many bytes, which
// must be a regular one; - is standard input.
func readInput(name string, stdin io.Reader, most int64) ([]byte, error) {
	if name == "-" {
		return limited(stdin, most)
	}
	info, err := os.Stat(name) // before Open: a FIFO would wait for a writer
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, most)
}

// limited reads what has at most so many bytes.
func limited(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("larger than %d MiB", most>>20)
	}
	return text, err
}
