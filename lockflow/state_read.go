package lockflow

import (
	"klockscan/callgraph"
	"klockscan/cparse"
)

// What is gone from this program, where a value is remembered.
var (
	lostEvent = &event{}
	lostEdge  = &callgraph.Edge{}
)

// done notes whether a record could be read.
func (o *earlier) done(c *cursor) { o.bad = o.bad || c.bad }

// known is what was read of a number, if that is one of the table; 0 is nothing.
func known[T comparable](o *earlier, got []T, n int) (at *T, there bool) {
	var none T
	if n < 1 || n > len(got) {
		o.bad = o.bad || n != 0
		return &none, true
	}
	return &got[n-1], got[n-1] != none
}

func (o *earlier) text(n int) string {
	if n == 0 {
		return ""
	}
	c := o.texts.at(n)
	o.done(&c)
	return string(c.rest)
}

func (o *earlier) path(n int) *pathText {
	p, there := known(o, o.got.paths, n)
	if !there {
		c := o.paths.at(n)
		name, steps := o.text(c.uint()), o.text(c.uint())
		*p = textOf(name, steps)
		o.done(&c)
	}
	return *p
}

func (o *earlier) class(n int) classID {
	p, there := known(o, o.got.classes, n)
	if !there {
		c := o.classes.at(n)
		*p = Class{o.text(c.uint()), o.text(c.uint()), o.text(c.uint())}.id()
		o.done(&c)
	}
	return *p
}

func (o *earlier) apath(c *cursor) apath {
	return apath{kind: rootKind(c.byte()), idx: int32(c.int()), text: o.path(c.uint())}
}

func (o *earlier) ref(n int) ref {
	p, there := known(o, o.got.refs, n)
	if !there {
		c := o.refs.at(n)
		*p = ref{p: o.apath(&c), cls: o.class(c.uint())}
		o.done(&c)
	}
	return *p
}

func (o *earlier) num(c *cursor) num {
	n := num{mask: c.byte()}
	var more bool
	if c.bits(&n.exact, &n.ne, &more); more {
		n.k, n.on, n.off = c.int(), uint64(c.int()), uint64(c.int())
	}
	return n
}

func (o *earlier) value(c *cursor) value {
	return value{kind: valueKind(c.byte()), mask: c.byte(), n: o.num(c), p: o.apath(c)}
}

// listed reads a list, nil if it is empty.
func listed[T any](c *cursor, read func() T) []T {
	n := c.len()
	if n == 0 {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		out[i] = read()
	}
	return out
}

func (o *earlier) bindings(c *cursor) []binding {
	return listed(c, func() binding { return binding{place: o.apath(c), v: o.value(c)} })
}

func (o *earlier) lockList(c *cursor) []ref {
	return listed(c, func() ref { return o.ref(c.uint()) })
}

func (o *earlier) conditions(c *cursor) []condition {
	return listed(c, func() condition {
		out := condition{p: o.apath(c), n: o.num(c), fn: o.text(c.uint())}
		c.bits(&out.must)
		return out
	})
}

func (o *earlier) refList(n int) *listOf[ref] {
	p, there := known(o, o.got.refLists, n)
	if !there {
		c := o.refLists.at(n)
		*p = o.a.refLists.of(o.lockList(&c))
		o.done(&c)
	}
	return *p
}

func (o *earlier) condList(n int) *listOf[condition] {
	p, there := known(o, o.got.condLists, n)
	if !there {
		c := o.condLists.at(n)
		*p = o.a.condLists.of(o.conditions(&c))
		o.done(&c)
	}
	return *p
}

func (o *earlier) crossing(n int) *crossing {
	p, there := known(o, o.got.crossings, n)
	if !there {
		c := o.crossings.at(n)
		next := c.uint()
		if next >= n {
			o.bad = true
			return nil
		}
		var made leap
		made.to = o.dir(c.uint())
		var strangers []byte
		for range c.len() {
			strangers = appendDir(strangers, o.dir(c.uint()))
		}
		made.strangers = string(strangers)
		*p = o.a.crossingOf(crossing{made, o.crossing(next)})
		o.done(&c)
	}
	return *p
}

// dir is the number of a directory here.
func (o *earlier) dir(n int) int32 {
	if n >= len(o.dirOf) || o.dirOf[n] < 0 {
		o.isLost, o.bad = true, true
		return 0
	}
	return o.dirOf[n]
}

func (o *earlier) prim(n int) *primitive {
	p, there := known(o, o.got.prims, n)
	if !there {
		c := o.prims.at(n)
		kind, name := c.uint(), o.text(c.uint())
		switch kind {
		case primAssert:
			*p = assertPrim
		case primAnnot:
			*p = annotPrim
		default:
			*p = o.a.table.lookup(name)
		}
		o.bad = o.bad || *p == nil
		o.done(&c)
	}
	return *p
}

// function is the number of an old function here; NoFunc, and lost, if it is gone.
func (o *earlier) function(old int) callgraph.FuncID {
	if old >= len(o.newOf) {
		o.bad, o.isLost = true, true
		return callgraph.NoFunc
	}
	f := o.newOf[old]
	o.isLost = o.isLost || f == callgraph.NoFunc
	return f
}

