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
		entryTable: cmp.Or(r.k.l.opt.Entries, DefaultEntries())}
	if !slices.EqualFunc(old.Files, r.p.Files, func(a, b *cparse.File) bool { return a.Path == b.Path }) {
		return false
	}
	r.now, r.added = make([]FuncID, len(old.Funcs)), map[FuncID]bool{}
	own, ok := r.addedFuncs()
	if !ok {
		return false
	}
	numbers := map[*Func]FuncID{} // of functions of the old program
	for i, f := range old.Funcs {
		now, src, ok := r.carry(f, r.base.sources[i])
		if !ok {
			return false
		}
		numbers[now] = FuncID(i)
		if f.External || len(r.p.Funcs) > 0 {
			if own != nil {
				r.append(own)
				own = nil
			}
			r.p.Funcs = append(r.p.Funcs, now)
		} else {
			own = append(own, entered{now, src})
		}
	}
	r.append(own)
	for i, f := range r.p.Funcs {
		f.ID = FuncID(i)
		r.p.byName[f.Name] = append(r.p.byName[f.Name], f.ID)
		if n, was := numbers[f]; was {
			r.now[n] = f.ID
		} else {
			r.added[f.ID] = true
		}
	}
	return r.enterSources(numbers)
}

// An entered function is one with where it was parsed.
type entered struct {
	f   *Func
	src *cparse.Func
}

// append adds functions in the order of a program.
func (r *resumer) append(fs []entered) {
	slices.SortStableFunc(fs, func(a, b entered) int {
		return cmp.Or(strings.Compare(a.f.Path, b.f.Path), cmp.Compare(a.src.Pos.Line, b.src.Pos.Line), cmp.Compare(a.src.Pos.Col, b.src.Pos.Col),
			strings.Compare(a.f.Name, b.f.Name))
	})
	for _, e := range fs {
		r.p.Funcs = append(r.p.Funcs, e.f)
	}
}

// enterSources tells which parsed function is which of the program; the first, if it
// is there for several registries.
func (r *resumer) enterSources(numbers map[*Func]FuncID) bool {
	for _, f := range r.p.Funcs {
		var fn *cparse.Func
		if n, was := numbers[f]; !was {
			fn = f.IR()
		} else if from := r.base.sources[n]; from.number >= 0 {
			fn, _, _ = r.source(from)
		}
		if _, known := r.p.byIR[fn]; fn != nil && !known {
			r.p.byIR[fn] = f.ID
		}
	}
	return true
}

// addedFuncs is the functions that edited files of the focus did not define. Nothing
// else may be called as they are, or what a name means elsewhere would have changed.
func (r *resumer) addedFuncs() (out []entered, ok bool) {
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
				out = append(out, entered{r.function(fn, file), fn})
			}
		}
	}
	return out, true
}

// known reports whether a name means something apart from functions of one file.
func (r *resumer) known(name string, file int32) bool {
	s := r.k.s
	elsewhere := func(d def[*cparse.Func]) bool { return d.file != file }
	return len(s.funcs[name]) != 1 || slices.ContainsFunc(s.protos[name], elsewhere) || len(s.globals[name])+len(s.macros.named(name)) > 0 ||
		s.traces[name] || len(r.base.graph.Prog.byName[name]) > 0 || len(mechanisms()[name]) > 0 || r.p.entryTable.kind("name", name) >= 0
}

// function is a function of the new program whose body is made later.
func (r *resumer) function(fn *cparse.Func, file int32) *Func {
	path := r.k.s.files[file].Path
	late := !r.k.l.focus[path]
	return &Func{Name: fn.Name, Path: path, ir: fn, Focus: r.k.l.focus[path], Header: isHeader(path), fileNo: file, late: late, later: r.body(fn, file, late)}
}

func (r *resumer) body(fn *cparse.Func, file int32, late bool) *laterBody {
	s := r.early
	if late {
		s = r.k.s
	}
	return &laterBody{s: s, source: func() *cparse.Func { return fn }, file: file, opaque: r.k.macro}
}

// carry is a function of the old program in the new one, and where it was parsed. It
// is false if that is not there.
func (r *resumer) carry(f *Func, from source) (*Func, *cparse.Func, bool) {
	now := &Func{Name: f.Name, Path: f.Path, Focus: f.Focus, Header: f.Header, External: f.External, Trace: f.Trace, Registry: f.Registry, fileNo: from.file, late: f.late}
	if from.number < 0 {
		if from.file < 0 {
			return now, nil, f.External
		}
		defs := r.k.s.protos[f.Name]
		if !f.External || len(defs) == 0 || defs[0].file != from.file {
			return nil, nil, false
		}
		now.ir = defs[0].what
		return now, now.IR(), true
	}
	fn, _, ok := r.source(from)
	if !ok || fn == nil || fn.Name != f.Name {
		return nil, nil, false
	}
	if f.External {
		head := *fn
		head.Blocks, head.Locals = nil, nil
		now.ir = &head
		return now, fn, true
	}
	now.ir, now.later, now.cases = fn, r.body(fn, from.file, f.late), f.cases
	return now, fn, true
}
