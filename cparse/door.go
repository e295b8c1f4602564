package cparse

// The door to tree-sitter: nothing outside this file and the C it calls knows
// which parser stands behind it.
//
// The shim parses a text and flattens the syntax tree in one cgo call. Measured
// on 4.85 MB of kernel C: walking the tree with the binding's node API costs
// 80 % of a parse again and 2.2 million allocations; flattening it costs 15 %
// and one allocation.

// #cgo CFLAGS: -std=c11 -O2
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	gocontext "context" // context is a word of the lexer here
	"errors"
	"math/bits"
	"runtime"
	"sync"
	"time"
	"unsafe"

	sitter "github.com/smacker/go-tree-sitter" // links the C runtime
	tree_sitter_c "github.com/tree-sitter/tree-sitter-c/bindings/go"
)

// Limits of one text. The largest hand-written kernel file has 0.6 MB; an AMD
// register header has 16 MB and nothing but #defines of numbers.
const (
	maxSource = 8 << 20
	maxNodes  = 6 << 20
	keepNodes = 1 << 20 // result memory a pooled parser may keep, in nodes
)

// Reasons why a text has no tree.
var (
	errTimeLimit = errors.New("time limit")
	errSizeLimit = errors.New("size limit")
	errParser    = errors.New("parser failed")
)

// node is one syntax node. Nodes stand in pre-order, so the first child of node
// i is i+1 if the parent of i+1 is i. The layout is that of ks_node in shim.h.
type node struct {
	sym        uint16
	field      uint8
	flags      uint8
	start, end uint32 // byte offsets
	row        uint32 // of start, from 0
	parent     int32  // -1: the root
	next       int32  // next sibling, or -1
}

// The layouts agree: either line fails to compile if they do not.
var (
	_ [unsafe.Sizeof(node{}) - C.sizeof_ks_node]struct{}
	_ [C.sizeof_ks_node - unsafe.Sizeof(node{})]struct{}
)

// Flags of a node.
const (
	flagNamed    = C.KS_NAMED
	flagError    = C.KS_ERROR     // an ERROR node: text that fits no rule
	flagMissing  = C.KS_MISSING   // a token that the parser assumed
	flagExtra    = C.KS_EXTRA     // a comment
	flagHasError = C.KS_HAS_ERROR // an ERROR or MISSING node is here or below
)

// tree is the syntax tree of src.
type tree struct {
	nodes []node
	src   []byte
}

// grammar holds the names of the grammar's symbols and fields.
type grammar struct {
	symbols, fields []string
	fieldID         map[string]uint8
}

var loadGrammar = sync.OnceValue(func() *grammar {
	lang := tree_sitter_c.Language()
	g := &grammar{fieldID: map[string]uint8{}}
	for i := range uint32(C.ks_symbol_count(lang)) {
		g.symbols = append(g.symbols, C.GoString(C.ks_symbol_name(lang, C.uint16_t(i))))
	}
	g.fields = append(g.fields, "") // field ids start at 1
	for i := range uint32(C.ks_field_count(lang)) {
		name := C.GoString(C.ks_field_name(lang, C.uint16_t(i+1)))
		g.fields = append(g.fields, name)
		g.fieldID[name] = uint8(i + 1)
	}
	return g
})

// symbolFor is the number that nodes of a name have. Several symbols of the
// grammar may have the name: this is the one that the door gives out.
func symbolFor(name string, named bool) uint16 {
	flag := C.int(0)
	if named {
		flag = 1
	}
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return uint16(C.ks_symbol_for_name(tree_sitter_c.Language(), text, C.uint32_t(len(name)), flag))
}

// parsers keeps idle parsers. A sync.Pool would drop them without freeing the C
// memory; a channel bounds their number instead.
var parsers = make(chan *C.ks_parser, runtime.NumCPU())

func takeParser() *C.ks_parser {
	select {
	case p := <-parsers:
		return p
	default:
		return C.ks_new(tree_sitter_c.Language())
	}
}

func giveParser(p *C.ks_parser) {
	C.ks_trim(p, keepNodes)
	select {
	case parsers <- p:
	default:
		C.ks_delete(p)
	}
}

