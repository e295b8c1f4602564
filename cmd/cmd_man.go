package cmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// epochEnv is the time, in seconds, that a reproducible build gives its pages.
const epochEnv = "SOURCE_DATE_EPOCH"

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "write the manual pages",
		Long: "man writes a manual page for each command into DIR, which is made if need be, and prints their names. The\n" +
			"pages have no date, unless " + epochEnv + " gives one in seconds: the same program writes the same bytes.",
		Args: args(1, 1, "one DIR"),
		RunE: func(c *cobra.Command, given []string) error {
			date, err := pageDate(os.Getenv(epochEnv))
			if err != nil {
				return err
			}
			if err := os.MkdirAll(given[0], 0o777); err != nil {
				return failf("cannot write %s: %w", given[0], unpath(err))
			}
			for _, p := range manualPages(c.Root(), date) {
				name := filepath.Join(given[0], p.name)
				if err := writeOut(name, nil, func(w io.Writer) error { _, err := w.Write(p.text); return err }); err != nil {
					return err
				}
				if _, err := fmt.Fprintln(a.out, name); err != nil {
					return failf("cannot write: %w", err)
				}
			}
			return nil
		},
	}
}

// pageDate is the date of the pages, "" if there is none.
func pageDate(epoch string) (string, error) {
	if epoch == "" {
		return "", nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return "", usagef("%s: not a number of seconds: %q", epochEnv, epoch)
	}
	return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
}
