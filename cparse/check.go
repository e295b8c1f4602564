package cparse

import (
	"errors"
	"fmt"
)

// maxComplaints bounds the errors that Check joins.
const maxComplaints = 50

// Check verifies what ir.go promises about a File, and returns everything that
// is wrong. Parse never returns a File that fails; tests and fuzzers call Check
// on all that they parse.
func Check(f *File) error {
	c := &checker{file: f}
	c.positions()
	for _, fn := range f.Funcs {
		c.function(fn)
	}
	for _, p := range f.Protos {
		if p.Blocks != nil || p.Macro {
			c.errorf(p.Pos, "prototype of %s has a body", p.Name)
		}
	}
	for _, m := range f.Macros {
		c.macro(m)
	}
	for _, g := range f.Globals {
		c.typ(g.Type, g.Pos, 0)
		if g.Init != nil {
			c.expr(g.Init, g.Pos, 0)
		}
	}
	for _, s := range f.Structs {
		for i := range s.Fields {
			c.typ(s.Fields[i].Type, s.Fields[i].Pos, 0)
		}
	}
	return errors.Join(c.errs...)
}

// checker is a check under way.
type checker struct {
	file   *File
	fn     *Func // the function that is being checked, or nil
	locals map[string]bool
	errs   []error
}

func (c *checker) errorf(p Pos, format string, args ...any) {
	if len(c.errs) >= maxComplaints {
		return
	}
	where := fmt.Sprintf("%s:%d:%d: ", c.file.Path, p.Line, p.Col)
	if c.fn != nil {
		where += c.fn.Name + ": "
	}
	c.errs = append(c.errs, errors.New(where+fmt.Sprintf(format, args...)))
}

// pos checks that a place lies in the file: Line-1 newlines and Col-1 other
// bytes stand before it. Behind the last byte is allowed, for an end of file.
func (c *checker) pos(p Pos, what string) {
	if p.Line < 1 || p.Col < 1 || int(p.Line)+int(p.Col)-2 > c.file.Size {
		c.errorf(p, "%s outside the file", what)
	}
}

// positions checks the places of everything at file scope, and the order of
// what is said to be in source order.
func (c *checker) positions() {
	f := c.file
	order := func(last *Pos, p Pos, what string) {
		c.pos(p, what)
		if comparePos(p, *last) < 0 {
			c.errorf(p, "%s stands before the one listed before it", what)
		}
		*last = p
	}
	var funcs, macros, globals, problems, tops Pos
	for _, fn := range f.Funcs {
		order(&funcs, fn.Pos, "function "+fn.Name)
	}
	for _, m := range f.Macros {
		order(&macros, m.Pos, "macro "+m.Name)
		c.offset(m.Offset, m.Pos)
	}
	for _, g := range f.Globals {
		order(&globals, g.Pos, "variable "+g.Name)
	}
	for _, p := range f.Problems {
		order(&problems, p.Pos, "problem "+p.Reason)
	}
	for _, t := range f.TopCalls {
		order(&tops, t.Pos, "invocation of "+t.Name)
		c.offset(t.Offset, t.Pos)
	}
	for _, s := range f.Structs {
		c.pos(s.Pos, "struct "+s.Name)
	}
	for _, in := range f.Includes {
		c.pos(in.Pos, "include of "+in.Name)
	}
}

func (c *checker) offset(off int, p Pos) {
	if off < 0 || off >= c.file.Size {
		c.errorf(p, "offset %d outside the file", off)
	}
}

// macro checks what a macro stands for; lowering it is a part of the check.
func (c *checker) macro(m *Macro) {
	fn, value := m.Func(), m.Value()
	switch {
	case fn != nil && (!m.FuncLike || !fn.Macro || fn.Name != m.Name):
		c.errorf(m.Pos, "function of %s is not its own", m.Name)
	case value != nil && m.FuncLike:
		c.errorf(m.Pos, "value of %s, which has parameters", m.Name)
	case fn != nil:
		c.function(fn)
	case value != nil:
		c.expr(value, m.Pos, 0)
	}
}

func (c *checker) function(fn *Func) {
	c.fn = fn
	defer func() { c.fn = nil }()
	c.pos(fn.Pos, "head")
	c.pos(fn.End, "end")
	if fn.Name == "" {
		c.errorf(fn.Pos, "no name")
	}
	if fn.Value != nil && !fn.Macro {
		c.errorf(fn.Pos, "only a macro has a value")
	}
	c.localNames(fn)
	if !c.blocks(fn) {
		return // the rest would go out of range
	}
	site := int32(0)
	for _, k := range fn.Blocks {
		for _, in := range k.Instrs {
			c.inside(in.InstrPos(), PrintInstr(in))
			switch in := in.(type) {
			case *Assign:
				c.assign(in)
			case *Call:
				c.call(in, site)
				site++
			}
		}
		c.end(k.Term)
	}
	if fn.Value != nil {
		c.pure(fn.Value, fn.Pos)
	}
	c.reachable(fn)
}

