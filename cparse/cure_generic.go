package cparse

// Macro invocations that stand for associations of a _Generic:
//
//	_Generic(x, int: f, CASE(long, g))  →  _Generic(x, int: f, a:b          )

// assocMacros replaces the invocations among the arguments between the
// parentheses at tokens open and close.
func (s *stripper) assocMacros(open, close int) {
	depth, first, args := 0, open+1, 0
	colon := false
	for k := open; k <= close; k++ {
		t := &s.toks[k]
		switch {
		case t.is('('), t.is('['), t.is('{'):
			depth++
		case t.is(')') && k < close, t.is(']'), t.is('}'):
			depth--
		case depth == 1 && t.is(':'):
			colon = true
		case depth == 1 && (t.is(',') || k == close):
			if args > 0 && !colon {
				s.assocMacro(first, k)
			}
			args++
			first, colon = k+1, false
		}
	}
}

// assocMacro replaces tokens lo to hi-1 if they are one macro invocation.
func (s *stripper) assocMacro(lo, hi int) {
	var at []int // the tokens that stay
	for k := lo; k < hi; k++ {
		if s.toks[k].kind != tokNone {
			at = append(at, k)
		}
	}
	if len(at) < 3 || !s.toks[at[0]].plain() || !s.toks[at[1]].is('(') || !s.toks[at[len(at)-1]].is(')') {
		return
	}
	from, end := s.toks[at[0]].start, s.toks[at[len(at)-1]].end
	if !s.put(from, end, "a:b") {
		return
	}
	if s.assocs == nil {
		s.assocs = map[uint32]string{}
	}
	s.assocs[from] = s.orig(from, end)
	word := s.toks[at[0]]
	for n, k := range at {
		s.toks[k] = token{kind: tokNone}
		if n < 3 {
			s.toks[k] = token{start: from + uint32(n), end: from + uint32(n) + 1, match: -1, line: word.line}
		}
	}
	s.toks[at[0]].kind, s.toks[at[2]].kind = tokWord, tokWord
	s.toks[at[1]].kind, s.toks[at[1]].ch = tokPunct, ':'
}
