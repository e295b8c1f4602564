package cparse

import (
	"strconv"
	"strings"
)

// condParser evaluates a preprocessor expression by precedence climbing.
type condParser struct {
	toks  []string
	at    int
	depth int
	env   Env
	bad   bool
}

// maxCondDepth bounds the nesting of parentheses in hostile input.
const maxCondDepth = 64

func condPrec(op string) int {
	switch op {
	case "||":
		return 1
	case "&&":
		return 2
	case "|":
		return 3
	case "^":
		return 4
	case "&":
		return 5
	case "==", "!=":
		return 6
	case "<", ">", "<=", ">=":
		return 7
	case "<<", ">>":
		return 8
	case "+", "-":
		return 9
	case "*", "/", "%":
		return 10
	}
	return 0
}

func (p *condParser) peek() string {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return ""
}

func (p *condParser) next() string {
	t := p.peek()
	p.at++
	return t
}

func (p *condParser) expect(t string) {
	if p.next() != t {
		p.bad = true
	}
}

func (p *condParser) binary(min int) condValue {
	left := p.unary()
	for !p.bad {
		op := p.peek()
		prec := condPrec(op)
		if op == "?" && min == 0 {
			left = p.conditional(left)
			continue
		}
		if prec == 0 || prec <= min {
			return left
		}
		p.next()
		left = condApply(op, left, p.binary(prec))
	}
	return left
}

// conditional is cond ? a : b from the question mark on.
func (p *condParser) conditional(cond condValue) condValue {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxCondDepth {
		p.bad = true
		return condValue{}
	}
	p.next()
	a := p.binary(0)
	p.expect(":")
	return choose(cond, a, p.binary(0))
}

func choose(c, a, b condValue) condValue {
	switch c.tri() {
	case True:
		return a
	case False:
		return b
	}
	if a == b {
		return a
	}
	return condValue{}
}

func (p *condParser) unary() condValue {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxCondDepth || p.at >= len(p.toks) {
		p.bad = true
		return condValue{}
	}
	switch t := p.next(); {
	case t == "!":
		return triValue(p.unary().tri().Not())
	case t == "-":
		v := p.unary()
		return condValue{-v.n, v.known}
	case t == "+":
		return p.unary()
	case t == "~":
		v := p.unary()
		return condValue{^v.n, v.known}
	case t == "(":
		v := p.binary(0)
		p.expect(")")
		return v
	case t == "defined":
		return p.definedOf()
	case t[0] >= '0' && t[0] <= '9':
		n, err := strconv.ParseInt(strings.TrimRight(t, "uUlL"), 0, 64)
		return condValue{n, err == nil}
	case isIdent(t[0]):
		return p.name(t)
	}
	p.bad = true
	return condValue{}
}

func (p *condParser) definedOf() condValue {
	name := p.next()
	if name == "(" {
		name = p.next()
		p.expect(")")
	}
	return triValue(p.env.Defined(name))
}

// name is an identifier: IS_ENABLED() and its kin ask whether an option is
// defined; another call is unknown; a plain name has the value of its macro, or
// 0 if it is known not to be one (C11 6.10.1).
func (p *condParser) name(t string) condValue {
	if p.peek() == "(" {
		p.next()
		arg := p.peek()
		for depth := 1; depth > 0 && p.at < len(p.toks); {
			switch p.next() {
			case "(":
				depth++
			case ")":
				depth--
			}
		}
		switch t {
		case "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE":
			return triValue(p.env.Defined(arg))
		}
		return condValue{}
	}
	if v, ok := p.env.Value(t); ok {
		return condValue{v, true}
	}
	if p.env.Defined(t) == False {
		return condValue{0, true}
	}
	return condValue{}
}

func condApply(op string, a, b condValue) condValue {
	switch op {
	case "&&":
		if a.tri() == False || b.tri() == False {
			return condValue{0, true}
		}
		return condValue{b2i(a.n != 0 && b.n != 0), a.known && b.known}
	case "||":
		if a.tri() == True || b.tri() == True {
			return condValue{1, true}
		}
		return condValue{b2i(a.n != 0 || b.n != 0), a.known && b.known}
	}
	n, ok := Fold(op, a.n, b.n)
	return condValue{n, ok && a.known && b.known}
}

// Fold applies a C binary operator to two integers; ok is false for a division
// by zero, a shift out of range or an operator that it does not know.
func Fold(op string, a, b int64) (n int64, ok bool) {
	switch op {
	case "|":
		return a | b, true
	case "^":
		return a ^ b, true
	case "&":
		return a & b, true
	case "==":
		return b2i(a == b), true
	case "!=":
		return b2i(a != b), true
	case "<":
		return b2i(a < b), true
	case ">":
		return b2i(a > b), true
	case "<=":
		return b2i(a <= b), true
	case ">=":
		return b2i(a >= b), true
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	case "*":
		return a * b, true
	case "<<":
		return a << uint(b&63), b >= 0 && b < 64
	case ">>":
		return a >> uint(b&63), b >= 0 && b < 64
	case "/":
		if b != 0 {
			return a / b, true
		}
	case "%":
		if b != 0 {
			return a % b, true
		}
	case "&&":
		return b2i(a != 0 && b != 0), true
	case "||":
		return b2i(a != 0 || b != 0), true
	}
	return 0, false
}
