package lockflow

import (
	"slices"
	"sync"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A block is a basic block of a function as the solver sees it.
type block struct {
	instrs []cparse.Instr
	term   cparse.Term
	to     []int32  // successors, parallel to term.Succs(nil); -1 if cut
	order  int32    // position in reverse postorder; -1 if unreachable
	of     int32    // the block of the IR that this is, or is a copy of
	first  int32    // number of its first instruction in the function
	live   []uint64 // the variables that it, or what follows, may still read: bits as in liveBit
}

// A body is a function prepared for the solver.
type body struct {
	f        *callgraph.Func
	ir       *cparse.Func
	vars     map[string]int32 // parameters first, then locals
	types    []*cparse.Type   // of the variables, as written
	static   []bool
	nparams  int32
	blocks   []block
	rpo      []int32
	facts    map[*cparse.Expr]*exprFacts
	factSlab slab[exprFacts]
	mem      *stateMemory      // of the states while the function is solved
	liveBit  []int32           // by variable: its bit in the sets of live variables; -1: it is never live where a block starts
	names    []nameFacts       // by variable, for named
	tempType []*cparse.Type    // of temporaries that opaque calls define, by variable
	siteAt   []int32           // by call site: the number of the instruction that it is; -1 for none
	twins    bool              // some call site stands in two places
	once     bool              // no path comes to an instruction twice: what a call or a meeting of paths yields is new
	siteArgs [][]apath         // of the call sites seen: what their values may derive from
	varSites [][]int32         // by variable: the call sites that it may get its value from
	varFrom  [][]apath         // by variable: what it was given, as far as it was read from memory
	flags    map[string]bool   // members of which it is known whether the function sets them once
	bitTests map[int32]flagBit // the flags that call sites test
}

// bodies keeps the memory of bodies that were freed.
var bodies = sync.Pool{New: func() any {
	return &body{vars: map[string]int32{}, facts: map[*cparse.Expr]*exprFacts{}, mem: &stateMemory{}}
}}

// maxKeptBody bounds the memory of a body that is kept, in instructions and variables.
const maxKeptBody = 1 << 10

// free gives the memory of the body back: nothing may look at it any more.
func (b *body) free() {
	if len(b.facts) > maxKeptBody || len(b.types) > maxKeptBody {
		return
	}
	clear(b.vars)
	clear(b.facts)
	b.factSlab.reset()
	b.mem.reset()
	*b = body{vars: b.vars, facts: b.facts, factSlab: b.factSlab, mem: b.mem, types: b.types[:0], static: b.static[:0], tempType: b.tempType[:0],
		varSites: b.varSites[:0], varFrom: b.varFrom[:0], names: b.names[:0], siteAt: b.siteAt[:0], siteArgs: b.siteArgs[:0], blocks: b.blocks[:0]}
	bodies.Put(b)
}

// zeros is n zero values, in the memory of a list if it has room for them.
func zeros[T any](list []T, n int) []T {
	list = slices.Grow(list[:0], n)[:n]
	clear(list)
	return list
}

// newBody indexes the variables of a function and orders its blocks. The body is
// to be freed.
func newBody(f *callgraph.Func) *body {
	ir := f.Body()
	n := len(ir.Params) + len(ir.Locals)
	b := bodies.Get().(*body)
	b.f, b.ir = f, ir
	b.tempType, b.varSites, b.varFrom = zeros(b.tempType, n), zeros(b.varSites, n), zeros(b.varFrom, n)
	for _, p := range ir.Params {
		b.addVar(p.Name, p.Type, false)
	}
	b.nparams = int32(len(b.types))
	for _, l := range ir.Locals {
		b.addVar(l.Name, l.Type, l.Static)
	}
	b.blocks = zeros(b.blocks, len(ir.Blocks))
	first := int32(0)
	for i, blk := range ir.Blocks {
		b.blocks[i] = block{instrs: blk.Instrs, term: blk.Term, to: b.successors(blk.Term), order: -1, of: int32(i), first: first}
		b.indexSites(blk, first)
		first += int32(len(blk.Instrs)) + 1
	}
	b.number()
	return b
}

// indexSites notes where the calls of a block stand, and which variables they
// give values to, directly or through a temporary.
func (b *body) indexSites(blk *cparse.Block, first int32) {
	temps := map[string]int32{}
	for k, in := range blk.Instrs {
		switch in := in.(type) {
		case *cparse.Call:
			b.addSite(in.Site, first+int32(k))
			if in.Dst != nil && in.Dst.Kind == cparse.EName {
				temps[in.Dst.Name] = in.Site
			}
			for _, a := range in.Args {
				if in.Loop && a != nil && a.Kind == cparse.EName {
					b.addVarSite(a.Name, in.Site)
				}
			}
		case *cparse.Assign:
			src := in.Src
			for src != nil && src.Kind == cparse.ECast {
				src = src.X
			}
			if in.Dst == nil || in.Dst.Kind != cparse.EName || src == nil || src.Kind != cparse.EName {
				continue
			}
			if site, ok := temps[src.Name]; ok {
				b.addVarSite(in.Dst.Name, site)
				temps[in.Dst.Name] = site
			}
		}
	}
}

// addSite notes where a call stands. Sites are numbered from 0, without gaps.
func (b *body) addSite(site, at int32) {
	if site < 0 {
		return
	}
	if grow := int(site) + 1 - len(b.siteAt); grow > 0 {
		b.siteAt = append(b.siteAt, slices.Repeat([]int32{-1}, grow)...)
		b.siteArgs = append(b.siteArgs, make([][]apath, grow)...)
	}
	b.twins = b.twins || b.siteAt[site] >= 0
	b.siteAt[site] = at
}

// positionOf is the number of the instruction that is the call site; 0 if it is none.
func (b *body) positionOf(site int32) int32 {
	if site < 0 || int(site) >= len(b.siteAt) {
		return 0
	}
	return max(b.siteAt[site], 0)
}

// argsOf is what the value of a call site may derive from, as far as it was seen.
func (b *body) argsOf(site int32) []apath {
	if site < 0 || int(site) >= len(b.siteArgs) {
		return nil
	}
	return b.siteArgs[site]
}

// addVarSite notes that a variable may hold what a call site yielded.
func (b *body) addVarSite(name string, site int32) {
	if i, ok := b.vars[name]; ok {
		b.varSites[i] = append(b.varSites[i], site)
	}
}

// addVar enters a parameter or local; the first of two with one name wins, as
// only a damaged file has two.
func (b *body) addVar(name string, t *cparse.Type, static bool) {
	if _, dup := b.vars[name]; !dup && name != "" {
		b.vars[name] = int32(len(b.types))
	}
	b.types = append(b.types, t)
	b.static = append(b.static, static)
}

// successors is the targets of a terminator, -1 for those out of range: the IR
// may come from hostile bytes.
func (b *body) successors(t cparse.Term) []int32 {
	if t == nil {
		return nil
	}
	succs := t.Succs(nil)
	to := make([]int32, len(succs))
	for i, s := range succs {
		to[i] = -1
		if s >= 0 && s < len(b.ir.Blocks) {
			to[i] = int32(s)
		}
	}
	return to
}

// number orders the blocks in reverse postorder, without recursion: a hostile
// function may have as many blocks as it likes.
func (b *body) number() {
	for i := range b.blocks {
		b.blocks[i].order = -1
	}
	if len(b.blocks) == 0 {
		return
	}
	type frame struct{ blk, next int32 }
	seen := make([]bool, len(b.blocks))
	stack, post := []frame{{0, 0}}, []int32{}
	seen[0] = true
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		to := b.blocks[top.blk].to
		if int(top.next) < len(to) {
			s := to[top.next]
			top.next++
			if s >= 0 && !seen[s] {
				seen[s] = true
				stack = append(stack, frame{s, 0})
			}
			continue
		}
		post = append(post, top.blk)
		stack = stack[:len(stack)-1]
	}
	slices.Reverse(post)
	b.rpo = post
	for i, blk := range post {
		b.blocks[blk].order = int32(i)
	}
}

