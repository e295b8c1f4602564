package cparse

// Declarations.

// item is what may stand at file scope or in a block: it is appended to n.
func (p *fastParser) item(n int32, top bool) {
	switch k := p.kind(0); {
	case k == kTypedef:
		p.add(n, p.typedef(), 0)
	case p.declares():
		p.declarationItem(n)
	case k >= dIf && k <= dIfndef && !top:
		p.add(n, p.conditionalLines(), 0)
	case top:
		p.fail()
	default:
		p.add(n, p.statement(), 0)
	}
}

// declares tells whether a declaration begins here. A word may be a type or
// begin an expression: what follows decides.
func (p *fastParser) declares() bool {
	switch k := p.kind(0); {
	case k.isStorage(), k.isType():
		return true
	case k != nIdentifier:
		return false
	}
	i := 1
	for p.kind(i) == nMul || p.kind(i).isQualifier() {
		i++
	}
	switch k := p.kind(i); {
	case k == nIdentifier && (i == 1 || p.kind(i-1) == nMul && p.kind(1) == nMul):
		if i == 1 {
			return true
		}
		switch p.kind(i + 1) { // a * b
		case nAssign, nSemi, nCommaToken, nLBracket, nLParen:
			return true
		}
		p.fail()
		return true
	case k == nIdentifier: // a const b
		return true
	case i > 1:
		p.fail()
	case k.isStorage():
		return true
	case k == nLParen && p.kind(2) == nMul && p.kind(3) == nIdentifier && p.kind(4) == nRParen && p.kind(5) == nLParen:
		p.fail() // a (*b)(c): a pointer to a function, or a call
	}
	return false
}

// declarationItem is a declaration, a function, or a type alone: struct x { };
func (p *fastParser) declarationItem(to int32) {
	p.enter()
	defer p.leave()
	f := fastFields()
	n := p.node(nDeclaration)
	p.specifiers(n)
	if p.is(nSemi) {
		only := p.nodes[n].first
		if p.bad || p.nodes[only].next >= 0 || p.nodes[only].kind < nStruct || p.nodes[only].kind > nEnum {
			p.fail()
			return
		}
		p.add(to, only, 0)
		p.expect(to, nSemi)
		return
	}
	d := p.declarator(nIdentifier)
	if p.is(nLBrace) && p.nodes[d].kind != nIdentifier {
		p.nodes[n].kind = nFunctionDefinition
		p.add(n, d, f.declarator)
		p.add(n, p.body(), f.body)
		p.add(to, n, 0)
		return
	}
	p.restOfDeclaration(n, d)
	p.add(to, n, 0)
}

// body is the body of a function; with heads set, no more than its place.
func (p *fastParser) body() int32 {
	if !p.heads || p.depth > 1 || !p.plainBody() {
		return p.compound()
	}
	n := p.node(nCompound)
	p.pos += p.match() + 1
	p.nodes[n].end = p.toks[p.pos-1].end
	return n
}

// plainBody tells whether the body that begins here defines no type and declares
// no function or variable of the file.
func (p *fastParser) plainBody() bool {
	for i := range p.match() {
		switch k := p.kind(i); {
		case k == kTypedef, k == kStorage: // extern
			return false
		case k >= kStruct && k <= kEnum:
			if p.kind(i+1) == nLBrace || p.kind(i+2) == nLBrace {
				return false
			}
		case k == nLParen && p.kind(i-1) == nIdentifier && p.declaresAt(i-1):
			return false
		}
	}
	return true
}

// declaresAt tells whether the name that token i is may be one that a declaration
// declares as a function: a type stands before it.
func (p *fastParser) declaresAt(i int) bool {
	k := p.kind(i - 1)
	if k == nMul {
		for i--; p.kind(i-1) == nMul; i-- {
		}
		switch before := p.kind(i - 2); before {
		case nSemi, nLBrace, nRBrace, nColon, nRParen:
			return true
		default:
			return p.kind(i-1).isType() || before.isType() || before.isStorage() || before >= kStruct && before <= kEnum
		}
	}
	return k == nIdentifier || k.isType() || k.isStorage()
}

// declaration is one that can be nothing else.
func (p *fastParser) declaration() int32 {
	n := p.node(nDeclaration)
	p.specifiers(n)
	p.restOfDeclaration(n, p.declarator(nIdentifier))
	return n
}

