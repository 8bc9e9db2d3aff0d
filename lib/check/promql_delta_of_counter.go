package check

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/series"
)

var deltaOfCounterRule = rule{
	id:   "promql/delta-of-counter",
	why:  "delta, idelta, deriv and predict_linear do not know that a counter starts again at 0: each restart shows as a deep fall.",
	find: findDeltasOfCounters,
}

// deltas are the functions that gauges are for, with what counters want instead.
var deltas = map[string]string{"delta": "increase", "idelta": "irate", "deriv": "rate", "predict_linear": "a forecast of its rate"}

func findDeltasOfCounters(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		eachNode(e, func(call *parser.Call) {
			instead := deltas[call.Func.Name]
			if instead == "" || len(call.Args) == 0 || e.Of(call.Args[0]).Kind != series.Counter {
				return
			}
			found = append(found, e.at(call.PosRange, fmt.Sprintf("%s of %s, which is a counter", call.Func.Name, describe(e, call.Args[0])), "use "+instead))
		})
		return found
	})
}

// metricsOf are the metrics that an expression names, each once, sorted.
func metricsOf(expr parser.Node) []string {
	var names []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			names = append(names, nameOf(selector))
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names)
}
