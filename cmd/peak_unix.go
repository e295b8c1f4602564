//go:build unix

package cmd

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf is the largest resident size of a process that ended, in bytes.
func peakOf(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss
	}
	return usage.Maxrss << 10 // kilobytes
}
