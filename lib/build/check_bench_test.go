package build

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// BenchmarkCheckShare compares the rules over one environment of the example with the rest of
// its cold compilation: reading, evaluating, encoding. docs/benchmarks.md quotes it.
func BenchmarkCheckShare(b *testing.B) {
	root, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	var rules, rest time.Duration
	for b.Loop() {
		start := time.Now()
		p, err := project.Load(root)
		if err != nil {
			b.Fatal(err)
		}
		environment, _ := p.Environment("prod")
		outcomes, err := compileAll(context.Background(), p, []project.Environment{environment}, 2, func(int, int) {})
		if err != nil {
			b.Fatal(err)
		}
		compiled := time.Now()
		catalogue, err := metrics.Load(p.Root, project.MetricsDir)
		if err != nil {
			b.Fatal(err)
		}
		a := assembler{project: p, catalogue: catalogue, sources: newSourceFiles(p)}
		t := a.assemble(environment, outcomes)
		if len(t.findings) > 0 {
			b.Fatal(t.findings)
		}
		rules += time.Since(compiled)
		rest += compiled.Sub(start)
	}
	b.ReportMetric(float64(rules)/float64(rest), "of-the-rest")
}
