package cparse

import (
	"slices"
	"strconv"
	"sync"
)

// A builder makes the control-flow graph of one function.
type builder struct {
	l        *lowerer
	fn       *Func
	cur      *Block // nil after a statement that control does not leave
	scope    *scope
	used     map[string]int // names of locals so far, for renaming
	temps    int
	unused   bool // the value of the next call or update is not used
	breaks   []target
	conts    []target
	labels   map[string]*label
	gotos    []pendingGoto
	switches []*switchState
	condNow  *Cond // of the #if inside the function that stands around
}

// A scope is a block of C: its variables, and what must run when it ends.
type scope struct {
	parent   *scope
	vars     map[string]string
	cleanups []cleanup
}

// A cleanup is a call that runs on every way out of a scope.
type cleanup struct {
	fun string
	arg *Expr
	pos Pos
}

// A target is where break or continue goes, and the scope that it stays in.
type target struct {
	block *Block
	scope *scope
}

// A label is a place to go to; its scope had n cleanups there.
type label struct {
	block *Block
	scope *scope
	n     int
}

// A pendingGoto ends in pad; counts tells how many cleanups each scope around
// it had.
type pendingGoto struct {
	pad    *Block
	label  string
	scope  *scope
	counts map[*scope]int
	pos    Pos
}

// A switchState collects the cases of the switch that is being lowered.
type switchState struct {
	sw      *Switch
	hasDflt bool
}

// body lowers the body of f.
func (l *lowerer) body(f *Func, body int32) {
	b := &builder{l: l, fn: f, used: map[string]int{}, labels: map[string]*label{}}
	b.scope = &scope{vars: map[string]string{}}
	for _, p := range f.Params {
		b.scope.vars[p.Name] = p.Name
		b.used[p.Name]++
	}
	b.cur = b.block()
	b.stmt(body)
	b.endScope(b.scope, 0)
	b.term(&Return{Pos: f.End})
	b.resolveGotos()
	Finish(f)
}

// block makes a new block; it is not yet reached.
func (b *builder) block() *Block {
	k := &Block{ID: len(b.fn.Blocks)}
	b.fn.Blocks = append(b.fn.Blocks, k)
	return k
}

// at is the current block; after a jump, a new one that nothing reaches.
func (b *builder) at() *Block {
	if b.cur == nil {
		b.cur = b.block()
	}
	return b.cur
}

func (b *builder) emit(i Instr) {
	k := b.at()
	k.Instrs = append(k.Instrs, i)
}

// term ends the current block, if there is one.
func (b *builder) term(t Term) {
	if b.cur != nil {
		b.cur.Term = t
		b.cur = nil
	}
}

// jump goes to k from the current block.
func (b *builder) jump(k *Block) { b.term(&Jump{To: k.ID}) }

// start continues in k.
func (b *builder) start(k *Block) {
	b.jump(k)
	b.cur = k
}

// branch ends the current block with a two-way choice; a constant decides now.
func (b *builder) branch(cond *Expr, then, els *Block, pos Pos) {
	b.at()
	if cond != nil && cond.Kind == EInt {
		if cond.Int == 0 {
			then = els
		}
		b.jump(then)
		return
	}
	b.term(&Branch{Cond: cond, Then: then.ID, Else: els.ID, Pos: pos})
}

// temp makes a temporary with the type of e.
func (b *builder) temp(e *Expr) *Expr {
	b.temps++
	t := &Expr{Kind: EName, Name: tempName(b.temps), Pos: e.Pos}
	b.fn.Locals = append(b.fn.Locals, Local{Name: t.Name, Type: &Type{Kind: TAuto, Expr: e}, Pos: e.Pos})
	return t
}

// tempName is the name of a function's n-th temporary: one string for all functions.
func tempName(n int) string {
	if names := tempNames(); n < len(names) {
		return names[n]
	}
	return "%" + strconv.Itoa(n)
}

var tempNames = sync.OnceValue(func() []string {
	names := make([]string, 512)
	for i := range names {
		names[i] = "%" + strconv.Itoa(i)
	}
	return names
})

// declare makes a local variable in the current scope and returns its name,
// changed if another local has it already.
func (b *builder) declare(name string, t *Type, static bool, pos Pos) string {
	unique := name
	if n := b.used[name]; n > 0 {
		unique = name + "." + strconv.Itoa(n+1)
	}
	b.used[name]++
	if b.scope.vars == nil {
		b.scope.vars = map[string]string{}
	}
	b.scope.vars[name] = unique
	b.fn.Locals = append(b.fn.Locals, Local{Name: unique, Type: t, Static: static, Pos: pos})
	return unique
}

// resolve is the name of the local that name means here, or name itself.
func (b *builder) resolve(name string) string {
	for s := b.scope; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return name
}

func (b *builder) push() { b.scope = &scope{parent: b.scope} }

// pop leaves the innermost scope, running its cleanups if control gets here.
func (b *builder) pop() {
	b.endScope(b.scope, 0)
	b.scope = b.scope.parent
}

// endScope runs the cleanups of s from the last down to number from.
func (b *builder) endScope(s *scope, from int) {
	if b.cur == nil {
		return
	}
	b.runCleanups(s.cleanups[min(from, len(s.cleanups)):])
}

func (b *builder) runCleanups(cs []cleanup) {
	for i := len(cs) - 1; i >= 0; i-- {
		c := cs[i]
		if *b.l.budget--; *b.l.budget < 0 {
			if *b.l.budget == -1 {
				b.l.file.Problems = append(b.l.file.Problems, Problem{Pos: c.pos, Func: b.fn.Name, Reason: "size limit"})
			}
			return
		}
		b.emit(&Call{Fun: &Expr{Kind: EName, Name: c.fun, Pos: c.pos}, Args: []*Expr{c.arg}, Cleanup: true, Pos: c.pos})
	}
}

