package lockflow

import (
	"regexp"
	"slices"
	"strings"
)

// A Binder tells which lock classes a name of a rule means. A note says how,
// if that was not the plain way, or why there is none.
type Binder interface {
	Arch() string
	BindName(name string, rule *Rule) (classes []Class, note string)
}

// A Suggester knows which lock a name may have meant that binds to nothing; "" if it
// has no idea.
type Suggester interface {
	Suggest(name string) string
}

// A BindNote is something to know about how a name of a rule was bound.
type BindNote struct {
	File  string // of the rule
	Line  int
	Name  string
	Text  string // "no lock class for …", or how it was bound
	Bound bool
}

// Bind is copies of the rules with the lock classes of their names. The rules
// themselves stay as they were read, so that they can be bound again for another
// architecture, where `kvm->arch` is another struct. A name that binds to
// nothing is in the rule's Status and in the notes; the rule still counts for
// the names that did bind. Rules for another architecture are left unbound.
func Bind(rules []*Rule, b Binder) ([]*Rule, []BindNote) {
	var notes []BindNote
	bound := make([]*Rule, len(rules))
	for i, r := range rules {
		c := *r
		bound[i] = &c
		if r.Kind == RuleNote && r.Status != "" || !r.holdsFor(b.Arch()) {
			continue
		}
		var missing []string
		for _, side := range []*[]Name{&c.Outer, &c.Inner} {
			*side = slices.Clone(*side)
			for j := range *side {
				n := &(*side)[j]
				if n.Context != "" {
					continue
				}
				var text string
				n.Classes, text = b.BindName(n.Text, r)
				if len(n.Classes) == 0 {
					missing = append(missing, n.Text+guess(b, n.Text))
				}
				if text != "" {
					notes = append(notes, BindNote{File: r.File, Line: r.Line, Name: n.Text, Text: text, Bound: len(n.Classes) > 0})
				}
			}
		}
		if len(missing) > 0 && c.Status == "" {
			c.Status = "no lock class for " + strings.Join(missing, ", ")
		}
	}
	remark(bound)
	return bound, notes
}

// guess is what an unbound name may have meant, for a message.
func guess(b Binder, name string) string {
	if s, ok := b.(Suggester); ok {
		if lock := s.Suggest(name); lock != "" {
			return " (did it mean " + lock + "?)"
		}
	}
	return ""
}

// remark gives orders the notes that the same document has about their two locks,
// whichever way round: "the official ordering is problematic".
func remark(rules []*Rule) {
	for _, note := range rules {
		if note.Kind != RuleNote || len(note.Outer) == 0 || len(note.Inner) == 0 {
			continue
		}
		for _, r := range rules {
			if r.Kind == RuleOrder && r.File == note.File && (shares(r.Outer, note.Outer) && shares(r.Inner, note.Inner) ||
				shares(r.Outer, note.Inner) && shares(r.Inner, note.Outer)) {
				r.Remark = note
			}
		}
	}
}

// shares says whether two lists of names have a lock class in common.
func shares(a, b []Name) bool {
	return slices.ContainsFunc(a, func(n Name) bool {
		return slices.ContainsFunc(n.Classes, func(c Class) bool { return binds(b, c) })
	})
}

// A pathName is a name of a rule taken apart: "kvm->arch.xen.xen_lock" is the
// head "kvm" and three members; "kvm_arch::lock" has a struct for its head.
type pathName struct {
	head    string
	members []string
	tagged  bool // the head is the tag of a struct
	call    bool // a call: its arguments do not matter
}

var (
	pathSeparator = regexp.MustCompile(`->|::|\.`)
	indexSuffix   = regexp.MustCompile(`\[[^\]]*\]`)
)

// splitName takes a name apart. The zero pathName if it is no identifier path.
func splitName(text string) pathName {
	var p pathName
	text = strings.TrimLeft(strings.TrimSpace(text), "&*@")
	text = indexSuffix.ReplaceAllString(text, "")
	if callPattern.MatchString(text) {
		return pathName{head: text[:strings.IndexByte(text, '(')], call: true}
	}
	if rest, ok := strings.CutPrefix(text, "struct "); ok {
		text, p.tagged = rest, true
	}
	text = strings.TrimPrefix(text, "->")
	p.tagged = p.tagged || strings.Contains(text, "::")
	parts := pathSeparator.Split(text, maxListNames)
	for _, part := range parts {
		if !identifier.MatchString(part) {
			return pathName{}
		}
	}
	p.head, p.members = parts[0], parts[1:]
	return p
}

// last is the name's last component: the lock's own name.
func (p pathName) last() string {
	if len(p.members) > 0 {
		return p.members[len(p.members)-1]
	}
	return p.head
}
