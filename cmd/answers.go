package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"klockscan/cmd/store"
)

// A command's answer depends on the program, the command line, the files that
// the command line names, and the tree. The first three make the key of an
// entry; the entry lists the answers given so far, each with the ledgers of the
// trees that it was made from. An answer is given again if its ledgers hold.

// cacheEnv names the directory of the cache if --cache does not: "off" is none.
const cacheEnv = "KLOCKSCAN_CACHE"

// cacheLimit is the size, in bytes, that the cache is pruned to.
const cacheLimit = 1 << 30

// mostAnswers is how many versions of the trees an entry remembers.
const mostAnswers = 16

// A memo is where a command finds its answer and leaves it. A nil memo
// remembers nothing.
type memo struct {
	store *store.Store
	key   store.Key
	past  []pastAnswer
	given []byte // what this run wrote
	wrote bool
}

// A pastAnswer is one answer of an entry, most recent first.
type pastAnswer struct {
	Trees  []pastTree `json:"trees"`
	Answer store.Key  `json:"answer"`
	Status int        `json:"status"`
}

type pastTree struct {
	Path   string    `json:"path"`
	Ledger store.Key `json:"ledger"`
}

// openCache is the cache of this run, nil if there is none: the options say so,
// or no directory can be had, which only costs time.
func (o *options) openCache(byDefault bool) (*store.Store, error) {
	dir := o.cacheDir
	if dir == "" {
		dir = os.Getenv(cacheEnv)
	}
	if o.noCache || dir == "off" || dir == "" && !byDefault {
		return nil, nil
	}
	if dir != "" {
		s, err := store.Open(dir, cacheLimit)
		if err != nil {
			return nil, failf("cannot use the cache directory: %w", err)
		}
		return s, nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return nil, nil
	}
	s, err := store.Open(filepath.Join(user, "klockscan"), cacheLimit)
	if err != nil {
		return nil, nil
	}
	return s, nil
}

// program is the digest of the program that runs: another build may answer
// otherwise.
var program = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(name)
	return store.KeyOf(string(text)).String(), err
})

// remember prepares the memo of one command line; nil if it cannot be told
// apart from others.
func (s *session) remember(c *cobra.Command, given []string) *memo {
	if s.store == nil {
		return nil
	}
	self, err := program()
	if err != nil {
		return nil
	}
	parts := []string{"answer", self, c.CommandPath(), s.tree.path, fmt.Sprint(s.style(s.streams))}
	for _, arg := range given {
		if dir, err := filepath.Abs(arg); err != nil || dir != s.tree.path {
			parts = append(parts, "argument", arg)
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch value := f.Value.String(); f.Name {
		case "cache", "no-cache", "output", "no-color": // not part of the answer, or of the style
		case "rules", "primitives":
			text, rerr := os.ReadFile(value)
			if rerr != nil && value != "" {
				err = rerr
			}
			parts = append(parts, f.Name, value, string(text))
		case "old":
			if value != "" {
				value, err = filepath.Abs(value)
			}
			parts = append(parts, f.Name, value)
		default:
			parts = append(parts, f.Name, value)
		}
	})
	if err != nil {
		return nil
	}
	m := &memo{store: s.store, key: store.KeyOf(parts...)}
	if text, ok := m.store.Get(m.key); ok && json.Unmarshal(text, &m.past) != nil {
		m.past = nil
	}
	return m
}

// recall is an answer whose trees are as they were, and its exit status.
func (m *memo) recall(t *tree) (answer []byte, status int, ok bool) {
	if m == nil {
		return nil, 0, false
	}
	for _, p := range m.past {
		if !m.unchanged(p.Trees, t) {
			continue
		}
		if text, ok := m.store.Get(p.Answer); ok {
			return text, p.Status, true
		}
	}
	return nil, 0, false
}

func (m *memo) unchanged(trees []pastTree, own *tree) bool {
	for _, p := range trees {
		text, ok := m.store.Get(p.Ledger)
		if !ok {
			return false
		}
		claims, err := decodeLedger(text)
		if err != nil {
			return false
		}
		t := own
		if p.Path != own.path {
			if t, _, err = openTree(p.Path); err != nil {
				return false
			}
			defer t.Close()
		}
		if !t.holds(claims) {
			return false
		}
	}
	return true
}

// keep stores what this run answered. What cannot be stored is worked out again.
func (m *memo) keep(status int, trees []*tree) {
	if m == nil || !m.wrote {
		return
	}
	p := pastAnswer{Answer: store.KeyOf("text", string(m.given)), Status: status}
	for _, t := range trees {
		text := t.ledger.encode()
		if text == nil {
			return
		}
		l := pastTree{Path: t.path, Ledger: store.KeyOf("ledger", string(text))}
		if m.store.Put(l.Ledger, text) != nil {
			return
		}
		p.Trees = append(p.Trees, l)
	}
	if m.store.Put(p.Answer, m.given) != nil {
		return
	}
	past := append([]pastAnswer{p}, m.past[:min(len(m.past), mostAnswers-1)]...)
	text, err := json.Marshal(past)
	if err == nil {
		_ = m.store.Put(m.key, text)
	}
	m.store.Prune()
}

// answer does the work of a command, or gives the answer that it had before.
func (s *session) answer(c *cobra.Command, given []string, work func(*cobra.Command, *session, []string) error) error {
	s.memo = s.remember(c, given)
	if text, status, ok := s.memo.recall(s.tree); ok {
		s.memo = nil
		if err := s.write(func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
			return err
		}
		if status != exitClean {
			return errFindings
		}
		return nil
	}
	err := work(c, s, given)
	switch err {
	case nil:
		s.memo.keep(exitClean, s.trees)
	case errFindings:
		s.memo.keep(exitFindings, s.trees)
	}
	return err
}

// write writes the answer to where the options say.
func (s *session) write(answer func(io.Writer) error) error {
	s.progress.clear()
	if s.memo == nil {
		return writeOut(s.output, s.out, answer)
	}
	var b bytes.Buffer
	if err := answer(&b); err != nil {
		return failf("cannot write the report: %w", err)
	}
	s.memo.given, s.memo.wrote = b.Bytes(), true
	return writeOut(s.output, s.out, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
}
