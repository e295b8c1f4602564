package cparse

import (
	"bytes"
	"strings"
	"sync"
)

// Preprocessor lines. All are recorded and blanked, except conditionals inside
// functions whose branches are whole statements: those the grammar takes.
//
// Elsewhere every branch of a conditional is kept, so that both definitions of
// a function under opposite conditions are seen, with the condition as a fact.
// A branch that begins or ends in the middle of an item cannot be kept beside
// another one: then one branch stays and the rest is blanked and reported.
// This loses the variants of that one item, and nothing else. SuperC (Gazzillo
// and Grimm, PLDI 2012) forks the parser instead, and keeps all variants, at
// many times the cost.

// maxGroupDepth bounds the nesting of conditionals; real files stay under 10.
// Deeper ones are blanked and all their branches kept.
const maxGroupDepth = 200

// bracket is an open bracket. The open brackets form a list from the innermost
// outwards, so that each branch of a conditional can go on from the same place.
type bracket struct {
	parent int32
	depth  int32
	brace  int32 // this or the innermost enclosing brace, or -1
	ctx    context
	before wordCls // of a parenthesis: what stands before it
	tag    context // pending tag outside, given back behind an attribute
}

// place is the state of the scan between two tokens.
type place struct {
	top         int32   // innermost open bracket
	tag         context // inStruct or inEnum after such a keyword, as long as a { may follow
	first, last token   // since the branch began; kind tokNone: none yet
	low         int32   // least depth since the branch began
}

// branch is one branch of a conditional.
type branch struct {
	from, to int    // tokens; the directive is from-1
	cond     *Cond  // under which it is read
	text     string // the condition after #if or #elif; "1" for #else
	neg      bool   // #ifndef
	pos      Pos    // of the directive
	end      place
}

// group is an open conditional.
type group struct {
	start    place
	branches []branch
	outer    *Cond // condition outside
	none     *Cond // outer, and no branch so far
	marks    int   // len(conds) when it began
	guard    bool  // an include guard: not a condition
}

// cpp is the state of the pass over the preprocessor lines.
type cpp struct {
	*curer
	brackets []bracket
	at       place
	groups   []group
	skipped  int // open conditionals beyond maxGroupDepth
	cond     *Cond
}

// conditionals records and resolves all directives.
func (c *curer) conditionals() {
	buf := bracketPool.Get().(*[]bracket)
	p := &cpp{curer: c, brackets: append((*buf)[:0], bracket{parent: -1, brace: -1})}
	for i := range c.toks {
		t := &c.toks[i]
		if t.kind == tokDirective {
			p.directive(i)
			continue
		}
		p.step(t)
	}
	for len(p.groups) > 0 {
		p.endif(len(c.toks))
	}
	*buf = p.brackets
	bracketPool.Put(buf)
}

// bracketPool keeps the lists of brackets from file to file.
var bracketPool = sync.Pool{New: func() any { return new([]bracket) }}

// The scan keeps just enough state to know, at each directive, what encloses it
// and whether an item begins there: the open brackets, the last token, and
// whether a struct or enum is being declared.

// step moves the state over a token that is no directive.
func (p *cpp) step(t *token) {
	s := &p.at
	switch {
	case t.kind == tokWord && (t.cls == clsTag || t.cls == clsTagMacro):
		s.tag = inStruct
		if t.cls == clsTag && p.text[t.start] == 'e' {
			s.tag = inEnum
		}
	case t.kind == tokWord && t.cls >= clsCtrl && t.cls != clsAttr:
		s.tag = inFile
	case t.kind != tokPunct:
	default:
		p.punct(t)
	}
	if s.first.kind == tokNone {
		s.first = *t
	}
	s.last = *t
}

// punct moves the state over punctuation. Brackets that do not fit are passed
// over, except that a brace closes all parentheses inside it.
func (p *cpp) punct(t *token) {
	s := &p.at
	switch t.ch {
	case '(':
		p.push(bracket{ctx: inParen, before: beforeParen(&s.last), brace: -1})
	case '[':
		p.push(bracket{ctx: inIndex, brace: -1})
	case '{':
		t.ctx = p.braceContext()
		p.push(bracket{ctx: t.ctx})
	case ')', ']':
		want := inParen
		if t.ch == ']' {
			want = inIndex
		}
		if b := &p.brackets[s.top]; b.ctx == want && s.top != 0 {
			t.ctx, t.cls = want, b.before
			p.pop(s.top)
		}
	case '}':
		if brace := p.brackets[s.top].brace; brace > 0 {
			t.ctx = p.brackets[brace].ctx
			p.pop(brace)
		}
	case ';', ',', '=', '*':
		s.tag = inFile
	}
}

