package lockflow

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A Difference is what sets a program apart from an earlier one: bodies of functions,
// and declarations of what nothing else speaks of. Other types, variables, macros, the heads
// of functions and the targets of calls through pointers are the same, and so are the edges of functions that did
// not change, but for their numbers and lines.
type Difference struct {
	Changed  []callgraph.FuncID                                                 // functions whose body is another than it was, or that were not there; sorted
	Func     func(old callgraph.FuncID) callgraph.FuncID                        // the number that a function has now; NoFunc: it is gone. The order is the same
	Pos      func(f callgraph.FuncID, old cparse.Pos) (now cparse.Pos, ok bool) // where a place in the file of f (its number now) is; not ok: it is gone
	Old      func(f callgraph.FuncID) *callgraph.Func                           // a changed function as it was, typed by the program as it is; nil: it is new
	Declared []string                                                           // names of variables, types and members that were not declared, sorted
	Gone     []*callgraph.Func                                                  // the functions that are not there any more, as they were
}

// Resume is Analyze for a program that differs in little from an earlier one: it solves
// what the difference touches, and takes the rest from the state that Analyze wrote
// then. The result is the same in every byte. Not ok if it cannot be sure of that: the
// caller analyses the whole program. The options are those of the earlier analysis;
// no state is written.
func Resume(p *callgraph.Program, g *callgraph.Graph, o Options, state *cparse.Decoder, d Difference) (r *Result, ok bool, err error) {
	if p == nil || g == nil || state == nil {
		return nil, false, errors.New("lockflow: no program")
	}
	if o.ExplainTo != nil && len(o.Explain) > 0 {
		return nil, false, nil // of what is not solved there is nothing to explain
	}
	a, err := o.newAnalysis(p, g)
	if err != nil {
		return nil, false, err
	}
	old, ok := a.readState(state)
	if !ok || !old.bringOver(d) {
		return nil, false, nil
	}
	a.earlier = old
	s := &resumption{analysis: a, old: old, solved: make([]bool, len(p.Funcs)), differs: make([]bool, len(p.Funcs))}
	if !s.sameSurvey() || !s.sameModules() {
		return nil, false, nil
	}
	a.findGroups()
	s.seed()
	s.solve(o.workers())
	s.handOvers()
	s.readOutcomes()
	if old.bad {
		return nil, false, nil
	}
	r = a.result()
	return r, !old.bad, nil
}

// A resumption is an analysis that solves only what is not as it was.
type resumption struct {
	*analysis
	old     *earlier
	asking  []callgraph.FuncID // who calls through tables into directories that are related otherwise
	dirty   []bool             // by function: it is to be solved whatever its callees say
	solved  []bool             // by function: it was solved now
	differs []bool             // by function: it tells its callers something else than it did
}

// solve solves the groups that are not as they were, callees first, and those above
// them as far as what they see is something else.
func (s *resumption) solve(workers int) {
	above := s.above()
	at := make(map[int32]int32, len(above)) // by group: its place in above
	for i, grp := range above {
		at[grp] = int32(i)
	}
	followers := make([][]int32, len(above))
	for i, grp := range above {
		s.callees(grp, func(e *callgraph.Edge) {
			if k, ok := at[s.groupOf[e.Callee]]; ok {
				followers[k] = append(followers[k], int32(i))
			}
		})
	}
	var done atomic.Bool
	var bodies sync.WaitGroup
	bodies.Go(func() { s.makeBodies(above, &done) })
	after(followers).run(workers, func(i int32) { s.solveIfNeeded(above[i], workers) })
	done.Store(true)
	bodies.Wait()
}

// makeBodies makes the bodies that are likely to be asked for: groups are most often solved
// one after the other, each after its callees.
func (s *resumption) makeBodies(groups []int32, done *atomic.Bool) {
	for _, grp := range groups {
		for _, f := range s.groups[grp] {
			if done.Load() {
				return
			}
			s.prog.Funcs[f].Body()
		}
	}
}

// callees calls do for the edges by which a group sees what others do.
func (s *resumption) callees(grp int32, do func(*callgraph.Edge)) {
	for _, f := range s.groups[grp] {
		out := s.graph.Out(f)
		for i := range out {
			if e := &out[i]; reaches(e) && s.groupOf[e.Callee] != grp {
				do(e)
			}
		}
	}
}

// above is the groups of dirty functions, and all that lead to them.
func (s *resumption) above() []int32 {
	seen := make([]bool, len(s.groups))
	var out []int32
	add := func(f callgraph.FuncID) {
		if grp := s.groupOf[f]; !seen[grp] {
			seen[grp] = true
			out = append(out, grp)
		}
	}
	for f, dirty := range s.dirty {
		if dirty {
			add(callgraph.FuncID(f))
		}
	}
	for i := 0; i < len(out); i++ {
		for _, f := range s.groups[out[i]] {
			for _, k := range s.graph.In(f) {
				if e := &s.graph.Edges[k]; reaches(e) {
					add(e.Caller)
				}
			}
		}
	}
	return out
}

