package lockflow

import (
	"klockscan/callgraph"
	"klockscan/cparse"
)

// summaryAt reads a summary; false if it speaks of something that is gone. Places that
// callers do not see may be gone.
func (o *earlier) summaryAt(slot int) (*summary, bool) {
	o.isLost, o.moved = false, false
	s := &summary{exits: o.exitsAt(slot), events: eventsIn(o, o.tails.at(slot))}
	return s, !o.isLost && !o.bad
}

// exitsAt reads the ways out of a function.
func (o *earlier) exitsAt(slot int) []exit {
	c := o.heads.at(slot)
	f := o.function(c.uint())
	out := listed(&c, func() exit { return o.exit(&c, f) })
	o.done(&c)
	return out
}

// eventsIn reads numbers of events.
func eventsIn(o *earlier, c cursor) []*event {
	out := o.eventList(&c)
	o.done(&c)
	return out
}

func (o *earlier) eventList(c *cursor) []*event {
	last := 0
	return listed(c, func() *event {
		last += int(c.int())
		return o.event(last)
	})
}

func (o *earlier) exit(c *cursor, f callgraph.FuncID) exit {
	e := exit{value: o.value(c), n: o.num(c), fields: o.bindings(c), stores: o.bindings(c)}
	e.held = listed(c, func() held { return o.held(c) })
	e.rel = listed(c, func() release {
		r := release{ref: o.ref(c.uint())}
		c.bits(&r.vague, &r.irq)
		r.calls, r.pos = int8(c.int()), o.inside(c, f)
		return r
	})
	e.free, e.facts, e.assume, e.pos = o.lockList(c), o.conditions(c), assumptions(c.byte()), o.inside(c, f)
	return e
}

// inside is pos for a place that callers do not see.
func (o *earlier) inside(c *cursor, f callgraph.FuncID) cparse.Pos {
	p, ok := o.pos(c, f)
	o.moved = o.moved || !ok
	return p
}

// outcomeAt reads an outcome; false if it speaks of something that is gone.
func (o *earlier) outcomeAt(slot int) (*outcome, bool) {
	o.isLost, o.moved = false, false
	h := o.heads.at(slot)
	f := o.function(h.uint())
	c := o.outcomes.at(slot)
	out := &outcome{limits: map[string]int{}}
	out.pairs = listed(&c, func() pairRec {
		return pairRec{h: o.held(&c), ev: o.event(c.uint()), same: SameObject(c.byte()), conf: Confidence(c.byte()),
			also: listed(&c, func() classID { return o.class(c.uint()) })}
	})
	out.doubles = listed(&c, func() doubleUnlock { return o.double(&c, f) })
	out.needs = listed(&c, func() need {
		n := need{key: needKey{cls: o.class(c.uint())}, verdict: verdict(c.byte()), ev: o.event(c.uint())}
		n.h, n.by = o.held(&c), o.edge(c.uint())
		return n
	})
	out.leaving = listed(&c, func() leavingState { return o.leavingState(&c, f) })
	for range c.len() {
		if out.handed == nil {
			out.handed = map[handOver]bool{}
		}
		out.handed[handOver{o.function(c.uint()), o.class(c.uint())}] = true
	}
	out.unknown = listed(&c, func() unknownLock { return unknownLock{o.text(c.uint()), o.here(&c, f)} })
	out.acquired = c.uint()
	for range c.len() {
		name := o.text(c.uint())
		out.limits[name] = c.uint()
	}
	o.done(&c)
	return out, !o.isLost && !o.bad
}

func (o *earlier) double(c *cursor, f callgraph.FuncID) doubleUnlock {
	d := doubleUnlock{ref: o.ref(c.uint())}
	c.bits(&d.straight, &d.sure, &d.never)
	d.pos, d.first = o.here(c, f), o.here(c, f)
	d.by, d.assume = o.edge(c.uint()), assumptions(c.byte())
	return d
}

// leavingState reads a way out as far as it is judged.
func (o *earlier) leavingState(c *cursor, f callgraph.FuncID) leavingState {
	s := &state{held: listed(c, func() held { return o.held(c) })}
	s.was.all = o.lockList(c)
	s.facts.all = listed(c, func() fact { return fact{p: o.apath(c), n: o.num(c)} })
	s.free.all = listed(c, func() freed {
		f := freed{ref: o.ref(c.uint())}
		c.bits(&f.many, &f.own, &f.entered, &f.vague, &f.inner, &f.irq, &f.direct, &f.straight)
		f.by, f.from = o.edge(c.uint()), o.event(c.uint())
		return f
	})
	s.assume = assumptions(c.byte())
	return leavingState{s: s, e: exit{n: o.num(c), stores: o.bindings(c)}, pos: o.here(c, f)}
}

// exits is the ways out of a function that is as it was.
func (o *earlier) exits(f callgraph.FuncID) []exit {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.isLost, o.moved = false, false
	out := o.exitsAt(o.slot[f])
	o.bad = o.bad || o.isLost || o.moved
	return out
}

// toldBy is what the result looks at of the events of such a function.
func (o *earlier) toldBy(f callgraph.FuncID) []*event {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.isLost = false
	c := o.told.at(o.slot[f])
	out := o.eventList(&c)
	o.done(&c)
	o.bad = o.bad || o.isLost
	return out
}

// spellings is how such a function spells the locks that it takes.
func (o *earlier) spellings(f callgraph.FuncID) []spelled {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.names.at(o.slot[f])
	out := listed(&c, func() spelled { return spelled{o.class(c.uint()), o.text(c.uint())} })
	o.done(&c)
	return out
}
