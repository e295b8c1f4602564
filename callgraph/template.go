package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// A template header defines functions whose names are macros, and is included
// several times with other meanings of them:
//
//	#define PTTYPE 64
//	#include "paging_tmpl.h"	/* static int FNAME(walk)(...) { ... } */
//
// For each #include such a header is preprocessed for itself: its conditionals
// are decided by the macros that hold at the #include, and the macros that it
// defines are expanded. What comes out is parsed like a file; lines stay true.

// maxTemplate bounds the length of a preprocessed header, in bytes.
const maxTemplate = 8 << 20

// isTemplate reports whether a header defines functions under macro names.
func isTemplate(f *cparse.File) bool {
	if !isHeader(f.Path) {
		return false
	}
	return slices.ContainsFunc(f.Funcs, func(fn *cparse.Func) bool { return templateHead(f, fn) })
}

// templateHead reports whether fn was written MACRO(name)(params): it reads
// like a function that returns a function, which C does not have.
func templateHead(f *cparse.File, fn *cparse.Func) bool {
	return fn.Result != nil && fn.Result.Kind == cparse.TFunc && ownMacro(f, fn.Name)
}

func ownMacro(f *cparse.File, name string) bool {
	return slices.ContainsFunc(f.Macros, func(m *cparse.Macro) bool { return m.Name == name && m.FuncLike })
}

// instantiate adopts the functions that template headers define.
func (s *symbols) instantiate(source func(path string) ([]byte, error)) {
	s.templates = map[int32][]int32{}
	for i, f := range s.files {
		if isTemplate(f) {
			s.templates[int32(i)] = nil
		}
	}
	for i := range s.files {
		s.instantiateFor(int32(i), func(at int32) bool { _, is := s.templates[at]; return is }, source)
	}
	for at := range s.templates {
		s.dropHeads(at, s.files[at])
	}
}

// instantiateFor adopts what such headers define for one includer.
func (s *symbols) instantiateFor(includer int32, such func(header int32) bool, source func(path string) ([]byte, error)) {
	f := s.content(includer)
	for _, inc := range f.Includes {
		at, ok := s.resolved(includer, inc)
		if !ok || !such(at) || !s.env.holds(inc.Cond) {
			continue
		}
		header := s.content(at)
		src, err := source(header.Path)
		if err != nil {
			continue // it was read before; a tree that changes meanwhile is not followed
		}
		if s.templates != nil && !slices.Contains(s.templates[at], includer) {
			s.templates[at] = append(s.templates[at], includer)
		}
		t := newTemplate(s.env, f, inc.Pos.Line, header)
		s.adopt(s.texts.preprocessed(header.Path, string(t.run(string(src)))), at)
	}
}

// dropHeads drops the functions under macro names.
func (s *symbols) dropHeads(file int32, f *cparse.File) {
	for _, fn := range f.Funcs {
		if templateHead(f, fn) {
			s.funcs[fn.Name] = slices.DeleteFunc(s.funcs[fn.Name], func(d def[*cparse.Func]) bool { return d.file == file })
		}
	}
}

// A template is the preprocessing of one header for one #include. It is an
// Env over what the program knows.
type template struct {
	env    *env
	macros map[string]*cparse.Macro // in effect now; nil after #undef
	own    map[int32]*cparse.Macro  // the header's #defines and #undefs by line
	mine   map[string]bool          // names that the header or its includer define
	active []bool                   // of the conditionals around: this branch is taken
	taken  []bool                   // of the conditionals around: some branch was taken
}

func newTemplate(e *env, includer *cparse.File, line int32, header *cparse.File) *template {
	t := &template{env: e, macros: map[string]*cparse.Macro{}, own: map[int32]*cparse.Macro{}, mine: map[string]bool{}}
	for _, m := range includer.Macros {
		if m.Pos.Line < line && e.holds(m.Cond) {
			t.set(m)
		}
	}
	for _, m := range header.Macros {
		t.own[m.Pos.Line] = m
		t.mine[m.Name] = true
	}
	return t
}

func (t *template) set(m *cparse.Macro) {
	if m.Undef {
		t.macros[m.Name] = nil
		return
	}
	t.macros[m.Name] = m
}

