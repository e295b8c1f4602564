package lockflow

import (
	"cmp"
	"fmt"
	"slices"
)

// An acquisition is a place of the code that takes a lock.
type acquisition struct {
	class          Class
	function, file string
	line           int
}

// A heldAt is what the pairs tell about an acquisition.
type heldAt struct {
	place acquisition
	best  *Pair // the best witness that leads there
	kept  bool  // on some path the demanded lock is held
}

// requires applies C7. An acquisition breaks the rule if none of the paths that
// lead to it holds the demanded lock: a path without it may be one that cannot
// happen, all of them are not. The rule must be kept somewhere else in the same
// program, or the analysis does not see the demanded lock at all.
func (c *checker) requires(rules []*Rule) {
	var lacking []Finding
	for _, r := range rules {
		if r.Kind != RuleRequires || !r.holdsFor(c.arch) || len(classesOf(&Rule{Outer: r.Outer})) == 0 {
			continue
		}
		places := c.acquisitions(r)
		if !slices.ContainsFunc(places, func(h heldAt) bool { return h.kept }) {
			continue
		}
		for _, h := range places {
			if h.kept || !h.best.orders() {
				continue
			}
			demanded := firstBound(r.Outer)
			f := c.finding(KindRequires, h.best, r, fmt.Sprintf("%s takes %s without %s: %s",
				h.place.function, h.best.Inner.Name, demanded.Text, r.because()))
			f.Outer = &Lock{Name: demanded.Text, Class: demanded.Classes[0]}
			f.Fingerprint = fingerprint(string(KindRequires), c.arch, f.Outer.Class.String(), h.place.class.String(), h.place.function)
			f.Confidence = min(f.Confidence, Likely)
			lacking = append(lacking, f)
		}
	}
	c.out = append(c.out, onePerFunction(lacking)...)
}

// onePerFunction keeps of the lines of one function that lack the same lock the best,
// and says how many there are: they have one fingerprint.
func onePerFunction(lacking []Finding) []Finding {
	type place struct{ fingerprint, file string }
	lines := map[place]int{}
	for _, f := range lacking {
		lines[place{f.Fingerprint, f.File}]++
	}
	best := uniqueFindings(lacking)
	for i, f := range best {
		if n := lines[place{f.Fingerprint, f.File}] - 1; n > 0 {
			best[i].Message += fmt.Sprintf(" (further lines of it: %d)", n)
		}
	}
	return best
}

// firstBound is the first name that has a class.
func firstBound(names []Name) Name {
	return names[slices.IndexFunc(names, func(n Name) bool { return len(n.Classes) > 0 })]
}

// acquisitions is the places that take a lock of which the rule speaks, in the
// order of the code.
func (c *checker) acquisitions(r *Rule) []heldAt {
	at := map[acquisition]int{}
	var out []heldAt
	for i := range c.res.Pairs {
		p := &c.res.Pairs[i]
		if !binds(r.Inner, p.Inner.Class) || binds(r.Outer, p.Inner.Class) || p.Inner.Mode == Wait {
			continue
		}
		place := acquisition{p.Inner.Class, p.Inner.Function, p.Inner.File, p.Inner.Line}
		j, ok := at[place]
		if !ok {
			j = len(out)
			at[place] = j
			out = append(out, heldAt{place: place, best: p})
		}
		h := &out[j]
		h.kept = h.kept || binds(r.Outer, p.Outer.Class) ||
			slices.ContainsFunc(p.Also, func(also Class) bool { return binds(r.Outer, also) })
		if betterWitness(p.Confidence, p.Chain, h.best.Confidence, h.best.Chain) {
			h.best = p
		}
	}
	slices.SortFunc(out, func(a, b heldAt) int {
		return cmp.Or(cmp.Compare(a.place.file, b.place.file), cmp.Compare(a.place.line, b.place.line),
			compareClass(a.place.class, b.place.class))
	})
	return out
}
