package reports

import (
	"cmp"
	"math"
	"slices"
)

// gap is the room between two spots side by side in one lane, or in none.
func (l *layout) gap(a, b int) float64 {
	if l.spots[a].box >= 0 && l.spots[b].box >= 0 {
		return boxGap
	}
	return bendGap
}

// place chooses the centres. All begins as far left as it can; then each layer
// in turn comes as near as its order and the widths allow to the mean of its
// neighbours' centres, and lanes move as wholes.
func (l *layout) place() {
	l.pack()
	for round := range 24 {
		for i := range l.layers {
			if round%2 == 1 {
				i = len(l.layers) - 1 - i
			}
			l.settleLayer(l.layers[i], round)
		}
		l.moveLanes(round)
	}
	l.close()
}

// close takes out the strips that nothing stands in and no arrow crosses: parts of
// the picture that do not touch have nothing to draw them together. The picture
// begins at 0 then.
func (l *layout) close() {
	var used [][2]float64
	for _, s := range l.spots {
		used = append(used, [2]float64{s.x - s.width/2, s.x + s.width/2})
		for _, to := range s.down {
			used = append(used, [2]float64{min(s.x, l.spots[to].x), max(s.x, l.spots[to].x)})
		}
	}
	for _, g := range l.lanes {
		used = append(used, [2]float64{g.left, g.right})
	}
	if len(used) == 0 {
		return
	}
	slices.SortFunc(used, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	from, by := []float64{math.Inf(-1)}, []float64{used[0][0]} // what begins at from moves left by
	end := used[0][1]
	for _, u := range used {
		if spare := u[0] - end - 3*boxGap; spare > 0 {
			from, by = append(from, u[0]), append(by, by[len(by)-1]+spare)
		}
		end = max(end, u[1])
	}
	moved := func(left float64) float64 {
		i := len(from) - 1
		for from[i] > left {
			i--
		}
		return by[i]
	}
	for i := range l.spots {
		s := &l.spots[i]
		s.x -= moved(s.x - s.width/2)
	}
	for i := range l.lanes {
		g := &l.lanes[i]
		shift := moved(g.left)
		g.left, g.right = g.left-shift, g.right-shift
	}
}

// pack puts everything as far left as it can be. Lanes are closed in their
// order, each after what stands left of it on any of its layers.
func (l *layout) pack() {
	next := make([]int, len(l.layers)) // of each layer: the spot that comes next
	edge := make([]float64, len(l.layers))
	free := func(layer int) {
		for ; next[layer] < len(l.layers[layer]) && l.spots[l.layers[layer][next[layer]]].lane < 0; next[layer]++ {
			s := &l.spots[l.layers[layer][next[layer]]]
			s.x = edge[layer] + s.width/2
			edge[layer] += s.width + boxGap
		}
	}
	for i := range l.lanes {
		g := &l.lanes[i]
		for layer := g.top; layer <= g.bottom; layer++ {
			free(layer)
			g.left = max(g.left, edge[layer])
		}
		g.right = g.left + 2*lanePad + charWidth*float64(len([]rune(label(g.group))))
		for layer := g.top; layer <= g.bottom; layer++ {
			x := g.left + lanePad
			for ; next[layer] < len(l.layers[layer]) && l.spots[l.layers[layer][next[layer]]].lane == i; next[layer]++ {
				s := &l.spots[l.layers[layer][next[layer]]]
				s.x = x + s.width/2
				g.right = max(g.right, x+s.width+lanePad)
				x += s.width + boxGap
			}
		}
		for layer := g.top; layer <= g.bottom; layer++ {
			edge[layer] = g.right + boxGap
		}
	}
	for layer := range l.layers {
		free(layer)
	}
}

// settleLayer moves the spots of one layer, those between two lanes, or in one,
// for themselves.
func (l *layout) settleLayer(layer []int, round int) {
	left := math.Inf(-1)
	for i := 0; i < len(layer); {
		in := l.spots[layer[i]].lane
		j := i
		for j < len(layer) && l.spots[layer[j]].lane == in {
			j++
		}
		low, high := left, math.Inf(1)
		if in >= 0 {
			low, high = l.lanes[in].left+lanePad, l.lanes[in].right-lanePad
			left = l.lanes[in].right + boxGap
		} else if j < len(layer) {
			high = l.lanes[l.spots[layer[j]].lane].left - boxGap
		}
		l.settle(layer[i:j], low, high, round)
		i = j
	}
}

// settle moves spots between low and high. The nearest positions in order are an
// isotonic regression, solved exactly by pooling adjacent violators (Ayer et
// al., 1955); bounds cut it off.
func (l *layout) settle(spots []int, low, high float64, round int) {
	type pool struct {
		sum    float64
		weight float64
		n      int
	}
	var pools []pool
	offset, offsets := 0.0, make([]float64, len(spots))
	for i, s := range spots {
		if i > 0 {
			offset += (l.spots[spots[i-1]].width+l.spots[s].width)/2 + l.gap(spots[i-1], s)
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
	low += l.spots[spots[0]].width / 2
	high -= offset + l.spots[spots[len(spots)-1]].width/2
	i := 0
	for _, p := range pools {
		at := max(low, min(high, p.sum/p.weight))
		for range p.n {
			l.spots[spots[i]].x = at + offsets[i]
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

// moveLanes moves each lane as far towards the wishes of its spots as the spots
// beside it leave room.
func (l *layout) moveLanes(round int) {
	for i := range l.lanes {
		g := &l.lanes[i]
		sum, weights := 0.0, 0.0
		least, most := math.Inf(-1), math.Inf(1)
		for layer := g.top; layer <= g.bottom; layer++ {
			spots := l.layers[layer]
			for j, s := range spots {
				if l.spots[s].lane != i {
					continue
				}
				want, weight := l.outside(s)
				sum, weights = sum+(want-l.spots[s].x)*weight, weights+weight
				if j > 0 && l.spots[spots[j-1]].lane != i {
					least = max(least, l.rightOf(spots[j-1])+boxGap-g.left)
				}
				if j+1 < len(spots) && l.spots[spots[j+1]].lane != i {
					most = min(most, l.leftOf(spots[j+1])-boxGap-g.right)
				}
			}
		}
		if weights == 0 {
			continue
		}
		by := max(least, min(most, sum/weights))
		l.shift(i, by)
	}
}

// outside is the mean position of a spot's neighbours that are not of its lane.
func (l *layout) outside(s int) (float64, float64) {
	sum, n := 0.0, 0.0
	for _, near := range [2][]int{l.spots[s].up, l.spots[s].down} {
		for _, other := range near {
			if l.spots[other].lane != l.spots[s].lane {
				sum, n = sum+l.spots[other].x, n+1
			}
		}
	}
	if n == 0 {
		return l.spots[s].x, 0
	}
	return sum / n, n
}

// rightOf and leftOf are the edges of a spot, or of the lane that it is in.
func (l *layout) rightOf(s int) float64 {
	if in := l.spots[s].lane; in >= 0 {
		return l.lanes[in].right
	}
	return l.spots[s].x + l.spots[s].width/2
}

func (l *layout) leftOf(s int) float64 {
	if in := l.spots[s].lane; in >= 0 {
		return l.lanes[in].left
	}
	return l.spots[s].x - l.spots[s].width/2
}

func (l *layout) shift(i int, by float64) {
	g := &l.lanes[i]
	g.left, g.right = g.left+by, g.right+by
	for layer := g.top; layer <= g.bottom; layer++ {
		for _, s := range l.layers[layer] {
			if l.spots[s].lane == i {
				l.spots[s].x += by
			}
		}
	}
}
