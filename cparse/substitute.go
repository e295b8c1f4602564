package cparse

import (
	"bytes"
	"strings"
)

// Substitute is the replacement text of a function-like macro for the given
// argument texts: parameters replaced, ## joined, # made a string (C11 6.10.3).
// ok is false if the number of arguments does not fit.
func (m *Macro) Substitute(args []string) (text string, ok bool) {
	if !m.FuncLike || m.Undef {
		return "", false
	}
	values := map[string]string{}
	fixed := m.Params
	if n := len(fixed); n > 0 && strings.HasSuffix(fixed[n-1], "...") {
		rest := strings.TrimSuffix(fixed[n-1], "...")
		if rest = strings.TrimSpace(rest); rest == "" {
			rest = "__VA_ARGS__"
		}
		fixed = fixed[:n-1]
		values[rest] = strings.Join(args[min(len(fixed), len(args)):], ", ")
	} else if len(args) > len(fixed) && !(len(fixed) == 0 && len(args) == 1 && args[0] == "") {
		return "", false
	}
	if len(args) < len(fixed) && !(len(fixed) == 1 && len(args) == 0) {
		return "", false
	}
	for i, p := range fixed {
		if i < len(args) {
			values[p] = args[i]
		} else {
			values[p] = ""
		}
	}
	return substituteText(m.Body, values), true
}

func substituteText(body string, values map[string]string) string {
	var out []byte
	for i := 0; i < len(body); {
		c := body[i]
		switch {
		case c == '"' || c == '\'':
			j := skipLiteral(body, i)
			out = append(out, body[i:j]...)
			i = j
		case isIdent(c):
			j := wordEnd(body, i)
			word := body[i:j]
			if v, ok := values[word]; ok {
				word = v
			}
			out = append(out, word...)
			i = j
		case strings.HasPrefix(body[i:], "##"):
			out = bytes.TrimRight(out, " \t\n")
			i = skipSpaceFrom(body, i+2)
			if v, ok := values[body[i:wordEnd(body, i)]]; ok && v == "" {
				out = bytes.TrimSuffix(out, []byte(",")) // GNU C: , ## args with no args
			}
		case c == '#':
			j := skipSpaceFrom(body, i+1)
			k := wordEnd(body, j)
			if _, ok := values[body[j:k]]; ok {
				out = append(out, `""`...)
				i = k
				continue
			}
			i++
		default:
			out = append(out, c)
			i++
		}
	}
	return string(out)
}

// wordEnd is the offset behind the word that starts at i, if one does.
func wordEnd(s string, i int) int {
	for i < len(s) && isIdent(s[i]) {
		i++
	}
	return i
}

func skipSpaceFrom(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n') {
		i++
	}
	return i
}

// skipLiteral is the offset behind the string or character that starts at i.
func skipLiteral(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(s)
}

// ParseText lowers a text that a macro made for the place pos: everything in it
// counts as standing there.
func ParseText(path, text string, pos Pos) *File {
	f := &File{Path: path, Size: len(text)}
	l := &lowerer{file: f}
	if sub := l.sub(text, pos); sub != nil {
		sub.file.Macros, sub.file.Includes = nil, nil
		sub.unit()
		sub.topCalls()
		sub.t.release()
	}
	return f
}

// DefinesItself reports whether a macro at file scope is one that Parse itself
// understands: the definition of a variable or of a guard class.
func DefinesItself(name string) bool {
	if _, ok := definers()[name]; ok {
		return true
	}
	switch name {
	case "DEFINE_GUARD", "DEFINE_LOCK_GUARD_1", "DEFINE_LOCK_GUARD_0", "DEFINE_GUARD_COND", "DEFINE_LOCK_GUARD_1_COND",
		"DEFINE_CLASS", "EXTEND_CLASS", "DEFINE_FREE":
		return true
	}
	return false
}
