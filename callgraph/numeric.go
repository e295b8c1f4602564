package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// Most members of the tables of a kernel are numbers, made by macros of macros:
// registers, flags, masks. To expand and parse those would cost more than all
// that is looked for in tables; what they are can be told from their words.

// A meaning is what can be told of a name, or of a text, by its words.
type meaning struct {
	plain  bool   // no word in it is a function or a variable, however its macros are expanded
	number bool   // likewise, and it is the one value of one element
	last   string // else, if not "": elements .x = number of an initialiser, all with designators; the last of these
}

var aNumber = meaning{plain: true, number: true}

// numbers tells what names in initialisers at file scope stand for.
type numbers struct {
	p     *Program
	known map[string]meaning
}

// of judges the value of an initialiser, or an element of one.
func (n *numbers) of(e *cparse.Expr) meaning {
	if e == nil {
		return aNumber
	}
	switch e.Kind {
	case cparse.EName:
		return n.name(e.Name)
	case cparse.ECall:
		m, args := n.of(e.X), n.all(e.Args())
		if !args.number {
			return meaning{plain: m.plain && args.plain}
		}
		return m
	case cparse.EInt, cparse.ESizeof, cparse.EString:
		return aNumber
	case cparse.EStr, cparse.EType:
		return meaning{plain: true}
	case cparse.EUnary, cparse.EBinary, cparse.ECast, cparse.ECond:
		return n.all([]*cparse.Expr{e.X, e.Y, e.Z()})
	case cparse.EInit:
		return meaning{plain: n.all(e.Args()).plain}
	case cparse.EDesig:
		return meaning{plain: n.of(e.X).plain}
	}
	return meaning{}
}

// all is what can be told of all the values.
func (n *numbers) all(list []*cparse.Expr) meaning {
	out := aNumber
	for _, e := range list {
		m := n.of(e)
		out.plain, out.number = out.plain && m.plain, out.number && m.number
		if !out.plain {
			break
		}
	}
	return out
}

// name judges a name that is no parameter: nothing is told of functions and
// variables, of macros with several meanings, nor of those that mention themselves.
func (n *numbers) name(name string) meaning {
	v, seen := n.known[name]
	if seen {
		return v
	}
	n.known[name] = meaning{}
	s := n.p.syms
	if len(s.funcsOf(name)) > 0 || len(s.protosOf(name)) > 0 || len(s.globalsOf(name)) > 0 || len(n.p.byName[name]) > 0 {
		return meaning{}
	}
	for i, d := range s.macros.named(name) {
		m := n.body(d.what)
		if i == 0 {
			v = m
		}
		if v != m {
			return meaning{}
		}
	}
	if !s.macros.has(name) {
		v = aNumber
	}
	n.known[name] = v
	return v
}

// body judges the replacement text of a macro. What pasted words come to is not
// told by words.
func (n *numbers) body(m *cparse.Macro) meaning {
	text := m.Body
	if strings.Contains(text, "##") {
		return meaning{}
	}
	if strings.ContainsAny(text, "{}[]") {
		return meaning{plain: n.plainText(text, m)}
	}
	parts := outerCommas(text)
	if n.words(text, m) {
		return meaning{plain: true, number: len(parts) == 1 && strings.TrimSpace(text) != ""}
	}
	last := ""
	for _, part := range parts {
		if last = n.designator(strings.TrimSpace(part), m); last == "" {
			return meaning{plain: n.plainText(text, m)}
		}
	}
	return meaning{plain: true, last: last}
}

// plainText reports whether all words of a text of a macro are plain: members
// that it names and what stands in quotes are no values.
func (n *numbers) plainText(text string, m *cparse.Macro) bool {
	member := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == ' ' || c == '\t' || c == '\n':
			continue
		case c == '.':
			member = true
			continue
		case isWord(c):
			start := i
			for i+1 < len(text) && isWord(text[i+1]) {
				i++
			}
			word := text[start : i+1]
			if !member && (c < '0' || c > '9') && !isParam(m, word) && !n.name(word).plain {
				return false
			}
		}
		member = false
	}
	return true
}

// words reports whether a text of a macro is a number: all words in it stand for
// numbers, or are parameters.
func (n *numbers) words(text string, m *cparse.Macro) bool {
	for i := 0; i < len(text); i++ {
		if text[i] == '.' {
			return false
		}
		if !isWord(text[i]) {
			continue
		}
		start := i
		for i+1 < len(text) && isWord(text[i+1]) {
			i++
		}
		word := text[start : i+1]
		if (word[0] < '0' || word[0] > '9') && !isParam(m, word) && !n.name(word).number {
			return false
		}
	}
	return true
}

// designator is the member that the text of an element names, or, if it is a
// macro, the last that this one names; "" for another element.
func (n *numbers) designator(text string, m *cparse.Macro) string {
	rest, designated := strings.CutPrefix(text, ".")
	end := 0
	for end < len(rest) && isWord(rest[end]) {
		end++
	}
	word, rest := rest[:end], strings.TrimSpace(rest[end:])
	switch {
	case isParam(m, word) || !n.words(rest, m):
		return ""
	case designated && strings.HasPrefix(rest, "="):
		return word
	case !designated && strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")"):
		return n.name(word).last
	}
	return ""
}

// outerCommas splits a text at the commas that stand in no parentheses.
func outerCommas(text string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, text[start:])
}

func isParam(m *cparse.Macro, word string) bool {
	return slices.ContainsFunc(m.Params, func(p string) bool { return strings.TrimSuffix(p, "...") == word })
}
