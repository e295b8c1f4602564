package cmd

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"klockscan/callgraph"
)

// A ledger is what was asked of a tree and what the tree answered. As long as
// the tree would answer the same, a result that was made from it is right.
// It is safe for concurrent use.
type ledger struct {
	began time.Time // before the first question
	mu    sync.Mutex
	facts map[string]fact // by path
	blind bool            // an answer cannot be asked for again: a file could not be read
}

// A fact is what is known of one path of the tree. A question that tells more
// replaces one that tells less.
type fact struct {
	kind  factKind
	stamp stamp
	sum   digest
}

type factKind uint8

const (
	isAbsent factKind = iota + 1
	isFile            // asked for, not read
	isLarge           // likewise, and so large that its size may have been the reason; the stamp is the size alone
	isDir             // asked for, not listed
	isRead            // sum is of the content, if that was digested
	isListed          // sum is of the names
)

// stamped reports whether more matters than that a path is there.
func (k factKind) stamped() bool { return k >= isRead || k == isLarge }

// A digest is of a text.
type digest = callgraph.Digest

func digestOf(text []byte) digest { return callgraph.DigestOf(text) }

// A stamp tells versions of a file or directory apart without reading it. The
// zero stamp tells nothing.
type stamp struct {
	size, modified, changed int64 // bytes; nanoseconds since 1970
	inode                   uint64
}

// coarse is more than the granularity of the times of a file system: a file
// that was changed so shortly before it was read may change again without
// another time.
const coarse = 50 * time.Millisecond

// newLedger is an empty ledger.
func newLedger() *ledger { return &ledger{began: time.Now(), facts: map[string]fact{}} }

// large is a size, in bytes, that no reader takes for too much.
const large = 1 << 20

// trust is a stamp, or none if the file may have changed again since.
func (l *ledger) trust(s stamp) stamp {
	if max(s.modified, s.changed) >= l.began.Add(-coarse).UnixNano() {
		return stamp{}
	}
	return s
}

// note enters an answer.
func (l *ledger) note(name string, f fact) {
	f.stamp = l.trust(f.stamp)
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.facts[name]; old.kind < f.kind || old.kind == f.kind && old.sum == (digest{}) {
		l.facts[name] = f
	}
}

// filesRead is the files whose content was read, sorted.
func (l *ledger) filesRead() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, name := range sortedKeys(l.facts) {
		if l.facts[name].kind == isRead {
			out = append(out, name)
		}
	}
	return out
}

// adopt enters the facts that a value of the cache was made from: what is made
// from that value depends on them too.
func (l *ledger) adopt(claims []claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range claims {
		if l.facts[c.name].kind < c.kind {
			l.facts[c.name] = c.fact
		}
	}
}

// noteInfo enters what a stat answered.
func (t *tree) noteInfo(name string, info fs.FileInfo) {
	switch {
	case info.IsDir():
		t.note(name, fact{kind: isDir})
	case info.Mode().IsRegular() && info.Size() > large:
		t.note(name, fact{kind: isLarge, stamp: stamp{size: info.Size()}})
	case info.Mode().IsRegular():
		t.note(name, fact{kind: isFile})
	default:
		t.noteLost()
	}
}

// fact is what is known of a path.
func (l *ledger) fact(name string) (fact, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := l.facts[name]
	return f, ok
}

// noteLost makes the ledger one that cannot be compared.
func (l *ledger) noteLost() {
	l.mu.Lock()
	l.blind = true
	l.mu.Unlock()
}

// names is the digest of a directory: what is hidden is none of its names,
// because editors leave such files and nothing of a kernel is called so.
func namesOf(entries []fs.DirEntry) digest {
	h := sha256.New()
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			h.Write([]byte(e.Name()))
			h.Write([]byte{0, byte(e.Type() >> 24), byte(e.Type() >> 16)})
		}
	}
	return digest(h.Sum(nil)[:len(digest{})])
}

// encode is the ledger in bytes, or nil if it cannot be compared later.
func (l *ledger) encode() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blind {
		return nil
	}
	return encodeFacts(l.facts)
}

