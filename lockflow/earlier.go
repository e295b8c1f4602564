package lockflow

import (
	"hash/crc32"
	"sync"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// An earlier analysis is what Resume knows of the functions that it does not solve:
// the state of another program, brought over to this one. What does not exist here any
// more (a function, a place, an edge) is lost, and with it what speaks of it.
type earlier struct {
	stateTables[tableReader]
	a *analysis
	d Difference

	newOf   []callgraph.FuncID          // by old function: its number here; NoFunc: it is gone
	oldOf   []callgraph.FuncID          // by function: its number there; NoFunc: it is new
	pathOf  []int                       // by old function: the number of its path among the texts
	calls   [][]call                    // by old function: the edges that left it
	changed []bool                      // by function: its body or its edges are others than they were
	slot    []int                       // by function: where its solution is in the tables
	before  map[callgraph.FuncID]handed // the functions that were handed something
	dirOf   []int32                     // by old number of a directory: its number here; -1: it is gone

	mu     sync.Mutex // of all that follows
	bad    bool       // the state is no state of such a program
	isLost bool       // what is read now speaks of something that is gone
	moved  bool       // likewise, of a place that callers do not see
	got    struct {   // what was read, by number
		paths     []*pathText
		classes   []classID
		refs      []ref
		refLists  []*listOf[ref]
		condLists []*listOf[condition]
		crossings []*crossing
		prims     []*primitive
		places    []somewhere
		edges     []*callgraph.Edge
		events    []*event
	}
}

// A call is an edge that was.
type call struct {
	callee callgraph.FuncID // old
	kind   callgraph.EdgeKind
}

// A handed function is one that another one of its table left locks to.
type handed struct {
	locks []held // nil if they are lost
	slot  int    // of what it was with them
}

// somewhere is a place, once it is known.
type somewhere struct {
	known bool
	fn    *callgraph.Func // nil: it is lost
	pos   cparse.Pos
}

// readState reads the tables of a state; not ok if it is none, or that of an analysis
// with other choices.
func (a *analysis) readState(d *cparse.Decoder) (*earlier, bool) {
	sum, text := d.Int(), []byte(d.String())
	if d.Err() != nil || len(text) == 0 || sum != int(crc32.ChecksumIEEE(text)) {
		return nil, false
	}
	c := cursor{rest: text}
	if c.uint() != int(a.digest()) {
		return nil, false
	}
	o := &earlier{a: a}
	for _, t := range o.all() {
		*t = c.table()
	}
	if c.bad || len(c.rest) > 0 {
		return nil, false
	}
	o.got.paths = make([]*pathText, o.paths.len())
	o.got.classes = make([]classID, o.classes.len())
	o.got.refs = make([]ref, o.refs.len())
	o.got.refLists = make([]*listOf[ref], o.refLists.len())
	o.got.condLists = make([]*listOf[condition], o.condLists.len())
	o.got.crossings = make([]*crossing, o.crossings.len())
	o.got.prims = make([]*primitive, o.prims.len())
	o.got.places = make([]somewhere, o.places.len())
	o.got.edges = make([]*callgraph.Edge, o.edges.len())
	o.got.events = make([]*event, o.events.len())
	return o, true
}
