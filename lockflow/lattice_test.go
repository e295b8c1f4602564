package lockflow

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// randomNum draws from few values, so that equal ones meet often.
func randomNum(r *rand.Rand) num {
	k := int64(r.IntN(5) - 2)
	switch r.IntN(5) {
	case 0:
		return constNum(k)
	case 1:
		return unlike(k)
	case 2:
		return bits(uint64(r.IntN(4)), uint64(r.IntN(4))<<2)
	case 3:
		return anyNum
	}
	return signs(uint8(r.IntN(7) + 1))
}

// samples are the numbers that a num allows, of a small range.
func samples(n num) map[int64]bool {
	out := map[int64]bool{}
	for k := int64(-9); k <= 9; k++ {
		if n.allows(k) && uint64(k)&n.off == 0 && uint64(k)&n.on == n.on {
			out[k] = true
		}
	}
	return out
}

// TestNumLaws checks join and meet against the sets of numbers they stand for.
func TestNumLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		a, b, c := randomNum(r), randomNum(r), randomNum(r)
		if a.join(a) != a {
			t.Fatalf("join(%+v, itself) = %+v", a, a.join(a))
		}
		if a.join(b) != b.join(a) {
			t.Fatalf("join of %+v and %+v depends on their order: %+v, %+v", a, b, a.join(b), b.join(a))
		}
		if m, ok := a.meet(anyNum); !ok || m != a {
			t.Fatalf("meet(%+v, anything) = %+v, %v", a, m, ok)
		}
		joined := samples(a.join(b).join(c))
		for _, part := range []num{a, b, c} {
			for k := range samples(part) {
				if !joined[k] {
					t.Fatalf("%d is in %+v, but not in the join of %+v, %+v, %+v", k, part, a, b, c)
				}
			}
		}
		m, ok := a.meet(b)
		both := samples(b)
		for k := range samples(a) {
			if both[k] && (!ok || !samples(m)[k]) {
				t.Fatalf("%d is in %+v and %+v, but not in their meet %+v, %v", k, a, b, m, ok)
			}
		}
	}
}

// randomState draws a state over a few places, facts and releases.
func randomState(r *rand.Rand) *state {
	s := (&stateMemory{}).newState()
	for i := range 4 {
		place := apath{kind: rLocal, idx: int32(i)}
		switch r.IntN(4) {
		case 0:
			s.bind(place, numValue(randomNum(r)))
		case 1:
			s.bind(place, pathValue(apath{kind: rParam, idx: int32(r.IntN(2))}))
		}
		if r.IntN(2) == 0 {
			s.assumeNum(apath{kind: rParam, idx: int32(i)}, randomNum(r))
		}
		if r.IntN(3) == 0 {
			s.addFree(freed{ref: refOf(globalPath(string(rune('a' + i)))), straight: r.IntN(2) == 0})
		}
	}
	return s
}

// TestJoinLaws: joining a state with itself changes nothing, and joining the
// same state a second time neither; what is left holds in both.
func TestJoinLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		a, b := randomState(r), randomState(r)
		same := a.clone()
		if same.join(a, 7) || !reflect.DeepEqual(same.env.all, a.env.all) || !reflect.DeepEqual(same.facts.all, a.facts.all) {
			t.Fatalf("join with itself changes %s to %s", a, same)
		}
		j := a.clone()
		j.join(b, 7)
		again := j.clone()
		if again.join(b, 7) {
			t.Fatalf("joining %s to %s twice: %s, then %s", b, a, j, again)
		}
		for _, f := range j.facts.all {
			if f.p.kind == rCall && f.p.idx == 7 {
				continue // what the join itself named
			}
			for _, s := range []*state{a, b} {
				have := s.numOf(pathValue(f.p))
				if n := have.join(f.n); n != f.n {
					t.Fatalf("%s: %+v does not follow from %+v", f.p, f.n, have)
				}
			}
		}
	}
}

// TestClonesAreApart: whatever is done to a clone, the state it was made from
// stays as it was, and the other way round.
func TestClonesAreApart(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		a := randomState(r)
		b := a.clone()
		before := a.String()
		for range 4 {
			place := apath{kind: rLocal, idx: int32(r.IntN(6))}
			switch r.IntN(5) {
			case 0:
				b.bind(place, top)
			case 1:
				b.bind(place, numValue(randomNum(r)))
			case 2:
				b.forgetLocal(place.idx)
			case 3:
				b.assumeNum(apath{kind: rParam, idx: place.idx}, randomNum(r))
			case 4:
				b.join(randomState(r), 7)
			}
			if a.String() != before {
				t.Fatalf("a change of a clone makes %s of %s", a, before)
			}
			if r.IntN(3) == 0 {
				a, b = b, a
				before = a.String()
			}
		}
	}
}

func TestMergeKeepsLocksApart(t *testing.T) {
	a, b := (&stateMemory{}).newState(), (&stateMemory{}).newState()
	b.acquire(held{ref: refOf(globalPath("l")), mode: Write})
	if a.sameLocks(b) {
		t.Error("a state with a lock is to be merged with one without")
	}
	if got := len(mergeStates([]*state{a, b, a.clone(), b.clone()})); got != 2 {
		t.Errorf("%d states, want 2", got)
	}
}

func TestPaths(t *testing.T) {
	vcpu := apath{kind: rParam}
	kvm := vcpu.field("kvm_vcpu", "kvm").with("*")
	lock := kvm.field("kvm", "irqfds").with(".:lock")
	if got := lock.class().String(); got != "struct kvm.irqfds.lock" {
		t.Error(got)
	}
	if got := globalPath("table@a.c").with("[3]").class(); got != (Class{Path: "table", File: "a.c"}) {
		t.Error(got)
	}
	if got := vcpu.field("pit", "dev").container("pit"); got != vcpu {
		t.Error(got)
	}
	if got := lock.base(); got != kvm {
		t.Error(got)
	}
	found := kvm.field("kvm", "vcpus").with("[?]*").field("kvm_vcpu", "kvm")
	if got, ok := found.backPointer("kvm", "kvm"); !ok || got != kvm {
		t.Error(got, ok)
	}
	if _, ok := kvm.field("kvm", "parent").backPointer("kvm", "parent"); ok {
		t.Error("a parent of the same type taken for the object itself")
	}
	deep := vcpu
	for range 50 {
		deep = deep.field("node", "next").with("*")
	}
	if deep.stable() || !hasNodeClass(deep.field("node", "lock")) {
		t.Error("a path without end:", deep)
	}
}

func hasNodeClass(p apath) bool { return p.class().String() == "struct node.lock" }

// A lock that one call perhaps releases and the next one surely does is still
// the one that was taken: its acquisition is not lost.
func TestReleaseKeepsOrigin(t *testing.T) {
	r := ref{p: apath{kind: rParam, text: textOf("", ".vm:lock")}, cls: Class{Owner: "struct vm", Path: "lock"}.id()}
	taken := &event{kind: evAcquire, ref: r, mode: Write}
	s := (&stateMemory{}).newState()
	s.acquire(held{ref: r, mode: Write, from: taken})
	s.release(r, freed{vague: true})
	s.release(r, freed{})
	if len(s.free.all) != 1 || s.free.all[0].from != taken || !s.free.all[0].own {
		t.Errorf("freed %+v, want one lock of this function with its acquisition", s.free.all)
	}
}
