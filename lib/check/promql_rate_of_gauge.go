package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/series"
)

var rateOfGaugeRule = rule{
	id:   "promql/rate-of-gauge",
	why:  "rate, irate and increase take every fall for a restart of a counter. Over a gauge they show a rise that never was.",
	find: findRatesOfGauges,
}

func findRatesOfGauges(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, call := range e.nodes.calls {
			if !slices.Contains(rates, call.Func.Name) || len(call.Args) == 0 {
				continue
			}
			inner := e.Of(call.Args[0])
			if inner.Kind != series.Gauge {
				continue
			}
			hint := "use delta or deriv for how a gauge changes, or show the gauge itself"
			if inner.Rated {
				hint = "it is a rate already; show it as it is"
			}
			found = append(found, e.at(call.PosRange, fmt.Sprintf("%s of %s, which is no counter", call.Func.Name, describe(e, call.Args[0])), hint))
		}
		return found
	})
}

// describe names what an expression is about: the metric that it selects, or itself.
func describe(e expansion, expr parser.Expr) string {
	if matrix, ok := unwrapped(expr).(*parser.MatrixSelector); ok {
		return strings.Join(metricsOf(matrix), ", ")
	}
	at := expr.PositionRange()
	return shortened(e.Text[at.Start:min(int(at.End), len(e.Text))])
}
