package lockflow

// A slab hands out memory for values of one type that are all given back at once:
// what a function is solved with is garbage as soon as it is solved.
type slab[T any] struct {
	pages [][]T
	page  int // that memory is taken from
	used  int // of it
}

// slabPage is the number of values that a page has at least.
const slabPage = 64

// keptPages bounds the memory of a slab that waits for its next use.
const keptPages = 8

// take is n zero values, with no room for more behind them; those of a nil slab are
// never given back.
func (s *slab[T]) take(n int) []T {
	if s == nil {
		return make([]T, n)
	}
	for s.page < len(s.pages) && s.used+n > len(s.pages[s.page]) {
		s.page, s.used = s.page+1, 0
	}
	if s.page == len(s.pages) {
		s.pages = append(s.pages, make([]T, max(n, slabPage<<min(len(s.pages), 4))))
	}
	out := s.pages[s.page][s.used : s.used+n : s.used+n]
	s.used += n
	return out
}

// keep is a copy of a value.
func (s *slab[T]) keep(v *T) *T {
	out := &s.take(1)[0]
	*out = *v
	return out
}

// copyOf is a copy of some values.
func (s *slab[T]) copyOf(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	out := s.take(len(list))
	copy(out, list)
	return out
}

// reset takes all memory back: nothing may look at it any more.
func (s *slab[T]) reset() {
	for _, p := range s.pages[:s.page] {
		clear(p)
	}
	if s.page < len(s.pages) {
		clear(s.pages[s.page][:s.used])
	}
	s.pages = s.pages[:min(len(s.pages), keptPages)]
	s.page, s.used = 0, 0
}
