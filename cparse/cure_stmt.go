package cparse

// Words on the walk: macro invocations and declarations where statements,
// members or elements begin.

// What a word may begin depends on what encloses it: in a body a statement, a
// label or a declaration, in a struct a member, in a list an element. Only at
// such places does a macro invocation differ from a call.

// word handles a word; start tells whether it begins a statement or the like.
func (w *walker) word(i int, start bool) int {
	t, f := &w.toks[i], w.top()
	if f.ctx == inCode {
		switch t.cls {
		case clsStmt:
			name := w.str(t)
			f.start = name == "else" || name == "do"
			f.label = f.label || name == "case" || name == "default"
			return i
		case clsStorage:
			return w.storage(i)
		}
		if start && w.at(i+1).is(':') && t.plain() {
			f.label = true
			return i
		}
	}
	if start && t.plain() && (w.at(i+1).line || f.ctx == inInit || w.at(i+1).is('}')) && w.bareWord(i) {
		return i
	}
	if !t.plain() || !w.at(i+1).is('(') || w.toks[i+1].match < 0 {
		return i
	}
	close := int(w.toks[i+1].match)
	if !start {
		return w.beside(i, close)
	}
	// IDENT(…) begins something, and nothing but a macro can do that outside
	// of statements. In a statement it may be an ordinary call.
	switch f.ctx {
	case inCode:
		w.statement(i, close)
	case inStruct:
		return w.member(i, close)
	case inEnum:
		return w.enumerators(i, close)
	case inInit:
		w.element(i, close)
	}
	return i
}

// beside blanks a macro invocation that stands beside a string, as a part of a
// longer one. It returns the index of the last token dealt with.
func (w *walker) beside(i, close int) int {
	prev, next := w.at(i-1), w.at(close+1)
	switch {
	case prev.kind == tokString:
		w.blank(w.toks[i].start, w.toks[close].end)
		w.toks[close] = token{start: prev.start, end: w.toks[close].end, kind: tokString, match: -1}
		return close
	case prev.is('(') && next.plain() && !w.top().call:
		w.blank(w.toks[i].start, w.toks[close].end) // (CAST(x) f(y))
		return close
	case next.kind == tokString && prev.kind == tokPunct && w.put(w.toks[i].start, w.toks[close].end, `""`):
		return close
	}
	return i
}

// storage handles static and the like inside a function, at token i. Before a
// macro invocation, as in "static DEFINE_FOO(x);", it is blanked.
func (w *walker) storage(i int) int {
	k := i
	for k < len(w.toks) && w.toks[k].kind == tokWord && (w.toks[k].cls == clsStorage || w.toks[k].cls == clsQual) {
		k++
	}
	if !w.at(k).plain() || !w.at(k+1).is('(') || w.toks[k+1].match < 0 || w.at(k+2).is('*') {
		w.prototype(k)
		return k - 1
	}
	close := int(w.toks[k+1].match)
	if next := w.at(close + 1); next.kind == tokWord || next.is('*') {
		w.typeMacro(k, close)
		return close
	}
	w.blank(w.toks[i].start, w.toks[k-1].end)
	for n := i; n < k; n++ {
		w.toks[n].kind = tokNone
	}
	w.top().start = true
	w.initialiser(close + 1)
	return k - 1
}

// typeMacro puts one name in the place of a macro invocation that is a type.
func (w *walker) typeMacro(i, close int) {
	from, to := w.toks[i].start, w.toks[close].end
	w.setType(from, w.orig(from, to))
	w.putName(from, to)
}

// prototype blanks annotations behind the parameters of a function that is
// declared or defined, from token i on, inside a body: bodies of macros do so.
func (w *walker) prototype(i int) {
	for end := i + 40; i < end && (w.at(i).kind == tokWord || w.at(i).is('*')); {
		i++
	}
	if !w.at(i).is('(') || w.toks[i].match < 0 || !w.at(i-1).plain() {
		return
	}
	end := int(w.toks[i].match) + 1
	for w.at(end).plain() || w.at(end).is('(') && w.toks[end].match > 0 {
		end = max(end, int(w.toks[end].match)) + 1
	}
	if n := w.at(end); n.is(';') || n.is('{') {
		w.trail(i, end)
	}
}

// initialiser blanks "= {…}" at token eq: behind a macro invocation it is no
// expression.
func (w *walker) initialiser(eq int) {
	if !w.at(eq).is('=') || !w.at(eq+1).is('{') {
		return
	}
	end := w.statementEnd(eq)
	w.blank(w.toks[eq].start, w.at(end).start)
	for n := eq; n < end; n++ {
		w.toks[n].kind = tokNone
	}
}

