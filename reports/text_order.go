package reports

import (
	"cmp"
	"io"
	"slices"
)

// WriteText writes each observed order with its best witness, with Verbose with
// all of them.
func (o Order) WriteText(w io.Writer, style Style) error {
	t := newText(w, style)
	orders := o.orders()
	for _, witnesses := range orders {
		p := witnesses[0]
		t.printf("%v%s%v > %v%s%v", cyan, p.Outer.Name, reset, cyan, p.Inner.Name, reset)
		if p.Inner.Try {
			t.printf(" (trylock)")
		}
		t.printf("  %v[%s, %s]%v\n", dim, p.Arch, p.Confidence, reset)
		if style.Verbose {
			t.printf("  class: %s > %s\n", p.Outer.Class, p.Inner.Class)
			for _, one := range witnesses {
				t.pairWitness(one)
			}
			continue
		}
		t.pairWitness(p)
		if more := len(witnesses) - 1; more > 0 {
			t.printf("  %vand %s (-v)%v\n", dim, plural(more, "further place"), reset)
		}
	}
	t.printf("%v%s%v\n", bold, plural(len(orders), "observed order"), reset)
	t.footer(o.Head)
	return t.end()
}

// orders groups the witnesses of one order on one architecture, the most certain
// and then shortest first; the orders stay in the order of their first witness.
func (o Order) orders() [][]Pair {
	type key struct {
		arch, outer, inner string
		try                bool
	}
	at := map[key]int{}
	var out [][]Pair
	for _, p := range o.Edges {
		k := key{p.Arch, p.Outer.Class, p.Inner.Class, p.Inner.Try}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], p)
	}
	for _, witnesses := range out {
		slices.SortStableFunc(witnesses, func(a, b Pair) int {
			return cmp.Or(cmp.Compare(certainty(a.Confidence), certainty(b.Confidence)),
				cmp.Compare(len(a.Chain), len(b.Chain)))
		})
	}
	return out
}

func (t *text) pairWitness(p Pair) {
	t.printf("  held:  %s() at %s\n", p.Outer.Function, where(p.Outer.File, p.Outer.Line))
	t.printf("  taken: %s() at %s\n", p.Inner.Function, where(p.Inner.File, p.Inner.Line))
	t.printf("  chain: %s\n", Line(p.Chain))
	if t.style.Verbose {
		t.draw(p.Chain, "    ", true)
	}
	for _, a := range p.Assumed {
		t.printf("  %vassumed: %s%v\n", yellow, a, reset)
	}
}
