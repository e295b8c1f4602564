package callgraph

import (
	"cmp"
	"slices"
	"strings"
)

// graph is the old graph with the calls by name of the functions that changed.
func (r *resumer) graph() (*Graph, bool) {
	edges, ok := r.edges()
	if !ok {
		return nil, false
	}
	unresolved, ok := r.unresolved()
	if !ok || !r.stats() {
		return nil, false
	}
	entries := slices.Clone(r.base.graph.Entries())
	for i := range entries {
		e := &entries[i]
		e.Func = r.now[e.Func]
		if e.Place, ok = r.place(e.Place); !ok {
			return nil, false
		}
	}
	g := NewGraph(r.p, edges, unresolved)
	g.entriesOnce.Do(func() { g.entries = entries })
	g.tables = tableIndex{}
	for k, in := range r.base.tables {
		g.tables[storedIn{k.via, r.now[k.fn]}] = in
	}
	g.stored = slices.Clone(r.base.stored)
	for i := range g.stored {
		s := &g.stored[i]
		s.fn = r.now[s.fn]
		if s.place, ok = r.place(s.place); !ok {
			return nil, false
		}
	}
	return g, true
}

// byName reports whether an edge is a call by name, as a body states it.
func byName(k EdgeKind) bool { return k == Direct || k == Macro }

// edges is the edges of the new graph.
func (r *resumer) edges() ([]Edge, bool) {
	out := make([]Edge, 0, len(r.base.graph.Edges)+64)
	was := map[FuncID]map[FuncID]bool{} // whom changed functions called by name
	served := map[string][]FuncID{}     // requests that somebody makes
	for _, e := range r.base.graph.Edges {
		e.Caller, e.Callee = r.now[e.Caller], r.now[e.Callee]
		c := r.changed[e.Caller]
		if c != nil && byName(e.Kind) {
			if was[e.Caller] == nil {
				was[e.Caller] = map[FuncID]bool{}
			}
			was[e.Caller][e.Callee] = true
			continue
		}
		if e.Kind == Deferred {
			if !slices.Contains(served[e.Via], e.Callee) {
				served[e.Via] = append(served[e.Via], e.Callee)
			}
			if c != nil {
				continue
			}
		}
		if !r.carryEdge(&e, c) {
			return nil, false
		}
		out = append(out, e)
	}
	for id, c := range r.changed {
		is := map[FuncID]bool{}
		for _, e := range c.is.s.edges {
			is[e.Callee] = true
			if !byName(e.Kind) || r.dispatches(e.Callee) {
				return nil, false
			}
			out = append(out, e)
		}
		for _, m := range c.is.s.requests.made {
			by, known := served[strings.TrimSpace(m.name)]
			if !known && (c.was == nil || !c.was.makes(m.name)) {
				return nil, false // nobody else makes it, who tells whether it is served?
			}
			for _, to := range by {
				out = append(out, deferred(m, to))
			}
		}
		if !r.steadyCalls(is, was[id]) || !r.steadyCalls(was[id], is) {
			return nil, false
		}
	}
	return out, true
}

// carryEdge brings an edge that stays to where it stands now; c is the change of its
// caller, or nil.
func (r *resumer) carryEdge(e *Edge, c *change) (ok bool) {
	if c == nil {
		var p Place
		p, ok = r.place(Place{r.p.Funcs[e.Caller].Path, e.Pos})
		e.Pos = p.Pos
	} else if e.Pos, ok = c.names.places[e.Pos]; ok && e.Site != NoSite {
		e.Site, ok = c.names.sites[e.Site]
	}
	if !ok {
		return false
	}
	e.Evidence = slices.Clone(e.Evidence)
	for i := range e.Evidence {
		if e.Evidence[i], ok = r.place(e.Evidence[i]); !ok {
			return false
		}
	}
	return true
}

// dispatches reports whether a function runs lists of objects, or passes them on: who
// calls it may call another instance of it.
func (r *resumer) dispatches(f FuncID) bool {
	name := r.p.Funcs[f].Name
	return slices.ContainsFunc(mechanisms()[name], func(row handOver) bool { return row.action == "dispatches" }) ||
		slices.ContainsFunc(r.p.byName[name], func(id FuncID) bool { return r.p.Funcs[id].Registry != "" })
}

