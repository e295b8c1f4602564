package lockflow

import (
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// A handoverRow names members of a struct type of which the first is called
// before the others, which run with what it leaves held.
type handoverRow struct {
	Struct string   // tag of the struct type
	Giver  string   // "start"
	Takers []string // "show", "next", "stop"
}

// handed is the locks that a function is entered with because another one of the
// same table left them held.
type handed map[callgraph.FuncID][]held

// handOvers solves those functions again that run between two others of their
// table (rule L13). A function of two tables has what both hand it: nothing is
// held that only one of the two leaves.
func (a *analysis) handOvers() {
	givers := map[callgraph.FuncID][]callgraph.FuncID{}
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
				for _, member := range row.Takers {
					if taker, ok := a.initialised(file.Path, g.Init, member); ok {
						givers[taker] = append(givers[taker], giver)
					}
				}
			}
		}
	}
	a.handed = handed{}
	for f := range a.prog.Funcs {
		id := callgraph.FuncID(f)
		if hs := a.leftHeld(givers[id]); len(hs) > 0 {
			a.handed[id] = hs
			a.solveFunc(id)
		}
	}
}

// initialised is the function that an initialiser puts into a member.
func (a *analysis) initialised(file string, init *cparse.Expr, member string) (callgraph.FuncID, bool) {
	for _, el := range init.Args {
		if el == nil || el.Kind != cparse.EDesig || el.Name != member || el.X == nil {
			continue
		}
		for _, id := range a.prog.ByName(baseName(el.X)) {
			if f := a.prog.Funcs[id]; f.Path == file || f.IR != nil && !f.IR.Static {
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
		s := a.summaries[g]
		if s == nil || len(s.exits) == 0 {
			return nil
		}
		for j, e := range s.exits {
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
