package cparse

import "strings"

// What becomes of a conditional, decided at its #endif. By then it is known of
// each branch whether it is balanced, where it began and how it ended; and
// conditionals inside it are decided already.
//
//	                      in a body                elsewhere
//	whole items           left to the grammar      directives blanked, all stay
//	pieces of items       one branch stays         one branch stays
//	#if 0, never defined  blanked                  blanked

// endif closes the innermost conditional at token i, which is its #endif or the
// end of the text.
func (p *cpp) endif(i int) {
	g := p.closeBranch(i)
	p.groups = p.groups[:len(p.groups)-1]
	p.cond = g.outer
	ctx := p.brackets[g.start.top].ctx
	live := p.dropDead(g)

	var next token
	if i+1 < len(p.toks) {
		next = p.toks[i+1]
	}
	whole := p.whole(g, live, ctx, &next)
	switch {
	case whole && ctx == inCode && len(live) > 0 && !allEmpty(live):
		p.tidyDirectives(g, i)
		p.unmark(g)
	case whole:
		p.dropDirectives(g, i)
		p.mark(i, g.outer)
		if ctx == inCode || ctx == inParen || ctx == inIndex {
			p.unmark(g)
		}
	default:
		p.choose(g, live)
		p.dropDirectives(g, i)
		p.unmark(g)
		return
	}
	p.resume(g, live)
}

// resume continues behind a conditional whose branches all stay.
func (p *cpp) resume(g *group, live []*branch) {
	low := g.start.low
	p.at = g.start
	for _, b := range live {
		p.join(&b.end)
	}
	p.at.low = low
}

// join takes over what was seen in a branch.
func (p *cpp) join(end *place) {
	if end.first.kind == tokNone {
		return
	}
	if p.at.first.kind == tokNone {
		p.at.first = end.first
	}
	p.at.last = end.last
}

// dropDead blanks the branches that no configuration reads, and returns the
// others.
func (p *cpp) dropDead(g *group) []*branch {
	var live []*branch
	taken := false
	for k := range g.branches {
		b := &g.branches[k]
		undef, not := p.undefined(b.text)
		if taken || b.text == "0" || undef && not == b.neg {
			p.drop(b)
			continue
		}
		// Only a literal: #else has text 1 too, but nothing follows it.
		taken = (b.text == "1" || undef) && !g.guard
		live = append(live, b)
	}
	return live
}

// undefined tells whether a condition asks for a name that C never sees
// defined, and whether it asks that it be not defined.
func (p *cpp) undefined(text string) (asks, not bool) {
	text = strings.ReplaceAll(text, " ", "")
	text, not = strings.CutPrefix(text, "!")
	name, ok := strings.CutPrefix(text, "defined")
	if name = strings.Trim(name, "()"); ok {
		asks = p.words.forms[name].form == "undefined"
	}
	return asks, not
}

// drop blanks a branch.
func (p *cpp) drop(b *branch) {
	if b.from >= b.to || b.from >= len(p.toks) {
		return
	}
	p.blank(p.toks[b.from].start, p.toks[b.to-1].end)
	for k := b.from; k < b.to; k++ {
		p.toks[k].kind = tokNone
	}
}

func (b *branch) empty() bool { return b.end.first.kind == tokNone }

// allEmpty tells whether no branch has a token.
func allEmpty(bs []*branch) bool {
	for _, b := range bs {
		if !b.empty() {
			return false
		}
	}
	return true
}

// whole tells whether each branch is a sequence of whole items of its context.
func (p *cpp) whole(g *group, live []*branch, ctx context, next *token) bool {
	if allEmpty(live) {
		return true
	}
	if g.guard {
		return true
	}
	if !p.atBoundary(g, ctx) {
		return false
	}
	for _, b := range live {
		balanced := b.end.top == g.start.top && b.end.low >= p.brackets[g.start.top].depth
		if b.empty() {
			continue
		}
		if !balanced || b.end.tag != inFile || !p.wholeItems(b, ctx, next, len(live)) {
			return false
		}
	}
	return true
}

// atBoundary tells whether an item of the context may begin where the
// conditional does.
func (p *cpp) atBoundary(g *group, ctx context) bool {
	last := &g.start.last
	if last.kind == tokNone {
		return true
	}
	if last.kind != tokPunct || g.start.tag != inFile {
		return false
	}
	switch ctx {
	case inFile:
		return last.ch == ';' || last.ch == '}' || last.ch == ')' || last.ch == '{'
	case inCode:
		return last.ch == ';' || last.ch == '}' || last.ch == '{' || last.ch == ':'
	case inStruct:
		return last.ch == ';' || last.ch == '}' || last.ch == '{' || last.ch == ')'
	case inEnum, inInit:
		return last.ch == ',' || last.ch == '{' || last.ch == '}'
	}
	return false
}

