package cparse

import (
	"sort"
	"strings"
)

// stmt lowers the statement at node i.
func (b *builder) stmt(i int32) {
	if i < 0 || !b.l.enter(i) {
		return
	}
	defer b.l.leave()
	l := b.l
	switch l.kind(i) {
	case "compound_statement":
		b.push()
		b.stmts(i)
		b.pop()
	case "expression_statement":
		b.exprStmt(i)
	case "declaration":
		b.localDecl(i)
	case "type_definition":
		l.typedef(i)
	case "function_definition": // after a brace that is missing
		l.function(i)
	case "struct_specifier", "union_specifier", "enum_specifier":
		l.specifier(i)
	case "if_statement":
		b.ifStmt(i)
	case "while_statement":
		b.whileStmt(i)
	case "do_statement":
		b.doStmt(i)
	case "for_statement":
		b.forStmt(i)
	case "switch_statement":
		b.switchStmt(i)
	case "return_statement":
		b.returnStmt(i)
	case "attributed_statement", "else_clause":
		b.stmt(l.only(i))
	case "preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef":
		b.configStmt(i)
	case "preproc_else", "ERROR":
		b.stmts(i)
	default:
		b.jumpStmt(i)
	}
}

// stmts lowers the children of node i in the scope as it is, and the #include
// lines between them.
func (b *builder) stmts(i int32) {
	if len(b.l.c.includes) == 0 {
		b.l.children(i, b.stmt)
		return
	}
	line := b.l.pos(i).Line
	b.l.children(i, func(k int32) {
		b.includes(line, b.l.pos(k).Line)
		b.stmt(k)
		line = b.l.posOf(b.l.t.nodes[k].end).Line
	})
	b.includes(line, b.l.posOf(b.l.t.nodes[i].end).Line)
}

// includes makes a call of IncludeCall for each #include between two lines.
func (b *builder) includes(after, before int32) {
	incs := b.l.c.includes
	from := sort.Search(len(incs), func(n int) bool { return incs[n].Pos.Line > after })
	for _, inc := range incs[from:] {
		if inc.Pos.Line >= before {
			return
		}
		file := &Expr{Kind: EStr, Name: inc.Name, Pos: inc.Pos}
		if inc.Quoted {
			file.Name = `"` + inc.Name + `"`
		}
		b.emit(&Call{Fun: &Expr{Kind: EName, Name: IncludeCall, Pos: inc.Pos}, Args: []*Expr{file}, Pos: inc.Pos})
	}
}

// jumpStmt lowers labels and the statements that go to one.
func (b *builder) jumpStmt(i int32) {
	l := b.l
	switch l.kind(i) {
	case "case_statement":
		b.caseStmt(i)
	case "labeled_statement":
		b.labelStmt(i)
	case "goto_statement":
		if k := l.t.child(i, "label"); k >= 0 {
			b.gotoLabel(l.t.text(k), l.pos(i))
		}
	case "break_statement":
		b.leaveTo(b.breaks)
	case "continue_statement":
		b.leaveTo(b.conts)
	}
}

// leaveTo is break or continue: out of the scopes inside the innermost target.
func (b *builder) leaveTo(targets []target) {
	if len(targets) == 0 {
		return
	}
	to := targets[len(targets)-1]
	b.unwind(to.scope)
	b.at()
	b.jump(to.block)
}

func (b *builder) exprs() exprer { return exprer{b.l, b} }

func (b *builder) exprStmt(i int32) {
	l := b.l
	if labels, ok := l.c.asmGotos[l.t.nodes[i].start]; ok {
		b.asmOutputs(i, l.c.src[l.t.nodes[i].start:l.t.nodes[i].end])
		b.asmGoto(labels, l.pos(i))
		return
	}
	k := l.only(i)
	if k < 0 {
		return
	}
	kind := l.kind(k)
	if start := l.t.nodes[k].start; l.c.src[start] != '(' && l.t.text(k) == "(0)" { // an asm statement, cured
		b.asmOutputs(k, l.c.src[start:l.t.nodes[i].end])
		return
	}
	if kind == "call_expression" && b.defineLocal(k) {
		return
	}
	b.unused = kind == "call_expression" || kind == "update_expression"
	b.exprs().expr(k)
	b.unused = false
}

// asmGoto may go to any of its labels, or on.
func (b *builder) asmGoto(labels []string, pos Pos) {
	for _, name := range labels {
		to, next := b.block(), b.block()
		b.branch(nil, to, next, pos)
		b.cur = to
		b.gotoLabel(name, pos)
		b.cur = next
	}
}

