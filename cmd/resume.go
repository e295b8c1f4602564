package cmd

import (
	"context"
	"path"
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/cmd/store"
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
	graph, locks, votes *cparse.Encoder
	sources             []string // that may be edited
}

// newBase is nil if no base is wanted: the next tree is none that patches lie over, and
// units of a whole tree have their own ways.
func (s *session) newBase() *baseWriter {
	if s.store == nil || s.library != nil || s.tree.follows() {
		return nil
	}
	return &baseWriter{graph: cparse.NewEncoder(), locks: cparse.NewEncoder(), votes: cparse.NewEncoder()}
}

// noteGraph writes the graph; the base is dropped if that cannot serve.
func (b *baseWriter) noteGraph(g *callgraph.Graph) *baseWriter {
	if b == nil || !g.EncodeBase(b.graph) {
		return nil
	}
	files := g.Prog.Files[:g.Prog.Stats.Files]
	dirs := map[string]bool{} // whose headers are likely to be edited with their sources
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".c") {
			dirs[path.Dir(f.Path)] = true
		}
	}
	for _, f := range files {
		if dirs[path.Dir(f.Path)] {
			b.sources = append(b.sources, f.Path)
		}
	}
	return b
}

// sourceKey names a source in the store.
func sourceKey(sum digest) store.Key { return store.KeyOf("source", string(sum[:])) }

// keepBase stores what an architecture left, with what it is known by as a code.
func (s *session) keepBase(arch string, c keptCode) {
	view := s.view(arch)
	e := cparse.NewEncoder()
	e.Raw(c.text)
	e.Raw(c.base.graph.Bytes())
	e.Raw(c.base.locks.Bytes())
	e.Raw(c.base.votes.Bytes())
	e.Int(len(c.base.sources))
	for _, name := range c.base.sources {
		f, _ := view.ledger.fact(name)
		if f.sum == (digest{}) || !s.keepSource(view, name, f.sum) {
			return // it has changed meanwhile
		}
		e.String(name)
		e.Raw(f.sum[:])
	}
	s.baseMemo(s.tree.id, arch).keep(e.Bytes(), []*tree{view})
}

// keepSource stores a source that has a digest; false if it has another by now.
func (s *session) keepSource(view *tree, name string, sum digest) bool {
	if s.store.Has(sourceKey(sum)) {
		return true
	}
	text, err := view.ReadFile(name)
	return err == nil && digestOf(text) == sum && s.store.Put(sourceKey(sum), text) == nil
}

// A storedBase is a base of the cache, with what has changed since.
type storedBase struct {
	code, graph, locks, votes *cparse.Decoder
	edits                     []callgraph.Edit
}

// recallBase is a base from which the tree of an architecture differs in a few
// sources; nil if there is none. Where patches lie over a tree it is that tree's.
func (s *session) recallBase(arch string) *storedBase {
	view := s.view(arch)
	below := view
	if view.base != nil {
		below = view.base
	}
	if below.follows() { // of other trees nobody notes what they were asked
		return nil
	}
	text, changed := s.baseMemo(below.id, arch).recallEdited(view)
	if text == nil {
		return nil
	}
	return s.decodeBase(text, changed, view.base)
}

// decodeBase reads a base. Sources that it does not have are those of the tree below, if
// there is one.
func (s *session) decodeBase(text []byte, changed []string, below *tree) *storedBase {
	d := cparse.NewDecoder(text)
	part := func() *cparse.Decoder { return cparse.NewDecoder(d.Raw()) }
	b := &storedBase{code: part(), graph: part(), locks: part(), votes: part()}
	known := map[string]store.Key{}
	for range d.Len() {
		name, sum := d.String(), d.Raw()
		if len(sum) == len(digest{}) {
			known[name] = sourceKey(digest(sum))
		}
	}
	for _, name := range changed {
		if key, ok := known[name]; !ok && below != nil {
			if old, err := below.ReadFile(name); err == nil {
				b.edits = append(b.edits, callgraph.Edit{Path: name, Old: old})
			}
		} else if old, ok := s.store.Get(key); ok {
			b.edits = append(b.edits, callgraph.Edit{Path: name, Old: old})
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
	was := decodeCodeFrom(b.code, s.ways, true)
	if was == nil {
		return nil
	}
	g, d, ok, err := callgraph.Resume(ctx, s.view(arch), opt, was.graph, b.graph, b.edits)
	if err != nil || !ok {
		return nil
	}
	c := &code{prog: g.Prog, graph: g, bindings: was.bindings}
	diff := lockflow.Difference{Changed: d.Changed, Gone: d.Gone, Declared: d.Declared, Func: d.Func, Pos: d.Pos, Old: d.Old}
	if c.result, ok, err = lockflow.Resume(g.Prog, g, s.flowOptions(g), b.locks, diff); err != nil || !ok {
		return nil
	}
	votes, err := lockflow.DecodeVotes(b.votes, len(was.prog.Funcs))
	if err != nil || !votes.SameNames(g.Prog, slices.Concat(s.statedRules(), s.set.rules), diff) || !g.Prog.Intact() {
		return nil
	}
	return c
}
