package cmd

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A command's answer depends on the program, the command line, the files that
// the command line names, and the tree. The first three make the key of a memo,
// which lists the answers given so far, each with the ledgers of the trees that
// it was made from. An answer is given again if its ledgers hold.

// remember prepares the memo of one command line; nil if there is no cache, or
// the command line cannot be told apart from others.
func (s *session) remember(c *cobra.Command, given []string) *memo {
	parts := []string{"answer", c.CommandPath(), fmt.Sprint(s.style(s.streams))}
	for _, arg := range given {
		if dir, err := filepath.Abs(arg); err != nil || dir != s.tree.path {
			parts = append(parts, "argument", arg)
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch f.Name {
		case "cache", "no-cache", "timings", "output", "no-color": // not part of the answer, or of the style
		case "old":
			dir, err := filepath.Abs(f.Value.String())
			if f.Value.String() == "" || err != nil {
				dir = ""
			}
			parts = append(parts, f.Name, dir)
		default:
			parts = append(parts, f.Name, f.Value.String())
		}
	})
	return s.newMemo(parts...)
}

// answer does the work of a command, or gives the answer that it had before.
func (s *session) answer(c *cobra.Command, given []string, work func(*cobra.Command, *session, []string) error) error {
	m := s.remember(c, given)
	if text, ok := m.recall(s.tree); ok && len(text) > 0 {
		return s.repeat(text)
	}
	s.given = m.writer()
	err := work(c, s, given)
	if s.given != nil && s.given.Len() > 0 && (err == nil || err == errFindings) {
		status := exitClean
		if err != nil {
			status = exitFindings
		}
		m.keep(append(s.given.Bytes(), byte(status)), s.trees)
	}
	s.keepCodes()
	return err
}

// repeat gives an answer of the cache: what was written, and the exit status.
func (s *session) repeat(text []byte) error {
	last := len(text) - 1
	if err := s.write(func(w io.Writer) error { _, err := w.Write(text[:last]); return err }); err != nil {
		return err
	}
	if text[last] != exitClean {
		return errFindings
	}
	return nil
}

// write writes the answer to where the options say, and notes it for the cache.
func (s *session) write(answer func(io.Writer) error) error {
	s.progress.clear()
	if s.given == nil {
		return writeOut(s.output, s.out, answer)
	}
	if err := answer(s.given); err != nil {
		return failf("cannot write the report: %w", err)
	}
	return writeOut(s.output, s.out, func(w io.Writer) error { _, err := w.Write(s.given.Bytes()); return err })
}
