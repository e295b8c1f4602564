package reports

import (
	"cmp"
	"slices"
)

// The layout is the layered drawing of Sugiyama, Tagawa and Toda ("Methods for
// visual understanding of hierarchical system structures", IEEE Transactions on
// Systems, Man, and Cybernetics 11, 1981): break cycles, put boxes on layers,
// order each layer to lessen crossings, then choose positions. It is written
// here and not taken from a Graphviz binding: the one for Go runs WebAssembly,
// and merely importing it compiles 1.5 MB of that at the start of every command
// and runs machine code from a cache in a shared temporary directory.

// Sizes in pixels of the drawing.
const (
	charWidth = 6.1 // of a monospaced font of 10 px
	boxPad    = 10.0
	boxHeight = 34.0
	layerGap  = 56.0
	boxGap    = 18.0
	margin    = 24.0
)

// A spot is a box on its layer, or (box -1) a bend of a long arrow.
type spot struct {
	box   int
	layer int
	width float64
	x     float64 // centre
	up    []int   // spots of the layer above that an arrow comes from
	down  []int
}

// A layout holds the spots; spots[i] is Boxes[i] for the first len(Boxes).
type layout struct {
	spots  []spot
	layers [][]int // spots of each layer from left to right
	paths  [][]int // of each arrow: the spots from its upper to its lower end
	turned []bool  // of each arrow: it points upwards
}

func newLayout(p Picture) *layout {
	l := &layout{turned: make([]bool, len(p.Arrows)), paths: make([][]int, len(p.Arrows))}
	for i, b := range p.Boxes {
		text := max(len([]rune(label(b.Label))), len([]rune(label(b.Note)))*4/5)
		l.spots = append(l.spots, spot{box: i, width: float64(text)*charWidth + 2*boxPad})
	}
	l.breakCycles(p)
	l.rank(p)
	l.bend(p)
	l.order()
	l.place()
	return l
}

// breakCycles turns the arrows that a depth-first walk in box order finds to
// lead back to a box that is still open. The walk keeps its own stack.
func (l *layout) breakCycles(p Picture) {
	out := make([][]int, len(p.Boxes))
	for i, a := range p.Arrows {
		if a.From != a.To {
			out[a.From] = append(out[a.From], i)
		}
	}
	state := make([]uint8, len(p.Boxes)) // 1 open, 2 done
	next := make([]int, len(p.Boxes))
	for root := range p.Boxes {
		if state[root] != 0 {
			continue
		}
		stack := []int{root}
		state[root] = 1
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			if next[at] == len(out[at]) {
				state[at] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			i := out[at][next[at]]
			next[at]++
			switch to := p.Arrows[i].To; state[to] {
			case 0:
				state[to] = 1
				stack = append(stack, to)
			case 1:
				l.turned[i] = true
			}
		}
	}
}

// ends is the upper and the lower box of arrow i.
func (l *layout) ends(p Picture, i int) (int, int) {
	if l.turned[i] {
		return p.Arrows[i].To, p.Arrows[i].From
	}
	return p.Arrows[i].From, p.Arrows[i].To
}

