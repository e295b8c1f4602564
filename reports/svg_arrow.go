package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// portStep is the room between the ends of two arrows at one box, if it is wide
// enough.
const portStep = 17.0

// placePorts spreads the ends of the arrows of a box along its edge, in the
// order in which they come, so that heads do not lie upon each other.
func (d *drawing) placePorts() {
	d.starts, d.ends = make([]float64, len(d.p.Arrows)), make([]float64, len(d.p.Arrows))
	below, above := make([][]int, len(d.p.Boxes)), make([][]int, len(d.p.Boxes)) // arrows of each box
	for i, path := range d.l.paths {
		if len(path) > 1 {
			below[path[0]] = append(below[path[0]], i)
			above[path[len(path)-1]] = append(above[path[len(path)-1]], i)
		}
	}
	for box := range d.p.Boxes {
		d.spread(box, below[box], d.starts, func(path []int) int { return path[1] })
		d.spread(box, above[box], d.ends, func(path []int) int { return path[len(path)-2] })
	}
}

// spread places the ends of arrows at one edge of a box; towards is the spot that
// an arrow's path comes from or goes to there.
func (d *drawing) spread(box int, arrows []int, ends []float64, towards func(path []int) int) {
	next := func(i int) int { return towards(d.l.paths[i]) }
	slices.SortStableFunc(arrows, func(i, j int) int {
		return cmp.Or(cmp.Compare(d.l.spots[next(i)].x, d.l.spots[next(j)].x), cmp.Compare(next(i), next(j)))
	})
	ports, port := 0, make([]int, len(arrows)) // arrows of a trunk have one
	for j, i := range arrows {
		if j == 0 || next(i) != next(arrows[j-1]) || d.l.spots[next(i)].box >= 0 {
			ports++
		}
		port[j] = ports - 1
	}
	s := d.l.spots[box]
	step := min(portStep, (boxWidth(d.p.Boxes[box])-12)/float64(ports))
	for j, i := range arrows {
		ends[i] = s.x + (float64(port[j])-float64(ports-1)/2)*step
	}
}

// classes is the class names of an arrow.
func (a Arrow) classes() string {
	c := a.Style.String()
	for _, more := range []struct {
		is   bool
		name string
	}{{a.Dashed && !a.Dotted, " dashed"}, {a.Dotted, " dotted"}, {a.Mark, " mark"}} {
		if more.is {
			c += more.name
		}
	}
	return c
}

// look is how the arrow is drawn.
func (a Arrow) look() look {
	k := looks[a.Style]
	if a.Mark {
		k.line, k.text, k.width = markLine, markText, max(k.width, markWidth)
	}
	return k
}

// strokes draws a line in the arrow's style. A documented order is a double
// line: one that is wide, and a white one upon it.
func (a Arrow) strokes(b *strings.Builder, path string) {
	k, dash := a.look(), ""
	if a.Dotted {
		dash = ` stroke-dasharray="2 3"`
	} else if a.Dashed {
		dash = fmt.Sprintf(` stroke-dasharray="%.0f %.0f"`, 5+k.width, 3+k.width/2)
	}
	fmt.Fprintf(b, `<path class="line" d="%s" fill="none" stroke="%s" stroke-width="%.1f"%s/>`, path, k.line, k.width, dash)
	if a.Style == Documented {
		fmt.Fprintf(b, `<path class="core" d="%s" fill="none" stroke="#ffffff" stroke-width="%.1f"/>`, path, k.width-2.6)
	}
}

// head draws the arrow's head with its point at x, y; turn is 0 if it looks down.
func (a Arrow) head(b *strings.Builder, x, y, turn float64) {
	k := a.look()
	paint := fmt.Sprintf(`fill="%s"`, k.line)
	if k.open {
		paint = fmt.Sprintf(`fill="none" stroke="%s" stroke-width="2.4"`, k.line)
	}
	place := fmt.Sprintf("translate(%.1f %.1f)", x, y)
	if turn != 0 {
		place += fmt.Sprintf(" rotate(%.0f)", turn)
	}
	fmt.Fprintf(b, `<path class="head" d="%s" transform="%s" %s/>`, k.head, place, paint)
}

// manyShared bounds what is written for a page alone: a trunk of a thousand
// arrows over a thousand layers would be written a thousand times.
const manyShared = 60

