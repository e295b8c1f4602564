package cmd

import (
	"errors"
	"io/fs"
	"slices"

	"klockscan/callgraph"
	"klockscan/reports"
)

// What is not found any more is gone only if it was looked for: a check of another
// scope or architecture says nothing about it.

// looked says whether the check would have found what lies in a file on an
// architecture: it lies in the scope, or the file does not exist any more.
func (s *session) looked(arch, file string) bool {
	if !slices.Contains(s.arches, arch) || s.failed != nil { // what failed was not looked at
		return false
	}
	if s.scope.holds(file, []string{arch}) || slices.Contains(s.scope.docs, file) {
		return !slices.ContainsFunc(s.tree.notRead(), func(l reports.Lost) bool { return l.File == file })
	}
	_, err := s.tree.Stat(file)
	return errors.Is(err, fs.ErrNotExist)
}

// lookedFor is looked for a row of a baseline. A check of the scope that the baseline
// was written for finds all that was found then, in whichever file.
func (s *session) lookedFor(k reports.Known) bool {
	same := len(s.known.scope) > 0 && slices.Equal(slices.Sorted(slices.Values(s.known.scope)), slices.Sorted(slices.Values(s.scope.names)))
	return same && s.failed == nil && slices.Contains(s.arches, k.Arch) || s.looked(k.Arch, k.File)
}

// lookedForAll says whether a check would have found whatever a suppression is about:
// on the architecture that it names or else on all, and in its file if it names one.
func (s *session) lookedForAll(row *suppressRow) bool {
	arches := callgraph.Arches()
	if row.Arch != "" {
		arches = []string{row.Arch}
	}
	for _, arch := range arches {
		if !slices.Contains(s.arches, arch) {
			return false
		}
	}
	return row.File == "" || slices.ContainsFunc(arches, func(arch string) bool { return s.looked(arch, row.File) })
}
