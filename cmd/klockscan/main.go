// Command klockscan reads Linux kernel sources and reports call paths that take
// locks against the documented order. See klockscan --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"

	"klockscan/cmd"
)

// The collector runs half as often as by default while there is room: an
// analysis keeps most of what it allocates. softLimit makes it run more often
// again before a machine with 4 GiB is full: both architectures of KVM keep
// about 1.3 GiB, and a limit near that costs a quarter of the time.
const (
	gcPercent = 200
	softLimit = 2500 << 20
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(softLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := cmd.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
