package cparse

import (
	"strings"
)

// Func is a function-like macro as a function: its body lowered as statements,
// or as the expression that is its value (Func.Value). Token pastes stay as
// templates (EPaste, or names with "##"). nil if the macro is object-like or its
// body is no statement, expression or loop head. Safe for concurrent use.
func (m *Macro) Func() *Func {
	if !m.FuncLike || m.Undef {
		return nil
	}
	m.once.Do(m.lower)
	return m.fn
}

// Value is the expression that an object-like macro stands for, or nil.
func (m *Macro) Value() *Expr {
	if m.FuncLike || m.Undef {
		return nil
	}
	m.once.Do(m.lower)
	return m.value
}

func (m *Macro) lower() {
	body := strings.TrimSpace(m.Body)
	if body == "" {
		if m.FuncLike {
			m.fn = m.empty()
		}
		return
	}
	const head = "void f(void){"
	src := []byte(head + m.Body + "\n;}")
	params := m.Params
	c := cureBody(src, params)
	t, err := parseTree(c.text, parseLimit)
	if err != nil {
		return
	}
	l := newLowerer(&File{}, t, c)
	defer t.release()
	l.base = Pos{Line: m.Pos.Line, Col: m.Pos.Col - int32(len(head))}
	for i := range t.nodes {
		n := int32(i)
		if t.kind(n) != "function_definition" {
			continue
		}
		if m.FuncLike {
			m.fn = l.macroFunc(m, n)
		} else {
			m.value = l.macroValue(n)
		}
		return
	}
}

func (m *Macro) empty() *Func {
	f := m.Head()
	f.Blocks = []*Block{{Term: &Return{Pos: m.Pos}}}
	return f
}

// macroParams names the parameters; the variadic one is "__VA_ARGS__" or has
// the name that GNU C lets it have.
func paramList(names []string) (ps []Param, variadic bool) {
	for _, n := range names {
		if n == "..." {
			n, variadic = "__VA_ARGS__", true
		} else if strings.HasSuffix(n, "...") {
			n, variadic = strings.TrimSpace(strings.TrimSuffix(n, "...")), true
		}
		ps = append(ps, Param{Name: n})
	}
	return ps, variadic
}

// macroFunc lowers the body of a macro, wrapped in a function by lower.
func (l *lowerer) macroFunc(m *Macro, fn int32) *Func {
	body := l.t.child(fn, "body")
	f := &Func{Name: m.Name, Macro: true, Pos: m.Pos, Cond: m.Cond}
	f.End = l.posOf(uint32(max(len(l.t.src)-len("\n;}")-1, 0)))
	f.Params, f.Variadic = paramList(m.Params)
	f.Errors = l.countErrors(fn, m.Name)
	b := &builder{l: l, fn: f, used: map[string]int{}, labels: map[string]*label{}, scope: &scope{}}
	b.cur = b.block()
	if k := l.soleExpr(body); k >= 0 {
		f.Value = b.exprs().expr(k)
	} else {
		b.stmt(body)
	}
	if b.cur != nil {
		b.term(&Return{X: f.Value, Pos: f.End})
	}
	b.resolveGotos()
	Finish(f)
	return f
}

// soleExpr is the expression of a body that is one expression statement and
// nothing else, or -1.
func (l *lowerer) soleExpr(body int32) int32 {
	found, count := int32(-1), 0
	l.children(body, func(k int32) {
		if l.kind(k) == "expression_statement" {
			if e := l.only(k); e >= 0 {
				found = e
				count++
			}
			return
		}
		count += 2
	})
	if count != 1 {
		return -1
	}
	return found
}

func (l *lowerer) macroValue(fn int32) *Expr {
	body := l.t.child(fn, "body")
	if k := l.soleExpr(body); k >= 0 && !l.is(fn, flagHasError) {
		return l.staticExpr(k)
	}
	return nil
}
