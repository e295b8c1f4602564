package lockflow

import (
	"fmt"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// leaks finds locks that are held on a way out of f by mistake (rule L14).
func (r *reporter) leaks(f *callgraph.Func, o *outcome) []Finding {
	if r.table.constructor(f.Name) {
		return nil
	}
	var out []Finding
	seen := map[ref]bool{}
	for i := range o.leaving {
		ls := &o.leaving[i]
		for j := range ls.s.held {
			h := &ls.s.held[j]
			if h.flags&(heldUncertain|heldPseudo) != 0 || !h.cls.known() || seen[h.ref] {
				continue
			}
			why, ok := r.leak(f, o.leaving, ls, h)
			if !ok || r.releasedElsewhere(f, h.cls) {
				continue
			}
			seen[h.ref] = true
			out = append(out, r.leakFinding(f, ls, h, why))
		}
		out = append(out, r.leftHeld(f, ls, seen)...)
	}
	return out
}

// leak judges one lock held at one return. A function may return with a lock
// held by design; it does so in a way that its callers can tell. It is a
// mistake if another way out, which callers cannot tell from this one, comes
// after a release; if it is held on failure and free on success; or if there is
// no caller that could release it.
func (r *reporter) leak(f *callgraph.Func, all []leavingState, ls *leavingState, h *held) (string, bool) {
	var released, alike, success bool
	for i := range all {
		o := &all[i]
		if o == ls || findExact(o.s.held, h.ref) {
			continue
		}
		after := slices.ContainsFunc(o.s.was.all, func(g ref) bool { return g.cls == h.cls })
		released = released || after
		success = success || after && o.e.n.mask&isZero != 0
		alike = alike || overlap(ls.e.n, o.e.n) && !contradict(ls.s, o.s) && !storesTell(&ls.e, &o.e)
	}
	switch {
	case released && alike:
		return "another way out that looks the same to the caller comes after its release", true
	case released && success && ls.e.n.mask == isNeg:
		return "held on failure, released on success", true
	case h.flags&heldMany != 0:
		return "", false // taken in a loop: what else is said of one lock may not hold of many
	case toldByValue(all, h) && heldUntold(all, ls, h):
		return "another way out that looks the same to the caller does not hold it", true
	case h.from.edge == nil && r.called(f.ID) && !r.handedOver(f.ID, h.cls, handOverCalls) && !r.pairedNear(f.ID, h.cls):
		return "no caller releases it", true
	case r.entries[f.ID] && !r.isStored(f.ID):
		return "", false // nobody calls it: what it is for is not known
	case r.entries[f.ID] && (h.from.edge == nil || r.handedOver(h.from.edge.Callee, h.cls, handOverCalls)):
		return "no caller releases it", true
	}
	return "", false
}

// toldByValue says whether the function returns with the lock held by design:
// some returned value always means that it is.
func toldByValue(all []leavingState, h *held) bool {
	return slices.ContainsFunc(all, func(o leavingState) bool {
		return findExact(o.s.held, h.ref) && !slices.ContainsFunc(all, func(p leavingState) bool {
			return !findExact(p.s.held, h.ref) && overlap(o.e.n, p.e.n)
		})
	})
}

// heldUntold says whether the lock, held at ls, is not held on a way out that
// callers take for the same, while by the value they could tell.
func heldUntold(all []leavingState, ls *leavingState, h *held) bool {
	return slices.ContainsFunc(all, func(o leavingState) bool {
		return !findExact(o.s.held, h.ref) && overlap(ls.e.n, o.e.n) && !contradict(ls.s, o.s) && !storesTell(&ls.e, &o.e)
	})
}

// handOverCalls is through how many functions a lock may be handed upwards.
const handOverCalls = 4

// handedOver says whether a lock that f leaves held is released by a caller, or
// by one of the callers' callers.
func (r *reporter) handedOver(f callgraph.FuncID, cls classID, calls int) bool {
	if r.handed[handOver{f, cls}] {
		return true
	}
	if calls == 0 {
		return true // nobody knows
	}
	for _, i := range r.graph.In(f) {
		if e := &r.graph.Edges[i]; carries(e) && r.passesOn(e.Caller, f, cls, calls) {
			return true
		}
	}
	return false
}

// passesOn says whether g, which calls f, hands the lock on to somebody who
// releases it.
func (r *reporter) passesOn(g, f callgraph.FuncID, cls classID, calls int) bool {
	fromF := func(h held) bool {
		return h.cls == cls && h.from.edge != nil && h.from.edge.Callee == f
	}
	for _, x := range r.exits(g) {
		if slices.ContainsFunc(x.held, fromF) {
			return !r.called(g) && !r.isStored(g) || r.called(g) && r.handedOver(g, cls, calls-1)
		}
	}
	// On some ways out only: its callers may know which, and release it as if
	// it were their callers'.
	for i := range r.outcomes[g].leaving {
		if slices.ContainsFunc(r.outcomes[g].leaving[i].s.held, fromF) {
			return r.releasedNear(g, cls)
		}
	}
	return false
}

// pairedNear says whether f leaves the lock held on some ways out only, so that its
// callers go on as if it were free (L9), and a function beside it releases such a lock:
// the two take and release under one condition, which both of them ask for.
func (r *reporter) pairedNear(f callgraph.FuncID, cls classID) bool {
	for _, x := range r.exits(f) {
		if slices.ContainsFunc(x.held, func(h held) bool { return h.cls == cls }) {
			return false
		}
	}
	return r.releasedNear(f, cls)
}

// releasedNear says whether a caller of g, or a function that a caller calls,
// releases a lock of the class for its caller.
func (r *reporter) releasedNear(g callgraph.FuncID, cls classID) bool {
	for _, i := range r.graph.In(g) {
		c := r.graph.Edges[i].Caller
		if r.releases(c, cls) || slices.ContainsFunc(r.graph.Out(c), func(e callgraph.Edge) bool { return r.releases(e.Callee, cls) }) {
			return true
		}
	}
	return false
}

// isStored says whether the function is called through tables only, so that
// its callers are the ones of an interface and not written for it.
func (r *reporter) isStored(f callgraph.FuncID) bool {
	if ir := r.prog.Funcs[f].IR(); ir != nil && ir.Static && len(r.graph.In(f)) == 0 {
		return true // a static function that nobody calls is there for its address
	}
	return slices.ContainsFunc(r.graph.In(f), func(i int32) bool {
		k := r.graph.Edges[i].Kind
		return k == callgraph.Ops || k == callgraph.Table || k == callgraph.Async
	})
}

// findExact says whether a lock of the class is held.
func findExact(hs []held, r ref) bool {
	return slices.ContainsFunc(hs, func(h held) bool { return h.cls == r.cls })
}

// overlap says whether a caller may take one returned value for the other.
func overlap(a, b num) bool {
	_, ok := a.meet(b)
	return ok
}

// contradict says whether two states come from calls that differ in what the
// caller passed: then the caller knows which one it got.
func contradict(a, b *state) bool {
	for _, f := range a.facts.all {
		if f.p.kind != rParam || f.p.steps() != "" {
			continue
		}
		if i, ok := findFact(b.facts.all, f.p); ok {
			if _, possible := f.n.meet(b.facts.all[i].n); !possible {
				return true
			}
		}
	}
	return false
}

// releasedElsewhere says whether a function that is stored in the same table as
// f releases the class: start() and stop() of one interface hand it over.
func (r *reporter) releasedElsewhere(f *callgraph.Func, cls classID) bool {
	if !r.called(f.ID) {
		return slices.ContainsFunc(r.prog.Funcs, func(g *callgraph.Func) bool {
			return g.Path == f.Path && !r.called(g.ID) && r.releases(g.ID, cls)
		})
	}
	for _, i := range r.graph.In(f.ID) {
		e := &r.graph.Edges[i]
		if e.Kind != callgraph.Ops {
			continue
		}
		if slices.ContainsFunc(r.siblings(f, e), func(o callgraph.FuncID) bool { return r.releases(o, cls) }) {
			return true
		}
	}
	return false
}

// releases says whether a function releases a lock of the class for its caller.
func (r *reporter) releases(f callgraph.FuncID, cls classID) bool {
	return slices.ContainsFunc(r.exits(f), func(x exit) bool {
		return slices.ContainsFunc(x.rel, func(o release) bool { return o.cls == cls })
	})
}

// siblings are the functions stored in other members of the struct type by
// which e calls f, in f's file.
func (r *reporter) siblings(f *callgraph.Func, e *callgraph.Edge) []callgraph.FuncID {
	owner := viaOwner(e.Via)
	var out []callgraph.FuncID
	for _, g := range r.prog.Funcs {
		if g.Path != f.Path || g == f {
			continue
		}
		for _, i := range r.graph.In(g.ID) {
			if o := &r.graph.Edges[i]; o.Kind == callgraph.Ops && viaOwner(o.Via) == owner {
				out = append(out, g.ID)
				break
			}
		}
	}
	return out
}

// viaOwner is the struct type of "struct TYPE.member".
func viaOwner(via string) string {
	for i := len(via) - 1; i >= 0; i-- {
		if via[i] == '.' {
			return via[:i]
		}
	}
	return via
}

// ownCalls is how many calls below a function its own locks are taken: locking
// helpers and what they call. Those taken further below belong to something that
// is handed around, such as a transaction.
const ownCalls = 2

// leakFinding describes a leak at the return where it shows.
func (r *reporter) leakFinding(f *callgraph.Func, ls *leavingState, h *held, why string) Finding {
	outer := r.lock(h.from, h.cls, h.mode)
	fd := Finding{Kind: KindLeak, Arch: r.prog.Arch, Confidence: min(h.from.conf, Certain), Function: f.Name, File: f.Path,
		Line: line(ls.pos, f), Outer: &outer, Chain: r.paths.chain(f.ID, h.from), Assumed: ls.s.assume.texts()}
	if ls.s.assume != 0 {
		fd.Confidence = min(fd.Confidence, Possible)
	}
	if h.from.len > ownCalls {
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, "nothing that was set up together with the lock releases it later")
	}
	fd.Message = fmt.Sprintf("%s() returns with %s held: %s", f.Name, outer.Name, why)
	fd.Fingerprint = fingerprint(string(KindLeak), r.prog.Arch, h.cls.String(), f.Name)
	return fd
}

