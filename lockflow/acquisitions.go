package lockflow

import (
	"cmp"
	"slices"

	"klockscan/callgraph"
)

// An Acquisition is where a lock of a known class is taken, or its readers are
// waited for (Lock.Mode is Wait).
type Acquisition struct {
	Lock Lock
	Func callgraph.FuncID // whose code tells the class: the function of Lock, or one that passes it the lock
	Down callgraph.Chain  // from Func to the function of Lock; one step if they are the same
}

// acquires says whether an event counts as an acquisition of the function that tells it:
// no callee knew the class before.
func (e *event) acquires() bool {
	return e.kind != evSleep && !e.asserts() && e.ref.cls.known() && (e.next == nil || !e.next.ref.cls.known())
}

// acquisitions is the places where locks are taken, sorted by lock and function.
// Places of one function that no caller can tell apart are one. A lock that comes
// as a parameter has no class where it is taken; it counts for each function that
// passes one whose class it knows.
func (r *reporter) acquisitions() []Acquisition {
	var out []Acquisition
	for id := range r.prog.Funcs {
		for _, e := range r.told(callgraph.FuncID(id)) {
			if !e.acquires() {
				continue
			}
			a := Acquisition{Lock: r.lock(e, e.ref.cls, e.mode), Func: callgraph.FuncID(id), Down: callgraph.Chain{{Func: callgraph.FuncID(id)}}}
			for ; e.edge != nil; e = e.next {
				a.Down = append(a.Down, callgraph.Step{Func: e.edge.Callee, Edge: e.edge})
			}
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Acquisition) int {
		return cmp.Or(compareLock(a.Lock, b.Lock), cmp.Compare(a.Func, b.Func), cmp.Compare(len(a.Down), len(b.Down)))
	})
	return slices.CompactFunc(out, func(a, b Acquisition) bool { return a.Lock == b.Lock && a.Func == b.Func })
}
