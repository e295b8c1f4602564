package cmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"klockscan/lockflow"
	"klockscan/reports"
)

// baselineFile is where a baseline is written unless told otherwise.
const baselineFile = "klockscan-baseline.json"

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "record the findings of today, so that only new ones are reported",
		Args:  args(1, 1, "the word write"),
		RunE: func(_ *cobra.Command, given []string) error {
			return usagef("unknown command %q: there is baseline write", given[0])
		},
	}
	c.AddCommand(a.baselineWrite())
	return c
}

func (a *app) baselineWrite() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use: "write [TREE]", Short: "write the findings of a tree as a baseline",
		Long: "baseline write records what check finds, for check --baseline FILE, which then reports only what is new.\n" +
			"The file is " + baselineFile + " in the working directory unless --output says otherwise; - is standard output.\n" +
			"Findings are told apart by their fingerprints, which do not depend on line numbers. By default all are\n" +
			"recorded, guessed ones too, so that the same file serves whatever --confidence a check asks for.",
		Args: args(0, 1, "TREE alone"),
	}
	run := a.run(&o, 0, func(c *cobra.Command, s *session, _ []string) error {
		doc, err := s.checked(c.Context())
		if err != nil {
			return err
		}
		base := reports.NewBaseline(doc)
		if err := s.finish(base, nil, nil); err != nil {
			return err
		}
		return cmp.Or(s.failed, s.lostInScope(doc.Head))
	})
	c.RunE = func(c *cobra.Command, given []string) error {
		if len(o.output) == 0 {
			o.output = []string{baselineFile}
		}
		if f := c.Flags().Lookup("confidence"); !f.Changed || f.Annotations[envMark] != nil {
			_ = c.Flags().Set("confidence", lockflow.Guessed.String()) // only the command line may lower what is recorded
		}
		err := run(c, given)
		if err == nil && !o.quiet && !slices.ContainsFunc(o.outs, output.stdout) {
			for _, out := range o.outs {
				fmt.Fprintf(a.out, "wrote %s\n", oneLine(out.file))
			}
		}
		return err
	}
	o.treeFlags(c, a.table)
	o.outFlags(c, "json")
	o.confidenceFlag(c, "finding that is recorded")
	servesWhole(c)
	c.Flags().Lookup("confidence").DefValue = lockflow.Guessed.String()
	_ = c.Flags().Lookup("confidence").Value.Set(lockflow.Guessed.String())
	return c
}

// largestBaseline bounds a baseline file.
const largestBaseline = 64 << 20

// A baseline is the findings that were known before, and which of them are found.
type baseline struct {
	rows  []reports.Known
	found []bool
	scope []string // of the check that wrote it; nil: it does not say
}

// decodeBaseline understands what baseline write wrote.
func decodeBaseline(name string, text []byte) (*baseline, error) {
	var doc reports.Baseline
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, usagef("--baseline %s: not a baseline (klockscan baseline write makes one): %w", name, err)
	}
	if doc.Format != reports.Format || doc.Tool != reports.Tool {
		return nil, usagef("--baseline %s: %w", name, errors.New("not a baseline of this version of klockscan"))
	}
	has := map[reports.Identity]bool{}
	for i, k := range doc.Known {
		if k.Fingerprint == "" || has[k.Identity()] {
			return nil, usagef("--baseline %s: finding %d has no fingerprint of its own in its file", name, i+1)
		}
		has[k.Identity()] = true
	}
	return &baseline{rows: doc.Known, found: make([]bool, len(doc.Known)), scope: doc.Scope}, nil
}

// knows says which findings were there before, and notes that they still are. Only a
// row that was looked for may have moved: one elsewhere is where it was.
func (b *baseline) knows(findings []reports.Finding, looked func(reports.Known) bool) []bool {
	out := make([]bool, len(findings))
	if b == nil {
		return out
	}
	rows := make([]reports.Identity, len(b.rows))
	for i, k := range b.rows {
		rows[i] = k.Identity()
	}
	for j, i := range reports.Recognise(rows, identities(findings), func(i int) bool { return looked(b.rows[i]) }) {
		if i >= 0 {
			out[j], b.found[i] = true, true
		}
	}
	return out
}

// stale is the rows that are found no more where the check looked.
func (b *baseline) stale(looked func(reports.Known) bool) []string {
	if b == nil {
		return nil
	}
	var out []string
	for i, k := range b.rows {
		if !b.found[i] && looked(k) {
			out = append(out, fmt.Sprintf("%s: %s in %s (%s) on %s", k.Fingerprint, k.Kind, k.Function, k.File, k.Arch))
		}
	}
	return out
}

// readBaseline reads the baseline that the options name; nil if they name none.
func (o *options) readBaseline() (*baseline, error) {
	if o.baseline == "" {
		return nil, nil
	}
	text, err := o.texts.read(o.baseline, largestBaseline)
	if err != nil {
		return nil, usagef("--baseline: %w", err)
	}
	return decodeBaseline(o.baseline, text)
}
