package reports

// Reduced is the picture without the arrows that follow from others: a > c goes
// if a > b and b > c are drawn. What leads where stays the same (a transitive
// reduction; arrows are tried one after the other on what is left, so that two
// ways round a cycle cannot take each other away). Marked arrows stay, because
// they are what a reader looks for, and dashed ones are nobody's replacement.
func (p Picture) Reduced() Picture {
	out := make([][]int, len(p.Boxes)) // blocking arrows that are left, by their box
	for i, a := range p.Arrows {
		if !a.Dashed && a.From != a.To {
			out[a.From] = append(out[a.From], i)
		}
	}
	gone := make([]bool, len(p.Arrows))
	for i, a := range p.Arrows {
		if !a.Mark && a.From != a.To {
			gone[i] = p.leadsElsewhere(i, out, gone)
		}
	}
	q := Picture{Title: p.Title, Boxes: p.Boxes}
	for i, a := range p.Arrows {
		if !gone[i] {
			q.Arrows = append(q.Arrows, a)
		}
	}
	return q
}

// leadsElsewhere says whether arrow i can be replaced by others that are left.
func (p Picture) leadsElsewhere(i int, out [][]int, gone []bool) bool {
	seen := make([]bool, len(p.Boxes))
	stack := []int{p.Arrows[i].From}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, j := range out[at] {
			to := p.Arrows[j].To
			if j == i || gone[j] || seen[to] {
				continue
			}
			if to == p.Arrows[i].To {
				return true
			}
			seen[to] = true
			stack = append(stack, to)
		}
	}
	return false
}
