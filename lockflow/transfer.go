package lockflow

import (
	"klockscan/callgraph"
	"klockscan/cparse"
)

// step applies one instruction to a state, which it may change; the result is
// the states after it, none if the path ends here; they are to be copied before the
// next step. at numbers the instruction.
func (x *frame) step(s *state, in cparse.Instr, at int32) []*state {
	x.fuel = maxFuel
	switch in := in.(type) {
	case *cparse.Assign:
		x.derefs(s, in.Src, 0)
		x.derefs(s, in.Dst, 0)
		x.assign(s, in, at)
		return x.just(s)
	case *cparse.Call:
		for _, a := range in.Args {
			x.derefs(s, a, 0)
		}
		return x.call(s, in, at)
	}
	return x.just(s)
}

// just is the result of a step that leads to one state. It is good until the next step.
func (x *frame) just(s *state) []*state {
	x.only[0] = s
	return x.only[:]
}

// assign stores a value.
func (x *frame) assign(s *state, in *cparse.Assign, at int32) {
	if in.Dst == nil {
		return
	}
	v := top
	if in.Src != nil && in.Src.Kind != cparse.EInit {
		v = x.val(s, in.Src, 0)
	}
	if in.Dst.Kind != cparse.EName {
		place := x.addr(s, in.Dst, 0)
		s.forgetField(place)
		s.bind(place, v)
		return
	}
	i, local := x.vars[in.Dst.Name]
	if !local || x.static[i] {
		place := x.addrOfName(s, in.Dst)
		s.forgetField(place)
		s.bind(place, v)
		return
	}
	x.assignLocal(s, in, i, v, at)
}

// assignLocal stores a value in a local variable. A value that has no name gets
// one, so that two tests of the variable agree.
func (x *frame) assignLocal(s *state, in *cparse.Assign, i int32, v value, at int32) {
	place := apath{kind: rLocal, idx: i}
	var members []binding
	if v.kind == vPath && v.p.kind == rLocal && v.p.steps() == "" {
		for _, b := range s.env.all { // a struct is copied member by member
			if b.place.kind == rLocal && b.place.idx == v.p.idx && b.place.steps() != "" {
				members = append(members, binding{apath{kind: rLocal, idx: i, text: textOf("", b.place.steps())}, b.v})
			}
		}
	}
	if v.kind != vPath || v.p != place {
		s.forgetLocal(i)
	}
	for _, m := range members {
		s.bind(m.place, m.v)
	}
	if in.Src != nil && in.Src.Kind == cparse.EInit {
		x.initMembers(s, place, in.Dst, in.Src)
		return
	}
	if len(members) > 0 {
		return
	}
	x.noteOrigin(i, v)
	if v.kind == vTop && !aggregate(x.typeOf(x.a.types, in.Dst)) {
		site := -(at + 10) // no call site: those count from 0, and -1 is the returned value
		x.forgetCall(s, site)
		v = pathValue(apath{kind: rCall, idx: site})
	}
	s.bind(place, v)
}

// initMembers binds the members that a braced initialiser names.
func (x *frame) initMembers(s *state, place apath, dst, init *cparse.Expr) {
	owner := x.structName(x.a.types, x.typeOf(x.a.types, dst))
	for _, el := range init.Args() {
		if el != nil && el.Kind == cparse.EDesig && el.Name != "" && el.X != nil && el.X.Kind != cparse.EInit {
			s.bind(place.field(owner, el.Name), x.val(s, el.X, 0))
		}
	}
}

// call applies a call.
func (x *frame) call(s *state, c *cparse.Call, at int32) []*state {
	if c.Loop {
		x.loopHead(s, c)
		return x.just(s)
	}
	x.waits(s, c)
	if name := x.calleeName(c); name != "" {
		if p := x.a.table.lookup(name); p != nil {
			return x.primitive(s, c, p, at)
		}
	}
	return x.follow(s, c, at)
}

// calleeName is the name that a direct call names; "" for an indirect one.
func (x *frame) calleeName(c *cparse.Call) string {
	if c.Fun == nil || c.Fun.Kind != cparse.EName {
		return ""
	}
	if _, local := x.vars[c.Fun.Name]; local {
		return ""
	}
	return c.Fun.Name
}

// forgetCall is the state's, where that can have something to forget.
func (x *frame) forgetCall(s *state, site int32) {
	if x.once {
		s.tidy()
	} else {
		s.forgetCall(site)
	}
}

// renew is the state's, where a call can be made a second time.
func (x *frame) renew(s *state, site int32) {
	if x.once {
		s.tidy()
	} else {
		s.renew(site)
	}
}

// loopHead gives the variables of a loop macro new values, found through its
// other arguments.
func (x *frame) loopHead(s *state, c *cparse.Call) {
	x.noteArgs(s, c)
	x.renew(s, c.Site)
	for _, a := range c.Args {
		if a == nil || a.Kind != cparse.EName {
			continue
		}
		if i, ok := x.vars[a.Name]; ok && !x.static[i] {
			s.bind(apath{kind: rLocal, idx: i}, pathValue(apath{kind: rCall, idx: c.Site, text: textOf(a.Name, "")}))
		}
	}
}

