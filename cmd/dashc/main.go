// Command dashc compiles Grafana dashboards and their provisioning from Jsonnet.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/dashc/dashc/lib/cli"
	"github.com/dashc/dashc/lib/evaluate"
)

// gcPercent lets the heap grow fourfold before it is swept, as the workers do.
const gcPercent = 400

// memoryLimit is where the heap is swept more often instead, in bytes: a tree of 100,000 files
// fits, and a build machine has other things to do.
const memoryLimit = 256 << 20

func main() {
	if evaluate.IsWorker() {
		evaluate.RunWorker()
		return
	}
	// A command lives for a moment: memory that it gives back soon anyway is cheaper than looking for garbage.
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
