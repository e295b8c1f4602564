package callgraph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync/atomic"
)

// Programs of one tree look through the same sources for what they call and what
// fills their tables (search.go). A Library reads each of them once and remembers
// of it the words that such a search can be about, so that the next program opens
// only those that may answer.

// A Library is the C files of a tree, to be looked through by several programs. It
// is safe for concurrent use.
type Library struct {
	fsys  fs.FS
	paths []string // sorted
	words []atomic.Pointer[wordHashes]
	sums  []atomic.Pointer[Digest]
}

// A Digest is the first half of a SHA-256.
type Digest [16]byte

// DigestOf is the digest of a text.
func DigestOf(text []byte) Digest {
	sum := sha256.Sum256(text)
	return Digest(sum[:])
}

// MarshalText is the digest as hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText is the reverse of MarshalText.
func (d *Digest) UnmarshalText(text []byte) error {
	n, err := hex.Decode(d[:], text[:min(len(text), 2*len(d))])
	if err == nil && n < len(d) {
		err = hex.ErrLength
	}
	return err
}

// NewLibrary is the library of a tree whose C files are paths.
func NewLibrary(fsys fs.FS, paths []string) *Library {
	b := &Library{fsys: fsys}
	for _, p := range paths {
		if path.Ext(p) == ".c" {
			b.paths = append(b.paths, p)
		}
	}
	slices.Sort(b.paths)
	b.words = make([]atomic.Pointer[wordHashes], len(b.paths))
	b.sums = make([]atomic.Pointer[Digest], len(b.paths))
	return b
}

// Sum is the digest of a file as it was looked through, false if none was.
func (b *Library) Sum(name string) (Digest, bool) {
	if i, ok := slices.BinarySearch(b.paths, name); ok {
		if sum := b.sums[i].Load(); sum != nil {
			return *sum, true
		}
	}
	return Digest{}, false
}

