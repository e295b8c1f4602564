package lockflow

import (
	"maps"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// seed marks the functions that are to be solved whatever their callees tell: those
// that changed, and those that see something else than what their callees tell.
func (s *resumption) seed() {
	s.dirty = slices.Clone(s.old.changed)
	for _, f := range s.asking {
		s.dirty[f] = true
	}
	s.seedContexts()
	s.seedGroups()
	for f, changed := range s.old.changed {
		if changed {
			s.seedCallers(callgraph.FuncID(f))
		}
	}
}

// seedContexts marks the functions that run in other contexts than they did.
func (s *resumption) seedContexts() {
	for f, old := range s.old.oldOf {
		if old == callgraph.NoFunc {
			continue
		}
		c := s.old.contexts.at(int(old) + 1)
		rows := s.contexts[callgraph.FuncID(f)]
		for _, row := range rows {
			var atomic bool
			name := s.old.text(c.uint())
			c.bits(&atomic)
			s.dirty[f] = s.dirty[f] || c.bad || name != row.Name || atomic != row.Atomic
		}
		s.dirty[f] = s.dirty[f] || len(c.rest) > 0
	}
}

// seedGroups marks the functions that stand in another group than they did, or in
// another order: groups are solved in rounds, and what is found depends on the order.
func (s *resumption) seedGroups() {
	was := make([]int, len(s.old.newOf)) // by old function: the number of its group, if it was not alone
	var sizes []int
	for i := range s.old.groups.len() {
		c, n := s.old.groups.at(i+1), 0
		for len(c.rest) > 0 {
			if f := c.uint(); f < len(was) {
				was[f] = i + 1
			}
			n++
		}
		s.old.done(&c)
		sizes = append(sizes, n)
	}
	for _, grp := range s.groups {
		if !s.sameGroup(grp, was, sizes) {
			for _, f := range grp {
				s.dirty[f] = true
			}
		}
	}
}

// sameGroup says whether a group is one that was, in the same order.
func (s *resumption) sameGroup(grp []callgraph.FuncID, was, sizes []int) bool {
	first := s.old.oldOf[grp[0]]
	if first == callgraph.NoFunc {
		return false
	}
	n := was[first]
	if len(grp) == 1 || n == 0 {
		return len(grp) == 1 && n == 0
	}
	if sizes[n-1] != len(grp) {
		return false
	}
	c := s.old.groups.at(n)
	return !slices.ContainsFunc(grp, func(f callgraph.FuncID) bool { return callgraph.FuncID(c.uint()) != s.old.oldOf[f] })
}

// seedCallers marks the callers of a function that changed which look at its body: for
// the flags that it sets, up to flagCalls calls away, and for whether it does nothing
// but assert.
func (s *resumption) seedCallers(f callgraph.FuncID) {
	now, was := s.prog.Funcs[f], s.old.d.Old(f)
	if s.old.oldOf[f] == callgraph.NoFunc {
		return // who calls it changed too
	}
	if was == nil { // only its edges are others
		was = now
	}
	if s.onlyAsserts(now) != s.onlyAsserts(was) {
		s.eachCaller(f, reaches, func(g callgraph.FuncID) { s.dirty[g] = true })
	}
	own := !maps.Equal(s.flagStores(now), s.flagStores(was))
	if own || s.otherFlags(f) {
		s.eachCaller(f, isDirect, func(g callgraph.FuncID) {
			s.dirty[g] = true
			if own {
				s.eachCaller(g, isDirect, func(h callgraph.FuncID) { s.dirty[h] = true })
			}
		})
	}
}

func isDirect(e *callgraph.Edge) bool { return e.Kind == callgraph.Direct }

// eachCaller calls do for the callers of a function by such edges.
func (s *resumption) eachCaller(f callgraph.FuncID, by func(*callgraph.Edge) bool, do func(callgraph.FuncID)) {
	for _, k := range s.graph.In(f) {
		if e := &s.graph.Edges[k]; by(e) {
			do(e.Caller)
		}
	}
}

// A flagStore is an assignment of a constant to a member.
type flagStore struct {
	member string
	zero   bool
}

// flagStores lists those of a function.
func (a *analysis) flagStores(f *callgraph.Func) map[flagStore]bool {
	if f.IR() == nil {
		return nil
	}
	out := map[flagStore]bool{}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			if as, ok := in.(*cparse.Assign); ok && as.Dst != nil && as.Dst.Kind == cparse.EMember {
				if k, known := a.types.Const(f, as.Src); known {
					out[flagStore{as.Dst.Name, k == 0}] = true
				}
			}
		}
	}
	return out
}

// otherFlags says whether a function calls another one by name, or calls one no more,
// that sets flags.
func (s *resumption) otherFlags(f callgraph.FuncID) bool {
	was, now := map[callgraph.FuncID]bool{}, map[callgraph.FuncID]bool{}
	for _, c := range s.old.calls[s.old.oldOf[f]] {
		if c.kind != callgraph.Direct {
			continue
		}
		g := s.old.newOf[c.callee]
		if g == callgraph.NoFunc {
			if slices.ContainsFunc(s.old.d.Gone, func(g *callgraph.Func) bool { return len(s.flagStores(g)) > 0 }) {
				return true
			}
			continue
		}
		was[g] = true
	}
	for _, e := range s.graph.Out(f) {
		if e.Kind == callgraph.Direct {
			now[e.Callee] = true
		}
	}
	differs := func(a, b map[callgraph.FuncID]bool) bool {
		for g := range a {
			if !b[g] && (s.old.changed[g] || len(s.flagStores(s.prog.Funcs[g])) > 0) {
				return true
			}
		}
		return false
	}
	return differs(was, now) || differs(now, was)
}
