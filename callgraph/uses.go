package callgraph

import (
	"slices"

	"klockscan/cparse"
)

// What is part of a program is what can be reached by names from the functions and
// variables of the focus. Who names whom is kept in a base: whether a change of some
// names changes more than themselves can then be told without linking.

// A usedName is what a name in a function, or in an initialiser, makes part of the
// program: a function with a body, else the name.
type usedName struct {
	fn    *cparse.Func
	name  string
	noted bool // the name is not searched for
}

// use notes what the function that is entered uses.
func (k *linker) use(u usedName) { k.uses[k.user] = append(k.uses[k.user], u) }

// A use is a function of the program that is used by name: its number, doubled, and 1
// more if its definition is not searched for on that account.
type use int32

func newUse(f FuncID, noted bool) use {
	if noted {
		return use(f)<<1 | 1
	}
	return use(f) << 1
}

func (u use) of() FuncID  { return FuncID(u >> 1) }
func (u use) noted() bool { return u&1 != 0 }

// numberUses gives the program what was noted.
func (k *linker) numberUses(p *Program) {
	undefined := map[string]FuncID{}
	for _, f := range p.Funcs {
		if f.External {
			undefined[f.Name] = f.ID
		}
	}
	for _, f := range k.stubs {
		delete(undefined, f.Name)
	}
	p.uses = make([][]use, len(p.Funcs)+1)
	for f, used := range k.uses {
		at := len(p.Funcs)
		if f != nil {
			at = int(f.ID)
		}
		p.uses[at] = numbered(used, p.byIR, undefined)
	}
}

func numbered(used []usedName, byIR map[*cparse.Func]FuncID, undefined map[string]FuncID) []use {
	out := make([]use, 0, len(used))
	for _, u := range used {
		id, ok := byIR[u.fn]
		if u.fn == nil {
			id, ok = undefined[u.name]
		}
		if ok {
			out = append(out, newUse(id, u.noted))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func encodeUses(e *cparse.Encoder, uses [][]use) {
	e.Int(len(uses))
	for _, list := range uses {
		e.Int(len(list))
		last := use(0)
		for _, u := range list {
			e.Int(int(u - last))
			last = u
		}
	}
}

// decodeUses reads what functions use, of so many.
func decodeUses(d *cparse.Decoder, funcs int) [][]use {
	out := make([][]use, d.Len())
	for i := range out {
		list := make([]use, d.Len())
		last := 0
		for k := range list {
			last += d.Int()
			if last < 0 || last>>1 >= funcs {
				return nil
			}
			list[k] = use(last)
		}
		out[i] = list
	}
	return out
}

// A linkage is who is linked because of names.
type linkage struct {
	funcs int
	roots []FuncID
	first []use             // of variables
	late  func(FuncID) bool // whose body is not there in the first round
	uses  func(FuncID) []use
}

// all is the functions that names lead to; early: in the first round of reading files.
func (r *linkage) all(early bool) []bool {
	seen := make([]bool, r.funcs)
	var work []FuncID
	mark := func(f FuncID) {
		if !seen[f] {
			seen[f] = true
			work = append(work, f)
		}
	}
	follow := func(uses []use) {
		for _, u := range uses {
			if !early || !u.noted() {
				mark(u.of())
			}
		}
	}
	for _, f := range r.roots {
		mark(f)
	}
	follow(r.first)
	for len(work) > 0 {
		f := work[len(work)-1]
		work = work[:len(work)-1]
		if !early || !r.late(f) {
			follow(r.uses(f))
		}
	}
	return seen
}
