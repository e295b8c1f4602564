package cparse

import (
	"bytes"
	"strings"
)

// The pass that takes out what C's grammar has no place for, wherever it
// stands: attributes, typeof, asm and, in macro bodies, # and ##. It copies the
// tokens that stay to the front of the array and matches their brackets.

// maxLook bounds how far a construct reaches, in tokens, so that brackets that
// are never closed cost no quadratic time.
const maxLook = 20000

type stripper struct {
	*curer
	out    []token
	opens  []int32 // open brackets, indices into out
	counts [3]int  // open ( [ {
	run    int     // where the words at the end of out begin
	line   bool    // a token at the start of a line was dropped: the next one takes its place
}

// strip rewrites c.toks in place: what is written never overtakes what is read.
// Words of every kind but plain ones and specifiers are looked at here, so that
// the passes behind see only C and macro invocations.
func (c *curer) strip() {
	s := &stripper{curer: c, out: c.toks[:0], opens: c.stack[:0]}
	budget := 4*len(c.toks) + 1000 // tokens that the look-ahead may visit in all
	for i := 0; i < len(c.toks); i++ {
		t := c.toks[i]
		if t.kind == tokNone {
			continue
		}
		s.line = s.line || t.line
		switch {
		case t.kind == tokNumber:
			s.number(&t)
		case t.kind == tokWord && t.cls >= clsSizeof:
			if last := s.special(i, &budget); last >= i {
				i = last
				continue
			}
		case t.kind == tokWord && t.cls == clsStmt && s.computedGoto(i):
			i = s.next(i)
			continue
		case t.plain() && s.unit(&t):
			continue
		case t.plain() && s.tagArguments(i, &budget):
			i = s.group(i, &budget)
			continue
		case c.macro && t.plain() && s.operator(i):
			continue
		case c.macro && s.hash(i):
			i = s.hashEnd(i)
			continue
		}
		s.emit(t)
	}
	s.endRun(nil)
	c.toks, c.stack = s.out, s.opens
}

// next is the index of the next token behind i that stays, or len(toks).
func (s *stripper) next(i int) int {
	for i++; i < len(s.toks) && s.toks[i].kind == tokNone; i++ {
	}
	return i
}

