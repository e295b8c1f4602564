package callgraph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"klockscan/cparse"
)

// String is the graph as text, for debugging and for tests: each function that
// calls, in the order of the program, and under it the edges and the unresolved
// calls of each site. The same graph always prints the same bytes.
//
//	drv/a.c:submit 12
//		14:2 #0 --direct--> drv/a.c:prepare
//		15:9 #1 --ops struct port_ops.send--> drv/b.c:serial_send (stored at drv/b.c:30)
//		16:2 #2 unresolved done: no function is stored there in what was read
func (g *Graph) String() string {
	var b strings.Builder
	next := 0 // in g.Unresolved, which is in the order of the program too
	for _, f := range g.Prog.Funcs {
		var lines []siteLine
		for i := range g.Out(f.ID) {
			e := &g.Out(f.ID)[i]
			lines = append(lines, siteLine{e.Site, g.edgeText(e)})
		}
		for ; next < len(g.Unresolved) && g.Unresolved[next].Caller <= f.ID; next++ {
			u := &g.Unresolved[next]
			lines = append(lines, siteLine{u.Site, fmt.Sprintf("%s #%d unresolved %s: %s", position(u.Pos), u.Site, u.Expr, u.Reason)})
		}
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s %d\n", f, f.Pos().Line)
		sortBySite(lines)
		for _, l := range lines {
			fmt.Fprintf(&b, "\t%s\n", l.text)
		}
	}
	return b.String()
}

// A siteLine is one line of String and the call site that it is about.
type siteLine struct {
	site int32
	text string
}

// sortBySite interleaves edges and unresolved calls; edges keep their order.
func sortBySite(lines []siteLine) {
	slices.SortStableFunc(lines, func(a, b siteLine) int { return cmp.Compare(a.site, b.site) })
}

func (g *Graph) edgeText(e *Edge) string {
	arrow := e.Kind.String()
	if e.Via != "" {
		arrow += " " + e.Via
	}
	text := fmt.Sprintf("%s #%d --%s--> %s", position(e.Pos), e.Site, arrow, g.Prog.Funcs[e.Callee])
	for i, p := range e.Evidence {
		word := "; "
		if i == 0 {
			word = " (stored at "
		}
		text += word + p.String()
	}
	if len(e.Evidence) > 0 {
		text += ")"
	}
	return text
}

func position(p cparse.Pos) string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// String is the place as path:line, the form that editors jump to.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Path, p.Pos.Line) }

// String names the function so that Find finds it, and it alone unless a header
// generates several of one name.
func (f *Func) String() string {
	if f.Path == "" {
		return f.Name
	}
	return f.Path + ":" + f.Name
}
