package reports

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"
)

// largeCheck has n locks in structs of up to eight, three observed orders a lock,
// some of them documented, and defects: orders the wrong way round, and a cycle
// of three that no finding is about.
func largeCheck(n int) Check {
	rnd := rand.New(rand.NewSource(int64(n)))
	class := func(i int) string {
		if i%5 == 0 {
			return fmt.Sprintf("global_lock_%d", i)
		}
		return fmt.Sprintf("struct owner_%d.member_%d_lock", i/8, i)
	}
	c := Check{Head: Head{Arches: []string{"x86"}}}
	pair := func(outer, inner int, confidence string) {
		c.LockOrder.Pairs = append(c.LockOrder.Pairs, pairOf("x86", class(outer), class(inner), confidence, false))
	}
	for i := range n * 3 {
		outer := rnd.Intn(n - 1)
		inner := outer + 1 + rnd.Intn(min(40, n-outer-1))
		pair(outer, inner, []string{"certain", "likely", "possible"}[rnd.Intn(3)])
		if i%7 == 0 {
			c.LockOrder.Rules = append(c.LockOrder.Rules, Rule{Kind: "order", Outer: nameOf(class(outer)), Inner: nameOf(class(inner))})
		}
	}
	for i := range 6 {
		c.Findings = append(c.Findings, Finding{Kind: "order", Arch: "x86", Confidence: "certain",
			Outer: lockOf(class(n/2 + 9*i + 1)), Inner: lockOf(class(n/2 + 3*i))})
	}
	for i := range 3 {
		from, to := n/3+i, n/3+(i+1)%3
		pair(from, to, "certain")
	}
	return c
}

// timed draws within the time that a person waits, ten times over: machines differ.
func timed(t *testing.T, most time.Duration, draw func()) {
	t.Helper()
	start := time.Now()
	draw()
	took := time.Since(start)
	t.Logf("took %v", took)
	if took > 10*most {
		t.Errorf("took %v, expected about %v", took, most)
	}
}

func TestTwoHundredLocks(t *testing.T) {
	var p Picture
	var svg drawnSVG
	timed(t, 500*time.Millisecond, func() {
		p = largeCheck(200).LockPicture().Legible()
		svg = drawn(t, p)
	})
	if len(p.Boxes) != 200 || len(p.Caption) != 1 || !strings.Contains(p.Caption[0], "follow from others") {
		t.Errorf("%d boxes; caption %q", len(p.Boxes), p.Caption)
	}
	for _, w := range svg.check() {
		t.Error(w)
	}
	if svg.width > 6*svg.height || svg.height > 6*svg.width {
		t.Errorf("%.0f x %.0f is no picture", svg.width, svg.height)
	}
	graphviz(t, p)
}

// TestTwoThousandLocks: what is merged and left out is said, and every
// contradiction and every arrow of a cycle is still there.
func TestTwoThousandLocks(t *testing.T) {
	full := largeCheck(2000).LockPicture()
	var p Picture
	timed(t, time.Second, func() {
		p = full.Legible()
		for _, w := range drawn(t, p).check() {
			t.Error(w)
		}
	})
	if len(p.Boxes) > legible {
		t.Errorf("%d boxes are left", len(p.Boxes))
	}
	left := map[string]Arrow{}
	for _, a := range p.Arrows {
		left[p.arrowID(a)] = a
	}
	kept := 0
	for _, a := range full.Arrows {
		if a.Style == Contradicted || a.Mark {
			kept++
			b := left[full.arrowID(a)]
			if b.Style != a.Style || b.Mark != a.Mark || b.Label != a.Label {
				t.Errorf("%s was %s %q, is %s %q", full.arrowID(a), a.classes(), a.Label, b.classes(), b.Label)
			}
		}
	}
	if kept < 9 {
		t.Errorf("only %d arrows had to be kept", kept)
	}
	all := strings.Join(p.Caption, "\n")
	for _, want := range []string{"arrows of", "that follow from others", "merged: ", "one a struct", "left out: "} {
		if !strings.Contains(all, want) {
			t.Errorf("the caption does not say %q:\n%s", want, all)
		}
	}
	timed(t, 3*time.Second, func() { drawn(t, full) }) // all of it, if somebody wants it
}

// TestCollapsedCounts: every lock is somewhere, and the boxes say how many.
func TestCollapsedCounts(t *testing.T) {
	p := largeCheck(400).LockPicture()
	q := p.Collapsed()
	locks := 0
	for _, b := range q.Boxes {
		n := 1
		if !slices.ContainsFunc(p.Boxes, func(of Box) bool { return of.ID == b.ID }) {
			if _, err := fmt.Sscanf(b.Note, "%d locks", &n); err != nil {
				t.Fatalf("box %q does not say how many: %q", b.ID, b.Note)
			}
		}
		locks += n
	}
	if locks != len(p.Boxes) || len(q.Boxes) == len(p.Boxes) {
		t.Errorf("%d locks in %d boxes, want %d", locks, len(q.Boxes), len(p.Boxes))
	}
}

// TestCallsAreReducedToo: of calls none follows from others, so the picture is
// cut, around what it is about.
func TestCallsAreReducedToo(t *testing.T) {
	var p Picture
	for i := range 900 {
		p.Boxes = append(p.Boxes, Box{ID: fmt.Sprint(i), Label: fmt.Sprint(i), Mark: i == 500})
		if i > 0 {
			p.Arrows = append(p.Arrows, Arrow{From: i - 1, To: i}, Arrow{From: i / 2, To: i})
		}
	}
	q := p.Legible()
	if len(q.Boxes) != legible || len(q.Caption) != 1 || !strings.Contains(q.Caption[0], "700 boxes of 900") {
		t.Errorf("%d boxes; caption %q", len(q.Boxes), q.Caption)
	}
	if !slices.ContainsFunc(q.Boxes, func(b Box) bool { return b.ID == "500" && b.Mark }) {
		t.Error("what the picture is about is gone")
	}
	if len(p.Caption) != 0 || len(p.Boxes) != 900 {
		t.Error("the picture itself was changed")
	}
}
