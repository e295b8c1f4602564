package lockflow

import (
	"fmt"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A handoverRow names members of a struct type of which the first is called
// before the others, which run with what it leaves held.
type handoverRow struct {
	Struct string   // tag of the struct type
	Giver  string   // "start"
	Takers []string // "show", "next", "stop": the last one gives the locks back
}

// A between is a function that runs between two others of its table.
type between struct {
	giver, taker, releaser callgraph.FuncID
	table                  string // "struct seq_operations"
}

// enteredWith is the locks that a function is entered with because another one of the
// same table left them held.
type enteredWith map[callgraph.FuncID][]held

// handOvers solves those functions again that run between two others of their
// table (rule L13). A function of two tables has what both hand it: nothing is
// held that only one of the two leaves.
func (a *analysis) handOvers() {
	a.findBetween()
	givers := a.givers()
	a.entered, a.before = enteredWith{}, map[callgraph.FuncID]solved{}
	for f := range a.prog.Funcs {
		id := callgraph.FuncID(f)
		if hs := a.leftHeld(givers[id]); len(hs) > 0 {
			a.entered[id] = hs
			a.before[id] = solved{a.summaries[id], a.outcomes[id]}
			a.solveFunc(id)
		}
	}
}

// givers is, for each function that runs between two others of its table, those that
// run before it.
func (a *analysis) givers() map[callgraph.FuncID][]callgraph.FuncID {
	givers := map[callgraph.FuncID][]callgraph.FuncID{}
	for _, b := range a.between {
		givers[b.taker] = append(givers[b.taker], b.giver)
	}
	return givers
}

// findBetween finds the functions that run between two others of their table.
func (a *analysis) findBetween() {
	for _, file := range a.prog.Files {
		for _, g := range file.Globals {
			for _, row := range a.table.handovers {
				if g.Init == nil || structTag(g.Type) != row.Struct {
					continue
				}
				giver, ok := a.initialised(file.Path, g.Init, row.Giver)
				if !ok {
					continue
				}
				last, _ := a.initialised(file.Path, g.Init, row.Takers[len(row.Takers)-1])
				for _, member := range row.Takers {
					if taker, ok := a.initialised(file.Path, g.Init, member); ok {
						a.between = append(a.between, between{giver, taker, last, "struct " + row.Struct})
					}
				}
			}
		}
	}
}

// initialised is the function that an initialiser puts into a member.
func (a *analysis) initialised(file string, init *cparse.Expr, member string) (callgraph.FuncID, bool) {
	for _, el := range init.Args() {
		if el == nil || el.Kind != cparse.EDesig || el.Name != member || el.X == nil {
			continue
		}
		for _, id := range a.prog.ByName(baseName(el.X)) {
			if f := a.prog.Funcs[id]; f.Path == file || f.IR() != nil && !f.IR().Static {
				return id, true
			}
		}
	}
	return callgraph.NoFunc, false
}

// leftHeld is the locks that all of the functions surely leave held on every way
// out, as far as they are found through a first parameter or a variable: the
// functions of such a table share their first parameter.
func (a *analysis) leftHeld(givers []callgraph.FuncID) []held {
	var out []held
	for i, g := range givers {
		exits := a.exits(g)
		if len(exits) == 0 {
			return nil
		}
		for j, e := range exits {
			if i == 0 && j == 0 {
				out = slices.DeleteFunc(slices.Clone(e.held), func(h held) bool {
					known := h.p.kind == rParam && h.p.idx == 0 || h.p.kind == rGlobal
					return !known || h.flags&(heldUncertain|heldPseudo) != 0 || !h.cls.known()
				})
				continue
			}
			out = slices.DeleteFunc(out, func(h held) bool {
				return !slices.ContainsFunc(e.held, func(o held) bool { return o.ref == h.ref })
			})
		}
	}
	return out
}

// structTag is the tag of the struct that a variable is, or is an array of.
func structTag(t *cparse.Type) string {
	for t != nil && (t.Kind == cparse.TArray || t.Kind == cparse.TPtr) {
		t = t.Elem
	}
	if t == nil || t.Kind != cparse.TStruct {
		return ""
	}
	return t.Name
}

// lostBetween finds functions that release what they were handed, on some way out
// at least, though another one of their table will release it on every way
// (rules L13, L17).
func (r *reporter) lostBetween() []Finding {
	var out []Finding
	for _, b := range r.between {
		if b.releaser == callgraph.NoFunc || b.releaser == b.taker || !r.prog.Funcs[b.taker].Focus {
			continue
		}
		for i := range r.entered[b.taker] {
			h := &r.entered[b.taker][i]
			loses := func(e exit) bool { return e.releaseOf(h.ref) != nil && e.assume == 0 }
			if slices.ContainsFunc(r.exits(b.taker), loses) && r.givesBack(b.releaser, h.ref) {
				out = append(out, r.lostFinding(b, h))
			}
		}
	}
	return out
}

// givesBack says whether a function releases a lock on every way out.
func (r *reporter) givesBack(f callgraph.FuncID, lock ref) bool {
	exits := r.exits(f)
	return len(exits) > 0 && !slices.ContainsFunc(exits, func(e exit) bool {
		o := e.releaseOf(lock)
		return o == nil || o.vague
	})
}

// lostFinding describes a lock that is released twice by two functions of a table.
func (r *reporter) lostFinding(b between, h *held) Finding {
	taker, last := r.prog.Funcs[b.taker], r.prog.Funcs[b.releaser]
	outer := r.lock(h.from, h.cls, h.mode)
	fd := Finding{Kind: KindDoubleUnlock, Arch: r.prog.Arch, Confidence: min(h.from.conf, Likely), Function: last.Name,
		File: last.Path, Line: int(last.Pos().Line), Outer: &outer}
	for i, f := range []callgraph.FuncID{b.giver, b.taker, b.releaser} {
		fn := r.prog.Funcs[f]
		step := ChainStep{Function: fn.Name, File: fn.Path, Line: int(fn.Pos().Line)}
		if i > 0 {
			step.Edge = "then " + b.table
		}
		fd.Chain = append(fd.Chain, step)
	}
	fd.Message = fmt.Sprintf("%s() releases %s, which %s() may have released before it", last.Name, outer.Name, taker.Name)
	fd.Fingerprint = fingerprint(string(KindDoubleUnlock), r.prog.Arch, h.cls.String(), last.Name, taker.Name)
	return fd
}