// rank puts each box one layer below the lowest box above it, in topological
// order (Kahn), and then pulls boxes without a caller down to their callees.
func (l *layout) rank(p Picture) {
	out, waits := make([][]int, len(p.Boxes)), make([]int, len(p.Boxes))
	hasUp := make([]bool, len(p.Boxes))
	for i, a := range p.Arrows {
		if a.From != a.To {
			up, down := l.ends(p, i)
			out[up] = append(out[up], down)
			waits[down]++
			hasUp[down] = true
		}
	}
	var queue []int
	for i := range p.Boxes {
		if waits[i] == 0 {
			queue = append(queue, i)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, to := range out[at] {
			l.spots[to].layer = max(l.spots[to].layer, l.spots[at].layer+1)
			if waits[to]--; waits[to] == 0 {
				queue = append(queue, to)
			}
		}
	}
	for i := range p.Boxes {
		if hasUp[i] || len(out[i]) == 0 {
			continue
		}
		lowest := l.spots[out[i][0]].layer
		for _, to := range out[i] {
			lowest = min(lowest, l.spots[to].layer)
		}
		l.spots[i].layer = lowest - 1
	}
}

// manyBends is where a picture stops being one: long arrows then run straight.
const manyBends = 20000

// bend gives long arrows a spot on each layer that they cross.
func (l *layout) bend(p Picture) {
	bends := 0
	for i, a := range p.Arrows {
		if a.From == a.To {
			continue
		}
		up, down := l.ends(p, i)
		path := []int{up}
		for layer := l.spots[up].layer + 1; layer < l.spots[down].layer && bends < manyBends; layer++ {
			bends++
			path = append(path, len(l.spots))
			l.spots = append(l.spots, spot{box: -1, layer: layer, width: 8})
		}
		l.paths[i] = append(path, down)
		for j := 1; j < len(l.paths[i]); j++ {
			a, b := l.paths[i][j-1], l.paths[i][j]
			l.spots[a].down = append(l.spots[a].down, b)
			l.spots[b].up = append(l.spots[b].up, a)
		}
	}
	for i, s := range l.spots {
		for len(l.layers) <= s.layer {
			l.layers = append(l.layers, nil)
		}
		l.layers[s.layer] = append(l.layers[s.layer], i)
	}
}

// order sorts each layer by the mean position of its neighbours on the layer
// before (the barycentre heuristic), downwards and upwards in turn, and keeps
// the order with the fewest crossings that it met.
func (l *layout) order() {
	at := make([]int, len(l.spots))
	number := func() {
		for _, layer := range l.layers {
			for i, s := range layer {
				at[s] = i
			}
		}
	}
	number()
	best, fewest := cloneLayers(l.layers), l.crossings(at)
	for round := 0; round < 16 && fewest > 0; round++ {
		for i := range l.layers {
			layer := l.layers[i]
			next := func(s int) []int { return l.spots[s].up }
			if round%2 == 1 {
				layer = l.layers[len(l.layers)-1-i]
				next = func(s int) []int { return l.spots[s].down }
			}
			sortByMean(layer, at, next)
		}
		number()
		if n := l.crossings(at); n < fewest {
			best, fewest = cloneLayers(l.layers), n
		}
	}
	l.layers = best
}

func cloneLayers(layers [][]int) [][]int {
	out := make([][]int, len(layers))
	for i, layer := range layers {
		out[i] = slices.Clone(layer)
	}
	return out
}

// sortByMean reorders one layer; spots without neighbours keep their place.
func sortByMean(layer, at []int, next func(int) []int) {
	mean := make(map[int]float64, len(layer))
	for i, s := range layer {
		mean[s] = float64(i)
		if near := next(s); len(near) > 0 {
			sum := 0
			for _, n := range near {
				sum += at[n]
			}
			mean[s] = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	for i, s := range layer {
		at[s] = i
	}
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

// place chooses the centres: each layer in turn comes as near as its order and
// the widths allow to the mean of its neighbours' centres.
func (l *layout) place() {
	for _, layer := range l.layers {
		x := 0.0
		for _, s := range layer {
			l.spots[s].x = x + l.spots[s].width/2
			x += l.spots[s].width + boxGap
		}
	}
	for round := range 12 {
		for i := range l.layers {
			layer := l.layers[i]
			if round%2 == 1 {
				layer = l.layers[len(l.layers)-1-i]
			}
			l.settle(layer, round)
		}
	}
	left := 0.0
	for _, s := range l.spots {
		left = min(left, s.x-s.width/2)
	}
	for i := range l.spots {
		l.spots[i].x -= left
	}
}

// settle moves one layer. The nearest positions in order are an isotonic
// regression, solved exactly by pooling adjacent violators (Ayer et al., 1955).
func (l *layout) settle(layer []int, round int) {
	type pool struct {
		sum    float64
		weight float64
		n      int
	}
	var pools []pool
	offset, offsets := 0.0, make([]float64, len(layer))
	for i, s := range layer {
		if i > 0 {
			offset += (l.spots[layer[i-1]].width+l.spots[s].width)/2 + boxGap
		}
		offsets[i] = offset
		want, weight := l.wish(s, round)
		pools = append(pools, pool{(want - offset) * weight, weight, 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.sum/a.weight <= b.sum/b.weight {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.sum + b.sum, a.weight + b.weight, a.n + b.n})
		}
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			l.spots[layer[i]].x = p.sum/p.weight + offsets[i]
			i++
		}
	}
}

// wish is where a spot would like to be, and how much. Bends wish more: long
// arrows should run straight.
func (l *layout) wish(s, round int) (float64, float64) {
	near := l.spots[s].up
	if round%2 == 1 || len(near) == 0 {
		near = l.spots[s].down
	}
	if len(near) == 0 {
		near = l.spots[s].up
	}
	if len(near) == 0 {
		return l.spots[s].x, 0.1
	}
	sum := 0.0
	for _, n := range near {
		sum += l.spots[n].x
	}
	weight := float64(len(near))
	if l.spots[s].box < 0 {
		weight = 4
	}
	return sum / float64(len(near)), weight
}
