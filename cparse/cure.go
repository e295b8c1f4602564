package cparse

// The cure: what kernel C has and the grammar has not is replaced, before the
// parse, by text of the same length that the grammar takes. Offsets and line
// numbers stay true, and what was replaced is kept beside the text.
//
// Island grammars (Moonen, "Generating robust parsers using island grammars",
// WCRE 2001) skip what they do not know; this goes the other way and rewrites
// the little that is not C, because a lock may hide in it.
//
// The passes, each linear over the tokens of the one before:
//
//	scan          tokens; comments are blanked                    lex.go
//	conditionals  directives are recorded, #if branches chosen    cure_cpp.go
//	strip         attributes, typeof, asm, pastes; words in       cure_strip.go
//	              excess of what C allows; brackets are matched
//	unit          file scope: macro invocations, function heads   cure_unit.go
//	walk          bodies: statement macros, types as arguments,   cure_walk.go
//	              members made by macros

import (
	"bytes"
	"slices"
	"sync"
)

// cured is a text that the grammar takes, and what the cure changed in it.
type cured struct {
	src  []byte // as given
	text []byte // as cured, of the same length

	// types holds, by the offset of a word that stands for a type, the type's
	// text ("struct foo *", "typeof(x)"). The word is an identifier, or int
	// where an identifier in parentheses would not read as a cast.
	types map[uint32]string

	// stmtMacros holds macros that are used like statements, by the offset of
	// their name, and so do calls with statements among their arguments. For
	// the former the name is while or if in the text.
	stmtMacros map[uint32]stmtMacro

	asmGotos   map[uint32][]string // labels, by the offset of a blanked asm goto
	caseRanges map[uint32]bool     // offsets of a || that stands for the dots of a case range
	annots     []offsetAnnot       // annotations, in source order
	assocs     map[uint32]string   // macro invocation that stands for associations of a _Generic, by the offset of the type in its place
	pastes     map[uint32]string   // macro bodies: template ("a##b") by the offset of the identifier in its place
	strs       map[uint32]string   // macro bodies: parameter by the offset of the "" in place of #param
	topCalls   []topCall           // macro invocations at file scope, blanked, in source order
	macros     []*Macro            // #define and #undef, blanked, in source order
	includes   []Include           // #include, blanked, in source order
	conds      []condMark          // where conditions change, in source order
	problems   []Problem
}

// stmtMacro is a macro invocation used like a statement.
type stmtMacro struct {
	Name   string
	Blocks map[int]string // arguments that are statements, by index; 0 in the text
}

// offsetAnnot is an annotation and where it stood.
type offsetAnnot struct {
	Offset uint32
	Annot
}

// span is a range of offsets.
type span struct{ Start, End uint32 }

// topCall is a macro invocation at file scope.
type topCall struct {
	Name   string
	Args   []span
	Offset uint32 // of the name
	Static bool   // static stands before it
	Init   span   // what follows = after it; empty if there is none
}

// condMark says that Cond holds from Start to the next mark.
type condMark struct {
	Start uint32
	Cond  *Cond
}

// condAt is the #if condition of a place at file scope.
func (c *cured) condAt(off uint32) *Cond {
	lo, hi := 0, len(c.conds)
	for lo < hi {
		if mid := (lo + hi) / 2; c.conds[mid].Start <= off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil
	}
	return c.conds[lo-1].Cond
}

// curer is a cure under way.
type curer struct {
	cured
	words  *wordTables
	toks   []token
	params map[string]bool // of the macro whose body this is
	macro  bool
	lines  lineCounter
	stack  []int32 // scratch: open brackets
	frames []frame // scratch: of walk
	budget int     // see spend
}

// bytesPerToken is less than what a token takes up in most files.
const bytesPerToken = 4

// texts keeps the memory of the cured texts of files that were parsed.
var texts sync.Pool

// largeText is the size from which on a text's memory is kept for the next.
const largeText = 1 << 10

// takeText is an empty text with room for n bytes.
func takeText(n int) []byte {
	if n >= largeText {
		if buf, ok := texts.Get().(*[]byte); ok && cap(*buf) >= n {
			return (*buf)[:0]
		}
	}
	return make([]byte, 0, n)
}

// release gives the memory of the text back: nothing may look at it any more.
func (c *cured) release() {
	if cap(c.text) >= largeText {
		text := c.text
		texts.Put(&text)
	}
}

// tokenPool keeps token arrays from file to file.
var tokenPool = sync.Pool{New: func() any { return new([]token) }}

