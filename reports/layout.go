package reports

import "slices"

// The layout is the layered drawing of Sugiyama, Tagawa and Toda ("Methods for
// visual understanding of hierarchical system structures", IEEE Transactions on
// Systems, Man, and Cybernetics 11, 1981): break cycles, put boxes on layers,
// order each layer to lessen crossings, then choose positions. It is written
// here and not taken from a Graphviz binding: the one for Go runs WebAssembly,
// and merely importing it compiles 1.5 MB of that at the start of every command
// and runs machine code from a cache in a shared temporary directory.
//
// A group of boxes gets a lane: a strip from its first layer to its last that
// nothing else stands in, so that a frame can be drawn around it. Lanes have one
// order from left to right on all layers, which is what makes that possible.

// Sizes in pixels of the drawing.
const (
	charWidth = 6.7 // of a monospaced font of 11 px
	noteShare = 0.82
	boxPad    = 9.0
	boxHeight = 34.0
	layerGap  = 50.0 // at least, between layers
	mostGap   = 130.0
	boxGap    = 18.0
	bendGap   = 7.0
	lanePad   = 9.0
	laneHead  = 17.0 // above the first box of a lane: its name
	loopWidth = 30.0 // of an arrow from a box to itself
	margin    = 24.0
)

// A spot is a box on its layer, or (box -1) a bend of a long arrow, or keeps the
// place of a lane on a layer where the lane has nothing.
type spot struct {
	box   int
	layer int
	lane  int     // index, -1 if it is in none
	width float64 // with what an arrow to itself needs
	x     float64 // centre
	up    []int   // spots of the layer above that an arrow comes from
	down  []int
}

// A lane is the strip of a group.
type lane struct {
	group       string
	top, bottom int // layers
	left, right float64
}

// A layout holds the spots; spots[i] is Boxes[i] for the first len(Boxes).
type layout struct {
	spots  []spot
	layers [][]int // spots of each layer from left to right
	lanes  []lane  // from left to right
	paths  [][]int // of each arrow: the spots from its upper to its lower end
	turned []bool  // of each arrow: it points upwards
	tops   []float64
	loose  []bool // boxes of a group that are in no lane
}

func newLayout(p Picture) *layout {
	l := rankedLayout(p)
	l.chooseLanes(p)
	l.bend(p)
	l.order()
	l.place()
	l.stack()
	return l
}

// rankedLayout is the layout as far as the boxes are on layers.
func rankedLayout(p Picture) *layout {
	l := &layout{turned: make([]bool, len(p.Arrows)), paths: make([][]int, len(p.Arrows))}
	for i, b := range p.Boxes {
		l.spots = append(l.spots, spot{box: i, lane: -1, width: boxWidth(b)})
	}
	for _, a := range p.Arrows {
		if s := &l.spots[a.From]; a.From == a.To && s.width == boxWidth(p.Boxes[a.From]) {
			s.width += 2 * loopWidth // on one side nothing would be in the middle
		}
	}
	l.breakCycles(p)
	l.rank(p)
	return l
}

func boxWidth(b Box) float64 {
	return max(float64(len([]rune(label(b.Label)))), float64(len([]rune(label(b.Note))))*noteShare)*charWidth + 2*boxPad
}

// weight is how much it matters that an arrow points downwards: one of a kind
// matters more than all of the kinds before it. What the documents state comes
// first; what contradicts it should stand out by pointing up.
func (a Arrow) weight() int64 {
	switch {
	case a.Style == Contradicted:
		return 1
	case a.Dashed:
		return 1 << 16
	case a.Style == Documented || a.Style == Both:
		return 1 << 48
	}
	return 1 << 32
}

// ends is the upper and the lower box of arrow i.
func (l *layout) ends(p Picture, i int) (int, int) {
	if l.turned[i] {
		return p.Arrows[i].To, p.Arrows[i].From
	}
	return p.Arrows[i].From, p.Arrows[i].To
}

// A lane is not to be a strip of nothing that all other boxes have to keep out of:
// so many layers of it may be empty in a row, and so many places a box may it have.
const (
	emptyLayers = 2
	sparse      = 3.0
)

// chooseLanes gives lanes to boxes of a group that stand near each other: a group
// may have several, and boxes in none.
func (l *layout) chooseLanes(p Picture) {
	l.loose = make([]bool, len(p.Boxes))
	for _, members := range p.groups() {
		slices.SortStableFunc(members, func(a, b int) int { return l.spots[a].layer - l.spots[b].layer })
		for len(members) > 0 {
			n := 1
			for n < len(members) && l.spots[members[n]].layer-l.spots[members[n-1]].layer <= emptyLayers+1 {
				n++
			}
			l.choose(p.Boxes[members[0]].Group, members[:n])
			members = members[n:]
		}
	}
}

