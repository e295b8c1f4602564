package callgraph

import (
	"context"
	"maps"
	"slices"

	"klockscan/cparse"
)

// A call through a member leads nowhere if the functions that fill the member
// lie in code that nothing of the focus calls: a driver that registers itself,
// an init function, another subsystem. Such code is looked for by the names that
// are missing (search.go), and read for what it stores only: it adds targets to
// calls, and no calls of its own.

// storeRounds is how often stores are looked for: what is stored may itself come
// from a parameter that only unread code fills.
const storeRounds = 2

// needs is what calls go through and nothing that was read fills, by name.
type needs struct {
	members map[string]*need
	params  map[string]*need // by the function with the parameter
	globals map[string]*need
	structs map[string]*need // those of members, by name
	words   *cparse.WordSet  // members, params and globals, once storing has been asked
}

func newNeeds() *needs {
	return &needs{members: map[string]*need{}, params: map[string]*need{}, globals: map[string]*need{}, structs: map[string]*need{}}
}

// A need says whom a name that is missing concerns.
type need struct {
	structs []string // of a member: the structs that have it; nil if no others do
	focus   bool     // a call of the focus goes through it
}

// A missedStore puts a function into a cell that is not part of the program.
type missedStore struct {
	to   int32
	name string
	file int32 // that mentions it
}

// outside is what was read for its stores only.
type outside struct {
	funcs  []*Func // functions that store
	tables []def[*cparse.Global]
	// By the function as parsed:
	storing map[*cparse.Func]bool  // funcs
	stubs   map[*cparse.Func]*Func // functions stored there, whose bodies are not followed
}

// needed is the cells that lead to calls without a target: all are empty.
func (s *solver) needed(sites []indirectSite) (cells map[int32]bool, focus map[int32]bool) {
	from := s.sources()
	reach := func(start func(*Func) bool) map[int32]bool {
		out := map[int32]bool{}
		var work []int32
		for _, site := range sites {
			if site.cell >= 0 && !s.resolved(site) && start(site.f) {
				work = append(work, site.cell)
			}
		}
		for len(work) > 0 {
			c := work[len(work)-1]
			work = work[:len(work)-1]
			if !out[c] {
				out[c] = true
				work = append(work, from[c]...)
			}
		}
		return out
	}
	return reach(func(*Func) bool { return true }), reach(func(f *Func) bool { return f.Focus })
}

// sources is the cells that each cell includes, in order.
func (s *solver) sources() map[int32][]int32 {
	from := map[int32][]int32{}
	for i, c := range s.cells {
		for _, t := range c.to {
			from[t] = append(from[t], int32(i))
		}
	}
	return from
}

func (s *solver) resolved(site indirectSite) bool {
	return s.indirect[siteKey{site.f.ID, site.call.Site}] > 0
}

// needs is the names of the cells that are needed.
func (s *solver) needs(sites []indirectSite) *needs {
	n := newNeeds()
	cells, focus := s.needed(sites)
	note := func(m map[string]*need, name string, c int32) *need {
		if m[name] == nil {
			m[name] = &need{}
		}
		m[name].focus = m[name].focus || focus[c]
		return m[name]
	}
	for c := range cells {
		key := s.cells[c].key
		switch owner := key.owner.(type) {
		case *cparse.Struct:
			if tag := s.named(owner).Name; tag != "" {
				d := note(n.members, key.name, c)
				d.structs = append(d.structs, tag)
				note(n.structs, tag, c)
			}
		case *cparse.Global:
			note(n.globals, owner.Name, c)
		case string:
			if owner == "global" {
				note(n.globals, key.name, c)
			}
		case FuncID:
			if f := s.funcs[owner]; hasParam(f.IR(), key.name) {
				note(n.params, f.Name, c)
			}
		}
	}
	owners := s.p.syms.memberOwners(n.members)
	for name, d := range n.members {
		slices.Sort(d.structs)
		if d.structs = slices.Compact(d.structs); owners[name] <= len(d.structs) {
			d.structs = nil // the name alone tells
		}
	}
	return n
}

// memberOwners is how many structs have a member of each name.
func (s *symbols) memberOwners(names map[string]*need) map[string]int {
	out := map[string]int{}
	for _, defs := range s.structs {
		for i := range defs[0].what.Fields {
			if f := &defs[0].what.Fields[i]; names[f.Name] != nil {
				out[f.Name]++
			}
		}
	}
	return out
}

func hasParam(fn *cparse.Func, name string) bool {
	return slices.ContainsFunc(fn.Params, func(p cparse.Param) bool { return p.Name == name })
}

// drop takes out the names that are in o, and enters the others there.
func (n *needs) drop(o *needs) {
	for _, pair := range [][2]map[string]*need{{n.members, o.members}, {n.params, o.params}, {n.globals, o.globals}} {
		for name, d := range pair[0] {
			if pair[1][name] != nil {
				delete(pair[0], name)
			}
			pair[1][name] = d
		}
	}
}

func (n *needs) empty() bool { return len(n.members)+len(n.params)+len(n.globals) == 0 }