// A loop is a natural loop: the blocks from which a back edge to head is
// reached without passing head.
type loop struct {
	head int32
	body []bool
}

// loops finds the natural loops of the back edges, one for each head. An edge
// backwards in reverse postorder counts as a back edge; irreducible regions
// (goto into a loop) yield bodies that are too large, which costs precision only.
func (b *body) loops() []loop {
	preds := make([][]int32, len(b.blocks))
	for _, i := range b.rpo {
		for _, s := range b.blocks[i].to {
			if s >= 0 {
				preds[s] = append(preds[s], i)
			}
		}
	}
	byHead := map[int32]*loop{}
	var heads []int32
	for _, i := range b.rpo {
		for _, h := range b.blocks[i].to {
			if h < 0 || b.blocks[h].order > b.blocks[i].order {
				continue
			}
			l := byHead[h]
			if l == nil {
				l = &loop{head: h, body: make([]bool, len(b.blocks))}
				l.body[h] = true
				byHead[h] = l
				heads = append(heads, h)
			}
			l.grow(i, preds)
		}
	}
	out := make([]loop, len(heads))
	for i, h := range heads {
		out[i] = *byHead[h]
	}
	return out
}

// has says whether a block, or the one that it is a copy of, is in the loop: the
// copy of an inner loop's head runs where that head does.
func (l *loop) has(b *body, blk int32) bool { return l.body[b.blocks[blk].of] }

// grow adds the blocks from which a back edge is reached.
func (l *loop) grow(from int32, preds [][]int32) {
	work := []int32{from}
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		if l.body[n] {
			continue
		}
		l.body[n] = true
		work = append(work, preds[n]...)
	}
}

// peel makes a loop run at least once (rule L7): a copy of its head, without
// the way out, is entered from outside; the body returns to the original. Only
// loops that lock or unlock are peeled: `for each vcpu: unlock` would otherwise
// seem to leave everything locked when there is no vcpu at all.
func (b *body) peel(l loop) {
	h := b.blocks[l.head]
	cut, kept := slices.Clone(h.to), 0
	for i, s := range cut {
		if s < 0 || !l.has(b, s) {
			cut[i] = -1
		} else {
			kept++
		}
	}
	if kept == 0 || kept == len(cut) {
		return
	}
	first := int32(len(b.blocks))
	h.to = cut
	b.blocks = append(b.blocks, h)
	for i := range b.blocks[:first] {
		if l.has(b, int32(i)) {
			continue
		}
		for j, s := range b.blocks[i].to {
			if s == l.head {
				b.blocks[i].to[j] = first
			}
		}
	}
	if l.head == 0 {
		b.blocks[0], b.blocks[first] = b.blocks[first], b.blocks[0]
		b.swapTargets(0, first)
	}
}

// swapTargets renames block a to c and c to a in all edges.
func (b *body) swapTargets(a, c int32) {
	for i := range b.blocks {
		for j, s := range b.blocks[i].to {
			switch s {
			case a:
				b.blocks[i].to[j] = c
			case c:
				b.blocks[i].to[j] = a
			}
		}
	}
}

// baseName is the variable whose storage an lvalue is part of.
func baseName(e *cparse.Expr) string {
	for e != nil {
		switch {
		case e.Kind == cparse.EName:
			return e.Name
		case e.Kind == cparse.EMember && !e.Arrow, e.Kind == cparse.EIndex:
			e = e.X
		default:
			return ""
		}
	}
	return ""
}
