package check

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

var quantileOutOfRangeRule = rule{
	id:   "promql/quantile-out-of-range",
	why:  "A quantile is a number from 0 to 1. Above it Prometheus answers +Inf, below it -Inf, and the panel stays empty or shows an infinity.",
	find: findQuantilesOutOfRange,
}

// findQuantilesOutOfRange reports quantiles that are constant and no quantiles. What a
// variable stands for is not known.
func findQuantilesOutOfRange(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, quantile := range quantilesOf(e) {
			if value := e.Of(quantile).Value; value < 0 || value > 1 {
				found = append(found, e.at(quantile.PositionRange(), fmt.Sprintf("the quantile %g is not between 0 and 1", value), quantileHint(value)))
			}
		}
		return found
	})
}

// quantilesOf returns the parameters of an expression that say which quantile is meant.
func quantilesOf(e expansion) []parser.Expr {
	var quantiles []parser.Expr
	for _, call := range e.nodes.calls {
		switch name := call.Func.Name; {
		case (name == "histogram_quantile" || name == "quantile_over_time") && len(call.Args) == 2:
			quantiles = append(quantiles, call.Args[0])
		case name == "histogram_quantiles" && len(call.Args) > 2:
			quantiles = append(quantiles, call.Args[2:]...)
		}
	}
	for _, aggregation := range e.nodes.aggregations {
		if aggregation.Op == parser.QUANTILE && aggregation.Param != nil {
			quantiles = append(quantiles, aggregation.Param)
		}
	}
	return quantiles
}

// quantileHint takes a number from 2 to 100 for a percentile.
func quantileHint(value float64) string {
	if value >= 2 && value <= 100 {
		return fmt.Sprintf("write %.12g", value/100)
	}
	return "write for example 0.95 for the 95th percentile"
}
