package callgraph

import (
	"maps"
	"slices"

	"klockscan/cparse"
)

// compare finds the functions of the edited files that are others than they were, and
// whether that changes nothing but them.
func (r *resumer) compare() bool {
	var others []*change // with other parameters
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
			if v.Params[i] {
				others = append(others, c)
			}
			e.span(was.Pos).said = c.names
		}
		for _, i := range v.Added {
			if fn := e.now.Funcs[i]; r.k.s.env.holds(fn.Cond) && !r.compareAdded(fn, file) {
				return false
			}
		}
	}
	for _, f := range r.joined {
		if !f.External && !r.compareAdded(f.ir, f.fileNo) {
			return false
		}
	}
	for _, c := range others {
		if !r.isPrivate(c) {
			return false
		}
	}
	return r.addsNothing() && r.sameProgram()
}

// isPrivate reports whether a function is used by functions only that changed, by name,
// and no function pointer goes in or out.
func (r *resumer) isPrivate(c *change) bool {
	id := c.now.ID
	if _, linked := r.p.byIR[c.now.ir]; !linked {
		return true
	}
	old := FuncID(slices.Index(r.now, id))
	if old < 0 || len(r.k.s.protosOf(c.now.Name)) > 0 || c.now.Registry != "" || slices.ContainsFunc(r.base.stored, func(s store) bool { return s.fn == old }) {
		return false
	}
	for user, uses := range r.base.uses {
		if slices.ContainsFunc(uses, func(u use) bool { return u.of() == old }) && (user == len(r.base.uses)-1 || r.changed[r.now[user]] == nil) {
			return false
		}
	}
	g := r.base.graph
	if slices.ContainsFunc(g.In(old), func(i int32) bool { return !byName(g.Edges[i].Kind) || r.changed[r.now[g.Edges[i].Caller]] == nil }) {
		return false
	}
	for _, o := range r.changed {
		if o.was != nil && o.was.reaches(id) || o.is.reaches(id) {
			return false
		}
	}
	return true
}

// reaches reports whether function pointers go into a function, or come out of it.
func (a *said) reaches(f FuncID) bool {
	a.number()
	return slices.Contains(a.given, f) || slices.ContainsFunc(a.used, func(i int32) bool {
		c := a.s.cells[i]
		_, holds := c.holds[f]
		return holds || c.key.owner == f || c.key.owner == resultOf(f)
	})
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

// sameProgram reports whether what changed or joined is called as functions are whose
// calls are known to lead nowhere else.
func (r *resumer) sameProgram() bool {
	for id, c := range r.changed {
		if !r.sameFailures(c) || r.added[id] && !r.isCalled(id) || c.now.Registry != "" {
			return false
		}
	}
	return true
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
