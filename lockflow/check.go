package lockflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"klockscan/callgraph"
)

// Check compares the orders that were observed with the rules, bound for the
// same architecture, and returns what contradicts them, together with the
// cycles that no rule decides (see cycle.go). The numbers are those by which
// code and tests cite the checks:
//
//	C1  a blocking acquisition against a stated or derived order
//	C2  the same around SRCU: a lock inside a read side that a holder of the
//	    lock waits for, or the wait with such a lock held
//	C3  a lock that a context must not take
//	C4  a lock inside one of which a document says that it is a leaf (possible
//	    at best: that sentence is disregarded widely)
//	C5  two orders that no rule decides
//	C6  three orders that close a circle
//	C7  a lock taken where no path holds the one that its rule demands
//	C8  rules that contradict each other
//
// A trylock cannot deadlock, so it breaks no order; nor does entering an SRCU
// or RCU read side, which never waits. Two locks of one class are the
// self-deadlock check's business, not an order.
//
// Limits: C7 sees an acquisition only if some other lock is held there, because
// what is observed are pairs; so it says nothing of one that holds no lock.
func Check(res *Result, rules []*Rule, arch string) []Finding {
	c := &checker{arch: arch, order: newHierarchy(rules, arch), res: res, best: map[findingKey]int{},
		ways: map[findingKey]map[callgraph.FuncID]bool{}}
	for i := range res.Pairs {
		p := &res.Pairs[i]
		switch {
		case p.Outer.Mode == Context:
			c.context(p, rules)
		case p.orders():
			c.pair(p)
		}
	}
	c.leaves(rules)
	c.requires(rules)
	c.cycles()
	c.contradictions(rules)
	for key, i := range c.best {
		if n := len(c.ways[key]) - 1; n > 0 {
			c.out[i].Message += fmt.Sprintf(" (further ways to it: %d)", n)
		}
	}
	c.out = uniqueFindings(c.out) // rules may contradict each other about the same locks in several ways
	slices.SortStableFunc(c.out, compareFindings)
	return c.out
}

// orders says whether the pair is an order of two locks at all.
func (p *Pair) orders() bool {
	return p.Outer.Mode.held() && p.Inner.blocks() && p.Outer.Class.known() && p.Inner.Class.known() &&
		p.Outer.Class != p.Inner.Class
}

// held says whether the mode is one in which a lock is held.
func (m Mode) held() bool { return m == Write || m == Read || m == ReadRec }

// blocks says whether taking the lock (or waiting for its readers) may have to
// wait for somebody who holds it.
func (l *Lock) blocks() bool {
	return !l.Try && (l.Mode == Write || l.Mode == Read || l.Mode == Wait)
}

// A findingKey identifies a defect. The function that takes the inner lock is the
// defect's place however many functions hold the outer one on the way there: a
// mutex taken in a helper is one finding, not one for each caller. A wait is
// different: everybody waits in the same few functions, and what is wrong is to
// come there with the lock, so the place where that is taken counts as well.
type findingKey struct {
	kind         Kind
	outer, inner Class
	taker        string
	file         string // of the taker: another static function may have its name
	holder       string // a wait: the function that takes the outer lock; a taker in a header: its caller
}

func keyOf(kind Kind, p *Pair) findingKey {
	k := findingKey{kind: kind, outer: p.Outer.Class, inner: p.Inner.Class, taker: p.Inner.Function, file: p.Inner.File}
	inHeader := func(l Lock) bool { return strings.HasSuffix(l.File, ".h") } // an inline lock function: its callers are the places
	switch {
	case p.Inner.Mode == Wait && !inHeader(p.Outer):
		k.holder = p.Outer.Function
	case (p.Inner.Mode == Wait || inHeader(p.Inner)) && len(p.Chain) > 1:
		k.holder = p.Chain[len(p.Chain)-2].Function
	}
	return k
}

type checker struct {
	arch  string
	order *hierarchy
	res   *Result
	out   []Finding
	best  map[findingKey]int // index in out
	ways  map[findingKey]map[callgraph.FuncID]bool
}

// pair applies C1 and C2 to a pair.
func (c *checker) pair(p *Pair) {
	rule := c.order.forbids(p.Outer.Class, p.Inner.Class)
	if rule == nil {
		return
	}
	kind, message := KindOrder, fmt.Sprintf("%s takes %s with %s held, against %s",
		p.Inner.Function, p.Inner.Name, p.Outer.Name, rule.because())
	switch {
	case p.Inner.Mode == Wait:
		kind = KindSRCU
		message = fmt.Sprintf("%s calls %s with %s held, which its readers take: %s",
			p.Inner.Function, p.Inner.Name, p.Outer.Name, rule.because())
	case p.Outer.Mode == ReadRec:
		kind = KindSRCU
		message = fmt.Sprintf("%s takes %s inside a %s read-side critical section, against %s",
			p.Inner.Function, p.Inner.Name, strings.TrimSuffix(p.Outer.Name, " (read)"), rule.because())
	}
	f := c.finding(kind, p, rule, message)
	f.distrust(p.reach(), maxDocumented)
	c.add(f, p)
}

