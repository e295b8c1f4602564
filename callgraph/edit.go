package callgraph

import (
	"bytes"
	"sort"

	"klockscan/cparse"
)

// An Edit is a file of the tree that is another than it was.
type Edit struct {
	Path string
	Old  []byte
}

// An edited file is one in two versions, of which the new one declares what the old one does.
type edited struct {
	text     []byte // of old
	old, now *cparse.File
	versions *cparse.Versions
	spans    []span // of the old functions, in order
}

// A span is the lines of an old function, and what has become of it.
type span struct {
	first, last int32
	now         *cparse.Func    // nil: gone
	delta       int32           // lines that it has moved, if its body is the same
	lines       map[int32]int32 // else: lines that are still there
	said        *renaming       // likewise, if it is known: what it says about function pointers
	old         *cparse.Func
}

// newEdited compares a file with what it was; nil if they do not declare the same.
func newEdited(path string, old []byte, now *cparse.File) *edited {
	e := &edited{text: old, old: cparse.ParseHeads(path, old), now: now}
	var ok bool
	if e.versions, ok = cparse.CompareVersions(e.old, now); !ok {
		return nil
	}
	v := e.versions
	for i, at := range v.Old {
		s := newSpan(e.old.Funcs[at])
		s.now = now.Funcs[v.New[i]]
		if v.Changed[i] {
			s.lines = stillThere(s.old, s.now)
		} else {
			s.delta = begin(s.now) - s.first
		}
		e.spans = append(e.spans, s)
	}
	for _, at := range v.Gone {
		e.spans = append(e.spans, newSpan(e.old.Funcs[at]))
	}
	sort.SliceStable(e.spans, func(i, k int) bool { return e.spans[i].first < e.spans[k].first })
	return e
}

func newSpan(f *cparse.Func) span { return span{first: begin(f), last: f.End.Line, old: f} }

// begin is the line in which a function begins.
func begin(f *cparse.Func) int32 {
	if _, pos := f.Text(); pos.Line > 0 {
		return pos.Line
	}
	return f.Pos.Line
}

// span is that of the function in which a place of the old file stands; nil if it
// stands in none.
func (e *edited) span(old cparse.Pos) *span {
	i := sort.Search(len(e.spans), func(i int) bool { return e.spans[i].last >= old.Line })
	if i < len(e.spans) && e.spans[i].first <= old.Line {
		return &e.spans[i]
	}
	return nil
}

// place is where what stood at a place of the old file stands now; false if that is
// gone, or not known.
func (e *edited) place(old cparse.Pos) (cparse.Pos, bool) {
	if old == (cparse.Pos{}) {
		return old, true
	}
	s := e.span(old)
	switch {
	case s == nil:
		return e.versions.Place(old)
	case s.now == nil:
		return old, false
	case s.old.Pos == old:
		return s.now.Pos, true
	case s.lines == nil:
		return cparse.Pos{Line: old.Line + s.delta, Col: old.Col}, true
	case s.said != nil:
		if now, ok := s.said.places[old]; ok {
			return now, true
		}
	}
	line, ok := s.lines[old.Line]
	return cparse.Pos{Line: line, Col: old.Col}, ok
}

// maxLines bounds the part of two bodies that is compared line with line.
const maxLines = 2000

// stillThere is the lines of a function that another version of it has too, in order
// (a longest common subsequence), by their numbers in the files.
func stillThere(old, now *cparse.Func) map[int32]int32 {
	text, from := old.Text()
	other, to := now.Text()
	out := map[int32]int32{}
	a, b := bytes.Split(text, []byte("\n")), bytes.Split(other, []byte("\n"))
	note := func(i, k int) { out[from.Line+int32(i)] = to.Line + int32(k) }
	lo := 0
	for lo < len(a) && lo < len(b) && bytes.Equal(a[lo], b[lo]) {
		note(lo, lo)
		lo++
	}
	x, y := len(a), len(b)
	for x > lo && y > lo && bytes.Equal(a[x-1], b[y-1]) {
		x, y = x-1, y-1
		note(x, y)
	}
	a, b = a[lo:x], b[lo:y]
	if len(a) > maxLines || len(b) > maxLines {
		return out
	}
	longest := make([][]int32, len(a)+1) // of what begins at i and k
	for i := range longest {
		longest[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := len(b) - 1; k >= 0; k-- {
			if bytes.Equal(a[i], b[k]) {
				longest[i][k] = longest[i+1][k+1] + 1
			} else {
				longest[i][k] = max(longest[i+1][k], longest[i][k+1])
			}
		}
	}
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch {
		case bytes.Equal(a[i], b[k]):
			note(lo+i, lo+k)
			i, k = i+1, k+1
		case longest[i+1][k] >= longest[i][k+1]:
			i++
		default:
			k++
		}
	}
	return out
}
