package lockflow

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// eventKind is what an event does.
type eventKind uint8

const (
	evAcquire eventKind = iota + 1
	evWait
	evSleep
	evNeed   // an assertion that a lock is held
	evForbid // an assertion that it is not held
)

// A condition restricts an event or an exit to calls whose arguments fit.
type condition struct {
	p    apath // rooted in a parameter
	n    num
	fn   string // not "": the parameter is this function
	must bool   // what is not known to meet it does not
}

// manyChoices is how many choices on one way are too many to be sure.
const manyChoices = 2

// compareCondition orders conditions, for a result that is always the same.
func compareCondition(a, b condition) int {
	return cmp.Or(comparePath(a.p, b.p), strings.Compare(a.fn, b.fn), compareNum(a.n, b.n), compareBool(a.must, b.must))
}

// An event is something that a function may do with locks, itself or in a
// callee, in terms of its parameters (rule L8). Events are immutable.
type event struct { // there are many: small fields stand together
	ref     ref
	prim    *primitive
	rel     *listOf[ref] // the caller's locks that are surely released by then
	cond    *listOf[condition]
	fn      *callgraph.Func // where it stands
	pos     cparse.Pos
	cross   *crossing // the calls through tables on the way
	next    *event    // the callee's event, nil where it stands
	edge    *callgraph.Edge
	len     int32 // calls from this function to it
	num     int32 // of the one that is written, see stateWriter
	kind    eventKind
	mode    Mode
	chosen  choice // by the call in this function
	choices uint8  // on the way to it, up to manyChoices
	try     bool
	every   bool // it happens for every object of its class: a queue is waited for
	assume  assumptions
	conf    Confidence
}

// sleeps says that the event may give up the CPU.
func (e *event) sleeps() bool { return e.prim.has(flagSleep) || e.kind == evSleep }

// open says that the event happens only if a caller meets a condition.
func (e *event) open() bool {
	return slices.ContainsFunc(e.cond.elems(), func(c condition) bool { return c.must })
}

// asserts says that the event only speaks of a lock.
func (e *event) asserts() bool { return e.kind == evNeed || e.kind == evForbid }

// nested says that the code vouches for the order among locks of one class.
func (e *event) nested() bool { return e.prim.has(flagNested) || e.prim.Nest >= 0 }

// better prefers the more certain, then the shorter witness; places decide ties
// so that the choice does not depend on the order of the search.
func (e *event) better(o *event) bool {
	c := cmp.Or(-cmp.Compare(e.conf, o.conf), cmp.Compare(e.len, o.len), cmp.Compare(e.fn.ID, o.fn.ID),
		cmp.Compare(e.pos.Line, o.pos.Line), cmp.Compare(e.pos.Col, o.pos.Col))
	if c == 0 && e.edge != nil && o.edge != nil {
		c = cmp.Or(cmp.Compare(e.edge.Site, o.edge.Site), cmp.Compare(e.edge.Callee, o.edge.Callee))
	}
	return c < 0
}

// A doing is what an event does to which lock, whatever must hold for it. Where
// the event stands counts only inside the scope: a finding is told by the function
// that takes the inner lock, but the depths of the rest of the kernel need not be
// told apart.
type doing struct {
	ref    ref
	fn     callgraph.FuncID
	kind   eventKind
	mode   Mode
	try    bool
	nested bool
	every  bool
}

// doing is the event without its conditions.
func (e *event) doing() doing {
	d := doing{kind: e.kind, ref: e.ref, mode: e.mode, try: e.try, nested: e.nested(), every: e.every, fn: callgraph.NoFunc}
	if e.fn.Focus {
		d.fn = e.fn.ID
	}
	return d
}

// kept is a copy of the event that stays.
func (e *event) kept() *event {
	out := *e
	return &out
}

// like says whether two events are the same but for their witness.
func (e *event) like(o *event) bool {
	return e.rel == o.rel && e.cond == o.cond && e.assume == o.assume && e.choices == o.choices && e.doing() == o.doing()
}

