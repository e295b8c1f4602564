package cmd

import (
	"context"
	"strings"

	"klockscan/callgraph"
	"klockscan/cparse"
	"klockscan/lockflow"
)

// What was linked and analysed of an architecture is kept, so far as questions
// need it (callgraph.Graph.Encode): a question that was never asked of a tree is
// answered from there as long as the tree is unchanged.

// codeMemo is the memo of one architecture, with its locks or without.
func (s *session) codeMemo(arch string, locks bool) *memo {
	level := "graph"
	if locks {
		level = "locks"
	}
	return s.newMemo("code", level, arch, strings.Join(s.scope.dirs, "\n"), strings.Join(s.scope.docs, "\n"))
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

// recallCodes is every architecture from the cache, nil if one is not there.
func (s *session) recallCodes(locks bool) []*code {
	codes, _ := each(s, func(arch string) (*code, error) {
		text, ok := s.codeMemo(arch, true).recall(s.tree)
		if !ok && !locks {
			text, ok = s.codeMemo(arch, false).recall(s.tree)
		}
		if !ok {
			return nil, nil
		}
		return decodeCode(text, s.ways, locks), nil
	})
	for _, c := range codes {
		if c == nil {
			return nil
		}
	}
	return codes
}

func decodeCode(text []byte, ways *callgraph.EntryTable, locks bool) *code {
	d := cparse.NewDecoder(text)
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
	}
	return &c
}

// keepCodes stores the architectures that were worked out in this run.
func (s *session) keepCodes() {
	if s.store == nil {
		return
	}
	_, _ = each(s, func(arch string) (struct{}, error) {
		if c := s.made[arch]; c != nil {
			e := cparse.NewEncoder()
			c.graph.Encode(e)
			if c.result != nil {
				c.result.Encode(e, c.graph)
			}
			s.codeMemo(arch, c.result != nil).keep(e.Bytes(), s.trees)
		}
		return struct{}{}, nil
	})
}
