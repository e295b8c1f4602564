package callgraph

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

	"klockscan/cparse"
)

// A small edit leaves most of a program as it is. If the edited files declare what they
// declared, and what their functions say about function pointers is what they said, then
// the graph is the old one but for the calls by name of those functions. Resume makes it so:
// no function is linked anew, no pointer is followed, and bodies are made when somebody
// asks for them. Whenever that may not be the whole truth it gives up: then all is to be done
// anew, which is always right.

var errBase = errors.New("not a base")

// A Difference is how a resumed program differs from the one that it was resumed from.
type Difference struct {
	Changed  []FuncID                                          // functions of the new program with another body than they had, sorted
	Declared []string                                          // names that are declared now, and were nowhere spoken of, with those of members; sorted
	Gone     []*Func                                           // functions that are not there any more, as they were
	Func     func(old FuncID) FuncID                           // what a function of the old program is in the new one; NoFunc: it is gone
	Pos      func(f FuncID, old cparse.Pos) (cparse.Pos, bool) // where a place in the file of a function of the new program is now; false: it is gone
	Old      func(f FuncID) *Func                              // a function of Changed as it was; nil: it was not there
}

// Resume makes the graph of a tree from that of an earlier state of it, decoded, and what
// [Graph.EncodeBase] wrote then: all files but the edited ones must be as they were. ok is
// false if the edits may change more than Resume follows. Errors are those of [Load].
func Resume(ctx context.Context, fsys fs.FS, opt Options, old *Graph, from *cparse.Decoder, edits []Edit) (g *Graph, d *Difference, ok bool, err error) {
	l, err := newLoader(fsys, opt)
	if err != nil {
		return nil, nil, false, err
	}
	b, err := decodeBase(old, from)
	if err != nil {
		return nil, nil, false, nil
	}
	l.resolved = b.includes // nothing has come or gone
	r := &resumer{k: newLinker(l), base: b, edits: map[string]*edited{}, ids: make(map[source]FuncID, len(b.sources)), changed: map[FuncID]*change{}}
	if ok, err := r.read(edits); !ok || ctx.Err() != nil {
		return nil, nil, false, cmp.Or(err, ctx.Err())
	}
	if !r.number() || !r.compare() {
		return nil, nil, false, nil
	}
	if g, ok = r.graph(); !ok {
		return nil, nil, false, nil
	}
	return g, r.difference(), true, nil
}

// A resumer makes a program from an earlier one.
type resumer struct {
	k       *linker
	base    *base
	early   *symbols // that early bodies are made with
	edits   map[string]*edited
	p       *Program
	ids     map[source]FuncID
	now     []FuncID // by old function
	changed map[FuncID]*change
	added   map[FuncID]bool
	joined  []*Func // functions of files that were not edited, and names without a definition, that were not part of the program
}

// A change is a function that was and is.
type change struct {
	old, now *Func // old is nil if it was not there
	was, is  *said
	names    *renaming
}

// read reads the edited files, in both versions. Others are read when they are asked for.
func (r *resumer) read(edits []Edit) (bool, error) {
	l, p := r.k.l, r.base.graph.Prog
	if _, err := l.focusFiles(); err != nil {
		return false, err
	}
	r.base.around.source = func(path string) ([]byte, error) { return readFile(l.fsys, path) }
	s := newOnDemand(l, p.Files, r.base.around, r.open)
	r.k.s = s
	for _, e := range edits {
		at, ok := s.index[e.Path]
		if _, template := r.base.around.templates[at]; !ok || s.part[at] || template || s.xHeader(at) {
			return false, nil // such a header means something else to each who includes it
		}
		s.onDemand.edited = append(s.onDemand.edited, at)
		if r.edits[e.Path] = newEdited(e.Path, e.Old, s.content(at)); r.edits[e.Path] == nil {
			return false, nil
		}
	}
	slices.Sort(s.onDemand.edited)
	late := newBitset(len(s.files))
	for i, early := range r.base.early {
		if !early {
			late.set(int32(i))
		}
	}
	r.early = s.before(late)
	return r.mayAdd(), nil
}

// open reads a file as it was read: of some only what surrounds their stores.
func (r *resumer) open(file int32) (*cparse.File, error) {
	l, path := r.k.l, r.base.graph.Prog.Files[file].Path
	if int(file) < r.base.files {
		return l.file(path)
	}
	src, err := readFile(l.fsys, path)
	if err != nil {
		return nil, err
	}
	return l.opt.Cache.preprocessed(path, string(thin(src, r.base.parts[int(file)-r.base.files].at))), nil
}

// source is the function that a source of an edited file is now, nil if it is gone;
// was is what it was.
func (r *resumer) source(from source, e *edited) (now, was *cparse.Func, ok bool) {
	s := r.k.s
	n := 0
	for i, fn := range e.old.Funcs {
		if !s.env.holds(fn.Cond) {
			continue
		}
		if n == from.number {
			if k, kept := slices.BinarySearch(e.versions.Old, i); kept {
				return e.now.Funcs[e.versions.New[k]], fn, true
			}
			return nil, fn, true
		}
		n++
	}
	extra := s.extraOf(from.file)
	if from.number-n >= len(extra) {
		return nil, nil, false
	}
	return extra[from.number-n], nil, true
}

// Place is where a place is now.
func (r *resumer) place(p Place) (Place, bool) {
	e := r.edits[p.Path]
	if e == nil {
		return p, true
	}
	pos, ok := e.place(p.Pos)
	return Place{p.Path, pos}, ok
}

// difference is what the analysis of locks needs to know.
func (r *resumer) difference() *Difference {
	d := &Difference{
		Declared: r.declared(),
		Func:     func(old FuncID) FuncID { return r.now[old] },
		Pos: func(f FuncID, old cparse.Pos) (cparse.Pos, bool) {
			p, ok := r.place(Place{r.p.Funcs[f].Path, old})
			return p.Pos, ok
		},
		Old: func(f FuncID) *Func {
			if c := r.changed[f]; c != nil {
				return c.old
			}
			return nil
		},
	}
	for id := range r.changed {
		d.Changed = append(d.Changed, id)
	}
	for id := range r.added {
		if r.p.Funcs[id].External {
			d.Changed = append(d.Changed, id)
		}
	}
	slices.Sort(d.Changed)
	return d
}
