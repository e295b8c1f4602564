package lockflow

import (
	"slices"
	"strings"
)

// maxTypos is how many letters of ten a suggested name may differ in.
const maxTypos = 3

// Suggest is a lock of the program that a name which binds to nothing may have
// meant: one whose own name differs in few letters, near the rule if there are
// several; "" if there is none, or if nothing tells several apart. A lock of just
// that name is no suggestion: what is wrong is then another part of the text.
func (b *programBinder) Suggest(name string) string {
	want := splitName(name).last()
	if want == "" {
		return ""
	}
	best, found, exists := len(want)*maxTypos/10+1, []string(nil), false
	try := func(c Class, last string) {
		d := distanceOf(want, last)
		exists = exists || d == 0
		if d > best || d > len(want)*maxTypos/10 {
			return
		}
		if d < best {
			best, found = d, nil
		}
		if text := c.String(); !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	for _, f := range b.p.Files {
		for _, s := range f.Structs {
			for i := range s.Fields {
				if fd := &s.Fields[i]; s.Name != "" && b.isLock(fd.Type) {
					try(Class{Owner: "struct " + s.Name, Path: fd.Name}, fd.Name)
				}
			}
		}
		for _, g := range f.Globals {
			if !g.Extern && b.isLock(g.Type) {
				try(Class{Path: g.Name}, g.Name)
			}
		}
	}
	if exists || len(found) > maxSuggested {
		return ""
	}
	slices.Sort(found)
	return strings.Join(found, " or ")
}

// maxSuggested is how many candidates help a reader; more say nothing.
const maxSuggested = 3

// distanceOf is the number of letters to insert, delete or change to get from one
// word to the other (Levenshtein 1966).
func distanceOf(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
