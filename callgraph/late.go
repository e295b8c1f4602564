package callgraph

import "sync/atomic"

// The body of a function is made when the function is linked, and what files of a later
// round define is not known then. A resumed program has all files at once. Where a name
// means something in a body only because of a later file, and not because the body's
// file includes it, what is made there may be another body than the program had.

// late is the files of later rounds, and whether any gave a name its meaning. A nil
// late has none.
type late struct {
	files bitset
	met   atomic.Bool
}

// has reports whether a file is one of them.
func (l *late) has(file int32) bool { return l != nil && l.files.has(file) }

// note notes that a file gives a name its meaning.
func (l *late) note(file int32) {
	if l.has(file) {
		l.met.Store(true)
	}
}

// withLate is the same symbols, which note what late files mean in bodies. What they
// found out before is forgotten.
func (s *symbols) withLate(l *late) *symbols {
	out := *s
	out.late, out.trials = l, newTrials()
	e := &env{arch: s.env.arch, kconfig: s.env.kconfig, late: l}
	e.setMacros(s.env.macros)
	out.env = e
	return &out
}
