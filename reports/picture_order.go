package reports

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"klockscan/callgraph"
	"klockscan/lockflow"
)

// LockPicture draws the lock order: what the rules state against what was
// observed, one arrow from each lock to each that is taken inside it. Every
// arrow is there, which is more than a person wants to see: see Legible.
func (c Check) LockPicture() Picture {
	d := orderDrawing{
		arches: c.Head.Arches, boxes: map[string]int{}, arrows: map[[2]int]int{}, rules: rulesOf(c),
	}
	d.p.Title = "lock order"
	if len(d.arches) > 0 {
		d.p.Title += " on " + strings.Join(d.arches, ", ")
	}
	for _, r := range d.rules {
		d.rule(r)
	}
	implied := d.implied()
	for _, p := range c.LockOrder.Pairs {
		d.pair(p, implied)
	}
	for _, f := range c.Findings {
		d.finding(f)
	}
	d.finish()
	d.p.markCycles(d.harmless)
	return d.p
}

// An orderDrawing is a lock picture in the making.
type orderDrawing struct {
	p        Picture
	arches   []string
	rules    []Rule
	boxes    map[string]int   // class → box
	arrows   map[[2]int]int   // ends → arrow
	names    []map[string]int // of each box: votes for what it is called
	boxOn    [][]string       // of each box: the architectures that it was seen on
	on       [][]string       // of each arrow
	harmless []bool           // of each arrow: whoever takes the inner lock never waits
	findings []int            // of each arrow
}

// rulesOf is the rules of the document; a finding's own, too, because a document
// may have been stored without its lock order.
func rulesOf(c Check) []Rule {
	rules := slices.Clone(c.LockOrder.Rules)
	for _, f := range c.Findings {
		if f.Rule != nil && len(f.Rule.From) == 0 {
			rules = append(rules, *f.Rule)
		} else if f.Rule != nil {
			rules = append(rules, f.Rule.From...)
		}
	}
	return rules
}

// statesOrder says whether a kind of rule states that the inner lock is taken, or
// waited for, inside the outer one. The others forbid something, or tell of the
// time before a wait: an arrow would say what they do not.
func statesOrder(kind string) bool {
	switch lockflow.RuleKind(kind) {
	case lockflow.RuleOrder, lockflow.RuleMayInside, lockflow.RuleWaitUnder, lockflow.RuleRequires:
		return true
	}
	return false
}

// eachOrder calls f for every pair of classes that a rule orders.
func eachOrder(r Rule, f func(outer, inner Name, outerClass, innerClass string)) {
	if !statesOrder(r.Kind) {
		return
	}
	for _, outer := range r.Outer {
		for _, inner := range r.Inner {
			for _, o := range outer.Classes {
				for _, i := range inner.Classes {
					f(outer, inner, o, i)
				}
			}
		}
	}
}

// rule draws a documented order. The document's word for a lock is its label.
func (d *orderDrawing) rule(r Rule) {
	arches := d.arches
	if r.Arch != "" {
		arches = []string{r.Arch}
	}
	eachOrder(r, func(outer, inner Name, o, i string) {
		from, to := d.box(o, outer.Text, 1000), d.box(i, inner.Text, 1000)
		d.arrow(from, to, Documented, arches, fmt.Sprintf("%s: %s", where(r.File, r.Line), r.Text))
	})
}

// implied is which orders the rules of each architecture state, directly or by
// way of other locks.
func (d *orderDrawing) implied() map[string]map[[2]string]bool {
	all := map[string]map[[2]string]bool{}
	for _, arch := range append([]string{""}, d.arches...) {
		inside := map[string][]string{}
		var outers []string
		for _, r := range d.rules {
			if r.Arch == "" || r.Arch == arch {
				eachOrder(r, func(_, _ Name, o, i string) {
					if len(inside[o]) == 0 {
						outers = append(outers, o)
					}
					inside[o] = append(inside[o], i)
				})
			}
		}
		all[arch] = map[[2]string]bool{}
		for _, o := range outers {
			seen := map[string]bool{}
			for queue := slices.Clone(inside[o]); len(queue) > 0; queue = queue[1:] {
				if at := queue[0]; !seen[at] {
					seen[at] = true
					all[arch][[2]string{o, at}] = true
					queue = append(queue, inside[at]...)
				}
			}
		}
	}
	return all
}