// unwind runs the cleanups of all scopes inside stop, innermost first.
func (b *builder) unwind(stop *scope) {
	for s := b.scope; s != nil && s != stop; s = s.parent {
		b.endScope(s, 0)
	}
}

// gotoLabel jumps to a label that may come later; what has to run on the way
// is decided in resolveGotos.
func (b *builder) gotoLabel(name string, pos Pos) {
	pad := b.block()
	b.start(pad)
	counts := map[*scope]int{}
	for s := b.scope; s != nil; s = s.parent {
		counts[s] = len(s.cleanups)
	}
	b.gotos = append(b.gotos, pendingGoto{pad: pad, label: name, scope: b.scope, counts: counts, pos: pos})
	b.cur = nil
}

// resolveGotos ends the blocks of all gotos: each runs the cleanups of the
// scopes that it leaves, and of what was declared after a label behind it.
func (b *builder) resolveGotos() {
	for _, g := range b.gotos {
		to, ok := b.labels[g.label]
		b.cur = g.pad
		if !ok {
			b.term(&Stop{})
			continue
		}
		around := map[*scope]bool{}
		for s := to.scope; s != nil; s = s.parent {
			around[s] = true
		}
		s := g.scope
		for ; s != nil && !around[s]; s = s.parent {
			b.runCleanups(s.cleanups[:g.counts[s]])
		}
		if s != nil && s == to.scope && to.n < g.counts[s] {
			b.runCleanups(s.cleanups[to.n:g.counts[s]])
		}
		b.jump(to.block)
	}
}

// Finish drops the blocks that only jump on and those that nothing reaches,
// numbers the rest in reverse postorder and numbers the calls.
func Finish(f *Func) {
	for _, k := range f.Blocks {
		if k.Term == nil {
			k.Term = &Stop{}
		}
	}
	o := orders.Get().(*blockOrder)
	defer orders.Put(o)
	o.threadJumps(f.Blocks)
	order := o.reversePostorder(f.Blocks)
	index := o.numbers(len(f.Blocks))
	for i, k := range order {
		index[k.ID] = i
	}
	f.Blocks = order
	site := int32(0)
	for i, k := range order {
		k.ID = i
		renumber(k.Term, index)
		for _, in := range k.Instrs {
			if c, ok := in.(*Call); ok {
				c.Site = site
				site++
			}
		}
	}
}

// A blockOrder is the memory that it takes to order blocks.
type blockOrder struct {
	index []int // by block
	path  []int
	seen  []bool
	stack []pendingBlock
	succs []int // of the blocks on the stack that have not been looked at
	post  []*Block
}

// A pendingBlock is a block whose successors are being looked at.
type pendingBlock struct {
	block *Block
	from  int // where they begin in succs
}

var orders = sync.Pool{New: func() any { return &blockOrder{} }}

// numbers is n numbers, to be set.
func (o *blockOrder) numbers(n int) []int {
	o.index = slices.Grow(o.index[:0], n)[:n]
	return o.index
}

// threadJumps makes all ends of blocks go past empty blocks that only jump on.
// A loop of such blocks stays.
func (o *blockOrder) threadJumps(blocks []*Block) {
	dest := o.numbers(len(blocks))
	for i := range dest {
		dest[i] = -1
	}
	for i := range blocks {
		end := i
		o.path = o.path[:0]
		for dest[end] < 0 {
			dest[end] = end // what leads back here ends here
			o.path = append(o.path, end)
			if j, ok := blocks[end].Term.(*Jump); ok && len(blocks[end].Instrs) == 0 {
				end = j.To
			}
		}
		for _, k := range o.path {
			dest[k] = dest[end]
		}
	}
	for _, k := range blocks {
		renumber(k.Term, dest)
		if br, ok := k.Term.(*Branch); ok && br.Then == br.Else {
			k.Term = &Jump{To: br.Then}
		}
	}
}

// reversePostorder is the reachable blocks, each before its successors but for
// loops. It keeps its own stack: functions can have thousands of blocks.
func (o *blockOrder) reversePostorder(blocks []*Block) []*Block {
	o.seen = slices.Grow(o.seen[:0], len(blocks))[:len(blocks)]
	clear(o.seen)
	o.stack, o.succs = o.stack[:0], o.succs[:0]
	visit := func(i int) {
		o.seen[i] = true
		o.stack = append(o.stack, pendingBlock{blocks[i], len(o.succs)})
		o.succs = blocks[i].Term.Succs(o.succs)
	}
	visit(0)
	post := o.post[:0]
	for len(o.stack) > 0 {
		top := &o.stack[len(o.stack)-1]
		last := len(o.succs) - 1
		if last < top.from {
			post = append(post, top.block)
			o.stack = o.stack[:len(o.stack)-1]
			continue
		}
		// The last successor first, so that the first one stands first in the result.
		next := o.succs[last]
		o.succs = o.succs[:last]
		if !o.seen[next] {
			visit(next)
		}
	}
	slices.Reverse(post)
	out := slices.Clone(post)
	clear(post)
	o.post = post
	clear(o.stack[:cap(o.stack)])
	return out
}

func renumber(t Term, index []int) {
	switch t := t.(type) {
	case *Jump:
		t.To = index[t.To]
	case *Branch:
		t.Then, t.Else = index[t.Then], index[t.Else]
	case *Config:
		t.Then, t.Else = index[t.Then], index[t.Else]
	case *Switch:
		for i := range t.Cases {
			t.Cases[i].To = index[t.Cases[i].To]
		}
	}
}
