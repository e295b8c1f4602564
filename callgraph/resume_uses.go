package callgraph

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"klockscan/cparse"
)

// A notedName is a name without a definition that is not searched for.
type notedName string

// uses is what a function makes part of the program, besides itself: functions, names
// without a definition, and variables whose initialisers are followed.
func (r *resumer) uses(f *Func) map[any]bool {
	s, k, x := r.k.s, r.k, f.later.expanded()
	out := map[any]bool{}
	name := func(name string) {
		if strings.HasPrefix(name, "%") || k.known(name) || s.traces[name] {
			return
		}
		if fn, at := s.function(name, f.fileNo); fn != nil {
			out[def[*cparse.Func]{at, fn}] = true
		} else if len(s.protosOf(name)) > 0 {
			out[name] = true
		} else if g, at := s.global(name, f.fileNo); g != nil && g.Init != nil && !k.l.focus[s.files[at].Path] {
			out[g] = true
		}
	}
	undefined := func(name string) bool {
		fn, _ := s.function(name, f.fileNo)
		return fn == nil || k.known(name)
	}
	want := func(name string) {
		if undefined(name) && !s.isPointer(name, f.fileNo) {
			out[name] = true
		}
	}
	for _, m := range mentionsOf(*x) {
		name(m.name)
		if m.called {
			want(m.name)
		}
	}
	for _, in := range x.inside {
		if strings.HasPrefix(in.name, "%") || x.locals[in.name] != nil {
			continue
		}
		if !k.known(in.call.Fun.Name) {
			want(in.name)
		} else if undefined(in.name) {
			out[notedName(in.name)] = true
		}
		name(in.name)
	}
	return out
}

// A joining finds out what changed functions make part of the program that was not, and
// that all the rest is still part of it, as early as it was.
type joining struct {
	r     *resumer
	ids   map[*cparse.Func]FuncID // functions of the old program in edited files, as they are parsed now
	known map[source]FuncID       // of other files
	names map[string]FuncID       // names without a definition, new ones too
	joins []*Func                 // new functions: their numbers go on from those of the old program
	lists map[FuncID][]use        // of changed and new functions
	first int                     // of joins: they stand in edited files, and are there anyway
}

// join is the functions that join the program, with those that edited files of the focus
// define newly; false if some name must be searched for, or something else leaves or
// joins.
func (r *resumer) join(own []*Func) ([]*Func, bool) {
	old := r.base.graph.Prog
	j := &joining{r: r, ids: map[*cparse.Func]FuncID{}, known: map[source]FuncID{}, names: map[string]FuncID{}, lists: map[FuncID][]use{}, first: len(own)}
	for i, from := range r.base.sources[:len(r.base.uses)-1] {
		id, f := FuncID(i), old.Funcs[i]
		if f.External {
			j.names[f.Name] = id
		}
		if from.number < 0 {
			continue
		}
		if e := r.edits[f.Path]; e == nil {
			j.known[from] = id
		} else if fn, _, ok := r.source(from, e); ok && fn != nil {
			j.ids[fn] = id
		}
	}
	for _, f := range own {
		j.ids[f.ir] = j.add(f)
	}
	if !j.changes() {
		return nil, false
	}
	for i := 0; i < len(j.joins); i++ {
		if f := j.joins[i]; !f.External && !j.enter(FuncID(len(old.Funcs)+i), nil, r.uses(f)) {
			return nil, false
		}
	}
	return j.joins, j.same()
}

// add gives a new function its number.
func (j *joining) add(f *Func) FuncID {
	j.joins = append(j.joins, f)
	return FuncID(len(j.r.base.graph.Prog.Funcs) + len(j.joins) - 1)
}

// changes enters what changed functions use.
func (j *joining) changes() bool {
	r := j.r
	for path, e := range r.edits {
		file := r.k.s.index[path]
		for i, changed := range e.versions.Changed {
			was, is := e.old.Funcs[e.versions.Old[i]], e.now.Funcs[e.versions.New[i]]
			id, linked := j.ids[is]
			if !changed || !linked || !r.k.s.env.holds(is.Cond) {
				continue
			}
			if !j.enter(id, r.uses(r.function(was, file)), r.uses(r.function(is, file))) {
				return false
			}
		}
	}
	return true
}

// enter enters what a function uses, which used something else.
func (j *joining) enter(id FuncID, was, is map[any]bool) bool {
	var list []use
	if int(id) < len(j.r.base.uses)-1 {
		list = slices.Clone(j.r.base.uses[id])
	}
	stay := map[FuncID]bool{}
	for key := range is {
		if was[key] {
			if u, ok := j.find(key); ok {
				stay[u.of()] = true
			}
		}
	}
	for key := range was {
		u, ok := j.find(key)
		if !is[key] && (!ok || j.dispatches(u.of())) {
			return false
		}
		if !is[key] && !stay[u.of()] {
			list = slices.DeleteFunc(list, func(o use) bool { return o.of() == u.of() })
		}
	}
	for key := range is {
		if was[key] {
			continue
		}
		u, ok := j.find(key)
		if !ok {
			u, ok = j.make(key)
		}
		if !ok || j.dispatches(u.of()) {
			return false
		}
		list = append(list, u)
	}
	j.lists[id] = list
	return true
}