// Defined implements cparse.Env.
func (t *template) Defined(name string) cparse.Tri {
	if m, ok := t.macros[name]; ok {
		if m == nil {
			return cparse.False
		}
		return cparse.True
	}
	if t.mine[name] {
		return cparse.False
	}
	return t.env.Defined(name)
}

// Value implements cparse.Env.
func (t *template) Value(name string) (int64, bool) {
	for range maxGenerated {
		m := t.macros[name]
		if m == nil || m.FuncLike {
			return t.env.Value(name)
		}
		v := m.Value()
		switch {
		case v == nil:
			return 0, false
		case v.Kind == cparse.EInt:
			return v.Int, true
		case v.Kind != cparse.EName:
			return 0, false
		}
		name = v.Name
	}
	return 0, false
}

// run preprocesses the header, line by line.
func (t *template) run(src string) []byte {
	var out []byte
	lines := strings.SplitAfter(src, "\n")
	for i := 0; i < len(lines) && len(out) < maxTemplate; i++ {
		line := lines[i]
		text := strings.TrimSpace(line)
		if !strings.HasPrefix(text, "#") {
			if t.on() {
				line = t.expand(line, 0)
			} else {
				line = "\n"
			}
			out = append(out, line...)
			continue
		}
		first := i
		for strings.HasSuffix(text, "\\") && i+1 < len(lines) {
			i++
			text = strings.TrimSuffix(text, "\\") + " " + strings.TrimSpace(lines[i])
		}
		t.directive(text, int32(first+1))
		out = append(out, strings.Repeat("\n", i-first+1)...)
	}
	return out
}

func (t *template) on() bool { return !slices.Contains(t.active, false) }

func (t *template) directive(text string, line int32) {
	word, rest, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "#")), " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "if":
		t.open(rest)
	case "ifdef":
		t.open("defined(" + rest + ")")
	case "ifndef":
		t.open("!defined(" + rest + ")")
	case "elif":
		t.next(rest)
	case "else":
		t.next("1")
	case "endif":
		if n := len(t.active); n > 0 {
			t.active, t.taken = t.active[:n-1], t.taken[:n-1]
		}
	case "define", "undef":
		if m := t.own[line]; m != nil && t.on() {
			t.set(m)
		}
	}
}

func (t *template) open(cond string) {
	yes := (&cparse.Cond{Text: cond}).Eval(t) != cparse.False
	t.active, t.taken = append(t.active, yes), append(t.taken, yes)
}

func (t *template) next(cond string) {
	n := len(t.active)
	if n == 0 {
		return
	}
	yes := !t.taken[n-1] && (&cparse.Cond{Text: cond}).Eval(t) != cparse.False
	t.active[n-1] = yes
	t.taken[n-1] = t.taken[n-1] || yes
}

// expand replaces the header's own macros in a line. Arguments that go on in
// the next line are not replaced: names of functions do not.
func (t *template) expand(line string, depth int) string {
	if depth > maxGenerated || len(line) > maxTemplate {
		return line
	}
	var out strings.Builder
	for i := 0; i < len(line); {
		if !isWord(line[i]) {
			out.WriteByte(line[i])
			i++
			continue
		}
		j := i
		for j < len(line) && isWord(line[j]) {
			j++
		}
		word := line[i:j]
		m := t.macros[word]
		if m == nil || !t.mine[word] {
			out.WriteString(word)
			i = j
			continue
		}
		text, end := m.Body, j
		if m.FuncLike {
			args, after, ok := arguments(line, j)
			if !ok {
				out.WriteString(word)
				i = j
				continue
			}
			text, _ = m.Substitute(args)
			end = after
		}
		out.WriteString(t.expand(strings.TrimSpace(strings.ReplaceAll(text, "\n", " ")), depth+1))
		i = end
	}
	return out.String()
}

// arguments splits what stands in the parentheses at i; after is behind them.
func arguments(s string, i int) (args []string, after int, ok bool) {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	if i >= len(s) || s[i] != '(' {
		return nil, i, false
	}
	depth, start := 0, i+1
	for ; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return append(args, strings.TrimSpace(s[start:i])), i + 1, true
			}
		case ',':
			if depth == 1 {
				args = append(args, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return nil, i, false
}
