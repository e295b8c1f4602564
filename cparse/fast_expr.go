package cparse

// Expressions.

// binaryLevel is how tightly a binary operator binds; 0: it is none.
func binaryLevel(k nodeKind) int {
	switch k {
	case nOrOr:
		return 1
	case nAndAnd:
		return 2
	case nOr:
		return 3
	case nXor:
		return 4
	case nAnd:
		return 5
	case nEqual, nNotEqual:
		return 6
	case nLess, nGreater, nLessEqual, nGreaterEqual:
		return 7
	case nShl, nShr:
		return 8
	case nAdd, nSub:
		return 9
	case nMul, nDiv, nMod:
		return 10
	}
	return 0
}

// expression is an expression without commas.
func (p *fastParser) expression() int32 {
	p.enter()
	defer p.leave()
	left := p.binary(1)
	f := fastFields()
	switch k := p.kind(0); {
	case k == nQuestion:
		return p.conditional(left)
	case k.isAssign():
		if !p.assignable(left) {
			p.fail()
			return left
		}
		n := p.around(nAssignment, left, f.left)
		p.add(n, p.leaf(k), f.operator)
		p.add(n, p.expression(), f.right)
		return n
	}
	return left
}

// assignable tells the expressions that the grammar lets stand before = .
func (p *fastParser) assignable(n int32) bool {
	switch p.nodes[n].kind {
	case nIdentifier, nCall, nFieldExpression, nPointer, nSubscript, nParen:
		return true
	}
	return false
}

func (p *fastParser) conditional(cond int32) int32 {
	p.enter()
	defer p.leave()
	f := fastFields()
	n := p.around(nConditional, cond, f.condition)
	p.expect(n, nQuestion)
	if !p.is(nColon) {
		p.add(n, p.commas(), f.consequence)
	}
	p.expect(n, nColon)
	alt := p.binary(1)
	if p.is(nQuestion) {
		alt = p.conditional(alt)
	}
	if p.kind(0).isAssign() {
		p.fail()
	}
	p.add(n, alt, f.alternative)
	return n
}

// commas is an expression in which commas may stand.
func (p *fastParser) commas() int32 {
	e := p.expression()
	if !p.is(nCommaToken) {
		return e
	}
	p.enter()
	defer p.leave()
	f := fastFields()
	n := p.around(nComma, e, f.left)
	p.expect(n, nCommaToken)
	p.add(n, p.commas(), f.right)
	return n
}

// binary is operands joined by operators that bind at least as tightly as level.
func (p *fastParser) binary(level int) int32 {
	left := p.unary(level)
	for {
		k := p.kind(0)
		l := binaryLevel(k)
		if l < level || l == 0 {
			return left
		}
		f := fastFields()
		n := p.around(nBinary, left, f.left)
		p.add(n, p.leaf(k), f.operator)
		right := p.binary(l + 1)
		if doubtful(k) && p.nodes[right].kind == nBinary && p.likeType(left) {
			p.fail() // (a) - b * c: see castBefore
		}
		p.add(n, right, f.right)
		left = n
	}
}

// The grammar has no types at hand: (a) may be a variable or a cast of what
// follows, a type in parentheses behind sizeof may belong to a cast, and of two
// readings that both fit it takes one by rules that depend on what stands around.
// The fast parser knows the plain cases and leaves the others to the general one.

// doubtful tells the operators that stand before one operand or between two. An
// && is two of them to a grammar that expects an operand.
func doubtful(k nodeKind) bool {
	return k == nMul || k == nAnd || k == nAdd || k == nSub || k == nAndAnd
}

// likeType tells an expression that ends like a cast without its operand: (a),
// (MACRO(a)), and sizeof of either or of a type.
func (p *fastParser) likeType(n int32) bool {
	e := &p.nodes[n]
	if e.kind == nSizeof {
		return p.nodes[e.last].kind == nRParen || p.likeType(e.last)
	}
	if e.kind != nParen || p.bad {
		return false
	}
	in := p.nodes[e.first].next
	return p.nodes[in].kind == nIdentifier || p.nodes[in].kind == nCall || p.nodes[in].kind == nSubscript
}

