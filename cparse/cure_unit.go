package cparse

import "strings"

// File scope, item by item: macro invocations are recorded and blanked, heads
// of functions are cleared of what follows the parameters, macros that begin a
// function's definition become plain heads.

// unit cures the text at file scope and walks every body in it.
func (c *curer) unit() {
	for i := 0; i < len(c.toks); {
		t := &c.toks[i]
		switch {
		case t.is(';'), t.is('}') && t.match < 0, t.is('}') && t.ctx == inFile, t.is('{') && t.ctx == inFile:
			c.blank(t.start, t.end)
			i++
		case c.linkage(i):
			i++ // the string; the brace is next
			c.blank(t.start, c.toks[i].end)
			i++
		case t.is('.'):
			i = c.assembly(i)
		case t.kind == tokNumber && i+1 < len(c.toks) && c.text[t.start] == '(':
			// An asm statement.
			c.blank(t.start, t.end)
			i++
		default:
			i = max(c.item(i), i+1)
		}
	}
}

// assembly blanks a line of assembly language, or a macro of the assembler, in
// a header that is not for C alone. It returns the index behind it.
func (c *curer) assembly(i int) int {
	macro := c.at(i+1).kind == tokWord && c.str(c.at(i+1)) == "macro"
	k := i + 1
	for k < len(c.toks) {
		if macro && c.toks[k].kind == tokWord && c.str(&c.toks[k]) == "endm" {
			k++
			break
		}
		if !macro && c.toks[k].line {
			break
		}
		k++
	}
	c.blank(c.toks[i].start, c.toks[k-1].end)
	return k
}

// bareMacro tells whether token i is a macro without arguments that stands for
// whole items: a word in capitals alone on its line, or any word before such an
// invocation, but not the type of a function.
func (c *curer) bareMacro(i int) bool {
	t, next := &c.toks[i], c.at(i+1)
	if !t.plain() || !t.line || next.kind == tokWord && !next.line {
		return false
	}
	switch {
	case next.kind == tokNone:
		return c.capitals(i)
	case next.kind != tokWord:
		return false
	case next.cls != clsPlain:
		return c.capitals(i)
	}
	if third := c.at(i + 2); third.kind == tokNone || third.kind == tokWord && third.line {
		return c.capitals(i) && c.capitals(i+1)
	}
	if !c.at(i+2).is('(') || c.toks[i+2].match < 0 || c.at(int(c.toks[i+2].match)+1).is('{') {
		return false
	}
	return c.capitals(i) || c.capitals(i+1)
}

// capitals tells whether the word at token i is written in capitals.
func (c *curer) capitals(i int) bool {
	word := c.str(&c.toks[i])
	return strings.ToUpper(word) == word
}

// linkage tells whether extern "C" { begins at token i.
func (c *curer) linkage(i int) bool {
	return i+2 < len(c.toks) && c.toks[i].cls == clsStorage && c.toks[i+1].kind == tokString &&
		c.toks[i+2].is('{') && c.toks[i+2].ctx == inFile
}

// The shapes of items, after storage words, and what is done:
//
//	MACRO(args);            recorded and blanked
//	MACRO(args)             the same, if the next line begins an item
//	MACRO(args) = init;     the same, with the initialiser
//	MACRO(args) { … }       head rewritten, body walked
//	ATTR(args) int f(…)     attribute blanked
//	TYPE(args) *f(…)        one name in the place of the type
//	anything else           a declaration, or a function's definition

// item handles the item that begins at token i and returns the index behind it.
func (c *curer) item(i int) int {
	if c.bareMacro(i) {
		t := &c.toks[i]
		c.topCalls = append(c.topCalls, topCall{Name: c.str(t), Offset: t.start})
		c.blank(t.start, t.end)
		return i + 1
	}
	name := i
	static := false
	for name < len(c.toks) && c.toks[name].kind == tokWord &&
		(c.toks[name].cls == clsStorage || c.toks[name].cls == clsQual) {
		static = static || c.str(&c.toks[name]) == "static"
		name++
	}
	if c.prefixed(name) {
		return c.topCall(i, name+1, static)
	}
	if name+1 < len(c.toks) && c.toks[name].plain() && c.toks[name+1].is('(') && c.toks[name+1].match > 0 {
		if end := c.invocation(i, name, static); end > i {
			return end
		}
	}
	return c.declaration(i)
}

// prefixed tells whether a macro invocation begins at token i behind a word in
// capitals that stands for static: STATIC DEFINE_FOO(x), and no semicolon.
func (c *curer) prefixed(i int) bool {
	if !c.at(i).plain() || !c.at(i+1).plain() || !c.at(i+2).is('(') || c.toks[i+2].match < 0 {
		return false
	}
	next := c.at(int(c.toks[i+2].match) + 1)
	return next.kind == tokWord && next.line && next.cls != clsAttr && c.capitals(i) && c.capitals(i+1)
}

