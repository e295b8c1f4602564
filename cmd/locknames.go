package cmd

import (
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/lockflow"
)

// knownLocks refuses a lock name that neither the acquisitions nor the types
// of the code know: a slip must not look like "never taken".
func (s *session) knownLocks(codes []*code, texts ...string) error {
	for _, text := range texts {
		if text != "" && !slices.ContainsFunc(codes, func(c *code) bool { return s.knowsLock(c, s.newLockFilter(c, text)) }) {
			return usagef("unknown lock %q%s", text, lockHint(codes, text))
		}
	}
	return nil
}

func (s *session) knowsLock(c *code, f lockFilter) bool {
	return len(f.classes) > 0 || slices.ContainsFunc(c.result.Pairs, func(p lockflow.Pair) bool {
		return f.match(p.Outer) || f.match(p.Inner)
	}) || slices.ContainsFunc(c.result.Acquisitions, func(a lockflow.Acquisition) bool { return f.match(a.Lock) })
}

// lockHint is up to three locks with a name like the text, or else of the same
// object, or where to find the names.
func lockHint(codes []*code, text string) string {
	var names, siblings []string
	object, _, _ := strings.Cut(text, "->")
	for _, c := range codes {
		for _, a := range c.result.Acquisitions {
			if name := a.Lock.Name; isLock(a.Lock) && !strings.HasSuffix(name, ")") {
				names = append(names, name)
				if strings.HasPrefix(name, object+"->") {
					siblings = append(siblings, name)
				}
			}
		}
	}
	slices.Sort(siblings)
	siblings = slices.Compact(siblings)
	near := callgraph.Closest(text, names, 3)
	if len(near) == 0 {
		near = siblings[:min(3, len(siblings))]
	}
	if len(near) == 0 {
		return "; order without --outer and --inner lists all that are nested"
	}
	return "; did you mean " + strings.Join(near, ", ") + "?"
}
