package reports

import (
	"fmt"
	"slices"
	"strings"

	"klockscan/lockflow"
)

// An order is all that is known of one lock class taken inside another.
type order struct {
	outer, inner string
	rules        []Rule // that state it
	pairs        []int  // where it was observed, in LockOrder.Pairs
	places       []int  // where it is against a rule or another order, in fold's
	style        ArrowStyle
}

// orderStyles is the style that a picture gives each order: page and picture are to
// say the same.
func orderStyles(p Picture) map[[2]string]ArrowStyle {
	out := map[[2]string]ArrowStyle{}
	for _, a := range p.Arrows {
		out[[2]string{p.Boxes[a.From].ID, p.Boxes[a.To].ID}] = a.Style
	}
	return out
}

// wrongOrders is the orders of two lock classes that a finding is about: of a cycle
// both are wrong.
func wrongOrders(f Finding) [][2]string {
	if f.Outer == nil || f.Inner == nil {
		return nil
	}
	out := [][2]string{{f.Outer.Class, f.Inner.Class}}
	if f.Kind == string(lockflow.KindCycle) {
		out = append(out, [2]string{f.Inner.Class, f.Outer.Class})
	}
	return out
}

// newOrders collects the orders, in the order in which findings, rules and pairs
// name them: what is wrong comes first. Each has the style of its arrow.
func newOrders(c Check, places []place, styles map[[2]string]ArrowStyle) []order {
	at := map[[2]string]int{}
	var out []order
	get := func(outer, inner string) *order {
		k := [2]string{outer, inner}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, order{outer: outer, inner: inner, style: styles[k]})
		}
		return &out[i]
	}
	for i, p := range places {
		for _, w := range wrongOrders(p.first) {
			if styles[w] == Contradicted {
				o := get(w[0], w[1])
				o.places = append(o.places, i)
			}
		}
	}
	for _, r := range documented(c) {
		for _, outer := range classes(r.Outer) {
			for _, inner := range classes(r.Inner) {
				o := get(outer, inner)
				o.rules = append(o.rules, r)
			}
		}
	}
	for i, p := range c.LockOrder.Pairs {
		o := get(p.Outer.Class, p.Inner.Class)
		o.pairs = append(o.pairs, i)
	}
	return out
}

// documented lists the rules that state an order: those of the document, and of
// the findings' rules those that it lacks. Of a rule that follows from others
// the others count.
func documented(c Check) []Rule {
	var out []Rule
	seen := map[string]bool{}
	for _, r := range rulesOf(c) {
		key := fmt.Sprint(r.Kind, "\x00", r.File, "\x00", r.Line, "\x00", r.Text, "\x00", texts(r.Outer), "\x00", texts(r.Inner))
		if statesOrder(r.Kind) && !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

// classes lists the classes of all names, each once.
func classes(names []Name) []string {
	var out []string
	for _, n := range names {
		for _, c := range n.Classes {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// An htmlOrder is an order as the page's script reads it.
type htmlOrder struct {
	Outer  int    `json:"outer"`
	Inner  int    `json:"inner"`
	Style  string `json:"style"`
	Rules  []int  `json:"rules,omitempty"`
	Pairs  []int  `json:"pairs,omitempty"`
	Places []int  `json:"places,omitempty"`
}

func (m *htmlMaker) order(o order) {
	one := htmlOrder{Outer: m.str(o.outer), Inner: m.str(o.inner), Style: o.style.String(), Pairs: o.pairs, Places: o.places}
	for _, r := range o.rules {
		one.Rules = append(one.Rules, m.rule(r))
	}
	m.d.Orders = append(m.d.Orders, one)
}

// mostLocks is how many boxes the page draws: fewer than a picture that only stands,
// because this one is moved. Contradictions may make it more, up to mostWrong; the
// table of the page has all.
const (
	mostLocks = 80
	mostWrong = 240
)

// pagePicture is the picture small enough to be moved: of too many contradictions
// the surest.
func pagePicture(p Picture) Picture {
	q := p.smaller(mostLocks)
	if len(q.Boxes) <= mostWrong {
		return q
	}
	var boxes []int
	seen := make([]bool, len(q.Boxes))
	for _, unsure := range []bool{false, true} {
		for _, a := range q.Arrows {
			for _, box := range []int{a.From, a.To} {
				if a.Style == Contradicted && a.Dashed == unsure && !seen[box] && len(boxes) < mostWrong {
					seen[box] = true
					boxes = append(boxes, box)
				}
			}
		}
	}
	return q.only(boxes)
}

// orderSVG is the picture of the page: an <svg> whose boxes and arrows are
// <g class="box" data-id="CLASS"> and <g class="arrow STYLE" data-id="OUTER>INNER"
// data-from="OUTER" data-to="INNER">. The script hangs on these names only.
func orderSVG(p Picture) (string, error) {
	if len(p.Boxes) == 0 {
		return "", nil
	}
	var b strings.Builder
	if err := pagePicture(p).WriteSVG(&b); err != nil {
		return "", err
	}
	return b.String(), nil
}
