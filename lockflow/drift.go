package lockflow

import (
	"fmt"
	"slices"
	"strings"
)

// A Drift is a place of the text that the code has moved away from.
type Drift struct {
	File string
	Line int
	Name string // the lock, as the text writes it
	Text string // what no longer fits, in words
}

// Drifts compares names, types and architectures of the text with the code: in
// are all architectures that were analysed, with the notes of Bind and the classes
// that the locks of docs bind to there.
func Drifts(docs []LockDoc, in []DriftInput) []Drift {
	var out []Drift
	for i := range docs {
		out = append(out, documented(&docs[i], i, in)...)
	}
	out = append(out, unboundNames(in)...)
	return out
}

// A DriftInput is what is known of the names on one architecture.
type DriftInput struct {
	Arch    string
	Notes   []BindNote
	Classes [][]Class // by document entry: what its name binds to
	Why     []string  // by document entry: how it was bound, or why not
	Homes   map[Class]LockHome
	Suggest func(name string) string // a lock that the name may have meant, "" if there is none
}

// documented compares one entry of a document with every architecture.
func documented(d *LockDoc, i int, in []DriftInput) []Drift {
	var out []Drift
	add := func(format string, args ...any) {
		out = append(out, Drift{d.File, d.Line, d.Name, fmt.Sprintf(format, args...)})
	}
	bound := false
	for k := range in {
		for _, c := range in[k].Classes[i] {
			bound = true
			home := in[k].Homes[c]
			if home.Type != "" && !d.speaksOf(home.Type) {
				add("the text says %s; %s:%d declares it as %s", d.Type, home.File, home.Line, home.Type)
			}
			if only := home.Arch(); only != "" && !strings.Contains(d.Arch, only) {
				add("the text says %q; only %s has it (%s:%d)", d.Arch, only, home.File, home.Line)
			}
		}
	}
	if !bound && slices.ContainsFunc(in, func(o DriftInput) bool { return d.about(o.Arch) }) {
		add("%s%s", in[0].Why[i], suggestion(in, d.Name))
	}
	return compactDrift(out)
}

// about says whether the entry speaks of an architecture.
func (d *LockDoc) about(arch string) bool {
	return d.Arch == "" || strings.Contains(d.Arch, "any") || strings.Contains(d.Arch, "all") || strings.Contains(d.Arch, arch)
}

// unboundNames is the names of rules that no architecture could bind, and those
// that it could bind to another place only.
func unboundNames(in []DriftInput) []Drift {
	var out []Drift
	for k := range in {
		for _, n := range in[k].Notes {
			switch {
			case !n.Bound && !boundElsewhere(in, n):
				out = append(out, Drift{n.File, n.Line, n.Name, n.Text + suggestion(in, n.Name)})
			case n.Bound && strings.Contains(n.Text, " but "):
				out = append(out, Drift{n.File, n.Line, n.Name, n.Text})
			}
		}
	}
	return compactDrift(out)
}

// boundElsewhere says whether some architecture has the lock: it analysed the same
// rule, and has no complaint.
func boundElsewhere(in []DriftInput, n BindNote) bool {
	arch := archOfPath(n.File)
	return slices.ContainsFunc(in, func(o DriftInput) bool {
		return (arch == "" || arch == o.Arch) && !slices.ContainsFunc(o.Notes, func(m BindNote) bool { return m.File == n.File && m.Line == n.Line && m.Name == n.Name && !m.Bound })
	})
}

func suggestion(in []DriftInput, name string) string {
	for k := range in {
		if in[k].Suggest != nil {
			if s := in[k].Suggest(name); s != "" {
				return "; did it mean " + s + "?"
			}
		}
	}
	return ""
}

// compactDrift keeps each once, in order.
func compactDrift(all []Drift) []Drift {
	var out []Drift
	for _, d := range all {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}