// same says whether two events are the same in everything, witnesses included.
func (e *event) same(o *event) bool {
	for e != o {
		if e == nil || o == nil {
			return false
		}
		a, b := *e, *o
		a.next, b.next, a.num, b.num = nil, nil, 0, 0
		if a != b {
			return false
		}
		e, o = e.next, o.next
	}
	return true
}

// covers says that o adds nothing to e, which does the same: e is as certain,
// happens whenever o does, and with no more locks released by then. So whatever
// is wrong about o is wrong about e.
func (e *event) covers(o *event) bool {
	if e.conf < o.conf || e.assume&^o.assume != 0 || e.cross != nil && e.cross != o.cross || e.choices > o.choices {
		return false
	}
	return e.rel.within(o.rel) && e.cond.within(o.cond)
}

// eventSet collects the events of one function: of those that do the same, the
// ones that no other covers.
type eventSet struct {
	at     map[doing]int32 // in groups
	groups [][]*event
	size   int
	cut    bool // some were dropped, see maxVariants

	last   doing // what was added last: the next is often of its group
	lastAt int32

	copies slab[event]
	cells  slab[*event] // room for groups of one

	classAt map[classID]int // in classes; for sorted
	classes []classEvents
}

// classEvents is the events of one class in the sorted list: count of them, up to
// end so far.
type classEvents struct {
	cls        classID
	count, end int
}

// eventSets keeps the memory of sets that were freed: most of what is added to a
// set is covered by something else.
var eventSets = sync.Pool{New: func() any { return &eventSet{at: map[doing]int32{}, classAt: map[classID]int{}} }}

// newEventSet is an empty set, to be freed.
func newEventSet() *eventSet { return eventSets.Get().(*eventSet) }

// free gives the memory of the set back, and that of all its events.
func (s *eventSet) free() {
	if len(s.at) > maxKeptEvents {
		return
	}
	clear(s.at)
	clear(s.groups)
	s.copies.reset()
	s.cells.reset()
	*s = eventSet{at: s.at, groups: s.groups[:0], copies: s.copies, cells: s.cells, classAt: s.classAt, classes: s.classes[:0]}
	eventSets.Put(s)
}

// maxKeptEvents bounds the memory of a set that is kept.
const maxKeptEvents = 1 << 10

// add adds a copy of an event unless one that is there covers it; of two that cover each
// other the better witness stays.
func (s *eventSet) add(e *event) {
	g := s.group(e.doing())
	group := s.groups[g]
	for _, o := range group {
		if o.covers(e) {
			if e.covers(o) && e.better(o) {
				*o = *e
			}
			return
		}
	}
	left := append(slices.DeleteFunc(group, e.covers), s.copies.keep(e))
	if len(left) > maxVariants {
		s.cut = true
		worst := 0
		for i := range left {
			if left[worst].freer(left[i]) {
				worst = i
			}
		}
		left = slices.Delete(left, worst, worst+1)
	}
	s.size += len(left) - len(group)
	s.groups[g] = left
}

// group is the index of the group of those that do k.
func (s *eventSet) group(k doing) int32 {
	if len(s.groups) > 0 && k == s.last {
		return s.lastAt
	}
	at, ok := s.at[k]
	if !ok {
		at = int32(len(s.groups))
		s.at[k] = at
		s.groups = append(s.groups, s.cells.take(1)[:0])
	}
	s.last, s.lastAt = k, at
	return at
}

// maxVariants is how many events are kept that do the same under conditions of
// which none implies another: the freest ones.
const maxVariants = 12

// freer says whether e depends on less than o, or else is the better witness.
func (e *event) freer(o *event) bool {
	if c := cmp.Or(-cmp.Compare(e.conf, o.conf), cmp.Compare(len(e.cond.elems())+len(e.rel.elems()), len(o.cond.elems())+len(o.rel.elems()))); c != 0 {
		return c < 0
	}
	return e.better(o)
}

// MaxEvents is how many events a function hands to its callers at most, if
// [Options] does not say less.
const MaxEvents = 1500

// Other bounds of that. groupEvents is for all functions of a recursive group
// together: all of them reach the same, and the larger the group, the less the far
// ones mean.
const (
	minEvents   = 64
	groupEvents = 1 << 19
)

