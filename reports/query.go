package reports

import (
	"klockscan/callgraph"
	"klockscan/lockflow"
)

// The documents of the questions about calls: chains, trees of callers and
// callees, and the entry points that reach a function.

// Chains is the document of call chains from one function to another, or to the
// acquisitions of a lock.
type Chains struct {
	Head    Head         `json:"head"`
	From    string       `json:"from"`              // "" for every entry point
	To      string       `json:"to"`                // the function, or "" if Lock is set
	Lock    string       `json:"to_lock,omitempty"` // the lock as the user wrote it
	Through []string     `json:"through,omitempty"` // passed in this order
	Avoid   []string     `json:"avoid,omitempty"`   // never passed
	Arches  []ArchChains `json:"arches"`            // those that know all names
	Missing []Missing    `json:"missing"`           // names that an architecture lacks
}

// Missing is a name that one architecture knows and another does not.
type Missing struct {
	Arch  string `json:"arch"`
	What  string `json:"what"` // "function" or "lock"
	Name  string `json:"name"`
	Avoid bool   `json:"avoid,omitempty"` // it was to be avoided: the question stands without it
}

// ArchChains is the chains of one architecture; Nearest is set if there is none.
type ArchChains struct {
	Arch    string   `json:"arch"`
	Chains  [][]Step `json:"chains"`
	About   []About  `json:"about,omitempty"` // About[i] is on Chains[i]; empty if there is nothing to say of any
	More    int      `json:"more,omitempty"`  // acquisitions that are reached too, beyond the number asked for
	Cut     bool     `json:"cut,omitempty"`   // the search was given up at its limit: there may be further or better chains
	Nearest *Nearest `json:"nearest,omitempty"`
}

// About is what is to be known of one chain beside its steps.
type About struct {
	Entry   *EntryPoint `json:"entry,omitempty"`   // what the first function is, if every entry point was asked for
	Taken   *Lock       `json:"taken,omitempty"`   // the acquisition that the last function makes
	Repeats []string    `json:"repeats,omitempty"` // functions passed more than once
}

// Nearest is what there is instead of a chain.
type Nearest struct {
	Free       []Step     `json:"free,omitempty"`        // a chain that passes and avoids nothing in particular
	Async      []Step     `json:"async,omitempty"`       // a chain that hands over to another context
	Guess      []Step     `json:"guess,omitempty"`       // a chain with a guessed edge
	Reverse    []Step     `json:"reverse,omitempty"`     // a chain the other way round
	CommonFrom []Step     `json:"common_from,omitempty"` // from the nearest function that reaches both, to FROM
	CommonTo   []Step     `json:"common_to,omitempty"`   // and from it to TO
	Callers    []string   `json:"callers"`               // of TO; if TO is a lock, the functions that take it
	Reached    int        `json:"reached"`               // functions that FROM reaches
	Gaps       []OpenCall `json:"gaps"`                  // calls of unknown target there, the nearest first
}

// Tree is the document of callers or callees.
type Tree struct {
	Head    Head       `json:"head"`
	Callers bool       `json:"callers"` // up; else callees, down
	Arches  []ArchTree `json:"arches"`
	Missing []Missing  `json:"missing"`
}

// ArchTree is the tree of one architecture in drawing order.
type ArchTree struct {
	Arch string `json:"arch"`
	Hops []Hop  `json:"hops"`
}

// A Hop is one line of a tree. File and Line are the call's, at depth 0 the
// function's.
type Hop struct {
	Step
	Depth int  `json:"depth"`
	Sites int  `json:"sites"`           // calls of that kind between the two
	Again bool `json:"again,omitempty"` // opened at another line of the tree

	// Registry is, of a function that runs a list of objects, the list that it runs here.
	Registry string `json:"registry,omitempty"`
}

// Entries is the document of the entry points that reach a function.
type Entries struct {
	Head     Head          `json:"head"`
	Function string        `json:"function"`
	Arches   []ArchEntries `json:"arches"`
	Missing  []Missing     `json:"missing"`
}

// ArchEntries is the entry points of one architecture, by kind, of a kind the
// best chain first.
type ArchEntries struct {
	Arch    string     `json:"arch"`
	Entries []Reaching `json:"entries"`
}