// pos reads a place in the file of a function; false if it is gone.
func (o *earlier) pos(c *cursor, f callgraph.FuncID) (cparse.Pos, bool) {
	p := cparse.Pos{Line: int32(c.int()), Col: int32(c.int())}
	if p == (cparse.Pos{}) || f == callgraph.NoFunc {
		return p, f != callgraph.NoFunc
	}
	return o.d.Pos(f, p)
}

// here is pos for what is lost without its place.
func (o *earlier) here(c *cursor, f callgraph.FuncID) cparse.Pos {
	p, ok := o.pos(c, f)
	o.isLost = o.isLost || !ok
	return p
}

// place is where an event stands.
func (o *earlier) place(n int) (*callgraph.Func, cparse.Pos) {
	p, there := known(o, o.got.places, n)
	if !there {
		c := o.places.at(n)
		p.known = true
		if f := o.function(c.uint()); f != callgraph.NoFunc {
			if pos, ok := o.pos(&c, f); ok {
				p.fn, p.pos = o.a.prog.Funcs[f], pos
			}
		}
		o.done(&c)
	}
	o.isLost = o.isLost || p.fn == nil
	return p.fn, p.pos
}

// edge is an edge of the graph.
func (o *earlier) edge(n int) *callgraph.Edge {
	p, there := known(o, o.got.edges, n)
	if !there {
		if *p = o.findEdge(n); *p == nil {
			*p = lostEdge
		}
	}
	if *p == lostEdge {
		o.isLost = true
		return nil
	}
	return *p
}

// findEdge looks for an edge that was: where it stood among those of its function,
// or, if these are others now, at its place. nil if it is gone, or cannot be told from
// another.
func (o *earlier) findEdge(n int) *callgraph.Edge {
	c := o.edges.at(n)
	old, at, via := c.uint(), c.uint(), o.text(c.uint())
	caller := o.function(old)
	pos, ok := o.pos(&c, caller)
	if o.done(&c); !ok || o.bad {
		return nil
	}
	if at >= len(o.calls[old]) {
		o.bad = true
		return nil
	}
	was, out := o.calls[old][at], o.a.graph.Out(caller)
	callee := o.function(int(was.callee))
	same := func(e *callgraph.Edge) bool {
		return e.Callee == callee && e.Kind == was.kind && e.Via == via && e.Pos == pos
	}
	if !o.changed[caller] {
		if at < len(out) && same(&out[at]) {
			return &out[at]
		}
		o.bad = true // somebody who said that nothing changed was wrong
		return nil
	}
	var found *callgraph.Edge
	for i := range out {
		if same(&out[i]) {
			if found != nil {
				return nil
			}
			found = &out[i]
		}
	}
	return found
}

// event is an event with those behind it.
func (o *earlier) event(n int) *event {
	p, there := known(o, o.got.events, n)
	if !there {
		lost := o.isLost
		o.isLost = false
		if *p = o.readEvent(n); o.isLost || o.bad {
			*p = lostEvent
		}
		o.isLost = lost
	}
	if *p == lostEvent {
		o.isLost = true
	}
	return *p
}

func (o *earlier) readEvent(n int) *event {
	c := o.events.at(n)
	var flags [7]bool // in the order of stateWriter.event
	var behind [5]int
	c.bits(&flags[0], &flags[1], &flags[2], &flags[3], &flags[4], &flags[5], &flags[6])
	for i := range behind {
		if flags[i] {
			behind[i] = c.uint()
		}
	}
	if behind[0] >= n {
		o.bad = true
		return nil
	}
	e := &event{next: o.event(behind[0]), edge: o.edge(behind[1]), rel: o.refList(behind[2]), cond: o.condList(behind[3]), cross: o.crossing(behind[4])}
	e.ref, e.assume, e.conf, e.len = o.ref(c.uint()), assumptions(c.byte()), Confidence(c.byte()), int32(c.uint())
	if flags[5] {
		e.chosen, e.choices = choice(c.byte()), c.byte()
	}
	if flags[6] && e.next != nil {
		e.kind, e.mode, e.try, e.every, e.prim, e.fn, e.pos = e.next.kind, e.next.mode, e.next.try, e.next.every, e.next.prim, e.next.fn, e.next.pos
	} else {
		e.kind, e.mode = eventKind(c.byte()), Mode(c.byte())
		c.bits(&e.try, &e.every)
		e.prim = o.prim(c.uint())
		e.fn, e.pos = o.place(c.uint())
	}
	o.done(&c)
	return e
}

func (o *earlier) held(c *cursor) held {
	return held{ref: o.ref(c.uint()), mode: Mode(c.byte()), flags: heldFlags(c.byte()), from: o.event(c.uint())}
}

// betweens is who runs between others of a table: tables are what they were.
func (o *earlier) betweens() []between {
	var out []between
	for i := range o.between.len() {
		c := o.between.at(i + 1)
		var fs [3]callgraph.FuncID
		for k := range fs {
			old := c.int()
			if old < 0 && k == 2 {
				fs[k] = callgraph.NoFunc
				continue
			}
			if old < 0 || old >= int64(len(o.newOf)) || o.newOf[old] == callgraph.NoFunc {
				o.bad = true // a function is gone
				return nil
			}
			fs[k] = o.newOf[old]
		}
		out = append(out, between{fs[0], fs[1], fs[2], o.text(c.uint())})
		o.done(&c)
	}
	return out
}
