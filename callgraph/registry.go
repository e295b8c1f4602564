package callgraph

import (
	"maps"
	"slices"
	"sync"

	"klockscan/cparse"
)

// A registry is a list of objects whose functions are called together: a notifier
// chain. All registries of one kind are run by one function, so that a call of it
// would seem to reach whatever any of them holds. Which registry it is the callers say,
// as those do who enter objects; both are told by name. A name stands for a variable,
// or for a member of a struct, in all objects of that type.

// nameOfGlobal is the name of a variable: with its file if no other sees it.
func nameOfGlobal(g *cparse.Global, file string) string {
	if g.Static {
		return g.Name + "@" + file
	}
	return g.Name
}

// A named object is what an address leads to.
type named struct {
	name  string // "": not known
	param int    // the parameter that is passed on; -1 if it is none
}

var unnamed = named{param: -1}

// nameOf is the object that a pointer points to, as the function f says. The head of a
// registry (a row says which structs are that) is the registry itself.
func (s *solver) nameOf(f *Func, e *cparse.Expr) named { return s.objectName(f, e, true) }

// objectName is nameOf if e is a pointer to the object; else of the object itself.
func (s *solver) objectName(f *Func, e *cparse.Expr, pointer bool) named {
	for e != nil {
		switch {
		case e.Kind == cparse.ECast && pointer:
			e = e.X
		case e.Kind == cparse.EUnary && e.Op() == "&" && pointer:
			pointer, e = false, e.X
		case e.Kind == cparse.EUnary && e.Op() == "*" && !pointer:
			pointer, e = true, e.X
		case e.Kind == cparse.EIndex && !pointer:
			e = e.X
		case e.Kind == cparse.EName:
			return s.nameOfVariable(f, e, pointer)
		case e.Kind == cparse.EMember && !pointer:
			sc := s.p.scope(f)
			st, _ := sc.structOf(sc.typeOf(e.X))
			if st == nil {
				return unnamed
			}
			if mechanisms()[memberRow(st.Name, "")] == nil {
				return named{s.memberName(st, e.Name), -1}
			}
			pointer, e = e.Arrow, e.X
		default:
			return unnamed
		}
	}
	return unnamed
}

// nameOfVariable is nameOf of a name.
func (s *solver) nameOfVariable(f *Func, e *cparse.Expr, pointer bool) named {
	if f.vars()[e.Name] != nil {
		i := slices.IndexFunc(f.IR().Params, func(p cparse.Param) bool { return p.Name == e.Name })
		if !pointer || i < 0 || s.assigns(f, e.Name) {
			return unnamed
		}
		return named{param: i}
	}
	g, at := s.p.syms.global(e.Name, f.fileNo)
	if g == nil || pointer && (g.Type == nil || g.Type.Kind != cparse.TArray) {
		return unnamed
	}
	return named{nameOfGlobal(g, s.p.Files[at].Path), -1}
}

// assigns reports whether a function gives a variable of its own a new value.
func (s *solver) assigns(f *Func, name string) bool {
	names, known := s.assigned[f]
	if !known {
		names = map[string]bool{}
		for _, b := range f.Body().Blocks {
			for _, in := range b.Instrs {
				if dst := assignedBy(in); dst != nil && dst.Kind == cparse.EName {
					names[dst.Name] = true
				}
			}
		}
		s.assigned[f] = names
	}
	return names[name]
}

// assignedBy is what an instruction gives a value, or nil.
func assignedBy(in cparse.Instr) *cparse.Expr {
	switch in := in.(type) {
	case *cparse.Assign:
		return in.Dst
	case *cparse.Call:
		return in.Dst
	}
	return nil
}

// holderOf is the name of the object whose member is assigned to, if a registry may
// call that member.
func (s *solver) holderOf(f *Func, dst *cparse.Expr, to int32) string {
	owner, ok := s.cells[to].key.owner.(*cparse.Struct)
	if !ok || s.watch || dst.Kind != cparse.EMember || !dispatched()[memberRow(s.named(owner).Name, dst.Name)] {
		return ""
	}
	return s.objectName(f, dst.X, dst.Arrow).name
}

// dispatched is the members that registries call.
var dispatched = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, rows := range mechanisms() {
		for _, r := range rows {
			if r.action == "dispatches" {
				out[r.kind] = true
			}
		}
	}
	return out
})