// at is the token i, or an empty one behind the end.
func (c *curer) at(i int) *token {
	if i >= 0 && i < len(c.toks) {
		return &c.toks[i]
	}
	return &token{start: uint32(len(c.text)), end: uint32(len(c.text)), match: -1}
}

// invocation handles an item that begins, behind storage words, with the word
// name and parentheses. It returns the index behind what it has dealt with, or
// i if that is no macro invocation after all.
func (c *curer) invocation(i, name int, static bool) int {
	close := int(c.toks[name+1].match)
	next := c.at(close + 1)
	switch {
	case next.is('{') && next.match < 0:
		return i
	case next.is('{') && c.at(close+2).is('.'):
		// DEFINE_FOO(x) { .member = …
	case next.is('{') && next.ctx != inInit:
		c.functionMacro(i, name, close)
		c.walk(close+1, int(next.match), inCode)
		return int(next.match) + 1
	case next.is('('):
		if c.at(name+2).is('*') || c.at(name+2).is('^') {
			return i // name (*f)(…): a type and a declarator
		}
	case next.is('*'), next.kind == tokWord && c.typeMacro(i, name, close):
		// TYPE(x) *f(…), or __attr(x) int f(…)
		if c.startsType(close + 1) {
			c.blank(c.toks[name].start, c.toks[close].end)
		} else {
			c.setType(c.toks[name].start, c.orig(c.toks[name].start, c.toks[close].end))
			c.putName(c.toks[name].start, c.toks[close].end)
		}
		return c.declaration(close + 1)
	}
	return c.topCall(i, name, static)
}

// typeMacro tells an attribute or a type with arguments, before a declaration,
// from a whole invocation: it stands on the declaration's line or between its
// words.
func (c *curer) typeMacro(i, name, close int) bool {
	if name > i {
		return true
	}
	next := &c.toks[close+1]
	return !next.line && next.cls != clsCtrl
}

// startsType tells whether the words from token i on name a type and more.
func (c *curer) startsType(i int) bool {
	k := i
	for k < len(c.toks) && c.toks[k].kind == tokWord {
		k++
	}
	_, typed := runNames(c.toks[i:k])
	return typed || k-i >= 2 || c.at(k).is('*') && k > i
}

// topCall records and blanks the invocation whose name is token name, with what
// follows it up to its end.
func (c *curer) topCall(i, name int, static bool) int {
	close := int(c.toks[name+1].match)
	call := topCall{Name: c.str(&c.toks[name]), Offset: c.toks[name].start, Static: static}
	call.Args = c.arguments(name+1, close)
	end := close + 1
	if n := c.at(end); n.is('{') {
		call.Init = span{n.start, c.toks[n.match].end}
		end = int(n.match) + 1
	} else if n.is('=') || n.is('[') || n.is(',') || n.is('(') {
		init := 0
		for ; end < len(c.toks) && !c.toks[end].is(';') && !c.toks[end].is('}'); end++ {
			switch t := &c.toks[end]; {
			case t.is('=') && init == 0:
				init = end + 1
			case t.match > int32(end):
				end = int(t.match)
			}
		}
		if init > 0 && init < end {
			call.Init = span{c.toks[init].start, c.toks[end-1].end}
		}
	}
	if c.at(end).is(';') {
		end++
	}
	c.topCalls = append(c.topCalls, call)
	c.blank(c.toks[i].start, c.toks[end-1].end)
	return end
}

// arguments is the arguments between the parenthesis at token open and its
// partner.
func (c *curer) arguments(open, close int) []span {
	if close <= open+1 {
		return nil
	}
	var args []span
	from := c.toks[open].end
	for k := open + 1; k < close; k++ {
		t := &c.toks[k]
		switch {
		case t.match > int32(k):
			k = int(t.match)
		case t.is(','):
			args = append(args, span{from, t.start})
			from = t.end
		}
	}
	return append(args, span{from, c.toks[close].start})
}

