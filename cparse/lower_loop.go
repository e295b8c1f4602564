package cparse

import (
	"maps"
	"slices"
)

// loop lowers a loop body with its targets for break and continue.
func (b *builder) loop(body int32, brk, cont *Block) {
	b.breaks = append(b.breaks, target{brk, b.scope})
	b.conts = append(b.conts, target{cont, b.scope})
	b.stmt(body)
	b.breaks = b.breaks[:len(b.breaks)-1]
	b.conts = b.conts[:len(b.conts)-1]
}

func (b *builder) whileStmt(i int32) {
	l := b.l
	if m, ok := l.c.stmtMacros[l.t.nodes[i].start]; ok {
		b.macroStmt(i, m, l.t.child(i, "body"))
		return
	}
	head, body, after := b.block(), b.block(), b.block()
	b.at()
	b.start(head)
	b.cond(l.t.child(i, "condition"), body, after)
	b.cur = body
	b.loop(l.t.child(i, "body"), after, head)
	b.jump(head)
	b.cur = after
}

func (b *builder) doStmt(i int32) {
	l := b.l
	body, test, after := b.block(), b.block(), b.block()
	b.at()
	b.start(body)
	b.loop(l.t.child(i, "body"), after, test)
	b.start(test)
	b.cond(l.t.child(i, "condition"), body, after)
	b.cur = after
}

func (b *builder) forStmt(i int32) {
	l := b.l
	head, body, step, after := b.block(), b.block(), b.block(), b.block()
	b.push()
	b.at()
	if k := l.t.child(i, "initializer"); k >= 0 {
		if l.kind(k) == "declaration" {
			b.localDecl(k)
		} else {
			b.exprs().expr(k)
		}
	}
	b.start(head)
	if k := l.t.child(i, "condition"); k >= 0 {
		b.cond(k, body, after)
	} else {
		b.jump(body)
	}
	b.cur = body
	b.loop(l.t.child(i, "body"), after, step)
	b.start(step)
	if k := l.t.child(i, "update"); k >= 0 {
		b.unused = l.kind(k) == "update_expression" || l.kind(k) == "call_expression"
		b.exprs().expr(k)
		b.unused = false
	}
	b.jump(head)
	b.cur = after
	b.pop()
}

func (b *builder) switchStmt(i int32) {
	l := b.l
	x := b.exprs().expr(l.t.child(i, "condition"))
	after := b.block()
	st := &switchState{sw: &Switch{X: x, Pos: l.pos(i)}}
	b.at()
	b.term(st.sw)
	b.switches = append(b.switches, st)
	b.breaks = append(b.breaks, target{after, b.scope})
	b.stmt(l.t.child(i, "body"))
	b.breaks = b.breaks[:len(b.breaks)-1]
	b.switches = b.switches[:len(b.switches)-1]
	if !st.hasDflt {
		st.sw.Cases = append(st.sw.Cases, Case{To: after.ID})
	}
	b.start(after)
}

// caseStmt adds a case to the switch around; the statement before falls through.
func (b *builder) caseStmt(i int32) {
	l := b.l
	k := b.block()
	b.start(k)
	value := l.t.child(i, "value")
	if n := len(b.switches); n > 0 {
		st := b.switches[n-1]
		c := Case{To: k.ID, Cond: b.condNow}
		if value >= 0 {
			c.Lo, c.Hi = l.caseRange(value)
		} else {
			st.hasDflt = true
		}
		st.sw.Cases = append(st.sw.Cases, c)
	}
	l.children(i, func(n int32) {
		if n != value {
			b.stmt(n)
		}
	})
}

// caseRange is the value of a case, or the two ends of a GNU range, which the
// cure wrote as ||.
func (l *lowerer) caseRange(value int32) (lo, hi *Expr) {
	if op := l.t.child(value, "operator"); op >= 0 && l.c.caseRanges[l.t.nodes[op].start] {
		return l.staticExpr(l.t.child(value, "left")), l.staticExpr(l.t.child(value, "right"))
	}
	return l.staticExpr(value), nil
}

// macroStmt is a statement-like macro with a statement after it: a scoped
// guard, or the head of a loop.
func (b *builder) macroStmt(i int32, m stmtMacro, body int32) {
	args := b.macroArgs(b.l.t.child(i, "condition"))
	switch m.Name {
	case "scoped_guard":
		b.scopedGuard(i, args, "", body)
	case "scoped_cond_guard":
		fail := m.Blocks[1]
		if len(args) > 1 {
			args = append(args[:1:1], args[2:]...)
		}
		b.scopedGuard(i, args, fail, body)
	default:
		b.macroLoop(i, m, args, body)
	}
}

