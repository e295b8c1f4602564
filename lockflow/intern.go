package lockflow

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unique"
)

// Paths, classes and lists are kept by the million and compared all the time, so
// that equal ones are one: a comparison is that of two pointers, and a copy is
// small.

// A pathText is the texts of a path. Equal ones are one; nil is that of a path
// without texts.
type pathText struct {
	pathTexts
	derefs int32 // the pointers that the steps go through
	owner  int32 // ownerStep of the steps
	tail   atomic.Pointer[pathText]
	longer atomic.Pointer[[]longerText] // the first that were made of it
}

type pathTexts struct{ name, steps string }

// A longerText is a pathText with more steps.
type longerText struct {
	more string
	text *pathText
}

// maxLonger bounds the list of each text: it is searched one by one. Paths branch
// less than that, but for the first step.
const maxLonger = 12

// allTexts holds the texts of all analyses of this process, which is what the
// paths of a program come to: some hundred bytes a function. The standard library's
// unique.Handle would let go of them, and takes a fifth of the time of an analysis.
var allTexts [internParts]struct {
	sync.RWMutex
	texts map[pathTexts]*pathText
}

// textOf is the one pathText of these texts.
func textOf(name, steps string) *pathText {
	key := pathTexts{name, steps}
	if key == (pathTexts{}) {
		return nil
	}
	part := &allTexts[(maphash.String(internSeed, name)+maphash.String(internSeed, steps))%internParts]
	part.RLock()
	t := part.texts[key]
	part.RUnlock()
	if t != nil {
		return t
	}
	part.Lock()
	defer part.Unlock()
	if t := part.texts[key]; t != nil {
		return t
	}
	if part.texts == nil {
		part.texts = map[pathTexts]*pathText{}
	}
	key = pathTexts{strings.Clone(name), strings.Clone(steps)}
	t = &pathText{pathTexts: key, derefs: int32(strings.Count(steps, "*")), owner: int32(ownerStep(steps))}
	part.texts[key] = t
	return t
}

// nameOf is textOf(name, ""); it makes a string only of a name that is new.
func nameOf(name []byte) *pathText {
	part := &allTexts[(maphash.Bytes(internSeed, name)+maphash.String(internSeed, ""))%internParts]
	part.RLock()
	t := part.texts[pathTexts{string(name), ""}]
	part.RUnlock()
	if t != nil {
		return t
	}
	return textOf(string(name), "")
}

// with is the pathText with more steps.
func (t *pathText) with(more string) *pathText {
	if t == nil {
		return textOf("", more)
	}
	var known []longerText
	if list := t.longer.Load(); list != nil {
		known = *list
	}
	for i := range known {
		if known[i].more == more {
			return known[i].text
		}
	}
	out := textOf(t.name, t.steps+more)
	if len(known) < maxLonger { // if another goroutine adds one at the same time, one of the two is looked up again
		longer := append(known[:len(known):len(known)], longerText{out.steps[len(t.steps):], out})
		t.longer.Store(&longer)
	}
	return out
}

// last is the steps from the last one into a tagged struct.
func (t *pathText) last() *pathText {
	if t == nil || t.owner < 0 {
		return nil
	}
	if t.tail.Load() == nil {
		t.tail.Store(textOf("", t.steps[t.owner:]))
	}
	return t.tail.Load()
}

// get is the texts.
func (t *pathText) get() pathTexts {
	if t == nil {
		return pathTexts{}
	}
	return t.pathTexts
}

// A classID is a lock class; the zero value is that of a lock whose class could not
// be told.
type classID struct{ h unique.Handle[Class] }

// id is the one classID of a class.
func (c Class) id() classID {
	if !c.known() {
		return classID{}
	}
	return classID{unique.Make(c)}
}

// class is what the classID stands for.
func (c classID) class() Class {
	if !c.known() {
		return Class{}
	}
	return c.h.Value()
}

// known says whether the class could be told.
func (c classID) known() bool { return c != classID{} }

// String is the class as reports name it.
func (c classID) String() string { return c.class().String() }

// plainClasses is what classIDs stand for.
func plainClasses(ids []classID) []Class {
	var out []Class
	for _, c := range ids {
		out = append(out, c.class())
	}
	return out
}

// compareClassID orders classes as compareClass does.
func compareClassID(a, b classID) int {
	if a == b {
		return 0
	}
	return compareClass(a.class(), b.class())
}

// A listOf is a list that is not changed any more; nil is the empty one. Equal
// lists of one interner are one.
type listOf[T comparable] struct {
	all  []T
	bits uint64 // those of its elements: what has another bit has another element
}

// elems is the elements, to be read only.
func (l *listOf[T]) elems() []T {
	if l == nil {
		return nil
	}
	return l.all
}

// within says whether every element of l is one of o.
func (l *listOf[T]) within(o *listOf[T]) bool {
	switch {
	case l == o || l == nil:
		return true
	case o == nil || l.bits&^o.bits != 0:
		return false
	}
	for _, e := range l.all {
		if !slices.Contains(o.all, e) {
			return false
		}
	}
	return true
}

// compareLists orders lists by their elements.
func compareLists[T comparable](a, b *listOf[T], by func(T, T) int) int {
	if a == b {
		return 0
	}
	return slices.CompareFunc(a.elems(), b.elems(), by)
}

// An interner makes the one listOf of equal lists. Several goroutines may use it.
type interner[T comparable] struct {
	parts [internParts]struct {
		sync.Mutex
		lists map[uint64][]*listOf[T] // by hash
	}
}

const internParts = 64

var internSeed = maphash.MakeSeed()

// of is the one list of these elements, which it does not keep.
func (in *interner[T]) of(all []T) *listOf[T] {
	if len(all) == 0 {
		return nil
	}
	var sum, bits uint64
	for i := range all {
		h := maphash.Comparable(internSeed, all[i])
		bits |= 1 << (h >> 58)
		sum = sum*prime + h
	}
	part := &in.parts[sum%internParts]
	part.Lock()
	defer part.Unlock()
	for _, l := range part.lists[sum] {
		if slices.Equal(l.all, all) {
			return l
		}
	}
	if part.lists == nil {
		part.lists = map[uint64][]*listOf[T]{}
	}
	l := &listOf[T]{slices.Clone(all), bits}
	part.lists[sum] = append(part.lists[sum], l)
	return l
}

// prime makes a sum depend on the order of what is summed (FNV's).
const prime = 1099511628211

// compareText orders texts by name, then by steps.
func compareText(a, b *pathText) int {
	if a == b {
		return 0
	}
	x, y := a.get(), b.get()
	return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.steps, y.steps))
}