// wholeItems tells whether a balanced branch that begins at a boundary is a
// sequence of whole items.
func (p *cpp) wholeItems(b *branch, ctx context, next *token, live int) bool {
	first, last := &b.end.first, &b.end.last
	if last.kind != tokPunct {
		return (ctx == inEnum || ctx == inInit) && live == 1 && next.is('}')
	}
	switch ctx {
	case inFile:
		return last.ch == ';' || last.ch == '}' || last.ch == ')' && fileItem(first, next)
	case inStruct:
		return last.ch == ';' || last.ch == '}' || last.ch == ')'
	case inCode:
		// Half an if statement is no statement.
		return (last.ch == ';' || last.ch == '}') && !p.isElse(first) && !p.isElse(next)
	case inEnum, inInit:
		return last.ch == ',' || live == 1 && next.is('}')
	}
	return false
}

// isElse tells the second half of an if statement.
func (p *cpp) isElse(t *token) bool {
	return t.kind == tokWord && t.cls == clsStmt && p.str(t) == "else"
}

// fileItem tells whether an item that ends with a parenthesis may be whole: an
// attribute between a function's head and body is not.
func fileItem(first, next *token) bool {
	return first.kind == tokWord && first.cls != clsAttr && !next.is('{') && !next.is(';')
}

// For a piece of an item two variants side by side are no C. The one that stays
// stands for the others, and they are reported.

// choose keeps one branch and blanks the others: the first of those that ask
// for an option, as that is the fuller variant of an item, or else the first.
func (p *cpp) choose(g *group, live []*branch) {
	pick := live[0]
	for _, b := range live {
		if strings.Contains(b.text, "CONFIG_") && !b.neg && !strings.Contains(b.text, "!") {
			pick = b
			break
		}
		if b.text == "1" && g.branches[0].neg && strings.Contains(g.branches[0].text, "CONFIG_") {
			pick = b // #ifndef … #else
		}
	}
	for _, b := range live {
		if b == pick || b.from >= b.to {
			continue
		}
		if !b.empty() {
			from, to := p.toks[b.from].start, p.toks[b.to-1].end
			p.problems = append(p.problems, Problem{Pos: b.pos, Reason: "branch not read",
				Text: excerpt(string(p.src[from:min(to, from+200)]))})
		}
		p.drop(b)
	}
	first := g.start.first
	low := min(g.start.low, pick.end.low)
	last := g.start.last
	p.at = pick.end
	if first.kind != tokNone {
		p.at.first = first
	}
	if p.at.last.kind == tokNone {
		p.at.last = last
	}
	p.at.low = low
}

// dropDirectives blanks the directives of a conditional that ends at token i.
func (p *cpp) dropDirectives(g *group, i int) {
	for k := range g.branches {
		p.dropDirective(&p.toks[g.branches[k].from-1])
	}
	if i < len(p.toks) {
		p.dropDirective(&p.toks[i])
	}
}

// tidyDirectives blanks what stands behind the names of directives that stay
// and is no part of them.
func (p *cpp) tidyDirectives(g *group, i int) {
	for k := range g.branches {
		p.tidy(&p.toks[g.branches[k].from-1])
	}
	if i < len(p.toks) {
		p.tidy(&p.toks[i])
	} else {
		p.dropDirectives(g, i) // no #endif: nothing the grammar would take
	}
}

// tidy blanks what follows the name or the operand of one directive.
func (p *cpp) tidy(t *token) {
	line := p.text[t.start:t.end]
	name, rest := splitDirective(line)
	keep := len(line) - len(rest)
	switch name {
	case "if", "elif":
		return
	case "ifdef", "ifndef", "elifdef", "elifndef":
		keep += skipSpaces(rest, 0) + len(leadingWord(rest))
	}
	p.blank(t.start+uint32(keep), t.end)
}

// unmark takes back the marks of a conditional: its branches are not under its
// condition, or the syntax tree itself says so. Marks of conditionals inside it
// stay, and fall back to the condition outside.
func (p *cpp) unmark(g *group) {
	own := make(map[*Cond]bool, len(g.branches))
	for k := range g.branches {
		own[g.branches[k].cond] = true
	}
	for k := g.marks; k < len(p.conds); k++ {
		if own[p.conds[k].Cond] {
			p.conds[k].Cond = g.outer
		}
	}
}