// operand is a unary expression that no binary operator may follow inside.
func (p *fastParser) operand() int32 { return p.unary(maxLevel) }

// maxLevel is tighter than all binary operators.
const maxLevel = 11

// unary is an operand with what stands before it, in a place where binary
// operators of a level may follow.
func (p *fastParser) unary(level int) int32 {
	p.enter()
	defer p.leave()
	f := fastFields()
	switch k := p.kind(0); {
	case p.isSigned():
		return p.postfix(p.signed()) // to the grammar the sign is part of a number
	case k.isPrefix():
		return p.updates(p.prefix(nUnary, p.negated)) // !a++ is (!a)++ to the grammar
	case k == nMul || k == nAnd:
		return p.prefix(nPointer, p.operand)
	case k == nIncrement || k == nDecrement:
		return p.prefix(nUpdate, p.operand)
	case k == kSizeof:
		return p.sizeof(level)
	case k == nLParen && p.typeInParens(level):
		n := p.node(nCast)
		p.expect(n, nLParen)
		p.add(n, p.typeDescriptor(), f.typ)
		p.expect(n, nRParen)
		if p.is(nLBrace) {
			p.nodes[n].kind = nCompoundLiteral
			p.add(n, p.initializer(), f.value)
			return p.postfix(n)
		}
		p.add(n, p.operand(), f.value)
		return n
	}
	return p.postfix(p.primary())
}

// isSigned tells whether a number with a sign stands here.
func (p *fastParser) isSigned() bool {
	k := p.kind(0)
	return (k == nSub || k == nAdd) && p.kind(1) == nNumber && p.toks[p.pos].end == p.toks[p.pos+1].start
}

// signed is a number with its sign.
func (p *fastParser) signed() int32 {
	n := p.node(nNumber)
	p.pos++
	p.nodes[n].end = p.toks[p.pos].end
	p.pos++
	return n
}

func (p *fastParser) prefix(k nodeKind, operand func() int32) int32 {
	f := fastFields()
	n := p.node(k)
	p.add(n, p.leaf(p.kind(0)), f.operator)
	p.add(n, operand(), f.argument)
	return n
}

// typeInParens tells whether the parenthesis here begins a cast or a compound
// literal. One word in parentheses may be a variable: what follows decides, and
// where that is not enough the general parser has to.
func (p *fastParser) typeInParens(level int) bool {
	switch k := p.kind(1); {
	case k.isType():
		return true
	case k != nIdentifier:
		return false
	}
	end := p.match()
	i := 2
	for p.kind(i) == nMul || p.kind(i).isQualifier() {
		i++
	}
	if i > 2 || i == end {
		if i != end {
			if i == 3 && p.kind(2) == nMul && !p.kind(3).isQualifier() {
				return false // (a * b)
			}
			return !p.bad && i < end && p.kind(i-1).isQualifier()
		}
		if i > 2 {
			return true
		}
		return p.castBefore(end+1, level)
	}
	if p.kind(2) == nLBracket && (p.kind(3) == nRBracket || p.kind(end+1) == nLBrace) {
		return true
	}
	if p.kind(2) == nLParen && p.kind(3) == nMul && p.kind(4) == nRParen {
		return true
	}
	if p.suffixed(1, end) &&
		(p.castBefore(end+1, level) || p.kind(end+1) == nLParen || doubtful(p.kind(end+1)) && (end == 4 || p.typeLike(1, end))) {
		p.fail() // (MACRO(a)) b: the macro makes a type
	}
	return false
}

// suffixed tells whether the tokens from lo to hi are a word with parentheses and
// indices behind it: a call, or the type of a function or an array.
func (p *fastParser) suffixed(lo, hi int) bool {
	if p.kind(lo) != nIdentifier {
		return false
	}
	i := lo + 1
	for i < hi && (p.kind(i) == nLParen || p.kind(i) == nLBracket) {
		i = int(p.toks[p.pos+i].match) - p.pos + 1
	}
	return i == hi && i > lo+1
}

