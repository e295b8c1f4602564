package callgraph

import (
	"slices"
	"strings"

	"klockscan/cparse"
)

// A macro that stays a call (a lock primitive, or a row of mechanisms.txt) is
// made of calls too. They are no instructions of the caller, since what they do
// is known by the macro's name, but they are edges, at the macro's call site.

// An insideCall is a function that an unexpanded macro calls.
type insideCall struct {
	call *cparse.Call // of the macro
	name string
}

// An insideKey names a macro as a file sees it.
type insideKey struct {
	macro *cparse.Macro
	file  int32
}

// lookInside notes what the macro that stays the call c calls. That is found
// once for each file if the arguments have no part in it.
func (x *expander) lookInside(c *cparse.Call, fr frame) {
	name := c.Fun.Name
	if x.deep || inert(name) {
		return
	}
	kept := x.opaque
	x.opaque = func(string) bool { return false }
	defer func() { x.opaque = kept }()
	m, at := x.macroFor(name, fr, c.Pos.Line)
	if m == nil {
		return
	}
	key := insideKey{m, x.file}
	names, ok := x.s.within.Load(key)
	if !ok {
		found := x.calledBy(m, at, c, fr)
		names = found
		if at != x.file && !x.fromArgs(found, c.Args) {
			x.s.within.Store(key, found)
		}
	}
	for _, callee := range names.([]string) {
		x.inside = append(x.inside, insideCall{c, callee})
	}
}

// calledBy expands macro m for the call c on trial and lists what it calls.
func (x *expander) calledBy(m *cparse.Macro, at int32, c *cparse.Call, fr frame) []string {
	failed, mark := x.failed, x.mark()
	x.failed, x.deep = map[string]bool{}, true
	only := *c
	only.Dst = nil
	x.splice(m, at, &only, x.block(), fr)
	names := x.calledFrom(mark.blocks)
	x.reset(mark)
	x.failed, x.deep = failed, false
	return names
}

// fromArgs reports whether the arguments may have a part in what a macro calls:
// a name of theirs is, or is part of, the name of a callee, or a constant may
// have decided a branch.
func (x *expander) fromArgs(callees []string, args []*cparse.Expr) bool {
	return slices.ContainsFunc(args, func(a *cparse.Expr) bool {
		if a.Kind == cparse.EName {
			if _, constant := x.known[a.Name]; constant {
				return true
			}
			a = x.named(a)
		}
		if a.Kind == cparse.EInt {
			return true
		}
		found := false
		walkNames(a, func(word string) {
			found = found || slices.ContainsFunc(callees, func(callee string) bool { return strings.Contains(callee, plain(word)) })
		})
		return found
	})
}

// calledFrom is the names that are called in the blocks that block first leads
// to, sorted.
func (x *expander) calledFrom(first int) []string {
	var names []string
	seen := map[int]bool{first: true}
	for todo := []int{first}; len(todo) > 0; {
		b := x.out.Blocks[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		for _, in := range b.Instrs {
			c, ok := in.(*cparse.Call)
			if !ok || c.Fun.Kind != cparse.EName || strings.HasPrefix(c.Fun.Name, "%") || x.scope.locals[c.Fun.Name] != nil {
				continue
			}
			names = append(names, c.Fun.Name)
		}
		if b.Term == nil {
			continue
		}
		for _, to := range b.Term.Succs() {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// insideOf is what the macros call that stay calls in the finished body.
func (x *expander) insideOf(body *cparse.Func) []insideCall {
	if len(x.inside) == 0 {
		return nil
	}
	there := map[*cparse.Call]bool{}
	for _, b := range body.Blocks {
		for _, in := range b.Instrs {
			if c, ok := in.(*cparse.Call); ok {
				there[c] = true
			}
		}
	}
	return slices.DeleteFunc(x.inside, func(in insideCall) bool { return !there[in.call] })
}

func inert(name string) bool {
	rows := mechanisms()[name]
	return len(rows) > 0 && rows[0].action == "inert"
}

// insideEdges makes the edges of the macros that stay calls in f.
func (s *solver) insideEdges(f *Func) {
	for _, in := range f.inside {
		if id := s.p.Lookup(f, in.name); id != NoFunc {
			s.edges = append(s.edges, Edge{Caller: f.ID, Callee: id, Kind: Macro, Site: in.call.Site, Pos: in.call.Pos, Via: in.call.Fun.Name})
		}
	}
}