// macroArgs is the arguments of a statement-like macro, whose parentheses the
// parser took for a condition: commas separate them.
func (b *builder) macroArgs(cond int32) []int32 {
	var args []int32
	var split func(int32)
	split = func(k int32) {
		if b.l.kind(k) == "comma_expression" && b.l.enter(k) {
			split(b.l.t.child(k, "left"))
			split(b.l.t.child(k, "right"))
			b.l.leave()
			return
		}
		args = append(args, k)
	}
	if k := b.l.only(cond); k >= 0 {
		split(k)
	}
	return args
}

// macroLoop runs the macro's head and the body at least once, then again or
// not. At least once: what a loop over all objects locks is locked after it.
func (b *builder) macroLoop(i int32, m stmtMacro, args []int32, body int32) {
	head, latch, after := b.block(), b.block(), b.block()
	pos := b.l.pos(i)
	b.at()
	b.start(head)
	call := &Call{Fun: &Expr{Kind: EName, Name: m.Name, Pos: pos}, Loop: true, Pos: pos}
	b.blockArgs(m, pos)
	for _, a := range args {
		call.Args = append(call.Args, b.exprs().expr(a))
	}
	b.emit(call)
	b.loop(body, after, latch)
	b.start(latch)
	b.branch(nil, head, after, pos)
	b.cur = after
}

// blockArgs lowers the statements among the arguments of a macro: it may run
// each, or not.
func (b *builder) blockArgs(m stmtMacro, pos Pos) {
	for _, n := range slices.Sorted(maps.Keys(m.Blocks)) {
		run, next := b.block(), b.block()
		b.branch(nil, run, next, pos)
		b.cur = run
		b.textStmt(m.Blocks[n], pos)
		b.start(next)
	}
}

// scopedGuard is scoped_guard(class, args...) body: the body runs if the
// constructor's value is not NULL; else fail, if there is one.
func (b *builder) scopedGuard(i int32, args []int32, fail string, body int32) {
	if len(args) == 0 {
		b.stmt(body)
		return
	}
	pos := b.l.pos(i)
	brk, yes, no, after := b.block(), b.block(), b.block(), b.block()
	b.push()
	b.at()
	value := b.construct(b.l.name(args[0]), args[1:], pos)
	b.branch(value, yes, no, pos)
	b.cur = no
	if fail != "" {
		b.textStmt(fail, pos)
	}
	b.endScope(b.scope, 0)
	b.jump(after)
	b.cur = yes
	// break and continue leave the guard alone: it is a loop of one turn.
	b.breaks = append(b.breaks, target{brk, b.scope})
	b.conts = append(b.conts, target{brk, b.scope})
	b.stmt(body)
	b.breaks = b.breaks[:len(b.breaks)-1]
	b.conts = b.conts[:len(b.conts)-1]
	b.start(brk)
	b.pop()
	b.start(after)
}

// construct calls the constructor of a guard class and registers the
// destructor in the current scope. It returns the value of the constructor.
func (b *builder) construct(class string, args []int32, pos Pos) *Expr {
	call := &Call{Fun: &Expr{Kind: EName, Name: "class_" + class + "_constructor", Pos: pos}, Pos: pos}
	for _, a := range args {
		call.Args = append(call.Args, b.exprs().expr(a))
	}
	call.Dst = b.temp(call.Value())
	b.emit(call)
	b.scope.cleanups = append(b.scope.cleanups, cleanup{"class_" + class + "_destructor", call.Dst, pos})
	return call.Dst
}

// textStmt lowers a statement that stands in a text of its own, for the place
// pos.
func (b *builder) textStmt(text string, pos Pos) {
	b.inText(text, pos, b.stmts)
}

// inText calls lower with the block that is made of a text.
func (b *builder) inText(text string, pos Pos, lower func(int32)) {
	src := []byte("void f(void){" + text + ";}")
	c := cureBody(src, nil)
	t, err := parseTree(c.text, parseLimit)
	if err != nil || b.l.texts >= maxTexts {
		return
	}
	outer := b.l
	sub := newLowerer(outer.file, t, c)
	sub.texts, sub.base, sub.flat, sub.budget = outer.texts+1, pos, true, outer.budget
	b.l = sub
	for i := range t.nodes {
		if t.kind(int32(i)) == "compound_statement" {
			lower(int32(i))
			break
		}
	}
	b.l = outer
}
