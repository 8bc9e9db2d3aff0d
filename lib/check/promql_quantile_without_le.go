package check

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

var quantileWithoutLeRule = rule{
	id:   "promql/quantile-without-le",
	why:  "histogram_quantile reads the buckets' bounds from the label le. Without it there is no result, and no error.",
	find: findQuantilesWithoutLe,
}

// victoriaBound is the label that stands for le in the histograms of VictoriaMetrics, which
// answers such a query itself (https://docs.victoriametrics.com/metricsql/#histogram_quantile).
const victoriaBound = "vmrange"

func findQuantilesWithoutLe(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		eachQuantile(e, func(call *parser.Call, buckets parser.Expr) {
			inner := e.Of(buckets)
			if inner.Labels.Has(victoriaBound) {
				return
			}
			if inner.Kind != series.Native && inner.Labels.Lacks("le") && overBuckets(e, buckets) {
				found = append(found, e.at(buckets.PositionRange(), "the buckets have lost their label le", "keep it: sum by (le, ...) (rate(..._bucket[5m]))"))
			}
		})
		return found
	})
}

// eachQuantile calls visit for every histogram_quantile and the expression of its buckets.
func eachQuantile(e expansion, visit func(call *parser.Call, buckets parser.Expr)) {
	for _, call := range e.nodes.calls {
		if call.Func.Name == "histogram_quantile" && len(call.Args) == 2 {
			visit(call, call.Args[1])
		}
	}
}

// overBuckets tells whether an expression is made of the buckets of classic histograms and
// not of native histograms, which have no le.
func overBuckets(e expansion, buckets parser.Expr) bool {
	classic := false
	for _, selector := range promql.Selectors(buckets) {
		shape := e.Of(selector)
		classic = classic || shape.Bucket || strings.HasSuffix(promql.MetricName(selector), "_bucket")
	}
	return classic
}
