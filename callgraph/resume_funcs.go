package callgraph

import (
	"cmp"
	"slices"
	"strings"

	"klockscan/cparse"
)

// number makes the functions of the new program: those of the old one, and what the
// edited files of the focus define beside them.
func (r *resumer) number() bool {
	old := r.base.graph.Prog
	r.p = &Program{Arch: old.Arch, Files: r.k.s.files, Stats: old.Stats, syms: r.k.s, byName: map[string][]FuncID{}, byIR: map[*cparse.Func]FuncID{},
		entryTable: r.entryTable()}
	if !slices.EqualFunc(old.Files, r.p.Files, func(a, b *cparse.File) bool { return a.Path == b.Path }) {
		return false
	}
	r.now, r.added = make([]FuncID, len(old.Funcs)), map[FuncID]bool{}
	own, ok := r.addedFuncs()
	if !ok {
		return false
	}
	joins, ok := r.join(own)
	if !ok {
		return false
	}
	r.joined = joins[len(own):]
	var undefined, instances []*Func
	for _, f := range r.joined {
		if f.External {
			undefined = append(undefined, f)
		} else {
			own = append(own, f)
		}
	}
	numbers := map[*Func]FuncID{} // of functions of the old program
	for i, f := range old.Funcs {
		now, ok := r.carry(f, r.base.sources[i])
		if !ok {
			return false
		}
		numbers[now] = FuncID(i)
		switch {
		case i >= len(r.base.uses)-1:
			instances = append(instances, now)
		case f.External:
			undefined = append(undefined, now)
		default:
			own = append(own, now)
		}
	}
	r.append(own)
	slices.SortStableFunc(undefined, compareFuncs)
	r.p.Funcs = append(append(r.p.Funcs, undefined...), instances...)
	for i, f := range r.p.Funcs {
		f.ID = FuncID(i)
		r.p.byName[f.Name] = append(r.p.byName[f.Name], f.ID)
		if n, was := numbers[f]; was {
			r.now[n] = f.ID
		} else {
			r.added[f.ID] = true
		}
	}
	r.enterSources(numbers)
	return true
}

// append adds functions in the order of a program.
func (r *resumer) append(fs []*Func) {
	slices.SortStableFunc(fs, func(a, b *Func) int {
		p, q := a.Pos(), b.Pos()
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col), strings.Compare(a.Name, b.Name))
	})
	r.p.Funcs = append(r.p.Funcs, fs...)
}

// enterSources tells which parsed function is which of the program; the first, if it
// is there for several registries.
func (r *resumer) enterSources(numbers map[*Func]FuncID) {
	for _, f := range r.p.Funcs {
		var fn *cparse.Func
		n, was := numbers[f]
		switch {
		case !was:
			fn = f.IR()
		case r.base.sources[n].number < 0:
			continue
		case r.edits[f.Path] == nil:
			if _, known := r.ids[r.base.sources[n]]; !known {
				r.ids[r.base.sources[n]] = f.ID
			}
			continue
		default:
			fn, _, _ = r.source(r.base.sources[n], r.edits[f.Path])
		}
		if _, known := r.p.byIR[fn]; fn != nil && !known {
			r.p.byIR[fn] = f.ID
		}
	}
	r.p.bySource = r.ids
}

// addedFuncs is the functions that edited files of the focus did not define. Nothing
// else may be called as they are, or what a name means elsewhere would have changed.
func (r *resumer) addedFuncs() (out []*Func, ok bool) {
	s := r.k.s
	for path, e := range r.edits {
		file := s.index[path]
		for _, i := range e.versions.Added {
			fn := e.now.Funcs[i]
			if !s.env.holds(fn.Cond) {
				continue
			}
			if r.known(fn.Name, file) || r.k.known(fn.Name) {
				return nil, false
			}
			if r.k.l.focus[path] {
				out = append(out, r.function(fn, file))
			}
		}
	}
	return out, true
}