// choose makes a lane of boxes, which are sorted by layer, if it is not sparse.
func (l *layout) choose(group string, members []int) {
	g := lane{group: group, top: l.spots[members[0]].layer, bottom: l.spots[members[len(members)-1]].layer}
	wide := make([]int, g.bottom-g.top+1)
	for _, m := range members {
		wide[l.spots[m].layer-g.top]++
	}
	is := len(members) > 1 && float64(len(wide)*slices.Max(wide)) <= sparse*float64(len(members))
	for _, m := range members {
		l.loose[m] = !is
		if is {
			l.spots[m].lane = len(l.lanes)
		}
	}
	if is {
		l.lanes = append(l.lanes, g)
	}
}

// manyBends is where a picture stops being one: long arrows then run straight.
const manyBends = 100000

// A trunk is what long arrows run in that begin at one box, or end at one: they
// share their bends. Nothing else runs in it, so that a reader who follows it
// comes to that box.
type trunk struct {
	box   int
	lower bool // box is the lower end
	look  Arrow
	up    bool // the arrows point upwards
	lane  int
}

// bend gives long arrows a spot on each layer that they cross, and lanes one on
// each layer where they have none.
func (l *layout) bend(p Picture) {
	bends := map[trunk]map[int]int{} // layer → spot
	total := 0
	for i, t := range l.trunks(p) {
		if p.Arrows[i].From == p.Arrows[i].To {
			continue
		}
		if bends[t] == nil {
			bends[t] = map[int]int{}
		}
		up, down := l.ends(p, i)
		path := []int{up}
		for layer := l.spots[up].layer + 1; layer < l.spots[down].layer && total < manyBends; layer++ {
			s, ok := bends[t][layer]
			if !ok {
				s = len(l.spots)
				bends[t][layer] = s
				l.spots = append(l.spots, spot{box: -1, layer: layer, lane: t.lane, width: 6})
			}
			total++
			path = append(path, s)
		}
		l.paths[i] = append(path, down)
	}
	l.connect()
	l.fillLanes()
	for i, s := range l.spots {
		for len(l.layers) <= s.layer {
			l.layers = append(l.layers, nil)
		}
		l.layers[s.layer] = append(l.layers[s.layer], i)
	}
}

// trunks is the trunk of each arrow: that of its end with more arrows.
func (l *layout) trunks(p Picture) []trunk {
	below, above := make([]int, len(p.Boxes)), make([]int, len(p.Boxes)) // arrows
	for i, a := range p.Arrows {
		up, down := l.ends(p, i)
		if a.From != a.To {
			below[up]++
			above[down]++
		}
	}
	out := make([]trunk, len(p.Arrows))
	for i, a := range p.Arrows {
		up, down := l.ends(p, i)
		t := trunk{box: up, look: Arrow{Style: a.Style, Dashed: a.Dashed, Dotted: a.Dotted, Mark: a.Mark}, up: l.turned[i], lane: -1}
		if above[down] >= below[up] {
			t.box, t.lower = down, true
		}
		if l.spots[up].lane == l.spots[down].lane {
			t.lane = l.spots[up].lane
		}
		out[i] = t
	}
	return out
}

// connect notes the neighbours of each spot, a trunk's once.
func (l *layout) connect() {
	known := map[[2]int]bool{}
	for _, path := range l.paths {
		for j := 1; j < len(path); j++ {
			a, b := path[j-1], path[j]
			if !known[[2]int{a, b}] {
				known[[2]int{a, b}] = true
				l.spots[a].down = append(l.spots[a].down, b)
				l.spots[b].up = append(l.spots[b].up, a)
			}
		}
	}
}

func (l *layout) fillLanes() {
	for i, g := range l.lanes {
		used := make([]bool, g.bottom-g.top+1)
		for _, s := range l.spots {
			if s.lane == i {
				used[s.layer-g.top] = true
			}
		}
		for at, is := range used {
			if !is {
				l.spots = append(l.spots, spot{box: -1, layer: g.top + at, lane: i})
			}
		}
	}
}

// stack chooses the heights of the layers. Between two layers there is more room
// the more arrows pass there.
func (l *layout) stack() {
	y := 0.0
	for i := range l.layers {
		if i > 0 {
			y += boxHeight + min(mostGap, layerGap+1.2*float64(passing(l, l.layers[i-1])))
		}
		l.tops = append(l.tops, y)
	}
}

func passing(l *layout, layer []int) int {
	n := 0
	for _, s := range layer {
		n += len(l.spots[s].down)
	}
	return n
}
