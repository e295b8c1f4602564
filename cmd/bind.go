package cmd

import (
	"slices"
	"strings"
	"sync"

	"klockscan/lockflow"
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
	if f.text == l.Name || f.text == class || "struct "+f.text == class || f.text == lastMember(class) {
		return true
	}
	for _, c := range f.classes {
		if c == l.Class || c.File == "" && c.String() == class {
			return true
		}
	}
	return false
}

func lastMember(class string) string { return class[strings.LastIndexByte(class, '.')+1:] }
