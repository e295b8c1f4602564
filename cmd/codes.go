package cmd

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"klockscan/callgraph"
	"klockscan/cparse"
	"klockscan/lockflow"
)

// What was linked and analysed of an architecture is kept, so far as questions
// need it (callgraph.Graph.Encode): a question that was never asked of a tree is
// answered from there as long as the tree is unchanged.

// codeMemo is the memo of one architecture of a tree, with its locks or without.
func (s *session) codeMemo(tree, arch string, locks bool) *memo {
	level := "graph"
	if locks {
		level = "locks"
	}
	return s.memoOf(tree, s.aboutCode("code", level, arch)...)
}

// aboutCode is a question about one architecture of a tree.
func (s *session) aboutCode(question ...string) []string {
	return append(question, strings.Join(s.scope.dirs, "\n"), strings.Join(s.scope.docs, "\n"), s.set.primitives, s.set.entries)
}

// ask is load for questions about calls only: the programs may be without types
// and bodies.
func (s *session) ask(ctx context.Context) ([]*code, error) {
	if codes := s.recallCodes(false); codes != nil {
		return codes, nil
	}
	return s.load(ctx)
}

// askLocks is analyse for questions about calls and observed locks only.
func (s *session) askLocks(ctx context.Context) ([]*code, error) {
	if codes := s.recallCodes(true); codes != nil {
		return codes, nil
	}
	return s.analyse(ctx)
}

// recallCode is one architecture from the cache, nil if it is not there. Where
// patches lie over a tree, that of the tree itself will do if nothing that it asked
// for is touched by them: a patch of one architecture's files leaves the other as it
// was.
func (s *session) recallCode(arch string, locks bool) *code {
	view := s.view(arch)
	text, ok := s.recallText(s.tree.id, arch, locks, func(m *memo) ([]byte, bool) { return m.recall(view) })
	if !ok && view.base != nil && !view.base.follows() { // of other trees nobody notes what they were asked
		text, ok = s.recallText(view.base.id, arch, locks, func(m *memo) ([]byte, bool) { return m.recallUntouched(view.base, view.over.Touches) })
	}
	if !ok {
		return nil
	}
	return decodeCode(text, s.ways, locks)
}

// recallText is what the cache has of an architecture of a tree: with its locks, or
// without if those are not asked for.
func (s *session) recallText(tree, arch string, locks bool, recall func(*memo) ([]byte, bool)) ([]byte, bool) {
	text, ok := recall(s.codeMemo(tree, arch, true))
	if !ok && !locks {
		text, ok = recall(s.codeMemo(tree, arch, false))
	}
	return text, ok
}

// recallCodes is every architecture from the cache, nil if one is not there.
func (s *session) recallCodes(locks bool) []*code {
	codes, _ := each(s, func(arch string) (*code, error) { return s.recallCode(arch, locks), nil })
	for _, c := range codes {
		if c == nil {
			return nil
		}
	}
	return codes
}

func decodeCode(text []byte, ways *callgraph.EntryTable, locks bool) *code {
	return decodeCodeFrom(cparse.NewDecoder(text), ways, locks)
}

func decodeCodeFrom(d *cparse.Decoder, ways *callgraph.EntryTable, locks bool) *code {
	var c code
	var err error
	if c.graph, err = callgraph.DecodeGraph(d, ways); err != nil {
		return nil
	}
	c.prog = c.graph.Prog
	if locks {
		if c.result, err = lockflow.DecodeResult(d, c.graph); err != nil {
			return nil
		}
		if c.bindings, err = lockflow.DecodeBindings(d); err != nil {
			return nil
		}
	}
	return &c
}

// keptCodes is what a run worked out, encoded. It is safe for concurrent use.
type keptCodes struct {
	mu    sync.Mutex
	codes map[string]keptCode // by architecture
	late  []*code             // to be encoded when the answer is given
}

type keptCode struct {
	text  []byte
	locks bool
	base  *baseWriter
}

// later enters what the command still works with.
func (k *keptCodes) later(c *code) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.late = append(k.late, c)
}

// add encodes what is done with.
func (k *keptCodes) add(c *code) {
	e := cparse.NewEncoder()
	c.graph.Encode(e)
	if c.result != nil {
		c.result.Encode(e, c.graph)
		c.bindings.Encode(e)
	}
	if c.base != nil {
		c.bindings.Votes().Encode(c.base.votes)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.codes == nil {
		k.codes = map[string]keptCode{}
	}
	k.codes[c.prog.Arch] = keptCode{e.Bytes(), c.result != nil, c.base}
}

// view is the tree as one architecture asks it: what the other reads does not
// matter to it.
func (s *session) view(arch string) *tree {
	s.viewed.mu.Lock()
	defer s.viewed.mu.Unlock()
	if s.viewed.trees == nil {
		s.viewed.trees = map[string]*tree{}
	}
	if s.viewed.trees[arch] == nil {
		s.viewed.trees[arch] = s.tree.view()
	}
	return s.viewed.trees[arch]
}

// views is the trees of the architectures. It is safe for concurrent use.
type views struct {
	mu    sync.Mutex
	trees map[string]*tree
}

// keepCodes stores the architectures that were worked out in this run. Their
// ledgers are the run's, which is known at its end. Rules are bound here for
// commands that ask for none: what an answer says was read is not to depend on
// whether there is a cache.
func (s *session) keepCodes() {
	for _, c := range s.made.late {
		s.bind(c)
		s.made.add(c)
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(s.made.codes)), func(c keptCode) bool { return c.base != nil }) {
		runtime.GC() // the programs are gone; their memory serves for what is written
	}
	_, _ = each(s, func(arch string) (struct{}, error) {
		if c, ok := s.made.codes[arch]; ok {
			s.codeMemo(s.tree.id, arch, c.locks).keep(c.text, []*tree{s.view(arch)})
			if c.base != nil {
				s.keepBase(arch, c)
			}
		}
		return struct{}{}, nil
	})
}