// pair draws an observed order.
func (d *orderDrawing) pair(p Pair, implied map[string]map[[2]string]bool) {
	from, to := d.box(p.Outer.Class, p.Outer.Name, 1), d.box(p.Inner.Class, p.Inner.Name, 1)
	style := Observed
	if implied[p.Arch][[2]string{p.Outer.Class, p.Inner.Class}] {
		style = Both
	}
	i := d.arrow(from, to, style, []string{p.Arch}, Line(p.Chain))
	d.seenOn(from, p.Arch)
	d.seenOn(to, p.Arch)
	d.p.Arrows[i].Dashed = d.p.Arrows[i].Dashed && (p.Inner.Try || unsure(p.Confidence))
	d.harmless[i] = d.harmless[i] && (p.Inner.Try || p.Inner.Mode == lockflow.ReadRec.String())
}

func unsure(confidence string) bool {
	return confidence == lockflow.Possible.String() || confidence == lockflow.Guessed.String()
}

// finding draws what a finding says of two locks.
func (d *orderDrawing) finding(f Finding) {
	from, to := d.lockBox(f.Outer, f.Arch), d.lockBox(f.Inner, f.Arch)
	if from < 0 || to < 0 {
		return
	}
	why := ""
	switch lockflow.Kind(f.Kind) {
	case lockflow.KindOrder, lockflow.KindSRCU, lockflow.KindRules:
		why = "against a rule"
		if f.Rule != nil && f.Rule.File != "" {
			why = "against " + where(path.Base(f.Rule.File), f.Rule.Line)
		}
	case lockflow.KindCycle:
		why = "both orders"
		d.contradict(to, from, f, why) // the other path is as wrong as this one
	case lockflow.KindSelfDeadlock:
		why = "self-deadlock"
	default:
		return
	}
	d.contradict(from, to, f, why)
}

func (d *orderDrawing) contradict(from, to int, f Finding, why string) {
	i, known := d.arrows[[2]int{from, to}]
	wasDashed := known && d.p.Arrows[i].Dashed && d.p.Arrows[i].Style == Contradicted
	i = d.arrow(from, to, Contradicted, []string{f.Arch}, sentence(f))
	d.p.Arrows[i].Dashed = unsure(f.Confidence) && (d.findings[i] == 0 || wasDashed)
	d.harmless[i] = false
	if d.findings[i]++; d.findings[i] == 1 {
		d.p.Arrows[i].Label = why
	}
}

// lockBox is the box of a lock, -1 for what is none: contexts, mere sleeping.
func (d *orderDrawing) lockBox(l *Lock, arch string) int {
	if l == nil || l.Class == "" || l.Mode == lockflow.Sleep.String() || l.Mode == lockflow.Context.String() {
		return -1
	}
	i := d.box(l.Class, l.Name, 1)
	d.seenOn(i, arch)
	return i
}

// box is the box of a class, for which name has so many votes.
func (d *orderDrawing) box(class, name string, votes int) int {
	i, ok := d.boxes[class]
	if !ok {
		i = len(d.p.Boxes)
		d.boxes[class] = i
		d.p.Boxes = append(d.p.Boxes, Box{ID: class, Group: owner(class)})
		d.names, d.boxOn = append(d.names, map[string]int{}), append(d.boxOn, nil)
	}
	d.names[i][lockName(name)] += votes
	return i
}

// lockName is the lock that a name means without what is done with it: a wait
// for readers and a read side have names of their own.
func lockName(name string) string {
	name = strings.TrimSuffix(name, " (read)")
	if open := strings.IndexByte(name, '('); open > 0 && open+1 < len(name)-1 && strings.HasSuffix(name, ")") {
		return name[open+1 : len(name)-1]
	}
	return name
}