// line is where a return stands; the end of the function if it is not written.
func line(pos cparse.Pos, f *callgraph.Func) int {
	if pos.Line == 0 && f.IR() != nil {
		return int(f.IR().End.Line)
	}
	return int(pos.Line)
}

// doubleUnlocks finds locks that are released when they are surely not held (rule L17).
func (r *reporter) doubleUnlocks(f *callgraph.Func, o *outcome) []Finding {
	var out []Finding
	for _, d := range o.doubles {
		if !d.sure {
			continue
		}
		lock := Lock{Class: d.ref.cls.class(), Name: r.names.name(d.ref.cls), Mode: Write, Function: f.Name, File: f.Path, Line: int(d.first.Line)}
		fd := Finding{Kind: KindDoubleUnlock, Arch: r.prog.Arch, Confidence: Certain, Function: f.Name, File: f.Path,
			Line: int(d.pos.Line), Outer: &lock, Chain: r.paths.to(f.ID), Assumed: d.assume.texts()}
		if d.by != nil {
			fd.Confidence = edgeConfidence(d.by.Kind)
		}
		if !d.straight {
			fd.Confidence = Possible
			fd.Assumed = append(fd.Assumed, "the conditions on the way are independent of the first release")
		}
		if d.assume != 0 {
			fd.Confidence = Possible
		}
		if d.never {
			lock.Line = int(d.pos.Line)
			fd.Message = fmt.Sprintf("%s() releases %s on a path that never took it", f.Name, lock.Name)
			fd.Fingerprint = fingerprint(string(KindDoubleUnlock), r.prog.Arch, d.ref.cls.String(), f.Name, "never taken")
			out = append(out, fd)
			continue
		}
		fd.Message = fmt.Sprintf("%s() releases %s again; it was released in line %d", f.Name, lock.Name, d.first.Line)
		r.throughCallee(&fd, &d)
		fd.Fingerprint = fingerprint(string(KindDoubleUnlock), r.prog.Arch, d.ref.cls.String(), f.Name)
		out = append(out, fd)
	}
	return out
}