// arrow draws arrow i, all but its label.
func (d *drawing) arrow(b *strings.Builder, i int) {
	a := d.p.Arrows[i]
	from, to := d.p.Boxes[a.From], d.p.Boxes[a.To]
	id := ""
	if from.ID != "" && to.ID != "" {
		id = data("id", d.p.arrowID(a)) + data("from", from.ID) + data("to", to.ID)
	}
	fmt.Fprintf(b, `<g class="arrow %s"%s><title>%s</title>`, a.classes(), id, xmlText(d.tooltip(a)))
	r := d.route(i)
	own, shared := d.divide(i, r)
	a.strokes(b, own.path())
	if n := len(shared); n > 0 && n <= manyShared { // drawn by another arrow of the trunk: twice would look thicker
		fmt.Fprintf(b, `<path class="line shared" d="%s" fill="none" stroke="%s" stroke-width="%.1f" stroke-opacity="0"/>`,
			shared.path(), a.look().line, a.look().width)
	}
	last := r[len(r)-1]
	switch {
	case a.From == a.To:
		a.head(b, last.x1, last.y1, 90)
	case d.l.turned[i]:
		a.head(b, r[0].x0, r[0].y0, 180)
	default:
		a.head(b, last.x1, last.y1, 0)
	}
	b.WriteString("</g>\n")
}

// tooltip is what there is to say of an arrow.
func (d *drawing) tooltip(a Arrow) string {
	text := label(d.p.Boxes[a.From].Label) + " > " + label(d.p.Boxes[a.To].Label)
	for _, more := range []string{a.Label, a.Note} {
		if more != "" {
			text += "; " + label(more)
		}
	}
	return text
}

// pair is the spots at the ends of bow j of arrow i.
func (d *drawing) pair(i, j int) [2]int { return [2]int{d.l.paths[i][j], d.l.paths[i][j+1]} }

// countUses counts the arrows that run in each bow.
func (d *drawing) countUses() {
	d.uses = map[[2]int]int{}
	for i, path := range d.l.paths {
		for j := range max(0, len(path)-1) {
			d.uses[d.pair(i, j)]++
		}
	}
}

// divide tells the bows that arrow i draws from those that an arrow of its trunk
// has drawn.
func (d *drawing) divide(i int, r route) (own, shared route) {
	for j, b := range r {
		if len(r) > 1 && d.strokes[d.pair(i, j)] {
			shared = append(shared, b)
			continue
		}
		if len(r) > 1 {
			d.strokes[d.pair(i, j)] = true
		}
		own = append(own, b)
	}
	return own, shared
}

// A bow is a part of an arrow between two layers, vertical at both ends. One that
// begins below the layer of a bend begins with a straight line from top.
type bow struct{ x0, y0, x1, y1, top float64 }

// A route is the bows of an arrow. A loop is one bow, drawn in its own way.
type route []bow

// route is where arrow i runs. On the layers that it passes it keeps to the room
// of its bends, and between them there are no boxes: it crosses none.
func (d *drawing) route(i int) route {
	a, path := d.p.Arrows[i], d.l.paths[i]
	if a.From == a.To {
		s := d.l.spots[a.From]
		x, y := margin+s.x+boxWidth(d.p.Boxes[a.From])/2, d.y(s)
		return route{{x, y + 8, x, y + 26, y + 8}}
	}
	var r route
	for j := 1; j < len(path); j++ {
		up, down := d.l.spots[path[j-1]], d.l.spots[path[j]]
		x0, x1 := up.x, down.x
		if j == 1 {
			x0 = d.starts[i]
		}
		if j == len(path)-1 {
			x1 = d.ends[i]
		}
		b := bow{margin + x0, d.y(up) + boxHeight, margin + x1, d.y(down), d.y(up)}
		if j == 1 {
			b.top = b.y0
		}
		r = append(r, b)
	}
	return r
}

// loop says whether the bow is an arrow to its own box: all others are longer.
func (b bow) loop() bool { return b.y1-b.y0 < boxHeight }