// typeLike tells whether the tokens from lo to hi may be a type to the grammar and
// a * among them make it prefer that reading: a(b *c) is the type of a function
// with a parameter.
func (p *fastParser) typeLike(lo, hi int) bool {
	if p.kind(lo) != nIdentifier || p.kind(lo+1) != nLParen || int(p.toks[p.pos+lo+1].match) != p.pos+hi-1 {
		return false
	}
	for i := lo + 2; i < hi; i++ {
		if p.kind(i) == nMul {
			return true
		}
	}
	return false
}

// castBefore tells whether a word in parentheses is a type, by the token n behind.
//
//	(a)(b)     a call, as the grammar has it
//	(a) - b    a binary expression; but if it has another operator that
//	           binds tighter, or as tightly before it, the grammar prefers a cast
func (p *fastParser) castBefore(n, level int) bool {
	switch k := p.kind(n); k {
	case nIdentifier, nNumber, nString, nChar, nTilde, nNot, kSizeof, nLBrace, nTrue, nFalse, kNULL, kNullptr, kOffsetof, kGeneric:
		return true
	case nIncrement, nDecrement:
		p.fail()
	case nLParen:
		p.checkCall(n)
	case nMul, nAnd, nAdd, nSub, nAndAnd:
		if binaryLevel(k) < level {
			p.fail()
		}
	}
	return false
}

// checkCall gives up at (a)(b) if it is no plain call; (b) opens at token n.
func (p *fastParser) checkCall(n int) {
	end := int(p.toks[p.pos+n].match) - p.pos
	switch k := p.kind(end + 1); {
	case k == nLParen, k == nLBracket, k == nDot, k == nArrow, k == nIncrement, k == nDecrement,
		doubtful(k) && p.kind(n+1) == nIdentifier && (end == n+2 || p.kind(n+2) == nLParen):
		p.fail()
	}
}

// sizeof has the same doubt behind a type in parentheses as castBefore.
func (p *fastParser) sizeof(level int) int32 {
	f := fastFields()
	n := p.node(nSizeof)
	p.expect(n, kSizeof)
	if !p.is(nLParen) {
		p.add(n, p.operand(), f.value)
		return n
	}
	end := p.match()
	switch p.kind(end + 1) {
	case nDot, nArrow, nLBracket, nLParen, nLBrace, nIncrement, nDecrement:
		p.fail()
		return n
	}
	if p.kind(2) == nLParen && p.suffixed(1, end) {
		p.fail() // sizeof(a(b)): it may be the type of a function
		return n
	}
	if !(p.kind(1) == nIdentifier && end == 2) && p.typeInParens(maxLevel) {
		p.expect(n, nLParen)
		p.add(n, p.typeDescriptor(), f.typ)
		p.expect(n, nRParen)
	} else {
		p.add(n, p.parens(), f.value)
	}
	if k := p.kind(0); doubtful(k) && p.likeType(n) && (binaryLevel(k) < level || p.isSigned()) {
		p.fail()
	}
	return n
}

// negated is the operand of an operator such as ! .
func (p *fastParser) negated() int32 {
	switch k := p.kind(0); {
	case p.isSigned():
		return p.access(p.signed())
	case k.isPrefix():
		p.enter()
		defer p.leave()
		return p.prefix(nUnary, p.negated)
	case k == nMul, k == nAnd, k == nIncrement, k == nDecrement, k == kSizeof, k == nLParen && p.typeInParens(maxLevel):
		return p.operand()
	}
	return p.access(p.primary())
}

// postfix is an operand with what stands behind it.
func (p *fastParser) postfix(e int32) int32 {
	for {
		e = p.access(e)
		if !p.is(nIncrement) && !p.is(nDecrement) {
			return e
		}
		e = p.updates(e)
	}
}

