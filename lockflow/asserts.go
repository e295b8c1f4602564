package lockflow

import (
	"fmt"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A needKey is one assertion about a lock, seen at one place of a function:
// where it stands, or a call towards it.
type needKey struct {
	cls  classID
	kind eventKind
	mode Mode
	fn   callgraph.FuncID // where the assertion stands
	line int32
	here cparse.Pos // where it is seen
}

// A verdict is what one state says of an assertion.
type verdict uint8

const (
	isUnsure  verdict = iota + 1 // not known to hold or to fail: silence is better than a false alarm
	isKept                       // the lock is held as it must be
	isOpen                       // up to the callers
	isWrong                      // held for reading only, or for writing where readers are meant
	isFreed                      // this path released the lock
	isPresent                    // held where it must not be
)

// A need is an assertion with what the states that reach it say. All of them
// must agree: a condition that was not understood may tell apart those that
// hold the lock from those that do not.
type need struct {
	key     needKey
	verdict verdict         // isKept or isUnsure if they disagree
	ev      *event          // the best witness
	h       held            // isWrong, isPresent: the lock as it is held
	by      *callgraph.Edge // isFreed: the call that released it, as f.by; nil if a primitive did
}

// assertion emits what callers must see to (rule L23). An assertion that the
// function can pass by, for a reason that no parameter shows, may be meant for
// other callers than the one at hand.
func (x *frame) assertion(s *state, r ref, p *primitive, pos cparse.Pos) {
	if x.col == nil {
		return
	}
	e := event{kind: evNeed, ref: r, mode: p.Mode, prim: p, pos: pos}
	if p.has(flagAny) {
		e.mode = 0
	}
	if p.Action == actForbid {
		e.kind = evForbid
	}
	if x.mayPass(s) {
		e.conf = Possible
	}
	x.emit(s, e)
}

// mayPass says whether the function can pass by what it is about to do, for a
// reason that its parameters do not tell.
func (x *frame) mayPass(s *state) bool {
	for i := range x.blocks {
		t, ok := x.blocks[i].term.(*cparse.Branch)
		if ok && x.decides(int32(i)) && !x.aboutParam(s, t.Cond) {
			return true
		}
		if _, ok := x.blocks[i].term.(*cparse.Switch); ok && x.decides(int32(i)) {
			return true
		}
	}
	return false
}

// decides says whether it depends on the end of a block whether the current one
// is reached: some ways on lead there, some to a return without it.
func (x *frame) decides(blk int32) bool {
	if blk == x.cur {
		return false
	}
	leads, passes := false, false
	for _, to := range x.blocks[blk].to {
		if to >= 0 {
			reached, returned := x.follows(to)
			leads, passes = leads || reached && !returned, passes || returned
		}
	}
	return leads && passes
}

// follows says whether the current block can be reached from a block, and
// whether a return can without it.
func (x *frame) follows(from int32) (reached, returned bool) {
	seen := make([]bool, len(x.blocks))
	seen[from] = true
	for work := []int32{from}; len(work) > 0; {
		blk := work[len(work)-1]
		work = work[:len(work)-1]
		if blk == x.cur {
			reached = true
			continue
		}
		if _, ok := x.blocks[blk].term.(*cparse.Return); ok {
			returned = true
		}
		for _, to := range x.blocks[blk].to {
			if to >= 0 && !seen[to] {
				seen[to] = true
				work = append(work, to)
			}
		}
	}
	return reached, returned
}

// aboutParam says whether a condition tests a parameter itself.
func (x *frame) aboutParam(s *state, cond *cparse.Expr) bool {
	x.fuel = maxFuel
	v := x.val(s, cond, 0)
	return v.kind >= vPath && v.p.kind == rParam && v.p.steps() == ""
}

// ownAssertion makes the assertion of a function that does nothing else the
// doing of its caller: `vm_assert_locked(vm)` is but a name for it.
func (x *frame) ownAssertion(s *state, e *event) {
	if !e.asserts() || e.next.fn.ID != e.edge.Callee || !x.a.onlyAsserts(e.next.fn) {
		return
	}
	e.fn, e.pos = x.f, e.edge.Pos
	if x.mayPass(s) {
		e.conf = min(e.conf, Possible)
	}
}

// onlyAsserts says whether a function calls nothing but assertions, and writes nothing.
func (a *analysis) onlyAsserts(f *callgraph.Func) bool {
	if f.IR() == nil {
		return false
	}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *cparse.Call:
				if !a.isAssertion(in) {
					return false
				}
			case *cparse.Assign:
				if in.Dst != nil && in.Dst.Kind != cparse.EName {
					return false
				}
			}
		}
	}
	return true
}

