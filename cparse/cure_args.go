package cparse

import "strings"

// Arguments of calls and macro invocations that are no expressions.

// argument looks at the argument of f that ends before token end.
func (w *walker) argument(f *frame, end int) {
	lo, hi := int(f.arg), end
	if lo >= hi {
		w.emptyArgument(f, end)
		return
	}
	from, to := w.toks[lo].start, w.toks[hi-1].end
	switch {
	case f.semi || w.isStatement(lo):
		w.block(f, from, to)
	case w.isType(lo, hi):
		if w.spend(to - from) {
			w.setType(from, w.orig(from, to))
			w.putName(from, to)
		}
	case w.isFragment(lo, hi):
		w.block(f, from, to)
	}
}

// emptyArgument puts a 0 where an argument is left out.
func (w *walker) emptyArgument(f *frame, end int) {
	from, to := w.at(end-1).end, w.toks[end].start
	if f.index == 0 && w.toks[end].is(')') {
		return // no arguments at all
	}
	for k := from; k < to; k++ {
		if w.text[k] == ' ' || w.text[k] == '\t' {
			w.text[k] = '0'
			return
		}
	}
	if w.toks[end].is(')') {
		w.blank(w.toks[end-1].start, w.toks[end-1].end) // the comma before it
		return
	}
	w.shiftFar(end-1, '0')
}

// A statement as an argument is run by the macro, at a place that only the
// macro's body tells: it is kept as text, and the macro as a call with it.

// block records an argument that is a statement, and puts 0 in its place.
func (w *walker) block(f *frame, from, to uint32) {
	if !w.spend(to-from) || !w.put(from, to, "0") {
		return
	}
	w.macroAt(f.name, w.nameAt(f.name))
	m := w.stmtMacros[f.name]
	if m.Blocks == nil {
		m.Blocks = map[int]string{}
		w.stmtMacros[f.name] = m
	}
	m.Blocks[int(f.index)] = w.orig(from, to)
}

// nameAt is the word at an offset of the text as given.
func (w *walker) nameAt(off uint32) string { return leadingWord(w.src[off:]) }

// isStatement tells whether the argument that begins at token lo is a
// statement.
func (w *walker) isStatement(lo int) bool {
	t := &w.toks[lo]
	return t.kind == tokWord && (t.cls == clsStmt || t.cls == clsCtrl) || t.is('{')
}

// isFragment tells whether an argument is no expression: nothing but an
// operator, or something that begins like none.
func (w *walker) isFragment(lo, hi int) bool {
	if t := &w.toks[lo]; t.kind == tokWord && hi > lo+1 {
		end := int(w.toks[lo+1].match)
		return t.plain() && (w.toks[lo+1].plain() || end > lo && end+1 < hi && w.toks[end+1].kind == tokWord)
	} else if t.kind != tokPunct {
		return t.kind == tokString && hi > lo+1 && w.toks[lo+1].is('(')
	} else if strings.IndexByte("(&*-+!~", t.ch) < 0 {
		return true
	}
	for k := lo; k < hi; k++ {
		if t := &w.toks[k]; t.kind != tokPunct || strings.IndexByte("()[]{}", t.ch) >= 0 {
			return false
		}
	}
	return true
}

// A type as an argument is told from an expression by its first word, or by
// the star at its end: u8 * is no product.

// isType tells whether an argument is a type, or a declaration of a variable.
func (w *walker) isType(lo, hi int) bool {
	first := &w.toks[lo]
	if first.kind != tokWord {
		return false
	}
	if first.cls.isDecl() {
		return true
	}
	for k := lo; k < hi; k++ {
		if t := &w.toks[k]; t.kind != tokWord && !t.is('*') {
			return false
		}
	}
	return hi-lo > 1 && (w.toks[hi-1].is('*') || w.toks[lo+1].kind == tokWord || w.toks[lo].cls != clsPlain)
}
