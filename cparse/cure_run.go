package cparse

import "strings"

// Runs of words. C allows few words side by side: specifiers, one type name if
// no specifier names the type, one declared name. What exceeds that is an
// attribute macro that no table knows:
//
//	static __foo int bar(void)      one too many
//	struct x __bar *p               one too many
//	foo_t bar __baz = 1;            one too many

// endRun looks at the words that the token next (nil: the end) follows.
func (s *stripper) endRun(next *token) {
	run := s.out[s.run:]
	if len(run) == 0 || len(run) == 1 && !s.afterIndex(next) || s.inList() {
		s.run = len(s.out)
		return
	}
	names, typed := runNames(run)
	if typed {
		names -= s.early(run)
		run = s.out[s.run:]
	}
	if excess := names - s.allowed(run, typed, next); excess > 0 {
		s.thin(excess, next)
	}
	s.run = len(s.out)
}

// afterIndex tells whether the words stand between an array's brackets and the
// end of its declarator.
func (s *stripper) afterIndex(next *token) bool {
	return s.run > 0 && s.out[s.run-1].is(']') && next != nil && (next.is(';') || next.is('=') || next.is(','))
}

// inList tells whether the words are elements of a list in braces, where macros
// bring their own commas.
func (s *stripper) inList() bool {
	if len(s.opens) == 0 {
		return false
	}
	ctx := s.out[s.opens[len(s.opens)-1]].ctx
	return ctx == inInit || ctx == inEnum
}

// early blanks names that stand before a keyword that names the type: no type
// name can stand there. It returns how many there were.
func (s *stripper) early(run []token) int {
	last := len(run) - 1
	for last >= 0 && run[last].cls != clsType && run[last].cls != clsTag {
		last--
	}
	n := 0
	for i := range run[:max(last, 0)] {
		if run[i].cls == clsPlain && !(i > 0 && run[i-1].cls == clsTag) {
			s.blank(run[i].start, run[i].end)
			run[i].kind = tokNone
			n++
		}
	}
	if n > 0 {
		s.compact()
	}
	return n
}

// compact removes the tokens of the run that were blanked.
func (s *stripper) compact() {
	w := s.run
	line := false
	for _, t := range s.out[s.run:] {
		line = line || t.line
		if t.kind != tokNone {
			s.out[w] = t
			s.out[w].line, line = line, false
			w++
		}
	}
	s.out = s.out[:w]
	s.line = s.line || line
}

// runNames counts the names in a run other than the tags of structs, and tells
// whether a keyword names the type.
func runNames(run []token) (names int, typed bool) {
	for i := range run {
		switch t := &run[i]; {
		case t.cls == clsType:
			typed = true
		case t.cls == clsTag:
			typed = true
		case (t.cls == clsPlain || t.cls == clsPrim) && !(i > 0 && run[i-1].cls == clsTag):
			names++
		}
	}
	return names, typed
}

// early, allowed and thin work on counts alone: which of the words are types is
// not known here, and the grammar takes any name for one.

// allowed is how many names C allows in a run.
func (s *stripper) allowed(run []token, typed bool, next *token) int {
	n := 2
	if typed {
		n = 1
	}
	if s.run > 0 {
		switch prev := &s.out[s.run-1]; {
		case prev.is('*') && !typed:
			n = 1
		case prev.is('}') && (prev.ctx == inStruct || prev.ctx == inEnum):
			n = 1
		case prev.is('['):
			n = 1
		case s.afterIndex(next):
			return 0
		}
	}
	if next == nil {
		return n
	}
	tag := run[len(run)-1].cls == clsPlain && len(run) > 1 && run[len(run)-2].cls == clsTag
	switch {
	case next.kind == tokString:
		n = 1 // all but one of the macros for strings
	case next.is('*') && !(s.run > 0 && s.out[s.run-1].is('*')):
		n--
	case next.is('{') && typed && !tag && (next.ctx == inStruct || next.ctx == inEnum):
		n = 0 // struct attr name {: the first name is taken for the tag
	}
	return n
}

// thin blanks names in excess from the run at the end of out: first those that
// begin with two underscores and do not look like types, then from the left.
// The name of a function is never taken: it stands before its parenthesis.
func (s *stripper) thin(excess int, next *token) {
	run := s.out[s.run:]
	keep := -1
	if next != nil && (next.is('(') || next.is('{')) {
		keep = len(run) - 1
	}
	for pass := range 2 {
		for i := range run {
			t := &run[i]
			if excess == 0 || i == keep {
				break
			}
			if t.cls != clsPlain || i > 0 && run[i-1].cls == clsTag && keep < 0 {
				continue
			}
			if pass == 0 && !s.likeAttribute(t) {
				continue
			}
			s.blank(t.start, t.end)
			t.cls, t.kind = clsOther, tokNone
			excess--
		}
	}
	s.compact()
}

// likeAttribute tells names like __foo from types like __u8, __be32, __foo_t
// and __kernel_foo.
func (s *stripper) likeAttribute(t *token) bool {
	name := s.str(t)
	if !strings.HasPrefix(name, "__") || strings.HasSuffix(name, "_t") || strings.HasPrefix(name, "__kernel_") {
		return false
	}
	rest := strings.TrimLeft(name, "_")
	for _, p := range [...]string{"u", "s", "be", "le", "sum", "virtio"} {
		if digits, ok := strings.CutPrefix(rest, p); ok && digits != "" && digits[0] >= '0' && digits[0] <= '9' {
			return false
		}
	}
	return rest != "wsum"
}
