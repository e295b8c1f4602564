package cparse

// asmOutputs gives the outputs of an asm statement, whose text is src, unknown
// values (GNU C manual, "Extended Asm"): "=r" (x) between its first and second
// colon. Inputs have no effects worth a thought.
func (b *builder) asmOutputs(i int32, src []byte) {
	pos := b.l.pos(i)
	text := append([]byte(nil), src...) // scan blanks comments
	depth, colons := 0, 0
	toks := scan(text, nil, true)
	for k := range toks {
		switch t := &toks[k]; {
		case t.is('('):
			if depth == 1 && colons == 1 && k > 0 && toks[k-1].kind == tokString {
				b.unknown(string(text[t.end:closing(toks, k, len(text))]), pos)
			}
			depth++
		case t.is(')'):
			depth--
		case t.is(':') && depth == 1:
			colons++
		}
	}
}

// closing is the offset of the parenthesis that closes the one at token k.
func closing(toks []token, k, end int) int {
	depth := 0
	for ; k < len(toks); k++ {
		switch {
		case toks[k].is('('):
			depth++
		case toks[k].is(')'):
			if depth--; depth == 0 {
				return int(toks[k].start)
			}
		}
	}
	return end
}

// unknown gives the variable, or other lvalue, of the given text an unknown
// value.
func (b *builder) unknown(text string, pos Pos) {
	b.inText("("+text+")", pos, func(body int32) {
		b.l.children(body, func(k int32) {
			if e := b.l.only(k); b.l.kind(k) == "expression_statement" && e >= 0 {
				b.assign(b.exprs().expr(e), nil, pos)
			}
		})
	})
}
