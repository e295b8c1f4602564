package cparse

// The walk over what braces and initialisers enclose, token by token. A frame
// knows what its bracket encloses and whether something may begin at the next
// token; what a macro invocation is follows from the two.
//
//	each_foo(p, l) {       at the start of a statement, before {: a loop
//	x = min_t(int, a, b);  a call: its arguments may be types
//	int (*f)(int);         a declaration: types belong there
//
// Brackets are matched by now, so a stack of frames replaces recursion.

// frame is an open bracket on the walk.
type frame struct {
	open    int32 // its token
	ctx     context
	call    bool   // the parentheses of a call or macro invocation
	params  bool   // the parentheses of a declaration
	ctrl    bool   // a statement follows the closing parenthesis
	members bool   // the parentheses of a macro that encloses members
	semi    bool   // a ; stands in the current argument
	do      bool   // inCode: the body of a do
	label   bool   // inCode: a case or a label, its colon not yet seen
	start   bool   // a statement, member, enumerator or element may begin here
	quest   int32  // inCode: open ? of the statement
	arg     int32  // first token of the current argument
	index   int32  // its index
	name    uint32 // offset of the macro's name
}

// walker is a walk under way.
type walker struct {
	*curer
	frames []frame // the open brackets, outermost first
	ended  int     // the parenthesis that was given a ;
	start  bool    // whether the current token may begin a statement or the like
}

// walk goes over the tokens from the bracket or = at lo up to hi.
func (c *curer) walk(lo, hi int, ctx context) {
	w := walker{curer: c, frames: append(c.frames[:0], frame{open: int32(lo), ctx: ctx, start: !c.toks[lo].is('=')})}
	for i := lo + 1; i < hi && i < len(c.toks); i++ {
		i = w.step(i)
	}
	c.frames = w.frames
}

func (w *walker) top() *frame { return &w.frames[len(w.frames)-1] }

// step handles token i and returns the index of the last token dealt with.
func (w *walker) step(i int) int {
	t, f := &w.toks[i], w.top()
	if t.kind == tokNone {
		return i
	}
	start := f.start
	f.start, w.start = false, start
	switch t.kind {
	case tokDirective:
		f.start = f.ctx == inCode
		w.labelBefore(i)
	case tokWord:
		return w.word(i, start)
	case tokPunct:
		if t.ch == ';' && start && f.ctx == inStruct {
			w.blank(t.start, t.end) // a macro has left it
			f.start = true
			return i
		}
		return w.punct(i)
	}
	return i
}

// labelBefore gives a label before a directive a statement of its own.
func (w *walker) labelBefore(i int) {
	if w.at(i - 1).is(':') {
		w.room(i-1, ';')
	}
}

// punct handles punctuation and returns the index of the last token dealt with.
func (w *walker) punct(i int) int {
	t, f := &w.toks[i], w.top()
	switch t.ch {
	case '(':
		if t.match > int32(i) {
			w.open(i)
		}
	case '[':
		if t.match > int32(i) {
			w.frames = append(w.frames, frame{open: int32(i), ctx: inIndex})
		}
	case '{':
		if t.match > int32(i) {
			w.frames = append(w.frames, frame{open: int32(i), ctx: w.contextOf(i), start: true,
				do: w.is(i-1, "do")})
		}
	case ')', ']', '}':
		w.close(i)
	case ';':
		f.start, f.semi, f.label, f.quest = true, true, false, 0
	case ',':
		if f.call {
			w.argument(f, i)
			f.arg, f.index, f.semi = int32(i+1), f.index+1, false
		}
		f.start = f.ctx == inEnum || f.ctx == inInit
	case '?':
		f.quest++
	case ':':
		switch {
		case f.ctx == inStruct:
			return w.bitField(i)
		case f.quest > 0:
			f.quest--
		case f.label:
			f.label, f.start = false, true
		}
	case '.':
		if f.label && f.ctx == inCode {
			w.caseRange(i)
		}
	case '&':
		w.labelAddress(i)
	}
	return i
}

// contextOf is what the { at token i encloses, as the pass over the directives
// has found out.
func (w *walker) contextOf(i int) context {
	t, f := &w.toks[i], w.top()
	if t.ctx == inCode && f.ctx == inInit {
		return inInit
	}
	if t.ctx == inFile {
		return inCode
	}
	return t.ctx
}

