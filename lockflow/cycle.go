package lockflow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Cycles are found among the observed orders alone, where no rule decides: A
// was taken inside B here, B inside A there. That is lockdep's criterion
// (Documentation/locking/lockdep-design.rst), without the need that the paths
// ever ran; so it is applied only to pairs that are at least likely, and only
// where two tasks really can wait for each other: not if both only read, not if
// both hold a third lock exclusively, not if the combination already sleeps in
// atomic context.

// maxReach is the number of calls between holding one lock and taking the other
// beyond which an order that only the code shows is merely possible: each call
// on the way has conditions that the analysis may not see, and no document says
// that the order was meant.
const maxReach = 12

// maxDocumented is the same for an order that a document states. Beyond it the way
// leads through what almost everything can reach: an allocation, which reclaims
// memory, which writes it out. (Linux 6.12, mm: six such findings were certain. Five
// were ruled out by the flags of the allocation, and in one the inner lock was
// another object's.)
const maxDocumented = 20

// maxTriangles bounds the circles of three locks that are reported.
const maxTriangles = 50

type classPair struct{ outer, inner Class }

// A direction is what was observed of one order.
type direction struct {
	classPair
	pairs []*Pair // at least likely ones; the best witness first
}

// cycles applies C5 and C6.
func (c *checker) cycles() {
	seen := c.directions()
	keys := slices.SortedFunc(maps.Keys(seen), func(a, b classPair) int {
		return cmp.Or(compareClass(a.outer, b.outer), compareClass(a.inner, b.inner))
	})
	for _, k := range keys {
		back := seen[classPair{k.inner, k.outer}]
		if back == nil || compareClass(k.outer, k.inner) > 0 || c.order.decides(k.outer, k.inner) {
			continue
		}
		c.cycle(seen[k], back)
	}
	c.triangles(seen, keys)
}

// directions groups the pairs that can be part of a cycle.
func (c *checker) directions() map[classPair]*direction {
	atomic := map[classPair]bool{} // reported already: a mutex under a spinning lock
	for _, f := range c.res.Findings {
		if f.Kind == KindAtomicSleep && f.Outer != nil && f.Inner != nil {
			atomic[classPair{f.Outer.Class, f.Inner.Class}] = true
		}
	}
	seen := map[classPair]*direction{}
	for i := range c.res.Pairs {
		p := &c.res.Pairs[i]
		k := classPair{p.Outer.Class, p.Inner.Class}
		if !p.orders() || p.Confidence < Likely || atomic[k] {
			continue
		}
		if seen[k] == nil {
			seen[k] = &direction{classPair: k}
		}
		seen[k].pairs = append(seen[k].pairs, p)
	}
	for _, d := range seen {
		slices.SortStableFunc(d.pairs, func(a, b *Pair) int {
			return cmp.Or(-cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.reach(), b.reach()),
				cmp.Compare(len(a.Chain), len(b.Chain)))
		})
	}
	return seen
}

// cycle reports two directions if some pair of one can deadlock with some pair
// of the other. The rarer direction is the finding and the other its reverse:
// what most of the code does is the order that was meant.
func (c *checker) cycle(a, b *direction) {
	if rarer(b, a) {
		a, b = b, a
	}
	for _, p := range a.pairs {
		for _, q := range b.pairs {
			if deadlocks(p, q) {
				c.reportCycle(p, q, len(b.pairs))
				return
			}
		}
	}
}

// rarer compares two directions: fewer functions, then less certain, then
// reached by a longer way.
func rarer(a, b *direction) bool {
	return cmp.Or(cmp.Compare(len(a.pairs), len(b.pairs)),
		cmp.Compare(a.pairs[0].Confidence, b.pairs[0].Confidence),
		-cmp.Compare(len(a.pairs[0].Chain), len(b.pairs[0].Chain))) < 0
}

// deadlocks says whether a task in p and one in q can wait for each other.
func deadlocks(p, q *Pair) bool {
	return conflict(p.Outer.Mode, q.Inner.Mode) && conflict(q.Outer.Mode, p.Inner.Mode) && !gated(p, q)
}

