package callgraph

import (
	"maps"
	"slices"
	"strings"

	"klockscan/cparse"
)

// Macros at file scope define functions and variables: accessors, seq_file
// boilerplate, static calls. Their text is substituted as the preprocessor does
// it, and parsed as C.
//
// An X-macro header holds nothing but macro invocations; each file that
// includes it between a #define and an #undef gives them another meaning. Its
// invocations are expanded once for each such includer, with the macros that
// hold at the #include.

// maxGenerated bounds the nesting of macros that expand to macros.
const maxGenerated = 6

// generate expands the macro invocations at file scope of all files.
func (s *symbols) generate() {
	s.slots = map[string][]slotValue{}
	for i := range s.files {
		s.generateFile(int32(i))
	}
}

// generateFile expands those of one file, and, unless it was read in part, of what it includes.
func (s *symbols) generateFile(file int32) {
	f := s.content(file)
	for _, tc := range f.TopCalls {
		if s.env.holds(tc.Cond) {
			s.topCall(tc, file, file, tc.Pos.Line, 0)
		}
	}
	if s.part[file] {
		return
	}
	for _, inc := range f.Includes {
		s.includeCalls(inc, file)
	}
}

// includeCalls expands the invocations of an X-macro header for one includer.
func (s *symbols) includeCalls(inc cparse.Include, file int32) {
	at, ok := s.resolved(file, inc)
	if !ok || !s.xHeader(at) || !s.env.holds(inc.Cond) {
		return
	}
	for _, tc := range s.content(at).TopCalls {
		here := *tc
		here.Pos = inc.Pos
		s.topCall(&here, file, file, inc.Pos.Line, 0)
	}
}

// isXHeader reports whether a header consists of macro invocations.
func isXHeader(f *cparse.File) bool {
	return isHeader(f.Path) && len(f.TopCalls) > 0 && len(f.Funcs) == 0 && len(f.Structs) == 0 && len(f.Globals) == 0
}

// xHeader is isXHeader of a file of the program.
func (s *symbols) xHeader(file int32) bool {
	if s.onDemand != nil {
		return s.onDemand.base.xHeaders.has(file)
	}
	return isXHeader(s.files[file])
}

func (s *symbols) resolved(file int32, inc cparse.Include) (int32, bool) {
	p := s.resolve(s.files[file].Path, inc)
	at, ok := s.index[p]
	return at, ok
}

// topCall expands one invocation as file sees it at a line.
func (s *symbols) topCall(tc *cparse.TopCall, file, from, line int32, depth int) {
	if depth > maxGenerated || s.slotCall(tc, file) {
		return
	}
	name := tc.Name
	m, at := s.macro(name, from, line)
	for range maxGenerated {
		v := objectName(m)
		if v == "" {
			break
		}
		name = v
		m, at = s.macro(name, from, line)
	}
	if m == nil || !m.FuncLike || cparse.DefinesItself(tc.Name) || !s.sees[from].has(at) {
		return
	}
	text, ok := m.Substitute(tc.Raw)
	if !ok || !worthParsing(text) {
		return
	}
	if !strings.HasSuffix(strings.TrimRight(text, " \t\n"), ";") {
		text += ";" // which stands behind the invocation
	}
	part := s.texts.text(s.files[file].Path, text, tc.Pos, tc.Cond)
	s.adopt(part, file)
	for _, inner := range part.TopCalls {
		if inner.Name != tc.Name {
			s.topCall(inner, file, from, line, depth+1)
		}
	}
}

// objectName is the name that an object-like macro stands for, or "".
func objectName(m *cparse.Macro) string {
	if m == nil || m.FuncLike {
		return ""
	}
	if v := m.Value(); v != nil && v.Kind == cparse.EName {
		return v.Name
	}
	return ""
}

// worthParsing skips expansions to nothing.
func worthParsing(text string) bool {
	return strings.ContainsAny(text, "({=") || strings.HasPrefix(strings.TrimSpace(text), "extern ")
}

// adopt enters what a generated text defines as definitions of a file.
func (s *symbols) adopt(part *cparse.File, file int32) {
	s.adopted = append(s.adopted, def[*cparse.File]{file, part})
	for _, fn := range part.Funcs {
		if !slices.ContainsFunc(s.funcs[fn.Name], func(d def[*cparse.Func]) bool { return d.file == file }) {
			s.funcs[fn.Name] = append(s.funcs[fn.Name], def[*cparse.Func]{file, fn})
			s.extra[file] = append(s.extra[file], fn)
		}
	}
	for _, g := range part.Globals {
		g = s.initialised(g)
		s.globals[g.Name] = append(s.globals[g.Name], def[*cparse.Global]{file, g})
		s.extraGlobals[file] = append(s.extraGlobals[file], g)
	}
	for _, p := range part.Protos {
		s.protos[p.Name] = append(s.protos[p.Name], def[*cparse.Func]{file, p})
	}
	for _, st := range part.Structs {
		if st.Tag != "" {
			s.structs[st.Tag] = append(s.structs[st.Tag], def[*cparse.Struct]{file, st})
		}
	}
	for i := range part.Typedefs {
		t := &part.Typedefs[i]
		s.typedefs[t.Name] = append(s.typedefs[t.Name], def[*cparse.Typedef]{file, t})
	}
}

// A slotValue is what a file-scope definition puts into a slot.
type slotValue struct {
	value *cparse.Expr
	file  int32
	pos   cparse.Pos
}

// slotCall notes a file-scope definition of a slot; true if a row of
// mechanisms.txt describes the macro.
func (s *symbols) slotCall(tc *cparse.TopCall, file int32) bool {
	rows := mechanisms()[tc.Name]
	for _, r := range rows {
		if r.action == "slot-set" && r.arg < len(tc.Raw) && r.value < len(tc.Raw) {
			name := strings.TrimSpace(tc.Raw[r.arg])
			s.slots[name] = append(s.slots[name], slotValue{cparse.ParseExpr(tc.Raw[r.value]), file, tc.Pos})
		}
	}
	return len(rows) > 0 || s.addTrace(tc)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
