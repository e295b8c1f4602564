package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
)

// The collector is paced by what an analysis needs: it keeps most of what it
// allocates, so an early collection finds little to free. There is none until the
// heap has grown to the room that every machine has; then the heap may grow by
// a part of what is in use before the next: by a small one as long as a subsystem
// is analysed, which is to fit beside a build and a browser, and by a larger one
// for more, where collections would take most of the time.
const (
	room   = 420 << 20 // bytes
	growth = 45        // percent
	modest = 420 << 20 // bytes
	ample  = 150       // percent
)

// tuneCollector sets the pace, and after every collection the next goal.
func tuneCollector() {
	const least = 4 << 20 // the runtime's goal for a small heap at 100 percent
	debug.SetGCPercent(room / least * 100)
	debug.SetMemoryLimit(softLimit())
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var again func(*[16]byte)
	again = func(p *[16]byte) {
		metrics.Read(live)
		debug.SetGCPercent(percent(int64(live[0].Value.Uint64())))
		runtime.SetFinalizer(p, again) // for the next collection
	}
	runtime.SetFinalizer(new([16]byte), again)
}

// percent is by how much the heap may grow until the next collection, with live
// bytes in use.
func percent(live int64) int {
	if live > modest {
		return ample
	}
	return int(max(growth, (room-live)*100/max(live, 1)))
}

// softLimit is the memory, in bytes, above which the collector runs more often:
// half of the machine's, or a fixed amount if that is not known.
func softLimit() int64 {
	const unknown = 4 << 30
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return unknown
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kb int64
		if n, _ := fmt.Sscanf(strings.TrimPrefix(s.Text(), "MemTotal:"), "%d kB", &kb); n == 1 {
			return kb << 10 / 2 // the first line
		}
	}
	return unknown
}
