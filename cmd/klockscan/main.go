// Command klockscan reads Linux kernel sources and reports call paths that take
// locks against the documented order. See klockscan --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"klockscan/cmd"
)

// The collector runs half as often as by default while there is room: an
// analysis keeps most of what it allocates.
const (
	gcPercent  = 200
	leastLimit = 2500 << 20
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(softLimit())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := cmd.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