// owner is the struct that a class of locks lies in, "" for a variable.
func owner(class string) string {
	struct_, member, found := strings.Cut(class, ".")
	if !found || member == "" {
		return ""
	}
	return struct_
}

// arrow is the arrow between two boxes, which becomes at least as strong as
// style, and gets a note if it has none of that strength.
func (d *orderDrawing) arrow(from, to int, style ArrowStyle, arches []string, note string) int {
	pair := [2]int{from, to}
	i, ok := d.arrows[pair]
	if !ok {
		i = len(d.p.Arrows)
		d.arrows[pair] = i
		d.p.Arrows = append(d.p.Arrows, Arrow{From: from, To: to, Style: style, Dashed: style != Documented, Note: note})
		d.on, d.harmless, d.findings = append(d.on, nil), append(d.harmless, style != Documented), append(d.findings, 0)
	}
	a := &d.p.Arrows[i]
	if style > a.Style {
		if a.Style == Documented { // a rule has no witness that could be sure
			a.Dashed, style = true, max(style, Both)
		}
		a.Style, a.Note = style, note
	}
	for _, arch := range arches {
		if !slices.Contains(d.on[i], arch) {
			d.on[i] = append(d.on[i], arch)
		}
	}
	return i
}

func (d *orderDrawing) seenOn(box int, arch string) {
	if !slices.Contains(d.boxOn[box], arch) {
		d.boxOn[box] = append(d.boxOn[box], arch)
	}
}

// finish writes labels and notes, when everything is known.
func (d *orderDrawing) finish() {
	for i := range d.p.Boxes {
		b := &d.p.Boxes[i]
		if b.Label = mostNamed(d.names[i]); b.Label != b.ID {
			b.Note = b.ID
		}
		if len(d.boxOn[i]) > 0 && len(d.boxOn[i]) < len(d.arches) {
			b.Note = strings.TrimSpace(b.Note + " [" + strings.Join(d.boxOn[i], " ") + "]")
		}
	}
	for i := range d.p.Arrows {
		a := &d.p.Arrows[i]
		if n := d.findings[i]; n > 1 {
			a.Label = fmt.Sprintf("%s (%d findings)", a.Label, n)
		}
		if arches := d.only(i); arches != "" {
			a.Label = strings.TrimSpace(a.Label + " " + arches)
		}
	}
}

// only is the architectures of an arrow if its boxes do not tell them.
func (d *orderDrawing) only(i int) string {
	a := d.p.Arrows[i]
	var all, here []string
	for _, arch := range d.arches {
		seen := func(box int) bool { return len(d.boxOn[box]) == 0 || slices.Contains(d.boxOn[box], arch) }
		if seen(a.From) && seen(a.To) {
			all = append(all, arch)
			if slices.Contains(d.on[i], arch) {
				here = append(here, arch)
			}
		}
	}
	if len(here) == len(all) {
		return ""
	}
	return strings.Join(here, " ")
}

// mostNamed is the name with most votes, of these the shortest, then the first:
// that leaves nothing to the order in which the map is walked.
func mostNamed(votes map[string]int) string {
	names := make([]string, 0, len(votes))
	for name := range votes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if votes[a] != votes[b] {
			return votes[b] - votes[a]
		}
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return names[0]
}

// markCycles marks the locks and arrows of cycles that no finding explains. An
// arrow that cannot block closes none: a trylock, a read side that nests.
func (p *Picture) markCycles(harmless []bool) {
	closes := func(i int) bool {
		a := p.Arrows[i]
		return a.Style != Contradicted && !harmless[i] && a.From != a.To
	}
	var arcs [][2]int
	for i, a := range p.Arrows {
		if closes(i) {
			arcs = append(arcs, [2]int{a.From, a.To})
		}
	}
	group := make([]int, len(p.Boxes))
	for i, members := range callgraph.Cycles(len(p.Boxes), arcs) {
		for _, m := range members {
			group[m] = i + 1
			p.Boxes[m].Mark = true
		}
	}
	for i := range p.Arrows {
		a := &p.Arrows[i]
		a.Mark = closes(i) && group[a.From] != 0 && group[a.From] == group[a.To]
	}
}
