package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"klockscan/cmd/store"
)

// cacheEnv names the directory of the cache if --cache does not: "off" is none.
const cacheEnv = "KLOCKSCAN_CACHE"

// cacheLimit is the size, in bytes, that the cache is pruned to.
const cacheLimit = 1 << 30

// mostVersions is how many versions of the trees a memo remembers.
const mostVersions = 16

// openCache is the cache of this run, nil if there is none: the options say so,
// or no directory can be had, which only costs time.
func (o *options) openCache(byDefault bool) (*store.Store, error) {
	dir := o.cacheDir
	if dir == "" {
		dir = os.Getenv(cacheEnv)
	}
	named := dir != ""
	if o.noCache || dir == "off" || !named && !byDefault {
		return nil, nil
	}
	if !named {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, nil
		}
		dir = filepath.Join(user, "klockscan")
	}
	s, err := store.Open(dir, cacheLimit)
	if err != nil && named {
		return nil, failf("cannot use the cache directory: %w", err)
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
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
})

// A memo is what the cache knows of one question: the values that it had, each
// with the ledgers of the trees that it was made from. A nil memo remembers
// nothing.
type memo struct {
	store *store.Store
	key   store.Key
	past  []pastValue
}

// A pastValue is one value of a memo, most recent first.
type pastValue struct {
	Trees []pastTree `json:"trees"`
	Value store.Key  `json:"value"`
}

type pastTree struct {
	ID     string    `json:"id"`
	Ledger store.Key `json:"ledger"`
}

// newMemo is the memo of a question about the session's tree; the files that the
// command line names are part of the question. nil if there is no cache, or such
// a file cannot be read.
func (s *session) newMemo(question ...string) *memo { return s.memoOf(s.tree.id, question...) }

// memoOf is newMemo for a tree by its id.
func (s *session) memoOf(tree string, question ...string) *memo {
	if s.store == nil {
		return nil
	}
	self, err := program()
	if err != nil {
		return nil
	}
	parts := append([]string{self, tree}, question...)
	for _, name := range []string{s.options.rules, s.options.primitives} {
		if name != "" {
			text, err := s.texts.read(name, largestBaseline)
			if err != nil {
				return nil
			}
			parts = append(parts, name, string(text))
		}
		parts = append(parts, "")
	}
	m := &memo{store: s.store, key: store.KeyOf(parts...)}
	if text, ok := m.store.Get(m.key); ok && json.Unmarshal(text, &m.past) != nil {
		m.past = nil
	}
	return m
}

// writer is where an answer is collected; nil if nothing is remembered.
func (m *memo) writer() *answerText {
	if m == nil {
		return nil
	}
	return new(answerText)
}

// recall is a value whose trees are as they were. The trees that are open are given:
// those that are no directories cannot be found otherwise.
func (m *memo) recall(open ...*tree) (value []byte, ok bool) {
	return m.recallIf(func([]byte) bool { return true }, open...)
}

// recallIf is such a value that is right for other reasons too.
func (m *memo) recallIf(right func(value []byte) bool, open ...*tree) (value []byte, ok bool) {
	if m == nil {
		return nil, false
	}
	for _, p := range m.past {
		if m.unchanged(p.Trees, open) {
			if value, ok = m.store.Get(p.Value); ok && right(value) {
				return value, true
			}
		}
	}
	return nil, false
}

// holdsFor reports whether there is a value whose trees are as they were.
func (m *memo) holdsFor(open ...*tree) bool {
	return m != nil && slices.ContainsFunc(m.past, func(p pastValue) bool { return m.unchanged(p.Trees, open) })
}

// recallUntouched is a value of a tree that is as it was, if nothing that the value
// was made from is touched.
func (m *memo) recallUntouched(t *tree, touched func(path string) bool) (value []byte, ok bool) {
	if m == nil {
		return nil, false
	}
	for _, p := range m.past {
		if len(p.Trees) != 1 || p.Trees[0].ID != t.id {
			continue
		}
		text, _ := m.store.Get(p.Trees[0].Ledger)
		claims, err := decodeLedger(text)
		if err != nil || slices.ContainsFunc(claims, func(c claim) bool { return touched(c.name) }) || !m.unchanged(p.Trees, []*tree{t}) {
			continue
		}
		if value, ok = m.store.Get(p.Value); ok {
			return value, true
		}
	}
	return nil, false
}

// recallEdited is a value of a tree from which that differs in a few files, and which
// files these are. Where patches lie over a tree, the value is of that tree.
func (m *memo) recallEdited(t *tree) (value []byte, edits []string) {
	if m == nil {
		return nil, nil
	}
	below := t
	if t.base != nil {
		below = t.base
	}
	for _, p := range m.past {
		if len(p.Trees) != 1 || p.Trees[0].ID != below.id {
			continue
		}
		text, _ := m.store.Get(p.Trees[0].Ledger)
		claims, err := decodeLedger(text)
		if err != nil {
			continue
		}
		edits, rest := t.differs(claims)
		if len(edits) == 0 || len(edits) > mostEdits {
			continue
		}
		if value, ok := m.store.Get(p.Value); ok {
			for t := below; t != nil; t = t.parent {
				t.ledger.adopt(rest)
			}
			return value, edits
		}
	}
	return nil, nil
}

func (m *memo) unchanged(trees []pastTree, open []*tree) bool {
	for _, p := range trees {
		var t *tree
		if i := slices.IndexFunc(open, func(o *tree) bool { return o.id == p.ID }); i >= 0 {
			t = open[i]
		} else if !filepath.IsAbs(p.ID) {
			return false
		} else {
			var err error
			if t, _, err = openTree(p.ID); err != nil {
				return false
			}
			defer t.Close()
		}
		if !t.compared.get(p.Ledger, func() bool { return m.holds(p.Ledger, t) }) {
			return false
		}
	}
	return true
}

// holds compares a tree with a ledger. If it holds, the session rests on it.
func (m *memo) holds(ledger store.Key, t *tree) bool {
	text, ok := m.store.Get(ledger)
	if !ok {
		return false
	}
	claims, err := decodeLedger(text)
	if err != nil || !t.holds(claims) {
		return false
	}
	for ; t != nil; t = t.parent {
		t.ledger.adopt(claims)
	}
	return true
}

// A comparison remembers which ledgers a tree was compared with. It is safe for
// concurrent use; who asks while another compares waits.
type comparison struct {
	mu   sync.Mutex
	done map[store.Key]bool
}

func (c *comparison) get(ledger store.Key, compare func() bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	same, ok := c.done[ledger]
	if !ok {
		same = compare()
		if c.done == nil {
			c.done = map[store.Key]bool{}
		}
		c.done[ledger] = same
	}
	return same
}

// keep stores a value. What cannot be stored is worked out again.
func (m *memo) keep(value []byte, trees []*tree) {
	if m == nil {
		return
	}
	p := pastValue{Value: store.KeyOf("value", string(value))}
	for _, t := range trees {
		text := t.ledger.encode()
		if text == nil || t.failure() != nil {
			return
		}
		l := pastTree{ID: t.id, Ledger: store.KeyOf("ledger", string(text))}
		if !m.store.Has(l.Ledger) && m.store.Put(l.Ledger, text) != nil {
			return
		}
		p.Trees = append(p.Trees, l)
	}
	if m.store.Put(p.Value, value) != nil {
		return
	}
	past := append([]pastValue{p}, m.past[:min(len(m.past), mostVersions-1)]...)
	if text, err := json.Marshal(past); err == nil {
		_ = m.store.Put(m.key, text)
	}
	m.store.Prune()
}
