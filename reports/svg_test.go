package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// A drawnSVG is an SVG as it is read back.
type drawnSVG struct {
	width, height float64
	boxes         []rect
	ids           []string    // of boxes
	arrows        []drawnLine // in the order of the file
	labels        []rect      // but those of contradictions, which come before all else
}

type drawnLine struct {
	class, from, to string
	curves          [][]point // one for each beginning
}

type point struct{ x, y float64 }

type svgElement struct {
	XMLName  xml.Name
	Attrs    []xml.Attr   `xml:",any,attr"`
	Children []svgElement `xml:",any"`
	Text     string       `xml:",chardata"`
}

func (e svgElement) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e svgElement) number(name string) float64 {
	n, _ := strconv.ParseFloat(e.attr(name), 64)
	return n
}

// drawn writes a picture twice and reads it back.
func drawn(t *testing.T, p Picture) drawnSVG {
	t.Helper()
	var one, two bytes.Buffer
	if p.WriteSVG(&one) != nil || p.WriteSVG(&two) != nil || one.String() != two.String() {
		t.Fatal("two drawings of one picture differ")
	}
	var root svgElement
	if err := xml.Unmarshal(one.Bytes(), &root); err != nil {
		t.Fatalf("%v in %s", err, &one)
	}
	svg := drawnSVG{width: root.number("width"), height: root.number("height")}
	for _, e := range root.Children {
		kind, class, _ := strings.Cut(e.attr("class"), " ")
		switch kind {
		case "box":
			r := e.Children[0]
			svg.ids = append(svg.ids, e.attr("data-id"))
			svg.boxes = append(svg.boxes, rect{r.number("x"), r.number("y"), r.number("x") + r.number("width"), r.number("y") + r.number("height")})
		case "arrow":
			line := drawnLine{class: class, from: e.attr("data-from"), to: e.attr("data-to")}
			for _, c := range e.Children {
				if strings.HasPrefix(c.attr("class"), "line") {
					line.curves = append(line.curves, curves(t, c.attr("d"))...)
				}
			}
			svg.arrows = append(svg.arrows, line)
		case "label":
			if !strings.HasPrefix(class, "contradicted") {
				w := textWidth(e.Text, 9) / 2
				svg.labels = append(svg.labels, rect{e.number("x") - w + 0.1, e.number("y") - 7.9, e.number("x") + w - 0.1, e.number("y") + 2.9})
			}
		}
	}
	return svg
}

// curves is points of each part of a path, which uses M, V, C and c.
func curves(t *testing.T, d string) [][]point {
	t.Helper()
	var out [][]point
	for d != "" {
		end := strings.IndexAny(d[1:], "MVCc") + 1
		if end == 0 {
			end = len(d)
		}
		var n []float64
		for _, word := range strings.Fields(d[1:end]) {
			f, err := strconv.ParseFloat(word, 64)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, f)
		}
		if d[0] == 'M' {
			out = append(out, []point{{n[0], n[1]}})
			d = d[end:]
			continue
		}
		last := &out[len(out)-1]
		at := (*last)[len(*last)-1]
		for i := 1; i <= 10; i++ {
			f := float64(i) / 10
			switch d[0] {
			case 'V':
				*last = append(*last, point{at.x, at.y + (n[0]-at.y)*f})
			case 'C':
				*last = append(*last, bezier(at, point{n[0], n[1]}, point{n[2], n[3]}, point{n[4], n[5]}, f))
			case 'c':
				*last = append(*last, bezier(at, point{at.x + n[0], at.y + n[1]}, point{at.x + n[2], at.y + n[3]}, point{at.x + n[4], at.y + n[5]}, f))
			}
		}
		d = d[end:]
	}
	return out
}

func bezier(a, b, c, d point, t float64) point {
	u := 1 - t
	mix := func(a, b, c, d float64) float64 { return a*u*u*u + 3*b*u*u*t + 3*c*u*t*t + d*t*t*t }
	return point{mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)}
}

