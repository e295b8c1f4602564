package lockflow

import (
	"encoding/binary"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// Calls through members of one object reach functions of one table: what
// ops->start() left held was taken by the start of the table whose next
// ops->next() calls (rule L25).

// narrowed tells the dispatches of one call site apart, by the calls that took the
// locks which are held.
type narrowed struct {
	site int32
	by   string // the numbers of their edges, four bytes each
}

// ofOneTable is the targets of a call that go with the locks which calls through
// the same object left held; all of them if none does.
func (x *frame) ofOneTable(s *state, c *cparse.Call, d *dispatch) *dispatch {
	if len(d.targets) < 2 || len(s.held) == 0 {
		return d
	}
	var took []*callgraph.Edge
	key := narrowed{site: c.Site}
	for i := range s.held {
		e := s.held[i].from.edge
		if e == nil || e.Kind != callgraph.Ops || e.Caller != x.f.ID || e.Site == c.Site || !x.sameTable(c, e.Site) {
			continue
		}
		took = append(took, e)
		n := x.a.graph.EdgeNumber(e) // one function may be two members
		key.by = string(binary.BigEndian.AppendUint32([]byte(key.by), uint32(n)))
	}
	if len(took) == 0 {
		return d
	}
	if n, ok := x.narrower[key]; ok {
		return n
	}
	fit := slices.DeleteFunc(slices.Clone(d.targets), func(t target) bool {
		return slices.ContainsFunc(took, func(e *callgraph.Edge) bool { return !x.a.graph.Together(e, t.edge) })
	})
	n := d
	if len(fit) > 0 && len(fit) < len(d.targets) {
		n = x.newDispatch(fit)
	}
	if x.narrower == nil {
		x.narrower = map[narrowed]*dispatch{}
	}
	x.narrower[key] = n
	return n
}

// sameTable says whether another call of the function goes through the same object,
// as it is written.
func (x *frame) sameTable(c *cparse.Call, site int32) bool {
	table := callgraph.TableOf(c)
	if table == nil {
		return false
	}
	if x.tableTexts == nil {
		x.tableTexts = map[int32]string{}
		for i := range x.blocks {
			for _, in := range x.blocks[i].instrs {
				if o, ok := in.(*cparse.Call); ok {
					if t := callgraph.TableOf(o); t != nil {
						x.tableTexts[o.Site] = t.String()
					}
				}
			}
		}
	}
	text, ok := x.tableTexts[site]
	return ok && text == table.String()
}
