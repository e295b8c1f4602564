package main

import "testing"

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		live int64
		want int
	}{{0, room * 100}, {room / 4, 300}, {room / 2, 100}, {room, growth}, {4 * room, growth}} {
		if got := percent(test.live); got != test.want {
			t.Errorf("percent(%d) = %d, want %d", test.live, got, test.want)
		}
	}
}