// noteArgs remembers what a call was given, for rule L2.
func (x *frame) noteArgs(s *state, c *cparse.Call) []value {
	args := make([]value, len(c.Args))
	var paths []apath
	for i, a := range c.Args {
		args[i] = x.val(s, a, 0)
		if args[i].kind == vPath && args[i].p.stable() && (args[i].p.kind != rCall || args[i].p.idx != c.Site) {
			paths = append(paths, args[i].p)
		}
	}
	if len(paths) > 0 && c.Site >= 0 {
		x.siteArgs[c.Site] = paths
	}
	return args
}

// define gives the result of a call a value; a vTop becomes the call's symbol.
func (x *frame) define(s *state, c *cparse.Call, v value, n num) {
	x.renew(s, c.Site)
	if c.Dst == nil || c.Dst.Kind != cparse.EName {
		return
	}
	i, ok := x.vars[c.Dst.Name]
	if !ok {
		return
	}
	if v.kind == vTop && n.exact {
		v = numValue(n)
	}
	if v.kind == vTop {
		v = pathValue(apath{kind: rCall, idx: c.Site})
	}
	s.forgetLocal(i)
	s.bind(apath{kind: rLocal, idx: i}, v)
	if v.kind == vPath && n != anyNum {
		s.assumeNum(v.p, n)
	}
}

// primitive applies a call of a function that the table knows (rules L5, L6).
func (x *frame) primitive(s *state, c *cparse.Call, p *primitive, at int32) []*state {
	switch p.Action {
	case actLock, actTry:
		return x.lock(s, c, p)
	case actUnlock:
		x.unlock(s, c, p, at)
	case actDowngrade:
		if i := findHeld(s.held, x.object(s, c, p)); i >= 0 {
			s.held[i].mode = Read
		}
	case actWait:
		x.emit(s, event{kind: evWait, ref: x.object(s, c, p), mode: Wait, prim: p, pos: c.Pos})
		x.define(s, c, top, anyNum)
	case actSleep:
		if sleeps, need := x.mayAllocate(s, c, p); sleeps {
			x.emit(s, event{kind: evSleep, mode: Sleep, prim: p, pos: c.Pos}, need...)
		}
		x.noteArgs(s, c)
		x.define(s, c, top, anyNum)
	case actAssert:
		r := x.object(s, c, p)
		x.assertion(s, r, p, c.Pos)
		x.assert(s, r, p.Mode, c.Pos)
	case actForbid:
		x.assertion(s, x.object(s, c, p), p, c.Pos)
	case actLastRef:
		return x.lastRef(s, c, p)
	case actBitTest:
		x.noteBitTest(c, p)
		x.define(s, c, top, anyNum)
	case actStop:
		return nil
	default:
		x.valuePrimitive(s, c, p)
	}
	return x.just(s)
}

// object is the lock that a primitive works on.
func (x *frame) object(s *state, c *cparse.Call, p *primitive) ref {
	if p.Global != "" {
		return refOf(globalPath(p.Global))
	}
	if p.Arg < 0 || p.Arg >= len(c.Args) {
		return ref{}
	}
	v := x.val(s, c.Args[p.Arg], 0)
	if v.kind != vPath {
		return ref{}
	}
	return refOf(v.p)
}

// lock takes a lock, and splits the state if the call may fail.
func (x *frame) lock(s *state, c *cparse.Call, p *primitive) []*state {
	r := x.object(s, c, p)
	ev := event{kind: evAcquire, ref: r, mode: p.Mode, prim: p, try: p.Action == actTry, pos: c.Pos}
	if p.Mode != Context {
		x.countLock(c, r)
		x.emit(s, ev)
	}
	if !r.p.valid() {
		x.define(s, c, top, anyNum)
		return x.just(s)
	}
	base := x.located(ev)
	h := held{ref: r, mode: p.Mode, from: &base, at: x.positionOf(c.Site), pos: c.Pos, flags: lockFlags(p)}
	if p.Result != resVoid && c.Dst == nil && p.Action == actTry {
		h.flags |= heldUncertain
	}
	if p.Result == resVoid || c.Dst == nil {
		x.define(s, c, top, anyNum)
		x.take(s, h)
		return x.just(s)
	}
	failed := s.clone()
	yes, no := num{mask: isPos}, constNum(0)
	if p.Result == resZero {
		yes, no = constNum(0), num{mask: isNeg}
		if p.Action == actTry {
			no = num{mask: isPos}
		}
	}
	x.define(s, c, numValue(yes), anyNum)
	x.define(failed, c, numValue(no), anyNum)
	x.take(s, h)
	return []*state{s, failed}
}

// take adds the lock; who locks through a pointer knows that it is a valid one.
func (x *frame) take(s *state, h held) {
	s.assumeNum(h.p, num{mask: isPos})
	if base := h.p.base(); base.stable() && base != h.p {
		s.assumeNum(base, num{mask: isPos})
	}
	s.acquire(h)
}

