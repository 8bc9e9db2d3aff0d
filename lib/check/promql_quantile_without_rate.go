package check

import (
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/series"
)

var quantileWithoutRateRule = rule{
	id:   "promql/quantile-without-rate",
	why:  "Without rate the quantile is over everything since the last restart of each process: it hardly moves, whatever happens now.",
	find: findQuantilesWithoutRate,
}

func findQuantilesWithoutRate(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		eachQuantile(e, func(call *parser.Call, buckets parser.Expr) {
			inner := e.Of(buckets)
			if !inner.Rated && inner.Kind != series.Gauge && inner.Kind != series.Native && overBuckets(e, buckets) {
				found = append(found, e.at(buckets.PositionRange(), "the quantile is taken over raw buckets, without rate", "write rate(..._bucket[5m]) inside"))
			}
		})
		return found
	})
}
