package cparse

// Statements.

func (p *fastParser) compound() int32 {
	p.enter()
	defer p.leave()
	n := p.node(nCompound)
	p.expect(n, nLBrace)
	for !p.is(nRBrace) && !p.bad {
		p.item(n, false)
	}
	p.expect(n, nRBrace)
	return n
}

func (p *fastParser) statement() int32 {
	p.enter()
	defer p.leave()
	switch p.kind(0) {
	case nLBrace:
		return p.compound()
	case kIf:
		return p.ifStatement()
	case kWhile:
		return p.while()
	case kFor:
		return p.forStatement()
	case kDo:
		return p.doStatement()
	case kSwitch:
		return p.switchStatement()
	case kCase, kDefault:
		return p.caseStatement()
	case nIdentifier:
		if p.kind(1) == nColon {
			return p.labeled()
		}
	}
	return p.simple()
}

// simple is a statement without others inside.
func (p *fastParser) simple() int32 {
	var n int32
	switch k := p.kind(0); k {
	case kReturn:
		n = p.node(nReturn)
		p.expect(n, k)
		if !p.is(nSemi) {
			p.add(n, p.commas(), 0)
		}
	case kBreak, kContinue:
		n = p.node(nBreak + k - kBreak)
		p.expect(n, k)
	case kGoto:
		n = p.node(nGoto)
		p.expect(n, k)
		p.expectAs(n, nIdentifier, nStatementIdentifier, fastFields().label)
	case nSemi:
		n = p.node(nExpressionStatement)
	default:
		n = p.node(nExpressionStatement)
		if k == nIdentifier && p.kind(1) == nLParen {
			end := int(p.toks[p.pos+1].match) - p.pos
			if k := p.kind(end + 1); k == nMul || p.typeLike(2, end) {
				p.fail() // the grammar may take the macro for a type
			}
		}
		p.add(n, p.commas(), 0)
	}
	p.expect(n, nSemi)
	return n
}

func (p *fastParser) labeled() int32 {
	n := p.node(nLabeled)
	p.expectAs(n, nIdentifier, nStatementIdentifier, fastFields().label)
	p.expect(n, nColon)
	if p.declares() {
		p.add(n, p.declaration(), 0)
	} else {
		p.add(n, p.statement(), 0)
	}
	return n
}

func (p *fastParser) ifStatement() int32 {
	f := fastFields()
	n := p.node(nIf)
	p.expect(n, kIf)
	p.add(n, p.parens(), f.condition)
	p.add(n, p.inner(), f.consequence)
	if p.is(kElse) {
		e := p.node(nElseClause)
		p.expect(e, kElse)
		p.add(e, p.inner(), 0)
		p.add(n, e, f.alternative)
	}
	return n
}

// inner is the statement that another one controls.
func (p *fastParser) inner() int32 {
	if p.declares() {
		p.fail()
	}
	return p.statement()
}

func (p *fastParser) while() int32 {
	f := fastFields()
	n := p.node(nWhile)
	p.expect(n, kWhile)
	p.add(n, p.parens(), f.condition)
	p.add(n, p.inner(), f.body)
	return n
}

func (p *fastParser) doStatement() int32 {
	f := fastFields()
	n := p.node(nDo)
	p.expect(n, kDo)
	p.add(n, p.inner(), f.body)
	p.expect(n, kWhile)
	p.add(n, p.parens(), f.condition)
	p.expect(n, nSemi)
	return n
}

func (p *fastParser) switchStatement() int32 {
	f := fastFields()
	n := p.node(nSwitch)
	p.expect(n, kSwitch)
	p.add(n, p.parens(), f.condition)
	if !p.is(nLBrace) {
		p.fail()
		return n
	}
	p.add(n, p.compound(), f.body)
	return n
}

func (p *fastParser) forStatement() int32 {
	f := fastFields()
	n := p.node(nFor)
	p.expect(n, kFor)
	p.expect(n, nLParen)
	if p.declares() {
		p.add(n, p.declaration(), f.initializer)
	} else {
		if !p.is(nSemi) {
			p.add(n, p.commas(), f.initializer)
		}
		p.expect(n, nSemi)
	}
	if !p.is(nSemi) {
		p.add(n, p.commas(), f.condition)
	}
	p.expect(n, nSemi)
	if !p.is(nRParen) {
		p.add(n, p.commas(), f.update)
	}
	p.expect(n, nRParen)
	p.add(n, p.inner(), f.body)
	return n
}