// storing reports whether a function, as parsed, fills one of the names.
func (n *needs) storing(fn *cparse.Func) bool {
	if n.words == nil {
		n.words = cparse.NewWordSet(slices.Concat(slices.Collect(maps.Keys(n.members)), slices.Collect(maps.Keys(n.params)), slices.Collect(maps.Keys(n.globals))))
	}
	if !fn.Mentions(n.words) {
		return false
	}
	for _, b := range fn.Body().Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *cparse.Assign:
				if n.target(in.Dst) || n.designates(in.Src) {
					return true
				}
			case *cparse.Call:
				if in.Fun.Kind == cparse.EName && n.params[in.Fun.Name] != nil {
					return true
				}
			}
		}
	}
	return false
}

func (n *needs) target(e *cparse.Expr) bool {
	for e != nil {
		switch e.Kind {
		case cparse.EMember:
			return n.members[e.Name] != nil
		case cparse.EName:
			return n.globals[e.Name] != nil
		case cparse.EIndex, cparse.EUnary, cparse.ECast:
			e = e.X
		default:
			return false
		}
	}
	return false
}

// designates reports whether an initialiser names one of the members.
func (n *needs) designates(e *cparse.Expr) bool {
	if e == nil || e.Kind != cparse.EInit && e.Kind != cparse.EDesig {
		return false
	}
	return e.Kind == cparse.EDesig && n.members[e.Name] != nil || n.designates(e.X) || slices.ContainsFunc(e.Args(), n.designates)
}

// stores completes a program by what unreached code stores into the members,
// variables and parameters that its calls go through.
func (k *linker) stores(ctx context.Context, p *Program) (*Program, error) {
	s := newSolver(p)
	s.watch = true
	sites := s.enter()
	s.solve()
	tried := newNeeds()
	for round := range storeRounds {
		n := s.needs(sites)
		if n.drop(tried); n.empty() {
			break
		}
		parts, err := k.l.searchStores(ctx, k.s, n, round)
		if err != nil {
			return nil, err
		}
		whole := int32(len(k.s.files))
		k.s.extend(parts, k.l)
		p.Files = k.s.files
		s.enterOutside(k.readStores(n, whole))
		s.solve()
	}
	cells, _ := s.needed(sites)
	for _, m := range s.missed {
		if cells[m.to] {
			k.include(m.name, m.file)
		}
	}
	if err := k.run(ctx); err != nil {
		return nil, err
	}
	done := k.program()
	done.needed = map[string]bool{}
	for name := range tried.members {
		done.needed[name] = true
	}
	done.sizes.cells, done.sizes.edges = len(s.cells), (s.counted+len(s.edges))*9/8
	return done, nil
}

// readStores collects the functions that store, of files read whole that were
// not linked and of the files from number whole on, and the tables of the latter.
// The result is what is new.
func (k *linker) readStores(n *needs, whole int32) outside {
	funcs, tables := len(k.outside.funcs), len(k.outside.tables)
	for i := range k.s.files {
		for _, fn := range k.s.fileFuncs(int32(i)) {
			if k.done[fn] == nil && !k.storing[fn] && n.storing(fn) {
				k.storing[fn] = true
				x := k.s.expand(fn, int32(i), k.macro)
				k.outside.funcs = append(k.outside.funcs, k.newFunc(fn, x, int32(i)))
			}
		}
	}
	for i := whole; i < int32(len(k.s.files)); i++ {
		for _, g := range k.s.fileGlobals(i) {
			k.outside.tables = append(k.outside.tables, def[*cparse.Global]{i, g})
		}
	}
	return outside{funcs: k.outside.funcs[funcs:], tables: k.outside.tables[tables:]}
}

// include makes the function that a file names part of the program: with what
// it calls if its file was read whole, else by its name only.
func (k *linker) include(name string, file int32) {
	fn, at := k.s.function(name, file)
	switch {
	case fn == nil:
		k.wanted[name] = true
	case !k.s.part[at]:
		k.push(fn, at)
	default:
		k.stubs[fn] = &Func{Name: fn.Name, Path: k.s.files[at].Path, ir: withoutBody(fn), External: true, fileNo: at}
	}
}

// extend adds files that were read in part. They define functions for others
// only where nothing else does, and anything else for themselves only.
func (s *symbols) extend(files []*cparse.File, l *loader) {
	first := len(s.files)
	s.files = append(s.files, files...)
	for i := first; i < len(s.files); i++ {
		f := s.files[i]
		s.index[f.Path] = int32(i)
		s.part[int32(i)] = true
	}
	s.macros = l.macros.table(s.files)
	s.see(first, l)
	for i := first; i < len(s.files); i++ {
		s.add(int32(i), s.files[i])
		s.generateFile(int32(i))
	}
}

// see finds out what the files from number first on include, each other too: what
// a file includes may stand behind it.
func (s *symbols) see(first int, l *loader) {
	words := (len(s.files) + 63) / 64
	for i := first; i < len(s.files); i++ {
		sees := make(bitset, words)
		sees.set(int32(i))
		s.sees = append(s.sees, sees)
	}
	for again := true; again; {
		again = false
		for i := first; i < len(s.files); i++ {
			for _, inc := range s.files[i].Includes {
				at, ok := s.index[l.resolve(s.files[i].Path, inc)]
				if ok && s.env.holds(inc.Cond) && s.sees[i].or(s.sees[at]) && int(at) >= first {
					again = true
				}
			}
		}
	}
}
