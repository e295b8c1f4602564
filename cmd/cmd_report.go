package cmd

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"klockscan/reports"
)

// largestResult bounds a stored result: that of a whole kernel has some 100 MB.
const largestResult = 1 << 30

func (a *app) reportCommand() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "report RESULT.json",
		Short: "write a stored result in another format",
		Long: "report reads what check, diff or audit wrote with --format json and writes it in another format. No tree is\n" +
			"needed: source lines and the lock order are part of the result. RESULT.json may be - for standard input.",
		Args: args(1, 1, "one RESULT.json"),
	}
	c.RunE = func(c *cobra.Command, given []string) error {
		if err := o.validate(c); err != nil {
			return err
		}
		text, err := readInput(given[0], a.in, largestResult)
		if err != nil {
			return failf("cannot read %s: %w", given[0], unpath(err))
		}
		doc, how, err := o.stored(given[0], text)
		if err != nil {
			return err
		}
		s := &session{options: &o, streams: a.streams}
		return s.publish(doc, how, nil)
	}
	o.outFlags(c, checkFormats...)
	o.verboseFlag(c)
	o.linkFlag(c)
	return c
}

// stored understands a stored result.
func (o *options) stored(name string, text []byte) (any, writers, error) {
	var kind struct {
		Head         *reports.Head    `json:"head"`
		Findings     *json.RawMessage `json:"findings"`
		Fixed        *json.RawMessage `json:"fixed"`
		Contradicted *json.RawMessage `json:"contradicted"`
	}
	wrong := func(err error) (any, writers, error) {
		return nil, nil, usagef("%s: not a result of klockscan (check --format json writes one): %w", name, err)
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return wrong(err)
	}
	switch {
	case kind.Head == nil || kind.Head.Tool != reports.Tool:
		return wrong(errors.New("it has no head that says so"))
	case kind.Head.Format != reports.Format:
		return wrong(errors.New("it is of another version of the format"))
	}
	var err error
	switch {
	case kind.Findings != nil:
		var doc reports.Check
		if err = strictly(text, &doc); err == nil {
			reports.UnknownLines(&doc)
			return doc, o.checkWriters(doc), nil
		}
	case kind.Fixed != nil:
		var doc reports.Diff
		if err = strictly(text, &doc); err == nil {
			reports.UnknownLines(&doc)
			return doc, o.diffWriters(doc), nil
		}
	case kind.Contradicted != nil:
		var doc reports.Audit
		if err = strictly(text, &doc); err == nil {
			reports.UnknownLines(&doc)
			return doc, o.auditWriters(doc), nil
		}
	default:
		err = errors.New("it is none of check, diff or audit")
	}
	return wrong(err)
}

// strictly decodes JSON whose fields are all known.
func strictly(text []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(to)
}
