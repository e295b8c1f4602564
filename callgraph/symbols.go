package callgraph

import (
	"path"
	"slices"
	"strings"
	"sync"

	"klockscan/cparse"
)

// A def is one definition of a name of the kind T, in file number file.
type def[T any] struct {
	file int32
	what T
}

// symbols is what the files of a program define, by name, and which file sees
// which other through its includes.
type symbols struct {
	files        []*cparse.File
	index        map[string]int32 // path → number
	sees         []bitset         // sees[i]: the files that file i includes, directly or not
	env          *env
	funcs        map[string][]def[*cparse.Func]
	protos       map[string][]def[*cparse.Func]
	macros       *macroTable
	structs      map[string][]def[*cparse.Struct]
	typedefs     map[string][]def[*cparse.Typedef]
	globals      map[string][]def[*cparse.Global]
	variables    map[int32][]*cparse.Global // by file, in source order
	enums        map[string]enumDef
	traces       map[string]bool                              // names of generated tracepoint functions
	detached     map[int32]bool                               // files of another image than the kernel's
	texts        *Cache                                       // lowers what macros make
	part         map[int32]bool                               // files read in part, for what they store (stores.go)
	extra        map[int32][]*cparse.Func                     // functions that macros at file scope generate, by file
	extraGlobals map[int32][]*cparse.Global                   // likewise, variables
	slots        map[string][]slotValue                       // what file-scope definitions put into slots
	resolve      func(from string, inc cparse.Include) string // the file of an include
	seenGlobals  map[*cparse.Global]bool                      // whose initialisers have been followed
	numeric      map[*cparse.Struct]bool                      // what onlyNumbers found
	elements     map[*cparse.Expr][]*cparse.Expr              // of initialisers at file scope, that macros in them stand for
	trials       *sync.Map                                    // aheadKey → trial
	late         bitset                                       // files that bodies which were made before they were read know nothing of
	templates    map[int32][]int32                            // template headers, and who includes them
	adopted      []def[*cparse.File]                          // what was generated, for which file
	onDemand     *onDemand                                    // of a resumed program: what files define is not entered, but asked for
}

// An enumDef is an enumerator with the one before it, from which it counts.
type enumDef struct {
	file  int32
	value *cparse.Expr
	prev  string
}

type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i int32) bool { return int(i>>6) < len(b) && b[i>>6]&(1<<(uint(i)&63)) != 0 }
func (b bitset) set(i int32)      { b[i>>6] |= 1 << (uint(i) & 63) }
func (b bitset) or(o bitset) (changed bool) {
	for i, w := range o { // o is no longer than b
		if n := b[i] | w; n != b[i] {
			b[i] = n
			changed = true
		}
	}
	return changed
}

// newSymbols is what files define, whose macros e has.
func newSymbols(files []*cparse.File, e *env, texts *Cache) *symbols {
	funcs, protos := 0, 0
	for _, f := range files {
		funcs, protos = funcs+len(f.Funcs), protos+len(f.Protos)
	}
	s := emptySymbols(e)
	s.files, s.index, s.texts, s.macros = files, make(map[string]int32, len(files)), texts, e.macros
	s.funcs, s.protos = make(map[string][]def[*cparse.Func], funcs), make(map[string][]def[*cparse.Func], protos)
	for i, f := range files {
		s.index[f.Path] = int32(i)
	}
	for i, f := range files {
		s.add(int32(i), f)
	}
	return s
}

func emptySymbols(e *env) *symbols {
	return &symbols{env: e, funcs: map[string][]def[*cparse.Func]{}, protos: map[string][]def[*cparse.Func]{}, structs: map[string][]def[*cparse.Struct]{},
		typedefs: map[string][]def[*cparse.Typedef]{}, globals: map[string][]def[*cparse.Global]{}, variables: map[int32][]*cparse.Global{},
		enums: map[string]enumDef{}, traces: map[string]bool{}, part: map[int32]bool{}, extra: map[int32][]*cparse.Func{},
		extraGlobals: map[int32][]*cparse.Global{}, seenGlobals: map[*cparse.Global]bool{}, numeric: map[*cparse.Struct]bool{},
		elements: map[*cparse.Expr][]*cparse.Expr{}, trials: newTrials()}
}