// below is the files below directories, sorted.
func (b *Library) below(dirs []string) []string {
	var out []string
	for _, dir := range dirs {
		lo, _ := slices.BinarySearch(b.paths, dir+"/")
		hi, _ := slices.BinarySearch(b.paths, dir+"0") // '0' follows '/'
		out = append(out, b.paths[lo:hi]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// look gives the texts of those of the paths that may have one of the words to
// judge, which gets the index of the path and must not keep the text.
func (b *Library) look(ctx context.Context, paths []string, words func(i int) *wordQuery, judge func(i int, src []byte)) error {
	return Parallel(ctx, len(paths), func(i int) {
		words := words(i)
		at, ok := slices.BinarySearch(b.paths, paths[i])
		if !ok {
			return
		}
		if has := b.words[at].Load(); has != nil && !words.meets(*has) {
			return
		}
		buf := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(buf)
		src := readInto(buf, b.fsys, paths[i])
		if b.words[at].Load() == nil {
			has, sum := hashWords(src), DigestOf(src)
			b.sums[at].Store(&sum)
			b.words[at].Store(&has)
			if !words.meets(has) {
				return
			}
		}
		judge(i, src)
	})
}

// A wordHashes is the hashes of words of a text that a search can be about, sorted.
// A role goes into the hash: what stands around the word.
type wordHashes []uint32

// The roles of words: see fills and definesOne.
const (
	roleCall   = '(' // directly before a parenthesis
	roleMember = '.' // member before =
	roleValue  = '=' // another word before =
	roleTag    = '{' // on a line before = {
)

// wordHash is FNV-1a of role and word.
func wordHash(role byte, word []byte) uint32 {
	h := (uint32(2166136261) ^ uint32(role)) * 16777619
	for _, c := range word {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// hashWords collects the words of a text that definesOne and fills look at.
func hashWords(src []byte) wordHashes {
	var out wordHashes
	for i, c := range src {
		if c != '(' && c != '=' {
			continue
		}
		end := i
		for c == '=' && end > 0 && (src[end-1] == ' ' || src[end-1] == '\t') {
			end--
		}
		start := end
		for start > 0 && isWord(src[start-1]) {
			start--
		}
		if start < end {
			role := byte(roleCall)
			if c == '=' {
				role = roleValue
				if start > 0 && (src[start-1] == '.' || src[start-1] == '>') {
					role = roleMember
				}
			}
			out = append(out, wordHash(role, src[start:end]))
		}
		if c == '=' && opensList(src, i) {
			for word := range lineWords(src, i) {
				out = append(out, wordHash(roleTag, word))
			}
		}
	}
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

// A wordQuery is words by their hashes, and for a quick look the low bits of these.
type wordQuery struct {
	hashes map[uint32]bool
	low    [1 << 16 / 64]uint64
}

func newWordQuery() *wordQuery { return &wordQuery{hashes: map[uint32]bool{}} }

func (q *wordQuery) add(role byte, word string) {
	h := wordHash(role, []byte(word))
	q.hashes[h] = true
	q.low[uint16(h)>>6] |= 1 << (h & 63)
}

// meets reports whether a text may have one of the words.
func (q *wordQuery) meets(has wordHashes) bool {
	for _, h := range has {
		if q.low[uint16(h)>>6]&(1<<(h&63)) != 0 && q.hashes[h] {
			return true
		}
	}
	return false
}

// definitionQuery is the words of definitions.
func definitionQuery(names map[string]bool) *wordQuery {
	q := newWordQuery()
	for name := range names {
		q.add(roleCall, name)
	}
	return q
}

// query is the words that fills looks for, in files that are close or not.
func (n *needs) query(close bool) *wordQuery {
	q := newWordQuery()
	for _, m := range []struct {
		role  byte
		names map[string]*need
	}{{roleCall, n.params}, {roleValue, n.globals}, {roleMember, n.members}, {roleTag, n.structs}} {
		for name, d := range m.names {
			if d.focus || close {
				q.add(m.role, name)
			}
		}
	}
	return q
}

// A Search is what a program asked of the sources that it had not read, and which
// of them answered. Whoever keeps the program may ask again what a changed source
// would have answered.
type Search struct {
	Arch    string
	Names   []string               `json:",omitempty"` // functions whose definitions were looked for
	Needs   map[string][]SavedNeed `json:",omitempty"` // what needed to be filled: by kind of name
	Answers map[string]Digest      `json:",omitempty"` // of the needs: of what was read of each file, nothing of others
}

// A SavedNeed is one name of a Search.
type SavedNeed struct {
	Name    string
	Structs []string `json:",omitempty"`
	Focus   bool     `json:",omitempty"`
}

// The kinds of names in Search.Needs.
const (
	needMembers = "members"
	needParams  = "params"
	needGlobals = "globals"
	needStructs = "structs"
)

func (n *needs) byKind() map[string]map[string]*need {
	return map[string]map[string]*need{needMembers: n.members, needParams: n.params, needGlobals: n.globals, needStructs: n.structs}
}

// save is the needs as a Search keeps them.
func (n *needs) save() map[string][]SavedNeed {
	out := map[string][]SavedNeed{}
	for kind, m := range n.byKind() {
		for _, name := range sortedKeys(m) {
			out[kind] = append(out[kind], SavedNeed{name, m[name].structs, m[name].focus})
		}
	}
	return out
}

// A Question is a Search made ready to be asked again.
type Question struct {
	search *Search
	arch   *arch
	names  map[string]bool // nil if needs are asked for
	needs  *needs
	ends   endings
}

// Questions makes searches ready, and reports whether they make sense.
func Questions(searches []*Search) ([]*Question, bool) {
	var out []*Question
	for _, s := range searches {
		a, err := archByName(s.Arch)
		if err != nil {
			return nil, false
		}
		q := &Question{search: s, arch: a, needs: newNeeds()}
		if s.Needs == nil {
			q.names = map[string]bool{}
			for _, n := range s.Names {
				q.names[n] = true
			}
		}
		for kind, m := range q.needs.byKind() {
			for _, n := range s.Needs[kind] {
				m[n.Name] = &need{structs: n.Structs, focus: n.Focus}
			}
		}
		q.ends = q.needs.endings()
		out = append(out, q)
	}
	return out, true
}

// A reply compares what a source answers with what it answered.
type reply uint8

const (
	differs reply = iota
	sameNothing
	sameText
)

// Unchanged reports whether a source that the program of the searches did not read
// whole answers them as it did. The text of a file that is gone is empty.
func Unchanged(questions []*Question, name string, src []byte) bool {
	for _, q := range questions {
		switch q.ask(name, src) {
		case differs:
			return false
		case sameText:
			return true // who has answered is not asked again
		}
	}
	return true
}

// ask compares one answer.
func (q *Question) ask(name string, src []byte) reply {
	where := plan()
	near := q.arch.covers(where.dirs, name)
	if q.names != nil {
		if near && !where.skips(name) && isSource(src) && definesOne(src, q.names) {
			return differs // a file with a definition is read whole
		}
		return sameNothing
	}
	before, had := q.search.Answers[name]
	if !near && !(q.needs.ofFocus() && q.arch.covers(where.stores, name)) {
		return sameNothing
	}
	at := q.needs.fills(src, near, &q.ends)
	switch {
	case len(at) == 0 && !had:
		return sameNothing
	case len(at) > 0 && had && DigestOf(thin(src, at)) == before:
		return sameText
	}
	return differs
}

// under is a row's directory for an architecture.
func (a *arch) under(dir string) string {
	if rest, ok := strings.CutPrefix(dir, "ARCH"); ok {
		return path.Join(a.dir, rest)
	}
	return dir
}

// covers reports whether a file lies below one of the directories.
func (a *arch) covers(dirs []string, name string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(name, a.under(dir)+"/") })
}
