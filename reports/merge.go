package reports

import (
	"slices"

	"klockscan/lockflow"
)

// MergeRules joins the rules of several architectures: the same statement is one
// rule, whose names stand for the classes of all of them. A status is kept only
// if no architecture understood the rule.
func MergeRules(bound [][]Rule) []Rule {
	type key struct {
		kind, file, text, arch, outer, inner string
		line                                 int
	}
	at := map[key]int{}
	out := []Rule{}
	for _, rules := range bound {
		for _, r := range rules {
			k := key{r.Kind, r.File, r.Text, r.Arch, texts(r.Outer), texts(r.Inner), r.Line}
			i, ok := at[k]
			if !ok {
				at[k] = len(out)
				out = append(out, r)
				continue
			}
			if r.Status == "" {
				out[i].Status = ""
			}
			out[i].Outer, out[i].Inner = mergeNames(out[i].Outer, r.Outer), mergeNames(out[i].Inner, r.Inner)
		}
	}
	return out
}

func texts(names []Name) string {
	all := ""
	for _, n := range names {
		all += n.Text + "\x00"
	}
	return all
}

// mergeNames joins the classes of names that have the same texts.
func mergeNames(a, b []Name) []Name {
	out := slices.Clone(a)
	for i, n := range b {
		out[i].Classes = slices.Clone(out[i].Classes)
		for _, c := range n.Classes {
			if !slices.Contains(out[i].Classes, c) {
				out[i].Classes = append(out[i].Classes, c)
			}
		}
	}
	return out
}

// NewNotes copies the notes on names of all architectures, each once, in the
// order of their first appearance.
func NewNotes(notes []lockflow.BindNote) []Note {
	out := []Note{}
	seen := map[Note]bool{}
	for _, n := range notes {
		if one := Note(n); !seen[one] {
			seen[one] = true
			out = append(out, one)
		}
	}
	return out
}