func (b *builder) localDecl(i int32) {
	l := b.l
	base := l.typeSpec(l.t.child(i, "type"))
	s := l.specs(i)
	if s.extern {
		l.fileDecl(i)
		return
	}
	var decls []int32
	l.eachDeclarator(i, func(k int32) { decls = append(decls, k) })
	for n, k := range decls {
		d := l.declared(k, base)
		switch {
		case d.name == "":
			continue
		case d.typ.Kind == TFunc:
			l.prototype(i, d, s)
			continue
		}
		b.variable(d.name, d.typ, s.static, d.init, l.pos(d.at))
		// Annotations before the first declarator are for all of them.
		annots := l.annotsIn(l.spaceBefore(l.t.nodes[i].start), l.t.nodes[decls[0]].start)
		end := l.t.nodes[i].end
		if n+1 < len(decls) {
			end = l.t.nodes[decls[n+1]].start
		}
		annots = append(annots, l.annotsIn(l.t.nodes[k].start, end)...)
		b.freeOnExit(d.name, annots, l.pos(d.at))
	}
}

// variable declares a local and initialises it. The initialiser is evaluated
// after the name is in scope, as in C.
func (b *builder) variable(name string, typ *Type, static bool, init int32, pos Pos) {
	unique := b.declare(name, typ, static, pos)
	if init < 0 {
		return
	}
	value := b.exprs().expr(init)
	if value.Kind == EInit && value.Type() == nil {
		value.WithType(typ)
	}
	if typ.Kind == TAuto && typ.Expr == nil {
		typ.Expr = value
	}
	dst := &Expr{Kind: EName, Name: unique, Pos: pos}
	b.emit(&Assign{Dst: dst, Src: value, Decl: true, Pos: pos})
}

// freeOnExit registers the cleanup of a variable declared with __free(name).
func (b *builder) freeOnExit(name string, annots []Annot, pos Pos) {
	for _, a := range annots {
		if a.Name == "__free" && len(a.Args) == 1 {
			b.scope.cleanups = append(b.scope.cleanups,
				cleanup{"__free_" + a.Args[0], &Expr{Kind: EName, Name: b.resolve(name), Pos: pos}, pos})
		}
	}
}

func (b *builder) ifStmt(i int32) {
	l := b.l
	if m, ok := l.c.stmtMacros[l.t.nodes[i].start]; ok {
		b.macroStmt(i, m, l.t.child(i, "consequence"))
		if alt := l.t.child(i, "alternative"); alt >= 0 {
			els, after := b.block(), b.block()
			b.branch(nil, els, after, l.pos(i))
			b.cur = els
			b.stmt(alt)
			b.start(after)
		}
		return
	}
	then, els, after := b.block(), b.block(), b.block()
	b.cond(l.t.child(i, "condition"), then, els)
	b.cur = then
	b.stmt(l.t.child(i, "consequence"))
	b.jump(after)
	b.cur = els
	b.stmt(l.t.child(i, "alternative"))
	b.start(after)
}

// cond branches on the expression at node i: to then if it is true, else to
// els. && || and ! become control flow.
func (b *builder) cond(i int32, then, els *Block) {
	if i < 0 || !b.l.enter(i) {
		b.branch(nil, then, els, b.fn.Pos)
		return
	}
	defer b.l.leave()
	l := b.l
	switch l.kind(i) {
	case "parenthesized_expression":
		if k := l.only(i); k >= 0 && l.kind(k) != "compound_statement" {
			b.cond(k, then, els)
			return
		}
	case "unary_expression":
		if b.exprs().operator(i) == "!" {
			b.cond(l.t.child(i, "argument"), els, then)
			return
		}
	case "binary_expression":
		op := b.exprs().operator(i)
		if op == "&&" || op == "||" {
			mid := b.block()
			if op == "&&" {
				b.cond(l.t.child(i, "left"), mid, els)
			} else {
				b.cond(l.t.child(i, "left"), then, mid)
			}
			b.cur = mid
			b.cond(l.t.child(i, "right"), then, els)
			return
		}
	case "call_expression":
		if arg := b.hint(i); arg >= 0 {
			b.cond(arg, then, els)
			return
		}
	}
	e := b.exprs().expr(i)
	b.branch(e, then, els, l.pos(i))
}

