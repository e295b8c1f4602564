package cmd

import (
	"slices"
	"strings"

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

// lockHint is up to three locks of the same object, or where to find the names.
func lockHint(codes []*code, text string) string {
	object, _, _ := strings.Cut(text, "->")
	var names []string
	for _, c := range codes {
		for _, p := range c.result.Pairs {
			for _, l := range []lockflow.Lock{p.Outer, p.Inner} {
				if isLock(l) && strings.HasPrefix(l.Name, object+"->") && !strings.HasSuffix(l.Name, ")") {
					names = append(names, l.Name)
				}
			}
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return "; order without --outer and --inner lists all"
	}
	return "; did you mean " + strings.Join(names[:min(3, len(names))], ", ") + "?"
}
