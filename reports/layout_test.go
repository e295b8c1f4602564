package reports

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

// randomPicture has loops, cycles, doubles and parts that do not touch.
func randomPicture(rnd *rand.Rand) Picture {
	var p Picture
	n := 1 + rnd.Intn(25)
	for i := range n {
		group := ""
		if g := rnd.Intn(6); g > 0 {
			group = fmt.Sprintf("struct g%d", g)
		}
		name := fmt.Sprintf("f%0*d", 1+rnd.Intn(20), i)
		p.Boxes = append(p.Boxes, Box{ID: name, Label: name, Group: group})
	}
	style := rnd.Intn(2) // a picture of calls, or of a lock order
	for range rnd.Intn(3 * n) {
		a := Arrow{From: rnd.Intn(n), To: rnd.Intn(n), Dashed: rnd.Intn(4) == 0, Label: strings.Repeat("x", rnd.Intn(3)*rnd.Intn(20))}
		if style == 1 {
			a.Style = ArrowStyle(1 + rnd.Intn(4))
		}
		p.Arrows = append(p.Arrows, a)
	}
	return p
}

// TestLayoutIsSound: arrows lead downwards unless they were turned, boxes of a
// layer do not overlap, and every spot stands on one layer.
func TestLayoutIsSound(t *testing.T) {
	rnd := rand.New(rand.NewSource(2))
	for round := range 200 {
		p := randomPicture(rnd)
		l := newLayout(p)
		for i, a := range p.Arrows {
			if a.From == a.To {
				continue
			}
			up, down := l.ends(p, i)
			if l.spots[up].layer >= l.spots[down].layer {
				t.Fatalf("round %d: arrow %d leads from layer %d to %d", round, i, l.spots[up].layer, l.spots[down].layer)
			}
			path := l.paths[i]
			if path[0] != up || path[len(path)-1] != down || len(path) != l.spots[down].layer-l.spots[up].layer+1 {
				t.Fatalf("round %d: arrow %d has path %v", round, i, path)
			}
		}
		soundLanes(t, p, l)
		count := 0
		for _, layer := range l.layers {
			for j, s := range layer {
				count++
				if j == 0 {
					continue
				}
				left := l.spots[layer[j-1]]
				want := bendGap
				if left.box >= 0 && l.spots[s].box >= 0 {
					want = boxGap
				}
				if gap := l.spots[s].x - l.spots[s].width/2 - left.x - left.width/2; gap < want-0.01 && left.width > 0 && l.spots[s].width > 0 {
					t.Fatalf("round %d: a gap of %.2f", round, gap)
				}
			}
		}
		if count != len(l.spots) {
			t.Fatalf("round %d: %d spots on layers, want %d", round, count, len(l.spots))
		}
	}
}

// TestRulesPointDown: whatever was observed or found, the documented outer lock
// stands above the inner one.
func TestRulesPointDown(t *testing.T) {
	rnd := rand.New(rand.NewSource(6))
	for round := range 200 {
		p := randomPicture(rnd)
		for i := range p.Arrows {
			a := &p.Arrows[i]
			if a.Style = Observed; a.From < a.To {
				a.Style, a.Dashed = Documented, false
			} else if i%2 == 0 {
				a.Style = Contradicted
			}
		}
		l := newLayout(p)
		for i, a := range p.Arrows {
			if a.Style == Documented && l.spots[a.From].layer >= l.spots[a.To].layer {
				t.Fatalf("round %d: rule %d points up", round, i)
			}
		}
	}
}

// TestPartsStandSideBySide: between parts that do not touch there is no desert.
func TestPartsStandSideBySide(t *testing.T) {
	var p Picture
	for i := range 8 {
		p.Boxes = append(p.Boxes, Box{Label: strings.Repeat("x", 30), Group: fmt.Sprint("struct ", i/4)})
	}
	for i := range 3 {
		p.Arrows = append(p.Arrows, Arrow{From: i, To: i + 1}, Arrow{From: i + 4, To: i + 5})
	}
	l := newLayout(p)
	if gap := l.lanes[1].left - l.lanes[0].right; len(l.lanes) != 2 || gap > 3*boxGap+0.01 || gap < boxGap-0.01 {
		t.Errorf("lanes %v with a gap of %.1f", l.lanes, gap)
	}
	if l.lanes[0].left != 0 {
		t.Errorf("the picture begins at %.1f", l.lanes[0].left)
	}
}

