package callgraph

import (
	"maps"
	"slices"
	"strings"

	"klockscan/cparse"
)

// compare finds the functions of the edited files that are others than they were, and
// whether that changes nothing but them.
func (r *resumer) compare() bool {
	for path, e := range r.edits {
		file := r.k.s.index[path]
		v := e.versions
		if len(v.Gone) > 0 {
			return false // what their names mean elsewhere is another question
		}
		for i, changed := range v.Changed {
			was, is := e.old.Funcs[v.Old[i]], e.now.Funcs[v.New[i]]
			if !changed || !r.k.s.env.holds(is.Cond) {
				continue
			}
			c := r.change(was, is, file)
			if c.names = alike(c.was, c.is); c.names == nil {
				return false
			}
			e.span(was.Pos).said = c.names
		}
		for _, i := range v.Added {
			if fn := e.now.Funcs[i]; r.k.s.env.holds(fn.Cond) && !r.compareAdded(fn, file) {
				return false
			}
		}
	}
	return r.sameProgram()
}

// change is a function in two versions. It is entered if it is part of the program.
func (r *resumer) change(was, is *cparse.Func, file int32) *change {
	c := &change{}
	id, linked := r.p.byIR[is]
	if linked {
		c.now = r.p.Funcs[id]
		c.now.cases = nil
		r.changed[id] = c
	} else {
		c.now = r.function(is, file)
		c.now.ID = FuncID(len(r.p.Funcs))
	}
	own := *c.now
	own.unread = nil
	own.later = r.body(was, file, own.late)
	own.ir = was
	c.old = &own
	c.was, c.is = r.p.says(c.old), r.p.says(c.now)
	return c
}

// compareAdded enters a function that was not there, and reports whether it is one that
// says nothing about function pointers.
func (r *resumer) compareAdded(fn *cparse.Func, file int32) bool {
	c := &change{}
	id, linked := r.p.byIR[fn]
	if linked {
		c.now = r.p.Funcs[id]
		r.changed[id] = c
	} else {
		c.now = r.function(fn, file)
		c.now.ID = FuncID(len(r.p.Funcs))
	}
	c.is = r.p.says(c.now)
	c.is.added = true
	return c.is.nothing()
}

// sameProgram reports whether the program has the same functions, apart from those that
// were added: what a changed function uses that it did not use, or no longer uses, some
// other function of the focus calls by name. That one is read first, so that all else is
// found as it was.
func (r *resumer) sameProgram() bool {
	for id, c := range r.changed {
		uses, used := r.uses(c.now), map[any]bool{}
		if c.old != nil {
			used = r.uses(c.old)
		}
		if !r.justified(uses, used) || !r.justified(used, uses) || !r.sameFailures(c) {
			return false
		}
		if r.added[id] && !r.isCalled(id) || c.now.Registry != "" {
			return false
		}
	}
	return true
}

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
	want := func(name string) {
		if fn, _ := s.function(name, f.fileNo); (fn == nil || k.known(name)) && !s.isPointer(name, f.fileNo) {
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
		if !strings.HasPrefix(in.name, "%") && x.locals[in.name] == nil {
			want(in.name)
			name(in.name)
		}
	}
	return out
}

// justified reports whether of all that only one of two sets of uses has, the rest of
// the program makes the same use.
func (r *resumer) justified(uses, others map[any]bool) bool {
	for use := range uses {
		if others[use] {
			continue
		}
		id := NoFunc
		switch use := use.(type) {
		case def[*cparse.Func]:
			if of, ok := r.p.idOf(use.what, use.file); ok {
				id = of
			}
		case string:
			for _, of := range r.p.byName[use] {
				if r.p.Funcs[of].External {
					id = of
				}
			}
		}
		if id == NoFunc || !r.added[id] && !r.steady(id) {
			return false
		}
	}
	return true
}

// steady reports whether a function of the focus that has not changed calls another by
// name, and always did.
func (r *resumer) steady(callee FuncID) bool {
	if r.p.Funcs[callee].Registry != "" {
		return false
	}
	for old, now := range r.now {
		if now == callee {
			g := r.base.graph
			return slices.ContainsFunc(g.In(FuncID(old)), func(i int32) bool {
				e := &g.Edges[i]
				caller := r.now[e.Caller]
				return (e.Kind == Direct || e.Kind == Macro) && caller != callee && r.changed[caller] == nil && r.p.Funcs[caller].Focus
			})
		}
	}
	return false
}

// isCalled reports whether a changed function calls another by name.
func (r *resumer) isCalled(callee FuncID) bool {
	for id, c := range r.changed {
		if id != callee && slices.ContainsFunc(c.is.s.edges, func(e Edge) bool { return e.Callee == callee }) {
			return true
		}
	}
	return false
}

// sameFailures reports whether no other macros could not be expanded than before.
func (r *resumer) sameFailures(c *change) bool {
	is := slices.Collect(maps.Keys(c.now.later.expanded().failed))
	var was []string
	if c.old != nil {
		was = slices.Collect(maps.Keys(c.old.later.expanded().failed))
	}
	slices.Sort(is)
	slices.Sort(was)
	return slices.Equal(is, was)
}
