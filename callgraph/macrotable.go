package callgraph

import (
	"iter"
	"slices"

	"klockscan/cparse"
)

// Macros are most of what headers define, and which of them count is decided
// anew whenever files come or go. So their names are numbered once, when a file is
// first seen, and a table of definitions by name is made without them.

// macroNames numbers the names of the macros of files.
type macroNames struct {
	ids map[string]int32
	of  map[*cparse.File][]int32 // by the file's Macros
}

func newMacroNames() *macroNames {
	return &macroNames{map[string]int32{}, map[*cparse.File][]int32{}}
}

// A macroTable is the #defines and #undefs of some files by name. The definitions
// of name number i are defs[first[i]:first[i+1]], in the order of the files.
type macroTable struct {
	ids      map[string]int32 // may have names that came later
	first    []int32
	defs     []def[*cparse.Macro]
	onDemand *onDemand             // of a resumed program: instead of those
	hidden   func(file int32) bool // whose macros are not known; nil: none
}

// table is the macros of files, by their place in the list.
func (n *macroNames) table(files []*cparse.File) *macroTable {
	total := 0
	for _, f := range files {
		n.number(f)
		total += len(f.Macros)
	}
	t := &macroTable{ids: n.ids, first: make([]int32, len(n.ids)+1), defs: make([]def[*cparse.Macro], total)}
	for _, f := range files {
		for _, id := range n.of[f] {
			t.first[id+1]++
		}
	}
	next := make([]int32, len(n.ids))
	for i := range next {
		t.first[i+1] += t.first[i]
		next[i] = t.first[i]
	}
	for i, f := range files {
		for k, id := range n.of[f] {
			t.defs[next[id]] = def[*cparse.Macro]{int32(i), f.Macros[k]}
			next[id]++
		}
	}
	return t
}

// number gives the names of a file their numbers.
func (n *macroNames) number(f *cparse.File) {
	if _, ok := n.of[f]; ok {
		return
	}
	ids := make([]int32, len(f.Macros))
	for i, m := range f.Macros {
		id, ok := n.ids[m.Name]
		if !ok {
			id = int32(len(n.ids))
			n.ids[m.Name] = id
		}
		ids[i] = id
	}
	n.of[f] = ids
}

// named is the definitions of a name. Nothing may change them.
func (t *macroTable) named(name string) []def[*cparse.Macro] {
	if t.onDemand != nil {
		defs := t.onDemand.macrosOf(name)
		if t.hidden != nil && slices.ContainsFunc(defs, func(d def[*cparse.Macro]) bool { return t.hidden(d.file) }) {
			return slices.DeleteFunc(slices.Clone(defs), func(d def[*cparse.Macro]) bool { return t.hidden(d.file) })
		}
		return defs
	}
	id, ok := t.ids[name]
	if !ok || int(id)+1 >= len(t.first) {
		return nil
	}
	return t.defs[t.first[id]:t.first[id+1]]
}

// all yields what named tells, one after the other: files behind the last that is asked
// for need not be read.
func (t *macroTable) all(name string) iter.Seq[def[*cparse.Macro]] {
	return func(yield func(def[*cparse.Macro]) bool) {
		if t.onDemand == nil {
			for _, d := range t.named(name) {
				if !yield(d) {
					return
				}
			}
			return
		}
		for _, i := range t.files(name) {
			for _, m := range t.onDemand.content(i).macros[name] {
				if !yield(def[*cparse.Macro]{i, m}) {
					return
				}
			}
		}
	}
}

// has reports whether there is a #define or #undef of a name.
func (t *macroTable) has(name string) bool {
	if t.onDemand == nil {
		return len(t.named(name)) > 0
	}
	return slices.ContainsFunc(t.files(name), func(i int32) bool { return len(t.onDemand.content(i).macros[name]) > 0 })
}

// files is the files that may have a #define or #undef of a name, in order.
func (t *macroTable) files(name string) []int32 {
	files := t.onDemand.definers(&t.onDemand.base.names, defMacro, name)
	if t.hidden != nil {
		files = slices.DeleteFunc(files, t.hidden)
	}
	return files
}
