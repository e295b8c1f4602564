package callgraph

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"klockscan/cparse"
)

// A graph can be written so that the graph of much the same tree can be made from it
// (resume.go): with what was read, where each function stands in its file, and what
// only the analysis of pointers knows.

// EncodeBase writes what [Resume] needs beside the graph. It is false, and nothing is
// written, if the graph was not made by [Build], or with a [Library].
func (g *Graph) EncodeBase(e *cparse.Encoder) bool {
	p := g.Prog
	if p.syms == nil || p.parts == nil || len(p.Searches) > 0 {
		return false
	}
	e.Int(p.Stats.Files)
	for _, f := range p.Files[:p.Stats.Files] {
		e.Bool(p.early[f.Path])
	}
	for _, f := range p.Files[p.Stats.Files:] {
		read := p.parts[f.Path]
		e.Int(read.round)
		e.Int(len(read.at))
		for _, at := range read.at {
			e.Int(at)
		}
	}
	encodeResolved(e, p.resolved)
	p.encodeAround(e)
	for _, s := range p.sources() {
		e.Int(int(s.file))
		e.Int(s.number)
	}
	for _, f := range p.Funcs {
		e.Bool(f.late)
	}
	encodeUses(e, p.uses)
	for _, names := range []map[string]bool{p.vague, p.needed, g.inOrder} {
		e.Strings(sortedKeys(names))
	}
	e.Int(len(g.stored))
	for _, s := range g.stored {
		e.Int(int(s.fn))
		e.String(s.via)
		s.place.encode(e)
	}
	g.tables.encode(e)
	return true
}

// A source says where a function comes from: which one of those that its file defines;
// -1: it is only declared, or not even that.
type source struct {
	file   int32
	number int
}

// sources is the source of each function.
func (p *Program) sources() []source {
	of := make(map[*cparse.Func]source, len(p.Funcs)) // by the body, which instances share
	for i := range p.Files {
		for n, fn := range p.syms.fileFuncs(int32(i)) {
			if id, ok := p.byIR[fn]; ok {
				of[p.Funcs[id].IR()] = source{int32(i), n}
			}
		}
	}
	out := make([]source, len(p.Funcs))
	for i, f := range p.Funcs {
		s, ok := of[f.IR()]
		if !ok || f.IR() == nil {
			s = source{f.fileNo, -1}
		}
		out[i] = s
	}
	return out
}

// encodeResolved writes which file each #include means.
func encodeResolved(e *cparse.Encoder, resolved map[includeKey]string) {
	e.Int(len(resolved))
	for _, k := range slices.SortedFunc(maps.Keys(resolved), func(a, b includeKey) int {
		return cmp.Or(strings.Compare(a.dir, b.dir), strings.Compare(a.name, b.name))
	}) {
		e.String(k.dir)
		e.String(k.name)
		e.String(resolved[k])
	}
}

func (t tableIndex) encode(e *cparse.Encoder) {
	e.Int(len(t))
	for _, k := range slices.SortedFunc(maps.Keys(t), func(a, b storedIn) int { return cmp.Or(cmp.Compare(a.fn, b.fn), strings.Compare(a.via, b.via)) }) {
		e.Int(int(k.fn))
		e.String(k.via)
		e.Int(len(t[k]))
		for _, n := range t[k] {
			e.Int(int(n))
		}
	}
}

// A base is what EncodeBase wrote.
type base struct {
	graph    *Graph
	files    int                   // that were read whole
	early    []bool                // of them: in the first round
	parts    []part                // the rest
	includes map[includeKey]string // as resolved
	around   *surroundings
	sources  []source
	uses     [][]use
	vague    map[string]bool // as of Program
	needed   map[string]bool // likewise
	inOrder  map[string]bool // as of Graph
	stored   []store
	tables   tableIndex
}

func decodeBase(g *Graph, d *cparse.Decoder) (*base, error) {
	b := &base{graph: g, files: d.Int(), tables: tableIndex{}}
	if b.files < 0 || b.files > len(g.Prog.Files) {
		return nil, errBase
	}
	funcs := len(g.Prog.Funcs)
	b.early = make([]bool, b.files)
	for i := range b.early {
		b.early[i] = d.Bool()
	}
	b.parts = make([]part, len(g.Prog.Files)-b.files)
	for i := range b.parts {
		b.parts[i] = part{d.Int(), make([]int, d.Len())}
		for k := range b.parts[i].at {
			b.parts[i].at[k] = d.Int()
		}
	}
	b.includes = make(map[includeKey]string, len(g.Prog.Files))
	for range d.Len() {
		b.includes[includeKey{d.String(), d.String()}] = d.String()
	}
	var ok bool
	if b.around, ok = decodeAround(d, len(g.Prog.Files), b.files); !ok {
		return nil, errBase
	}
	b.sources = make([]source, funcs)
	for i := range b.sources {
		b.sources[i] = source{d.Int32(), d.Int()}
	}
	for _, f := range g.Prog.Funcs {
		f.late = d.Bool()
	}
	b.uses = decodeUses(d, funcs)
	b.vague, b.needed, b.inOrder = decodeNameSet(d), decodeNameSet(d), decodeNameSet(d)
	b.stored = make([]store, d.Len())
	for i := range b.stored {
		b.stored[i] = store{FuncID(d.Index(funcs)), d.String(), decodePlace(d)}
	}
	for range d.Len() {
		k := storedIn{fn: FuncID(d.Index(funcs)), via: d.String()}
		in := make([]int32, d.Len())
		for i := range in {
			in[i] = d.Int32()
		}
		b.tables[k] = in
	}
	return b, d.Err()
}

func decodeNameSet(d *cparse.Decoder) map[string]bool {
	out := map[string]bool{}
	for _, name := range d.Strings() {
		out[name] = true
	}
	return out
}
