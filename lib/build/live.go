package build

import (
	"context"
	"sync"

	"github.com/dashc/dashc/lib/metrics"
)

// live is what a running Prometheus says about its series. Labels are asked for when a rule
// wants to know, each metric's once; the first failure ends the asking and the check.
type live struct {
	ctx    context.Context
	server *metrics.Prometheus
	names  map[string]bool

	mutex  sync.Mutex
	labels map[string][]string
	err    error
}

func newLive(ctx context.Context, server *metrics.Prometheus) (*live, error) {
	names, err := server.Names(ctx)
	if err != nil {
		return nil, err
	}
	l := &live{ctx: ctx, server: server, names: map[string]bool{}, labels: map[string][]string{}}
	for _, name := range names {
		l.names[name] = true
	}
	return l, nil
}

// Has tells whether the server holds series of that name.
func (l *live) Has(name string) bool { return l.names[name] }

// Labels returns the labels that the server's series of that name carry.
func (l *live) Labels(name string) []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if known, ok := l.labels[name]; ok || l.err != nil {
		return known
	}
	l.labels[name], l.err = l.server.LabelNames(l.ctx, name)
	return l.labels[name]
}
