package lockflow

import (
	"slices"
	"strings"
)

// An orderBullet is a bullet of a document that states an order.
type orderBullet struct {
	last  int // its last line
	arch  string
	outer []string
}

// InsertProposals is the text of a document with the proposals as bullets of their
// own: below the last one about the same outer lock, else below the last order of
// the same architecture, else under a heading for that architecture. file is the
// document's name in rules. Without any order in the text nothing is inserted.
func InsertProposals(file, text string, proposals []Proposal, rules []*Rule) string {
	bullets, end := orderBullets(file, text, rules)
	if len(bullets) == 0 {
		return text
	}
	added := map[int][]string{} // by the line before
	headed := map[string]int{}
	for _, p := range proposals {
		at, heading := placeOf(p, bullets, end)
		if heading && headed[p.Arch] == 0 {
			headed[p.Arch] = at
			added[at] = append(added[at], "", "On "+p.Arch+":")
		}
		added[at] = append(append(added[at], ""), wrapBullet(p.Text)...)
	}
	var out []string
	for i, line := range strings.Split(text, "\n") {
		out = append(append(out, line), added[i+1]...)
	}
	return strings.Join(out, "\n")
}

// orderBullets finds the bullets that state orders, and the end of the last bullet of
// their section.
func orderBullets(file, text string, rules []*Rule) (out []orderBullet, end int) {
	all := paragraphs(text)
	title := ""
	for _, p := range all {
		if !p.bullet {
			continue
		}
		b := orderBullet{last: p.line + len(p.lines) - 1}
		states := false
		for _, r := range rules {
			if r.File == file && r.Kind == RuleOrder && r.Line >= p.line && r.Line <= b.last {
				states, b.arch = true, r.Arch
				for _, n := range r.Outer {
					b.outer = append(b.outer, n.Text)
				}
			}
		}
		if states {
			out = append(out, b)
			title = p.title
		}
	}
	for _, p := range all {
		if p.bullet && p.title == title {
			end = max(end, p.line+len(p.lines)+len(p.literal)-1)
		}
	}
	return out, end
}

// placeOf is the line below which a proposal belongs, and whether it needs a
// heading there.
func placeOf(p Proposal, bullets []orderBullet, end int) (line int, heading bool) {
	alike := slices.DeleteFunc(slices.Clone(bullets), func(b orderBullet) bool { return b.arch != p.Arch })
	if len(alike) == 0 {
		return end, true
	}
	for i := len(alike) - 1; i >= 0; i-- {
		if slices.Contains(alike[i].outer, p.Orders[0].OuterName) {
			return alike[i].last, false
		}
	}
	return alike[len(alike)-1].last, false
}

// bulletWidth is the width of the kernel's documents.
const bulletWidth = 80

// wrapBullet is the lines of a bullet.
func wrapBullet(text string) []string {
	lines := []string{"-"}
	for _, w := range strings.Fields(text) {
		last := len(lines) - 1
		if len(lines[last])+1+len(w) > bulletWidth && lines[last] != "-" {
			lines = append(lines, " ")
			last++
		}
		lines[last] += " " + w
	}
	return lines
}