// add enters what file number i defines under conditions that hold.
func (s *symbols) add(i int32, f *cparse.File) {
	on := s.env.holds
	for _, fn := range f.Funcs {
		if on(fn.Cond) {
			s.funcs[fn.Name] = append(s.funcs[fn.Name], def[*cparse.Func]{i, fn})
		}
	}
	for _, fn := range f.Protos {
		if on(fn.Cond) {
			s.protos[fn.Name] = append(s.protos[fn.Name], def[*cparse.Func]{i, fn})
		}
	}
	for _, st := range f.Structs {
		if st.Tag != "" && on(st.Cond) {
			s.structs[st.Tag] = append(s.structs[st.Tag], def[*cparse.Struct]{i, st})
		}
	}
	for k := range f.Typedefs {
		if t := &f.Typedefs[k]; on(t.Cond) {
			s.typedefs[t.Name] = append(s.typedefs[t.Name], def[*cparse.Typedef]{i, t})
		}
	}
	for _, g := range f.Globals {
		if on(g.Cond) {
			g = s.initialised(g)
			s.globals[g.Name] = append(s.globals[g.Name], def[*cparse.Global]{i, g})
			s.variables[i] = append(s.variables[i], g)
		}
	}
	s.addEnums(i, f)
}

func (s *symbols) addEnums(i int32, f *cparse.File) {
	prev := ""
	for _, e := range f.Enums {
		if !s.env.holds(e.Cond) {
			continue
		}
		if e.First {
			prev = ""
		}
		if _, dup := s.enums[e.Name]; !dup {
			s.enums[e.Name] = enumDef{i, e.Value, prev}
		}
		prev = e.Name
	}
}

// addTrace notes the functions that a tracepoint definition generates
// (include/linux/tracepoint.h); false if tc is no such definition.
func (s *symbols) addTrace(tc *cparse.TopCall) bool {
	name := ""
	switch {
	case tc.Name == "DECLARE_TRACEPOINT": // the variable alone
		return false
	case strings.HasPrefix(tc.Name, "TRACE_EVENT"), strings.HasPrefix(tc.Name, "DECLARE_TRACE"):
		if len(tc.Raw) > 0 {
			name = tc.Raw[0]
		}
	case strings.HasPrefix(tc.Name, "DEFINE_EVENT"):
		if len(tc.Raw) > 1 {
			name = tc.Raw[1]
		}
	}
	if name == "" {
		return strings.HasPrefix(tc.Name, "DECLARE_EVENT_CLASS")
	}
	s.traces["trace_"+name] = true
	return true
}

// closeIncludes computes what each file sees, from the includes as resolved.
func (s *symbols) closeIncludes(direct [][]int32) {
	s.sees = make([]bitset, len(s.files))
	for i := range s.sees {
		s.sees[i] = newBitset(len(s.files))
		s.sees[i].set(int32(i))
		for _, k := range direct[i] {
			s.sees[i].set(k)
		}
	}
	for changed := true; changed; {
		changed = false
		for i := len(s.files) - 1; i >= 0; i-- {
			for _, k := range direct[i] {
				if s.sees[i].or(s.sees[k]) {
					changed = true
				}
			}
		}
	}
}

func isHeader(p string) bool { return strings.HasSuffix(p, ".h") }

// rank orders the definitions of a name as file from sees them: its own first,
// then what it includes, then other headers, then (if linked names may cross
// files) the nearest file. 0: not visible.
func (s *symbols) rank(from, at int32, linked bool) int {
	switch {
	case from == at:
		return 1000
	case s.late.has(at):
		return 0
	case s.part[at] && linked:
		return 40 // only if nothing else defines it
	case s.part[at]:
		return 0
	case s.sees[from].has(at):
		return 900
	case isHeader(s.files[at].Path):
		return 500 + near(s.files[from].Path, s.files[at].Path)
	case linked && s.detached[at] && !s.detached[from]:
		return 50 // of another image: only if nothing else defines it
	case linked:
		return 700 + near(s.files[from].Path, s.files[at].Path)
	case s.sees[at].has(from):
		return 100 // what the includer of a file defines
	}
	return 0
}

