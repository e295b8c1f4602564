package lockflow

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// An AuditInput is what is known of one architecture: the observed orders, the
// rules, bound, and where its locks are declared.
type AuditInput struct {
	Result *Result
	Rules  []*Rule
	Homes  map[Class]LockHome
	Scope  func(file string) bool // whether a file is in the scope
	Names  map[Class]string       // locks that documents speak of beside the rules, as they write them
}

// An Unstated is an order that the code relies on and that no rule states, nor
// implies, on at least one architecture.
type Unstated struct {
	Outer, Inner           Class
	OuterName, InnerName   string // as the rules write them, else as the code does
	Arch                   string // in whose part one of the locks is declared; "" for common code
	Relied                 int    // how many functions hold Outer when they take Inner or call towards it
	Named                  int    // how many of the two locks the text names
	Ways                   []Way
	Stated                 []*Rule // what states it on another architecture
	outerWaits, innerWaits waiting
}

// A Way is the best witness of an order on one architecture that ends in one
// function.
type Way struct {
	Arch string
	Pair Pair
}

// A Proposal is a sentence that a document could say, in its own words.
type Proposal struct {
	Text   string // "a->lock is taken outside b->lock and c->lock"
	Arch   string // "" for every architecture
	Relied int
	Orders []Unstated
}

// Proposals is the orders that the code relies on and no rule states or implies, as
// sentences: those about locks that the rules name come first, and of these the
// most relied-upon. What follows from another proposal together with the rules is
// left out, and so is what the kinds of the locks state already: that a lock for
// which tasks sleep is outside one for which they spin, or that a read side that
// nobody waits for is inside. Where the code shows both orders nothing is
// proposed: that is a cycle, see Check.
func Proposals(in []AuditInput) []Proposal {
	audited := ordered(in)
	orders := unstated(audited)
	orders = slices.DeleteFunc(orders, func(u Unstated) bool { return follows(u, orders, audited) })
	return sentences(orders)
}

// An orderedInput is an input with what follows from its rules.
type orderedInput struct {
	*AuditInput
	all       *hierarchy // of every rule
	stated    *hierarchy // of the rules that put a lock outside another
	documents *hierarchy // of those of them that documents state
}

// ordered builds the hierarchies of the inputs.
func ordered(in []AuditInput) []orderedInput {
	out := make([]orderedInput, len(in))
	for i := range in {
		stating := func(those func(*Rule) bool) *hierarchy {
			return newHierarchy(slices.DeleteFunc(slices.Clone(in[i].Rules), func(r *Rule) bool { return !those(r) }), in[i].Result.Arch)
		}
		out[i] = orderedInput{&in[i], newHierarchy(in[i].Rules, in[i].Result.Arch), stating((*Rule).statesOrder),
			stating(func(r *Rule) bool { return r.statesOrder() && !r.inCode() })}
	}
	return out
}

// unstated collects the orders of all architectures.
func unstated(in []orderedInput) []Unstated {
	all := map[classPair]*Unstated{}
	for i := range in {
		in[i].collect(all)
	}
	var out []Unstated
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b classPair) int {
		return cmp.Or(compareClass(a.outer, b.outer), compareClass(a.inner, b.inner))
	}) {
		u := all[k]
		if all[classPair{k.inner, k.outer}] == nil && u.open(in) {
			u.finish()
			out = append(out, *u)
		}
	}
	return out
}

// collect adds the orders that one architecture shows.
func (in *orderedInput) collect(all map[classPair]*Unstated) {
	h := in.all
	for i := range in.Result.Pairs {
		p := &in.Result.Pairs[i]
		if !p.orders() || p.Confidence < Likely && !p.atFirstUse() || p.Outer.Mode == ReadRec || p.Inner.Mode == Wait || p.Inner.Mode == ReadRec {
			continue
		}
		k := classPair{p.Outer.Class, p.Inner.Class}
		for _, c := range []Class{k.outer, k.inner} {
			h.words[c] = cmp.Or(h.words[c], in.Names[c])
		}
		if named(h, k) < 2 && !(in.Scope(p.Outer.File) && in.Scope(p.Inner.File)) {
			continue // what the rest of the kernel does with locks of its own is not for this document
		}
		u := all[k]
		if u == nil {
			outer, inner := in.Homes[k.outer], in.Homes[k.inner]
			u = &Unstated{Outer: k.outer, Inner: k.inner, Arch: cmp.Or(outer.Arch(), inner.Arch()),
				outerWaits: outer.waiting(), innerWaits: inner.waiting()}
			all[k] = u
		}
		u.OuterName, u.InnerName = cmp.Or(h.words[k.outer], u.OuterName, p.Outer.Name), cmp.Or(h.words[k.inner], u.InnerName, plainName(p.Inner.Name))
		u.Named = max(u.Named, named(h, k))
		u.Relied++
		u.add(Way{in.Result.Arch, *p})
	}
}

