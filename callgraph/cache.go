package callgraph

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"klockscan/cparse"
)

// maxFile is the size above which a file is not read; register headers that are
// larger define nothing but numbers.
const maxFile = 4 << 20

// A Cache keeps parsed files of one tree by path, and what macros make, which is
// much the same in every round and architecture. Safe for concurrent use.
type Cache struct {
	fsys  fs.FS
	files onceMap[string, fileResult]
	found onceMap[string, bool]             // regular files, by path
	made  *onceMap[madeText, *cparse.File]  // depends on no tree
	runs  *onceMap[[2]string, *cparse.File] // preprocessed headers, by path and text; likewise
	other *Cache                            // of a tree that is the same in parts; may be nil
	same  func(path string) bool            // in which
}

type fileResult struct {
	file *cparse.File
	err  error
}

// A madeText is a text that a macro makes, and where.
type madeText struct {
	path, text string
	pos        cparse.Pos
	cond       *cparse.Cond // of all that it defines
}

// A onceMap keeps what was made for each key. Safe for concurrent use.
type onceMap[K comparable, V any] struct {
	mu      sync.Mutex
	entries map[K]*onceEntry[V]
	turn    int
}

type onceEntry[V any] struct {
	once  sync.Once
	value V
	made  atomic.Bool
	last  int // turn that used it
	turns int // how many did
}

// get is the value for a key, made by the first who asks for it.
func (m *onceMap[K, V]) get(key K, make func() V) V {
	m.mu.Lock()
	if m.entries == nil {
		m.entries = map[K]*onceEntry[V]{}
	}
	e := m.entries[key]
	if e == nil {
		e = &onceEntry[V]{}
		m.entries[key] = e
	}
	if e.turns == 0 || e.last != m.turn {
		e.last = m.turn
		e.turns++
	}
	m.mu.Unlock()
	e.once.Do(func() {
		e.value = make()
		e.made.Store(true)
	})
	return e.value
}

// peek is the value for a key if it was made.
func (m *onceMap[K, V]) peek(key K) (value V, ok bool) {
	m.mu.Lock()
	e := m.entries[key]
	m.mu.Unlock()
	if e == nil || !e.made.Load() {
		return value, false
	}
	return e.value, true
}

// values is what was made so far.
func (m *onceMap[K, V]) values() []V {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []V
	for _, e := range m.entries {
		if e.made.Load() {
			out = append(out, e.value)
		}
	}
	return out
}

// clear forgets what was made.
func (m *onceMap[K, V]) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = nil
}

// next begins a turn. What many turns have used is kept for as many more, twice
// over; what one has, as long as a program that is being read may ask again.
func (m *onceMap[K, V]) next() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	for key, e := range m.entries {
		if m.turn-e.last > 2*e.turns {
			delete(m.entries, key)
		}
	}
}

// Next tells the cache that one of many programs is done: what only that one
// needed is dropped before long.
func (c *Cache) Next() {
	c.files.next()
	c.made.next()
	c.runs.next()
	c.found.next()
}

// NewCache makes an empty cache over a tree.
func NewCache(fsys fs.FS) *Cache {
	return &Cache{fsys: fsys, made: new(onceMap[madeText, *cparse.File]), runs: new(onceMap[[2]string, *cparse.File])}
}

// For is a cache over another tree, which takes from this one what it has when it is
// asked, and shares what depends on no tree. What the other tree has not in common
// same must deny: it is asked for paths of files, and has to be safe for concurrent
// use. What could not be read is not taken over: each tree is to say so itself.
func (c *Cache) For(fsys fs.FS, same func(path string) bool) *Cache {
	return &Cache{fsys: fsys, made: c.made, runs: c.runs, other: c, same: same}
}

// taken is the file that the other tree's cache has, nil if there is none.
func (c *Cache) taken(name string) *cparse.File {
	if c.other == nil || !c.same(name) {
		return nil
	}
	if r, ok := c.other.files.peek(name); ok && r.file != nil {
		return r.file
	}
	return c.other.taken(name)
}

// Get is the IR of a file of the tree.
func (c *Cache) Get(name string) (*cparse.File, error) {
	if f := c.taken(name); f != nil {
		return f, nil
	}
	r := c.files.get(name, func() fileResult {
		buf := sources.Get().(*[]byte)
		defer sources.Put(buf)
		src, err := readFileTo(c.fsys, name, *buf)
		if err != nil {
			return fileResult{nil, err}
		}
		*buf = src[:0]
		return fileResult{cparse.ParseHeads(name, src), nil}
	})
	return r.file, r.err
}

// sources keeps the memory of sources that were parsed.
var sources = sync.Pool{New: func() any { return new([]byte) }}

// Trim frees what only [Load] and [Build] ask for again: the bodies of functions as
// they stand in their files, and what macros made. Calls that still ask have it made
// anew.
func (c *Cache) Trim() {
	if c.other != nil {
		c.other.Trim() // bodies that this one's programs have asked for
	}
	for _, r := range c.files.values() {
		if r.file != nil {
			forgetBodies(r.file)
		}
	}
	c.made.clear()
	c.runs.clear()
}

// text is what a text defines that a macro makes at pos, under a condition. It
// is shared: nothing in it may be changed.
func (c *Cache) text(path, text string, pos cparse.Pos, cond *cparse.Cond) *cparse.File {
	return c.made.get(madeText{path, text, pos, cond}, func() *cparse.File {
		f := cparse.ParseText(path, text, pos)
		for _, fn := range f.Funcs {
			fn.Cond = cond
		}
		for _, tc := range f.TopCalls {
			tc.Pos = pos
		}
		return f
	})
}

// preprocessed is the IR of what is left of a file for one of its includers, or for
// those who look for what it stores. It is shared: nothing in it may be changed.
func (c *Cache) preprocessed(path, text string) *cparse.File {
	return c.runs.get([2]string{path, text}, func() *cparse.File { return cparse.ParseHeads(path, []byte(text)) })
}

// exists reports whether a path of the tree is a regular file. Architectures look
// for headers in much the same places.
func (c *Cache) exists(p string) bool {
	return fs.ValidPath(p) && c.found.get(p, func() bool {
		info, err := fs.Stat(c.fsys, p)
		return err == nil && info.Mode().IsRegular()
	})
}

// ErrTooLarge is why a file is not read.
var ErrTooLarge = errors.New("larger than the size limit")

var errBinary = errors.New("not text")

// A BufferedFS reads a regular file of at most so many bytes into memory that it is
// given, or into its own if that is too small. Its error for a larger one is
// [ErrTooLarge].
type BufferedFS interface {
	ReadFileTo(name string, buf []byte, most int64) ([]byte, error)
}

// readFileTo is readFile, into memory that is given if the file system can.
func readFileTo(fsys fs.FS, name string, buf []byte) ([]byte, error) {
	b, ok := fsys.(BufferedFS)
	if !ok {
		return readFile(fsys, name)
	}
	src, err := b.ReadFileTo(name, buf, maxFile)
	if err == nil && isBinary(src) {
		return nil, fmt.Errorf("%s: %w", name, errBinary)
	}
	return src, err
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", name)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	src, err := fs.ReadFile(fsys, name)
	if err == nil && isBinary(src) {
		return nil, fmt.Errorf("%s: %w", name, errBinary)
	}
	return src, err
}

func isBinary(src []byte) bool { return bytes.IndexByte(src[:min(len(src), 8000)], 0) >= 0 }

// isSource reports whether readFile would have given a text that readInto gave.
func isSource(src []byte) bool { return len(src) < maxFile && !isBinary(src) }
