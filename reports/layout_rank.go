package reports

import (
	"cmp"
	"math"
	"slices"
)

// breakCycles puts the boxes into a line and turns the arrows that lead back in
// it: sources go first, sinks last, and if neither is left, the box with the
// lightest arrows into it (after Eades, Lin and Smyth, "A fast and effective
// heuristic for the feedback arc set problem", 1993, who take the difference: but
// a rule is not outvoted). Without a cycle no arrow is turned, and without one of
// rules no rule is.
func (l *layout) breakCycles(p Picture) {
	q := newQueue(p)
	for range p.Boxes {
		q.take(p, q.next())
	}
	for i, a := range p.Arrows {
		l.turned[i] = q.place[a.From] > q.place[a.To]
	}
}

// A queue is the line of breakCycles in the making.
type queue struct {
	in, out     []int64 // of each box: weights of arrows from and to boxes that are left
	arrows      [][]int // of each box
	place       []int   // in the line, 0 if the box is left
	front, back int     // the next places
	ready       []int   // perhaps sources or sinks
}

func newQueue(p Picture) *queue {
	n := len(p.Boxes)
	q := &queue{in: make([]int64, n), out: make([]int64, n), arrows: make([][]int, n), place: make([]int, n), front: 1, back: n + 1}
	for i, a := range p.Arrows {
		if a.From != a.To {
			q.in[a.To] += a.weight()
			q.out[a.From] += a.weight()
			q.arrows[a.From], q.arrows[a.To] = append(q.arrows[a.From], i), append(q.arrows[a.To], i)
		}
	}
	for i := range n {
		if q.in[i] == 0 || q.out[i] == 0 {
			q.ready = append(q.ready, i)
		}
	}
	return q
}

// next is the box that goes into the line next.
func (q *queue) next() int {
	for len(q.ready) > 0 {
		at := q.ready[0]
		q.ready = q.ready[1:]
		if q.place[at] == 0 {
			return at
		}
	}
	best := -1
	for i, place := range q.place {
		if place == 0 && (best < 0 || q.in[i] < q.in[best] || q.in[i] == q.in[best] && q.out[i] > q.out[best]) {
			best = i
		}
	}
	return best
}

// take puts a box into the line.
func (q *queue) take(p Picture, at int) {
	if q.out[at] == 0 && q.in[at] != 0 {
		q.place[at] = q.back
		q.back--
	} else {
		q.place[at] = q.front
		q.front++
	}
	for _, i := range q.arrows[at] {
		a := p.Arrows[i]
		other := a.From + a.To - at
		if q.place[other] != 0 {
			continue
		}
		if a.From == at {
			q.in[other] -= a.weight()
		} else {
			q.out[other] -= a.weight()
		}
		if q.in[other] == 0 || q.out[other] == 0 {
			q.ready = append(q.ready, other)
		}
	}
}

// ranking is the work of rank.
type ranking struct {
	out, in [][]int // boxes below and above each box
	height  []int   // arrows on the longest way down
	limit   float64 // width of a layer
	width   []float64
}

// rank puts each box below all boxes above it, the boxes with the longest way
// down first, as long as the layer has room: a picture that is far wider than
// high is not looked at (after Coffman and Graham, 1972). Then boxes move to where
// most of their arrows become shorter. Boxes without arrows stand last.
func (l *layout) rank(p Picture) {
	r := &ranking{out: make([][]int, len(p.Boxes)), in: make([][]int, len(p.Boxes)), height: make([]int, len(p.Boxes))}
	area := 0.0
	for i, a := range p.Arrows {
		if a.From != a.To {
			up, down := l.ends(p, i)
			r.out[up], r.in[down] = append(r.out[up], down), append(r.in[down], up)
		}
	}
	for i := range p.Boxes {
		area += (l.spots[i].width + boxGap) * (boxHeight + layerGap)
	}
	r.limit = max(900, math.Sqrt(2.0*area))
	order := r.topological()
	for _, at := range slices.Backward(order) {
		for _, to := range r.out[at] {
			r.height[at] = max(r.height[at], r.height[to]+1)
		}
	}
	r.schedule(l)
	for range 4 { // a box that moves makes room for others
		for _, at := range slices.Backward(order) {
			if len(r.out[at]) > len(r.in[at]) {
				r.sink(l, at)
			}
		}
		for _, at := range order {
			if len(r.in[at]) > len(r.out[at]) {
				r.rise(l, at)
			}
		}
	}
	r.dropEmpty(l)
}

