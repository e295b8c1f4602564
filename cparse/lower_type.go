package cparse

import "strings"

// typeSpec lowers a type specifier (what stands left of the declarators).
func (l *lowerer) typeSpec(i int32) *Type {
	if i < 0 {
		return &Type{Kind: TBad}
	}
	if text, ok := l.c.types[l.t.nodes[i].start]; ok && l.kind(i) != "type_descriptor" {
		return l.typeText(text, l.pos(i))
	}
	switch l.kind(i) {
	case "primitive_type", "sized_type_specifier":
		if l.t.text(i) == "void" {
			return l.typeOf(TVoid, "", false, nil)
		}
		n := &l.t.nodes[i]
		return l.typeOf(TInt, l.intern(l.t.src[n.start:n.end]), false, nil)
	case "type_identifier", "identifier":
		return l.typeName(i)
	case "struct_specifier", "union_specifier", "enum_specifier":
		return l.specifier(i)
	case "type_descriptor":
		return l.typeDescriptor(i)
	}
	return &Type{Kind: TBad}
}

// typeName is a typedef name, or one that the grammar does not know as a type.
func (l *lowerer) typeName(i int32) *Type {
	switch name := l.name(i); name {
	case "": // the parser assumed it
		return &Type{Kind: TBad}
	case "__auto_type":
		return &Type{Kind: TAuto}
	case "bool", "_Bool", "__signed__", "size_t", "ssize_t":
		return l.typeOf(TInt, name, false, nil)
	default:
		return l.typeOf(TNamed, name, false, nil)
	}
}

// typeDescriptor lowers a type in a cast, sizeof or compound literal.
func (l *lowerer) typeDescriptor(i int32) *Type {
	base := l.typeSpec(l.t.child(i, "type"))
	if d := l.t.child(i, "declarator"); d >= 0 {
		_, typ, _ := l.declarator(d, base)
		return typ
	}
	return base
}

// specifier lowers struct, union and enum specifiers, and records definitions.
func (l *lowerer) specifier(i int32) *Type {
	tag := ""
	if n := l.t.child(i, "name"); n >= 0 {
		tag = l.name(n)
	}
	body := l.t.child(i, "body")
	if l.kind(i) == "enum_specifier" {
		if body >= 0 {
			l.enumerators(body)
		}
		return l.typeOf(TInt, strings.TrimSpace("enum "+tag), false, nil)
	}
	union := l.kind(i) == "union_specifier"
	if body < 0 {
		return l.typeOf(TStruct, tag, union, nil)
	}
	s := &Struct{Tag: tag, Name: tag, Union: union, Pos: l.pos(i), Cond: l.c.condAt(l.t.nodes[i].start)}
	l.fields(s, body)
	l.file.Structs = append(l.file.Structs, s)
	return &Type{Kind: TStruct, Name: tag, Union: union, Def: s}
}

func (l *lowerer) enumerators(body int32) {
	first := true
	l.children(body, func(k int32) {
		if l.kind(k) != "enumerator" {
			return
		}
		e := EnumConst{First: first, Name: l.name(l.t.child(k, "name")), Pos: l.pos(k), Cond: l.c.condAt(l.t.nodes[k].start)}
		first = false
		if v := l.t.child(k, "value"); v >= 0 {
			e.Value = l.staticExpr(v)
		}
		l.file.Enums = append(l.file.Enums, e)
	})
}

func (l *lowerer) fields(s *Struct, body int32) {
	if !l.enter(body) {
		return
	}
	defer l.leave()
	l.children(body, func(k int32) {
		switch l.kind(k) {
		case "field_declaration":
			l.field(s, k)
		case "preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "field_declaration_list":
			l.fields(s, k)
		case "ERROR":
			l.note(k, "syntax")
			l.fields(s, k)
		}
	})
}

func (l *lowerer) field(s *Struct, i int32) {
	base := l.typeSpec(l.t.child(i, "type"))
	cond := l.c.condAt(l.t.nodes[i].start)
	named := false
	l.eachDeclarator(i, func(k int32) {
		named = true
		name, typ, at := l.declarator(k, base)
		s.Fields = append(s.Fields, Field{Name: name, Type: typ, Pos: l.pos(at), Cond: cond})
	})
	if !named {
		s.Fields = append(s.Fields, Field{Type: base, Pos: l.pos(i), Cond: cond})
	}
}

// declarator lowers a declarator around base, inside out. at is the node of the
// name, or i if there is none (abstract declarators).
func (l *lowerer) declarator(i int32, base *Type) (name string, typ *Type, at int32) {
	at, typ = i, base
	for depth := 0; i >= 0; depth++ {
		if depth > maxDepth {
			l.note(i, "nesting limit")
			return "", &Type{Kind: TBad}, i
		}
		inner := l.t.child(i, "declarator")
		switch l.kind(i) {
		case "identifier", "field_identifier", "type_identifier":
			return l.name(i), typ, i
		case "primitive_type":
			return l.t.text(i), typ, i
		case "pointer_declarator", "abstract_pointer_declarator":
			typ = l.typeOf(TPtr, "", false, typ)
		case "array_declarator", "abstract_array_declarator":
			typ = l.typeOf(TArray, "", false, typ)
		case "function_declarator", "abstract_function_declarator":
			typ = l.funcType(i, typ)
		case "parenthesized_declarator", "abstract_parenthesized_declarator", "attributed_declarator", "init_declarator":
			if inner < 0 {
				inner = l.only(i)
			}
		default:
			return "", typ, i
		}
		at, i = i, inner
	}
	return "", typ, at
}

