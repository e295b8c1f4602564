package cparse

// A scanner for the fast parser: the tokens of the grammar, with the kinds of
// the nodes that they become.

// fastToken is one token. An opening bracket knows its partner.
type fastToken struct {
	start, end uint32
	match      int32 // index of the closing bracket, or -1
	kind       nodeKind
}

// fastTokens appends the tokens of src to toks. ok is false for a text that is
// better left to the general parser: bytes that are no C, comments, brackets
// that do not match.
func fastTokens(src []byte, toks []fastToken) (_ []fastToken, ok bool) {
	var open fastBrackets
	line := false // in a preprocessor line with a condition: its end is a token
	for i := 0; i < len(src); {
		c := src[i]
		class := byteClass[c]
		if class == byteSpace && !(c == '\n' && line) {
			i++
			continue
		}
		t := fastToken{start: uint32(i), match: -1}
		switch {
		case class == byteLetter:
			if t.kind, i = fastWord(src, i, line); i < 0 {
				return toks, false
			}
		case class == byteDigit || c == '.' && i+1 < len(src) && byteClass[src[i+1]] == byteDigit:
			if i = fastNumber(src, i); i < 0 {
				return toks, false
			}
			t.kind = nNumber
		case class == byteQuote:
			t.kind = nString
			if c == '\'' {
				t.kind = nChar
			}
			if i = fastQuoted(src, i); i < 0 {
				return toks, false
			}
		case c == '#':
			if t.kind, i = fastDirective(src, i); t.kind == 0 {
				return toks, false
			}
			line = t.kind == dIf || t.kind == dElif
		case c == '\n':
			// To the grammar the empty lines behind it belong to it.
			t.kind, line = nNewline, false
			for i < len(src) && src[i] == '\n' {
				i++
			}
		default:
			var n int
			if t.kind, n = fastPunct(src[i:]); n == 0 {
				return toks, false
			}
			i += n
		}
		t.end = uint32(i)
		toks = append(toks, t)
		if !open.match(toks) {
			return toks, false
		}
	}
	return toks, open.depth == 0
}

// fastBrackets is the brackets that are open, by their tokens.
type fastBrackets struct {
	open  [maxDepth]int32
	depth int
}

// match notes the last token if it is a bracket; it reports false if that closes
// none of its kind, or is nested too deeply.
func (b *fastBrackets) match(toks []fastToken) bool {
	at := int32(len(toks) - 1)
	switch kind := toks[at].kind; kind {
	case nLParen, nLBracket, nLBrace:
		if b.depth == len(b.open) {
			return false
		}
		b.open[b.depth] = at
		b.depth++
	case nRParen, nRBracket, nRBrace:
		b.depth--
		if b.depth < 0 || toks[b.open[b.depth]].kind != kind-1 {
			return false
		}
		toks[b.open[b.depth]].match = at
	}
	return true
}

// fastWord is the kind and end of the word at i, which may stand in a line with a
// condition; the end is -1 for a literal with a prefix, and for a word with a
// letter that is not ASCII.
func fastWord(src []byte, i int, line bool) (nodeKind, int) {
	end := i + 1
	for end < len(src) && (byteClass[src[end]] == byteLetter || byteClass[src[end]] == byteDigit) {
		end++
	}
	if end < len(src) && (byteClass[src[end]] == byteQuote || src[end] >= 0x80 || src[end] == '\\') {
		return nNone, -1
	}
	kind := fastWords()[string(src[i:end])]
	if kind == 0 {
		kind = nIdentifier
		if line && string(src[i:end]) == "defined" {
			kind = kDefined
		}
	}
	return kind, end
}

// fastNumber is the end of the number at i as the grammar has it, or -1 if
// something that is no number is glued to it.
func fastNumber(src []byte, i int) int {
	digits := func(hex bool) {
		for i < len(src) && (byteClass[src[i]] == byteDigit || hex && src[i]|0x20 >= 'a' && src[i]|0x20 <= 'f') {
			i++
		}
	}
	hex := i+2 < len(src) && src[i] == '0' && src[i+1]|0x20 == 'x'
	if hex || i+2 < len(src) && src[i] == '0' && src[i+1]|0x20 == 'b' {
		i += 2
		if c := src[i]; byteClass[c] != byteDigit && !(hex && c|0x20 >= 'a' && c|0x20 <= 'f') {
			return -1
		}
	}
	digits(hex)
	if i < len(src) && src[i] == '.' {
		i++
		digits(true)
	}
	if i < len(src) && (src[i]|0x20 == 'e' || src[i]|0x20 == 'p') {
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
			if i == len(src) || byteClass[src[i]] != byteDigit {
				return -1
			}
		}
		digits(true)
	}
	for i < len(src) {
		switch src[i] | 0x20 {
		case 'u', 'l', 'w', 'f', 'b', 'd':
			i++
			continue
		}
		break
	}
	if i < len(src) && (src[i] >= 0x80 || src[i] == '.' || src[i] == '\\' ||
		byteClass[src[i]] == byteLetter || byteClass[src[i]] == byteDigit || byteClass[src[i]] == byteQuote) {
		return -1
	}
	return i
}

// fastQuoted is the end of the literal at i, or -1 if it does not end on its
// line or continues with an escape that needs care.
func fastQuoted(src []byte, i int) int {
	quote := src[i]
	for i++; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			return i + 1
		case c == '\n' || c == 0 || c == '\r' || c >= 0x80:
			return -1
		case c == '\\':
			if i++; i == len(src) || src[i] < ' ' || src[i] >= 0x80 {
				return -1
			}
		}
	}
	return -1
}

// fastPunct is the punctuation that s begins with, and its length; 0 if there is
// none, or a comment.
func fastPunct(s []byte) (nodeKind, int) {
	var next, third byte
	if len(s) > 1 {
		next = s[1]
	}
	if len(s) > 2 {
		third = s[2]
	}
	switch c := s[0]; {
	case c == '/' && (next == '/' || next == '*'):
		return 0, 0
	case (c == '<' || c == '>') && next == c && third == '=':
		return fastPunct3[c], 3
	case c == '.' && next == '.' && third == '.':
		return nDots, 3
	case c < 0x80 && next < 0x80:
		if k := fastPunct2[c][next]; k != 0 {
			return k, 2
		}
		if k := fastPunct1[c]; k != 0 {
			return k, 1
		}
	}
	return 0, 0
}

// fastDirective is the kind of the preprocessor line at i, and the end of its
// name; nNone if only the general parser takes it.
func fastDirective(src []byte, i int) (nodeKind, int) {
	for i++; i < len(src) && (src[i] == ' ' || src[i] == '\t'); i++ {
	}
	end := i
	for end < len(src) && (byteClass[src[end]] == byteLetter || byteClass[src[end]] == byteDigit) {
		end++
	}
	for k := dIf; k <= dEndif; k++ {
		if string(src[i:end]) == kindNames[k][1:] {
			return k, end
		}
	}
	return nNone, end
}
