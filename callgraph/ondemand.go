package callgraph

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"klockscan/cparse"
)

// To resume, few of the files that a program was made from are asked for. A base tells
// which files define a name (nameindex.go), and what no file alone tells: who sees whom,
// who is a template. So a file is read when a name is asked for that it defines, and
// what it means is found as if all files had been entered, in their order.

// An onDemand reads the files of a resumed program. It is safe for concurrent use: what
// it makes rests on what is made before it, in the order of its fields.
type onDemand struct {
	s       *symbols // of all files
	base    *surroundings
	edited  []int32 // files that may define more than the base knows
	open    func(file int32) (*cparse.File, error)
	failed  atomic.Bool // some file could not be read
	files   onceMap[int32, *fileContent]
	macros  onceMap[string, []def[*cparse.Macro]]
	tables  onceMap[int32, *symbols] // of what stands in one file
	made    onceMap[int32, *symbols] // of what macros at file scope of one file generate
	funcs   onceMap[string, []def[*cparse.Func]]
	protos  onceMap[string, []def[*cparse.Func]]
	structs onceMap[string, []def[*cparse.Struct]]
	types   onceMap[string, []def[*cparse.Typedef]]
	globals onceMap[string, []def[*cparse.Global]]
	enums   onceMap[string, enumDef]
	numbers onceMap[int32, map[*cparse.Func]int] // of the functions of a file
	homes   sync.Map                             // *cparse.Global → path, of static variables
}

// A fileContent is a file that was read.
type fileContent struct {
	file   *cparse.File
	macros map[string][]*cparse.Macro
}

// newOnDemand makes the symbols of a program whose files are not read yet.
func newOnDemand(l *loader, files []*cparse.File, around *surroundings, open func(file int32) (*cparse.File, error)) *symbols {
	d := &onDemand{base: around, open: open}
	s := &symbols{files: files, index: make(map[string]int32, len(files)), sees: around.sees, env: l.newEnv(), traces: around.traces, detached: around.detached,
		part: map[int32]bool{}, texts: l.opt.Cache, resolve: l.resolve, seenGlobals: map[*cparse.Global]bool{}, numeric: map[*cparse.Struct]bool{},
		elements: map[*cparse.Expr][]*cparse.Expr{}, trials: newTrials(), onDemand: d}
	for i, f := range files {
		s.index[f.Path] = int32(i)
		s.part[int32(i)] = i >= around.files
	}
	s.env.setMacros(&macroTable{onDemand: d})
	s.macros = s.env.macros
	d.s = s
	return s
}

// content is a file, read. One that cannot be read is empty, and noted.
func (d *onDemand) content(file int32) *fileContent {
	return d.files.get(file, func() *fileContent {
		f, err := d.open(file)
		if err != nil || f == nil {
			d.failed.Store(true)
			f = &cparse.File{}
		}
		c := &fileContent{f, make(map[string][]*cparse.Macro, len(f.Macros))}
		for _, m := range f.Macros {
			c.macros[m.Name] = append(c.macros[m.Name], m)
		}
		return c
	})
}

// definers is the files that may define a name as such, in order.
func (d *onDemand) definers(in *nameIndex, as defKind, name string) []int32 {
	files := in.files(as, name)
	for _, e := range d.edited {
		if at, known := slices.BinarySearch(files, e); !known {
			files = slices.Insert(files, at, e)
		}
	}
	return files
}

// macrosOf is the #defines and #undefs of a name.
func (d *onDemand) macrosOf(name string) []def[*cparse.Macro] {
	return d.macros.get(name, func() []def[*cparse.Macro] {
		var out []def[*cparse.Macro]
		for _, i := range d.definers(&d.base.names, defMacro, name) {
			for _, m := range d.content(i).macros[name] {
				out = append(out, def[*cparse.Macro]{i, m})
			}
		}
		return out
	})
}

// table is what stands in a file.
func (d *onDemand) table(file int32) *symbols {
	return d.tables.get(file, func() *symbols {
		t := emptySymbols(d.s.env)
		f := d.content(file).file
		t.add(file, f)
		if isTemplate(f) && !d.s.part[file] {
			t.dropHeads(file, f)
		}
		for _, g := range t.variables[file] {
			if g.Static {
				d.homes.Store(g, d.s.files[file].Path)
			}
		}
		return t
	})
}

// generated is what macros at file scope of a file make; for a template header what
// becomes of it where it is included.
func (d *onDemand) generated(file int32) *symbols {
	return d.made.get(file, func() *symbols {
		t := *d.s
		own, none := d.table(file), emptySymbols(nil)
		t.funcs = make(map[string][]def[*cparse.Func], len(own.funcs)) // functions are generated where there is none
		for name, defs := range own.funcs {
			t.funcs[name] = slices.Clip(defs)
		}
		t.protos, t.structs, t.typedefs, t.globals, t.extra, t.extraGlobals = none.protos, none.structs, none.typedefs, none.globals, none.extra, none.extraGlobals
		t.slots, t.traces = map[string][]slotValue{}, map[string]bool{}
		for _, includer := range d.base.templates[file] {
			t.instantiateFor(includer, func(at int32) bool { return at == file }, d.base.source)
		}
		t.generateFile(file)
		return &t
	})
}

