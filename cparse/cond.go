package cparse

import "strings"

// Tri is the value of a preprocessor condition: false, true, or not known.
type Tri uint8

// The values of Tri.
const (
	Unknown Tri = iota
	False
	True
)

// Not is logical negation; Unknown stays Unknown.
func (t Tri) Not() Tri {
	switch t {
	case True:
		return False
	case False:
		return True
	}
	return Unknown
}

// A Cond is a conjunction of #if conditions: Text (negated if Neg) and all of
// Outer. The nil Cond is true. Conds are immutable and may be shared.
type Cond struct {
	Text  string // the expression after #if/#elif, or "defined(X)" for #ifdef X
	Neg   bool
	Outer *Cond
}

// below is the conjunction without what outer, around it, says as well.
func (c *Cond) below(outer *Cond) *Cond {
	if c == nil || c == outer {
		return nil
	}
	return &Cond{Text: c.Text, Neg: c.Neg, Outer: c.Outer.below(outer)}
}

// String prints the conjunction, outermost first.
func (c *Cond) String() string {
	if c == nil {
		return "1"
	}
	s := c.Text
	if c.Neg {
		s = "!(" + s + ")"
	}
	if c.Outer == nil {
		return s
	}
	return c.Outer.String() + " && " + s
}

// An Env answers questions about names in preprocessor conditions. Defined says
// whether a macro is defined; Value is its integer value if that is known.
type Env interface {
	Defined(name string) Tri
	Value(name string) (int64, bool)
}

// Eval evaluates the condition in three-valued logic.
func (c *Cond) Eval(env Env) Tri {
	result := True
	for ; c != nil; c = c.Outer {
		v := evalText(c.Text, env)
		if c.Neg {
			v = v.Not()
		}
		if v == False {
			return False
		}
		if v == Unknown {
			result = Unknown
		}
	}
	return result
}

// condValue is a number that may be unknown.
type condValue struct {
	n     int64
	known bool
}

func triValue(t Tri) condValue { return condValue{n: b2i(t == True), known: t != Unknown} }

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (v condValue) tri() Tri {
	switch {
	case !v.known:
		return Unknown
	case v.n != 0:
		return True
	}
	return False
}

func evalText(text string, env Env) Tri {
	p := condParser{toks: condTokens(text), env: env}
	v := p.binary(0)
	if p.bad || p.at < len(p.toks) {
		return Unknown
	}
	return v.tri()
}

// condTokens splits a condition into identifiers, numbers and operators.
func condTokens(s string) []string {
	var toks []string
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\\':
			i++
		case strings.HasPrefix(s[i:], "/*"):
			end := strings.Index(s[i+2:], "*/")
			if end < 0 {
				return toks
			}
			i += end + 4
		case strings.HasPrefix(s[i:], "//"):
			return toks
		case isIdent(c):
			j := i
			for j < len(s) && isIdent(s[j]) {
				j++
			}
			toks = append(toks, s[i:j])
			i = j
		default:
			n := 1
			if i+1 < len(s) && strings.Contains(" && || == != <= >= << >> ", " "+s[i:i+2]+" ") {
				n = 2
			}
			toks = append(toks, s[i:i+n])
			i += n
		}
	}
	return toks
}

func isIdent(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
