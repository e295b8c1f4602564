package cmd

import (
	"slices"

	"klockscan/callgraph"
	"klockscan/lockflow"
	"klockscan/reports"
)

// chainNames is what a question about chains means on one architecture.
type chainNames struct {
	query    callgraph.Query
	entries  []callgraph.Entry      // query.From, if every entry point was asked for
	acquired []lockflow.Acquisition // of the lock
	missing  []reports.Missing
}

// lacks reports whether the architecture lacks a name without which the question
// has no meaning.
func (n *chainNames) lacks() bool {
	return slices.ContainsFunc(n.missing, func(m reports.Missing) bool { return !m.Avoid })
}

// chainNames looks the names of a question up in every architecture; one that no
// architecture knows is wrong usage.
func (s *session) chainNames(codes []*code, f *chainFlags) ([]*chainNames, error) {
	out := make([]*chainNames, len(codes))
	for i := range out {
		out[i] = &chainNames{query: callgraph.Query{Most: f.all, Allow: s.allow(f.async)}}
	}
	add := func(spec string, avoid bool, into func(*callgraph.Query, []callgraph.FuncID)) error {
		found, err := find(codes, spec)
		if err != nil {
			return err
		}
		for i, c := range codes {
			if len(found[i]) == 0 {
				out[i].missing = append(out[i].missing, reports.Missing{Arch: c.prog.Arch, What: "function", Name: spec, Avoid: avoid})
			}
			into(&out[i].query, found[i])
		}
		return nil
	}
	if f.from != "" {
		if err := add(f.from, false, func(q *callgraph.Query, at []callgraph.FuncID) { q.From = at }); err != nil {
			return nil, err
		}
	}
	if f.to != "" {
		if err := add(f.to, false, func(q *callgraph.Query, at []callgraph.FuncID) { q.To = at }); err != nil {
			return nil, err
		}
	}
	for _, name := range f.through {
		if err := add(name, false, func(q *callgraph.Query, at []callgraph.FuncID) { q.Through = append(q.Through, at) }); err != nil {
			return nil, err
		}
	}
	for _, name := range f.avoid {
		if err := add(name, true, func(q *callgraph.Query, at []callgraph.FuncID) { q.Avoid = append(q.Avoid, at...) }); err != nil {
			return nil, err
		}
	}
	if f.lock != "" {
		if err := s.lockNames(codes, f, out); err != nil {
			return nil, err
		}
	}
	for _, n := range out {
		if err := n.contradiction(f); err != nil && !n.lacks() {
			return nil, err
		}
	}
	return out, nil
}

// contradiction refuses to avoid what the chain begins or ends with or must pass.
func (n *chainNames) contradiction(f *chainFlags) error {
	q := &n.query
	barred := func(of []callgraph.FuncID) bool {
		return len(of) > 0 && !slices.ContainsFunc(of, func(at callgraph.FuncID) bool { return !slices.Contains(q.Avoid, at) })
	}
	switch {
	case f.from != "" && barred(q.From):
		return usagef("--avoid leaves nothing of %s, where the chain begins", f.from)
	case f.to != "" && barred(q.To):
		return usagef("--avoid leaves nothing of %s, where the chain ends", f.to)
	}
	for i, of := range q.Through {
		if barred(of) {
			return usagef("--avoid leaves nothing of %s, which the chain must pass", f.through[i])
		}
	}
	return nil
}

// lockNames finds the acquisitions of the lock on every architecture, and the
// entry points if there is no function to begin at.
func (s *session) lockNames(codes []*code, f *chainFlags, out []*chainNames) error {
	known := false
	for i, c := range codes {
		n := out[i]
		lock := s.newLockFilter(c, f.lock)
		if !s.knowsLock(c, lock) {
			n.missing = append(n.missing, reports.Missing{Arch: c.prog.Arch, What: "lock", Name: f.lock})
			continue
		}
		known = true
		for _, a := range c.result.Acquisitions {
			// A wait for readers takes nothing: it is meant only by its own name.
			if isLock(a.Lock) && lock.match(a.Lock) && (a.Lock.Mode != lockflow.Wait || a.Lock.Name == f.lock) {
				n.acquired = append(n.acquired, a)
				n.query.To = append(n.query.To, a.Func)
			}
		}
		if f.from == "" {
			n.entries = c.graph.Entries()
			for _, e := range n.entries {
				n.query.From = append(n.query.From, e.Func)
			}
			n.query.Within = true
		}
	}
	if !known {
		return usagef("unknown lock %q%s", f.lock, lockHint(codes, f.lock))
	}
	return nil
}
