package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteDOT writes the picture in the language of Graphviz, with a cluster for
// each group of two boxes or more.
func (p Picture) WriteDOT(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotQuote(label(p.Title)))
	// newrank: what is outside of a cluster and inside is ranked together, as the
	// order wants; and without it dot 2.42 fails on cycles through clusters.
	b.WriteString("\trankdir=TB;\n\tnewrank=true;\n\tnode [shape=box, fontname=\"monospace\", fontsize=10];\n" +
		"\tedge [fontname=\"monospace\", fontsize=8];\n")
	if len(p.Caption) > 0 {
		fmt.Fprintf(&b, "\tlabelloc=t;\n\tfontname=\"monospace\";\n\tfontsize=10;\n\tlabel=%s;\n", dotLines(p.header()))
	}
	p.dotBoxes(&b)
	p.dotArrows(&b)
	p.dotLegend(&b)
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// dotBoxes writes the boxes, those of a group in a cluster.
func (p Picture) dotBoxes(b *strings.Builder) {
	groups := p.groups()
	inGroup := make([]bool, len(p.Boxes))
	for _, m := range slices.Concat(groups...) {
		inGroup[m] = true
	}
	for i, box := range p.Boxes {
		if !inGroup[i] {
			box.dot(b, "\t", i)
		}
	}
	for i, members := range groups {
		fmt.Fprintf(b, "\tsubgraph cluster_%d {\n\t\tlabel=%s;\n\t\tfontname=\"monospace\";\n\t\tfontsize=10;\n\t\tstyle=filled;\n"+
			"\t\tcolor=\"#909090\";\n\t\tfillcolor=\"#f2f6fa\";\n", i, dotQuote(label(p.Boxes[members[0]].Group)))
		for _, m := range members {
			p.Boxes[m].dot(b, "\t\t", m)
		}
		b.WriteString("\t}\n")
	}
}

// dotArrows writes the arrows. One that points up has no say in where its boxes
// stand.
func (p Picture) dotArrows(b *strings.Builder) {
	l := rankedLayout(p)
	p.dotRanks(b, l)
	for i, a := range p.Arrows {
		fmt.Fprintf(b, "\tn%d -> n%d", a.From, a.To)
		attrs := a.attributes(label(a.Label))
		if l.turned[i] {
			attrs = append(attrs, "constraint=false")
		}
		if len(attrs) > 0 {
			fmt.Fprintf(b, " [%s]", strings.Join(attrs, ", "))
		}
		b.WriteString(";\n")
	}
}

// dot writes box i.
func (box Box) dot(b *strings.Builder, indent string, i int) {
	lines := []string{label(box.Label)}
	if box.Note != "" {
		lines = append(lines, label(box.Note))
	}
	fmt.Fprintf(b, "%sn%d [label=%s", indent, i, dotLines(lines))
	if box.Mark {
		b.WriteString(", style=filled, fillcolor=\"#fff2cc\", penwidth=2")
	} else if box.Group != "" {
		b.WriteString(", style=filled, fillcolor=\"#ffffff\"")
	}
	b.WriteString("];\n")
}

// fewBoxes is what Graphviz puts on layers by itself without harm.
const fewBoxes = 30

// dotRanks tells Graphviz which boxes stand side by side: left alone it makes the
// layers as few as it can, and a picture of a hundred locks a yard wide.
func (p Picture) dotRanks(b *strings.Builder, l *layout) {
	if len(p.Boxes) <= fewBoxes {
		return
	}
	layers := make([][]int, len(p.Boxes))
	for i := range p.Boxes {
		layers[l.spots[i].layer] = append(layers[l.spots[i].layer], i)
	}
	for _, layer := range layers {
		if len(layer) > 1 {
			b.WriteString("\t{ rank=same;")
			for _, i := range layer {
				fmt.Fprintf(b, " n%d;", i)
			}
			b.WriteString(" }\n")
		}
	}
}

// attributes is how Graphviz draws the arrow. A line of two colours with a third
// between them is a double one.
func (a Arrow) attributes(text string) []string {
	var attrs []string
	if text != "" {
		attrs = append(attrs, "label="+dotQuote(text))
	}
	if a.Dotted {
		attrs = append(attrs, "style=dotted")
	} else if a.Dashed {
		attrs = append(attrs, "style=dashed")
	}
	look := a.look()
	switch {
	case a.Style == Plain && !a.Mark:
	case a.Style == Documented:
		attrs = append(attrs, fmt.Sprintf(`color="%s:#ffffff:%s"`, look.line, look.line), "arrowhead="+look.dotHead)
	default:
		attrs = append(attrs, fmt.Sprintf(`color="%s"`, look.line), fmt.Sprintf("penwidth=%.1f", look.width))
		if a.Style != Plain {
			attrs = append(attrs, "arrowhead="+look.dotHead)
		}
	}
	if a.Style == Contradicted {
		attrs = append(attrs, fmt.Sprintf(`fontcolor="%s"`, look.text))
	}
	return attrs
}

// dotLegend writes one small arrow for each look that the picture has.
func (p Picture) dotLegend(b *strings.Builder) {
	keys := p.legend()
	if len(keys) == 0 {
		return
	}
	b.WriteString("\tsubgraph cluster_legend {\n\t\tlabel=\"legend\";\n\t\tfontname=\"monospace\";\n\t\tfontsize=10;\n" +
		"\t\tcolor=\"#c0c0c0\";\n\t\tnode [shape=point];\n")
	for i, k := range keys {
		fmt.Fprintf(b, "\t\tk%da -> k%db [%s];\n", i, i, strings.Join(k.sample.attributes(k.text), ", "))
	}
	b.WriteString("\t}\n")
}

// dotQuote is a quoted string of DOT (R3). A backslash would begin an escape
// (\N is the node's name) and an ampersand an HTML entity, so both are doubled
// in their own ways.
func dotQuote(s string) string { return dotLines([]string{s}) }

// dotLines is a quoted string of several lines.
func dotLines(lines []string) string {
	quoted := make([]string, len(lines))
	for i, s := range lines {
		quoted[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(clean(s))
	}
	return `"` + strings.Join(quoted, `\n`) + `"`
}