// restOfDeclaration is what follows the first declarator.
func (p *fastParser) restOfDeclaration(n, d int32) {
	f := fastFields()
	for {
		if p.is(nAssign) {
			d = p.around(nInitDeclarator, d, f.declarator)
			p.expect(d, nAssign)
			p.add(d, p.value(), f.value)
		}
		p.add(n, d, f.declarator)
		if !p.take(n, nCommaToken) {
			break
		}
		d = p.declarator(nIdentifier)
	}
	p.expect(n, nSemi)
}

// modifiers appends storage classes and qualifiers.
func (p *fastParser) modifiers(n int32, storage bool) {
	for {
		switch k := p.kind(0); {
		case k.isStorage() && storage:
			p.add(n, p.wrapped(nStorageClass), 0)
		case k.isQualifier():
			p.add(n, p.wrapped(nTypeQualifier), 0)
		default:
			return
		}
	}
}

// specifiers appends a type with its storage classes and qualifiers.
func (p *fastParser) specifiers(n int32) {
	p.modifiers(n, true)
	p.add(n, p.typeSpecifier(false), fastFields().typ)
	p.modifiers(n, true)
}

func (p *fastParser) typeSpecifier(alone bool) int32 {
	switch k := p.kind(0); {
	case k == nIdentifier:
		if p.kind(1) == nLParen && p.kind(2) != nMul {
			p.fail() // a macro that makes a type
		}
		return p.leaf(nTypeIdentifier)
	case k == nPrimitiveType:
		if !p.kind(1).isSize() {
			return p.leaf(k)
		}
		return p.sized(alone)
	case k.isSize():
		return p.sized(alone)
	case k == kStruct, k == kUnion:
		return p.structure(k)
	case k == kEnum:
		return p.enumeration()
	}
	p.fail()
	return p.node(nNone)
}

// sized is a type of words such as unsigned and long. If it stands alone, without
// a declarator, a name belongs to it.
func (p *fastParser) sized(alone bool) int32 {
	n := p.node(nSizedType)
	named := false
	for {
		switch k := p.kind(0); {
		case k.isSize():
			p.add(n, p.leaf(k), 0)
		case k == nPrimitiveType && !named:
			p.add(n, p.leaf(k), fastFields().typ)
			named = true
		case k.isQualifier() && !named:
			p.add(n, p.wrapped(nTypeQualifier), 0)
			if p.kind(0).isSize() {
				p.fail()
			}
		case k == nIdentifier && !named && (p.kind(1) == nIdentifier || alone):
			p.add(n, p.leaf(nTypeIdentifier), fastFields().typ) // unsigned __int128
			named = true
		default:
			return n
		}
	}
}

func (p *fastParser) structure(k nodeKind) int32 {
	p.enter()
	defer p.leave()
	f := fastFields()
	n := p.node(nStruct + k - kStruct)
	p.expect(n, k)
	named := p.takeAs(n, nIdentifier, nTypeIdentifier, f.name)
	if !p.is(nLBrace) {
		if !named {
			p.fail()
		}
		return n
	}
	list := p.node(nFieldList)
	p.expect(list, nLBrace)
	for !p.is(nRBrace) && !p.bad {
		p.add(list, p.field(), 0)
	}
	p.expect(list, nRBrace)
	p.add(n, list, f.body)
	return n
}

func (p *fastParser) field() int32 {
	f := fastFields()
	n := p.node(nField)
	p.specifiers(n)
	p.list(n, nSemi, func() {
		p.add(n, p.declarator(nFieldIdentifier), f.declarator)
		if p.is(nColon) {
			b := p.node(nBitfield)
			p.expect(b, nColon)
			p.add(b, p.expression(), 0)
			p.add(n, b, 0)
		}
	})
	return n
}

// list takes elements with commas between them, and the token behind the last.
func (p *fastParser) list(n int32, end nodeKind, element func()) {
	for !p.is(end) && !p.bad {
		element()
		if !p.is(end) {
			p.expect(n, nCommaToken)
			if p.is(end) {
				p.fail()
			}
		}
	}
	p.expect(n, end)
}

func (p *fastParser) enumeration() int32 {
	f := fastFields()
	n := p.node(nEnum)
	p.expect(n, kEnum)
	named := p.takeAs(n, nIdentifier, nTypeIdentifier, f.name)
	if !p.is(nLBrace) {
		if !named {
			p.fail()
		}
		return n
	}
	list := p.node(nEnumerators)
	p.expect(list, nLBrace)
	for !p.is(nRBrace) && !p.bad {
		e := p.node(nEnumerator)
		p.expectAs(e, nIdentifier, nIdentifier, f.name)
		if p.take(e, nAssign) {
			p.add(e, p.expression(), f.value)
		}
		p.add(list, e, 0)
		if !p.is(nRBrace) {
			p.expect(list, nCommaToken)
		}
	}
	p.expect(list, nRBrace)
	p.add(n, list, f.body)
	return n
}

