package main

import "testing"

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		live int64
		want int
	}{{0, room * 100}, {room / 4, 300}, {room / 2, 100}, {room, growth}, {modest, growth}, {modest + 1, ample}, {4 * room, ample}} {
		if got := percent(test.live); got != test.want {
			t.Errorf("percent(%d) = %d, want %d", test.live, got, test.want)
		}
	}
}