// reach is the number of calls from the function that takes the outer lock to
// the one that takes the inner one; the whole chain's if the former returned
// with the lock and is not in it.
func (p *Pair) reach() int {
	for i := len(p.Chain) - 1; i > 0; i-- {
		if p.Chain[i].Function == p.Outer.Function {
			return len(p.Chain) - 1 - i
		}
	}
	return max(len(p.Chain)-1, 0)
}

// conflict says whether a task that wants a lock waits for one that holds it.
func conflict(held, wanted Mode) bool {
	if wanted == Wait {
		return held == ReadRec
	}
	return held == Write || wanted == Write
}

// gated says whether both tasks hold one more lock, which lets only one of them
// in.
func gated(p, q *Pair) bool {
	return slices.ContainsFunc(p.Also, func(c Class) bool { return slices.Contains(q.Also, c) })
}

func (c *checker) reportCycle(p, q *Pair, times int) {
	kind := KindCycle
	if p.Inner.Mode == Wait || q.Inner.Mode == Wait {
		kind = KindSRCU
	}
	f := c.finding(kind, p, nil, fmt.Sprintf("%s: %s with %s held; %s: %s with %s held (%s); each can wait for the other",
		p.Inner.Function, p.Inner.Name, p.Outer.Name, q.Inner.Function, q.Inner.Name, q.Outer.Name, places(times)))
	f.Reverse = q.Chain
	f.Confidence = min(p.Confidence, q.Confidence)
	f.Assumed = slices.Concat(p.Assumed, q.Assumed)
	f.distrust(max(p.reach(), q.reach()), maxReach)
	c.add(f, p)
}

// distrust makes a finding possible that more calls than most lead to.
func (f *Finding) distrust(calls, most int) {
	if calls > most {
		f.Confidence = min(f.Confidence, Possible)
		f.Assumed = append(slices.Clone(f.Assumed), tooFar(calls))
	}
}

// tooFar is the assumption behind what happens many calls away from the lock.
func tooFar(calls int) string {
	return fmt.Sprintf("none of the conditions on a way of %d calls rules it out", calls)
}

func places(n int) string {
	if n == 1 {
		return "in one function"
	}
	return fmt.Sprintf("in %d functions", n)
}

// triangles applies C6: A inside B, B inside C, C inside A, none of them
// decided and no two of them a cycle by themselves. Three tasks have to meet,
// so these are possible at best.
func (c *checker) triangles(seen map[classPair]*direction, keys []classPair) {
	next := map[Class][]Class{}
	for _, k := range keys {
		if !c.order.decides(k.outer, k.inner) && seen[classPair{k.inner, k.outer}] == nil {
			next[k.outer] = append(next[k.outer], k.inner)
		}
	}
	count := 0
	for _, a := range slices.SortedFunc(maps.Keys(next), compareClass) {
		for _, b := range next[a] {
			for _, third := range next[b] {
				first := compareClass(a, b) < 0 && compareClass(a, third) < 0 // each circle once
				if !first || seen[classPair{third, a}] == nil || !slices.Contains(next[third], a) || count == maxTriangles {
					continue
				}
				if c.triangle(seen[classPair{a, b}].pairs[0], seen[classPair{b, third}].pairs[0], seen[classPair{third, a}].pairs[0]) {
					count++
				}
			}
		}
	}
}

// triangle reports p, q, r, where each takes what the next one holds.
func (c *checker) triangle(p, q, r *Pair) bool {
	if !conflict(q.Outer.Mode, p.Inner.Mode) || !conflict(r.Outer.Mode, q.Inner.Mode) || !conflict(p.Outer.Mode, r.Inner.Mode) {
		return false
	}
	if gated(p, q) || gated(q, r) || gated(r, p) {
		return false
	}
	f := c.finding(KindCycle, p, nil, fmt.Sprintf("%s takes %s with %s held, %s takes %s with %s held, %s takes %s with %s held",
		p.Inner.Function, p.Inner.Name, p.Outer.Name, q.Inner.Function, q.Inner.Name, q.Outer.Name,
		r.Inner.Function, r.Inner.Name, r.Outer.Name))
	f.Reverse = slices.Concat(q.Chain, r.Chain)
	f.Confidence = min(p.Confidence, q.Confidence, r.Confidence, Possible)
	f.Assumed = append(slices.Concat(p.Assumed, q.Assumed, r.Assumed), "three tasks meet at once")
	c.add(f, p)
	return true
}