// check says what is wrong with a drawing: boxes and labels that overlap, lines
// through boxes, lines that do not join their boxes.
func (s drawnSVG) check() (wrong []string) {
	at := map[string]rect{}
	for i, b := range s.boxes {
		at[s.ids[i]] = b
		if b.left < 0 || b.top < 0 || b.right > s.width || b.bottom > s.height {
			wrong = append(wrong, fmt.Sprintf("box %s lies outside", s.ids[i]))
		}
		for _, c := range s.boxes[:i] {
			if b.meets(c) {
				wrong = append(wrong, fmt.Sprintf("box %s overlaps another", s.ids[i]))
			}
		}
	}
	for i, l := range s.labels {
		for _, m := range s.labels[:i] {
			if l.meets(m) {
				wrong = append(wrong, fmt.Sprintf("labels %d overlaps another", i))
			}
		}
		for _, b := range s.boxes {
			if l.meets(b) {
				wrong = append(wrong, fmt.Sprintf("label %d %v lies on a box %v", i, l, b))
			}
		}
	}
	for _, a := range s.arrows {
		if !a.joins(at[a.from], at[a.to]) {
			wrong = append(wrong, fmt.Sprintf("arrow from %s to %s does not join its boxes: %v", a.from, a.to, a.curves))
		}
		for _, curve := range a.curves {
			for _, p := range curve {
				for i, b := range s.boxes {
					if p.x > b.left+0.5 && p.x < b.right-0.5 && p.y > b.top+0.5 && p.y < b.bottom-0.5 {
						wrong = append(wrong, fmt.Sprintf("arrow from %s to %s runs through %s", a.from, a.to, s.ids[i]))
					}
				}
			}
		}
	}
	return wrong
}

// joins says whether some part of the line ends at each box, and every part ends
// where another begins, or at a box.
func (a drawnLine) joins(from, to rect) bool {
	touches := func(r rect, p point) bool {
		return p.x > r.left-0.5 && p.x < r.right+0.5 && p.y > r.top-0.5 && p.y < r.bottom+0.5
	}
	met := [2]bool{}
	loose := map[point]int{}
	for _, c := range a.curves {
		for _, p := range []point{c[0], c[len(c)-1]} {
			switch {
			case touches(from, p):
				met[0] = true
				if from == to {
					met[1] = true
				}
			case touches(to, p):
				met[1] = true
			default:
				p.x, p.y = float64(int(p.x)), float64(int(p.y))
				loose[p]++
			}
		}
	}
	for _, n := range loose {
		if n%2 != 0 {
			return false
		}
	}
	return met[0] && met[1]
}

// TestDrawingIsSound reads random pictures back.
func TestDrawingIsSound(t *testing.T) {
	rnd := rand.New(rand.NewSource(5))
	for round := range 200 {
		p := randomPicture(rnd)
		for i := range p.Boxes {
			p.Boxes[i].ID = fmt.Sprint(i)
		}
		svg := drawn(t, p)
		if len(svg.boxes) != len(p.Boxes) || len(svg.arrows) != len(p.Arrows) {
			t.Fatalf("round %d: %d boxes and %d arrows, want %d and %d", round, len(svg.boxes), len(svg.arrows), len(p.Boxes), len(p.Arrows))
		}
		for _, w := range svg.check() {
			t.Errorf("round %d: %s", round, w)
		}
	}
}

// TestCheckSeesWhatIsWrong tests the test.
func TestCheckSeesWhatIsWrong(t *testing.T) {
	one, two := rect{0, 0, 10, 10}, rect{5, 5, 15, 15}
	through := drawnLine{from: "a", to: "b", curves: [][]point{{{0, 0}, {5, 5}, {100, 100}}}}
	s := drawnSVG{100, 100, []rect{one, two, {90, 90, 200, 99}}, []string{"a", "b", "c"}, []drawnLine{through}, []rect{one, two}}
	all := strings.Join(s.check(), "\n")
	for _, want := range []string{"box b overlaps", "box c lies outside", "labels 1 overlaps", "lies on a box", "does not join", "runs through"} {
		if !strings.Contains(all, want) {
			t.Errorf("not seen: %s in\n%s", want, all)
		}
	}
}

// TestStylesDiffer: no two styles of arrows are told apart by colour alone.
func TestStylesDiffer(t *testing.T) {
	for i := Documented; i <= Contradicted; i++ {
		for j := i + 1; j <= Contradicted; j++ {
			if looks[i].width == looks[j].width || looks[i].head == looks[j].head || looks[i].dotHead == looks[j].dotHead || looks[i].line == looks[j].line {
				t.Errorf("%s and %s look alike", i, j)
			}
		}
	}
}

// graphviz has dot read the picture.
func graphviz(t *testing.T, p Picture) {
	t.Helper()
	program, err := exec.LookPath("dot")
	if err != nil {
		t.Log("Graphviz is not installed: its reading of the picture is not tested")
		return
	}
	var in, complaints bytes.Buffer
	if err := p.WriteDOT(&in); err != nil {
		t.Fatal(err)
	}
	text := in.String()
	c := exec.Command(program, "-Tcanon")
	c.Stdin, c.Stdout, c.Stderr = &in, io.Discard, &complaints
	if err := c.Run(); err != nil || complaints.Len() > 0 {
		t.Errorf("dot: %v: %s\n%.2000s", err, &complaints, text)
	}
}