// cure makes src fit for the grammar.
func cure(src []byte) *cured {
	return runCure(src, nil, false)
}

// cureBody does the same for the body of a macro with the given parameters,
// which the caller has wrapped into a function: there # and ## are operators.
func cureBody(src []byte, params []string) *cured {
	return runCure(src, params, true)
}

func runCure(src []byte, params []string, macro bool) *cured {
	c := &curer{words: wordTable(), macro: macro, budget: 8*len(src) + 1<<16}
	c.src, c.text = src, append(takeText(len(src)), src...)
	if len(params) > 0 {
		c.params = make(map[string]bool, len(params))
		for _, p := range params {
			c.params[p] = true
		}
	}
	buf := tokenPool.Get().(*[]token)
	c.toks = scan(c.text, slices.Grow((*buf)[:0], len(src)/bytesPerToken), macro)
	*buf = c.toks
	c.conditionals()
	c.strip()
	c.unit()
	tokenPool.Put(buf)
	c.toks, c.stack, c.frames, c.params = nil, nil, nil, nil // lets go of the scratch
	return &c.cured
}

// str is the text of a token, as it is now.
func (c *curer) str(t *token) string { return string(c.text[t.start:t.end]) }

// orig is the original text between two offsets, white space squeezed.
func (c *curer) orig(lo, hi uint32) string {
	out := make([]byte, 0, hi-lo)
	for i := int(lo); i < int(hi); i++ {
		b := c.src[i]
		switch {
		case b == '/' && commentEnd(c.src, i) > i:
			i = commentEnd(c.src, i) - 1
			b = ' '
		case byteClass[b] == byteSpace || b == '\\' && continues(c.src, i):
			b = ' '
		}
		if b != ' ' || len(out) > 0 && out[len(out)-1] != ' ' {
			out = append(out, b)
		}
	}
	return string(bytes.TrimRight(out, " "))
}

// blank overwrites what lies between two offsets with spaces.
func (c *curer) blank(lo, hi uint32) { blank(c.text, int(lo), int(hi)) }

// put blanks lo..hi and writes s at its start. It reports false, and changes
// nothing, if s does not fit on the first line of the range.
func (c *curer) put(lo, hi uint32, s string) bool {
	if int(hi-lo) < len(s) || bytes.IndexByte(c.text[lo:int(lo)+len(s)], '\n') >= 0 {
		return false
	}
	c.blank(lo, hi)
	copy(c.text[lo:], s)
	return true
}

// putName blanks lo..hi and writes an identifier there, as long as the first
// line allows and made of the words of the original.
func (c *curer) putName(lo, hi uint32) {
	end := lo
	for end < hi && c.text[end] != '\n' {
		end++
	}
	name := c.text[lo:end]
	for i, b := range name {
		if byteClass[b] != byteLetter && byteClass[b] != byteDigit {
			name[i] = '_'
		}
	}
	for len(name) > 1 && name[len(name)-1] == '_' && name[len(name)-2] == '_' {
		name[len(name)-1] = ' '
		name = name[:len(name)-1]
	}
	if len(name) > 0 && (byteClass[name[0]] == byteDigit || c.words.classes[string(name)] != clsPlain) {
		name[0] = '_'
	}
	c.blank(end, hi)
}

func (c *curer) setType(off uint32, text string) {
	if c.types == nil {
		c.types = map[uint32]string{}
	}
	c.types[off] = text
}

// spend takes n bytes from the budget of text that is copied or rewritten in
// arguments. Arguments nest, and hostile ones nest without end; when the budget
// is spent they stay as they are.
func (c *curer) spend(n uint32) bool {
	c.budget -= int(n)
	return c.budget >= 0
}

// lineCounter finds lines and columns. It is quick for offsets that do not
// decrease.
type lineCounter struct {
	off  int   // up to here lines are counted
	bol  int   // where the line of off begins
	line int32 // number of newlines before off
}

// pos is the place of an offset.
func (l *lineCounter) pos(src []byte, off uint32) Pos {
	if int(off) < l.bol {
		*l = lineCounter{}
	}
	if int(off) > l.off {
		part := src[l.off:off]
		if n := bytes.Count(part, []byte{'\n'}); n > 0 {
			l.line += int32(n)
			l.bol = l.off + bytes.LastIndexByte(part, '\n') + 1
		}
		l.off = int(off)
	}
	return Pos{l.line + 1, int32(int(off)-l.bol) + 1}
}
