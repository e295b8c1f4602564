package cparse

import "strings"

// The operators # and ## of macro bodies (ISO/IEC 9899 6.10.3.2 and 6.10.3.3).
// The grammar has neither. A paste makes one word of several, so one word takes
// its place and the template stays beside it: what the word is becomes known
// when the macro is expanded with arguments.

// hash tells whether a paste or a stringified parameter begins at token i.
func (s *stripper) hash(i int) bool {
	t := &s.toks[i]
	return t.is('#') || t.kind == tokPaste || s.pasteFollows(i)
}

func (s *stripper) pasteFollows(i int) bool {
	t := &s.toks[i]
	if t.kind != tokWord && t.kind != tokNumber {
		return false
	}
	n := s.next(i)
	return n < len(s.toks) && s.toks[n].kind == tokPaste
}

// hashEnd replaces what begins at token i and returns the index of its last
// token.
func (s *stripper) hashEnd(i int) int {
	t := s.toks[i]
	switch {
	case t.kind == tokPaste:
		// No word before it, as in the comma of ", ## __VA_ARGS__".
		s.blank(t.start, t.end)
		return i
	case t.is('#'):
		return s.stringify(i)
	}
	return s.paste(i)
}

// stringify puts an empty string in the place of #param.
func (s *stripper) stringify(i int) int {
	t := s.toks[i]
	n := s.next(i)
	if n >= len(s.toks) || s.toks[n].kind != tokWord {
		s.blank(t.start, t.end)
		return i
	}
	name, end := s.str(&s.toks[n]), s.toks[n].end
	if s.strs == nil {
		s.strs = map[uint32]string{}
	}
	s.strs[t.start] = name
	s.put(t.start, end, `""`)
	s.emit(token{start: t.start, end: end, match: -1, kind: tokString, line: t.line})
	return n
}

// paste puts one identifier in the place of a##b##c.
func (s *stripper) paste(i int) int {
	t := s.toks[i]
	var template strings.Builder
	template.WriteString(s.str(&t))
	last := i
	for {
		op := s.next(last)
		if op >= len(s.toks) || s.toks[op].kind != tokPaste {
			break
		}
		arg := s.next(op)
		if arg >= len(s.toks) || s.toks[arg].kind != tokWord && s.toks[arg].kind != tokNumber {
			s.blank(s.toks[op].start, s.toks[op].end)
			last = op
			break
		}
		template.WriteString("##" + s.str(&s.toks[arg]))
		last = arg
	}
	if s.toks[last].kind != tokPaste {
		t.end = s.toks[last].end
	}
	if t.end > s.toks[i].end {
		if s.pastes == nil {
			s.pastes = map[uint32]string{}
		}
		s.pastes[t.start] = template.String()
		s.putName(t.start, t.end)
		t.kind, t.cls = tokWord, clsPlain
	}
	s.emit(t)
	return last
}

// operator puts a + in the place of a parameter that stands for an operator:
// "(a) op (b)" or "(a op b)" in parentheses. It reports whether token i is one.
func (s *stripper) operator(i int) bool {
	t, n := &s.toks[i], len(s.out)
	if len(s.params) == 0 || n < 2 || len(s.opens) == 0 || !s.out[s.opens[len(s.opens)-1]].is('(') || !s.params[s.str(t)] {
		return false
	}
	next := &token{}
	if k := s.next(i); k < len(s.toks) {
		next = &s.toks[k]
	}
	operand := next.kind == tokNumber || next.plain()
	switch prev := &s.out[n-1]; {
	case prev.is(')') && prev.cls != clsCtrl && (operand || next.is('(')):
	case prev.plain() && operand && s.out[n-2].kind == tokPunct && !s.out[n-2].is('*'):
	default:
		return false
	}
	s.put(t.start, t.end, "+")
	s.emit(token{start: t.start, end: t.end, kind: tokPunct, ch: '+'})
	return true
}
