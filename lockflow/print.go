package lockflow

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// printSolution writes the states at the start of every block, for one who
// wants to know why a function was understood as it was.
func (x *frame) printSolution(w io.Writer, sol *solution) {
	fmt.Fprintf(w, "%s (%s)\n", x.f.Name, x.f.Path)
	for _, blk := range x.rpo {
		b := &x.blocks[blk]
		fmt.Fprintf(w, " block %d -> %v line %d\n", blk, b.to, firstLine(b))
		for _, s := range sol.nodes[blk].states {
			fmt.Fprintf(w, "   %s\n", s)
		}
	}
}

// firstLine is where a block starts in the source; 0 if it is empty.
func firstLine(b *block) int32 {
	if len(b.instrs) == 0 {
		return 0
	}
	return b.instrs[0].InstrPos().Line
}

// String is the state on one line.
func (s *state) String() string {
	out := "held"
	for _, h := range s.held {
		out += fmt.Sprintf(" %s(%s flags %d)", h.cls, h.p, h.flags)
	}
	if len(s.rel.all) > 0 {
		out += " released"
		for _, r := range s.rel.all {
			out += fmt.Sprintf(" %s(%s)", r.cls, r.p)
		}
	}
	for _, h := range s.asserted {
		out += fmt.Sprintf(" asserted %s(%s)", h.cls, h.p)
	}
	for _, f := range s.facts.all {
		out += fmt.Sprintf("; %s in %d", f.p, f.n.mask)
		if f.n.exact {
			out += fmt.Sprintf("=%d", f.n.k)
		}
	}
	for _, b := range s.env.all {
		if b.v.kind >= vPath {
			out += fmt.Sprintf("; [%s]=%s", b.place, b.v.p)
		} else {
			out += fmt.Sprintf("; [%s]=%d/%v", b.place, b.v.n.mask, b.v.n.k)
		}
	}
	return out
}

// print writes a summary.
func (s *summary) print(w io.Writer) {
	for _, e := range s.exits {
		fmt.Fprintf(w, " exit returns %d/%v value %v", e.n.mask, e.n.k, e.value.p)
		for _, h := range e.held {
			fmt.Fprintf(w, " held %s(%s)", h.cls, h.p)
		}
		for _, r := range e.rel {
			fmt.Fprintf(w, " released %s(%s)", r.cls, r.p)
		}
		for _, r := range e.free {
			fmt.Fprintf(w, " free %s(%s)", r.cls, r.p)
		}
		fmt.Fprintf(w, " if %v assuming %v\n", e.facts, e.assume.texts())
	}
	for _, e := range s.events[:min(len(s.events), 60)] {
		fmt.Fprintf(w, " event %d %s(%s) in %s rel %v conf %v cond %v\n", e.kind, e.ref.cls, e.ref.p, e.fn.Name, e.rel.elems(), e.conf, e.cond.elems())
	}
}

// explainer writes the solution and the summary of the named functions.
func explainer(names []string, w io.Writer) func(*frame, *solution) {
	var mu sync.Mutex
	return func(x *frame, sol *solution) {
		if slices.Contains(names, x.f.Name) {
			mu.Lock()
			defer mu.Unlock()
			x.printSolution(w, sol)
			x.a.summaries[x.f.ID].print(w)
		}
	}
}
