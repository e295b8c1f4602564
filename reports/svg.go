package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// WriteSVG draws the picture as a stand-alone SVG without scripts, links or
// outside references.
func (p Picture) WriteSVG(w io.Writer) error {
	l := newLayout(p)
	width, height := 2*margin, 2*margin+boxHeight
	for _, s := range l.spots {
		width = max(width, s.x+s.width/2+2*margin)
		height = max(height, l.y(s)+boxHeight+2*margin)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="monospace" font-size="10">
<title>%s</title>
<defs>
<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 1L10 5L0 9z"/></marker>
<marker id="mark" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 1L10 5L0 9z" fill="#c00000"/></marker>
</defs>
<rect width="100%%" height="100%%" fill="#ffffff"/>
`, width, height, width, height, xmlText(p.Title))
	for i, a := range p.Arrows {
		p.svgArrow(&b, l, i, a)
	}
	for i, box := range p.Boxes {
		p.svgBox(&b, l, l.spots[i], box)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// y is the top of a spot.
func (l *layout) y(s spot) float64 { return margin + float64(s.layer)*(boxHeight+layerGap) }

func (p Picture) svgBox(b *strings.Builder, l *layout, s spot, box Box) {
	fill, line := "#f7f7f7", "#404040"
	if box.Mark {
		fill, line = "#fff2cc", "#c00000"
	}
	x, y := margin+s.x, l.y(s)
	fmt.Fprintf(b, `<g><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" fill="%s" stroke="%s"/>`,
		x-s.width/2, y, s.width, boxHeight, fill, line)
	middle := y + boxHeight/2 + 3
	if box.Note != "" {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="8" fill="#606060">%s</text>`,
			x, middle+8, xmlText(label(box.Note)))
		middle -= 5
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text></g>`+"\n", x, middle, xmlText(label(box.Label)))
}

// svgArrow draws a curve through the arrow's spots, vertical at each of them.
func (p Picture) svgArrow(b *strings.Builder, l *layout, i int, a Arrow) {
	line, head, dash := "#404040", "head", ""
	if a.Mark {
		line, head = "#c00000", "mark"
	}
	if a.Dotted {
		dash = ` stroke-dasharray="2 3"`
	} else if a.Dashed {
		dash = ` stroke-dasharray="6 3"`
	}
	curve, x, y := l.curve(i, a)
	end := "marker-end"
	if l.turned[i] {
		end = "marker-start"
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s"%s %s="url(#%s)"/>`+"\n", curve, line, dash, end, head)
	if a.Label != "" {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="8" fill="%s" stroke="#ffffff" `+
			`stroke-width="3" paint-order="stroke">%s</text>`+"\n", x, y, line, xmlText(label(a.Label)))
	}
}

// curve is the path of arrow i, and the place of its label.
func (l *layout) curve(i int, a Arrow) (path string, x, y float64) {
	if a.From == a.To {
		s := l.spots[a.From]
		x, y = margin+s.x+s.width/2, l.y(s)
		return fmt.Sprintf("M%.1f %.1fc30 -8 30 26 0 18", x, y+8), x + 24, y + 4
	}
	var d strings.Builder
	for j, at := range l.paths[i] {
		s := l.spots[at]
		px, top, bottom := margin+s.x, l.y(s), l.y(s)+boxHeight
		if j == 0 {
			fmt.Fprintf(&d, "M%.1f %.1f", px, bottom)
			x, y = px, bottom
			continue
		}
		before := l.spots[l.paths[i][j-1]]
		fromX, fromY := margin+before.x, l.y(before)+boxHeight
		half := (fromY + top) / 2
		fmt.Fprintf(&d, "C%.1f %.1f %.1f %.1f %.1f %.1f", fromX, half, px, half, px, top)
		if j == 1 {
			x, y = (fromX+px)/2, half+3
		}
		if s.box < 0 {
			fmt.Fprintf(&d, "V%.1f", bottom)
		}
	}
	return d.String(), x, y
}

// xmlText escapes text for XML (R3).
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(clean(s))) // a strings.Builder does not fail
	return b.String()
}