// room is the number of events that a function may hand to its callers.
func (a *analysis) room(f callgraph.FuncID) int {
	return min(max(groupEvents/len(a.groups[a.groupOf[f]]), minEvents), a.most)
}

// outlive is copies of events that outlive their set.
func outlive(events []*event) []*event {
	copies := make([]event, len(events))
	for i, e := range events {
		copies[i] = *e
		events[i] = &copies[i]
	}
	return events
}

// nearest is the events in an order that depends on the code only, and whether
// these are all: if there are more than limit, those of each lock class that are
// reached over the fewest calls come first.
func (s *eventSet) nearest(limit int) ([]*event, bool) {
	out := s.sorted()
	if len(out) <= limit {
		return out, !s.cut
	}
	slices.SortStableFunc(out, func(a, b *event) int {
		return cmp.Or(compareClassID(a.ref.cls, b.ref.cls), cmp.Compare(a.kind, b.kind), cmp.Compare(a.len, b.len))
	})
	rank := make(map[*event]int32, len(out)) // among those of its class
	for i, e := range out {
		if i > 0 && out[i-1].kind == e.kind && out[i-1].ref.cls == e.ref.cls {
			rank[e] = rank[out[i-1]] + 1
		}
	}
	slices.SortStableFunc(out, func(a, b *event) int { return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(a.len, b.len)) })
	out = out[:limit]
	slices.SortFunc(out, compareEvents)
	return out, false
}

// sorted is the events in the order of compareEvents. Events of one class are put
// together first: there are few classes, and their names are compared once.
func (s *eventSet) sorted() []*event {
	s.classes = s.classes[:0]
	clear(s.classAt)
	for _, group := range s.groups {
		if len(group) == 0 {
			continue
		}
		i, ok := s.classAt[group[0].ref.cls]
		if !ok {
			i = len(s.classes)
			s.classAt[group[0].ref.cls] = i
			s.classes = append(s.classes, classEvents{cls: group[0].ref.cls})
		}
		s.classes[i].count += len(group)
	}
	slices.SortFunc(s.classes, func(a, b classEvents) int { return compareClassID(a.cls, b.cls) })
	end := 0
	for i := range s.classes {
		c := &s.classes[i]
		s.classAt[c.cls] = i
		c.end, end = end, end+c.count
	}
	out := make([]*event, end)
	for _, group := range s.groups {
		if len(group) > 0 {
			c := &s.classes[s.classAt[group[0].ref.cls]]
			c.end += copy(out[c.end:], group)
		}
	}
	for _, c := range s.classes {
		slices.SortFunc(out[c.end-c.count:c.end], compareEvents)
	}
	return out
}

// compareEvents orders events by what they do, then by where. What decides most
// often comes first, and the rest is not looked at then.
func compareEvents(a, b *event) int {
	if c := compareClassID(a.ref.cls, b.ref.cls); c != 0 {
		return c
	}
	if c := cmp.Or(int(a.kind)-int(b.kind), int(a.mode)-int(b.mode)); c != 0 {
		return c
	}
	if c := comparePath(a.ref.p, b.ref.p); c != 0 {
		return c
	}
	if c := cmp.Or(cmp.Compare(a.fn.ID, b.fn.ID), cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Col, b.pos.Col)); c != 0 {
		return c
	}
	if c := compareLists(a.rel, b.rel, compareRef); c != 0 {
		return c
	}
	if c := cmp.Compare(a.len, b.len); c != 0 {
		return c
	}
	return cmp.Or(compareLists(a.cond, b.cond, compareCondition), cmp.Compare(a.assume, b.assume), cmp.Compare(b.conf, a.conf),
		compareCrossing(a.cross, b.cross), cmp.Compare(a.choices, b.choices), cmp.Compare(a.chosen, b.chosen))
}

// edgeConfidence is how sure a call edge is.
func edgeConfidence(k callgraph.EdgeKind) Confidence {
	switch k {
	case callgraph.Direct, callgraph.Macro:
		return Certain
	case callgraph.Guess:
		return Guessed
	}
	return Likely
}
