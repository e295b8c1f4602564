package lockflow

import (
	"hash/crc32"
	"slices"

	"klockscan/callgraph"
)

// bringOver finds out who is who in the two programs; false if that cannot be told.
func (o *earlier) bringOver(d Difference) bool {
	o.d = d
	return o.match() && o.readCalls() && o.markChanged() && o.readDirs() && o.readSlots() && !o.bad
}

// match pairs the functions. They are in one order in both programs, and there is one
// that is gone for each of those that the caller names.
func (o *earlier) match() bool {
	funcs := o.a.prog.Funcs
	o.newOf, o.oldOf = make([]callgraph.FuncID, o.outs.len()), make([]callgraph.FuncID, len(funcs))
	for i := range o.oldOf {
		o.oldOf[i] = callgraph.NoFunc
	}
	last, gone := callgraph.NoFunc, 0
	for i := range o.newOf {
		f := o.d.Func(callgraph.FuncID(i))
		o.newOf[i] = f
		if f == callgraph.NoFunc {
			gone++
			continue
		}
		if f <= last || int(f) >= len(funcs) {
			return false
		}
		o.oldOf[f], last = callgraph.FuncID(i), f
	}
	return gone == len(o.d.Gone)
}

// readCalls reads who the functions were, and whom they called.
func (o *earlier) readCalls() bool {
	o.calls, o.pathOf = make([][]call, len(o.newOf)), make([]int, len(o.newOf))
	var all []call
	for i := range o.newOf {
		c := o.outs.at(i + 1)
		sum := uint16(c.byte()) | uint16(c.byte())<<8
		o.pathOf[i] = c.uint()
		if f := o.newOf[i]; f != callgraph.NoFunc && sum != nameSum(o.a.prog.Funcs[f]) {
			return false
		}
		from := len(all)
		for len(c.rest) > 0 {
			n := c.uint()
			all = append(all, call{callgraph.FuncID(n >> 4), callgraph.EdgeKind(n & 15)})
		}
		o.calls[i] = all[from:len(all):len(all)]
		o.done(&c)
	}
	return !o.bad
}

// nameSum is a sum of a function's name and path.
func nameSum(f *callgraph.Func) uint16 {
	return uint16(crc32.ChecksumIEEE([]byte(f.Name + "@" + f.Path)))
}

// markChanged notes the functions that are not as they were: those that the caller
// names, and those with other edges. A new one must be among the first.
func (o *earlier) markChanged() bool {
	o.changed = make([]bool, len(o.oldOf))
	for _, f := range o.d.Changed {
		if f < 0 || int(f) >= len(o.changed) {
			return false
		}
		o.changed[f] = true
	}
	for f, old := range o.oldOf {
		if old == callgraph.NoFunc && !o.changed[f] {
			return false
		}
		o.changed[f] = o.changed[f] || !o.sameCalls(callgraph.FuncID(f), old)
	}
	return true
}

// sameCalls says whether a function calls what it called, in the same order.
func (o *earlier) sameCalls(f, old callgraph.FuncID) bool {
	out, was := o.a.graph.Out(f), o.calls[old]
	if len(out) != len(was) {
		return false
	}
	for i := range out {
		if k := was[i].callee; out[i].Kind != was[i].kind || int(k) >= len(o.newOf) || o.newOf[k] != out[i].Callee {
			return false
		}
	}
	return true
}

// readDirs finds the directories, which must be in one order in both programs.
func (o *earlier) readDirs() bool {
	o.dirOf = make([]int32, o.dirs.len())
	last := int32(-1)
	for i := range o.dirOf {
		c := o.dirs.at(i + 1)
		name := o.text(c.uint())
		o.done(&c)
		o.dirOf[i] = int32(slices.Index(o.a.modules.dirs, name))
		if o.dirOf[i] < 0 {
			continue
		}
		if o.dirOf[i] < last {
			return false
		}
		last = o.dirOf[i]
	}
	return true
}

// readSlots finds where the solutions of functions are: first of all what they were
// before another function handed them something.
func (o *earlier) readSlots() bool {
	o.slot, o.before = make([]int, len(o.oldOf)), map[callgraph.FuncID]handed{}
	for i := range o.newOf {
		c := o.heads.at(i + 1)
		old := c.uint()
		o.done(&c)
		if old >= len(o.newOf) {
			return false
		}
		if f := o.newOf[old]; f != callgraph.NoFunc {
			o.slot[f] = i + 1
		}
	}
	for i := range o.entered.len() {
		c := o.entered.at(i + 1)
		o.isLost = false
		f := o.function(c.uint())
		was := handed{locks: listed(&c, func() held { return o.held(&c) })}
		if o.isLost {
			was.locks = nil
		}
		slot := c.uint()
		if o.done(&c); f != callgraph.NoFunc {
			was.slot, o.slot[f] = o.slot[f], slot
			o.before[f] = was
		}
	}
	for f, old := range o.oldOf {
		if old != callgraph.NoFunc && o.slot[f] == 0 {
			return false
		}
	}
	return !o.bad
}
