package reports

import (
	"fmt"
	"io"
	"strings"

	"klockscan/callgraph"
)

// A Call is one call edge.
type Call struct {
	Arch       string  `json:"arch"`
	File       string  `json:"file"` // where the call stands
	Line       int     `json:"line"`
	Caller     string  `json:"caller"`
	Callee     string  `json:"callee"`
	CalleeFile string  `json:"callee_file,omitempty"`
	Kind       string  `json:"kind"`
	Via        string  `json:"via,omitempty"`
	Stored     []Place `json:"stored,omitempty"` // where the function got into what is called
}

// A Place is a line of a file of the tree.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// An OpenCall is a call of unknown target.
type OpenCall struct {
	Arch   string `json:"arch"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Caller string `json:"caller"`
	Expr   string `json:"expr"`
	Reason string `json:"reason"`
}

// An IndirectSite is a call site through a function pointer.
type IndirectSite struct {
	Arch    string `json:"arch"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Caller  string `json:"caller"`
	Expr    string `json:"expr"`     // the callee as written
	InScope bool   `json:"in_scope"` // the caller lies in the directories that were asked for
	Targets []Call `json:"targets"`
	Reason  string `json:"reason,omitempty"` // why there is no target
}

// Edges is the document of call edges. Unresolved or Indirect is filled when it
// was asked for, and Edges is then empty.
type Edges struct {
	Head       Head           `json:"head"`
	Edges      []Call         `json:"edges"`
	Unresolved []OpenCall     `json:"unresolved"`
	Indirect   []IndirectSite `json:"indirect,omitempty"`
}

// An EdgeSummary is the document that counts edges and indirect call sites.
type EdgeSummary struct {
	Head   Head        `json:"head"`
	Arches []EdgeCount `json:"arches"`
}

// An EdgeCount counts the edges of one architecture.
type EdgeCount struct {
	Arch        string         `json:"arch"`
	Edges       map[string]int `json:"edges"`       // by kind; tracepoints are not among them
	Tracepoints int            `json:"tracepoints"` // calls of generated tracepoint functions
	InScope     SiteCount      `json:"in_scope"`    // indirect call sites of functions in the scope's directories
	Elsewhere   SiteCount      `json:"elsewhere"`   // those of the headers and callees that were read too
}

// A SiteCount counts indirect call sites.
type SiteCount struct {
	Sites    int            `json:"sites"`
	Resolved int            `json:"resolved"` // with at least one target
	Targets  int            `json:"targets"`  // of all resolved sites together
	Open     map[string]int `json:"open"`     // unresolved ones by reason
}

// NewCall copies an edge of the call graph.
func NewCall(p *callgraph.Program, e *callgraph.Edge) Call {
	caller, callee := p.Funcs[e.Caller], p.Funcs[e.Callee]
	c := Call{
		Arch: p.Arch, File: caller.Path, Line: int(e.Pos.Line), Caller: caller.Name,
		Callee: callee.Name, CalleeFile: callee.Path, Kind: e.Kind.String(), Via: e.Via,
	}
	for _, place := range e.Evidence {
		c.Stored = append(c.Stored, Place{place.Path, int(place.Pos.Line)})
	}
	return c
}

// NewOpenCall copies a call of unknown target.
func NewOpenCall(p *callgraph.Program, u callgraph.Unresolved) OpenCall {
	f := p.Funcs[u.Caller]
	return OpenCall{Arch: p.Arch, File: f.Path, Line: int(u.Pos.Line), Caller: f.Name, Expr: u.Expr, Reason: u.Reason}
}

// NewIndirectSite copies a call site through a function pointer.
func NewIndirectSite(p *callgraph.Program, s callgraph.IndirectSite) IndirectSite {
	f := p.Funcs[s.Caller]
	out := IndirectSite{
		Arch: p.Arch, File: f.Path, Line: int(s.Call.Pos.Line), Caller: f.Name, Expr: s.Expr,
		InScope: f.Focus, Targets: []Call{}, Reason: s.Reason,
	}
	for i := range s.Targets {
		out.Targets = append(out.Targets, NewCall(p, &s.Targets[i]))
	}
	return out
}

// NewEdgeCount counts the edges of one architecture and its indirect sites.
func NewEdgeCount(p *callgraph.Program, g *callgraph.Graph) EdgeCount {
	n := EdgeCount{Arch: p.Arch, Edges: map[string]int{}}
	for i := range g.Edges {
		if p.Funcs[g.Edges[i].Callee].Trace {
			n.Tracepoints++
			continue
		}
		n.Edges[g.Edges[i].Kind.String()]++
	}
	for _, site := range g.IndirectSites() {
		if one := NewIndirectSite(p, site); one.InScope {
			n.InScope.Add(one)
		} else {
			n.Elsewhere.Add(one)
		}
	}
	return n
}