// A registrar is a function that enters objects in a registry: by a row, or because it
// calls one.
type registrar struct {
	function         FuncID // NoFunc: whatever has the name
	registry, object named
}

// anyRegistry is where an object goes of which it is not known where.
const anyRegistry = "*"

// registered is the objects by the registry that they are entered in.
func (s *solver) registered() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	known := map[string][]registrar{}
	seen := map[registrar]bool{}
	for _, name := range sortedKeys(mechanisms()) {
		for _, r := range mechanisms()[name] {
			if r.action == "registers" {
				known[name] = append(known[name], registrar{NoFunc, named{"", r.arg}, named{"", r.value}})
			}
		}
	}
	calls := s.namedCalls()
	for fresh := known; len(fresh) > 0; {
		next := map[string][]registrar{}
		for _, name := range sortedKeys(fresh) {
			for _, call := range calls[name] {
				for _, w := range s.registrars(call, fresh[name]) {
					switch {
					case w.object == unnamed, seen[w]:
					case w.object.param < 0 && w.registry.param < 0:
						enterIn(out, w)
					default:
						seen[w] = true
						next[call.f.Name] = append(next[call.f.Name], w)
					}
				}
			}
		}
		fresh = next
	}
	return out
}

// registrars is what a function that calls registrars of a name is one for, by that
// call.
func (s *solver) registrars(call namedCall, called []registrar) []registrar {
	var out []registrar
	callee := s.lookup(call.f, call.call.Fun)
	for _, r := range called {
		if r.function == NoFunc || r.function == callee {
			out = append(out, registrar{call.f.ID, s.passed(call.f, call.call, r.registry), s.passed(call.f, call.call, r.object)})
		}
	}
	return out
}

// A namedCall is a call by name.
type namedCall struct {
	f    *Func
	call *cparse.Call
}

// namedCalls is the calls by name, also those of what was read for its stores only.
func (s *solver) namedCalls() map[string][]namedCall {
	out := map[string][]namedCall{}
	for _, f := range s.funcs {
		if f.IR() == nil {
			continue
		}
		for _, b := range f.Body().Blocks {
			for _, in := range b.Instrs {
				if c, ok := in.(*cparse.Call); ok && c.Fun.Kind == cparse.EName {
					out[c.Fun.Name] = append(out[c.Fun.Name], namedCall{f, c})
				}
			}
		}
	}
	return out
}

// enterIn enters the object of a registrar that names both.
func enterIn(out map[string]map[string]bool, w registrar) {
	at := w.registry.name
	if at == "" {
		at = anyRegistry
	}
	if out[at] == nil {
		out[at] = map[string]bool{}
	}
	out[at][w.object.name] = true
}

// passed is what a call passes for a registrar's parameter.
func (s *solver) passed(f *Func, c *cparse.Call, n named) named {
	switch {
	case n.param < 0:
		return n
	case n.param >= len(c.Args):
		return unnamed
	}
	return s.nameOf(f, c.Args[n.param])
}

// members is the functions in a member that each registry calls. Those of objects that
// are not seen to be entered anywhere may be in any.
type members struct {
	in    map[string]map[FuncID]bool
	loose map[FuncID]bool
}

// members sorts the functions in the members that registries call.
func (s *solver) members(via string, registered map[string]map[string]bool) members {
	out := members{map[string]map[FuncID]bool{}, map[FuncID]bool{}}
	where := map[string][]string{}
	for _, registry := range slices.Sorted(maps.Keys(registered)) {
		for object := range registered[registry] {
			where[object] = append(where[object], registry)
		}
	}
	for i, c := range s.cells {
		owner, ok := c.key.owner.(*cparse.Struct)
		if !ok || s.memberName(owner, c.key.name) != via {
			continue
		}
		for _, f := range c.order {
			h := s.objects.of[filling{int32(i), f}]
			if h.loose {
				out.loose[f] = true
			}
			for _, name := range h.names {
				if len(where[name]) == 0 {
					out.loose[f] = true
				}
				for _, registry := range where[name] {
					if registry == anyRegistry {
						out.loose[f] = true
					}
					if out.in[registry] == nil {
						out.in[registry] = map[FuncID]bool{}
					}
					out.in[registry][f] = true
				}
			}
		}
	}
	return out
}

func (m members) has(registry string, f FuncID) bool { return m.loose[f] || m.in[registry][f] }