// open pushes the frame of the parenthesis at token i. What stands before it
// decides whether the parentheses are those of a call, whose arguments are
// looked at, of a declaration, or of an expression.
func (w *walker) open(i int) {
	f, prev := w.top(), w.at(i-1)
	n := frame{open: int32(i), ctx: inParen, arg: int32(i + 1)}
	if i > 0 && prev.kind == tokWord {
		n.name = prev.start
		switch prev.cls {
		case clsPlain, clsTypeof, clsAsm:
			n.params = f.params || f.ctx == inStruct || w.declares(i-1)
			n.call = !n.params
		case clsCtrl:
			n.ctrl = true
			_, n.call = w.stmtMacros[prev.start]
		}
	}
	if i > 0 && prev.is(')') && !w.start {
		// f(x)(y) and (*f)(x) call, int (*f)(int) declares, (int)(x) casts.
		pointer := w.at(int(prev.match) + 1).is('*')
		n.params = f.params || f.ctx == inStruct || pointer && w.at(int(prev.match)-1).kind == tokWord
		n.call = !n.params && (prev.cls == clsPlain || pointer)
		n.name = w.at(int(prev.match) - 1).start
	}
	w.frames = append(w.frames, n)
}

// declares tells whether the name at token i is one that a declaration in a
// body declares: "int f(int)", "extern foo_t f(foo_t)".
func (w *walker) declares(i int) bool {
	prev := w.at(i - 1)
	if prev.is('*') {
		for i -= 2; w.at(i).is('*'); i-- {
		}
		prev = w.at(i)
		return prev.kind == tokWord && (prev.cls.isDecl() || w.at(i-1).cls == clsTag)
	}
	return prev.kind == tokWord && (prev.cls.isDecl() || prev.cls == clsPlain)
}

// close pops the frame that the bracket at token i ends.
func (w *walker) close(i int) {
	f := w.top()
	if len(w.frames) < 2 || w.toks[i].match != f.open {
		return
	}
	if f.call {
		w.argument(f, i)
	}
	if f.members {
		w.blank(w.toks[i].start, w.toks[i].end)
		if w.at(i + 1).is(';') {
			w.blank(w.toks[i+1].start, w.toks[i+1].end)
			w.toks[i+1].kind = tokNone
		}
	}
	if f.ctx == inParen && !f.call && w.at(i-1).is('*') {
		w.castMacro(int(f.open)+1, i)
	}
	if f.do {
		w.doMacro(i + 1)
	}
	ctrl, ctx := f.ctrl || f.members, f.ctx
	w.frames = w.frames[:len(w.frames)-1]
	f = w.top()
	f.start = ctrl || ctx == inCode && f.ctx == inCode || w.ended == i
	if ctx == inCode {
		f.label = false
	}
}

// castMacro puts a name in the place of a macro invocation inside a type in
// parentheses, which ends with a * before token end: (TYPE(x) *)y.
func (w *walker) castMacro(i, end int) {
	for ; i < end && w.toks[i].kind == tokWord; i++ {
		if close := int(w.at(i + 1).match); w.toks[i].plain() && w.at(i+1).is('(') && close > 0 {
			for k := close + 1; k < end; k++ {
				if !w.toks[k].is('*') {
					return
				}
			}
			w.typeMacro(i, close)
			return
		}
	}
}

// caseRange handles GNU C's ranges of case labels: it puts || in the place of the dots of "case 1 ... 5:". It binds less
// than any operator that may stand there.
func (w *walker) caseRange(i int) {
	t := &w.toks[i]
	if !w.at(i+1).is('.') || !w.at(i+2).is('.') || w.at(i+2).start != t.start+2 {
		return
	}
	if w.caseRanges == nil {
		w.caseRanges = map[uint32]bool{}
	}
	w.caseRanges[t.start] = true
	w.put(t.start, t.start+3, "||")
}

// labelAddress handles GNU C's labels as values: it turns &&label, which no binary operand precedes, into &label.
func (w *walker) labelAddress(i int) {
	prev := w.at(i - 1)
	if w.at(i+1).is('&') && w.toks[i+1].start == w.toks[i].end && w.at(i+2).plain() &&
		(prev.is('=') || prev.is('(') || prev.is(',') || prev.is('{')) {
		w.text[w.toks[i].start] = ' '
	}
}