// Add counts one call site; unresolved ones by the cause that their reason begins with.
func (n *SiteCount) Add(site IndirectSite) {
	n.Sites++
	if len(site.Targets) > 0 {
		n.Resolved++
		n.Targets += len(site.Targets)
		return
	}
	if n.Open == nil {
		n.Open = map[string]int{}
	}
	cause, _, _ := strings.Cut(site.Reason, ":")
	n.Open[cause]++
}

// Share is the resolved sites in percent, 100 if there are none to resolve.
func (n SiteCount) Share() float64 {
	if n.Sites == 0 {
		return 100
	}
	return 100 * float64(n.Resolved) / float64(n.Sites)
}

// Mean is the average number of targets of a resolved site, 0 if there is none.
func (n SiteCount) Mean() float64 {
	return float64(n.Targets) / float64(max(n.Resolved, 1))
}

// WriteText writes one call a line.
func (e Edges) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	for _, c := range e.Edges {
		t.printf("%s: %s() %s %s()  [%s]%s  %s\n", where(c.File, c.Line), c.Caller, arrow(c.Kind), c.Callee,
			strings.TrimSpace(c.Kind+" "+c.Via), t.stored(c, style.Verbose), c.Arch)
	}
	for _, u := range e.Unresolved {
		t.printf("%s: %s() -> ? %s  (%s)  %s\n", where(u.File, u.Line), u.Caller, u.Expr, u.Reason, u.Arch)
	}
	for _, s := range e.Indirect {
		t.printf("%s: %s() calls %s  %s\n", where(s.File, s.Line), s.Caller, s.Expr, s.Arch)
		for _, c := range s.Targets {
			t.printf("    %s %s()  [%s]%s\n", arrow(c.Kind), c.Callee, strings.TrimSpace(c.Kind+" "+c.Via), t.stored(c, true))
		}
		if s.Reason != "" {
			t.printf("    ? %s\n", s.Reason)
		}
	}
	if style.Verbose {
		t.footer(e.Head)
		t.regions(e.Head)
	}
	return t.end()
}

// stored says where the callee got into what is called.
func (t *text) stored(c Call, show bool) string {
	if !show || len(c.Stored) == 0 {
		return ""
	}
	places := make([]string, len(c.Stored))
	for i, p := range c.Stored {
		places[i] = where(p.File, p.Line)
	}
	return "  stored at " + strings.Join(places, ", ")
}

// WriteTSV writes rows file, caller, callee, kind, each once; unresolved calls,
// if they were asked for, as file, caller, expression, reason; indirect sites as
// file, caller, expression, and the targets with commas between them.
func (e Edges) WriteTSV(w io.Writer) error {
	t := newText(w, Style{})
	seen := map[[4]string]bool{}
	row := func(cells [4]string) {
		if !seen[cells] {
			seen[cells] = true
			t.printf("%s\t%s\t%s\t%s\n", cells[0], cells[1], cells[2], cells[3])
		}
	}
	for _, c := range e.Edges {
		row([4]string{c.File, c.Caller, c.Callee, c.Kind})
	}
	for _, u := range e.Unresolved {
		row([4]string{u.File, u.Caller, u.Expr, u.Reason})
	}
	for _, s := range e.Indirect {
		names := make([]string, len(s.Targets))
		for i, c := range s.Targets {
			names[i] = c.Callee
		}
		row([4]string{s.File, s.Caller, s.Expr, strings.Join(names, ",")})
	}
	return t.end()
}

// WriteText writes a short block an architecture.
func (e EdgeSummary) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	for _, n := range e.Arches {
		kinds := make([]string, 0, len(n.Edges))
		for k := callgraph.Direct; k <= callgraph.Waits; k++ { // most certain first
			if n.Edges[k.String()] > 0 {
				kinds = append(kinds, fmt.Sprintf("%s %d", k, n.Edges[k.String()]))
			}
		}
		t.printf("%v%s%v: call edges: %s; calls of tracepoints, counted apart: %d\n", bold, n.Arch, reset,
			strings.Join(kinds, ", "), n.Tracepoints)
		t.sites("in scope", n.InScope)
		t.sites("elsewhere in what was read", n.Elsewhere)
	}
	t.footer(e.Head)
	return t.end()
}

func (t *text) sites(place string, n SiteCount) {
	t.printf("  indirect call sites %s: %d, with a known target %d (%.1f %%), %.1f targets each on average\n",
		place, n.Sites, n.Resolved, n.Share(), n.Mean())
	for _, reason := range sortedKeys(n.Open) {
		t.printf("    %d without: %s\n", n.Open[reason], reason)
	}
}