// near is how many leading directories two paths share.
func near(a, b string) int {
	n := 0
	for path.Dir(a) != "." && path.Dir(b) != "." {
		ha, ra, _ := strings.Cut(a, "/")
		hb, rb, _ := strings.Cut(b, "/")
		if ha != hb {
			break
		}
		n++
		a, b = ra, rb
	}
	return n
}

// best picks the definition that file from sees; of equals, the first.
func best[T any](s *symbols, defs []def[T], from int32, linked func(T) bool) (T, int32, bool) {
	var found T
	at, top := int32(-1), 0
	for _, d := range defs {
		if r := s.rank(from, d.file, linked(d.what)); r > top {
			found, at, top = d.what, d.file, r
		}
	}
	return found, at, top > 0
}

func never[T any](T) bool { return false }

// macro is the macro of that name as seen from a file at a line, or nil. In the
// file itself the last definition before the line counts.
func (s *symbols) macro(name string, from int32, line int32) (*cparse.Macro, int32) {
	if s.onDemand != nil {
		return s.macroOnDemand(name, from, line)
	}
	defs := s.macros.named(name)
	if len(defs) == 0 {
		return nil, -1
	}
	var own, other *cparse.Macro
	at, top := int32(-1), 0 // of other, as best picks it
	for _, d := range defs {
		switch {
		case d.file == from:
			own = s.later(own, d.what, line)
		case !d.what.Undef:
			if r := s.rank(from, d.file, false); r > top && s.env.holds(d.what.Cond) {
				other, at, top = d.what, d.file, r
			}
		}
	}
	switch {
	case own == nil:
		return other, at
	case own.Undef:
		return nil, -1
	}
	return own, from
}

// later is which of two macros of a file, the second behind the first, counts at a line.
func (s *symbols) later(own, m *cparse.Macro, line int32) *cparse.Macro {
	if (m.Pos.Line <= line || own == nil && !m.Undef) && s.env.holds(m.Cond) {
		return m
	}
	return own
}

func linkedFunc(f *cparse.Func) bool { return !f.Static }

// function is the function of that name as seen from a file: a body if there
// is one, strong before weak.
func (s *symbols) function(name string, from int32) (*cparse.Func, int32) {
	defs := s.funcsOf(name)
	anyStrong := slices.ContainsFunc(defs, func(d def[*cparse.Func]) bool { return !d.what.Weak })
	var found *cparse.Func
	at, top := int32(-1), 0
	for _, d := range defs {
		if d.what.Weak && anyStrong {
			continue
		}
		if r := s.rank(from, d.file, linkedFunc(d.what)); r > top {
			found, at, top = d.what, d.file, r
		}
	}
	return found, at
}

func (s *symbols) proto(name string, from int32) *cparse.Func {
	f, _, _ := best(s, s.protosOf(name), from, linkedFunc)
	return f
}

func (s *symbols) global(name string, from int32) (*cparse.Global, int32) {
	g, at, ok := best(s, s.globalsOf(name), from, func(g *cparse.Global) bool { return !g.Static })
	if !ok {
		return nil, -1
	}
	return g, at
}

// structDef is the definition of a tag as seen from a file; a macro may give the
// tag another name.
func (s *symbols) structDef(tag string, from int32) (*cparse.Struct, int32) {
	for range maxGenerated {
		if st, at, ok := best(s, s.structsOf(tag), from, never); ok {
			return st, at
		}
		m, _ := s.macro(tag, from, lastLine)
		if tag = objectName(m); tag == "" {
			break
		}
	}
	return nil, -1
}

func (s *symbols) typedef(name string, from int32) (*cparse.Typedef, int32) {
	t, at, ok := best(s, s.typedefsOf(name), from, never)
	if !ok {
		return nil, -1
	}
	return t, at
}

func newTrials() *sync.Map { return new(sync.Map) }
