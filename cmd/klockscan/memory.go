package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// softLimit is the memory, in bytes, above which the collector runs more often:
// half of the machine's, but not so little that a check of one subsystem is slowed
// down, which keeps about 1.3 GiB.
func softLimit() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return leastLimit
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kb int64
		if n, _ := fmt.Sscanf(strings.TrimPrefix(s.Text(), "MemTotal:"), "%d kB", &kb); n == 1 {
			return max(kb<<10/2, leastLimit) // the first line
		}
	}
	return leastLimit
}
