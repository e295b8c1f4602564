package cparse

// A C scanner for the cure: fast, tolerant of any bytes, and aware of
// preprocessor lines. It follows the translation phases of C (ISO/IEC 9899
// 5.1.1.2) as far as offsets allow: line continuations are white space,
// comments are blanked where they stand.

// tokKind tells tokens apart.
type tokKind uint8

const (
	tokNone      tokKind = iota // dropped by a pass
	tokWord                     // identifier or keyword
	tokNumber                   // preprocessing number
	tokString                   // string literal
	tokChar                     // character constant
	tokPunct                    // one character of punctuation
	tokPaste                    // ##
	tokDirective                // a preprocessor line, from # to before its newline
)

// token is one token of a text.
type token struct {
	start, end uint32
	match      int32 // of a bracket: index of its partner, or -1
	kind       tokKind
	ch         byte    // tokPunct: the character
	cls        wordCls // tokWord: what the word is; of a ): what stands before its (
	ctx        context // of a bracket: what it encloses
	line       bool    // first on its line
}

func (t *token) is(ch byte) bool { return t.kind == tokPunct && t.ch == ch }

// plain tells an ordinary identifier, not a keyword.
func (t *token) plain() bool { return t.kind == tokWord && t.cls == clsPlain }

// context is what a pair of brackets encloses, or what a place lies in.
type context uint8

const (
	inFile   context = iota // file scope
	inParen                 // parentheses
	inIndex                 // square brackets
	inCode                  // statements
	inStruct                // members
	inEnum                  // enumerators
	inInit                  // elements of an initialiser
)

// Classes of bytes.
const (
	byteOther = iota
	byteSpace
	byteLetter
	byteDigit
	byteQuote
)

var byteClass = func() (c [256]uint8) {
	for b := range c {
		switch {
		case b == ' ' || b >= '\t' && b <= '\r':
			c[b] = byteSpace
		case b == '_' || b == '$' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			c[b] = byteLetter
		case b >= '0' && b <= '9':
			c[b] = byteDigit
		case b == '"' || b == '\'':
			c[b] = byteQuote
		}
	}
	return c
}()

// scanner cuts text into tokens and blanks its comments.
type scanner struct {
	text  []byte
	words map[string]wordCls
	toks  []token
	pos   int
	bol   bool // nothing but white space since the line began
	macro bool // the text is a macro body: # is an operator, not a directive
}

// scan returns the tokens of text, appended to toks.
func scan(text []byte, toks []token, macro bool) []token {
	s := scanner{text: text, words: wordTable().classes, toks: toks, bol: true, macro: macro}
	for s.skipSpace(); s.pos < len(text); s.skipSpace() {
		s.next()
	}
	return s.toks
}

// skipSpace moves to the next token, over white space, comments and line
// continuations.
func (s *scanner) skipSpace() {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '\n':
			s.bol = true
			s.pos++
		case byteClass[c] == byteSpace:
			s.pos++
		case c == '\\' && continues(s.text, s.pos):
			s.pos++
		case c == '/' && s.comment():
		default:
			return
		}
	}
}

// continues tells whether the backslash at i ends its line.
func continues(text []byte, i int) bool {
	for i++; i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r'); i++ {
	}
	return i < len(text) && text[i] == '\n'
}

// comment blanks a comment and moves behind it, if one begins here.
func (s *scanner) comment() bool {
	end := commentEnd(s.text, s.pos)
	if end == s.pos {
		return false
	}
	blank(s.text, s.pos, end)
	s.pos = end
	return true
}

// commentEnd is the end of the comment at i, or i if none begins there. An
// unterminated comment reaches to the end of the text.
func commentEnd(text []byte, i int) int {
	if i+1 >= len(text) {
		return i
	}
	switch text[i+1] {
	case '*':
		for j := i + 2; j+1 < len(text); j++ {
			if text[j] == '*' && text[j+1] == '/' {
				return j + 2
			}
		}
		return len(text)
	case '/':
		j := i + 2
		for j < len(text) && (text[j] != '\n' || continuesBefore(text, j)) {
			j++
		}
		return j
	}
	return i
}

