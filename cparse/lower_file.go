package cparse

import (
	"sort"
	"strings"
)

// unit lowers everything at file scope.
func (l *lowerer) unit() {
	l.items(0)
}

// items lowers the file-scope items below node i. Conditionals that the cure
// left in place are looked through.
func (l *lowerer) items(i int32) {
	if !l.enter(i) {
		return
	}
	defer l.leave()
	l.children(i, func(k int32) {
		switch l.kind(k) {
		case "function_definition":
			l.function(k)
		case "declaration":
			l.fileDecl(k)
		case "type_definition":
			l.typedef(k)
		case "struct_specifier", "union_specifier", "enum_specifier":
			l.specifier(k)
		case "linkage_specification", "declaration_list", "preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif":
			l.items(k)
		case "ERROR":
			l.note(k, "syntax")
			l.items(k)
		}
	})
}

// specFlags reads the storage class words of a declaration or definition.
type specFlags struct {
	static, extern, inline, weak, constant bool
}

func (l *lowerer) specs(i int32) specFlags {
	var s specFlags
	for k := l.t.firstChild(i); k >= 0; k = l.t.nodes[k].next {
		switch l.kind(k) {
		case "storage_class_specifier":
			switch l.t.text(k) {
			case "static":
				s.static = true
			case "extern":
				s.extern = true
			case "inline", "__inline__", "__inline":
				s.inline = true
			}
		case "type_qualifier":
			s.constant = s.constant || l.t.text(k) == "const"
		}
	}
	return s
}

// maxAnnots is more annotations than one declaration has.
const maxAnnots = 64

// annotsIn is the annotations that the cure blanked between two offsets.
func (l *lowerer) annotsIn(lo, hi uint32) []Annot {
	var out []Annot
	as := l.c.annots
	from := sort.Search(len(as), func(i int) bool { return as[i].Offset >= lo })
	for _, a := range as[from:] {
		if a.Offset >= hi || len(out) > maxAnnots {
			break
		}
		out = append(out, a.Annot)
	}
	return out
}

func (l *lowerer) function(i int32) {
	decl := l.t.child(i, "declarator")
	body := l.t.child(i, "body")
	if decl < 0 || body < 0 {
		return
	}
	name, typ, at := l.declarator(decl, l.typeSpec(l.t.child(i, "type")))
	if name == "" || typ == nil || typ.Kind != TFunc {
		l.note(i, "function head")
		return
	}
	n := &l.t.nodes[i]
	s := l.specs(i)
	f := &Func{Name: name, Params: typ.Params, Result: typ.Elem, Variadic: typ.Variadic, Static: s.static,
		Inline: s.inline, Pos: l.pos(at), End: l.posOf(max(n.end, 1) - 1), Cond: l.c.condAt(n.start)}
	f.Annots = l.annotsIn(l.spaceBefore(n.start), l.t.nodes[body].start)
	f.Weak = isWeak(f.Annots)
	if l.cutter != nil && l.t.firstChild(body) < 0 {
		f.pending = l.cutter.cut(n.start, n.end, l.pos(i), f.End.Line)
		if f.pending.cure.told() {
			f = f.pending.lower(f, l.file)
		}
	} else {
		f.Errors = l.countErrors(i, name)
		l.body(f, body)
	}
	l.file.Funcs = append(l.file.Funcs, f)
}

// spaceBefore is where the white space before an offset begins: the cure has
// made it of the annotations that stand before a declaration.
func (l *lowerer) spaceBefore(off uint32) uint32 {
	for off > 0 && byteClass[l.t.src[off-1]] == byteSpace {
		off--
	}
	return off
}

// isWeak reports whether an annotation makes a function weak.
func isWeak(as []Annot) bool {
	for _, a := range as {
		if a.Name == "__weak" || a.Name == "__attribute__" && len(a.Args) > 0 && strings.Contains(a.Args[0], "weak") {
			return true
		}
	}
	return false
}

