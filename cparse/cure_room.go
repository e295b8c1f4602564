package cparse

// Room for a character that the text lacks. Newlines are never given up, so
// that lines stay true; a column may be off by one.

// maxShift bounds how much text is moved for one character, in bytes.
const maxShift = 4096

// room puts ch behind token i and reports whether it could.
func (w *walker) room(i int, ch byte) bool {
	for k := w.toks[i].end; k < w.at(i+1).start; k++ {
		if w.text[k] == ' ' || w.text[k] == '\t' {
			w.text[k] = ch
			return true
		}
	}
	return w.shiftRight(i, ch) || w.shiftLeft(i, ch)
}

// shiftRight makes room behind token i by moving directives that follow it over
// the white space that begins the line after them.
func (w *walker) shiftRight(i int, ch byte) bool {
	k := i + 1
	for k < len(w.toks) && w.toks[k].kind == tokDirective {
		k++
	}
	if k == i+1 {
		return false
	}
	return w.shift(i, k, ch)
}

// shiftFar makes room behind token i by moving the rest of its statement over
// the first white space that separates nothing.
func (w *walker) shiftFar(i int, ch byte) bool {
	for k := i + 2; k < len(w.toks) && k < i+200; k++ {
		prev, t := &w.toks[k-1], &w.toks[k]
		if prev.is('{') || prev.is('}') || prev.kind == tokDirective {
			break
		}
		apart := prev.kind != tokPunct && t.kind != tokPunct
		if (!apart || t.start-prev.end > 1) && w.shift(i, k, ch) {
			return true
		}
	}
	return false
}

// shift moves what stands between tokens i and k by one, over the first blank
// before k, and puts ch behind i. It reports false if there is no blank.
func (w *walker) shift(i, k int, ch byte) bool {
	from, to := w.toks[i].end, w.toks[k-1].end
	for to < w.at(k).start && w.text[to] != ' ' && w.text[to] != '\t' {
		to++
	}
	if to >= w.at(k).start || to-from > maxShift {
		return false
	}
	copy(w.text[from+1:to+1], w.text[from:to])
	w.text[from] = ch
	for n := k - 1; n > i; n-- {
		w.rekey(w.toks[n].start, w.toks[n].start+1)
		w.toks[n].start++
		w.toks[n].end++
	}
	return true
}

// rekey follows a token that has moved.
func (w *walker) rekey(from, to uint32) {
	for _, m := range []map[uint32]string{w.types, w.pastes, w.strs} {
		if s, ok := m[from]; ok {
			delete(m, from)
			m[to] = s
		}
	}
}

// shiftLeft makes room behind the parenthesis that token i closes by moving
// what stands behind the last white space inside it.
func (w *walker) shiftLeft(i int, ch byte) bool {
	open := int(w.toks[i].match)
	if open < 0 || open >= i {
		return false
	}
	k := i
	for k > open+1 && w.toks[i].end-w.toks[k].start < maxShift && (w.toks[k-1].end == w.toks[k].start || w.text[w.toks[k].start-1] == '\n') {
		k--
	}
	if k == open+1 || w.toks[i].end-w.toks[k].start >= maxShift {
		return false
	}
	from, end := w.toks[k].start, w.toks[i].end
	copy(w.text[from-1:], w.text[from:end])
	w.text[end-1] = ch
	for n := k; n <= i; n++ {
		w.rekey(w.toks[n].start, w.toks[n].start-1)
		w.toks[n].start--
		w.toks[n].end--
	}
	return true
}

// bareWord gives a macro without arguments, at token i, the punctuation that it
// brings along where it stands for a statement or for elements of a list. It
// reports whether it has.
func (w *walker) bareWord(i int) bool {
	t, f, next := &w.toks[i], w.top(), w.at(i+1)
	switch f.ctx {
	case inCode:
		if next.is('}') || next.kind == tokWord && w.bareStatement(i) {
			f.start = w.room(i, ';')
		}
	case inInit:
		address := next.is('&') && next.line && w.at(i+2).start == next.end
		if next.kind == tokWord || address || next.is('{') {
			f.start = w.room(i, ',')
		}
	case inStruct:
		if next.is('}') || next.kind == tokWord && w.capitals(i) && w.bareMember(i+1) {
			w.blank(t.start, t.end)
			f.start = true
		}
	case inEnum:
		if next.kind == tokWord {
			w.blank(t.start, t.end)
			f.start = true
		}
	}
	return f.start
}

// bareStatement tells whether the word at token i, before another word on the
// next line, is a macro and not a type: the next word cannot be declared, or is
// the name of a function or macro that is called.
func (w *walker) bareStatement(i int) bool {
	next, third := w.at(i+1), w.at(i+2)
	if next.cls == clsCtrl || next.cls == clsStmt || w.follows(&w.toks[i], next) {
		return true
	}
	return w.capitals(i) && (third.is('(') || third.kind == tokWord && third.line)
}

// bareMember tells whether a member begins at token i: a type and a name, where
// the macro before them is neither.
func (w *walker) bareMember(i int) bool {
	t, next := &w.toks[i], w.at(i+1)
	return t.cls.isDecl() || next.kind == tokWord || next.is('}') || next.is('(')
}
