package lockflow

import "klockscan/callgraph"

// What the result asks of functions, whether they were solved now or, by Resume,
// before.

// exits is the ways out of a function.
func (a *analysis) exits(f callgraph.FuncID) []exit {
	if s := a.summaries[f]; s != nil {
		return s.exits
	}
	return a.earlier.exits(f)
}

// told is the events of a function, at least those that the result looks at.
func (a *analysis) told(f callgraph.FuncID) []*event {
	if s := a.summaries[f]; s != nil {
		return s.events
	}
	return a.earlier.toldBy(f)
}

// tells says whether the result looks at an event.
func (e *event) tells() bool { return e.kind == evNeed || e.acquires() }

// A spelled lock is one that a function takes itself, and how it calls it.
type spelled struct {
	cls  classID
	name string
}

// spellings is how a function spells the locks that it takes itself.
func (a *analysis) spellings(f callgraph.FuncID) []spelled {
	s := a.summaries[f]
	if s == nil {
		return a.earlier.spellings(f)
	}
	return s.spellings()
}

func (s *summary) spellings() []spelled {
	var out []spelled
	for _, e := range s.events {
		if e.next == nil && e.ref.cls.known() && !e.asserts() {
			if name := spelling(e.ref.cls, e.fn, e.ref.p); name != "" {
				out = append(out, spelled{e.ref.cls, name})
			}
		}
	}
	return out
}