// defsOf is the definitions of a name as such, those that stand in files first; in says
// what symbols tell of it.
func defsOf[T any](d *onDemand, known *onceMap[string, []def[T]], as defKind, name string, in func(t *symbols, file int32, generated bool) []def[T]) []def[T] {
	return known.get(name, func() []def[T] {
		var out []def[T]
		for _, i := range d.definers(&d.base.names, as, name) {
			out = append(out, in(d.table(i), i, false)...)
		}
		for _, i := range d.definers(&d.base.generated, as, name) {
			out = append(out, in(d.generated(i), i, true)...)
		}
		return out
	})
}

func (d *onDemand) funcsOf(name string) []def[*cparse.Func] {
	return defsOf(d, &d.funcs, defFunc, name, func(t *symbols, file int32, generated bool) []def[*cparse.Func] {
		if !generated {
			return t.funcs[name]
		}
		var out []def[*cparse.Func] // t has those of the file, too
		for _, fn := range t.extra[file] {
			if fn.Name == name {
				out = append(out, def[*cparse.Func]{file, fn})
			}
		}
		return out
	})
}

func (d *onDemand) protosOf(name string) []def[*cparse.Func] {
	return defsOf(d, &d.protos, defProto, name, func(t *symbols, _ int32, _ bool) []def[*cparse.Func] { return t.protos[name] })
}

func (d *onDemand) structsOf(tag string) []def[*cparse.Struct] {
	return defsOf(d, &d.structs, defStruct, tag, func(t *symbols, _ int32, _ bool) []def[*cparse.Struct] { return t.structs[tag] })
}

func (d *onDemand) typedefsOf(name string) []def[*cparse.Typedef] {
	return defsOf(d, &d.types, defTypedef, name, func(t *symbols, _ int32, _ bool) []def[*cparse.Typedef] { return t.typedefs[name] })
}

func (d *onDemand) globalsOf(name string) []def[*cparse.Global] {
	return defsOf(d, &d.globals, defGlobal, name, func(t *symbols, _ int32, _ bool) []def[*cparse.Global] { return t.globals[name] })
}

// enumOf is the first definition of an enumerator; its file is -1 if there is none.
func (d *onDemand) enumOf(name string) enumDef {
	return d.enums.get(name, func() enumDef {
		for _, i := range d.definers(&d.base.names, defEnum, name) {
			if e, ok := d.table(i).enums[name]; ok {
				return e
			}
		}
		return enumDef{file: -1}
	})
}

// macroOnDemand is macro where files are read on demand: the file itself first, then the
// others from the one that counts most on, until one has a definition.
func (s *symbols) macroOnDemand(name string, from, line int32) (*cparse.Macro, int32) {
	files := s.macros.files(name)
	if slices.Contains(files, from) {
		var own *cparse.Macro
		for _, m := range s.onDemand.content(from).macros[name] {
			own = s.later(own, m, line)
		}
		switch {
		case own != nil && own.Undef:
			return nil, -1
		case own != nil:
			return own, from
		}
	}
	ranks := make(map[int32]int, len(files))
	for _, i := range files {
		ranks[i] = s.rank(from, i, false)
	}
	slices.SortStableFunc(files, func(a, b int32) int { return cmp.Compare(ranks[b], ranks[a]) })
	for _, i := range files {
		if i == from || ranks[i] == 0 {
			continue
		}
		for _, m := range s.onDemand.content(i).macros[name] {
			if !m.Undef && s.env.holds(m.Cond) {
				return m, i
			}
		}
	}
	return nil, -1
}

// numbered is function number n of a file, generated ones behind the others; nil if it
// has not as many.
func (s *symbols) numbered(file int32, n int) *cparse.Func {
	own := s.ownFuncs(file)
	if n < len(own) {
		return own[n]
	}
	if extra := s.extraOf(file); n-len(own) < len(extra) {
		return extra[n-len(own)]
	}
	return nil
}

// numberOf is the number of a function among those of its file.
func (d *onDemand) numberOf(file int32, fn *cparse.Func) (int, bool) {
	numbers := d.numbers.get(file, func() map[*cparse.Func]int {
		out := map[*cparse.Func]int{}
		for n, fn := range d.s.fileFuncs(file) {
			out[fn] = n
		}
		return out
	})
	n, ok := numbers[fn]
	return n, ok
}

// before is the symbols as they were before the late files were read, as far as bodies
// ask for them.
func (s *symbols) before(late bitset) *symbols {
	out := *s
	out.late, out.trials = late, newTrials()
	out.env = &env{arch: s.env.arch, kconfig: s.env.kconfig}
	out.env.setMacros(&macroTable{onDemand: s.onDemand, hidden: func(file int32) bool { return late.has(file) || s.part[file] }})
	out.macros = out.env.macros
	return &out
}
