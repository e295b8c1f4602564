package reports

import "fmt"

// Collapsed is the picture with one box for each group. Locks that take part in a
// contradiction or a cycle keep their own boxes: they are what it is about.
func (p Picture) Collapsed() Picture {
	keep := make([]bool, len(p.Boxes))
	for i, b := range p.Boxes {
		keep[i] = b.Mark || b.Group == ""
	}
	for _, a := range p.Arrows {
		if a.Mark || a.Style == Contradicted {
			keep[a.From], keep[a.To] = true, true
		}
	}
	q := Picture{Title: p.Title, Caption: p.Caption}
	place, merged, structs := p.merge(&q, keep)
	at := map[[2]int]int{}
	inside := 0
	for _, a := range p.Arrows {
		loop := a.From == a.To
		a.From, a.To = place[a.From], place[a.To]
		if a.From == a.To && !loop {
			inside++ // between two locks of one box
			continue
		}
		i, ok := at[[2]int{a.From, a.To}]
		if !ok {
			at[[2]int{a.From, a.To}] = len(q.Arrows)
			q.Arrows = append(q.Arrows, a)
			continue
		}
		q.Arrows[i] = stronger(q.Arrows[i], a)
	}
	if merged > 0 {
		q.Caption = append(q.Caption[:len(q.Caption):len(q.Caption)], fmt.Sprintf(
			"merged: %s into %s, one a struct; %s inside a struct left out", plural(merged, "lock"), plural(structs, "box"), plural(inside, "arrow")))
	}
	return q
}

// merge makes the boxes of q: place is where each box of p went.
func (p Picture) merge(q *Picture, keep []bool) (place []int, merged, structs int) {
	members := map[string]int{}
	for i, b := range p.Boxes {
		if !keep[i] {
			members[b.Group]++
		}
	}
	place = make([]int, len(p.Boxes))
	at := map[string]int{}
	for i, b := range p.Boxes {
		if keep[i] || members[b.Group] < 2 {
			place[i] = len(q.Boxes)
			q.Boxes = append(q.Boxes, b)
			continue
		}
		box, ok := at[b.Group]
		if !ok {
			box = len(q.Boxes)
			at[b.Group] = box
			q.Boxes = append(q.Boxes, Box{ID: b.Group, Group: b.Group, Label: b.Group, Note: plural(members[b.Group], "lock")})
			structs++
		}
		place[i] = box
		merged++
	}
	return place, merged, structs
}

// stronger is one arrow for two between the same boxes.
func stronger(a, b Arrow) Arrow {
	if b.Style > a.Style {
		a, b = b, a
	}
	if a.Style == b.Style {
		a.Dashed = a.Dashed && b.Dashed
	}
	a.Mark = a.Mark || b.Mark
	if a.Label != b.Label && a.Style != Contradicted {
		a.Label = "" // what only one of them says
	}
	return a
}

// nearest is the part of the picture that is nearest, by arrows of any direction,
// to what it is about: the marked boxes and those of contradictions, or if there
// are none, the boxes that come first.
func (p Picture) nearest(most int) Picture {
	near := make([][]int, len(p.Boxes))
	core := make([]bool, len(p.Boxes))
	for i, b := range p.Boxes {
		core[i] = b.Mark
	}
	for _, a := range p.Arrows {
		near[a.From], near[a.To] = append(near[a.From], a.To), append(near[a.To], a.From)
		if a.Mark || a.Style == Contradicted {
			core[a.From], core[a.To] = true, true
		}
	}
	var queue []int
	seen := make([]bool, len(p.Boxes))
	for i, is := range core {
		if is {
			queue, seen[i] = append(queue, i), true
		}
	}
	cores := len(queue)
	next := 0 // the boxes that no arrow leads to from the core come last
	for i := 0; i < max(most, cores) && i < len(p.Boxes); i++ {
		for ; i == len(queue); next++ {
			if !seen[next] {
				queue, seen[next] = append(queue, next), true
			}
		}
		for _, to := range near[queue[i]] {
			if !seen[to] {
				queue, seen[to] = append(queue, to), true
			}
		}
	}
	return p.only(queue[:min(len(queue), max(most, cores))])
}

// only is the picture of some of its boxes.
func (p Picture) only(boxes []int) Picture {
	place := make([]int, len(p.Boxes))
	for _, i := range boxes {
		place[i] = 1
	}
	q := Picture{Title: p.Title}
	for i, b := range p.Boxes {
		if place[i] != 0 {
			q.Boxes = append(q.Boxes, b)
			place[i] = len(q.Boxes)
		}
	}
	for _, a := range p.Arrows {
		if place[a.From] != 0 && place[a.To] != 0 {
			a.From, a.To = place[a.From]-1, place[a.To]-1
			q.Arrows = append(q.Arrows, a)
		}
	}
	q.Caption = append(p.Caption[:len(p.Caption):len(p.Caption)], fmt.Sprintf("left out: %s of %d, farthest from what this is about, and %s",
		plural(len(p.Boxes)-len(q.Boxes), "box"), len(p.Boxes), plural(len(p.Arrows)-len(q.Arrows), "arrow")))
	return q
}
