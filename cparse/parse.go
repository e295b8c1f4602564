package cparse

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"time"
)

// parseLimit bounds the syntax analysis of one file. The slowest real file
// takes a tenth of a second.
const parseLimit = 20 * time.Second

// Parse turns one C source file into its IR. The result depends on src alone;
// path is only a label. What cannot be understood is in the File's Problems.
func Parse(path string, src []byte) *File {
	return parseFile(path, src, false)
}

// parseFile is Parse, or ParseHeads.
func parseFile(path string, src []byte, heads bool) *File {
	f := &File{Path: path, Size: len(src)}
	c := cure(src)
	t, err := parseText(c.text, parseLimit, heads)
	if err != nil {
		f.Problems = append(f.Problems, Problem{Pos: Pos{1, 1}, Reason: err.Error()})
		return f
	}
	l := newLowerer(f, t, c)
	l.seen = shareds.Get().(*shared)
	defer l.seen.free()
	if heads {
		l.cutter = newCutter(c)
	}
	f.Includes, f.Macros = c.includes, c.macros
	f.Problems = append(f.Problems, c.problems...)
	l.unit()
	l.topCalls()
	f.sort()
	t.release()
	c.release()
	return f
}

// sort puts in source order what came by several ways: definitions by macros
// are read after the rest, and some problems before it.
func (f *File) sort() {
	slices.SortStableFunc(f.Funcs, func(a, b *Func) int { return comparePos(a.Pos, b.Pos) })
	slices.SortStableFunc(f.Globals, func(a, b *Global) int { return comparePos(a.Pos, b.Pos) })
	slices.SortStableFunc(f.Problems, func(a, b Problem) int { return comparePos(a.Pos, b.Pos) })
}

func comparePos(a, b Pos) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}

// lowerer turns the syntax tree of one text into IR.
type lowerer struct {
	file   *File
	t      *tree
	c      *cured
	lines  []uint32 // offset of the start of each line
	base   Pos      // where a text of its own stands, such as a macro's body
	flat   bool     // all of the text stands at base: it is made up, or squeezed
	depth  int
	texts  int     // nesting of texts inside texts: typeof(typeof(...))
	budget *int    // cleanup calls that the file may still have
	cutter *cutter // of the bodies that are left for later, or nil
	seen   *shared // names and types of this file so far; nil for small texts
}

// maxDepth bounds the recursion over hostile nesting; real code stays under 60.
const maxDepth = 400

// maxCleanups bounds the calls at the ends of scopes in one file, or one body that
// is read later; they grow with the product of guards and exits.
const maxCleanups = 1 << 17

