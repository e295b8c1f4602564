package reports

import (
	"cmp"
	"slices"
)

// An ordering is the work of order.
type ordering struct {
	*layout
	at   []int     // of each spot: its number on its layer
	pos  []float64 // of each spot: where it would stand if the layer were packed around 0
	want []float64
	rank []int // of each lane: its place among the lanes
}

// order sorts each layer by the mean position of its neighbours on the layer
// before (the barycentre heuristic), downwards and upwards in turn, exchanges
// neighbours where that helps, and keeps the order with the fewest crossings
// that it met.
func (l *layout) order() {
	o := &ordering{layout: l, at: make([]int, len(l.spots)), pos: make([]float64, len(l.spots)),
		want: make([]float64, len(l.spots)), rank: make([]int, len(l.lanes))}
	for i := range o.rank {
		o.rank[i] = i
	}
	for _, layer := range l.layers {
		o.number(layer)
	}
	best, fewest, ranks := [][]int(nil), -1, []int(nil)
	for round := range 24 {
		for i := range l.layers {
			if round%2 == 1 {
				i = len(l.layers) - 1 - i
			}
			o.sort(l.layers[i], round%2 == 1)
		}
		o.exchange()
		if n := l.crossings(o.at); fewest < 0 || n < fewest {
			best, fewest, ranks = cloneLayers(l.layers), n, slices.Clone(o.rank)
		}
		if fewest == 0 {
			break
		}
		o.rankLanes()
	}
	l.layers = best
	l.sortLanes(ranks)
}

func cloneLayers(layers [][]int) [][]int {
	out := make([][]int, len(layers))
	for i, layer := range layers {
		out[i] = slices.Clone(layer)
	}
	return out
}

// number notes where the spots of a layer stand.
func (o *ordering) number(layer []int) {
	total := 0.0
	for _, s := range layer {
		total += o.spots[s].width + bendGap
	}
	x := -total / 2
	for i, s := range layer {
		w := o.spots[s].width + bendGap
		o.at[s], o.pos[s] = i, x+w/2
		x += w
	}
}

// A block is what is moved as a whole: a spot, or all of a lane on a layer.
type block struct {
	spots []int
	lane  int
	key   float64
}

// sort reorders one layer. Spots without neighbours keep their place.
func (o *ordering) sort(layer []int, up bool) {
	for _, s := range layer {
		near := o.spots[s].up
		if up {
			near = o.spots[s].down
		}
		o.want[s] = o.pos[s]
		if len(near) > 0 {
			sum := 0.0
			for _, n := range near {
				sum += o.pos[n]
			}
			o.want[s] = sum / float64(len(near))
		}
	}
	blocks := o.blocks(layer)
	slices.SortStableFunc(blocks, func(a, b block) int { return cmp.Compare(a.key, b.key) })
	at := 0
	for _, b := range blocks {
		at += copy(layer[at:], b.spots)
	}
	o.number(layer)
}

// blocks divides a layer. The keys of lanes rise in the order of the lanes: one
// that would like to stand left of the one before it comes right behind it.
func (o *ordering) blocks(layer []int) []block {
	var free, lanes []block
	at := map[int]int{}
	for _, s := range layer {
		g := o.spots[s].lane
		if g < 0 {
			free = append(free, block{[]int{s}, -1, o.want[s]})
			continue
		}
		i, ok := at[g]
		if !ok {
			i = len(lanes)
			at[g] = i
			lanes = append(lanes, block{nil, g, 0})
		}
		lanes[i].spots = append(lanes[i].spots, s)
		lanes[i].key += o.want[s]
	}
	slices.SortFunc(lanes, func(a, b block) int { return cmp.Compare(o.rank[a.lane], o.rank[b.lane]) })
	for i := range lanes {
		b := &lanes[i]
		b.key /= float64(len(b.spots))
		if i > 0 {
			b.key = max(b.key, lanes[i-1].key)
		}
		slices.SortStableFunc(b.spots, func(x, y int) int { return cmp.Compare(o.want[x], o.want[y]) })
	}
	return append(lanes, free...)
}

// rankLanes orders the lanes by where their spots would like to stand.
func (o *ordering) rankLanes() {
	mean, n := make([]float64, len(o.lanes)), make([]float64, len(o.lanes))
	for i, s := range o.spots {
		if s.lane >= 0 && s.box >= 0 {
			mean[s.lane] += o.want[i]
			n[s.lane]++
		}
	}
	line := make([]int, len(o.lanes))
	for i := range line {
		mean[i] /= n[i]
		line[i] = i
	}
	slices.SortStableFunc(line, func(a, b int) int { return cmp.Or(cmp.Compare(mean[a], mean[b]), cmp.Compare(o.rank[a], o.rank[b])) })
	for place, i := range line {
		o.rank[i] = place
	}
}

// sortLanes puts the lanes themselves into their order from left to right.
func (l *layout) sortLanes(rank []int) {
	lanes := make([]lane, len(l.lanes))
	for i, g := range l.lanes {
		lanes[rank[i]] = g
	}
	for i := range l.spots {
		if s := &l.spots[i]; s.lane >= 0 {
			s.lane = rank[s.lane]
		}
	}
	l.lanes = lanes
}

// manySpots is where exchanging neighbours takes longer than the eye can thank
// for.
const manySpots = 4000

// exchange swaps neighbours of one layer while that lessens crossings.
func (o *ordering) exchange() {
	if len(o.spots) > manySpots {
		return
	}
	for better, round := true, 0; better && round < 6; round++ {
		better = false
		for _, layer := range o.layers {
			for i := 1; i < len(layer); i++ {
				a, b := layer[i-1], layer[i]
				if o.spots[a].lane == o.spots[b].lane && o.crossed(b, a) < o.crossed(a, b) {
					layer[i-1], layer[i] = b, a
					o.at[a], o.at[b] = i, i-1
					better = true
				}
			}
			o.number(layer)
		}
	}
}

// crossed counts crossings of the arrows of two spots, a left of b.
func (o *ordering) crossed(a, b int) int {
	n := 0
	for _, near := range [2][2][]int{{o.spots[a].up, o.spots[b].up}, {o.spots[a].down, o.spots[b].down}} {
		for _, x := range near[0] {
			for _, y := range near[1] {
				if o.at[x] > o.at[y] {
					n++
				}
			}
		}
	}
	return n
}

// crossings counts, layer by layer, the pairs of arrows that cross: the
// inversions of the lower ends when the arrows are sorted by the upper ones,
// with a Fenwick tree (Barth, Jünger and Mutzel, "Simple and efficient bilayer
// cross counting", 2002).
func (l *layout) crossings(at []int) int {
	total := 0
	for i, layer := range l.layers {
		if i+1 == len(l.layers) {
			break
		}
		below := make([]int, len(l.layers[i+1])+1) // Fenwick tree over the layer below
		placed := 0
		for _, s := range layer {
			ends := make([]int, 0, len(l.spots[s].down))
			for _, d := range l.spots[s].down {
				if l.spots[d].layer == i+1 {
					ends = append(ends, at[d])
				}
			}
			for _, e := range ends {
				total += placed - prefix(below, e+1)
			}
			for _, e := range ends {
				placed++
				for k := e + 1; k < len(below); k += k & -k {
					below[k]++
				}
			}
		}
	}
	return total
}

func prefix(tree []int, k int) int {
	sum := 0
	for ; k > 0; k -= k & -k {
		sum += tree[k]
	}
	return sum
}
