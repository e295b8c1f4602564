package reports

import (
	"strings"

	"klockscan/callgraph"
)

// A Picture is a drawing of boxes and arrows, before any format or layout.
type Picture struct {
	Title   string
	Caption []string // what was left out or merged, one line each
	Boxes   []Box
	Arrows  []Arrow
}

// A Box is a function, a lock, or all locks of a struct.
type Box struct {
	ID    string // what the box stands for: a lock's class, a function's name
	Label string
	Note  string // a second, smaller line: the place, the class
	Group string // boxes of a group are drawn together: the struct that a lock lies in
	Mark  bool   // what the picture is about: the ends of a chain, a lock on a cycle
}

// An Arrow leads from Boxes[From] to Boxes[To].
type Arrow struct {
	From, To int
	Label    string
	Note     string // said where there is room for it: when the pointer rests on the arrow
	Style    ArrowStyle
	Dashed   bool // not a plain call: through a table, or less certain
	Dotted   bool // starts another context
	Mark     bool // part of a cycle
}

// ArrowStyle is what an arrow of a lock order rests on; a stronger one is greater.
type ArrowStyle uint8

// The styles. Each has a line and a head of its own, so that no two are told
// apart by colour alone.
const (
	Plain        ArrowStyle = iota // no lock order: a call
	Documented                     // a rule states it, and it was not observed
	Observed                       // observed, and no rule states or implies it
	Both                           // observed as the rules say
	Contradicted                   // a finding: against a rule, or against another path
)

// String is the style's name, also in the classes of an SVG.
func (s ArrowStyle) String() string {
	return [...]string{"plain", "documented", "observed", "both", "contradicted"}[s]
}

// arrowID is what arrow a stands for: "OUTER>INNER".
func (p Picture) arrowID(a Arrow) string { return p.Boxes[a.From].ID + ">" + p.Boxes[a.To].ID }

// longestLabel bounds what is drawn of a name; a hostile one may be a megabyte.
const longestLabel = 100

func label(s string) string {
	s = clean(s)
	if r := []rune(s); len(r) > longestLabel {
		return string(r[:longestLabel]) + "…"
	}
	return s
}

// ChainPicture draws chains over each other: shared steps are one box.
func ChainPicture(title string, chains [][]Step) Picture {
	p := Picture{Title: title}
	at := map[string]int{}
	drawn := map[[2]int]bool{}
	for _, chain := range chains {
		before := -1
		for i, s := range chain {
			box, ok := at[s.Function]
			if !ok {
				box = len(p.Boxes)
				at[s.Function] = box
				p.Boxes = append(p.Boxes, Box{ID: s.Function, Label: s.Function + "()"})
			}
			if i == 0 || i == len(chain)-1 {
				p.Boxes[box].Mark = true
			}
			if i > 0 && !drawn[[2]int{before, box}] {
				drawn[[2]int{before, box}] = true
				p.Arrows = append(p.Arrows, callArrow(before, box, s.Edge, s.Via))
			}
			before = box
		}
	}
	return p
}

// callArrow styles an arrow by the kind of its edge.
func callArrow(from, to int, kind, via string) Arrow {
	a := Arrow{From: from, To: to, Dotted: arrow(kind) == "~>"}
	if kind != "direct" {
		a.Label = strings.TrimSpace(kind + " " + via)
		a.Dashed = kind != "macro" && !a.Dotted
	}
	return a
}

// SubgraphPicture draws a part of the call graph. Marked are the functions that
// it is about; calls within a recursion are marked too.
func SubgraphPicture(prog *callgraph.Program, s *callgraph.Subgraph, marked []callgraph.FuncID) Picture {
	var p Picture
	at := map[callgraph.FuncID]int{}
	for i, id := range s.Funcs {
		f := prog.Funcs[id]
		at[id] = i
		p.Boxes = append(p.Boxes, Box{ID: f.Name, Label: f.Name + "()", Note: f.Path})
	}
	for _, id := range marked {
		p.Boxes[at[id]].Mark = true
	}
	loop := map[callgraph.FuncID]int{}
	for i, group := range s.Loops {
		for _, id := range group {
			loop[id] = i + 1
		}
	}
	for _, e := range s.Edges {
		a := callArrow(at[e.Caller], at[e.Callee], e.Kind.String(), e.Via)
		a.Mark = e.Kind.Sync() && loop[e.Caller] != 0 && loop[e.Caller] == loop[e.Callee]
		p.Arrows = append(p.Arrows, a)
	}
	return p
}

// Beside is p with another picture next to it. Boxes that look the same are one;
// arrows are labelled with what they belong to, unless p is empty so far.
func (p Picture) Beside(q Picture, owner string) Picture {
	if len(p.Boxes) == 0 {
		return q
	}
	at := map[[2]string]int{}
	for i, b := range p.Boxes {
		at[[2]string{b.Label, b.Note}] = i
	}
	place := make([]int, len(q.Boxes))
	for i, b := range q.Boxes {
		known, ok := at[[2]string{b.Label, b.Note}]
		if !ok {
			known = len(p.Boxes)
			p.Boxes = append(p.Boxes, b)
		}
		place[i] = known
	}
	drawn := map[Arrow]bool{}
	for _, a := range p.Arrows {
		drawn[a] = true
	}
	for _, a := range q.Arrows {
		a.From, a.To = place[a.From], place[a.To]
		if !drawn[a] {
			a.Label = strings.TrimSpace(a.Label + " " + owner)
			p.Arrows = append(p.Arrows, a)
		}
	}
	return p
}
