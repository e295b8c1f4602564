package cmd

import (
	"context"
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
	"klockscan/lockflow"
)

// What a small edit leaves as it is need not be worked out again. Beside its answers an
// architecture that was worked out whole leaves a base: what callgraph.Resume and
// lockflow.Resume start from, and the sources as they were. When some of the sources
// have changed since, and nothing else, what the edit touches is worked out on that base.
// If it may touch more, or the base does not serve for another reason, everything is
// worked out anew: the result is the same.

// mostEdits is how many edited files a base is tried with.
const mostEdits = 16

// baseMemo is the memo of the base of one architecture of a tree.
func (s *session) baseMemo(tree, arch string) *memo {
	return s.memoOf(tree, s.aboutCode("base", arch)...)
}

// A baseWriter collects the base of an architecture while it is worked out.
type baseWriter struct {
	graph, locks, uses *cparse.Encoder
	sources            []string // that may be edited
}

// newBase is nil if no base is wanted.
func (s *session) newBase() *baseWriter {
	if s.store == nil || s.library != nil || s.tree.git != nil {
		return nil
	}
	return &baseWriter{graph: cparse.NewEncoder(), locks: cparse.NewEncoder(), uses: cparse.NewEncoder()}
}

// noteGraph writes the graph; the base is dropped if that cannot serve.
func (b *baseWriter) noteGraph(g *callgraph.Graph) *baseWriter {
	if b == nil || !g.EncodeBase(b.graph) {
		return nil
	}
	for _, f := range g.Prog.Files[:g.Prog.Stats.Files] {
		if strings.HasSuffix(f.Path, ".c") {
			b.sources = append(b.sources, f.Path)
		}
	}
	return b
}

// noteBindings writes how rules were bound.
func (b *baseWriter) noteBindings(bindings *lockflow.Bindings) *baseWriter {
	if b == nil || bindings == nil {
		return nil
	}
	bindings.Encode(b.uses)
	return b
}

// keepBase stores what an architecture left.
func (s *session) keepBase(arch string, b *baseWriter) {
	view := s.view(arch)
	e := cparse.NewEncoder()
	for _, part := range []*cparse.Encoder{b.graph, b.locks, b.uses} {
		e.String(string(part.Bytes()))
	}
	e.Int(len(b.sources))
	for _, name := range b.sources {
		text, err := view.ReadFile(name)
		if f, ok := view.ledger.fact(name); err != nil || ok && f.sum != (digest{}) && f.sum != digestOf(text) {
			return // it has changed meanwhile
		}
		e.String(name)
		e.String(string(text))
	}
	s.baseMemo(s.tree.id, arch).keep(e.Bytes(), []*tree{view})
}

// A storedBase is a base of the cache, with what has changed since.
type storedBase struct {
	graph, locks, uses *cparse.Decoder
	edits              []callgraph.Edit
}

// recallBase is a base from which the tree of an architecture differs in a few
// sources; nil if there is none. Where patches lie over a tree it is that tree's.
func (s *session) recallBase(arch string) *storedBase {
	view, at := s.view(arch), s.tree.id
	touched := func(string) bool { return false }
	if view.base != nil {
		at, touched = view.base.id, view.over.Touches
		if view.base.follows() {
			return nil
		}
	}
	below := view
	if view.base != nil {
		below = view.base
	}
	text, changed := s.baseMemo(at, arch).recallEdited(below, touched)
	if text == nil {
		return nil
	}
	return decodeStoredBase(text, changed)
}

func decodeStoredBase(text []byte, changed []string) *storedBase {
	d := cparse.NewDecoder(text)
	b := &storedBase{}
	for _, part := range []**cparse.Decoder{&b.graph, &b.locks, &b.uses} {
		*part = cparse.NewDecoder([]byte(d.String()))
	}
	for range d.Len() {
		name, old := d.String(), d.String()
		if slices.Contains(changed, name) {
			b.edits = append(b.edits, callgraph.Edit{Path: name, Old: []byte(old)})
		}
	}
	if d.Err() != nil || len(b.edits) != len(changed) {
		return nil
	}
	return b
}

// resume works an architecture out on a base; nil if that cannot be done.
func (s *session) resume(ctx context.Context, arch string) *code {
	b := s.recallBase(arch)
	if b == nil {
		return nil
	}
	end := s.watch.stage(arch, "resume")
	defer end()
	opt, err := s.loadOptions(arch)
	if err != nil {
		return nil
	}
	g, d, ok, err := callgraph.Resume(ctx, s.view(arch), opt, b.graph, b.edits)
	if err != nil || !ok {
		return nil
	}
	c := &code{prog: g.Prog, graph: g}
	diff := lockflow.Difference{Changed: d.Changed, Gone: d.Gone, Func: d.Func, Pos: d.Pos, Old: d.Old}
	if c.result, ok, err = lockflow.Resume(g.Prog, g, s.flowOptions(g), b.locks, diff); err != nil || !ok {
		return nil
	}
	if !lockflow.SameNames(g.Prog, slices.Concat(s.statedRules(), s.set.rules), diff) {
		return nil
	}
	if c.bindings, err = lockflow.DecodeBindings(b.uses); err != nil {
		return nil
	}
	return c
}
