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

// lookInside notes what the macro that stays the call c calls.
func (x *expander) lookInside(c *cparse.Call, fr frame) {
	name := c.Fun.Name
	if x.deep || inert(name) {
		return
	}
	kept, failed := x.opaque, x.failed
	blocks, locals := len(x.out.Blocks), len(x.out.Locals)
	x.opaque, x.failed, x.deep = func(string) bool { return false }, nil, true
	if m, at := x.macroFor(name, fr, c.Pos.Line); m != nil {
		only := *c
		only.Dst = nil
		x.splice(m, at, &only, x.block(), fr)
		for _, callee := range x.calledFrom(blocks) {
			x.inside = append(x.inside, insideCall{c, callee})
		}
	}
	for _, l := range x.out.Locals[locals:] {
		delete(x.types, l.Name)
		delete(x.scope.locals, l.Name)
	}
	for _, b := range x.out.Blocks[blocks:] {
		x.drop(b)
	}
	x.out.Blocks, x.out.Locals = x.out.Blocks[:blocks], x.out.Locals[:locals]
	x.opaque, x.failed, x.deep = kept, failed, false
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
		for _, to := range b.Term.Succs(nil) {
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
	for _, in := range f.insideCalls() {
		if id := s.p.Lookup(f, in.name); id != NoFunc {
			s.edges = append(s.edges, Edge{Caller: f.ID, Callee: id, Kind: Macro, Site: in.call.Site, Pos: in.call.Pos, Via: in.call.Fun.Name})
		}
	}
}
