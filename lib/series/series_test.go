package series_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	engine "github.com/prometheus/prometheus/promql"

	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
	"github.com/dashc/dashc/lib/series/enginetest"
)

// exposed knows the series of enginetest, and nothing else.
type exposed struct{}

func (exposed) Lookup(name string) (series.Info, bool) {
	own, ok := enginetest.Labels[name]
	if !ok {
		return series.Info{}, false
	}
	info := series.Info{Kind: series.Gauge, Labels: series.LabelsOf(slices.Concat(own, []string{"instance", "job"})...), Unit: "jobs"}
	switch {
	case strings.HasPrefix(name, "latency_"):
		info.Kind, info.Histogram, info.Unit = series.Counter, "latency_seconds", "seconds"
		info.Bucket = strings.HasSuffix(name, "_bucket")
		if strings.HasSuffix(name, "_count") {
			info.Unit = series.Count
		}
	case strings.HasSuffix(name, "_total"):
		info.Kind = series.Counter
	case name == "memory_bytes":
		info.Unit = "bytes"
	}
	return info, true
}

func analyse(t *testing.T, text string) series.Shape {
	t.Helper()
	expansions, err := promql.Scan(text).Expand(nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return series.Analyse(expansions[0], exposed{}).Result()
}

// What the engine returns has no label that was not foreseen, and every label that was foreseen
// for certain.
func TestLabelsAgainstEngine(t *testing.T) {
	e := enginetest.New()
	g := enginetest.Generator{Rand: rand.New(rand.NewPCG(3, 4))}
	results, closed := 0, 0
	for range 30_000 {
		text := g.Vector(1 + g.IntN(4))
		expansions, err := promql.Scan(text).Expand(nil)
		if err != nil {
			continue // an operator that takes no such modifier, or brackets that do not fit
		}
		inferred := series.Analyse(expansions[0], exposed{}).Result().Labels
		got, err := e.Evaluate(text)
		if err != nil || len(got) == 0 {
			continue
		}
		results++
		if !inferred.Open {
			closed++
		}
		if problem := contradiction(got, inferred); problem != "" {
			t.Errorf("%s\nreturns %s: %s\ninferred %+v", text, got[0].Metric, problem, inferred)
			if t.Failed() && results > 3000 {
				return
			}
		}
	}
	if results < 5000 || closed < results*9/10 {
		t.Errorf("only %d expressions had a result, of %d the labels were inferred", results, closed)
	}
}

func contradiction(got engine.Vector, inferred series.Labels) string {
	for _, sample := range got {
		for name := range sample.Metric.Map() {
			if inferred.Lacks(name) {
				return "there is a label " + name
			}
		}
		for _, name := range inferred.Sure() {
			if sample.Metric.Get(name) == "" {
				return "there is no label " + name
			}
		}
	}
	return ""
}

// What is made of rates is 0 only where it was foreseen. Differences are left out: those of two
// positive numbers can be 0, too, and are not taken for it.
func TestZeroAgainstEngine(t *testing.T) {
	e := enginetest.New()
	g := rand.New(rand.NewPCG(5, 6))
	pick := func(options ...string) string { return options[g.IntN(len(options))] }
	var rates func(depth int) string
	rates = func(depth int) string {
		if depth == 0 {
			return pick("rate", "increase", "irate") + "(" + pick("jobs_total", "errors_total", "idle_total") + "[5m])"
		}
		inner := rates(depth - 1)
		switch g.IntN(6) {
		case 0:
			return fmt.Sprintf(pick("sum(%s)", "max(%s)", "min(%s)", "avg(%s)", "stddev(%s)", "sum by (method) (%s)", "topk(1, %s)", "quantile(0.5, %s)", "scalar(sum(%s))", "max_over_time((%s)[5m:1m])"), inner)
		case 1:
			return "(" + inner + ") " + pick("> 0", ">= 0", "!= 0", "== 0", "< 1", "* 100", "/ 60", "+ 1", "> bool 0", "^ 2", "% 2")
		case 2:
			return "(" + inner + ") " + pick("or vector(1)", "or vector(0)", "or on () vector(1)")
		case 3:
			return pick("clamp_min", "clamp_max") + "(" + inner + ", 1)"
		case 4:
			return pick("abs", "ceil", "sqrt", "exp", "round") + "(" + inner + ")"
		}
		return "(" + inner + ") " + pick("+", "*", "and", "or", "unless", "<", ">", "!=", ">=") + " (" + rates(g.IntN(depth)) + ")"
	}
	zeros := 0
	for range 20_000 {
		text := rates(1 + g.IntN(3))
		expansions, err := promql.Scan(text).Expand(nil)
		if err != nil {
			continue
		}
		got, err := e.Evaluate(text)
		zero := slices.ContainsFunc(got, func(s engine.Sample) bool { return s.F == 0 })
		if err != nil || !zero {
			continue
		}
		zeros++
		if !series.Analyse(expansions[0], exposed{}).Result().Zero {
			t.Errorf("%s is 0", text)
		}
	}
	if zeros < 1000 {
		t.Errorf("only %d expressions were 0", zeros)
	}
}
