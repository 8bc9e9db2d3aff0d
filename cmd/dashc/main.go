// Command dashc compiles Grafana dashboards and their provisioning from Jsonnet.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/dashc/dashc/lib/cli"
	"github.com/dashc/dashc/lib/evaluate"
)

func main() {
	if evaluate.IsWorker() {
		evaluate.RunWorker()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
