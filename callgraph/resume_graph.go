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
// others too: what hangs on a function's being called at all, or only through tables,
// is as it was.
func (r *resumer) steadyCalls(calls, others map[FuncID]bool) bool {
	for id := range calls {
		if !others[id] && (r.dispatches(id) || !r.added[id] && !r.steady(id)) {
			return false
		}
	}
	return true
}

// unresolved is the calls of unknown target.
func (r *resumer) unresolved() ([]Unresolved, bool) {
	out := slices.Clone(r.base.graph.Unresolved)
	for i := range out {
		u := &out[i]
		u.Caller = r.now[u.Caller]
		c, ok := r.changed[u.Caller], true
		if c == nil {
			var p Place
			p, ok = r.place(Place{r.p.Funcs[u.Caller].Path, u.Pos})
			u.Pos = p.Pos
		} else if u.Site, ok = c.names.sites[u.Site]; ok {
			for _, call := range c.now.calls() {
				if call.Site == u.Site {
					u.Pos = call.Pos
					ok = u.Expr == c.now.calleeText(call) && !isTemporary(u.Reason) // which tells more of the body
				}
			}
		}
		if !ok {
			return nil, false
		}
	}
	return out, true
}

// stats brings what was counted, and what was not understood, to the new program.
func (r *resumer) stats() bool {
	st := &r.p.Stats
	for _, e := range r.edits {
		st.Bytes += int64(e.now.Size - e.old.Size)
	}
	st.Functions += len(r.added)
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