// updates is an operand with ++ or -- behind it.
func (p *fastParser) updates(e int32) int32 {
	f := fastFields()
	for p.is(nIncrement) || p.is(nDecrement) {
		e = p.around(nUpdate, e, f.argument)
		p.add(e, p.leaf(p.kind(0)), f.operator)
	}
	return e
}

// access is an operand with calls, indices and members behind it.
func (p *fastParser) access(e int32) int32 {
	f := fastFields()
	for {
		switch k := p.kind(0); k {
		case nLParen:
			e = p.around(nCall, e, f.function)
			p.add(e, p.arguments(), f.arguments)
		case nLBracket:
			e = p.around(nSubscript, e, f.argument)
			p.expect(e, nLBracket)
			p.add(e, p.expression(), f.index)
			p.expect(e, nRBracket)
		case nDot, nArrow:
			e = p.around(nFieldExpression, e, f.argument)
			p.add(e, p.leaf(k), f.operator)
			p.expectAs(e, nIdentifier, nFieldIdentifier, f.field)
		default:
			return e
		}
	}
}

func (p *fastParser) arguments() int32 {
	n := p.node(nArguments)
	p.expect(n, nLParen)
	p.list(n, nRParen, func() {
		if p.is(nLBrace) {
			p.add(n, p.compound(), 0)
		} else {
			p.add(n, p.expression(), 0)
		}
	})
	return n
}

func (p *fastParser) primary() int32 {
	switch k := p.kind(0); {
	case k == nIdentifier:
		if p.kind(1) == nString {
			return p.strings()
		}
		return p.leaf(nIdentifier)
	case k == nNumber, k == nTrue, k == nFalse:
		return p.leaf(k)
	case k == nString:
		return p.strings()
	case k == nChar:
		return p.quoted(nChar, nQuote)
	case k == kNULL, k == kNullptr:
		return p.wrapped(nNull)
	case k == nLParen:
		return p.parens()
	case k == kOffsetof:
		return p.offsetof()
	case k == kGeneric:
		return p.generic()
	case k.isAlignof():
		return p.alignof()
	}
	p.fail()
	return p.node(nNone)
}

// parens is an expression, or statements, in parentheses.
func (p *fastParser) parens() int32 {
	n := p.node(nParen)
	p.expect(n, nLParen)
	if p.is(nLBrace) {
		p.add(n, p.compound(), 0)
	} else {
		p.add(n, p.commas(), 0)
	}
	p.expect(n, nRParen)
	return n
}

// strings is one string, or several and words between them.
func (p *fastParser) strings() int32 {
	one := func() int32 {
		if p.is(nString) {
			return p.quoted(nString, nDoubleQuote)
		}
		return p.leaf(nIdentifier)
	}
	e := one()
	if !p.is(nString) && !p.is(nIdentifier) {
		return e
	}
	n := p.around(nConcatenated, e, 0)
	for p.is(nString) || p.is(nIdentifier) {
		p.add(n, one(), 0)
	}
	return n
}

// quoted is a literal with its parts.
func (p *fastParser) quoted(k, quote nodeKind) int32 {
	t := p.toks[p.pos]
	n := p.leaf(k)
	part := func(k nodeKind, lo, hi uint32) {
		p.nodes = append(p.nodes, fastNode{kind: k, start: lo, end: hi, first: -1, next: -1, last: -1})
		p.add(n, int32(len(p.nodes)-1), 0)
	}
	part(quote, t.start, t.start+1)
	if t.end-t.start == 2 && k == nChar {
		p.fail()
	}
	for i := t.start + 1; i < t.end-1; {
		j := i + 1
		switch {
		case p.src[i] == '\\':
			j = escapeEnd(p.src, i)
			if j == 0 || j > t.end-1 {
				p.fail()
				return n
			}
			part(nEscape, i, j)
		case k == nChar:
			part(nCharacter, i, j)
		default:
			for j < t.end-1 && p.src[j] != '\\' {
				j++
			}
			part(nStringContent, i, j)
		}
		i = j
		if k == nChar && i < t.end-1 {
			p.fail() // more than one character
			return n
		}
	}
	part(quote, t.end-1, t.end)
	return n
}

