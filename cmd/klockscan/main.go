// Command klockscan reads Linux kernel sources and reports call paths that take
// locks against the documented order. See klockscan --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"klockscan/cmd"
)

func main() {
	tuneCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := cmd.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
