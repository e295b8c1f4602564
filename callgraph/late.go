package callgraph

import (
	"maps"

	"klockscan/cparse"
)

// The body of a function is made when the function is linked, and what files of a later
// round define is not known then. A resumed program has all files at once: bodies that
// were made early are made with symbols that leave the late files out.

// before is the symbols as they were before the late files were read, as far as bodies
// ask for them.
func (s *symbols) before(late bitset, names *macroNames) *symbols {
	out := *s
	out.late, out.trials = late, newTrials()
	files := make([]*cparse.File, len(s.files))
	for i, f := range s.files {
		if files[i] = f; late.has(int32(i)) || s.part[int32(i)] {
			files[i] = &cparse.File{}
		}
	}
	e := &env{arch: s.env.arch, kconfig: s.env.kconfig}
	e.setMacros(names.table(files))
	out.env, out.macros = e, e.macros
	out.typedefs, out.globals = without(s.typedefs, late), without(s.globals, late)
	out.enums = maps.Clone(s.enums)
	maps.DeleteFunc(out.enums, func(_ string, d enumDef) bool { return late.has(d.file) })
	return &out
}

// without is the definitions that do not stand in some files.
func without[T any](all map[string][]def[T], in bitset) map[string][]def[T] {
	out := maps.Clone(all)
	for name, defs := range all {
		var left []def[T]
		for _, d := range defs {
			if !in.has(d.file) {
				left = append(left, d)
			}
		}
		switch len(left) {
		case len(defs):
		case 0:
			delete(out, name)
		default:
			out[name] = left
		}
	}
	return out
}