// known reports whether a name means something apart from functions of one file.
func (r *resumer) known(name string, file int32) bool {
	s := r.k.s
	elsewhere := func(d def[*cparse.Func]) bool { return d.file != file && r.edits[s.files[d.file].Path] == nil }
	return len(s.funcsOf(name)) != 1 || slices.ContainsFunc(s.protosOf(name), elsewhere) || len(s.globalsOf(name)) > 0 || s.macros.has(name) ||
		s.traces[name] || r.base.vague[name] || len(r.base.graph.Prog.byName[name]) > 0 || len(mechanisms()[name]) > 0 || r.p.entryTable.kind("name", name) >= 0
}

// function is a function of the new program whose body is made later.
func (r *resumer) function(fn *cparse.Func, file int32) *Func {
	path := r.k.s.files[file].Path
	late := int(file) >= r.base.files || !r.base.early[file]
	return &Func{Name: fn.Name, Path: path, ir: fn, Focus: r.k.l.focus[path], Header: isHeader(path), fileNo: file, late: late, later: r.body(fn, file, late)}
}

func (r *resumer) body(fn *cparse.Func, file int32, late bool) *laterBody {
	return r.bodyOf(func() *cparse.Func { return fn }, file, late)
}

func (r *resumer) bodyOf(fn func() *cparse.Func, file int32, late bool) *laterBody {
	s := r.early
	if late {
		s = r.k.s
	}
	return &laterBody{s: s, source: fn, file: file, opaque: r.k.macro}
}

// carry is a function of the old program in the new one. It is false if that is not there.
func (r *resumer) carry(f *Func, from source) (*Func, bool) {
	now := &Func{Name: f.Name, Path: f.Path, Focus: f.Focus, Header: f.Header, External: f.External, Trace: f.Trace, Registry: f.Registry, fileNo: from.file, late: f.late}
	s := r.k.s
	switch {
	case from.file < 0:
		return now, f.External
	case int(from.file) >= len(s.files) || from.number < 0 && !f.External:
		return nil, false
	}
	if e := r.edits[s.files[from.file].Path]; e != nil {
		return r.carryEdited(now, from, e, f)
	}
	u := &unread{pos: f.Pos()}
	u.read = func() *cparse.Func { return r.head(now, from) }
	now.unread, now.cases = u, f.cases
	if !f.External {
		now.later = r.bodyOf(u.head, from.file, f.late)
	}
	return now, true
}

// carryEdited is carry for a function of an edited file.
func (r *resumer) carryEdited(now *Func, from source, e *edited, f *Func) (*Func, bool) {
	if from.number < 0 {
		now.ir = r.head(now, from)
		return now, now.ir != nil
	}
	fn, _, ok := r.source(from, e)
	if !ok || fn == nil || fn.Name != f.Name {
		return nil, false
	}
	now.ir = fn
	if f.External {
		now.ir = withoutBody(fn)
	} else {
		now.later, now.cases = r.body(fn, from.file, f.late), f.cases
	}
	return now, true
}

// head is what a function of the old program is in its file. That it is not there
// cannot be, unless the tree changes meanwhile.
func (r *resumer) head(f *Func, from source) *cparse.Func {
	s := r.k.s
	if from.number < 0 {
		if defs := s.protosOf(f.Name); len(defs) > 0 && defs[0].file == from.file {
			return defs[0].what
		}
	} else if fn := s.numbered(from.file, from.number); fn != nil && fn.Name == f.Name {
		if f.External {
			return withoutBody(fn)
		}
		return fn
	}
	s.onDemand.failed.Store(true)
	return &cparse.Func{Name: f.Name}
}

// withoutBody is the head of a function of which no more is known to the program.
func withoutBody(fn *cparse.Func) *cparse.Func {
	head := *fn
	head.Blocks, head.Locals = nil, nil
	return &head
}