// A Reaching is an entry point with its best chain to the function, and the
// cases of its switch on a command by which any chain leads there.
type Reaching struct {
	EntryPoint
	Chain     []Step   `json:"chain"`
	Cases     []string `json:"cases,omitempty"`
	Otherwise bool     `json:"otherwise,omitempty"` // not only by the cases
}

// An EntryPoint says how control comes into a function from code that was not
// read. File and Line are where it is stored or handed over, "" and 0 if that is
// not known.
type EntryPoint struct {
	Kind string `json:"kind"` // in words; "" if nothing tells why there is no caller
	Via  string `json:"via,omitempty"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// NewSteps copies a chain of the call graph.
func NewSteps(p *callgraph.Program, chain callgraph.Chain) []Step {
	steps := make([]Step, 0, len(chain))
	for i, c := range chain {
		f := p.Funcs[c.Func]
		step := Step{Function: f.Name, File: f.Path, Line: int(f.Pos().Line)}
		if c.Edge != nil {
			step.Edge, step.Via = c.Edge.Kind.String(), c.Edge.Via
			step.File, step.Line = p.Funcs[chain[i-1].Func].Path, int(c.Edge.Pos.Line)
		}
		steps = append(steps, step)
	}
	return steps
}

// NewHops copies a tree of callers or callees.
func NewHops(p *callgraph.Program, hops []callgraph.Hop) []Hop {
	out := make([]Hop, len(hops))
	for i, h := range hops {
		f := p.Funcs[h.Func]
		step := Step{Function: f.Name, File: f.Path, Line: int(f.Pos().Line)}
		if h.Edge != nil {
			step.Edge, step.Via = h.Edge.Kind.String(), h.Edge.Via
			step.File, step.Line = p.Funcs[h.Edge.Caller].Path, int(h.Edge.Pos.Line)
		}
		out[i] = Hop{Step: step, Depth: h.Depth, Sites: h.Sites, Again: h.Again, Registry: f.Registry}
	}
	return out
}

// NewNearest copies what there is instead of a chain; of the gaps at most most.
func NewNearest(p *callgraph.Program, n callgraph.Nearest, most int) *Nearest {
	out := &Nearest{
		Free:  NewSteps(p, n.Free),
		Async: NewSteps(p, n.Async), Guess: NewSteps(p, n.Guess), Reverse: NewSteps(p, n.Reverse),
		CommonFrom: NewSteps(p, n.Common.From), CommonTo: NewSteps(p, n.Common.To),
		Callers: []string{}, Reached: n.Reached, Gaps: []OpenCall{},
	}
	for _, f := range n.Callers {
		out.Callers = append(out.Callers, p.Funcs[f].Name)
	}
	for _, u := range n.Gaps[:min(most, len(n.Gaps))] {
		out.Gaps = append(out.Gaps, NewOpenCall(p, u))
	}
	return out
}

// NewEntryPoint copies an entry point.
func NewEntryPoint(e callgraph.Entry) EntryPoint {
	return EntryPoint{Kind: e.Kind, Via: e.Via, File: e.Place.Path, Line: int(e.Place.Pos.Line)}
}

// NewReaching copies the entry points that reach a function.
func NewReaching(p *callgraph.Program, rs []callgraph.Reaching) []Reaching {
	out := make([]Reaching, len(rs))
	for i, r := range rs {
		out[i] = Reaching{NewEntryPoint(r.Entry), NewSteps(p, r.Chain), r.Cases.Labels, len(r.Cases.Labels) > 0 && r.Cases.Otherwise}
	}
	return out
}

// NewAbout copies what is to be known of a chain; entry and taken may be nil.
func NewAbout(p *callgraph.Program, c callgraph.Chain, entry *callgraph.Entry, taken *lockflow.Lock) About {
	a := About{Taken: newLockPtr(taken)}
	if entry != nil {
		point := NewEntryPoint(*entry)
		a.Entry = &point
	}
	for _, f := range c.Repeats() {
		a.Repeats = append(a.Repeats, p.Funcs[f].Name)
	}
	return a
}

// Plain reports whether there is nothing to be known.
func (a About) Plain() bool { return a.Entry == nil && a.Taken == nil && len(a.Repeats) == 0 }