// escapeEnd is the end of the escape sequence at i, or 0 if it is none.
func escapeEnd(src []byte, i uint32) uint32 {
	count := func(from uint32, most int, hex bool) int {
		n := 0
		for int(from)+n < len(src) && n < most {
			c := src[int(from)+n]
			if byteClass[c] != byteDigit && !(hex && c|0x20 >= 'a' && c|0x20 <= 'f') {
				break
			}
			n++
		}
		return n
	}
	switch src[i+1] {
	case 'x':
		if n := count(i+2, 4, true); n > 0 {
			return i + 2 + uint32(n)
		}
		return 0
	case 'u', 'U':
		return 0
	}
	return i + uint32(max(2, 1+count(i+1, 3, false)))
}

func (p *fastParser) offsetof() int32 {
	f := fastFields()
	n := p.node(nOffsetof)
	p.expect(n, kOffsetof)
	p.expect(n, nLParen)
	p.add(n, p.typeDescriptor(), f.typ)
	p.expect(n, nCommaToken)
	p.expectAs(n, nIdentifier, nFieldIdentifier, f.member)
	p.expect(n, nRParen)
	return n
}

func (p *fastParser) alignof() int32 {
	n := p.node(nAlignof)
	p.add(n, p.leaf(p.kind(0)), 0)
	p.expect(n, nLParen)
	p.add(n, p.typeDescriptor(), fastFields().typ)
	p.expect(n, nRParen)
	return n
}

func (p *fastParser) generic() int32 {
	n := p.node(nGeneric)
	p.expect(n, kGeneric)
	p.expect(n, nLParen)
	p.add(n, p.expression(), 0)
	for p.take(n, nCommaToken) {
		p.add(n, p.typeDescriptor(), 0)
		p.expect(n, nColon)
		p.add(n, p.expression(), 0)
	}
	p.expect(n, nRParen)
	return n
}

// initializer is a list in braces.
func (p *fastParser) initializer() int32 {
	p.enter()
	defer p.leave()
	n := p.node(nInitializer)
	p.expect(n, nLBrace)
	for !p.is(nRBrace) && !p.bad {
		p.add(n, p.element(), 0)
		if !p.is(nRBrace) {
			p.expect(n, nCommaToken)
		}
	}
	p.expect(n, nRBrace)
	return n
}

// value is what stands behind = .
func (p *fastParser) value() int32 {
	if p.is(nLBrace) {
		return p.initializer()
	}
	return p.expression()
}

func (p *fastParser) element() int32 {
	f := fastFields()
	switch k := p.kind(0); {
	case k == nDot, k == nLBracket:
		n := p.node(nInitializerPair)
		for !p.bad && (p.is(nDot) || p.is(nLBracket)) {
			p.add(n, p.designator(), f.designator)
		}
		p.expect(n, nAssign)
		p.add(n, p.value(), f.value)
		return n
	case k == nIdentifier && p.kind(1) == nColon:
		n := p.node(nInitializerPair)
		p.expectAs(n, nIdentifier, nFieldIdentifier, f.designator)
		p.expect(n, nColon)
		p.add(n, p.value(), f.value)
		return n
	}
	return p.value()
}

func (p *fastParser) designator() int32 {
	f := fastFields()
	if p.is(nDot) {
		n := p.node(nFieldDesignator)
		p.expect(n, nDot)
		p.expectAs(n, nIdentifier, nFieldIdentifier, 0)
		return n
	}
	n := p.node(nSubscriptDesignator)
	p.expect(n, nLBracket)
	e := p.expression()
	if !p.is(nDots) {
		p.add(n, e, 0)
		p.expect(n, nRBracket)
		return n
	}
	p.nodes[n].kind = nRangeDesignator
	p.add(n, e, f.start)
	p.expect(n, nDots)
	p.add(n, p.expression(), f.end)
	p.expect(n, nRBracket)
	return n
}