// steadyCalls reports whether whom only one of two versions calls is called by name by
// others too, or is no function whose body is known.
func (r *resumer) steadyCalls(calls, others map[FuncID]bool) bool {
	for id := range calls {
		if !others[id] && (r.dispatches(id) || !r.added[id] && !r.callsStay(id)) {
			return false
		}
	}
	return true
}

// unresolved is the calls of unknown target.
func (r *resumer) unresolved() ([]Unresolved, bool) {
	var out []Unresolved
	was, last := map[FuncID][]Unresolved{}, FuncID(-1) // of functions that changed
	for _, u := range r.base.graph.Unresolved {
		u.Caller = r.now[u.Caller]
		if u.Caller < last {
			return nil, false // where others belong among them is not known
		}
		last = u.Caller
		if r.changed[u.Caller] != nil {
			was[u.Caller] = append(was[u.Caller], u)
			continue
		}
		p, ok := r.place(Place{r.p.Funcs[u.Caller].Path, u.Pos})
		if !ok {
			return nil, false
		}
		u.Pos = p.Pos
		out = append(out, u)
	}
	for id, c := range r.changed {
		now, ok := c.unresolved(id, was[id])
		if !ok {
			return nil, false
		}
		out = append(out, now...)
	}
	slices.SortStableFunc(out, func(a, b Unresolved) int { return cmp.Compare(a.Caller, b.Caller) })
	return out, true
}

// unresolved is the calls of unknown target of a function that changed, from those that
// it had: there are others only of names that nothing defines.
func (c *change) unresolved(id FuncID, was []Unresolved) ([]Unresolved, bool) {
	var out []Unresolved
	known := map[int32]*Unresolved{} // by site now
	if c.old != nil {
		nowhere := len(c.was.sites) - len(c.was.through())
		for i := range was {
			if site, ok := c.names.sites[was[i].Site]; ok {
				known[site] = &was[i]
			} else {
				nowhere--
			}
		}
		if nowhere != 0 {
			return nil, false
		}
	}
	for _, s := range c.is.sites {
		u := Unresolved{Caller: id, Site: s.call.Site, Pos: s.call.Pos, Expr: c.now.calleeText(s.call), Cause: TypeUnknown, Reason: TypeUnknown.String()}
		if s.cell >= 0 {
			old := known[s.call.Site]
			if old == nil {
				continue
			}
			if old.Expr != u.Expr || isTemporary(old.Reason) { // which tells more of the body
				return nil, false
			}
			u.Cause, u.Reason = old.Cause, old.Reason
		}
		out = append(out, u)
	}
	return out, true
}

// stats brings what was counted, and what was not understood, to the new program.
func (r *resumer) stats() bool {
	st := &r.p.Stats
	for _, e := range r.edits {
		st.Bytes += int64(e.now.Size - e.old.Size)
	}
	for id := range r.added {
		if !r.p.Funcs[id].External {
			st.Functions++
		}
	}
	for _, c := range r.changed {
		st.Expansions += c.now.later.expanded().count
		if c.old != nil {
			st.Expansions -= c.old.later.expanded().count
		}
	}
	var problems []FileProblem
	for _, p := range st.Problems {
		if e := r.edits[p.Path]; e != nil {
			now, ok := e.versions.Place(p.Pos)
			if s := e.span(p.Pos); !ok && s != nil && s.lines != nil {
				continue // of a body that changed
			} else if !ok {
				if now, ok = e.place(p.Pos); !ok {
					return false
				}
			}
			p.Pos = now
		}
		problems = append(problems, p)
	}
	for _, c := range r.changed {
		for _, p := range c.now.Body().Problems {
			problems = append(problems, FileProblem{c.now.Path, p})
		}
	}
	slices.SortStableFunc(problems, func(a, b FileProblem) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Pos.Line, b.Pos.Line), strings.Compare(a.Reason, b.Reason))
	})
	st.Problems = problems
	return true
}