// isAssertion says whether a call is that of a primitive that asserts.
func (a *analysis) isAssertion(c *cparse.Call) bool {
	if c.Fun == nil || c.Fun.Kind != cparse.EName {
		return false
	}
	p := a.table.lookup(c.Fun.Name)
	return p != nil && (p.Action == actAssert || p.Action == actForbid)
}

// need judges an assertion in one state. released is what the callee that makes
// it released before.
func (x *frame) need(s *state, e *event, released []ref) {
	if !e.ref.cls.known() && e.ref.p.kind != rParam {
		return
	}
	here := e.pos
	if e.edge != nil {
		here = e.edge.Pos
	}
	k := needKey{cls: e.ref.cls, kind: e.kind, mode: e.mode, fn: e.fn.ID, line: e.pos.Line, here: here}
	v, h, by := x.judge(s, e, released)
	i, ok := x.col.needAt[k]
	if !ok {
		n := need{key: k, verdict: v, ev: e.kept(), by: by}
		if h != nil {
			n.h = *h
		}
		if x.col.needAt == nil {
			x.col.needAt = map[needKey]int{}
		}
		x.col.needAt[k] = len(x.col.needs)
		x.col.needs = append(x.col.needs, n)
		return
	}
	switch n := &x.col.needs[i]; {
	case n.verdict == isKept || v == isKept:
		n.verdict = isKept
	case n.verdict != v:
		n.verdict = isUnsure
	case e.better(n.ev):
		n.ev = e.kept()
	}
}

// judge compares an assertion with the locks of a state. An unknown lock may be
// the one that is asserted, and so may one of which it is not certain that it is
// held; a callee that released the lock itself knows best. What it says besides
// is the lock as it is held, or the call that released it.
func (x *frame) judge(s *state, e *event, released []ref) (verdict, *held, *callgraph.Edge) {
	if indexRef(released, e.ref) >= 0 || s.assume|e.assume != 0 || x.early(s) {
		return isUnsure, nil, nil
	}
	if i := findHeld(s.held, e.ref); i >= 0 {
		h := &s.held[i]
		return judgeHeld(h, e), h, nil
	}
	unknown := func(h held) bool { return !h.cls.known() }
	switch {
	case e.kind == evForbid:
		return isOpen, nil, nil
	case findHeld(s.asserted, e.ref) >= 0, slices.ContainsFunc(s.held, unknown):
		return isUnsure, nil, nil
	}
	for _, f := range s.free.all {
		switch {
		case f.ref == e.ref && !f.many && !f.vague && e.ref.p.stable() && (f.straight || x.allFreed(e.ref)):
			return isFreed, nil, f.by
		case !f.inner && f.stands(e.ref):
			return isUnsure, nil, nil
		}
	}
	if indexRef(s.rel.all, e.ref) >= 0 {
		return isUnsure, nil, nil
	}
	return isOpen, nil, nil
}

// allFreed says whether every path to the current block has surely released the
// lock: then no condition since then can tell who still holds it (rule L12).
func (x *frame) allFreed(r ref) bool {
	return !slices.ContainsFunc(x.col.sol.nodes[x.cur].states, func(s *state) bool {
		return findHeld(s.held, r) >= 0 || !slices.ContainsFunc(s.free.all, func(f freed) bool { return f.ref == r && !f.many && !f.vague })
	})
}

// judgeHeld compares an assertion with a lock of its class that is held.
func judgeHeld(h *held, e *event) verdict {
	sure := h.flags&(heldUncertain|heldMany) == 0
	switch {
	case !sure:
		return isUnsure
	case e.kind == evForbid:
		if h.p == e.ref.p && h.p.stable() && !anyElement(h.p) {
			return isPresent
		}
		return isUnsure
	case e.mode == Write && h.mode == Read || e.mode == Read && h.mode == Write:
		return isWrong
	}
	return isKept
}

// needed hands the assertions that stay open on to the callers, and returns
// those that this function keeps or breaks.
func (x *frame) needed() []need {
	var out []need
	for _, n := range x.col.needs {
		switch n.verdict {
		case isOpen:
			up := *n.ev
			if !liftable(up.ref.p) {
				up.ref.p = up.ref.p.old()
			}
			x.col.events.add(&up)
		case isUnsure:
		default:
			out = append(out, n)
		}
	}
	return out
}