// solveIfNeeded solves a group if one of its functions is dirty, or sees something else
// than it saw.
func (s *resumption) solveIfNeeded(grp int32, workers int) {
	group := s.groups[grp]
	need := slices.ContainsFunc(group, func(f callgraph.FuncID) bool { return s.dirty[f] })
	s.callees(grp, func(e *callgraph.Edge) { need = need || s.differs[e.Callee] })
	if !need {
		return
	}
	s.callees(grp, func(e *callgraph.Edge) { s.fetch(e.Callee) })
	s.solveGroup(group, workers)
	for _, f := range group {
		s.solved[f] = true
		s.differs[f] = !s.tellsTheSame(f)
	}
}

// fetch reads the summary of a function that is as it was.
func (s *resumption) fetch(f callgraph.FuncID) {
	s.old.mu.Lock()
	defer s.old.mu.Unlock()
	if s.summaries[f] != nil {
		return
	}
	sum, ok := s.old.summaryAt(s.old.slot[f])
	s.old.bad = s.old.bad || !ok || s.old.moved
	s.summaries[f] = sum
}

// tellsTheSame says whether callers of a function that was solved see what they saw.
func (s *resumption) tellsTheSame(f callgraph.FuncID) bool {
	if s.old.oldOf[f] == callgraph.NoFunc {
		return false
	}
	s.old.mu.Lock()
	defer s.old.mu.Unlock()
	was, ok := s.old.summaryAt(s.old.slot[f])
	return ok && s.summaries[f].tellsLike(was)
}

// mostBetween is how many events may have gone or come between two that are the same
// in two summaries.
const mostBetween = 8

// tellsLike says whether two summaries are the same to callers: they do not see the
// places of ways out. Events that are the same become one, so that those of callers
// are soon compared.
func (s *summary) tellsLike(o *summary) bool {
	same, at := len(s.events) == len(o.events), 0
	for i, e := range s.events {
		k, end := at, min(at+mostBetween, len(o.events))
		for k < end && !e.same(o.events[k]) {
			k++
		}
		if same = same && k == i; k < end {
			s.events[i], at = o.events[k], k+1
		}
	}
	return same && slices.EqualFunc(s.exits, o.exits, func(a, b exit) bool { return a.tellsLike(&b) })
}

func (e *exit) tellsLike(o *exit) bool {
	return e.value == o.value && e.n == o.n && e.assume == o.assume && slices.Equal(e.fields, o.fields) && slices.Equal(e.stores, o.stores) &&
		slices.Equal(e.free, o.free) && slices.Equal(e.facts, o.facts) && sameLocks(e.held, o.held) &&
		slices.EqualFunc(e.rel, o.rel, func(a, b release) bool {
			a.pos, b.pos = cparse.Pos{}, cparse.Pos{}
			return a == b
		})
}

// sameLocks says whether two lists of locks are the same to who is handed them.
func sameLocks(a, b []held) bool {
	return slices.EqualFunc(a, b, func(x, y held) bool {
		return x.ref == y.ref && x.mode == y.mode && x.flags == y.flags && x.from.same(y.from)
	})
}

// handOvers is that of the analysis, for functions that were not solved now: they are
// solved again if what they are handed, or what they see, is something else.
func (s *resumption) handOvers() {
	s.between = s.old.betweens()
	givers := s.givers()
	s.entered = enteredWith{}
	ids := maps.Clone(givers)
	for f := range s.old.before {
		ids[f] = givers[f]
	}
	for _, f := range slices.Sorted(maps.Keys(ids)) {
		hs := s.leftHeld(givers[f])
		was, had := s.old.before[f]
		if len(hs) == 0 {
			s.differs[f] = s.differs[f] || had
			continue
		}
		s.entered[f] = hs
		if had && !s.solved[f] && sameLocks(hs, was.locks) && !s.seesOthers(f) {
			s.summaries[f], s.old.slot[f] = nil, was.slot
			continue
		}
		for i, out := 0, s.graph.Out(f); i < len(out); i++ {
			if reaches(&out[i]) {
				s.fetch(out[i].Callee)
			}
		}
		s.solveFunc(f)
		s.solved[f], s.differs[f] = true, true
	}
}

// seesOthers says whether some callee of a function is not as it was.
func (s *resumption) seesOthers(f callgraph.FuncID) bool {
	return slices.ContainsFunc(s.graph.Out(f), func(e callgraph.Edge) bool { return reaches(&e) && s.differs[e.Callee] })
}

// readOutcomes takes the outcomes of all that was not solved from the earlier analysis.
func (s *resumption) readOutcomes() {
	for f := range s.outcomes {
		if s.outcomes[f] == nil && !s.old.bad {
			out, ok := s.old.outcomeAt(s.old.slot[f])
			s.old.bad = s.old.bad || !ok || s.old.moved
			s.outcomes[f] = out
		}
	}
}