// beforeParen classifies what stands before a parenthesis.
func beforeParen(t *token) wordCls {
	switch {
	case t.kind == tokWord:
		return t.cls
	case t.is(')') || t.is(']'):
		return clsPlain
	}
	return clsOther
}

// push opens a bracket.
func (p *cpp) push(b bracket) {
	s := &p.at
	b.parent, b.depth = s.top, p.brackets[s.top].depth+1
	id := int32(len(p.brackets))
	if b.ctx == inParen || b.ctx == inIndex {
		b.brace = p.brackets[s.top].brace
	} else {
		b.brace = id
	}
	if b.ctx == inParen && (b.before == clsAttr || b.before == clsTagMacro) {
		b.tag = s.tag
	}
	s.tag = inFile
	p.brackets = append(p.brackets, b)
	s.top = id
}

// pop closes the bracket id and all inside it.
func (p *cpp) pop(id int32) {
	b := &p.brackets[id]
	p.at.top, p.at.tag = b.parent, b.tag
	p.at.low = min(p.at.low, b.depth-1)
}

// braceContext tells what the { after the current place encloses. In doubt it
// is statements: a body that is taken for a list would lose its calls.
func (p *cpp) braceContext() context {
	s := &p.at
	outer := p.brackets[s.top].ctx
	last := &s.last
	switch {
	case s.tag != inFile:
		return s.tag
	case last.is('=') || last.is(']'):
		return inInit
	case last.is(')') && (last.cls == clsOther || last.cls == clsStmt):
		return inInit // a cast: a compound literal
	case outer == inInit || outer == inEnum || outer == inStruct:
		return inInit
	case outer == inFile && last.kind == tokString:
		return inFile // extern "C" {
	}
	return inCode
}

// directive handles the directive at token i.
func (p *cpp) directive(i int) {
	t := &p.toks[i]
	name, rest := splitDirective(p.text[t.start:t.end])
	switch name {
	case "if", "ifdef", "ifndef":
		p.ifGroup(i, name, rest)
		return
	case "elif", "elifdef", "elifndef", "else":
		if p.skipped == 0 && len(p.groups) > 0 {
			p.elif(i, name, rest)
			return
		}
	case "endif":
		if p.skipped > 0 {
			p.skipped--
		} else if len(p.groups) > 0 {
			p.endif(i)
			return
		}
	case "define", "undef":
		p.define(t, rest, name == "undef")
	case "include", "include_next":
		p.include(t, rest)
	}
	p.dropDirective(t)
}

// dropDirective blanks a directive that has been recorded.
func (p *cpp) dropDirective(t *token) {
	p.blank(t.start, t.end)
	t.kind = tokNone
}

// splitDirective cuts a directive into its name and what follows.
func splitDirective(line []byte) (name string, rest []byte) {
	i := skipSpaces(line, 1)
	j := i
	for j < len(line) && byteClass[line[j]] == byteLetter {
		j++
	}
	return string(line[i:j]), line[j:]
}

// skipSpaces moves over white space and line continuations.
func skipSpaces(s []byte, i int) int {
	for i < len(s) && (byteClass[s[i]] == byteSpace || s[i] == '\\' && continues(s, i)) {
		i++
	}
	return i
}

// leadingWord is the identifier that s begins with, behind white space.
func leadingWord(s []byte) string {
	i := skipSpaces(s, 0)
	j := i
	for j < len(s) && (byteClass[s[j]] == byteLetter || byteClass[s[j]] == byteDigit) {
		j++
	}
	return string(s[i:j])
}

// condition is the text of a conditional directive and whether it is negated.
func condition(name string, rest []byte) (text string, neg bool) {
	switch name {
	case "ifdef", "elifdef":
		return "defined(" + leadingWord(rest) + ")", false
	case "ifndef", "elifndef":
		return "defined(" + leadingWord(rest) + ")", true
	case "else":
		return "1", false
	}
	return strings.Join(strings.Fields(string(joinLines(rest))), " "), false
}

// joinLines blanks the backslashes that continue lines, in a copy.
func joinLines(s []byte) []byte {
	out := bytes.Clone(s)
	for i, b := range out {
		if b == '\\' && continues(out, i) {
			out[i] = ' '
		}
	}
	return out
}

// ifGroup begins a conditional at token i.
func (p *cpp) ifGroup(i int, name string, rest []byte) {
	if len(p.groups) >= maxGroupDepth {
		p.skipped++
		p.dropDirective(&p.toks[i])
		return
	}
	text, neg := condition(name, rest)
	g := group{start: p.at, outer: p.cond, none: p.cond, marks: len(p.conds), guard: p.isGuard(i, text, neg)}
	p.groups = append(p.groups, g)
	p.begin(i, text, neg)
}

// Conditions are kept as written. Those of a branch are its own and the
// negations of the branches before it, innermost first by Outer:
//
//	#if A      A
//	#elif B    B, !A
//	#else      !B, !A

