package cparse

import (
	"bytes"
	"errors"
	"sync"
	"time"
)

// The fast parser: C as kernels write it, by recursive descent. It makes the
// very tree that the general parser makes, or none: what it does not know, and
// what the grammar resolves by more than the next few tokens, it leaves to the
// general parser. That one forks at each word that may be a type or a variable
// and pays for every blank; this one needs a twentieth of the time.
//
// That both agree is a test (fast_test.go) and a fuzzer.

// fastNode is a node under construction; its children form a list.
type fastNode struct {
	kind        nodeKind
	field       uint8
	start, end  uint32
	first, next int32 // child, sibling; -1: none
	last        int32
}

// fastParser is a parse under way. Once something does not fit, it stands at the
// end of the text and all that is still open ends quickly.
type fastParser struct {
	src   []byte
	toks  []fastToken
	nodes []fastNode
	pos   int
	depth int
	bad   bool
	heads bool // the bodies of functions are left out, where nothing in them matters outside
}

// Fields of the grammar, by their numbers there.
var fastFields = sync.OnceValue(func() (f struct {
	alternative, argument, arguments, body, condition, consequence, declarator, designator, end, field, function, index,
	initializer, label, left, member, name, operator, parameters, right, size, start, typ, update, value uint8
}) {
	id := loadGrammar().fieldID
	for name, to := range map[string]*uint8{"alternative": &f.alternative, "argument": &f.argument, "arguments": &f.arguments,
		"body": &f.body, "condition": &f.condition, "consequence": &f.consequence, "declarator": &f.declarator,
		"designator": &f.designator, "end": &f.end, "field": &f.field, "function": &f.function, "index": &f.index,
		"initializer": &f.initializer, "label": &f.label, "left": &f.left, "member": &f.member, "name": &f.name,
		"operator": &f.operator, "parameters": &f.parameters, "right": &f.right, "size": &f.size, "start": &f.start,
		"type": &f.typ, "update": &f.update, "value": &f.value} {
		*to = id[name]
	}
	return f
})

// fastPool keeps the memory of fast parsers from text to text.
var fastPool = sync.Pool{New: func() any { return new(fastParser) }}

// errNotFast says that the general parser has to make the tree.
var errNotFast = errors.New("not for the fast parser")

// parseFast is the tree of src. Its errors: those of the general parser for parts
// that it leaves to that one, and errNotFast. With heads set, a body may be a node
// without children.
func parseFast(src []byte, timeout time.Duration, heads bool) (*tree, error) {
	p := fastPool.Get().(*fastParser)
	defer fastPool.Put(p)
	p.src, p.nodes, p.pos, p.depth, p.bad, p.heads = src, p.nodes[:0], 0, 0, false, heads
	var ok bool
	if p.toks, ok = fastTokens(src, p.toks[:0]); !ok {
		return nil, errNotFast
	}
	root := p.node(nTranslationUnit)
	if len(p.toks) == 0 {
		p.nodes[root].start = uint32(len(src))
	}
	for p.pos < len(p.toks) {
		p.fileItem(root)
	}
	if p.bad {
		return nil, errNotFast
	}
	p.nodes[root].end = uint32(len(src))
	return p.tree(root, time.Now().Add(timeout))
}

// fileItem is one item at file scope. One that does not fit becomes a node without
// a kind: it is left to the general parser.
func (p *fastParser) fileItem(root int32) {
	begin, last := p.pos, p.nodes[root].last
	p.item(root, true)
	if !p.bad {
		return
	}
	if k := p.toks[begin].kind; !(k == nIdentifier || k == kTypedef || k.isStorage() || k.isType()) {
		return // no declaration: what it is may depend on what stands before it
	}
	p.pos, p.depth, p.bad = begin, 0, false
	p.nodes[root].last = last
	if last < 0 {
		p.nodes[root].first = -1
	} else {
		p.nodes[last].next = -1
	}
	n := p.node(nNone)
	p.pos = p.itemEnd()
	p.nodes[n].end = p.toks[p.pos-1].end
	p.add(root, n, 0)
}

// itemEnd is the token behind the item that begins here: behind a semicolon or
// the body of a function.
func (p *fastParser) itemEnd() int {
	for i := p.pos; i < len(p.toks); i++ {
		switch t := &p.toks[i]; {
		case t.kind == nSemi:
			return i + 1
		case t.match >= 0:
			if t.kind == nLBrace && i > p.pos && p.toks[i-1].kind == nRParen {
				return int(t.match) + 1
			}
			i = int(t.match)
		}
	}
	return len(p.toks)
}