// group is the index of the parenthesis that closes the one behind token i, or
// -1 if none opens there or it is not closed.
func (s *stripper) group(i int, budget *int) int {
	depth := 0
	k := s.next(i)
	if k >= len(s.toks) || !s.toks[k].is('(') {
		return -1
	}
	for end := k + maxLook; k < len(s.toks) && k < end && *budget > 0; k++ {
		*budget--
		switch t := &s.toks[k]; {
		case t.is('('):
			depth++
		case t.is(')'):
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return -1
}

// special handles the words that are taken out or replaced. It returns the
// index of the last token that it has dealt with, or -1.
func (s *stripper) special(i int, budget *int) int {
	t := &s.toks[i]
	switch t.cls {
	case clsAttr, clsTagMacro:
		return s.attribute(i, budget)
	case clsSizeof:
		s.put(t.start, t.end, "sizeof") // the grammar knows no alignment of an expression
		return -1
	case clsOffset:
		return s.offset(i, s.group(i, budget))
	case clsTypeof:
		return s.typeOf(i, s.group(i, budget))
	case clsAsm:
		return s.assembler(i, budget)
	case clsAuto:
		if n := s.next(i); n < len(s.toks) && s.toks[n].plain() {
			s.put(t.start, t.end, "int")
			s.setType(t.start, "__auto_type")
			word := *t
			word.cls = clsType
			s.emit(word)
			return i
		}
	case clsOther:
		if s.str(t) == "_Generic" {
			s.assocMacros(s.next(i), s.group(i, budget))
		}
	case clsLabel:
		for k := i; k < len(s.toks) && k < i+100; k++ {
			if s.toks[k].is(';') {
				s.blank(t.start, s.toks[k].end)
				return k
			}
		}
	}
	return -1
}

// attribute handles an attribute macro as its row of the table says:
//
//	drop   __init f()          →         f()
//	fact   f() __must_hold(x)  →  f()                    and an annotation
//	=word  __always_inline f() →  inline          f()
//	type   typeof_member(a, b) →  typeof_member_a__b_    and a type
//
// A word that wants parentheses and has none is an ordinary name.
func (s *stripper) attribute(i int, budget *int) int {
	t := &s.toks[i]
	name := s.str(t)
	a := s.words.attrs[name]
	last, end := i, t.end
	if a.args > 0 {
		if close := s.group(i, budget); close >= 0 {
			last, end = close, s.toks[close].end
		} else if a.args == 1 {
			t.cls = clsPlain
			return -1
		}
	}
	switch {
	case a.typ:
		return s.typeOf(i, last)
	case a.become != "":
		s.become(a.become, i, last)
		return last
	case a.fact:
		an := offsetAnnot{Offset: t.start, Annot: Annot{Name: name}}
		an.Pos = s.lines.pos(s.src, t.start)
		for _, arg := range s.arguments(i, last) {
			an.Args = append(an.Args, strings.TrimSpace(s.orig(arg.Start, arg.End)))
		}
		s.annots = append(s.annots, an)
	}
	s.blank(t.start, end)
	return last
}

// become puts another word in the place of token i and, if it has parentheses,
// which end with token last, the first argument behind the word.
func (s *stripper) become(as string, i, last int) {
	word, end := s.toks[i], s.toks[last].end
	word.cls = s.words.classes[as]
	args := s.arguments(i, last)
	if len(args) == 0 {
		s.put(word.start, end, as)
		s.emit(word)
		return
	}
	arg := strings.TrimSpace(s.orig(args[0].Start, args[0].End))
	if !s.put(word.start, end, as+" "+arg) {
		s.blank(word.start, end)
		return
	}
	word.end = word.start + uint32(len(as))
	s.emit(word)
	s.emit(token{start: word.end + 1, end: end, kind: tokWord})
}

// arguments cuts what stands between token i, the word before a parenthesis,
// and the closing one.
func (s *stripper) arguments(i, close int) []span {
	if close <= i+1 {
		return nil
	}
	var args []span
	depth := 0
	from := uint32(0)
	for k := i + 1; k <= close; k++ {
		t := &s.toks[k]
		if t.kind != tokPunct {
			continue
		}
		switch t.ch {
		case '(', '[', '{':
			if depth++; depth == 1 {
				from = t.end
			}
		case ')', ']', '}':
			if depth--; depth == 0 && (t.start > from || len(args) > 0) {
				args = append(args, span{from, t.start})
			}
		case ',':
			if depth == 1 {
				args = append(args, span{from, t.start})
				from = t.end
			}
		}
	}
	return args
}

// typeOf replaces typeof(...) by one word. A type is wanted where it stands, and
// every identifier may be one to the grammar.
func (s *stripper) typeOf(i, close int) int {
	if close <= i {
		return -1
	}
	t := s.toks[i]
	end := s.toks[close].end
	s.setType(t.start, s.orig(t.start, end))
	// (name)(x) would read as a call, (name)&x as an operation; int is a type
	// without doubt.
	if n := s.next(close); len(s.out) > 0 && s.out[len(s.out)-1].is('(') && n < len(s.toks) && s.toks[n].is(')') ||
		len(s.text) <= int(end) {
		s.put(t.start, end, "int")
	} else {
		s.putName(t.start, end)
	}
	t.cls, t.end = clsType, end
	s.emit(t)
	return close
}

// offset replaces an offsetof whose member is no plain name, which the grammar
// does not take, by another integer of unknown value.
func (s *stripper) offset(i, close int) int {
	if close < 0 {
		return -1
	}
	k := close - 1
	for k > i && s.toks[k].kind == tokNone {
		k--
	}
	comma := k - 1
	for comma > i && s.toks[comma].kind == tokNone {
		comma--
	}
	t := &s.toks[i]
	if s.toks[k].plain() && s.toks[comma].is(',') && t.end-t.start == uint32(len("offsetof")) {
		return -1
	}
	end := s.toks[close].end
	if !s.put(t.start, end, "sizeof(int)") && !s.put(t.start, end, "0") {
		return -1
	}
	s.emit(token{start: t.start, end: end, kind: tokNumber, line: t.line})
	return close
}

// unit blanks a macro behind a number, a factor in "16 KB", and reports whether
// t is one.
func (s *stripper) unit(t *token) bool {
	if n := len(s.out); n == 0 || s.out[n-1].kind != tokNumber || s.text[s.out[n-1].start] == '(' {
		return false
	}
	s.blank(t.start, t.end)
	return true
}

// tagArguments blanks the arguments of a macro that stands for a tag, as in
// "struct HEADER(1) h;", and reports whether token i is one.
func (s *stripper) tagArguments(i int, budget *int) bool {
	if n := len(s.out); n == 0 || s.out[n-1].cls != clsTag || s.out[n-1].kind != tokWord {
		return false
	}
	close := s.group(i, budget)
	if close < 0 {
		return false
	}
	if inner := s.next(s.next(i)); s.toks[inner].is('*') || s.toks[inner].is('^') {
		return false // struct tag (*name)…
	}
	t := s.toks[i]
	s.blank(t.end, s.toks[close].end)
	s.emit(t)
	return true
}

// number makes a name of what C takes for a number only until macros have
// pasted it: 52_BIT, 3DNOW, 43241B4.
func (s *stripper) number(t *token) {
	text := s.text[t.start:t.end]
	if isNumber(text) {
		return
	}
	text[0] = '_'
	t.kind, t.cls = tokWord, clsPlain
}

// isNumber tells numbers from other preprocessing numbers.
func isNumber(text []byte) bool {
	digits, text := "0123456789.", bytes.TrimRight(text, "uUlLfFiI")
	switch {
	case len(text) > 1 && text[0] == '0' && text[1]|0x20 == 'x':
		digits, text = "0123456789abcdefABCDEF.pP+-uUlL", text[2:]
	case len(text) > 1 && text[0] == '0' && text[1]|0x20 == 'b':
		text = text[2:]
	default:
		if e := bytes.IndexAny(text, "eE"); e > 0 {
			text = append(append([]byte{}, text[:e]...), bytes.TrimLeft(text[e+1:], "+-")...)
		}
	}
	return len(bytes.Trim(text, digits)) == 0
}

// assembler blanks an asm statement to (0), and an asm label altogether:
//
//	asm volatile("nop" : : "r"(x));   →  (0)                           ;
//	register long r asm("r1");        →  register long r          ;
//
// What the assembler writes to is lost: the analysis of locks does not follow
// values through it.
func (s *stripper) assembler(i int, budget *int) int {
	t := s.toks[i]
	k, jump := i, strings.Contains(s.str(&t), "goto")
	for n := s.next(k); n < len(s.toks) && s.toks[n].kind == tokWord && n < i+8; n = s.next(k) {
		jump = jump || s.str(&s.toks[n]) == "goto"
		k = n
	}
	close := s.group(k, budget)
	if close < 0 {
		return -1
	}
	end := s.toks[close].end
	if jump {
		if s.asmGotos == nil {
			s.asmGotos = map[uint32][]string{}
		}
		s.asmGotos[t.start] = s.asmLabels(k, close)
	}
	if n := len(s.out); n > 0 && s.labelBefore(&s.out[n-1]) || !s.put(t.start, end, "(0)") {
		s.blank(t.start, end)
		return close
	}
	s.emit(token{start: t.start, end: end, match: -1, kind: tokNumber, line: t.line})
	return close
}

// labelBefore tells whether the token is the end of a declarator, so that an
// asm behind it names a symbol or a register.
func (s *stripper) labelBefore(t *token) bool {
	return t.plain() || t.is(']') || t.is(')') && len(s.opens) == 0
}

// asmLabels is the labels of an asm goto: what follows the fourth colon.
func (s *stripper) asmLabels(i, close int) []string {
	var labels []string
	depth, colons := 0, 0
	for k := i + 1; k <= close; k++ {
		switch t := &s.toks[k]; {
		case t.is('(') || t.is('['):
			depth++
		case t.is(')') || t.is(']'):
			depth--
		case t.is(':') && depth == 1:
			colons++
		case colons >= 4 && t.plain() && depth == 1:
			labels = append(labels, s.str(t))
		}
	}
	return labels
}

// computedGoto turns "goto *x;" into "x;". Its targets are not known.
func (s *stripper) computedGoto(i int) bool {
	n := s.next(i)
	if n >= len(s.toks) || !s.toks[n].is('*') || s.str(&s.toks[i]) != "goto" {
		return false
	}
	s.blank(s.toks[i].start, s.toks[n].end)
	return true
}

// emit appends a token that stays.
func (s *stripper) emit(t token) {
	t.match = -1
	word := t.kind == tokWord && (t.cls == clsPlain || t.cls.isDecl() || t.cls == clsAttr)
	if !word {
		s.endRun(&t)
	}
	t.line, s.line = t.line || s.line, false
	s.out = append(s.out, t)
	if !word {
		s.run = len(s.out)
	}
	if t.kind == tokPunct {
		s.bracket(t.ch)
	}
}

// bracket matches brackets. A closing one that fits an open one further out
// closes all in between; the counts tell whether there is one, so that the cost
// is one step for each bracket. One that is never closed, or never opened, keeps
// match -1.
func (s *stripper) bracket(ch byte) {
	at := int32(len(s.out) - 1)
	kind := strings.IndexByte("([{)]}", ch)
	switch {
	case kind < 0:
	case kind < 3:
		s.opens = append(s.opens, at)
		s.counts[kind]++
	case s.counts[kind-3] > 0:
		for {
			open := s.opens[len(s.opens)-1]
			s.opens = s.opens[:len(s.opens)-1]
			got := strings.IndexByte("([{", s.out[open].ch)
			s.counts[got]--
			if got == kind-3 {
				s.out[open].match, s.out[at].match = at, open
				return
			}
		}
	}
}
