package lockflow

import (
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// firstUse says whether the state exists only the first time that the code runs
// for an object (rule L11): a flag was tested to be clear, and this function, or
// one that it calls, sets it. What happens then happens once, usually long
// before anybody holds the locks that later callers hold.
func (x *frame) firstUse(s *state) assumptions {
	for _, f := range s.facts.all {
		if !f.n.exact || f.n.k != 0 || !strings.HasSuffix(f.p.steps(), "*") {
			continue
		}
		member := strings.TrimSuffix(f.p.steps()[strings.LastIndexByte(f.p.steps(), ':')+1:], "*")
		if member != "" && x.setsFlag(member) {
			return assumeFirst
		}
	}
	return 0
}

// setsFlag says whether the function sets a member to a constant other than 0,
// itself or two calls away, and not as one of the modes that it goes back and
// forth between.
func (x *frame) setsFlag(member string) bool {
	if known, ok := x.flags[member]; ok {
		return known
	}
	if x.flags == nil {
		x.flags = map[string]bool{}
	}
	x.flags[member] = x.a.stores(x.f.ID, member, false, flagCalls) && !x.leavesMode(member)
	return x.flags[member]
}

// flagCalls is how far away the assignment may stand.
const flagCalls = 2

// leavesMode says whether the function clears the member in a place that is not
// behind one that sets it: then it is not to take back what failed, and what the
// member tells comes and goes.
func (x *frame) leavesMode(member string) bool {
	after := make([]bool, len(x.blocks)) // behind a place that sets it
	for i := range x.blocks {
		for _, in := range x.blocks[i].instrs {
			if x.storesTo(in, member, false) {
				x.mark(after, x.blocks[i].to)
				break
			}
		}
	}
	for _, blk := range x.rpo {
		if after[blk] {
			continue
		}
		for _, in := range x.blocks[blk].instrs {
			if x.storesTo(in, member, false) {
				break
			}
			if x.storesTo(in, member, true) {
				return true
			}
		}
	}
	return false
}

// mark marks blocks and all that can be reached from them.
func (x *frame) mark(seen []bool, work []int32) {
	work = slices.Clone(work)
	for len(work) > 0 {
		blk := work[len(work)-1]
		work = work[:len(work)-1]
		if blk >= 0 && !seen[blk] {
			seen[blk] = true
			work = append(work, x.blocks[blk].to...)
		}
	}
}

// storesTo says whether an instruction of the function sets the member, or
// clears it, or calls what does.
func (x *frame) storesTo(in cparse.Instr, member string, zero bool) bool {
	switch in := in.(type) {
	case *cparse.Assign:
		return x.a.assignsFlag(x.f, in, member, zero)
	case *cparse.Call:
		return slices.ContainsFunc(x.a.graph.Targets(x.f.ID, in.Site), func(e callgraph.Edge) bool {
			return e.Kind == callgraph.Direct && e.Callee != x.f.ID && x.a.stores(e.Callee, member, zero, flagCalls-1)
		})
	}
	return false
}

// stores looks for an assignment of a constant to a member, 0 or another, in one
// function and in those that it calls.
func (a *analysis) stores(id callgraph.FuncID, member string, zero bool, calls int) bool {
	f := a.prog.Funcs[id]
	if f.IR() == nil {
		return false
	}
	for _, b := range f.Body().Blocks {
		for _, in := range b.Instrs {
			if as, ok := in.(*cparse.Assign); ok && a.assignsFlag(f, as, member, zero) {
				return true
			}
		}
	}
	if calls == 0 {
		return false
	}
	for _, e := range a.graph.Out(id) {
		if e.Kind == callgraph.Direct && e.Callee != id && a.stores(e.Callee, member, zero, calls-1) {
			return true
		}
	}
	return false
}

// assignsFlag says whether an assignment gives a member a constant, 0 or another.
func (a *analysis) assignsFlag(f *callgraph.Func, as *cparse.Assign, member string, zero bool) bool {
	if as.Dst == nil || as.Dst.Kind != cparse.EMember || as.Dst.Name != member {
		return false
	}
	k, known := a.types.Const(f, as.Src)
	return known && (k == 0) == zero
}

// unlisted says whether a branch is taken only for an object that is not where
// a look-up by its own members finds it: `lookup(obj->id) != obj` (rule L11).
// Code tests that where objects that never came into use are torn down.
func (x *frame) unlisted(s *state, cond *cparse.Expr, want bool) bool {
	if cond == nil || cond.Kind != cparse.EBinary || !(cond.Op() == "!=" && want || cond.Op() == "==" && !want) {
		return false
	}
	l, r := x.val(s, cond.X, 0), x.val(s, cond.Y, 0)
	if r.kind == vPath && r.p.kind == rCall {
		l, r = r, l
	}
	if l.kind != vPath || r.kind != vPath || l.p.kind != rCall || l.p.steps() != "" || !r.p.stable() {
		return false
	}
	for _, site := range x.foundBy(l.p) {
		for _, arg := range x.argsOf(site) {
			if arg.kind == r.p.kind && arg.idx == r.p.idx && arg.name() == r.p.name() &&
				len(arg.steps()) > len(r.p.steps()) && strings.HasPrefix(arg.steps(), r.p.steps()) {
				return true
			}
		}
	}
	return false
}

// A flagBit is a bit of a word that is a member of some struct.
type flagBit struct {
	member string
	bit    int64
}

// flagBit is the flag that a call of a bit primitive is about.
func (a *analysis) flagBit(f *callgraph.Func, c *cparse.Call, p *primitive) (flagBit, bool) {
	if p.Arg < 1 || p.Arg >= len(c.Args) {
		return flagBit{}, false
	}
	word := c.Args[p.Arg]
	for word != nil && (word.Kind == cparse.ECast || word.Kind == cparse.EUnary && word.Op() == "&") {
		word = word.X
	}
	if word == nil || word.Kind != cparse.EMember {
		return flagBit{}, false
	}
	bit, known := a.types.Const(f, c.Args[0])
	return flagBit{member: word.Name, bit: bit}, known
}

// noteBitTest remembers which flag a call tests.
func (x *frame) noteBitTest(c *cparse.Call, p *primitive) {
	if flag, known := x.a.flagBit(x.f, c, p); known {
		if x.bitTests == nil {
			x.bitTests = map[int32]flagBit{}
		}
		x.bitTests[c.Site] = flag
	}
}

// early says whether the state exists only before something happened that
// happens once (rule L11): a flag that nothing clears was tested to be clear.
// While an object is set up, others cannot reach it, and its locks may wait.
func (x *frame) early(s *state) bool {
	return slices.ContainsFunc(s.facts.all, func(f fact) bool {
		return f.p.kind == rCall && f.p.steps() == "" && f.n.exact && f.n.k == 0 && x.a.oneWay[x.bitTests[f.p.idx]]
	})
}
