package cmd

import (
	"bytes"
	"encoding/binary"
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
	parts := []string{"answer", c.CommandPath()}
	if s.baseline != "" {
		text, err := s.texts.read(s.baseline, largestBaseline)
		if err != nil {
			return nil
		}
		parts = append(parts, "known", string(text))
	}
	for _, out := range s.outs {
		parts = append(parts, "output", out.format, fmt.Sprint(s.style(s.streams, out)))
	}
	for _, arg := range given {
		if dir, err := filepath.Abs(arg); err != nil || dir != s.tree.path {
			parts = append(parts, "argument", arg)
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch f.Name {
		case "cache", "no-cache", "timings", "output", "format", "color", "no-color", "quiet", "verbose", "jobs": // not part of the answer, or of its outputs
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
	if text, ok := m.recall(s.trees...); ok {
		if parts, status, ok := s.decodeAnswer(text); ok {
			return s.repeat(parts, status)
		}
	}
	s.given = m.writer()
	err := work(c, s, given)
	if s.given != nil && len(s.given.parts) > 0 && (err == nil || err == errFindings) {
		status := exitClean
		if err != nil {
			status = exitFindings
		}
		m.keep(s.given.encode(status), s.trees)
	}
	s.keepCodes()
	return err
}

// An answerText is what a command wrote, to one output after the other.
type answerText struct {
	parts [][]byte
}

// encode is the answer and the exit status in bytes.
func (a *answerText) encode(status int) []byte {
	out := []byte{byte(status)}
	for _, p := range a.parts {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	return out
}

// decodeAnswer reads what encode wrote: a part for each output.
func (s *session) decodeAnswer(text []byte) (parts [][]byte, status int, ok bool) {
	if len(text) == 0 {
		return nil, 0, false
	}
	status, text = int(text[0]), text[1:]
	for len(text) > 0 {
		size, rest, err := cutUvarint(text)
		if err != nil || size > uint64(len(rest)) {
			return nil, 0, false
		}
		parts, text = append(parts, rest[:size]), rest[size:]
	}
	return parts, status, len(parts) == len(s.outs)
}

// repeat gives an answer of the cache: what was written, and the exit status.
func (s *session) repeat(parts [][]byte, status int) error {
	for i, out := range s.outs {
		if err := s.put(out, parts[i]); err != nil {
			return err
		}
	}
	if status != exitClean {
		return errFindings
	}
	return nil
}

// put writes a text to an output.
func (s *session) put(out output, text []byte) error {
	s.progress.clear()
	return writeOut(out.file, s.out, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// write writes the answer to each output, and notes it for the cache.
func (s *session) write(answer func(io.Writer, output) error) error {
	for _, out := range s.outs {
		var text bytes.Buffer
		if err := answer(&text, out); err != nil {
			return failf("cannot write the report: %w", err)
		}
		if s.given != nil {
			s.given.parts = append(s.given.parts, text.Bytes())
		}
		if err := s.put(out, text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
