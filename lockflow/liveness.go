package lockflow

import (
	"strings"

	"klockscan/cparse"
)

// A variable is live where its value may still be read (Kennedy: A survey of data
// flow analysis techniques, 1981). Few are live where a block starts: those that
// some block reads before it writes them. Only these have a bit in the sets, as in
// semi-pruned SSA (Briggs, Cooper, Harvey, Simpson: Practical improvements to the
// construction and destruction of static single assignment form, 1998).

// liveness finds the variables that each block may still read, so that the
// solver can forget the others: dead temporaries would keep states apart in
// all but name and make merging slow. Variables whose address is taken live
// for ever.
func (b *body) liveness() {
	if len(b.blocks) == 1 && len(b.blocks[0].to) == 0 {
		return // nothing is sent on
	}
	u := usage{b: b, seen: make([]usedIn, len(b.types)), ends: make([][2]int, len(b.blocks)+1)}
	for i := range b.blocks {
		u.blk = int32(i) + 1
		for _, in := range b.blocks[i].instrs {
			u.instr(in)
		}
		u.term(b.blocks[i].term)
		u.ends[i+1] = [2]int{len(u.uses), len(u.defs)}
	}
	words := (u.number() + 63) / 64
	sets := make([]uint64, (3*len(b.blocks)+1)*words)
	set := func(vars []int32) (s []uint64) {
		s, sets = sets[:words:words], sets[words:]
		for _, i := range vars {
			setBit(s, b.liveBit[i])
		}
		return s
	}
	always := set(u.always)
	use, def := make([][]uint64, len(b.blocks)), make([][]uint64, len(b.blocks))
	for i := range b.blocks {
		from, to := u.ends[i], u.ends[i+1]
		use[i], def[i], b.blocks[i].live = set(u.uses[from[0]:to[0]]), set(u.defs[from[1]:to[1]]), set(nil)
	}
	for changed := true; changed; {
		changed = false
		for k := len(b.rpo) - 1; k >= 0; k-- {
			blk := &b.blocks[b.rpo[k]]
			for w := range words {
				out := always[w]
				for _, s := range blk.to {
					if s >= 0 {
						out |= b.blocks[s].live[w]
					}
				}
				in := use[b.rpo[k]][w] | out&^def[b.rpo[k]][w] | always[w]
				if in != blk.live[w] {
					blk.live[w], changed = in, true
				}
			}
		}
	}
}

// prune drops the bindings of variables that are dead at the block's start.
func (b *body) prune(s *state, blk int32) {
	live := b.blocks[blk].live
	s.env.drop(func(e *binding) bool {
		return e.place.kind == rLocal && !hasBit(live, b.liveBit[e.place.idx])
	})
}

// hasBit says whether bit i is set; bits out of range are not.
func hasBit(set []uint64, i int32) bool {
	return i >= 0 && int(i>>6) < len(set) && set[i>>6]>>(uint(i)&63)&1 != 0
}

// setBit sets bit i; bits out of range are ignored.
func setBit(set []uint64, i int32) {
	if i >= 0 && int(i>>6) < len(set) {
		set[i>>6] |= 1 << (uint(i) & 63)
	}
}

// usage collects the variables that each block reads before it writes them, and
// those that it writes first.
type usage struct {
	b          *body
	blk        int32    // the block at hand, from 1
	seen       []usedIn // by variable
	uses, defs []int32  // of all blocks, one after the other
	ends       [][2]int // where those of the blocks end, after a zero
	always     []int32
}

// usedIn is the last block that a variable was seen in, and how it was; and whether its address is taken.
type usedIn struct {
	read, written int32
	always        bool
}

// number gives the variables that may be live where a block starts their bits, and
// returns how many these are.
func (u *usage) number() int {
	u.b.liveBit = make([]int32, len(u.seen))
	for i := range u.seen {
		u.b.liveBit[i] = -1
	}
	n := int32(0)
	for _, vars := range [][]int32{u.uses, u.always} {
		for _, i := range vars {
			if u.b.liveBit[i] < 0 {
				u.b.liveBit[i] = n
				n++
			}
		}
	}
	return int(n)
}

// instr takes in one instruction: what it reads, then what it writes.
func (u *usage) instr(in cparse.Instr) {
	switch in := in.(type) {
	case *cparse.Assign:
		u.expr(in.Src)
		u.dst(in.Dst)
	case *cparse.Call:
		u.expr(in.Fun)
		for _, a := range in.Args {
			u.expr(a)
		}
		u.dst(in.Dst)
	}
}

// dst takes in what is assigned to: a variable is written, anything else is
// an address that is read.
func (u *usage) dst(e *cparse.Expr) {
	if e == nil {
		return
	}
	if e.Kind != cparse.EName {
		u.expr(e)
		return
	}
	if i, ok := u.b.vars[e.Name]; ok && u.seen[i].read != u.blk && u.seen[i].written != u.blk {
		u.seen[i].written = u.blk
		u.defs = append(u.defs, i)
	}
}

// term takes in the end of a block.
func (u *usage) term(t cparse.Term) {
	switch t := t.(type) {
	case *cparse.Branch:
		u.expr(t.Cond)
	case *cparse.Switch:
		u.expr(t.X)
	case *cparse.Return:
		u.expr(t.X)
	}
}

// expr takes in an expression that is read.
func (u *usage) expr(e *cparse.Expr) {
	if e == nil {
		return
	}
	switch e.Kind {
	case cparse.EInt:
		return
	case cparse.EName:
		u.read(e)
		return
	case cparse.EUnary:
		if e.Op() == "&" && e.X != nil {
			u.address(baseName(e.X))
		}
	}
	u.expr(e.X)
	u.expr(e.Y)
	u.expr(e.Z())
	for _, a := range e.Args() {
		u.expr(a)
	}
}

// read takes in a name that is read.
func (u *usage) read(e *cparse.Expr) {
	if i, ok := u.b.vars[e.Name]; ok && u.seen[i].written != u.blk && u.seen[i].read != u.blk {
		u.seen[i].read = u.blk
		u.uses = append(u.uses, i)
	}
}

// address takes in a variable whose address is taken.
func (u *usage) address(name string) {
	if i, ok := u.b.vars[name]; ok && !u.seen[i].always && !strings.HasPrefix(name, "%") {
		u.seen[i].always = true
		u.always = append(u.always, i)
	}
}
