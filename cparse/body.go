package cparse

import (
	"slices"
	"sort"
	"strings"
	"sync"
)

// Bodies on demand. Of the functions of a kernel's files a program contains a
// third: the bodies of the others need not be more than text. What a body says to
// the file around it is found without a tree: macros, includes and conditions by
// the cure; and a body that may define a type or declare a function is read with
// the file (plainBody, told).

// A source is what the bodies of one file are made from: plain data.
type source struct {
	c     *cured
	lines []uint32 // offset of the start of each line
	texts []uint32 // where a text of its own stands that a body with it must be read for, in order
}

// A pending body is one that nobody has asked for yet.
type pending struct {
	of         *source
	start, end uint32 // of the function in the source
	row        uint32 // of start, from 0
	once       sync.Once
	fn         *Func
}

// Body is the function with its Blocks, Locals, Errors and Problems. Those of a
// function from [ParseHeads] are not there before: it is read when somebody asks
// for the first time. Safe for concurrent use; the result is shared.
func (f *Func) Body() *Func {
	if f.pending == nil {
		return f
	}
	f.pending.once.Do(func() {
		file := &File{}
		f.pending.fn = f.pending.of.lower(f, f.pending, file)
		f.pending.fn.Problems = file.Problems
	})
	return f.pending.fn
}

// Mentions reports whether the function may mention one of the words; it does not
// read a body that has not been read. A body of which not all names stand in its
// text (those of guards are made of their class) counts as one that mentions any.
func (f *Func) Mentions(words *WordSet) bool {
	if f.pending == nil {
		return true
	}
	return words.in(f.pending.of.c.src[f.pending.start:f.pending.end])
}

// ParseHeads is Parse, but the bodies of functions are read when [Func.Body] is
// called. Their problems are in the functions then, and not in the File.
func ParseHeads(path string, src []byte) *File {
	return parseFile(path, src, true)
}

// newSource is the source of the bodies of a file.
func newSource(l *lowerer) *source {
	s := &source{c: l.c, lines: l.lines}
	for off, m := range l.c.stmtMacros {
		if len(m.Blocks) > 0 {
			s.texts = append(s.texts, off)
		}
	}
	for off, text := range l.c.types {
		if strings.Contains(text, "{") {
			s.texts = append(s.texts, off)
		}
	}
	slices.Sort(s.texts)
	return s
}

// told tells whether a text in the body from lo to hi may say something to the
// file.
func (s *source) told(lo, hi uint32) bool {
	i := sort.Search(len(s.texts), func(i int) bool { return s.texts[i] >= lo })
	return i < len(s.texts) && s.texts[i] < hi
}

// lower is f with its body. What the body says to the file goes to file.
func (s *source) lower(f *Func, p *pending, file *File) *Func {
	out := *f
	out.pending = nil
	t, err := parsePart(s.c.text, p.start, p.end, p.row)
	if err == nil && (len(t.nodes) < 2 || t.kind(1) != "function_definition") {
		err = errParser
	}
	if err != nil {
		file.Problems = append(file.Problems, Problem{Pos: f.Pos, Func: f.Name, Reason: err.Error()})
		out.Blocks = []*Block{{Term: &Return{Pos: f.End}}}
		return &out
	}
	l := &lowerer{file: file, t: t, c: s.c, lines: s.lines, budget: new(int)}
	*l.budget = maxCleanups
	out.Errors = l.countErrors(1, f.Name)
	l.body(&out, l.t.child(1, "body"))
	return &out
}

// parsePart is the tree of a part of src that begins in a row. The places in it
// are those of src.
func parsePart(src []byte, start, end, row uint32) (*tree, error) {
	t, err := parseTree(src[start:end], parseLimit)
	if err != nil {
		return nil, err
	}
	t.src = src
	for i := range t.nodes {
		n := &t.nodes[i]
		n.start, n.end, n.row = n.start+start, n.end+start, n.row+row
	}
	return t, nil
}

// A WordSet is a set of words to look for in texts.
type WordSet struct {
	words map[string]bool
	// Most words of a text are in no set, and their last two bytes tell.
	ends [1 << 16]bool
}

// NewWordSet makes the set of some words.
func NewWordSet(words []string) *WordSet {
	s := &WordSet{words: map[string]bool{}}
	for _, w := range append(words, "guard", "CLASS", "ACQUIRE", "scoped_class", "scoped_guard", "scoped_cond_guard", "__free") {
		if w == "" {
			continue
		}
		s.words[w] = true
		if len(w) > 1 {
			s.ends[int(w[len(w)-2])<<8|int(w[len(w)-1])] = true
			continue
		}
		for before := range 256 {
			s.ends[before<<8|int(w[0])] = true
		}
	}
	return s
}

// in reports whether a text has a word of the set.
func (s *WordSet) in(text []byte) bool {
	for i := 1; i < len(text); i++ {
		if !isIdent(text[i-1]) || isIdent(text[i]) {
			continue
		}
		lo := i - 1
		if lo > 0 && !s.ends[int(text[lo-1])<<8|int(text[lo])] {
			continue
		}
		for lo > 0 && isIdent(text[lo-1]) {
			lo--
		}
		if s.words[string(text[lo:i])] {
			return true
		}
	}
	return false
}