// continuesBefore tells whether the newline at i is escaped.
func continuesBefore(text []byte, i int) bool {
	if i > 0 && text[i-1] == '\r' {
		i--
	}
	return i > 0 && text[i-1] == '\\'
}

// next scans one token.
func (s *scanner) next() {
	start := s.pos
	c := s.text[start]
	t := token{start: uint32(start), match: -1, line: s.bol}
	switch {
	case byteClass[c] == byteLetter:
		s.word(&t)
	case byteClass[c] == byteDigit || c == '.' && s.fraction():
		t.kind = tokNumber
		s.number()
	case byteClass[c] == byteQuote:
		t.kind = tokString
		if c == '\'' {
			t.kind = tokChar
		}
		s.pos = quoteEnd(s.text, start)
	case c == '#' && s.bol && !s.macro:
		t.kind = tokDirective
		s.directive()
	case c == '#' && start+1 < len(s.text) && s.text[start+1] == '#':
		t.kind = tokPaste
		s.pos += 2
	default:
		t.kind, t.ch = tokPunct, c
		s.pos++
	}
	s.bol = false
	t.end = uint32(s.pos)
	s.toks = append(s.toks, t)
}

// fraction tells whether the dot here begins a number, and does not end the
// dots of a range.
func (s *scanner) fraction() bool {
	i := s.pos
	return i+1 < len(s.text) && byteClass[s.text[i+1]] == byteDigit && (i == 0 || s.text[i-1] != '.')
}

// word scans an identifier or keyword, or a string with a prefix (L"x").
func (s *scanner) word(t *token) {
	i := s.pos
	for i < len(s.text) && (byteClass[s.text[i]] == byteLetter || byteClass[s.text[i]] == byteDigit) {
		i++
	}
	word := s.text[s.pos:i]
	if i < len(s.text) && byteClass[s.text[i]] == byteQuote && stringPrefix(word) {
		t.kind = tokString
		s.pos = quoteEnd(s.text, i)
		return
	}
	t.kind = tokWord
	t.cls = s.words[string(word)]
	s.pos = i
}

func stringPrefix(word []byte) bool {
	return len(word) == 1 && (word[0] == 'L' || word[0] == 'u' || word[0] == 'U') || string(word) == "u8"
}

// number scans a preprocessing number (6.4.8): digits, letters, dots, and a sign
// after an exponent. The sign is left out after e where it follows a hexadecimal
// digit sequence, as the programmer of 0xe+1 meant.
func (s *scanner) number() {
	hex := s.pos+1 < len(s.text) && s.text[s.pos] == '0' && s.text[s.pos+1]|0x20 == 'x'
	for s.pos++; s.pos < len(s.text); s.pos++ {
		c := s.text[s.pos]
		sign := (c == '+' || c == '-') && !hex && s.text[s.pos-1]|0x20 == 'e'
		// Three dots are a case range, not part of 1...5.
		dots := c == '.' && s.pos+1 < len(s.text) && s.text[s.pos+1] == '.'
		if dots || byteClass[c] != byteLetter && byteClass[c] != byteDigit && c != '.' && !sign {
			return
		}
	}
}

// quoteEnd is the end of the literal that the quote at i begins. One that is
// not closed ends with its line.
func quoteEnd(text []byte, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case quote:
			return i + 1
		case '\\':
			if i++; i < len(text) && text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		case '\n':
			return i
		}
	}
	return len(text)
}

// directive scans a preprocessor line with its continuations, and blanks its
// comments.
func (s *scanner) directive() {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '\n':
			if !continuesBefore(s.text, s.pos) {
				return
			}
			s.pos++
		case byteClass[c] == byteQuote:
			s.pos = quoteEnd(s.text, s.pos)
		case c == '/' && s.comment():
		default:
			s.pos++
		}
	}
}

// blank overwrites text[lo:hi] with spaces; newlines stay.
func blank(text []byte, lo, hi int) {
	for i := lo; i < hi; i++ {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
}
