package cmd

import (
	"slices"
	"strings"
	"sync"

	"klockscan/lockflow"
	"klockscan/reports"
)

// treeRules are the rules that a tree states, read once for all architectures.
type treeRules struct {
	once  sync.Once
	rules []*lockflow.Rule
}

// statedRules reads the rules of the scope's documents and sources. A file that
// cannot be read states none, and is among the files not read of every report:
// the tree has noted it.
func (s *session) statedRules() []*lockflow.Rule {
	s.stated.once.Do(func() {
		var dirs []string
		for _, arch := range s.arches {
			for _, d := range s.scope.dirs {
				dirs = append(dirs, strings.ReplaceAll(d, "$ARCH", arch))
			}
		}
		s.stated.rules, _ = lockflow.ReadRules(s.tree, s.scope.docsIn(s.tree), s.tree.sources(dirs))
	})
	return s.stated.rules
}

// rulesFor is the rules of the tree and the user's own, bound to the lock
// classes of one architecture.
func (s *session) rulesFor(c *code) ([]*lockflow.Rule, []lockflow.BindNote) {
	rules := slices.Concat(s.statedRules(), s.set.rules)
	if c.bindings == nil {
		c.bindings = lockflow.NewBindings(lockflow.NewBinder(c.prog, s.locks.Object, rules))
	}
	return lockflow.Bind(rules, c.bindings)
}

// bind binds the rules of an architecture whose locks were followed, so that
// they are kept with it.
func (s *session) bind(c *code) {
	if c.result != nil && c.bindings == nil {
		s.rulesFor(c)
	}
}

// A lockFilter is a lock that the user named, as far as one architecture's code
// knows it.
type lockFilter struct {
	text    string
	classes []lockflow.Class
}

// newLockFilter binds the name as a rule's name is bound: by how the code itself
// types a variable called so.
func (s *session) newLockFilter(c *code, text string) lockFilter {
	f := lockFilter{text: text}
	if text != "" {
		rule := &lockflow.Rule{Kind: lockflow.RuleOrder, Arch: c.prog.Arch, Outer: []lockflow.Name{{Text: text}}}
		f.classes, _ = lockflow.NewBinder(c.prog, s.locks.Object, []*lockflow.Rule{rule}).BindName(text, rule)
	}
	return f
}

// match says whether the filter means the lock: by its name, its class, the
// classes that the code binds the name to, or the last member alone.
func (f lockFilter) match(l lockflow.Lock) bool {
	if f.text == "" {
		return true
	}
	class := l.Class.String()
	if f.matchNames(l.Name, class) {
		return true
	}
	for _, c := range f.classes {
		if c == l.Class || c.File == "" && c.String() == class {
			return true
		}
	}
	return false
}

func (f lockFilter) matchNames(name, class string) bool {
	return f.text == name || f.text == class || "struct "+f.text == class || f.text == lastMember(class)
}

// matchReported is match for the lock of a finding, nil if it has none.
func (f lockFilter) matchReported(l *reports.Lock) bool {
	if f.text == "" || l == nil {
		return f.text == ""
	}
	return f.matchNames(l.Name, l.Class) ||
		slices.ContainsFunc(f.classes, func(c lockflow.Class) bool { return c.String() == l.Class })
}

// names is the names of a rule, with the classes that the filter means.
func (f lockFilter) names(names []lockflow.Name) []lockflow.Name {
	var out []lockflow.Name
	for _, n := range names {
		all := n.Classes
		n.Classes = nil
		for _, c := range all {
			if f.match(lockflow.Lock{Name: n.Text, Class: c}) {
				n.Classes = append(n.Classes, c)
			}
		}
		out = append(out, n)
	}
	return out
}

func lastMember(class string) string { return class[strings.LastIndexByte(class, '.')+1:] }