// begin starts a branch of the innermost group behind the directive i.
func (p *cpp) begin(i int, text string, neg bool) {
	g := &p.groups[len(p.groups)-1]
	p.at = g.start
	p.at.first = token{}
	p.at.low = p.brackets[p.at.top].depth
	p.cond = g.none
	if !g.guard {
		if text != "1" || len(g.branches) == 0 {
			p.cond = &Cond{Text: text, Neg: neg, Outer: g.none}
			g.none = &Cond{Text: text, Neg: !neg, Outer: g.none}
		}
		p.mark(i, p.cond)
	}
	g.branches = append(g.branches, branch{from: i + 1, cond: p.cond, text: text, neg: neg,
		pos: p.lines.pos(p.src, p.toks[i].start)})
}

// mark notes that a condition holds behind the directive i.
func (p *cpp) mark(i int, cond *Cond) {
	if i < len(p.toks) {
		p.conds = append(p.conds, condMark{p.toks[i].start, cond})
	}
}

// closeBranch ends the branch of the innermost group before token i.
func (p *cpp) closeBranch(i int) *group {
	g := &p.groups[len(p.groups)-1]
	b := &g.branches[len(g.branches)-1]
	b.to, b.end = i, p.at
	return g
}

// elif ends one branch and begins the next, for #else too.
func (p *cpp) elif(i int, name string, rest []byte) {
	p.closeBranch(i)
	text, neg := condition(name, rest)
	p.begin(i, text, neg)
}

// An include guard is no condition: nobody includes a header to get nothing. The
// check is strict, since a default (#ifndef X, #define X 1, #endif at the head
// of a header) looks the same at first.

// isGuard tells whether the conditional at token i is an include guard: it
// asks that a name be undefined, defines it at once, and encloses the file.
func (p *cpp) isGuard(i int, text string, neg bool) bool {
	if len(p.groups) > 0 || p.at.last.kind != tokNone || i+1 >= len(p.toks) || p.toks[i+1].kind != tokDirective {
		return false
	}
	name, rest := splitDirective(p.text[p.toks[i+1].start:p.toks[i+1].end])
	word := leadingWord(rest)
	compact := strings.ReplaceAll(text, " ", "")
	asks := neg && compact == "defined("+word+")" ||
		strings.HasPrefix(compact, "!defined("+word+")") || strings.HasPrefix(compact, "!defined"+word)
	if name != "define" || word == "" || !asks {
		return false
	}
	depth := 0
	for k := i; k < len(p.toks); k++ {
		t := &p.toks[k]
		if t.kind != tokDirective {
			if depth == 0 {
				return false
			}
			continue
		}
		switch name, _ := splitDirective(p.text[t.start:t.end]); name {
		case "if", "ifdef", "ifndef":
			if depth++; depth == 1 && k > i {
				return false // another one follows
			}
		case "endif":
			depth--
		case "else", "elif":
			if depth == 1 {
				return false
			}
		}
	}
	return true
}

// define records a #define or #undef.
func (p *cpp) define(t *token, rest []byte, undef bool) {
	name := leadingWord(rest)
	if name == "" {
		return
	}
	m := &Macro{Name: name, Undef: undef, Cond: p.cond, Offset: int(t.start)}
	m.Pos = p.lines.pos(p.src, t.start)
	body := rest[skipSpaces(rest, 0)+len(name):]
	if !undef && len(body) > 0 && body[0] == '(' {
		end := bytes.IndexByte(body, ')')
		if end < 0 {
			return
		}
		m.FuncLike, m.Params = true, defineParams(body[1:end])
		body = body[end+1:]
	}
	if !undef {
		// Newlines before it stay: they tell on which line it begins.
		m.Body = string(bytes.TrimRight(bytes.TrimLeft(joinLines(body), " \t\r\v\f"), " \t\r\n\v\f"))
	}
	p.macros = append(p.macros, m)
}

func defineParams(list []byte) []string {
	params := []string{}
	for _, s := range strings.Split(string(joinLines(list)), ",") {
		if s = strings.Join(strings.Fields(s), ""); s != "" {
			params = append(params, s)
		}
	}
	return params
}

// include records an #include.
func (p *cpp) include(t *token, rest []byte) {
	name := strings.TrimSpace(string(joinLines(rest)))
	inc := Include{Name: name, Cond: p.cond}
	inc.Pos = p.lines.pos(p.src, t.start)
	if len(name) > 1 {
		closing := map[byte]byte{'"': '"', '<': '>'}[name[0]]
		if end := strings.IndexByte(name[1:], closing); closing != 0 && end >= 0 {
			inc.Name, inc.Quoted = name[1:1+end], closing == '"'
		}
	}
	if inc.Name != "" {
		p.includes = append(p.includes, inc)
	}
}