func (l *lowerer) funcType(i int32, result *Type) *Type {
	t := &Type{Kind: TFunc, Elem: result}
	params := l.t.child(i, "parameters")
	if params < 0 || !l.enter(i) {
		return t
	}
	defer l.leave()
	l.children(params, func(k int32) {
		switch l.kind(k) {
		case "parameter_declaration":
			base := l.typeSpec(l.t.child(k, "type"))
			var p Param
			p.Type = base
			if d := l.t.child(k, "declarator"); d >= 0 {
				p.Name, p.Type, _ = l.declarator(d, base)
			}
			if p.Type.Kind != TVoid {
				t.Params = append(t.Params, l.decay(p))
			}
		case "variadic_parameter":
			t.Variadic = true
		case "identifier":
			t.Params = append(t.Params, Param{Name: l.name(k), Type: &Type{Kind: TBad}})
		}
	})
	return t
}

// decay turns array and function parameters into pointers (C11 6.7.6.3).
func (l *lowerer) decay(p Param) Param {
	switch p.Type.Kind {
	case TArray:
		p.Type = l.typeOf(TPtr, "", false, p.Type.Elem)
	case TFunc:
		p.Type = l.typeOf(TPtr, "", false, p.Type)
	}
	return p
}

// maxTexts bounds texts inside texts, such as typeof(typeof(...)).
const maxTexts = 8

// typeText lowers a type that the cure took out of the text: "struct foo *",
// "unsigned long", "typeof(*x) *".
func (l *lowerer) typeText(text string, pos Pos) *Type {
	toks := condTokens(text)
	var base *Type
	var words []string
	at := 0
	for ; at < len(toks); at++ {
		t := toks[at]
		switch {
		case t == "const" || t == "volatile" || t == "__const":
			continue
		case t == "struct" || t == "union":
			if at+1 < len(toks) {
				at++
				base = &Type{Kind: TStruct, Name: toks[at], Union: t == "union"}
			}
			continue
		case strings.Contains(t, "typeof"):
			open := strings.IndexByte(text, '(')
			end := strings.LastIndexByte(text, ')')
			if open < 0 || end <= open {
				return &Type{Kind: TBad}
			}
			return pointers(l.typeofText(text[open+1:end], pos), text)
		case isIdent(t[0]):
			words = append(words, t)
			continue
		}
		break
	}
	return pointers(wordType(base, words), text)
}

// wordType is the type that plain words name.
func wordType(base *Type, words []string) *Type {
	switch {
	case base != nil:
		return base
	case len(words) == 0:
		return &Type{Kind: TBad}
	case len(words) == 1 && words[0] == "void":
		return &Type{Kind: TVoid}
	case len(words) == 1 && !builtinWord(words[0]):
		return &Type{Kind: TNamed, Name: words[0]}
	}
	return &Type{Kind: TInt, Name: strings.Join(words, " ")}
}

func builtinWord(w string) bool {
	switch w {
	case "int", "char", "short", "long", "unsigned", "signed", "bool", "_Bool", "float", "double", "enum", "size_t", "ssize_t":
		return true
	}
	return false
}

// pointers wraps t in one pointer for each * after the type's last word.
func pointers(t *Type, text string) *Type {
	tail := text[strings.LastIndexByte(text, ')')+1:]
	for range min(strings.Count(tail, "*"), maxDepth) {
		t = &Type{Kind: TPtr, Elem: t}
	}
	return t
}

// typeofText lowers the operand of typeof: a type or an expression.
func (l *lowerer) typeofText(text string, pos Pos) *Type {
	text = strings.TrimSpace(text)
	if l.texts >= maxTexts {
		return &Type{Kind: TBad}
	}
	first := text
	if i := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 || !isIdent(byte(r)) }); i >= 0 {
		first = text[:i]
	}
	switch {
	case first == "struct" || first == "union" || first == "enum" || first == "const" || builtinWord(first) || first == "void":
		return &Type{Kind: TTypeof, Elem: l.typeText(text, pos)}
	}
	return &Type{Kind: TTypeof, Expr: l.exprText(text, pos, true)}
}

// exprText lowers an expression that stands in a text of its own, for the place
// pos; flat if the text is not laid out as it is there.
func (l *lowerer) exprText(text string, pos Pos, flat bool) *Expr {
	l.texts++
	defer func() { l.texts-- }()
	const head = "void f(void){("
	src := []byte(head + text + ");}")
	c := cureBody(src, nil)
	t, err := parseTree(c.text, parseLimit)
	if err != nil {
		return &Expr{Kind: EBad}
	}
	defer t.release()
	sub := newLowerer(l.file, t, c)
	sub.texts, sub.flat, sub.base = l.texts, flat, pos
	if !flat {
		sub.base.Col -= int32(len(head))
	}
	for i := range t.nodes {
		if t.kind(int32(i)) == "expression_statement" {
			if k := sub.only(int32(i)); k >= 0 {
				return sub.staticExpr(k)
			}
		}
	}
	return &Expr{Kind: EBad}
}

// ParseExpr lowers the text of one expression or type, such as an argument of a
// TopCall. Calls in it stay ECalls.
func ParseExpr(text string) *Expr {
	l := &lowerer{file: &File{}}
	trimmed := strings.TrimSpace(text)
	for _, w := range []string{"struct ", "union ", "enum ", "const ", "unsigned ", "void "} {
		if strings.HasPrefix(trimmed, w) {
			return (&Expr{Kind: EType}).WithType(l.typeText(trimmed, Pos{}))
		}
	}
	return l.exprText(trimmed, Pos{}, true)
}

// ParseType lowers the text of a type: words and pointers.
func ParseType(text string) *Type {
	l := &lowerer{file: &File{}}
	return l.typeText(strings.TrimSpace(text), Pos{})
}