// soundLanes: a lane holds the boxes of its group that are in it, and nothing
// else stands there.
func soundLanes(t *testing.T, p Picture, l *layout) {
	t.Helper()
	for i, s := range l.spots {
		if s.lane >= 0 && s.box >= 0 && l.lanes[s.lane].group != p.Boxes[i].Group {
			t.Fatalf("box %d of %s is in the lane of %s", i, p.Boxes[i].Group, l.lanes[s.lane].group)
		}
		for j, g := range l.lanes {
			between := s.layer >= g.top && s.layer <= g.bottom
			left, right := s.x-s.width/2, s.x+s.width/2
			if s.lane == j && (!between || left < g.left-0.01 || right > g.right+0.01) {
				t.Fatalf("spot %d stands outside of its lane: %v, %v", i, s, g)
			}
			if s.lane != j && between && left < g.right-0.01 && right > g.left+0.01 {
				t.Fatalf("spot %d stands in the lane of %s: %v, %v", i, g.group, s, g)
			}
		}
	}
}

// TestLayoutUncrosses: a drawing without crossings is found where the order of
// the boxes as given has one.
func TestLayoutUncrosses(t *testing.T) {
	p := Picture{Boxes: make([]Box, 6), Arrows: []Arrow{{From: 0, To: 5}, {From: 1, To: 4}, {From: 2, To: 3}}}
	l := newLayout(p)
	at := make([]int, len(l.spots))
	for _, layer := range l.layers {
		for i, s := range layer {
			at[s] = i
		}
	}
	if n := l.crossings(at); n != 0 {
		t.Errorf("%d crossings are left: %v", n, l.layers)
	}
}

func TestCrossings(t *testing.T) {
	p := Picture{Boxes: make([]Box, 6), Arrows: []Arrow{{From: 0, To: 5}, {From: 1, To: 4}, {From: 2, To: 3}}}
	l := &layout{turned: make([]bool, 3), paths: make([][]int, 3), spots: make([]spot, 6)}
	for i := 3; i < 6; i++ {
		l.spots[i].layer = 1
	}
	l.bend(p)
	if n := l.crossings([]int{0, 1, 2, 0, 1, 2}); n != 3 {
		t.Errorf("%d crossings, want 3", n)
	}
}

func TestSVGIsTheSameTwice(t *testing.T) {
	var one, two bytes.Buffer
	p := randomPicture(rand.New(rand.NewSource(3)))
	if p.WriteSVG(&one) != nil || p.WriteSVG(&two) != nil || one.String() != two.String() {
		t.Error("two drawings of one picture differ")
	}
}

// TestLayoutOfALongChain: deep and wide pictures neither overflow nor take long.
func TestLayoutOfALongChain(t *testing.T) {
	p := Picture{Boxes: make([]Box, 3000)}
	for i := range 2999 {
		p.Arrows = append(p.Arrows, Arrow{From: i, To: i + 1}, Arrow{From: 0, To: i + 1})
	}
	var b bytes.Buffer
	if err := p.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
}

// TestReducedLeadsWhereItDid: on random pictures, with cycles, what can be
// reached stays the same, and on those without, no arrow that is left follows
// from others.
func TestReducedLeadsWhereItDid(t *testing.T) {
	rnd := rand.New(rand.NewSource(4))
	for round := range 200 {
		p := randomPicture(rnd)
		p.markCycles(make([]bool, len(p.Arrows)))
		q := p.Reduced()
		for from := range p.Boxes {
			for to := range p.Boxes {
				if from != to && leads(p, from, to) != leads(q, from, to) {
					t.Fatalf("round %d: %d to %d: was %v", round, from, to, leads(p, from, to))
				}
			}
		}
	}
	p := Picture{Boxes: make([]Box, 4), Arrows: []Arrow{{From: 0, To: 1}, {From: 1, To: 2}, {From: 0, To: 2}, {From: 0, To: 3, Dashed: true}, {From: 3, To: 2}}}
	if got := len(p.Reduced().Arrows); got != 4 {
		t.Errorf("%d arrows are left, want 4", got)
	}
}

// leads says whether a blocking arrow, or several, lead from one box to another.
func leads(p Picture, from, to int) bool {
	seen := map[int]bool{from: true}
	for grew := true; grew; {
		grew = false
		for _, a := range p.Arrows {
			if !a.Dashed && seen[a.From] && !seen[a.To] {
				seen[a.To], grew = true, true
			}
		}
	}
	return seen[to]
}