// parseTree parses src, which must not change while the tree is in use. It is
// safe for concurrent use. The error is one of the reasons above; text that is
// not C gives a tree with ERROR nodes instead.
func parseTree(src []byte, timeout time.Duration) (*tree, error) {
	return parseText(src, timeout, false)
}

// parseText is parseTree; with heads set, the bodies of functions may be left
// without children.
func parseText(src []byte, timeout time.Duration, heads bool) (*tree, error) {
	if len(src) > maxSource {
		return nil, errSizeLimit
	}
	if t, err := parseFast(src, timeout, heads); err != errNotFast {
		return t, err
	}
	return parseGeneral(src, timeout)
}

// parseGeneral is parseTree without the fast parser.
func parseGeneral(src []byte, timeout time.Duration) (*tree, error) {
	p := takeParser()
	if p == nil {
		return nil, errParser
	}
	defer giveParser(p)

	text := src
	if len(text) == 0 {
		text = []byte{0} // C wants an address, even of nothing
	}
	micros := max(timeout.Microseconds(), 1) // 0 would mean no limit
	var nodes *C.ks_node
	n := C.ks_parse(p, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.uint32_t(len(src)),
		C.uint64_t(micros), maxNodes, &nodes)
	switch {
	case n == C.KS_TIMEOUT:
		return nil, errTimeLimit
	case n == C.KS_TOO_MANY:
		return nil, errSizeLimit
	case n < 0:
		return nil, errParser
	}
	t := &tree{src: src, nodes: takeNodes(int(n))[:n]}
	copy(t.nodes, unsafe.Slice((*node)(unsafe.Pointer(nodes)), n))
	return t, nil
}

// nodePools keeps the memory of trees that were given back, by the power of two
// that it has room for: the trees of a file and of a macro's value differ much.
var nodePools [21]sync.Pool

// takeNodes is an empty list with room for n nodes.
func takeNodes(n int) []node {
	power := bits.Len(uint(max(n, 1<<leastNodes)) - 1)
	if power >= len(nodePools) {
		return make([]node, 0, n)
	}
	if list, ok := nodePools[power].Get().(*[]node); ok {
		return (*list)[:0]
	}
	return make([]node, 0, 1<<power)
}

// leastNodes is the power of two of the smallest list.
const leastNodes = 6

// release gives the memory of a tree back: nothing may look at it any more.
func (t *tree) release() {
	list := t.nodes
	t.nodes = nil
	if power := bits.Len(uint(cap(list))) - 1; power >= leastNodes && power < len(nodePools) {
		nodePools[power].Put(&list)
	}
}

// kind is the grammar's name of a node's symbol. That of an ERROR node is the
// one outside the grammar's table.
func (t *tree) kind(i int32) string {
	sym := t.nodes[i].sym
	if g := loadGrammar(); int(sym) < len(g.symbols) {
		return g.symbols[sym]
	}
	return "ERROR"
}

// fieldName is the name of the field of its parent that a node is, or "".
func (t *tree) fieldName(i int32) string {
	if g, f := loadGrammar(), int(t.nodes[i].field); f < len(g.fields) {
		return g.fields[f]
	}
	return ""
}

// firstChild returns the first child of a node, or -1.
func (t *tree) firstChild(i int32) int32 {
	if c := i + 1; int(c) < len(t.nodes) && t.nodes[c].parent == i {
		return c
	}
	return -1
}

// child returns the first child in the named field, or -1.
func (t *tree) child(i int32, field string) int32 {
	id, ok := loadGrammar().fieldID[field]
	if !ok {
		return -1
	}
	for c := t.firstChild(i); c >= 0; c = t.nodes[c].next {
		if t.nodes[c].field == id {
			return c
		}
	}
	return -1
}

// text is the source text of a node.
func (t *tree) text(i int32) string {
	n := &t.nodes[i]
	return string(t.src[n.start:n.end])
}

// rawParsers keeps idle parsers of the binding; each frees itself when collected.
var rawParsers = sync.Pool{New: func() any {
	p := sitter.NewParser()
	p.SetLanguage(sitter.NewLanguage(tree_sitter_c.Language()))
	return p
}}

func rawParse(src []byte) error {
	p := rawParsers.Get().(*sitter.Parser)
	defer rawParsers.Put(p)
	t, err := p.ParseCtx(gocontext.Background(), nil, src)
	if err == nil {
		t.Close()
	}
	return err
}
