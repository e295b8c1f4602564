package reports

import (
	"bytes"
	"math"
	"regexp"
	"testing"
)

// TestAbsurdLines: a line that no file has is an unknown place, in every format.
func TestAbsurdLines(t *testing.T) {
	for _, n := range []int{0, -1, math.MinInt, math.MaxInt, mostLines + 1} {
		at := func() *Lock { return &Lock{Class: "c", Name: "n", Function: "f", File: "f.c", Line: n} }
		c := Check{Findings: []Finding{{Kind: "order", Function: "f", File: "f.c", Line: n, Outer: at(), Inner: at(), Rule: &Rule{File: "r", Line: n, Text: "t"},
			Chain: []Step{{Function: "f", File: "f.c", Line: n}}, Reverse: []Step{{Function: "g", File: "f.c", Line: n}}}},
			Sources:   []Excerpt{{File: "f.c", Line: n, Text: []string{"a", "b"}}, {File: "f.c", Line: 3, Text: []string{"c"}}},
			LockOrder: LockOrder{Pairs: []Pair{{Outer: *at(), Inner: *at()}}}}
		c.Head.Problems = []Problem{{File: "f.c", Line: n}}
		log, _ := sarifOf(t, c)
		for _, r := range log.Runs[0].Results {
			for _, l := range append(r.Locations, r.Related...) {
				if l.Physical != nil && l.Physical.Region != nil {
					t.Errorf("%d: SARIF has the line %d", n, l.Physical.Region.StartLine)
				}
			}
		}
		var b bytes.Buffer
		for _, write := range []func() error{
			func() error { return c.WriteText(&b, Style{Verbose: true}) }, func() error { return c.WriteMarkdown(&b) },
			func() error { return c.WriteGitLab(&b) }, func() error { return c.WriteHTML(&b, HTMLOptions{}) },
		} {
			if err := write(); err != nil {
				t.Fatal(err)
			}
		}
		if regexp.MustCompile(`f\.c:-?[0-9]`).Match(b.Bytes()) {
			t.Errorf("%d is shown as a line", n)
		}
		if UnknownLines(&c); c.Findings[0].Line != 0 || c.Findings[0].Inner.Line != 0 || c.Findings[0].Rule.Line != 0 || c.Findings[0].Chain[0].Line != 0 ||
			c.LockOrder.Pairs[0].Outer.Line != 0 || c.Head.Problems[0].Line != 0 || c.Sources[0].Line != 0 || c.Sources[1].Line != 3 {
			t.Errorf("%d: %+v", n, c)
		}
	}
}