// topological is the boxes, each after all above it (Kahn).
func (r *ranking) topological() []int {
	waits := make([]int, len(r.in))
	var order []int
	for i := range r.in {
		if waits[i] = len(r.in[i]); waits[i] == 0 {
			order = append(order, i)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, to := range r.out[order[i]] {
			if waits[to]--; waits[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order
}

// schedule fills the layers from the top.
func (r *ranking) schedule(l *layout) {
	waits := make([]int, len(r.in))
	var ready, alone []int
	for i := range r.in {
		switch waits[i] = len(r.in[i]); {
		case waits[i] == 0 && len(r.out[i]) == 0:
			alone = append(alone, i)
		case waits[i] == 0:
			ready = append(ready, i)
		}
	}
	tallest := func(a, b int) int { return cmp.Or(cmp.Compare(r.height[b], r.height[a]), cmp.Compare(a, b)) }
	for len(ready) > 0 {
		slices.SortFunc(ready, tallest)
		taken, rest := r.fill(l, ready)
		for _, at := range taken {
			for _, to := range r.out[at] {
				if waits[to]--; waits[to] == 0 {
					rest = append(rest, to)
				}
			}
		}
		ready = rest
	}
	for len(alone) > 0 {
		_, alone = r.fill(l, alone)
	}
}

// fill makes a layer of as many of the boxes as have room, at least one.
func (r *ranking) fill(l *layout, boxes []int) (taken, rest []int) {
	layer := len(r.width)
	r.width = append(r.width, 0)
	for _, at := range boxes {
		w := l.spots[at].width + boxGap
		if len(taken) > 0 && r.width[layer]+w > r.limit {
			rest = append(rest, at)
			continue
		}
		taken = append(taken, at)
		l.spots[at].layer = layer
		r.width[layer] += w
	}
	return taken, rest
}

// sink moves a box down as far as the boxes below it, and the room, let it.
func (r *ranking) sink(l *layout, at int) {
	lowest := len(r.width)
	for _, to := range r.out[at] {
		lowest = min(lowest, l.spots[to].layer-1)
	}
	for layer := lowest; layer > l.spots[at].layer; layer-- {
		if r.move(l, at, layer) {
			return
		}
	}
}

// rise moves a box up in the same way.
func (r *ranking) rise(l *layout, at int) {
	highest := 0
	for _, from := range r.in[at] {
		highest = max(highest, l.spots[from].layer+1)
	}
	for layer := highest; layer < l.spots[at].layer; layer++ {
		if r.move(l, at, layer) {
			return
		}
	}
}

// move puts a box on a layer if it has room.
func (r *ranking) move(l *layout, at, layer int) bool {
	w := l.spots[at].width + boxGap
	if r.width[layer]+w > r.limit {
		return false
	}
	r.width[l.spots[at].layer] -= w
	r.width[layer] += w
	l.spots[at].layer = layer
	return true
}

// dropEmpty removes the layers that all boxes have sunk from.
func (r *ranking) dropEmpty(l *layout) {
	used := make([]int, len(r.width)+1)
	for i := range r.in {
		used[l.spots[i].layer+1] = 1
	}
	for i := 1; i < len(used); i++ {
		used[i] += used[i-1]
	}
	for i := range r.in {
		l.spots[i].layer = used[l.spots[i].layer]
	}
}
