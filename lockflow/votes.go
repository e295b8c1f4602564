package lockflow

import (
	"cmp"
	"maps"
	"slices"

	"klockscan/callgraph"
	"klockscan/cparse"
)

// Votes is which variables of a program are called like the heads of names in rules, and
// what structs they point to: whatever such a name means is the choice of the majority.
type Votes struct {
	of map[string][]vote // by head; in the order of the functions
}

// A vote is a variable of a function that points to, or is, a struct.
type vote struct {
	f   callgraph.FuncID
	tag string
}

// votes is those of the program.
func (b *programBinder) votes() *Votes {
	v := &Votes{map[string][]vote{}}
	for head, uses := range b.uses {
		for _, u := range uses {
			v.of[head] = append(v.of[head], vote{u.f.ID, u.st.Name})
		}
	}
	return v
}

// Votes is what the names were bound by; nil if the answers are remembered ones.
func (b *Bindings) Votes() *Votes {
	if p, ok := b.inner.(*programBinder); ok {
		return p.votes()
	}
	return nil
}

// Encode writes the votes for a cache; nil is none.
func (v *Votes) Encode(e *cparse.Encoder) {
	if v == nil {
		v = &Votes{}
	}
	e.Int(len(v.of))
	for _, head := range slices.Sorted(maps.Keys(v.of)) {
		e.String(head)
		e.Int(len(v.of[head]))
		for _, one := range v.of[head] {
			e.Int(int(one.f))
			e.String(one.tag)
		}
	}
}

// DecodeVotes reads what Encode wrote of a program with so many functions.
func DecodeVotes(d *cparse.Decoder, funcs int) (*Votes, error) {
	v := &Votes{map[string][]vote{}}
	for range d.Len() {
		head := d.String()
		votes := make([]vote, d.Len())
		for i := range votes {
			votes[i] = vote{callgraph.FuncID(d.Index(funcs)), d.String()}
		}
		v.of[head] = votes
	}
	return v, d.Err()
}

// SameNames says whether the names in rules mean in a program what they meant in the
// earlier one that the votes are of: near each rule the same structs have the majority,
// and the functions that see them first see the same in them.
func (v *Votes) SameNames(p *callgraph.Program, rules []*Rule, d Difference) bool {
	if heads, lasts := namesIn(rules); slices.ContainsFunc(d.Declared, func(name string) bool { return heads[name] || lasts[name] }) {
		return false
	}
	changed := map[callgraph.FuncID]bool{}
	for _, id := range d.Changed {
		changed[id] = true
	}
	was, now := v.otherVotes(p, rules, d)
	for head := range was {
		if slices.Equal(was[head], now[head]) {
			delete(was, head)
			delete(now, head)
		}
	}
	for head := range mergedKeys(was, now) {
		if v.of[head] == nil {
			return false
		}
		var before, after []varUse
		for _, one := range v.of[head] {
			id := d.Func(one.f)
			if id == callgraph.NoFunc {
				return false
			}
			u := varUse{p.Funcs[id], &cparse.Struct{Name: one.tag}}
			if before = append(before, u); !changed[id] {
				after = append(after, u)
			}
		}
		for _, one := range now[head] {
			after = append(after, varUse{p.Funcs[one.f], &cparse.Struct{Name: one.tag}})
		}
		slices.SortStableFunc(after, func(a, b varUse) int { return cmp.Compare(a.f.ID, b.f.ID) })
		if !sameMajorities(p, before, after, filesOf(rules, head), membersOf(rules, head)) {
			return false
		}
	}
	return true
}

// otherVotes is the votes of the functions that changed, as they were and as they are.
func (v *Votes) otherVotes(p *callgraph.Program, rules []*Rule, d Difference) (was, now map[string][]vote) {
	heads, _ := namesIn(rules)
	was, now = map[string][]vote{}, map[string][]vote{}
	votes := func(into map[string][]vote, f *callgraph.Func, id callgraph.FuncID) {
		b := programBinder{types: p, uses: map[string][]varUse{}}
		b.usesOf(f, heads)
		for head, uses := range b.uses {
			for _, u := range uses {
				into[head] = append(into[head], vote{id, u.st.Name})
			}
		}
	}
	for _, id := range d.Changed {
		if f := d.Old(id); f != nil {
			votes(was, f, id)
		}
		votes(now, p.Funcs[id], id)
	}
	for _, f := range d.Gone {
		votes(was, f, callgraph.NoFunc)
	}
	return was, now
}

func mergedKeys[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// filesOf is the files of the rules with a name of such a head.
func filesOf(rules []*Rule, head string) map[string]bool {
	out := map[string]bool{}
	for _, r := range rules {
		for _, n := range slices.Concat(r.Outer, r.Inner) {
			if splitName(n.Text).head == head {
				out[r.File] = true
			}
		}
	}
	return out
}

// membersOf is the members that follow such a head in the names of rules.
func membersOf(rules []*Rule, head string) [][]string {
	var out [][]string
	for _, r := range rules {
		for _, n := range slices.Concat(r.Outer, r.Inner) {
			if name := splitName(n.Text); name.head == head {
				out = append(out, name.members)
			}
		}
	}
	return out
}

// sameMajorities says whether near each file the same struct has the majority, and the
// first function that sees it sees the same in it, as far as names ask.
func sameMajorities(p *callgraph.Program, before, after []varUse, files map[string]bool, names [][]string) bool {
	for file := range files {
		a, b := majorities(before, file), majorities(after, file)
		for c := range a {
			if (a[c].st == nil) != (b[c].st == nil) || a[c].st != nil && (a[c].st.Name != b[c].st.Name || !sameSight(p, a[c], b[c], names)) {
				return false
			}
		}
	}
	return true
}

// sameInside says whether two functions see the same structs embedded in one.
func sameInside(p *callgraph.Program, a, b *callgraph.Func, st *cparse.Struct, seen map[*cparse.Struct]bool, depth int) bool {
	if seen[st] || depth > maxEmbedding {
		return true
	}
	seen[st] = true
	for i := range st.Fields {
		t := st.Fields[i].Type
		if typeName(t) == "" {
			continue
		}
		next := p.StructOf(a, t)
		if p.StructOf(b, t) != next || next != nil && !sameInside(p, a, b, next, seen, depth+1) {
			return false
		}
	}
	return true
}

// sameSight says whether two functions see the same members in a struct.
func sameSight(p *callgraph.Program, a, b varUse, names [][]string) bool {
	if a.f == b.f {
		return true
	}
	t := &cparse.Type{Kind: cparse.TStruct, Name: a.st.Name}
	st := p.StructOf(a.f, t)
	if st == nil || p.StructOf(b.f, t) != st {
		return false
	}
	for _, members := range names {
		for at, i := st, 0; i < len(members); i++ {
			fd, _ := p.Member(a.f, at, members[i])
			if other, _ := p.Member(b.f, at, members[i]); fd != other {
				return false
			}
			if fd == nil { // it is looked for in all that is embedded
				return sameInside(p, a.f, b.f, st, map[*cparse.Struct]bool{}, 0)
			}
			next := p.StructOf(a.f, fd.Type)
			if i+1 < len(members) && next == nil || p.StructOf(b.f, fd.Type) != next {
				return false
			}
			at = next
		}
	}
	return true
}
