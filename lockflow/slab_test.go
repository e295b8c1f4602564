package lockflow

import "testing"

// TestSlab: memory that is handed out is zero and is nobody else's, before a
// reset and after it.
func TestSlab(t *testing.T) {
	var s slab[int]
	for round := range 3 {
		var lists [][]int
		for n := range 300 {
			list := s.take(n)
			for i := range list {
				if list[i] != 0 {
					t.Fatalf("round %d: list %d begins with %d", round, n, list[i])
				}
				list[i] = n
			}
			if cap(list) != n {
				t.Fatalf("a list of %d has room for %d", n, cap(list))
			}
			lists = append(lists, list)
		}
		for n, list := range lists {
			for _, v := range list {
				if v != n {
					t.Fatalf("round %d: list %d holds %d", round, n, v)
				}
			}
		}
		s.reset()
		if len(s.pages) > keptPages {
			t.Fatalf("%d pages are kept", len(s.pages))
		}
	}
	var none *slab[int]
	if n := len(none.take(3)); n != 3 {
		t.Errorf("a nil slab gives %d", n)
	}
}