// statement handles a macro invocation at the start of a statement, from token
// i to its parenthesis close: a loop or guard macro becomes a while, one that
// brings its own semicolon is given another.
func (w *walker) statement(i, close int) {
	t, next := &w.toks[i], w.at(close+1)
	switch {
	case next.is('{') && next.ctx == inCode:
	case next.plain() && !next.line && w.declarator(close+2):
		w.typeMacro(i, close)
		return
	case next.kind == tokWord && !w.follows(t, next):
	case next.line && w.prefix(close+1) && !w.follows(t, next):
	case next.is('='):
		w.initialiser(close + 1)
		return
	case next.is(':'):
		// A macro that expands to case labels.
		if w.put(t.start, t.end, "case") {
			w.macroAt(t.start, w.nameAt(t.start))
			w.top().label = true
		}
		return
	case next.kind == tokWord || next.is('}') || next.kind == tokDirective:
		if w.room(close, ';') {
			w.ended = close
		}
		return
	default:
		return
	}
	// A loop: what it takes and what it runs stays, and the analysis looks its
	// macro up by the offset. if serves where while does not fit, or where an
	// else follows, which no loop can have.
	keyword := "while"
	if int(t.end-t.start) < len(keyword) || next.match > 0 && w.is(int(next.match)+1, "else") {
		keyword = "if"
	}
	name := w.str(t)
	if !w.put(t.start, t.end, keyword) {
		if next.plain() && w.room(close, ';') { // N(1) N(2)
			w.ended = close
		}
		return
	}
	w.macroAt(t.start, name)
	t.cls = clsCtrl
	if close == i+2 {
		// No argument, and the grammar wants one.
		w.put(t.start, w.toks[close].end, keyword+"(1)")
	}
}

// prefix tells whether an expression statement may begin with the punctuation
// at token i.
func (w *walker) prefix(i int) bool {
	t := w.at(i)
	double := (t.is('+') || t.is('-')) && w.at(i+1).is(t.ch) && w.at(i+1).start == t.end
	return t.is('(') || t.is('*') || double
}

// declarator tells whether token i may follow a name that is being declared.
func (w *walker) declarator(i int) bool {
	t := w.at(i)
	return t.is('=') || t.is(';') || t.is(',') || t.is('[')
}

// is tells whether token i is the given keyword.
func (w *walker) is(i int, keyword string) bool {
	t := w.at(i)
	return t.kind == tokWord && t.cls == clsStmt && w.str(t) == keyword
}

// doMacro makes a while of a macro that ends a do loop.
func (w *walker) doMacro(i int) {
	t := w.at(i)
	if name := w.nameAt(t.start); t.plain() && w.at(i+1).is('(') && w.put(t.start, t.end, "while") {
		w.macroAt(t.start, name)
		t.cls = clsCtrl
	}
}

func (w *walker) macroAt(off uint32, name string) {
	if w.stmtMacros == nil {
		w.stmtMacros = map[uint32]stmtMacro{}
	}
	if _, ok := w.stmtMacros[off]; !ok {
		w.stmtMacros[off] = stmtMacro{Name: name}
	}
}

// follows tells whether the word next is a statement of its own behind the
// macro invocation that begins with t: it stands on a later line and is not
// indented deeper.
func (w *walker) follows(t, next *token) bool {
	return next.line && w.indent(next) <= w.indent(t)
}

// indent is the width of the white space before the first word of t's line.
func (w *walker) indent(t *token) int {
	i := int(t.start)
	for i > 0 && w.src[i-1] != '\n' && int(t.start)-i < 400 {
		i--
	}
	width := 0
	for ; i < int(t.start); i++ {
		switch w.src[i] {
		case ' ':
			width++
		case '\t':
			width = (width | 7) + 1
		default:
			return width
		}
	}
	return width
}

// enumerators blanks a macro invocation among enumerators.
func (w *walker) enumerators(i, close int) int {
	end := close + 1
	for end < len(w.toks) && !w.toks[end].is(',') && !w.toks[end].is('}') && w.toks[end].kind != tokWord {
		if w.toks[end].is('=') {
			end++ // the word behind it is its value
		}
		if w.at(end).match > int32(end) {
			end = int(w.toks[end].match)
		}
		end++
	}
	if !w.at(end).is(',') {
		end--
	}
	w.blank(w.toks[i].start, w.at(end).end)
	w.top().start = true
	return end
}

// element puts a comma behind a macro invocation, from token i to its
// parenthesis close, that is an element of an initialiser and brings its own.
func (w *walker) element(i, close int) {
	next := w.at(close + 1)
	switch {
	case next.is('=') && !w.at(close+2).is('='):
		// A macro that expands to a designator: AT(1) = x. The index is lost,
		// the element stays.
		w.blank(w.toks[i].start, next.end)
		w.toks[close+1].kind = tokNone
		return
	case next.kind == tokWord, next.is('{'):
	case next.line && (next.is('.') || next.kind == tokString || next.kind == tokNumber):
	default:
		return
	}
	if w.room(close, ',') {
		w.ended = close
	}
}