// dispatches reports whether a function of the old program has instances.
func (j *joining) dispatches(id FuncID) bool {
	old := j.r.base.graph.Prog.Funcs
	return int(id) < len(old) && old[id].Registry != ""
}

// find is the function of the program that is used, old or new.
func (j *joining) find(key any) (use, bool) {
	switch key := key.(type) {
	case def[*cparse.Func]:
		id, ok := j.ids[key.what]
		if !ok && j.r.edits[j.r.k.s.files[key.file].Path] == nil {
			var n int
			if n, ok = j.r.k.s.onDemand.numberOf(key.file, key.what); ok {
				id, ok = j.known[source{key.file, n}]
			}
		}
		return newUse(id, false), ok
	case string:
		id, ok := j.names[key]
		return newUse(id, false), ok
	case notedName:
		id, ok := j.names[string(key)]
		return newUse(id, true), ok
	}
	return 0, false // a variable whose initialiser is followed
}

// make makes a function part of the program for which no file need be searched.
func (j *joining) make(key any) (use, bool) {
	r := j.r
	external := func(name string) FuncID {
		id := j.add(r.k.external(name))
		j.names[name] = id
		return id
	}
	switch key := key.(type) {
	case def[*cparse.Func]:
		path := r.k.s.files[key.file].Path
		if int(key.file) >= r.base.files || !r.base.early[key.file] || r.edits[path] != nil {
			return 0, false
		}
		f := r.function(key.what, key.file)
		f.late, f.later = false, r.body(key.what, key.file, false)
		id := j.add(f)
		j.ids[key.what] = id
		return newUse(id, false), true
	case string:
		if !r.isNotSearched(key) {
			return 0, false
		}
		return newUse(external(key), false), true
	case notedName:
		return newUse(external(string(key)), true), true
	}
	return 0, false
}

// isNotSearched reports whether nobody looks for the definition of a name.
func (r *resumer) isNotSearched(name string) bool {
	return r.k.known(name) || r.k.s.traces[name] || r.k.s.macros.has(name)
}

// same reports whether names lead to the functions to which they led, and to those that
// join.
func (j *joining) same() bool {
	r, old := j.r, j.r.base.graph.Prog.Funcs
	linked := len(r.base.uses) - 1
	l := linkage{funcs: len(old), first: r.base.uses[linked],
		late: func(f FuncID) bool { return int(f) < len(old) && !j.inFirst(f) },
		uses: func(f FuncID) []use {
			if int(f) < linked {
				return r.base.uses[f]
			}
			return nil
		}}
	for i, f := range old[:linked] {
		if f.Focus && !f.External {
			l.roots = append(l.roots, FuncID(i))
		}
	}
	n := l
	n.funcs = len(old) + len(j.joins)
	n.uses = func(f FuncID) []use {
		if list, ok := j.lists[f]; ok {
			return list
		}
		return l.uses(f)
	}
	for i := range j.first {
		n.roots = append(n.roots, FuncID(len(old)+i))
	}
	for _, early := range []bool{true, false} {
		was, is := l.all(early), n.all(early)
		for f := range was {
			if was[f] != is[f] && !(early && j.eitherWay(FuncID(f))) {
				return false
			}
		}
		for i, f := range j.joins {
			if !is[len(old)+i] && !(early && f.External) {
				return false
			}
		}
	}
	return true
}

// inFirst reports whether a function stands in a file of the first round.
func (j *joining) inFirst(f FuncID) bool {
	b := j.r.base
	from := b.sources[f]
	return from.number >= 0 && int(from.file) < b.files && b.early[from.file]
}

// eitherWay reports whether it is the same when a function was linked: it stands in a
// file of the first round, where nothing need be searched for its sake, and its body is
// what it is with all that later files define.
func (j *joining) eitherWay(f FuncID) bool {
	r := j.r
	if f := r.base.graph.Prog.Funcs[f]; f.External {
		return r.isNotSearched(f.Name)
	}
	from := r.base.sources[f]
	if !j.inFirst(f) || r.edits[r.k.s.files[from.file].Path] != nil {
		return false
	}
	fn := r.k.s.numbered(from.file, from.number)
	if fn == nil {
		return false
	}
	early, late := r.early.expand(fn, from.file, r.k.macro), r.k.s.expand(fn, from.file, r.k.macro)
	return reflect.DeepEqual(early.body, late.body) && reflect.DeepEqual(early.inside, late.inside) && reflect.DeepEqual(early.locals, late.locals) &&
		early.count == late.count && maps.Equal(early.failed, late.failed)
}

// callsStay reports whether a function of the program is called as it was: whether
// anybody does decides whether it is an entry point, and what is known of its parameters.
func (r *resumer) callsStay(callee FuncID) bool {
	if r.p.Funcs[callee].External {
		return true
	}
	old := slices.Index(r.now, callee)
	if old < 0 {
		return false
	}
	g, was, is := r.base.graph, false, r.isCalled(callee)
	for _, i := range g.In(FuncID(old)) {
		e := &g.Edges[i]
		if caller := r.now[e.Caller]; byName(e.Kind) && caller != callee {
			was = true
			is = is || r.changed[caller] == nil
		}
	}
	return was && is
}