// caseStatement is a label with the statements up to the next one.
func (p *fastParser) caseStatement() int32 {
	n := p.node(nCase)
	if p.take(n, kCase) {
		p.add(n, p.expression(), fastFields().value)
	} else {
		p.expect(n, kDefault)
	}
	p.expect(n, nColon)
	for !p.bad {
		switch k := p.kind(0); {
		case k == nRBrace, k == kCase, k == kDefault, k == nNone, k.isDirective():
			return n
		case k == kTypedef:
			p.add(n, p.typedef(), 0)
		case p.declares():
			p.add(n, p.declaration(), 0)
		default:
			p.add(n, p.statement(), 0)
		}
	}
	return n
}

// conditionalLines is an #if with what stands between its lines.
func (p *fastParser) conditionalLines() int32 {
	n := p.branchLines(p.kind(0))
	p.expect(n, dEndif)
	return n
}

// branchLines is a branch of an #if that begins with a line of kind k, and the
// branches behind it.
func (p *fastParser) branchLines(k nodeKind) int32 {
	p.enter()
	defer p.leave()
	f := fastFields()
	var n int32
	switch k {
	case dIf, dElif:
		n = p.node(nPreprocIf)
		if k == dElif {
			p.nodes[n].kind = nPreprocElif
		}
		p.expect(n, k)
		p.add(n, p.lineExpression(1), f.condition)
		p.expect(n, nNewline)
	case dElse:
		n = p.node(nPreprocElse)
		p.expect(n, k)
	default:
		n = p.node(nPreprocIfdef)
		if k == dElifdef || k == dElifndef {
			p.nodes[n].kind = nPreprocElifdef
		}
		p.expect(n, k)
		p.expectAs(n, nIdentifier, nIdentifier, f.name)
	}
	for !p.kind(0).endsBranch() && !p.bad {
		if p.is(nRBrace) || p.is(nNone) {
			p.fail()
			return n
		}
		p.item(n, false)
	}
	if k != dElse && !p.is(dEndif) && !p.bad {
		p.add(n, p.branchLines(p.kind(0)), f.alternative)
	}
	return n
}

// lineExpression is the condition of an #if.
func (p *fastParser) lineExpression(level int) int32 {
	p.enter()
	defer p.leave()
	f := fastFields()
	left := p.lineOperand()
	for {
		k := p.kind(0)
		l := binaryLevel(k)
		if l < level || l == 0 {
			return left
		}
		n := p.around(nBinary, left, f.left)
		p.add(n, p.leaf(k), f.operator)
		p.add(n, p.lineExpression(l+1), f.right)
		left = n
	}
}

func (p *fastParser) lineOperand() int32 {
	switch k := p.kind(0); {
	case k.isPrefix():
		if p.kind(1) == nNumber {
			p.fail()
		}
		return p.prefix(nUnary, p.lineOperand)
	case k == nIdentifier && p.kind(1) != nLParen, k == nNumber:
		return p.leaf(k)
	case k == nLParen:
		n := p.node(nParen)
		p.expect(n, nLParen)
		p.add(n, p.lineExpression(1), 0)
		p.expect(n, nRParen)
		return n
	case k == kDefined:
		n := p.node(nPreprocDefined)
		p.expect(n, kDefined)
		open := p.take(n, nLParen)
		p.expect(n, nIdentifier)
		if open {
			p.expect(n, nRParen)
		}
		return n
	case k == nIdentifier:
		n := p.around(nCall, p.leaf(k), fastFields().function)
		args := p.node(nArguments)
		p.expect(args, nLParen)
		for !p.is(nRParen) && !p.bad {
			p.add(args, p.lineExpression(1), 0)
			if !p.is(nRParen) {
				p.expect(args, nCommaToken)
			}
		}
		p.expect(args, nRParen)
		p.add(n, args, fastFields().arguments)
		return n
	}
	p.fail()
	return p.node(nNone)
}
