package lockflow

import (
	"fmt"
	"strings"

	"klockscan/callgraph"
)

// semantic is the findings that follow from what locks are, without any rule of
// the tree, in one function.
func (r *reporter) semantic(f *callgraph.Func, o *outcome) []Finding {
	var out []Finding
	for i := range o.pairs {
		p := &o.pairs[i]
		for _, check := range []func(*callgraph.Func, *pairRec) (Finding, bool){r.selfDeadlock, r.waitInside, r.atomicSleep} {
			if fd, ok := check(f, p); ok {
				out = append(out, fd)
			}
		}
	}
	out = append(out, r.brokenNeeds(f, o)...)
	if f.Focus {
		out = append(out, r.leaks(f, o)...)
		out = append(out, r.doubleUnlocks(f, o)...)
	}
	return out
}

// finding fills in what a pair tells.
func (r *reporter) finding(kind Kind, f *callgraph.Func, p *pairRec) Finding {
	outer, inner := r.lock(p.h.from, p.h.cls, p.h.mode), r.lock(p.ev, p.ev.ref.cls, p.ev.mode)
	fd := Finding{Kind: kind, Arch: r.prog.Arch, Confidence: p.conf, Function: inner.Function, File: inner.File,
		Line: inner.Line, Outer: &outer, Inner: &inner, Chain: r.paths.chain(f.ID, p.ev), Assumed: p.ev.assume.texts()}
	fd.Fingerprint = fingerprint(string(kind), r.prog.Arch, outer.Class.String(), inner.Class.String(), f.Name, inner.Function)
	return fd
}

// selfDeadlock finds a lock that is taken while the same task holds it (rule L16).
func (r *reporter) selfDeadlock(f *callgraph.Func, p *pairRec) (Finding, bool) {
	e := p.ev
	if e.kind != evAcquire || e.try || p.h.cls != e.ref.cls || p.same == IsDifferent ||
		p.h.flags&(heldCounted|heldPseudo) != 0 || e.prim.has(flagCounted) || p.h.mode == Context {
		return Finding{}, false
	}
	if p.h.mode == Read && e.mode == Read && p.h.flags&heldSpin != 0 {
		return Finding{}, false // readers of a spinning lock may nest
	}
	if p.h.from.prim == assertPrim && e.next != nil && p.same != IsSame {
		return Finding{}, false
	}
	fd := r.finding(KindSelfDeadlock, f, p)
	if p.same == MayBeSame {
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, "both are the same object")
	}
	if p.h.mode == Read && e.mode == Read {
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, "a writer waits between the two readers")
	}
	fd.Message = fmt.Sprintf("%s() takes %s, which is held since %s()", e.fn.Name, fd.Inner.Name, fd.Outer.Function)
	return fd, true
}

// waitInside finds a wait for all readers in a reader of the same domain (rule L16).
func (r *reporter) waitInside(f *callgraph.Func, p *pairRec) (Finding, bool) {
	e := p.ev
	if e.kind != evWait || p.h.cls != e.ref.cls || p.h.mode != ReadRec {
		return Finding{}, false
	}
	fd := r.finding(KindSRCU, f, p)
	if p.same != IsSame {
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, "both are the same domain")
	}
	fd.Message = fmt.Sprintf("%s() waits for all readers of %s inside a read side of it", e.fn.Name, r.names.name(p.h.cls))
	return fd, true
}

// maxContextCalls is how many calls away from where interrupts or preemption are
// switched off a sleep is still believed.
const maxContextCalls = 3

// objectDecides says whether a call on the way to an event has several targets,
// among which the object at hand chooses. A static call is patched once for the
// machine: each of its targets is what the call does on some machine.
func (r *reporter) objectDecides(e *event) bool {
	for ; e.edge != nil; e = e.next {
		if k := e.edge.Kind; k == callgraph.Direct || k == callgraph.Macro {
			continue
		}
		slot := e.edge.Kind == callgraph.Ops && !strings.HasPrefix(e.edge.Via, "struct ") && !strings.HasPrefix(e.edge.Via, "union ")
		if !slot && len(r.graph.Targets(e.edge.Caller, e.edge.Site)) > 1 {
			return true
		}
	}
	return false
}

// maxSleepCalls is how many calls away from the lock a sleep is still believed.
// Almost everything can sleep somewhere below; beyond this, what decides is
// more often a condition that the analysis does not see. (Linux 6.12, mm: of
// 1,317 such findings 1,292 were further away; they were not judged one by one.)
const maxSleepCalls = 8

// atomicSleep finds what may sleep under a lock whose holder must not (rule L15).
func (r *reporter) atomicSleep(f *callgraph.Func, p *pairRec) (Finding, bool) {
	e := p.ev
	if p.h.flags&heldSpin == 0 || e.try || !e.sleeps() || e.kind == evWait && p.h.cls == e.ref.cls {
		return Finding{}, false
	}
	fd := r.finding(KindAtomicSleep, f, p)
	if e.kind == evSleep && p.conf < Certain && r.objectDecides(e) {
		// Which allocator or wait a table leads to depends on the object more
		// often than which lock does.
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, "the indirect call reaches it here")
	}
	if p.h.flags&heldPseudo != 0 && p.h.from.prim != assertPrim && (p.conf < Certain || e.len > maxContextCalls) {
		// Interrupts and preemption are switched off far from where it matters,
		// and the code below often knows by state that this is not its case.
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, "the call happens with "+p.h.cls.class().Path+" off")
	}
	if e.len > maxSleepCalls {
		fd.Confidence = min(fd.Confidence, Possible)
		fd.Assumed = append(fd.Assumed, tooFar(int(e.len)))
	}
	fd.Message = fmt.Sprintf("%s may sleep in %s() %s", fd.Inner.Name, e.fn.Name, circumstance(&p.h, fd.Outer.Name))
	return fd, true
}

// pageFaultsOff is the pseudo lock of sections in which no page fault is served.
var pageFaultsOff = refOf(globalPath("pagefaults"))

// accessFails says whether an event sleeps only to serve a page fault, in a
// state where the access that faults fails instead (rule L15).
func (s *state) accessFails(e *event) bool {
	return e.prim.has(flagUser) && findHeld(s.held, pageFaultsOff) >= 0
}

// circumstance is what is held, in words.
func circumstance(h *held, name string) string {
	switch {
	case h.flags&heldPseudo == 0:
		return "with " + name + " held"
	case h.from.prim == assertPrim:
		return "in the context " + name
	}
	return "with " + name + " off"
}