// countErrors counts the ERROR and MISSING nodes below i and notes each.
func (l *lowerer) countErrors(i int32, fn string) int {
	if !l.is(i, flagHasError) {
		return 0
	}
	count := 0
	end := l.t.nodes[i].end
	for k := i + 1; int(k) < len(l.t.nodes); k++ {
		if at := l.t.nodes[k].start; at > end || at == end && !l.is(k, flagMissing) {
			break
		}
		if l.is(k, flagError|flagMissing) {
			count++
			l.note(k, "syntax")
			l.file.Problems[len(l.file.Problems)-1].Func = fn
		}
	}
	return count
}

// fileDecl is a declaration at file scope: prototypes and variables.
func (l *lowerer) fileDecl(i int32) {
	base := l.typeSpec(l.t.child(i, "type"))
	s := l.specs(i)
	cond := l.c.condAt(l.t.nodes[i].start)
	l.eachDeclarator(i, func(k int32) {
		d := l.declared(k, base)
		if d.name == "" {
			return
		}
		if d.typ.Kind == TFunc {
			l.prototype(i, d, s)
			return
		}
		g := &Global{Name: d.name, Type: d.typ, Static: s.static, Extern: s.extern && d.init < 0, Pos: l.pos(d.at), Cond: cond}
		g.Const = s.constant && d.typ.Kind != TPtr
		if d.init >= 0 {
			g.Init = l.staticExpr(d.init)
		}
		l.file.Globals = append(l.file.Globals, g)
	})
}

// A declared is what one declarator of a declaration declares.
type declared struct {
	name string
	typ  *Type
	at   int32 // node of the name
	init int32 // node of the initialiser, or -1
}

func (l *lowerer) declared(k int32, base *Type) declared {
	d := declared{init: -1}
	decl := k
	if l.kind(k) == "init_declarator" {
		decl, d.init = l.t.child(k, "declarator"), l.t.child(k, "value")
	}
	d.name, d.typ, d.at = l.declarator(decl, base)
	return d
}

// prototype records the function that declaration i declares without a body.
func (l *lowerer) prototype(i int32, d declared, s specFlags) {
	n := &l.t.nodes[i]
	p := &Func{Name: d.name, Params: d.typ.Params, Result: d.typ.Elem, Variadic: d.typ.Variadic,
		Static: s.static, Pos: l.pos(d.at), Cond: l.c.condAt(n.start)}
	p.Annots = l.annotsIn(l.spaceBefore(n.start), n.end)
	p.Weak = isWeak(p.Annots)
	l.file.Protos = append(l.file.Protos, p)
}

// eachDeclarator calls f for each declarator of a declaration.
func (l *lowerer) eachDeclarator(i int32, f func(int32)) {
	for k := l.t.firstChild(i); k >= 0; k = l.t.nodes[k].next {
		if l.t.fieldName(k) == "declarator" {
			f(k)
		}
	}
}

func (l *lowerer) typedef(i int32) {
	base := l.typeSpec(l.t.child(i, "type"))
	l.eachDeclarator(i, func(k int32) {
		name, typ, at := l.declarator(k, base)
		if name == "" {
			return
		}
		if typ.Def != nil && typ.Def.Name == "" {
			typ.Def.Name = name
		}
		l.file.Typedefs = append(l.file.Typedefs, Typedef{name, typ, l.pos(at), l.c.condAt(l.t.nodes[i].start)})
	})
}

// topCalls lowers the macro invocations at file scope, and what some of them
// define: variables and guard classes.
func (l *lowerer) topCalls() {
	for _, tc := range l.c.topCalls {
		off := tc.Offset
		out := &TopCall{Name: tc.Name, Static: tc.Static, Offset: int(off), Pos: l.posOf(off), Cond: l.c.condAt(off)}
		for _, a := range tc.Args {
			out.Raw = append(out.Raw, l.c.raw(a))
		}
		l.file.TopCalls = append(l.file.TopCalls, out)
		var init *Expr
		if tc.Init.End > tc.Init.Start {
			init = l.exprText(l.c.raw(tc.Init), l.posOf(tc.Init.Start), false)
		}
		l.define(out, init)
	}
}

// raw is the text of a span as it stood in the source, trimmed.
func (c *cured) raw(s span) string { return strings.TrimSpace(string(c.src[s.Start:s.End])) }