func (p *fastParser) typedef() int32 {
	f := fastFields()
	n := p.node(nTypeDefinition)
	p.expect(n, kTypedef)
	p.modifiers(n, false)
	p.add(n, p.typeSpecifier(false), f.typ)
	p.modifiers(n, false)
	for {
		p.add(n, p.declarator(nTypeIdentifier), f.declarator)
		if !p.take(n, nCommaToken) {
			break
		}
	}
	p.expect(n, nSemi)
	return n
}

// declarator is a name of kind leaf with what makes it a pointer, an array or a
// function.
func (p *fastParser) declarator(leaf nodeKind) int32 {
	d, named := p.anyDeclarator(leaf)
	if d < 0 || !named {
		p.fail()
		return p.node(nNone)
	}
	return d
}

// anyDeclarator is a declarator, or an abstract one, without a name; -1 if there
// is none.
func (p *fastParser) anyDeclarator(leaf nodeKind) (d int32, named bool) {
	p.enter()
	defer p.leave()
	f := fastFields()
	d = -1
	switch k := p.kind(0); {
	case k == nMul:
		n := p.node(nPointerDeclarator)
		p.expect(n, nMul)
		p.modifiers(n, false)
		if d, named = p.anyDeclarator(leaf); d >= 0 {
			p.add(n, d, f.declarator)
		}
		if !named {
			p.nodes[n].kind = nAbstractPointer
		}
		return n, named
	case k == nIdentifier:
		d, named = p.leaf(leaf), true
	case k == nLParen && (p.kind(1) == nMul || p.kind(1) == nLParen && p.kind(2) == nMul ||
		leaf == nTypeIdentifier && !p.kind(-2).isSize() && p.kind(1) == nIdentifier && p.kind(2) == nRParen):
		n := p.node(nParenDeclarator)
		p.expect(n, nLParen)
		if d, named = p.anyDeclarator(leaf); d < 0 {
			p.fail()
			return -1, false
		}
		if !named {
			p.nodes[n].kind = nAbstractParen
		}
		p.add(n, d, 0)
		p.expect(n, nRParen)
		d = n
	}
	return p.suffixes(d, named)
}

// suffixes is what follows the name in a declarator.
func (p *fastParser) suffixes(d int32, named bool) (int32, bool) {
	f := fastFields()
	begin := func(k, abstract nodeKind) {
		if !named {
			k = abstract
		}
		if d < 0 {
			d = p.node(k)
			return
		}
		d = p.around(k, d, f.declarator)
	}
	for {
		switch p.kind(0) {
		case nLParen:
			begin(nFunctionDeclarator, nAbstractFunction)
			p.add(d, p.parameters(), f.parameters)
			if p.is(nIdentifier) {
				p.fail()
			}
		case nLBracket:
			begin(nArrayDeclarator, nAbstractArray)
			p.expect(d, nLBracket)
			if p.is(nMul) && p.kind(1) == nRBracket {
				p.fail()
			}
			if !p.is(nRBracket) {
				p.add(d, p.expression(), f.size)
			}
			p.expect(d, nRBracket)
		default:
			return d, named
		}
	}
}

func (p *fastParser) parameters() int32 {
	p.enter()
	defer p.leave()
	n := p.node(nParameters)
	p.expect(n, nLParen)
	p.list(n, nRParen, func() {
		if p.is(nDots) {
			p.add(n, p.wrapped(nVariadic), 0)
		} else {
			p.add(n, p.parameter(), 0)
		}
	})
	return n
}

func (p *fastParser) parameter() int32 {
	n := p.node(nParameter)
	p.specifiers(n)
	if d, _ := p.anyDeclarator(nIdentifier); d >= 0 {
		p.add(n, d, fastFields().declarator)
	}
	return n
}

// typeDescriptor is a type without a name, as in a cast.
func (p *fastParser) typeDescriptor() int32 {
	f := fastFields()
	n := p.node(nTypeDescriptor)
	p.modifiers(n, false)
	p.add(n, p.typeSpecifier(true), f.typ)
	p.modifiers(n, false)
	d, named := p.anyDeclarator(nIdentifier)
	if named {
		p.fail()
	} else if d >= 0 {
		p.add(n, d, f.declarator)
	}
	return n
}
