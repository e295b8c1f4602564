package callgraph

import "klockscan/cparse"

// A wait for a work item or a timer is a wait for all that its function does:
// flush_work(&p->work) returns after the function that INIT_WORK(&p->work, fn)
// named. What an object runs is kept in a cell of its own, by the member or
// variable that the object is; a queue holds what its items run.

// runBy marks the cell of the functions that the object in a cell runs.
type runBy int32

// waiting applies a row about objects that run functions.
func (s *solver) waiting(f *Func, c *cparse.Call, r handOver) {
	object, ok := s.runCell(f, c.Args[r.arg])
	if !ok {
		return
	}
	if r.action == "waits" {
		s.callThrough(object, pendingCall{caller: f.ID, call: c, kind: Waits, via: c.Fun.Name})
		return
	}
	if r.value >= len(c.Args) {
		return
	}
	if r.action == "runs" {
		s.flow(f, c.Args[r.value], object, Waits, "argument", c.Pos)
		return
	}
	if item, ok := s.runCell(f, c.Args[r.value]); ok {
		s.include(item, object)
	}
}

// runCell is the cell of what the object at an address runs.
func (s *solver) runCell(f *Func, address *cparse.Expr) (int32, bool) {
	object, ok := s.cellOf(f, address)
	if !ok {
		return 0, false
	}
	return s.cell(cellKey{owner: runBy(object)}), true
}