// hint is the first argument of a compiler hint, which has the value of that
// argument: __builtin_expect(x, y) and the names that every C code base gives
// it. -1 if node i is no such call.
func (b *builder) hint(i int32) int32 {
	fn := b.l.t.child(i, "function")
	if b.l.kind(fn) != "identifier" {
		return -1
	}
	switch b.l.t.text(fn) {
	case "likely", "unlikely", "__builtin_expect":
		return b.l.only(b.l.t.child(i, "arguments"))
	}
	return -1
}

// boolValue is the 0 or 1 of a && or || with effects.
func (b *builder) boolValue(i int32) *Expr {
	pos := b.l.pos(i)
	one, zero := &Expr{Kind: EInt, Int: 1, Pos: pos}, &Expr{Kind: EInt, Pos: pos}
	t := b.temp(zero)
	then, els, after := b.block(), b.block(), b.block()
	b.cond(i, then, els)
	b.cur = then
	b.emit(&Assign{Dst: t, Src: one, Pos: pos})
	b.jump(after)
	b.cur = els
	b.emit(&Assign{Dst: t, Src: zero, Pos: pos})
	b.start(after)
	return t
}

// choice is c ? x : y with effects in x or y; then is -1 for c ?: y.
func (b *builder) choice(i, cond, then, alt int32) *Expr {
	x, pos := b.exprs(), b.l.pos(i)
	yes, no, after := b.block(), b.block(), b.block()
	var value *Expr
	if then < 0 {
		value = x.expr(cond)
		b.branch(value, yes, no, pos)
	} else {
		b.cond(cond, yes, no)
	}
	b.cur = yes
	if then >= 0 {
		value = x.expr(then)
	}
	t := b.temp(value)
	b.emit(&Assign{Dst: t, Src: value, Pos: pos})
	b.jump(after)
	b.cur = no
	b.emit(&Assign{Dst: t, Src: x.expr(alt), Pos: pos})
	b.start(after)
	return t
}

func (b *builder) returnStmt(i int32) {
	var value *Expr
	if k := b.l.only(i); k >= 0 {
		value = b.exprs().expr(k)
		if b.hasCleanups() {
			value = b.keep(value, b.l.pos(i))
		}
	}
	b.at()
	b.unwind(nil)
	b.term(&Return{X: value, Pos: b.l.pos(i)})
}

// keep evaluates e now, before the cleanups that follow.
func (b *builder) keep(e *Expr, pos Pos) *Expr {
	if e.Kind == EInt || e.Kind == EName {
		return e
	}
	t := b.temp(e)
	b.emit(&Assign{Dst: t, Src: e, Pos: pos})
	return t
}

func (b *builder) hasCleanups() bool {
	for s := b.scope; s != nil; s = s.parent {
		if len(s.cleanups) > 0 {
			return true
		}
	}
	return false
}

func (b *builder) labelStmt(i int32) {
	name := b.l.t.text(b.l.t.child(i, "label"))
	k := b.block()
	b.start(k)
	b.labels[name] = &label{k, b.scope, len(b.scope.cleanups)}
	first := true
	b.l.children(i, func(n int32) {
		if !first {
			b.stmt(n)
		}
		first = false
	})
}

// configStmt is an #if inside a function: both ways are lowered, and a Config
// chooses later.
func (b *builder) configStmt(i int32) {
	l := b.l
	text := ""
	if k := l.t.child(i, "condition"); k >= 0 {
		text = l.t.text(k)
	} else if k := l.t.child(i, "name"); k >= 0 {
		text = "defined(" + l.t.text(k) + ")"
		if strings.Contains(l.t.text(l.t.firstChild(i)), "ndef") { // #ifndef, #elifndef
			text = "!" + text
		}
	}
	then, els, after := b.block(), b.block(), b.block()
	outer := b.condNow
	b.at()
	b.term(&Config{Cond: &Cond{Text: text}, Then: then.ID, Else: els.ID})
	b.cur = then
	b.condNow = &Cond{Text: text, Outer: outer}
	alt := l.t.child(i, "alternative")
	l.children(i, func(k int32) {
		if f := l.t.fieldName(k); f != "condition" && f != "name" && f != "alternative" {
			b.stmt(k)
		}
	})
	b.jump(after)
	b.cur = els
	b.condNow = &Cond{Text: text, Neg: true, Outer: outer}
	b.stmt(alt)
	b.condNow = outer
	b.start(after)
}
