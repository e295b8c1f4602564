package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"klockscan/callgraph"
)

// A Picture is a drawing of boxes and arrows, before any format or layout.
type Picture struct {
	Title  string
	Boxes  []Box
	Arrows []Arrow
}

// A Box is a function or a lock.
type Box struct {
	Label string
	Note  string // a second, smaller line: the place
	Mark  bool   // what the picture is about: the ends of a chain, a lock on a cycle
}

// An Arrow leads from Boxes[From] to Boxes[To].
type Arrow struct {
	From, To int
	Label    string
	Dashed   bool // not a plain call: through a table, or less certain
	Dotted   bool // starts another context
	Mark     bool // part of a cycle
}

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
				p.Boxes = append(p.Boxes, Box{Label: s.Function + "()"})
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
		p.Boxes = append(p.Boxes, Box{Label: f.Name + "()", Note: f.Path})
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

// Picture draws the observed order: an arrow leads from the lock held to the
// lock taken. Locks that lie on a cycle are marked. A trylock cannot block, so
// it is dashed and closes no cycle.
func (o Order) Picture(title string) Picture {
	p := Picture{Title: title}
	at := map[string]int{}
	box := func(l Lock) int {
		i, ok := at[l.Class]
		if !ok {
			i = len(p.Boxes)
			at[l.Class] = i
			p.Boxes = append(p.Boxes, Box{Label: l.Name, Note: l.Class})
		}
		return i
	}
	index := map[[2]int]int{}
	for _, e := range o.Edges {
		pair := [2]int{box(e.Outer), box(e.Inner)}
		i, ok := index[pair]
		if !ok {
			i = len(p.Arrows)
			index[pair] = i
			p.Arrows = append(p.Arrows, Arrow{From: pair[0], To: pair[1], Dashed: true})
		}
		p.Arrows[i].Dashed = p.Arrows[i].Dashed && e.Inner.Try
		switch a := &p.Arrows[i]; {
		case len(o.Head.Arches) < 2: // all arrows would say the same
		case a.Label == "":
			a.Label = e.Arch
		case !slices.Contains(strings.Fields(a.Label), e.Arch):
			a.Label += " " + e.Arch
		}
	}
	p.markCycles()
	return p
}

func (p *Picture) markCycles() {
	var arcs [][2]int
	for _, a := range p.Arrows {
		if !a.Dashed && a.From != a.To {
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
		a.Mark = !a.Dashed && a.From != a.To && group[a.From] != 0 && group[a.From] == group[a.To]
	}
}

// WriteDOT writes the picture in the language of Graphviz.
func (p Picture) WriteDOT(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotQuote(p.Title))
	b.WriteString("\trankdir=TB;\n\tnode [shape=box, fontname=\"monospace\", fontsize=10];\n" +
		"\tedge [fontname=\"monospace\", fontsize=8];\n")
	for i, box := range p.Boxes {
		text := dotQuote(label(box.Label))
		if box.Note != "" {
			text = text[:len(text)-1] + `\n` + dotQuote(label(box.Note))[1:]
		}
		fmt.Fprintf(&b, "\tn%d [label=%s", i, text)
		if box.Mark {
			b.WriteString(", style=filled, fillcolor=\"#fff2cc\", penwidth=2")
		}
		b.WriteString("];\n")
	}
	for _, a := range p.Arrows {
		fmt.Fprintf(&b, "\tn%d -> n%d", a.From, a.To)
		if attrs := a.attributes(); len(attrs) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(attrs, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (a Arrow) attributes() []string {
	var attrs []string
	if a.Label != "" {
		attrs = append(attrs, "label="+dotQuote(label(a.Label)))
	}
	if a.Dotted {
		attrs = append(attrs, "style=dotted")
	} else if a.Dashed {
		attrs = append(attrs, "style=dashed")
	}
	if a.Mark {
		attrs = append(attrs, `color="#c00000", penwidth=2`)
	}
	return attrs
}

// dotQuote is a quoted string of DOT (R3). A backslash would begin an escape
// (\N is the node's name) and an ampersand an HTML entity, so both are doubled
// in their own ways.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(clean(s)) + `"`
}