// lockFlags is what a row says about the lock while it is held.
func lockFlags(p *primitive) heldFlags {
	var f heldFlags
	for _, m := range []struct {
		on bool
		f  heldFlags
	}{{p.has(flagSpin), heldSpin}, {p.has(flagNested), heldNested}, {p.Nest >= 0, heldNested | heldMany},
		{p.has(flagCounted), heldCounted}, {p.Mode == Context, heldPseudo}} {
		if m.on {
			f |= m.f
		}
	}
	return f
}

// interruptsOff is the pseudo lock that the irq variants release as well: some
// code disables interrupts first and enables them with the unlock.
var interruptsOff = refOf(globalPath("interrupts"))

// releaseWith drops a lock, and what the variant that was used releases with it.
func (s *state) releaseWith(r ref, f freed) {
	s.release(r, f)
	if f.irq && s.depth(interruptsOff) > 0 {
		s.release(interruptsOff, f)
	}
}

// unlock releases a lock, and what the variant of the primitive releases with it.
func (x *frame) unlock(s *state, c *cparse.Call, p *primitive, at int32) {
	r := x.object(s, c, p)
	f := freed{straight: true, at: at, pos: c.Pos, direct: true, irq: p.has(flagIRQ)}
	x.noteHandOver(s, r)
	x.noteRelease(s, r, c, p.Mode != Context)
	if p.has(flagEnable) {
		for s.depth(r) > 1 {
			s.release(r, f)
		}
	}
	s.releaseWith(r, f)
	x.define(s, c, top, anyNum)
}

// assert notes a lock that the code says its caller holds (rule L10).
func (x *frame) assert(s *state, r ref, m Mode, pos cparse.Pos) {
	if !r.cls.known() || findHeld(s.held, r) >= 0 || findHeld(s.asserted, r) >= 0 || len(s.asserted) >= maxReleased {
		return
	}
	if i := indexRef(s.rel.all, r); i >= 0 {
		return
	}
	base := x.located(event{kind: evAcquire, ref: r, mode: m, prim: assertPrim, conf: Likely, pos: pos})
	base.conf = Likely
	s.asserted = append(s.asserted, held{ref: r, mode: m, from: &base, pos: pos})
}

var assertPrim = &primitive{Name: "assertion", Action: actAssert, Arg: -1, Nest: -1, GFP: -1}

// lastRef splits the state at a reference count: what follows if it drops to
// zero rests on the assumption that this reference was the last (rule L11).
func (x *frame) lastRef(s *state, c *cparse.Call, p *primitive) []*state {
	if p.has(flagCallback) {
		edges := x.a.graph.Targets(x.f.ID, c.Site)
		for i := range edges {
			e := &edges[i]
			if sum := x.a.summaries[e.Callee]; e.Kind == callgraph.Callback && sum != nil {
				under := s.clone()
				under.assume |= assumeLastRef
				x.collectCall(under, c, target{edge: e, sum: sum}, nil, condition{}, noChoice)
			}
		}
		x.define(s, c, top, anyNum)
		return x.just(s)
	}
	last := s.clone()
	last.assume |= assumeLastRef
	x.define(last, c, numValue(num{mask: isPos}), anyNum)
	x.define(s, c, numValue(constNum(0)), anyNum)
	if c.Dst == nil {
		return x.just(s)
	}
	return []*state{s, last}
}

// valuePrimitive computes the result of a call that only looks at its argument.
func (x *frame) valuePrimitive(s *state, c *cparse.Call, p *primitive) {
	v := top
	if p.Arg >= 0 && p.Arg < len(c.Args) {
		v = x.val(s, c.Args[p.Arg], 0)
		x.typeTemp(c, c.Args[p.Arg])
	} else {
		x.noteArgs(s, c)
	}
	masks := map[action]uint8{actIsNeg: isNeg, actIsNull: isZero, actIsNegNull: isNeg | isZero, actTruth: isNeg | isPos}
	if mask, ok := masks[p.Action]; ok {
		v = x.sign(s, v, mask)
	}
	if p.has(flagDeref) && v.kind == vPath {
		v = x.load(s, v.p, nil)
	}
	x.define(s, c, v, anyNum)
}

// sign is the truth of "v has one of these signs".
func (x *frame) sign(s *state, v value, mask uint8) value {
	n := s.numOf(v)
	switch {
	case n.mask&^mask == 0:
		return numValue(constNum(1))
	case n.mask&mask == 0:
		return numValue(constNum(0))
	case v.kind == vPath:
		return predValue(v.p, mask)
	case v.kind > vPath && mask == isNeg|isPos:
		return v
	}
	return top
}

// typeTemp gives the temporary that holds the result the argument's type.
func (x *frame) typeTemp(c *cparse.Call, arg *cparse.Expr) {
	if c.Dst == nil || c.Dst.Kind != cparse.EName {
		return
	}
	if i, ok := x.vars[c.Dst.Name]; ok && x.tempType[i] == nil {
		x.tempType[i] = x.typeOf(x.a.types, arg)
	}
}