// localNames checks that no two locals share a name, nor a parameter and a local:
// a set of names is all that an analysis needs. A macro may be given the name
// of the variable that it declares.
func (c *checker) localNames(fn *Func) {
	c.locals = map[string]bool{}
	for _, p := range fn.Params {
		c.locals[p.Name] = !fn.Macro
	}
	for _, l := range fn.Locals {
		if l.Name == "" || c.locals[l.Name] {
			c.errorf(l.Pos, "local %q declared twice", l.Name)
		}
		c.locals[l.Name] = true
		c.inside(l.Pos, "local "+l.Name)
		c.typ(l.Type, l.Pos, 0)
	}
}

// blocks checks the frame of the graph: numbers, ends and targets.
func (c *checker) blocks(fn *Func) bool {
	before := len(c.errs)
	if len(fn.Blocks) == 0 {
		c.errorf(fn.Pos, "no blocks")
	}
	for i, k := range fn.Blocks {
		if k.ID != i {
			c.errorf(fn.Pos, "block %d has ID %d", i, k.ID)
		}
		if k.Term == nil {
			c.errorf(fn.Pos, "block %d has no end", i)
			continue
		}
		for _, to := range k.Term.Succs(nil) {
			if to < 0 || to >= len(fn.Blocks) {
				c.errorf(fn.Pos, "block %d goes to %d of %d", i, to, len(fn.Blocks))
			}
		}
	}
	return len(c.errs) == before
}

// reachable checks that the entry leads to every block.
func (c *checker) reachable(fn *Func) {
	seen := make([]bool, len(fn.Blocks))
	seen[0] = true
	todo := []int{0}
	for len(todo) > 0 {
		k := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, to := range fn.Blocks[k].Term.Succs(nil) {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	for i, ok := range seen {
		if !ok {
			c.errorf(fn.Pos, "nothing leads to block %d", i)
		}
	}
}

// inside checks that a place lies between the head of the function and its end.
func (c *checker) inside(p Pos, what string) {
	c.pos(p, what)
	if comparePos(p, c.fn.Pos) < 0 || comparePos(p, c.fn.End) > 0 {
		c.errorf(p, "outside the function: %s", what)
	}
}

func (c *checker) assign(a *Assign) {
	if a.Dst == nil || !lvalue(a.Dst) {
		c.errorf(a.Pos, "no place to assign to: %s", PrintInstr(a))
		return
	}
	c.pure(a.Dst, a.Pos)
	if a.Src != nil {
		c.pure(a.Src, a.Pos)
	}
}

func (c *checker) call(in *Call, site int32) {
	if in.Site != site {
		c.errorf(in.Pos, "call %d has site %d", site, in.Site)
	}
	if in.Dst != nil && (in.Dst.Kind != EName || !isTemp(in.Dst.Name)) {
		c.errorf(in.Pos, "the value of a call is no temporary: %s", PrintInstr(in))
	}
	if in.Cleanup && (in.Dst != nil || len(in.Args) != 1) {
		c.errorf(in.Pos, "a cleanup takes one value and has none: %s", PrintInstr(in))
	}
	for _, e := range append([]*Expr{in.Dst, in.Fun}, in.Args...) {
		if e != nil {
			c.pure(e, in.Pos)
		}
	}
	if in.Fun == nil {
		c.errorf(in.Pos, "a call of nothing")
	}
}

// end checks the end of a block.
func (c *checker) end(t Term) {
	switch t := t.(type) {
	case *Branch:
		c.inside(t.Pos, PrintTerm(t))
		if t.Cond != nil {
			c.pure(t.Cond, t.Pos)
		}
	case *Switch:
		c.inside(t.Pos, "switch")
		c.cases(t)
	case *Config:
		if t.Cond == nil {
			c.errorf(c.fn.Pos, "a choice by no condition")
		}
	case *Return:
		c.inside(t.Pos, "return")
		if t.X != nil {
			c.pure(t.X, t.Pos)
		}
	}
}

func (c *checker) cases(t *Switch) {
	c.pure(t.X, t.Pos)
	dflt := false
	for _, k := range t.Cases {
		dflt = dflt || k.Lo == nil
		if k.Lo == nil && k.Hi != nil {
			c.errorf(t.Pos, "a case with an end and no start")
		}
	}
	if !dflt {
		c.errorf(t.Pos, "a switch without default")
	}
}

func isTemp(name string) bool { return len(name) > 1 && name[0] == '%' }