// functionMacro gives a function that a macro defines a name and, where a table
// knows the macro, parameters. It rewrites the head of a function's definition that is a macro
// invocation: SYSCALL_DEFINE2(name, int, a, int, b) {.
func (c *curer) functionMacro(i, name, close int) {
	args := c.arguments(name+1, close)
	form, known := c.words.forms[c.str(&c.toks[name])]
	if !known || form.form != "function" {
		form = macroForm{name: 0, text: "void ", typ: -1}
	}
	lo, hi := c.toks[name].start, c.toks[close].end
	if form.name >= len(args) {
		// No argument to name the function after: the macro's own name, as far
		// as the missing type leaves room.
		if own := c.str(&c.toks[name]); len(own) > 6 {
			c.put(lo, hi, "int "+own[:len(own)-4]+"()")
		}
		return
	}
	fn := strings.TrimSpace(string(c.text[args[form.name].Start:args[form.name].End]))
	if !isName(fn) {
		fn = c.str(&c.toks[name])
	}
	if form.text != "" && !strings.HasSuffix(form.text, "_") {
		form.text = strings.TrimRight(form.text, " ") + " "
	}
	head := form.text + fn
	if form.typ < 0 || form.typ >= len(args) {
		if !c.put(lo, hi, head+"()") && !c.put(lo, hi, "int "+fn+"()") {
			c.put(lo, hi, "int f()")
		}
		return
	}
	// The head ends where the comma before the parameters stands.
	comma := args[form.typ].Start - 1
	if !c.put(lo, comma, head) {
		c.put(lo, hi, "int "+fn+"()")
		return
	}
	c.text[comma] = '('
	for k := form.typ; form.tail == "pairs" && k+1 < len(args); k += 2 {
		c.text[args[k].End] = ' '
	}
}

// isName tells whether s is an identifier.
func isName(s string) bool {
	for i := range len(s) {
		if c := byteClass[s[i]]; c != byteLetter && (i == 0 || c != byteDigit) {
			return false
		}
	}
	return s != ""
}

// declaration handles an item that begins at token i, or whose first words have
// been dealt with, and returns the index behind it.
func (c *curer) declaration(i int) int {
	params := -1 // the parenthesis that opens the parameters
	for k := i; k < len(c.toks); k++ {
		t := &c.toks[k]
		if t.kind != tokPunct {
			continue
		}
		switch t.ch {
		case ';':
			c.trail(params, k)
			return k + 1
		case '}':
			return k + 1
		case '=':
			end := c.statementEnd(k)
			c.trail(params, k)
			c.walk(k, end, inInit)
			return end + 1
		case '(':
			if k > i+1 && c.toks[k-1].plain() && c.toks[k-2].is(']') && t.match > 0 {
				c.blank(c.toks[k-1].start, c.toks[t.match].end) // an attribute
			} else if params < 0 && k > i && c.toks[k-1].plain() {
				params = k
			} else if params >= 0 && c.attributeFirst(params, k) {
				c.blank(c.toks[params-1].start, c.toks[c.toks[params].match].end)
				params = k
			}
		case '[':
			if t.match > int32(k) {
				c.walk(k, int(t.match), inIndex)
			}
		case '{':
			if t.match < 0 {
				return k + 1
			}
			if t.ctx == inStruct || t.ctx == inEnum {
				c.walk(k, int(t.match), t.ctx)
				break
			}
			c.trail(params, k)
			c.walk(k, int(t.match), inCode)
			return int(t.match) + 1
		}
		if t.match > int32(k) {
			k = int(t.match)
		}
	}
	return len(c.toks)
}

// attributeFirst tells whether, of two words with parentheses in a head, the
// first is an attribute: __foo(1) in "int __foo(1) f(void)".
func (c *curer) attributeFirst(first, second int) bool {
	if !c.toks[second-1].plain() || c.toks[first].match < 0 || int(c.toks[first].match) >= second-1 {
		return false
	}
	return strings.HasPrefix(c.str(&c.toks[first-1]), "__") && !strings.HasPrefix(c.str(&c.toks[second-1]), "__")
}

// statementEnd is the index of the semicolon that ends what token i is in.
func (c *curer) statementEnd(i int) int {
	for ; i < len(c.toks) && !c.toks[i].is(';') && !c.toks[i].is('}'); i++ {
		if c.toks[i].match > int32(i) {
			i = int(c.toks[i].match)
		}
	}
	return i
}

// trail blanks the words, with their parentheses, between the parameters that
// open at token params and token end: annotations that no table knows.
func (c *curer) trail(params, end int) {
	if params < 0 || c.toks[params].match < 0 {
		return
	}
	from := int(c.toks[params].match) + 1
	k := from
	for k < end {
		switch t := &c.toks[k]; {
		case t.kind == tokWord && t.cls == clsPlain:
			k++
			continue
		case t.is('(') && k > from && t.match > 0:
			k = int(t.match) + 1
			continue
		}
		break
	}
	if k > from && (k >= end || c.toks[k].is(',')) {
		c.blank(c.toks[from].start, c.toks[k-1].end)
	}
}