// context applies C3.
func (c *checker) context(p *Pair, rules []*Rule) {
	if !p.Inner.blocks() {
		return
	}
	for _, r := range rules {
		if r.Kind != RuleMustNot || !r.holdsFor(c.arch) || !binds(r.Inner, p.Inner.Class) {
			continue
		}
		for _, n := range r.Outer {
			if n.Context == "" || n.Context != contextKey(p.Outer.Class.Path) && n.Context != contextKey(p.Outer.Name) {
				continue
			}
			c.add(c.finding(KindMustNot, p, r, fmt.Sprintf("%s takes %s, which %s must not: %s",
				p.Inner.Function, p.Inner.Name, n.Text, r.because())), p)
		}
	}
}

// binds says whether one of the names means the class.
func binds(names []Name, class Class) bool {
	return slices.ContainsFunc(names, func(n Name) bool { return slices.Contains(n.Classes, class) })
}

// leaves applies C4: a document that calls everything else a leaf means the
// locks that it names, as far as no rule takes another lock inside them.
func (c *checker) leaves(rules []*Rule) {
	for _, leaf := range rules {
		if leaf.Kind != RuleLeaf || !leaf.holdsFor(c.arch) {
			continue
		}
		named := map[Class]bool{}
		for _, r := range rules {
			if r.File == leaf.File {
				for _, class := range classesOf(r) {
					named[class] = len(c.order.edges[class]) == 0
				}
			}
		}
		for _, r := range rules {
			if r.Kind == RuleRequires {
				for _, n := range r.Outer {
					for _, class := range n.Classes {
						named[class] = false
					}
				}
			}
		}
		seen := map[[2]Class]bool{}
		for i := range c.res.Pairs {
			p := &c.res.Pairs[i]
			key := [2]Class{p.Outer.Class, p.Inner.Class}
			if !p.orders() || !named[p.Outer.Class] || p.Inner.Mode == Wait || seen[key] || c.order.decides(key[0], key[1]) {
				continue
			}
			seen[key] = true
			f := c.finding(KindOrder, p, leaf, fmt.Sprintf("%s takes %s with %s held, which the document calls a leaf: %s",
				p.Inner.Function, p.Inner.Name, p.Outer.Name, leaf.because()))
			f.Confidence = min(f.Confidence, Possible)
			f.Assumed = append(slices.Clone(f.Assumed), "the sentence about leaves is meant for this lock")
			c.add(f, p)
		}
	}
}

// classesOf is every class that the names of a rule bind to.
func classesOf(r *Rule) []Class {
	var out []Class
	for _, n := range slices.Concat(r.Outer, r.Inner) {
		out = append(out, n.Classes...)
	}
	return out
}

// finding is the finding of a pair.
func (c *checker) finding(kind Kind, p *Pair, rule *Rule, message string) Finding {
	outer, inner, key := p.Outer, p.Inner, keyOf(kind, p)
	return Finding{
		Kind: kind, Arch: c.arch, Confidence: p.Confidence,
		Fingerprint: fingerprint(string(kind), c.arch, outer.Class.String(), inner.Class.String(), key.taker, key.holder),
		Function:    inner.Function, File: inner.File, Line: inner.Line,
		Outer: &outer, Inner: &inner, Rule: rule, Chain: p.Chain, Assumed: p.Assumed, Message: message,
	}
}

// add keeps a finding, or lets it replace a weaker one of the same defect.
func (c *checker) add(f Finding, p *Pair) {
	key := keyOf(f.Kind, p)
	if c.ways[key] == nil {
		c.ways[key] = map[callgraph.FuncID]bool{}
	}
	c.ways[key][p.Func] = true
	i, ok := c.best[key]
	if !ok {
		c.best[key] = len(c.out)
		c.out = append(c.out, f)
		return
	}
	if betterWitness(f.Confidence, f.Chain, c.out[i].Confidence, c.out[i].Chain) {
		c.out[i] = f
	}
}

// betterWitness prefers certainty, then brevity.
func betterWitness(a Confidence, chainA []ChainStep, b Confidence, chainB []ChainStep) bool {
	return cmp.Or(-cmp.Compare(a, b), cmp.Compare(len(chainA), len(chainB))) < 0
}

// compareFindings orders findings by place.
func compareFindings(a, b Finding) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(string(a.Kind), string(b.Kind)),
		compareClass(a.Outer.Class, b.Outer.Class), compareClass(a.Inner.Class, b.Inner.Class),
		strings.Compare(a.Fingerprint, b.Fingerprint))
}
