package callgraph

import (
	"slices"

	"klockscan/cparse"
)

// What a name means is asked for here: symbols have entered all files by name, or, in a
// resumed program, read those that define the name now (ondemand.go).

func (s *symbols) funcsOf(name string) []def[*cparse.Func] {
	if s.onDemand != nil {
		return s.onDemand.funcsOf(name)
	}
	return s.funcs[name]
}

func (s *symbols) protosOf(name string) []def[*cparse.Func] {
	if s.onDemand != nil {
		return s.onDemand.protosOf(name)
	}
	return s.protos[name]
}

func (s *symbols) structsOf(tag string) []def[*cparse.Struct] {
	if s.onDemand != nil {
		return s.onDemand.structsOf(tag)
	}
	return s.structs[tag]
}

func (s *symbols) typedefsOf(name string) []def[*cparse.Typedef] {
	if s.onDemand != nil {
		return without(s.onDemand.typedefsOf(name), s.late)
	}
	return s.typedefs[name]
}

func (s *symbols) globalsOf(name string) []def[*cparse.Global] {
	if s.onDemand != nil {
		return without(s.onDemand.globalsOf(name), s.late)
	}
	return s.globals[name]
}

func (s *symbols) enumOf(name string) (enumDef, bool) {
	if s.onDemand != nil {
		e := s.onDemand.enumOf(name)
		return e, e.file >= 0 && !s.late.has(e.file)
	}
	e, ok := s.enums[name]
	return e, ok
}

// without is the definitions that do not stand in some files.
func without[T any](defs []def[T], files bitset) []def[T] {
	stands := func(d def[T]) bool { return files.has(d.file) }
	if !slices.ContainsFunc(defs, stands) {
		return defs
	}
	return slices.DeleteFunc(slices.Clone(defs), stands)
}

// content is a file as parsed.
func (s *symbols) content(file int32) *cparse.File {
	if s.onDemand != nil {
		return s.onDemand.content(file).file
	}
	return s.files[file]
}

// variablesOf is the variables of a file under conditions that hold, without generated
// ones.
func (s *symbols) variablesOf(file int32) []*cparse.Global {
	if s.onDemand != nil {
		return s.onDemand.table(file).variables[file]
	}
	return s.variables[file]
}

// extraOf is the functions that macros at file scope of a file generate.
func (s *symbols) extraOf(file int32) []*cparse.Func {
	if s.onDemand != nil {
		return s.onDemand.generated(file).extra[file]
	}
	return s.extra[file]
}

// ownFuncs is the functions that stand in a file, under conditions that hold.
func (s *symbols) ownFuncs(file int32) []*cparse.Func {
	f := s.content(file)
	template := isTemplate(f)
	var out []*cparse.Func
	for _, fn := range f.Funcs {
		if s.env.holds(fn.Cond) && !(template && templateHead(f, fn)) {
			out = append(out, fn)
		}
	}
	return out
}

// fileFuncs is the functions defined in a file under conditions that hold, generated
// ones behind the others.
func (s *symbols) fileFuncs(file int32) []*cparse.Func {
	return append(s.ownFuncs(file), s.extraOf(file)...)
}
