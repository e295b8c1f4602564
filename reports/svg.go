package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteSVG draws the picture as an SVG without scripts, links, style sheets, ids
// or outside references, so that it can stand alone and inside a page. Elements
// have classes for a page that wants other colours: arrow and box groups carry
// what they stand for in data-id, arrows their ends in data-from and data-to.
func (p Picture) WriteSVG(w io.Writer) error {
	d := newDrawing(p)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="picture" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="monospace" font-size="11">
<title>%s</title>
<rect class="background" width="100%%" height="100%%" fill="#ffffff"/>
`, d.width, d.height, d.width, d.height, xmlText(label(p.Title)))
	d.header(&b)
	for _, g := range d.l.lanes {
		d.frame(&b, g)
	}
	for _, i := range d.drawn {
		d.arrow(&b, i)
	}
	for i := range p.Boxes {
		d.box(&b, i)
	}
	d.labels(&b)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// A drawing is a picture with everything in its place.
type drawing struct {
	p             Picture
	l             *layout
	keys          []placedKey
	top           float64 // of the first layer
	width, height float64
	starts, ends  []float64 // of each arrow: x at its upper and its lower box
	drawn         []int     // arrows, the ones that matter most last and so on top
	tags          map[string]string
	uses          map[[2]int]int  // pairs of spots: arrows that run there
	strokes       map[[2]int]bool // pairs of spots between which a trunk was drawn
}

// A placedKey is a key of the legend and where it stands.
type placedKey struct {
	key
	x, y float64
}

const (
	lineHeight = 16.0
	leastWidth = 640.0 // the legend should not be one key a line
)

func newDrawing(p Picture) *drawing {
	d := &drawing{p: p, l: newLayout(p), strokes: map[[2]int]bool{}}
	if len(p.legend()) > 0 {
		d.width = leastWidth
	}
	for _, s := range d.l.spots {
		d.width = max(d.width, s.x+s.width/2+2*margin)
	}
	for _, g := range d.l.lanes {
		d.width = max(d.width, g.right+2*margin)
	}
	for i := range p.Arrows {
		d.drawn = append(d.drawn, i)
	}
	slices.SortStableFunc(d.drawn, func(i, j int) int { return p.Arrows[i].rank() - p.Arrows[j].rank() })
	y := margin + lineHeight*float64(len(p.header()))
	for _, line := range p.header() {
		d.width = max(d.width, textWidth(line, 12)+2*margin)
	}
	y = d.placeKeys(y)
	d.top = y + margin
	d.height = d.top + boxHeight + margin
	if n := len(d.l.tops); n > 0 {
		d.height += d.l.tops[n-1] + lanePad
	}
	d.tagGroups()
	d.placePorts()
	d.countUses()
	return d
}

// rank orders arrows for drawing.
func (a Arrow) rank() int {
	if a.Mark {
		return int(a.Style)*2 + 1
	}
	return int(a.Style) * 2
}

// placeKeys lays the legend out below y, and returns where it ends.
func (d *drawing) placeKeys(y float64) float64 {
	keys := d.p.legend()
	x := margin
	for i, k := range keys {
		w := 50 + textWidth(k.text, 10) + 24
		if i > 0 && x+w > d.width-margin {
			x, y = margin, y+lineHeight
		}
		d.keys = append(d.keys, placedKey{k, x, y})
		x += w
	}
	if len(keys) > 0 {
		y += lineHeight
	}
	return y
}

func textWidth(s string, size float64) float64 {
	return float64(len([]rune(s))) * size * charWidth / 11
}

// tagColours tell the groups apart that could not be framed.
var tagColours = []string{"#56B4E9", "#E69F00", "#CC79A7", "#009E73", "#F0E442", "#0072B2"}

func (d *drawing) tagGroups() {
	d.tags = map[string]string{}
	for i, b := range d.p.Boxes {
		if d.l.loose[i] && d.tags[b.Group] == "" {
			d.tags[b.Group] = tagColours[len(d.tags)%len(tagColours)]
		}
	}
}

// header writes the title, the caption and the legend.
func (d *drawing) header(b *strings.Builder) {
	y := margin
	for i, line := range d.p.header() {
		class, look := "caption", `font-size="11" fill="#404040"`
		if i == 0 && d.p.Title != "" {
			class, look = "heading", `font-size="12" font-weight="bold"`
		}
		fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f" %s>%s</text>`+"\n", class, margin, y, look, xmlText(line))
		y += lineHeight
	}
	for _, k := range d.keys {
		x, y := k.x, k.y-4
		fmt.Fprintf(b, `<g class="key %s">`, k.sample.classes())
		k.sample.strokes(b, fmt.Sprintf("M%.1f %.1fH%.1f", x, y, x+40))
		k.sample.head(b, x+42, y, -90)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="10">%s</text></g>`+"\n", x+50, k.y, xmlText(k.text))
	}
}

// y is the top of a spot.
func (d *drawing) y(s spot) float64 { return d.top + d.l.tops[s.layer] }

// frame draws what holds a group together.
func (d *drawing) frame(b *strings.Builder, g lane) {
	x, y := margin+g.left, d.top+d.l.tops[g.top]-laneHead
	h := d.top + d.l.tops[g.bottom] + boxHeight + lanePad - y
	fmt.Fprintf(b, `<g class="group" data-id="%s"><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="6" fill="#f2f6fa" stroke="#9fb3c8"/>`+
		`<text x="%.1f" y="%.1f" font-size="10" fill="#405060">%s</text></g>`+"\n",
		xmlText(g.group), x, y, g.right-g.left, h, x+lanePad, y+12, xmlText(label(g.group)))
}

func (d *drawing) box(b *strings.Builder, i int) {
	box, s := d.p.Boxes[i], d.l.spots[i]
	class, fill, line, width := "box", "#ffffff", "#404040", 1.0
	if box.Mark {
		class, fill, line, width = "box mark", "#fff2cc", "#D55E00", 2
	}
	x, y, w := margin+s.x, d.y(s), boxWidth(box)
	fmt.Fprintf(b, `<g class="%s"%s><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" fill="%s" stroke="%s" stroke-width="%.1f"/>`,
		class, data("id", box.ID), x-w/2, y, w, boxHeight, fill, line, width)
	if colour := d.tags[box.Group]; colour != "" && d.l.loose[i] {
		fmt.Fprintf(b, `<rect class="tag" x="%.1f" y="%.1f" width="5" height="%.1f" fill="%s"/>`, x-w/2+1.5, y+2, boxHeight-4, colour)
	}
	middle := y + boxHeight/2 + 4
	if box.Note != "" {
		fmt.Fprintf(b, `<text class="note" x="%.1f" y="%.1f" text-anchor="middle" font-size="9" fill="#505050">%s</text>`,
			x, middle+8, xmlText(label(box.Note)))
		middle -= 5
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text></g>`+"\n", x, middle, xmlText(label(box.Label)))
}

// data is an attribute for a page that looks for it, if there is something in it.
func data(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(` data-%s="%s"`, name, xmlText(value))
}

// xmlText escapes text for XML (R3).
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(clean(s))) // a strings.Builder does not fail
	return b.String()
}