// encodeFacts is facts in bytes, as decodeLedger reads them.
func encodeFacts(facts map[string]fact) []byte {
	out := binary.AppendUvarint(nil, uint64(len(facts)))
	for _, name := range sortedKeys(facts) {
		f := facts[name]
		out = append(binary.AppendUvarint(out, uint64(len(name))), name...)
		out = append(out, byte(f.kind))
		if !f.kind.stamped() {
			continue
		}
		for _, n := range []int64{f.stamp.size, f.stamp.modified, f.stamp.changed, int64(f.stamp.inode)} {
			out = binary.LittleEndian.AppendUint64(out, uint64(n))
		}
		out = append(out, f.sum[:]...)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A claim is a fact of a stored ledger.
type claim struct {
	name string
	fact
}

var errCut = errors.New("the stored ledger is cut short")

// decodeLedger reads what encode wrote.
func decodeLedger(text []byte) ([]claim, error) {
	n, text, err := cutUvarint(text)
	if err != nil || n > uint64(len(text)) {
		return nil, errCut
	}
	claims := make([]claim, n)
	for i := range claims {
		c := &claims[i]
		var size uint64
		if size, text, err = cutUvarint(text); err != nil || size >= uint64(len(text)) {
			return nil, errCut
		}
		c.name, c.kind = string(text[:size]), factKind(text[size])
		text = text[size+1:]
		if !c.kind.stamped() {
			continue
		}
		const words = 4 * 8
		if len(text) < words+len(c.sum) {
			return nil, errCut
		}
		for k, to := range []*int64{&c.stamp.size, &c.stamp.modified, &c.stamp.changed} {
			*to = int64(binary.LittleEndian.Uint64(text[8*k:]))
		}
		c.stamp.inode = binary.LittleEndian.Uint64(text[24:])
		c.sum = digest(text[words:])
		text = text[words+len(c.sum):]
	}
	return claims, nil
}

func cutUvarint(text []byte) (uint64, []byte, error) {
	n, size := binary.Uvarint(text)
	if size <= 0 {
		return 0, nil, errCut
	}
	return n, text[size:], nil
}

// holds reports whether the tree still answers as the claims say. It asks on all
// cores and stops at the first difference.
func (t *tree) holds(claims []claim) bool {
	if t.base != nil {
		return t.base.holds(claims)
	}
	var wg sync.WaitGroup
	var failed atomic.Bool
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(claims) && !failed.Load(); i += workers {
				if !t.holdsOne(&claims[i]) {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	return !failed.Load()
}

// differs is the files whose content is another than claimed, and the claims that hold of
// what lies below patches. No file is given if something else differs: what patches touch
// is another content, unless it answers as it did.
func (t *tree) differs(claims []claim) (files []string, rest []claim) {
	for i := range claims {
		c := &claims[i]
		patched := t.base != nil && t.over.Touches(c.name)
		var holds bool
		switch {
		case !patched && t.base != nil:
			holds = t.base.holdsOne(c)
		case !patched:
			holds = t.holdsOne(c)
		case c.kind != isRead:
			holds = t.ask(c)
		}
		switch {
		case holds && !patched:
			rest = append(rest, *c)
		case holds:
		case c.kind != isRead || len(files) == mostEdits:
			return nil, nil
		default:
			files = append(files, c.name)
		}
	}
	return files, rest
}

// holdsOne asks for one claim, once for all ledgers that make it.
func (t *tree) holdsOne(c *claim) bool {
	t = t.top()
	if v, ok := t.verdicts.Load(*c); ok {
		return v.(bool)
	}
	v := t.ask(c)
	t.verdicts.Store(*c, v)
	return v
}

// ask compares the stamp first, and only if it differs is the content read.
func (t *tree) ask(c *claim) bool {
	info, err := t.fastStat(c.name)
	switch {
	case c.kind == isAbsent:
		return errors.Is(err, fs.ErrNotExist)
	case err != nil:
		return false
	case !info.Mode().IsRegular() && !info.IsDir() || info.IsDir() != (c.kind == isDir || c.kind == isListed):
		return false
	case !c.kind.stamped() || c.stamp != (stamp{}) && stampOf(info) == c.stamp:
		return true
	case c.kind == isLarge:
		return info.Size() == c.stamp.size
	case c.kind == isRead:
		text, err := fs.ReadFile(t.fsys, c.name)
		return err == nil && c.sum != (digest{}) && digestOf(text) == c.sum
	case c.kind == isListed:
		entries, err := fs.ReadDir(t.fsys, c.name)
		return err == nil && namesOf(entries) == c.sum
	}
	return false
}