func newLowerer(f *File, t *tree, c *cured) *lowerer {
	l := &lowerer{file: f, t: t, c: c, budget: new(int)}
	*l.budget = maxCleanups
	l.lines = make([]uint32, 1, bytes.Count(t.src, []byte{'\n'})+1)
	for at := bytes.IndexByte(t.src, '\n'); at >= 0; {
		l.lines = append(l.lines, uint32(at+1))
		next := bytes.IndexByte(t.src[at+1:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return l
}

// pos is where node i starts.
func (l *lowerer) pos(i int32) Pos {
	n := &l.t.nodes[i]
	return l.posAt(n.start, int(n.row))
}

func (l *lowerer) posAt(off uint32, row int) Pos {
	if l.flat {
		return l.base
	}
	p := Pos{Line: int32(row) + 1, Col: 1}
	if row < len(l.lines) && off >= l.lines[row] {
		p.Col = int32(off-l.lines[row]) + 1
	}
	if l.base.Line > 0 {
		if p.Line == 1 {
			p.Col += l.base.Col - 1
		}
		p.Line += l.base.Line - 1
	}
	return p
}

// posOf is the place of a byte offset of the text.
func (l *lowerer) posOf(off uint32) Pos {
	lo, hi := 0, len(l.lines)
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if l.lines[mid] <= off {
			lo = mid
		} else {
			hi = mid
		}
	}
	return l.posAt(off, lo)
}

// enter bounds recursion: it reports false, and notes the problem, when node i
// is nested too deeply. Each true must be paired with leave.
func (l *lowerer) enter(i int32) bool {
	if l.depth >= maxDepth {
		l.note(i, "nesting limit")
		return false
	}
	l.depth++
	return true
}

func (l *lowerer) leave() { l.depth-- }

func (l *lowerer) note(i int32, reason string) {
	l.file.Problems = append(l.file.Problems, Problem{Pos: l.pos(i), Reason: reason, Text: excerpt(l.t.text(i))})
}

// excerpt is the first characters of s, safe to print on one line.
func excerpt(s string) string {
	const limit = 60
	out := make([]byte, 0, limit)
	for i := 0; i < len(s) && len(out) < limit; i++ {
		b := s[i]
		if b < ' ' || b >= 0x7f {
			b = ' '
		}
		if b == ' ' && len(out) > 0 && out[len(out)-1] == ' ' {
			continue
		}
		out = append(out, b)
	}
	return string(out)
}

// children calls f for each named child of node i that is no comment.
func (l *lowerer) children(i int32, f func(int32)) {
	for k := l.t.firstChild(i); k >= 0; k = l.t.nodes[k].next {
		if l.is(k, flagNamed) && (!l.is(k, flagExtra) || l.is(k, flagError)) { // an ERROR node may stand anywhere, so it is extra
			f(k)
		}
	}
}

// only is the first named child of node i, or -1.
func (l *lowerer) only(i int32) int32 {
	first := int32(-1)
	l.children(i, func(k int32) {
		if first < 0 {
			first = k
		}
	})
	return first
}

func (l *lowerer) kind(i int32) string {
	if i < 0 {
		return ""
	}
	return l.t.kind(i)
}

func (l *lowerer) is(i int32, flag uint8) bool { return l.t.nodes[i].flags&flag != 0 }

// name is the identifier at node i: the text, or the template of a token paste.
func (l *lowerer) name(i int32) string {
	if i < 0 {
		return ""
	}
	if l.c.pastes != nil {
		if s, ok := l.c.pastes[l.t.nodes[i].start]; ok {
			return s
		}
	}
	n := &l.t.nodes[i]
	return l.intern(l.t.src[n.start:n.end])
}

// shared is names and types that stand in a file more than once, of which one is
// enough: it halves what a file's declarations need.
type shared struct {
	names map[string]string
	types map[typeKey]*Type
}

// shareds keeps the memory of what small texts share.
var shareds = sync.Pool{New: func() any { return &shared{map[string]string{}, map[typeKey]*Type{}} }}

// maxKeptNames bounds the memory that is kept for the next text.
const maxKeptNames = 1 << 10

// free gives the memory back, but for the names and types themselves.
func (s *shared) free() {
	if len(s.names)+len(s.types) <= maxKeptNames {
		clear(s.names)
		clear(s.types)
		shareds.Put(s)
	}
}

type typeKey struct {
	kind  TypeKind
	union bool
	name  string
	elem  *Type
}

// intern is a text as a string.
func (l *lowerer) intern(text []byte) string {
	if l.seen == nil {
		return string(text)
	}
	s, ok := l.seen.names[string(text)]
	if !ok {
		s = string(text)
		l.seen.names[s] = s
	}
	return s
}

// typeOf is a type that is nothing but its name, or a pointer to or an array of
// another. Nothing may change it.
func (l *lowerer) typeOf(kind TypeKind, name string, union bool, elem *Type) *Type {
	if l.seen == nil {
		return &Type{Kind: kind, Name: name, Union: union, Elem: elem}
	}
	key := typeKey{kind, union, name, elem}
	t := l.seen.types[key]
	if t == nil {
		t = &Type{Kind: kind, Name: name, Union: union, Elem: elem}
		l.seen.types[key] = t
	}
	return t
}
