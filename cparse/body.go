package cparse

import (
	"bytes"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Bodies on demand. Of the functions of a kernel's files a program contains a
// third: the bodies of the others need not be more than text. What a body says to
// the file around it is found without a tree: macros, includes and conditions by
// the cure; and a body that may define a type or declare a function is read with
// the file (plainBody, told).

// A pending body is one that nobody has asked for yet: plain data, so that it can
// be kept on disk.
type pending struct {
	src, text []byte // the function as written, without comments, and as cured
	cure      *cured // what the cure changed in it, by offsets from its start; nil: nothing
	pos       Pos    // of its start
	reading   sync.Mutex
	fn        atomic.Pointer[Func]
}

// Body is the function with its Blocks, Locals, Errors and Problems. Those of a
// function from [ParseHeads] are not there before: it is read when somebody asks
// for the first time. Safe for concurrent use; the result is shared.
func (f *Func) Body() *Func {
	p := f.pending
	if p == nil {
		return f
	}
	if fn := p.fn.Load(); fn != nil {
		return fn
	}
	p.reading.Lock()
	defer p.reading.Unlock()
	fn := p.fn.Load()
	if fn == nil {
		file := &File{}
		fn = p.lower(f, file)
		fn.Problems = file.Problems
		p.fn.Store(fn)
	}
	return fn
}

// Forget frees the body of a function from [ParseHeads]; whoever asks again has it
// read again. Safe for concurrent use.
func (f *Func) Forget() {
	if f.pending != nil {
		f.pending.fn.Store(nil)
	}
}

// Mentions reports whether the function may mention one of the words; it does not
// read a body that has not been read. A body of which not all names stand in its
// text (those of guards are made of their class) counts as one that mentions any.
func (f *Func) Mentions(words *WordSet) bool {
	if f.pending == nil {
		return true
	}
	return words.In(f.pending.src)
}

// ParseHeads is Parse, but the bodies of functions are read when [Func.Body] is
// called. Their problems are in the functions then, and not in the File.
func ParseHeads(path string, src []byte) *File {
	return parseFile(path, src, true)
}

// lower is f with its body. What the body says to the file goes to file.
func (p *pending) lower(f *Func, file *File) *Func {
	out := *f
	out.pending = nil
	var c cured
	if p.cure != nil {
		c = *p.cure
	}
	c.src, c.text = p.src, p.text
	t, err := parseTree(c.text, parseLimit)
	if err == nil && (len(t.nodes) < 2 || t.kind(1) != "function_definition") {
		err = errParser
	}
	if err != nil {
		file.Problems = append(file.Problems, Problem{Pos: f.Pos, Func: f.Name, Reason: err.Error()})
		out.Blocks = []*Block{{Term: &Return{Pos: f.End}}}
		return &out
	}
	l := newLowerer(file, t, &c)
	l.base = p.pos
	l.seen = shareds.Get().(*shared)
	defer l.seen.free()
	out.Errors = l.countErrors(1, f.Name)
	l.body(&out, l.t.child(1, "body"))
	t.release()
	return &out
}

// A cutter takes the functions out of a file that is cured.
type cutter struct {
	c *cured
	// Offsets in the tables of c, in order.
	types, stmts, gotos, ranges, assocs []uint32
}

func newCutter(c *cured) *cutter {
	return &cutter{c, offsets(c.types), offsets(c.stmtMacros), offsets(c.asmGotos), offsets(c.caseRanges), offsets(c.assocs)}
}

func offsets[V any](m map[uint32]V) []uint32 {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// cut is the function from lo to hi, which begins at pos and ends in line last.
func (k *cutter) cut(lo, hi uint32, pos Pos, last int32) *pending {
	p := &pending{src: withoutComments(k.c.src[lo:hi]), pos: pos}
	if p.text = p.src; !bytes.Equal(p.src, k.c.text[lo:hi]) { // most functions are the same as before the cure
		p.text = bytes.Clone(k.c.text[lo:hi])
	}
	part := k.tables(lo, hi)
	part.includes = includesBetween(k.c.includes, pos.Line, last)
	if len(part.types)+len(part.stmtMacros)+len(part.asmGotos)+len(part.caseRanges)+len(part.assocs)+
		len(part.annots)+len(part.conds)+len(part.includes) > 0 {
		p.cure = part
	}
	return p
}

// tables is the tables of the file for what lies from lo to hi.
func (k *cutter) tables(lo, hi uint32) *cured {
	c := k.c
	part := &cured{types: within(c.types, k.types, lo, hi), stmtMacros: within(c.stmtMacros, k.stmts, lo, hi),
		asmGotos: within(c.asmGotos, k.gotos, lo, hi), caseRanges: within(c.caseRanges, k.ranges, lo, hi), assocs: within(c.assocs, k.assocs, lo, hi)}
	from := sort.Search(len(c.annots), func(i int) bool { return c.annots[i].Offset >= lo })
	for _, a := range c.annots[from:] {
		if a.Offset >= hi {
			break
		}
		a.Offset -= lo
		part.annots = append(part.annots, a)
	}
	if cond := c.condAt(lo); cond != nil {
		part.conds = append(part.conds, condMark{0, cond})
	}
	from = sort.Search(len(c.conds), func(i int) bool { return c.conds[i].Start > lo })
	for _, m := range c.conds[from:] {
		if m.Start >= hi {
			break
		}
		part.conds = append(part.conds, condMark{m.Start - lo, m.Cond})
	}
	return part
}

// withoutComments is a text with its comments blanked.
func withoutComments(src []byte) []byte {
	out := bytes.Clone(src)
	for i := 0; i < len(out); {
		switch c := out[i]; {
		case byteClass[c] == byteQuote:
			i = quoteEnd(out, i)
		case c == '/':
			end := commentEnd(out, i)
			blank(out, i, end)
			i = max(end, i+1)
		default:
			i++
		}
	}
	return out
}

// includesBetween is the #include lines from one line to another.
func includesBetween(incs []Include, first, last int32) []Include {
	from := sort.Search(len(incs), func(i int) bool { return incs[i].Pos.Line >= first })
	to := from
	for to < len(incs) && incs[to].Pos.Line <= last {
		to++
	}
	return slices.Clip(incs[from:to])
}

// within is the entries of a table from lo to hi, counted from lo; keys is its
// offsets in order.
func within[V any](m map[uint32]V, keys []uint32, lo, hi uint32) map[uint32]V {
	from := sort.Search(len(keys), func(i int) bool { return keys[i] >= lo })
	var part map[uint32]V
	for _, off := range keys[from:] {
		if off >= hi {
			break
		}
		if part == nil {
			part = map[uint32]V{}
		}
		part[off-lo] = m[off]
	}
	return part
}

// told tells whether a text in the body may say something to the file: the cure
// has put a word in its place, and the tree does not show it.
func (c *cured) told() bool {
	if c == nil {
		return false
	}
	for _, m := range c.stmtMacros {
		if len(m.Blocks) > 0 {
			return true
		}
	}
	for _, text := range c.types {
		if strings.Contains(text, "{") {
			return true
		}
	}
	return false
}

// A WordSet is a set of words to look for in texts.
type WordSet struct {
	words map[string]bool
	// Most words of a text are in no set, and their last two bytes tell.
	ends [1 << 16]bool
}

// NewWordSet makes the set of some words, and of those that guards are written with.
func NewWordSet(words []string) *WordSet {
	return PlainWordSet(append(words, "guard", "CLASS", "ACQUIRE", "scoped_class", "scoped_guard", "scoped_cond_guard", "__free"))
}

// PlainWordSet makes the set of some words.
func PlainWordSet(words []string) *WordSet {
	s := &WordSet{words: map[string]bool{}}
	for _, w := range words {
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

// In reports whether a text has a word of the set.
func (s *WordSet) In(text []byte) bool {
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