// brokenNeeds is the findings of assertions that f breaks by what it holds or
// has released.
func (r *reporter) brokenNeeds(f *callgraph.Func, o *outcome) []Finding {
	var out []Finding
	for i := range o.needs {
		n := &o.needs[i]
		if n.verdict == isKept || !f.Focus && !n.ev.fn.Focus {
			continue
		}
		fd := r.needFinding(f.ID, n.ev)
		name := fd.Inner.Name
		switch n.verdict {
		case isWrong:
			fd.Message = fmt.Sprintf("%s() asserts that %s is held for %s; %s() holds it for %s",
				n.ev.fn.Name, name, modeWord(n.ev.mode), n.h.from.fn.Name, modeWord(n.h.mode))
		case isFreed:
			fd.Message = fmt.Sprintf("%s() asserts that %s is held; %s() has released it by then", n.ev.fn.Name, name, r.releaser(f, n.by))
		case isPresent:
			fd.Message = fmt.Sprintf("%s() asserts that %s is not held; %s() holds it", n.ev.fn.Name, name, n.h.from.fn.Name)
		}
		if n.h.from != nil {
			outer := r.lock(n.h.from, n.key.cls, n.h.mode)
			fd.Outer = &outer
			fd.Confidence = min(fd.Confidence, n.h.from.conf)
		}
		fd.Fingerprint = fingerprint(string(KindAssert), r.prog.Arch, n.key.cls.String(), n.ev.fn.Name, f.Name)
		out = append(out, fd)
	}
	return out
}

// releaser is the name of the function that released a lock: a callee of f, or f itself.
func (r *reporter) releaser(f *callgraph.Func, by *callgraph.Edge) string {
	if by == nil {
		return f.Name
	}
	return r.prog.Funcs[by.Callee].Name
}

// needFinding is a finding at an assertion. The inner lock is the one that is
// asserted; the outer one is the same, unless the path has taken it before.
func (r *reporter) needFinding(f callgraph.FuncID, e *event) Finding {
	outer := r.lock(e, e.ref.cls, max(e.mode, Write))
	inner := outer
	fd := Finding{Kind: KindAssert, Arch: r.prog.Arch, Confidence: e.conf, Function: e.fn.Name, File: e.fn.Path,
		Line: int(e.pos.Line), Outer: &outer, Inner: &inner, Chain: r.paths.chain(f, e)}
	if e.conf < Certain { // which object a table leads to often decides which locks are held
		fd.Confidence = min(e.conf, Possible)
		fd.Assumed = append(fd.Assumed, "the assertion is reached from here")
	}
	return fd
}

// modeWord is a mode in a message.
func modeWord(m Mode) string {
	if m == Read {
		return "reading"
	}
	return "writing"
}

// openNeeds is the findings of assertions that no function on the way from an
// entry point meets. Some assertion about that class must be met elsewhere:
// without an example, the lock may be taken in a way that is not seen here.
// Conditions on what the entry point is passed do not count: a user passes
// anything.
func (r *reporter) openNeeds() []Finding {
	kept := map[classID]bool{}
	for _, o := range r.outcomes {
		if o == nil {
			continue
		}
		for i := range o.needs {
			if n := &o.needs[i]; n.verdict == isKept {
				kept[n.key.cls] = true
			}
		}
	}
	var out []Finding
	for _, entry := range r.graph.Entries() {
		for _, e := range r.told(entry.Func) {
			if e.kind != evNeed || !kept[e.ref.cls] || !e.fn.Focus {
				continue
			}
			fd := r.needFinding(entry.Func, e)
			fd.Message = fmt.Sprintf("%s() asserts that %s is held; %s() comes there without it", e.fn.Name, fd.Inner.Name, r.prog.Funcs[entry.Func].Name)
			fd.Fingerprint = fingerprint(string(KindAssert), r.prog.Arch, e.ref.cls.String(), e.fn.Name)
			if !r.table.fresh[entry.Kind] {
				fd.Confidence = min(fd.Confidence, Possible)
				fd.Assumed = append(fd.Assumed, "who calls "+r.prog.Funcs[entry.Func].Name+"() does not hold it")
			}
			out = append(out, fd)
		}
	}
	return out
}