// tree flattens what was made: pre-order, as the door has it. nil if the general
// parser does not take what was left to it for what it is here.
func (p *fastParser) tree(root int32, deadline time.Time) (*tree, error) {
	t := &tree{src: p.src, nodes: takeNodes(len(p.nodes))}
	table := fastSymbols()
	row, at := uint32(0), 0 // of the place up to which lines are counted
	type open struct{ node, at int32 }
	var stack []open
	for i := root; ; {
		n := &p.nodes[i]
		if int(n.start) > at {
			row += uint32(bytes.Count(p.src[at:n.start], []byte{'\n'}))
			at = int(n.start)
		}
		parent := int32(-1)
		if len(stack) > 0 {
			parent = stack[len(stack)-1].at
		}
		here := int32(len(t.nodes)) // the node that a next sibling follows
		if n.kind == nNone {
			var err error
			if here, err = t.graft(n, row, parent, time.Until(deadline)); err != nil {
				return nil, err
			}
		} else {
			t.nodes = append(t.nodes, node{sym: table.sym[n.kind], field: n.field, flags: table.flags[n.kind],
				start: n.start, end: n.end, row: row, parent: parent, next: -1})
			if n.first >= 0 {
				stack = append(stack, open{i, here})
				i = n.first
				continue
			}
		}
		for p.nodes[i].next < 0 {
			if len(stack) == 0 {
				return t, nil
			}
			up := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			i, here = up.node, up.at
		}
		i = p.nodes[i].next
		t.nodes[here].next = int32(len(t.nodes))
	}
}

// graft appends the trees of an item that is left to the general parser. It must
// be whole items without an error: an error would look different in its place.
func (t *tree) graft(n *fastNode, row uint32, parent int32, timeout time.Duration) (last int32, err error) {
	if timeout <= 0 {
		return 0, errTimeLimit
	}
	part, err := parseGeneral(t.src[n.start:n.end], timeout)
	if err != nil {
		return 0, err
	}
	if len(part.nodes) < 2 || part.nodes[0].flags&flagHasError != 0 {
		return 0, errNotFast
	}
	shift := int32(len(t.nodes)) - 1 // the root is left out
	for i, k := range part.nodes[1:] {
		if k.parent == 0 {
			last = int32(i) + 1
		}
		k.start, k.end, k.row = k.start+n.start, k.end+n.start, k.row+row
		if k.next >= 0 {
			k.next += shift
		}
		if k.parent += shift; k.parent == shift {
			k.parent = parent
		}
		t.nodes = append(t.nodes, k)
	}
	if part.nodes[last].end != n.end-n.start {
		return 0, errNotFast
	}
	return last + shift, nil
}

// fail gives up.
func (p *fastParser) fail() {
	p.bad = true
	p.pos = len(p.toks)
}

// enter bounds the recursion; each call is paired with leave.
func (p *fastParser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail()
	}
}

func (p *fastParser) leave() { p.depth-- }

// kind is the kind of the token n behind the current one.
func (p *fastParser) kind(n int) nodeKind {
	if i := p.pos + n; i >= 0 && i < len(p.toks) {
		return p.toks[i].kind
	}
	return nNone
}

func (p *fastParser) is(k nodeKind) bool { return p.kind(0) == k }

// match is the number of tokens from the current one to its closing bracket.
func (p *fastParser) match() int { return int(p.toks[p.pos].match) - p.pos }

// node begins a node at the current token.
func (p *fastParser) node(k nodeKind) int32 {
	n := fastNode{kind: k, first: -1, next: -1, last: -1}
	if p.pos < len(p.toks) {
		n.start = p.toks[p.pos].start
	}
	p.nodes = append(p.nodes, n)
	return int32(len(p.nodes) - 1)
}

// around begins a node whose first child is a node that was made before.
func (p *fastParser) around(k nodeKind, child int32, field uint8) int32 {
	start := p.nodes[child].start
	p.nodes = append(p.nodes, fastNode{kind: k, first: -1, next: -1, last: -1, start: start})
	n := int32(len(p.nodes) - 1)
	p.add(n, child, field)
	return n
}

// add appends a child to a node, and stretches the node over it.
func (p *fastParser) add(n, child int32, field uint8) {
	p.nodes[child].field = field
	to := &p.nodes[n]
	if to.last < 0 {
		to.first = child
	} else {
		p.nodes[to.last].next = child
	}
	to.last = child
	to.end = p.nodes[child].end
}

// leaf makes a node of the current token, under a kind of its own.
func (p *fastParser) leaf(k nodeKind) int32 {
	n := p.node(k)
	if p.pos < len(p.toks) {
		p.nodes[n].end = p.toks[p.pos].end
		p.pos++
	}
	return n
}

// take appends the current token to a node if it is of kind k.
func (p *fastParser) take(n int32, k nodeKind) bool { return p.takeAs(n, k, k, 0) }

func (p *fastParser) takeAs(n int32, k, as nodeKind, field uint8) bool {
	if !p.is(k) {
		return false
	}
	p.add(n, p.leaf(as), field)
	return true
}

// expect appends the current token, which must be of kind k.
func (p *fastParser) expect(n int32, k nodeKind) {
	if !p.take(n, k) {
		p.fail()
	}
}

func (p *fastParser) expectAs(n int32, k, as nodeKind, field uint8) {
	if !p.takeAs(n, k, as, field) {
		p.fail()
	}
}

// wrapped makes a node whose only child is the current token.
func (p *fastParser) wrapped(k nodeKind) int32 {
	n := p.node(k)
	p.add(n, p.leaf(p.kind(0)), 0)
	return n
}