// path is the route in the language of SVG.
func (r route) path() string {
	if len(r) == 1 && r[0].loop() {
		return fmt.Sprintf("M%.1f %.1fc30 -8 30 26 0 18", r[0].x0, r[0].y0)
	}
	var d strings.Builder
	for _, b := range r {
		half := (b.y0 + b.y1) / 2
		// A new beginning each time: dashes begin anew, too, and those of arrows
		// that share a trunk fall on each other.
		fmt.Fprintf(&d, "M%.1f %.1f", b.x0, b.top)
		if b.top != b.y0 {
			fmt.Fprintf(&d, "V%.1f", b.y0)
		}
		fmt.Fprintf(&d, "C%.1f %.1f %.1f %.1f %.1f %.1f", b.x0, half, b.x1, half, b.x1, b.y1)
	}
	return d.String()
}

// at is the point of the bow at t, from 0 to 1.
func (b bow) at(t float64) (x, y float64) {
	u := 1 - t
	half := (b.y0 + b.y1) / 2
	return b.x0*u*u*(1+2*t) + b.x1*t*t*(3-2*t), b.y0*u*u*u + 3*half*t*u + b.y1*t*t*t
}

// A rect is what a label covers.
type rect struct{ left, top, right, bottom float64 }

func (r rect) meets(s rect) bool {
	return r.left < s.right && s.left < r.right && r.top < s.bottom && s.top < r.bottom
}

// labels draws the labels of the arrows, those that matter most first: one for
// which there is no room is left to the tooltip, unless a finding speaks.
func (d *drawing) labels(b *strings.Builder) {
	taken := map[int][]rect{} // by the gap below a layer
	for _, g := range d.l.lanes {
		x, y := margin+g.left, d.top+d.l.tops[g.top]-laneHead
		taken[g.top-1] = append(taken[g.top-1], rect{x, y, x + lanePad + textWidth(label(g.group), 10), y + laneHead})
	}
	for _, i := range slices.Backward(d.drawn) {
		a := d.p.Arrows[i]
		if a.Label == "" {
			continue
		}
		x, y, ok := d.placeLabel(i, taken)
		if !ok && a.Style != Contradicted {
			continue
		}
		bold := ""
		if a.Style == Contradicted {
			bold = ` font-weight="bold"`
		}
		fmt.Fprintf(b, `<text class="label %s" x="%.1f" y="%.1f" text-anchor="middle" font-size="9"%s fill="%s" stroke="#ffffff" `+
			`stroke-width="3" paint-order="stroke">%s</text>`+"\n", a.classes(), x, y, bold, a.look().text, xmlText(label(a.Label)))
	}
}

// placeLabel finds room for the label of arrow i along it.
func (d *drawing) placeLabel(i int, taken map[int][]rect) (x, y float64, ok bool) {
	a, r := d.p.Arrows[i], d.route(i)
	layer := d.l.spots[a.From].layer
	w := textWidth(label(a.Label), 9) / 2
	if a.From == a.To {
		box := r[0].label(0, w, d.width)
		for ; slices.ContainsFunc(taken[layer-1], box.meets); box.top, box.bottom = box.top-10, box.bottom-10 {
			if r[0].y0-box.top > layerGap {
				return box.text(false)
			}
		}
		taken[layer-1] = append(taken[layer-1], box)
		return box.text(true)
	}
	up, _ := d.l.ends(d.p, i)
	layer = d.l.spots[up].layer
	for j, b := range r {
		if len(r) > 1 && d.uses[d.pair(i, j)] > 1 {
			continue // of a trunk: whose label would it be?
		}
		for _, t := range []float64{0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78} {
			box := b.label(t, w, d.width)
			if box.top > b.y0+2 && box.bottom < b.y1-1 && !slices.ContainsFunc(taken[layer+j], box.meets) {
				taken[layer+j] = append(taken[layer+j], box)
				return box.text(true)
			}
		}
	}
	return r[0].label(0.5, w, d.width).text(false)
}

// label is what a label of half the width w covers at t of the bow: above a loop,
// on any other, and inside the picture.
func (b bow) label(t, w, width float64) rect {
	x, y := b.at(t)
	if b.loop() {
		x, y = b.x0+10, b.y0-12
	}
	x = max(w+2, min(width-w-2, x))
	return rect{x - w, y - 8, x + w, y + 3}
}

// text is where the text of a label stands.
func (r rect) text(ok bool) (float64, float64, bool) { return (r.left + r.right) / 2, r.bottom - 3, ok }
