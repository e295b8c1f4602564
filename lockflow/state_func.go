package lockflow

import (
	"cmp"
	"maps"
	"slices"

	"klockscan/callgraph"
)

// solved writes a summary and an outcome: the ways out to heads, the events to tails,
// what the result looks at of them to told and names.
func (w *stateWriter) solved(f callgraph.FuncID, s solved) {
	var r record
	r.uint(int(f))
	r.uint(len(s.sum.exits))
	for i := range s.sum.exits {
		w.exit(&r, &s.sum.exits[i])
	}
	w.heads.all = append(w.heads.all, r...)
	w.heads.add()

	r = r[:0]
	last := 0
	r.uint(len(s.sum.events))
	for _, e := range s.sum.events {
		n := w.event(e)
		r.int(int64(n - last))
		last = n
	}
	w.tails.all = append(w.tails.all, r...)
	w.tails.add()

	r = r[:0]
	w.tellsOf(&r, s.sum)
	w.told.all = append(w.told.all, r...)
	w.told.add()

	names := s.sum.spellings()
	w.names.all.uint(len(names))
	for _, n := range names {
		cls, name := w.class(n.cls), w.text(n.name)
		w.names.all.uint(cls)
		w.names.all.uint(name)
	}
	w.names.add()

	r = r[:0]
	w.outcome(&r, s.out)
	w.outcomes.all = append(w.outcomes.all, r...)
	w.outcomes.add()
}

// tellsOf writes what the result looks at of a summary's events.
func (w *stateWriter) tellsOf(r *record, s *summary) {
	var told record
	n, last := 0, 0
	for _, e := range s.events {
		if e.tells() {
			at := w.event(e)
			told.int(int64(at - last))
			last = at
			n++
		}
	}
	r.uint(n)
	*r = append(*r, told...)
}

func (w *stateWriter) exit(r *record, e *exit) {
	w.value(r, e.value)
	w.num(r, e.n)
	w.bindings(r, e.fields)
	w.bindings(r, e.stores)
	r.uint(len(e.held))
	for i := range e.held {
		w.held(r, &e.held[i])
	}
	r.uint(len(e.rel))
	for _, o := range e.rel {
		r.uint(w.ref(o.ref))
		r.bits(o.vague, o.irq)
		r.int(int64(o.calls))
		w.pos(r, o.pos)
	}
	w.lockList(r, e.free)
	w.conditions(r, e.facts)
	r.byte(uint8(e.assume))
	w.pos(r, e.pos)
}

func (w *stateWriter) outcome(r *record, o *outcome) {
	r.uint(len(o.pairs))
	for i := range o.pairs {
		p := &o.pairs[i]
		w.held(r, &p.h)
		ev := w.event(p.ev)
		r.uint(ev)
		r.byte(uint8(p.same))
		r.byte(uint8(p.conf))
		r.uint(len(p.also))
		for _, c := range p.also {
			r.uint(w.class(c))
		}
	}
	w.doubles(r, o.doubles)
	w.needs(r, o.needs)
	w.leaving(r, o.leaving)
	handed := slices.SortedFunc(maps.Keys(o.handed), func(a, b handOver) int {
		return cmp.Or(cmp.Compare(a.fn, b.fn), compareClassID(a.cls, b.cls))
	})
	r.uint(len(handed))
	for _, h := range handed {
		r.uint(int(h.fn))
		r.uint(w.class(h.cls))
	}
	r.uint(len(o.unknown))
	for _, u := range o.unknown {
		r.uint(w.text(u.by))
		w.pos(r, u.pos)
	}
	r.uint(o.acquired)
	r.uint(len(o.limits))
	for _, name := range slices.Sorted(maps.Keys(o.limits)) {
		r.uint(w.text(name))
		r.uint(o.limits[name])
	}
}

func (w *stateWriter) doubles(r *record, list []doubleUnlock) {
	r.uint(len(list))
	for i := range list {
		d := &list[i]
		r.uint(w.ref(d.ref))
		r.bits(d.straight, d.sure, d.never)
		w.pos(r, d.pos)
		w.pos(r, d.first)
		r.uint(w.edge(d.by))
		r.byte(uint8(d.assume))
	}
}

// needs writes assertions; of their keys only the class is looked at later.
func (w *stateWriter) needs(r *record, list []need) {
	r.uint(len(list))
	for i := range list {
		n := &list[i]
		r.uint(w.class(n.key.cls))
		r.byte(uint8(n.verdict))
		r.uint(w.event(n.ev))
		w.held(r, &n.h)
		r.uint(w.edge(n.by))
	}
}

// leaving writes ways out with locks, as far as they are judged.
func (w *stateWriter) leaving(r *record, list []leavingState) {
	r.uint(len(list))
	for i := range list {
		l := &list[i]
		r.uint(len(l.s.held))
		for k := range l.s.held {
			w.held(r, &l.s.held[k])
		}
		w.lockList(r, l.s.was.all)
		r.uint(len(l.s.facts.all))
		for _, f := range l.s.facts.all {
			w.apath(r, f.p)
			w.num(r, f.n)
		}
		r.uint(len(l.s.free.all))
		for k := range l.s.free.all {
			f := &l.s.free.all[k]
			r.uint(w.ref(f.ref))
			r.bits(f.many, f.own, f.entered, f.vague, f.inner, f.irq, f.direct, f.straight)
			r.uint(w.edge(f.by))
			r.uint(w.event(f.from))
		}
		r.byte(uint8(l.s.assume))
		w.num(r, l.e.n)
		w.bindings(r, l.e.stores)
		w.pos(r, l.pos)
	}
}
