package reports

import "fmt"

// legible is how many boxes a picture may have: a person cannot follow more.
const legible = 200

// Legible is the picture made small enough to be read, with a caption that says
// what was done to it: the arrows go that follow from others; if there are too
// many boxes all the same, locks of a struct become one box, and if that does
// not do, the boxes far from what the picture is about go too. What contradicts
// a rule, and what lies on a cycle, always stays.
func (p Picture) Legible() Picture { return p.smaller(legible) }

func (p Picture) smaller(most int) Picture {
	q := p
	if p.isOrder() {
		q = p.Reduced()
	}
	if len(q.Boxes) > most && q.isOrder() {
		// Of all arrows: what followed by way of a lock inside a struct says
		// something between structs too.
		q = p.Collapsed().Reduced()
	}
	if len(q.Boxes) > most {
		q = q.nearest(most)
	}
	return q
}

// isOrder says whether this is a lock order: then an arrow that follows from
// others says nothing new. A call does.
func (p Picture) isOrder() bool {
	for _, a := range p.Arrows {
		if a.Style == Plain {
			return false
		}
	}
	return true
}

// states says whether a chain of arrows like a makes one like b redundant: it
// rests on as much. What was only seen does not replace what is written.
func (a Arrow) states(b Arrow) bool {
	if a.Dashed && !b.Dashed || a.Style == Contradicted {
		return false
	}
	return a.Style == b.Style || a.Style == Both && b.Style != Contradicted
}

// Reduced is the picture without the arrows that follow from others: a > c goes
// if a > b and b > c are drawn. What leads where stays the same (a transitive
// reduction; arrows are tried one after the other on what is left, so that two
// ways round a cycle cannot take each other away). Marked and contradicted arrows
// stay, because they are what a reader looks for, and dashed ones replace only
// dashed ones.
func (p Picture) Reduced() Picture {
	out := make([][]int, len(p.Boxes)) // arrows by their box
	for i, a := range p.Arrows {
		if a.From != a.To {
			out[a.From] = append(out[a.From], i)
		}
	}
	gone := make([]bool, len(p.Arrows))
	q := p
	q.Arrows = nil
	for i, a := range p.Arrows {
		if !a.Mark && a.Style != Contradicted && a.From != a.To {
			gone[i] = p.leadsElsewhere(i, out, gone)
		}
		if !gone[i] {
			q.Arrows = append(q.Arrows, a)
		}
	}
	if n := len(p.Arrows) - len(q.Arrows); n > 0 {
		q.Caption = append(q.Caption[:len(q.Caption):len(q.Caption)],
			fmt.Sprintf("left out: %s of %d that follow from others", plural(n, "arrow"), len(p.Arrows)))
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
			if j == i || gone[j] || seen[to] || !p.Arrows[j].states(p.Arrows[i]) {
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