// atFirstUse says whether the order rests on nothing but that an object is used for
// the first time: code relies on it all the same.
func (p *Pair) atFirstUse() bool {
	return p.Confidence == Possible && slices.Equal(p.Assumed, assumeFirst.texts())
}

// plainName is a lock's name without how it is taken.
func plainName(name string) string {
	name, _, _ = strings.Cut(name, " (")
	return name
}

// named counts the locks that the text names.
func named(h *hierarchy, k classPair) int {
	n := 0
	for _, c := range []Class{k.outer, k.inner} {
		if h.words[c] != "" {
			n++
		}
	}
	return n
}

// add keeps the better witness for each function that takes the inner lock.
func (u *Unstated) add(w Way) {
	for i := range u.Ways {
		if o := &u.Ways[i]; o.Arch == w.Arch && o.Pair.Inner.Function == w.Pair.Inner.Function {
			if betterWitness(w.Pair.Confidence, w.Pair.Chain, o.Pair.Confidence, o.Pair.Chain) {
				*o = w
			}
			return
		}
	}
	u.Ways = append(u.Ways, w)
}

// open says whether some architecture that shows the order has no rule about it;
// the rules of the others that have one are noted.
func (u *Unstated) open(in []orderedInput) bool {
	if u.outerWaits != u.innerWaits || u.outerWaits == waitsUnknown || u.outerWaits == waitsForReaders {
		return false
	}
	open := false
	for i := range in {
		arch := in[i].Result.Arch
		if !slices.ContainsFunc(u.Ways, func(w Way) bool { return w.Arch == arch }) {
			continue
		}
		if len(in[i].all.path(u.Inner, u.Outer)) > 0 { // against a rule: Check says so
			return false
		}
		if path := in[i].stated.path(u.Outer, u.Inner); len(path) > 0 {
			u.Stated = append(u.Stated, in[i].stated.derived(path))
		} else {
			open = true
		}
	}
	return open
}

// statesOrder says whether the rule puts a lock outside another. That a lock may be
// taken inside a read side, or is held over a wait, does not.
func (r *Rule) statesOrder() bool {
	return r.Kind == RuleOrder || r.Kind == RuleNotInside || r.Kind == RuleRequires
}

// finish orders the witnesses: the most certain, then the shortest first.
func (u *Unstated) finish() {
	slices.SortStableFunc(u.Ways, func(a, b Way) int {
		return cmp.Or(-cmp.Compare(a.Pair.Confidence, b.Pair.Confidence), cmp.Compare(len(a.Pair.Chain), len(b.Pair.Chain)))
	})
}

// follows says whether an order follows from another one of the list together with
// the documents: A outside B, where A outside C is proposed and C outside B stated,
// or the other way round.
func follows(u Unstated, orders []Unstated, in []orderedInput) bool {
	for i := range in {
		h := in[i].documents
		for j := range orders {
			o := &orders[j]
			if o.Outer == u.Outer && o.Inner != u.Inner && len(h.path(o.Inner, u.Inner)) > 0 ||
				o.Inner == u.Inner && o.Outer != u.Outer && len(h.path(u.Outer, o.Outer)) > 0 {
				return true
			}
		}
	}
	return false
}

// sentences makes one sentence of the orders of one outer lock that are alike.
func sentences(orders []Unstated) []Proposal {
	type key struct {
		outer Class
		arch  string
		named int
	}
	at := map[key]int{}
	var out []Proposal
	slices.SortStableFunc(orders, func(a, b Unstated) int { return -cmp.Compare(a.Relied, b.Relied) })
	for _, u := range orders {
		k := key{u.Outer, u.Arch, u.Named}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Proposal{Arch: u.Arch})
		}
		out[i].Orders = append(out[i].Orders, u)
		out[i].Relied += u.Relied
	}
	for i := range out {
		outermostFirst(out[i].Orders, orders)
		out[i].Text = out[i].sentence()
	}
	slices.SortStableFunc(out, func(a, b Proposal) int {
		return cmp.Or(-cmp.Compare(a.Orders[0].Named, b.Orders[0].Named), -cmp.Compare(a.Relied, b.Relied), strings.Compare(a.Text, b.Text))
	})
	return out
}

// outermostFirst sorts the orders of a sentence by how many of its inner locks are
// taken inside each.
func outermostFirst(some, all []Unstated) {
	inside := func(u Unstated) int {
		n := 0
		for _, o := range all {
			if o.Outer == u.Inner && slices.ContainsFunc(some, func(s Unstated) bool { return s.Inner == o.Inner }) {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(some, func(a, b Unstated) int { return -cmp.Compare(inside(a), inside(b)) })
}

// sentence is the proposal in the words of the kernel's documents.
func (p *Proposal) sentence() string {
	inner := make([]string, len(p.Orders))
	for i, u := range p.Orders {
		inner[i] = u.InnerName
	}
	list := inner[len(inner)-1]
	if n := len(inner) - 1; n > 0 {
		list = strings.Join(inner[:n], ", ") + " and " + list
	}
	return p.Orders[0].OuterName + " is taken outside " + list
}
