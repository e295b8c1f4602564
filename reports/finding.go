package reports

import (
	"fmt"
	"slices"

	"klockscan/lockflow"
)

// What every writer of findings says in the same way: which of them are one
// place, which locks they are about, and in which words.

// A place is findings that differ in the way to one acquisition only: on another
// architecture, as generic code is read once for each, or through another caller.
type place struct {
	first  Finding
	arches []string  // of all
	also   []Finding // the others with another chain
	prints []string  // the fingerprints of all, each once
}

// fold groups the findings of one place, in the order of the first of each.
func fold(findings []Finding) []place {
	type key struct {
		kind, file, function, outer, inner, confidence string
		line                                           int
	}
	type way struct {
		place int
		chain string
	}
	at, ways := map[key]int{}, map[way]bool{}
	var out []place
	for _, f := range findings {
		k := key{f.Kind, f.File, f.Function, class(f.Outer), class(f.Inner), f.Confidence, f.Line}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, place{first: f})
		}
		p, w := &out[i], way{i, Line(f.Chain)}
		if ok && !ways[w] {
			p.also = append(p.also, f)
		}
		ways[w] = true
		p.arches, p.prints = with(p.arches, f.Arch), with(p.prints, f.Fingerprint)
	}
	return out
}

// with is a list with one more word, unless it has it.
func with(list []string, word string) []string {
	if slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

func class(l *Lock) string {
	if l == nil {
		return ""
	}
	return l.Class
}

// A role is a lock of a finding and what the path does with it.
type role struct {
	word string // held, taken, waits, sleeps, asserted, missing
	lock *Lock  // never nil
}

// roles is the locks of a finding, outermost first: of an assertion the lock that
// it names, and before that what the path has done with it, if anything. A
// finding about the text alone has none.
func roles(f Finding) []role {
	outer, inner := "held", innerWord(f.Inner)
	switch f.Kind {
	case string(lockflow.KindRules):
		return nil
	case string(lockflow.KindRequires):
		outer = "missing"
	case string(lockflow.KindAssert):
		outer, inner = "taken", "asserted"
		if f.Outer == nil || f.Inner == nil || *f.Outer == *f.Inner {
			outer = ""
		}
	}
	var out []role
	if f.Outer != nil && outer != "" {
		out = append(out, role{outer, f.Outer})
	}
	if f.Inner != nil {
		out = append(out, role{inner, f.Inner})
	}
	return out
}

// innerWord says what is done inside: not everything is the taking of a lock.
func innerWord(l *Lock) string {
	if l == nil {
		return ""
	}
	switch l.Mode {
	case "wait":
		return "waits"
	case "sleep":
		return "sleeps"
	}
	return "taken"
}

// how is the mode of an acquisition, in words.
func how(l Lock) string {
	if l.Try {
		return "try " + l.Mode
	}
	return l.Mode
}

// sentence is the finding's own message, or one made of its locks.
func sentence(f Finding) string {
	if f.Message != "" {
		return f.Message
	}
	switch {
	case f.Outer != nil && f.Inner != nil:
		return fmt.Sprintf("%s() takes %s with %s held", f.Function, f.Inner.Name, f.Outer.Name)
	case f.Outer != nil:
		return fmt.Sprintf("%s() holds %s", f.Function, f.Outer.Name)
	case f.Inner != nil:
		return fmt.Sprintf("%s() takes %s", f.Function, f.Inner.Name)
	}
	return f.Function + "()"
}

// shownAt is where a finding is shown by formats that cannot show one without a
// file: its own place, else the nearest thing to it that has one.
func shownAt(f Finding) (file string, line int) {
	if f.File != "" {
		return f.File, f.Line
	}
	for _, l := range []*Lock{f.Inner, f.Outer} {
		if l != nil && l.File != "" {
			return l.File, l.Line
		}
	}
	for i := len(f.Chain) - 1; i >= 0; i-- {
		if f.Chain[i].File != "" {
			return f.Chain[i].File, f.Chain[i].Line
		}
	}
	if f.Rule != nil {
		return f.Rule.File, f.Rule.Line
	}
	return "", 0
}

// A marked place has a fingerprint of its own.
type marked struct {
	place
	id string
}

// mark gives each place of the findings a fingerprint that no other has: that of
// its first finding. Two functions of one name in two files, each static, have
// findings of one fingerprint: it is made of names, so that it survives the
// shift of lines. All but the first get a number, in the order of the document,
// which is that of the files.
func mark(findings []Finding) []marked {
	places := fold(findings)
	out := make([]marked, len(places))
	used, next := map[string]bool{}, map[string]int{}
	for i, p := range places {
		base := p.first.Fingerprint
		if base == "" {
			base = "unknown"
		}
		id := base
		for used[id] {
			next[base]++
			id = fmt.Sprintf("%s-%d", base, next[base]+1)
		}
		used[id] = true
		out[i] = marked{p, id}
	}
	return out
}
