package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

var counterWithoutRateRule = rule{
	id:   "promql/counter-without-rate",
	why:  "A counter's value is what was counted since the last restart of one process. It only ever rises, and falls to 0 when something is deployed; neither says what happens now.",
	find: findRawCounters,
}

func findRawCounters(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		if e.surface == variableSurface {
			return nil // asks which series there are
		}
		var found []finding
		for selector, around := range e.selectors() {
			if e.Of(selector).Kind == series.Counter && e.raw(selector, around) {
				name := nameOf(selector)
				found = append(found, e.at(e.word(name, selector.PosRange), fmt.Sprintf("the counter %s is used without rate or increase", name),
					fmt.Sprintf("write rate(%s[5m]) for events per second, or increase over a window for their number", name)))
			}
		}
		return found
	})
}

// nameOf is the selector's metric, or what it selects by where it names none.
func nameOf(selector *parser.VectorSelector) string {
	if name := promql.MetricName(selector); name != "" {
		return name
	}
	return selector.String()
}

// restful are the functions under which a counter's own value does not matter: those that know
// counters, those that look at the series and not at its value, and those that other rules are about.
var restful = []string{
	"rate", "irate", "increase", "resets", "changes", "absent", "absent_over_time", "count_over_time", "present_over_time",
	"timestamp", "ts_of_last_over_time", "ts_of_first_over_time", "histogram_quantile", "delta", "idelta", "deriv", "predict_linear", "info",
}

// raw tells whether a selector's value reaches the result, or another operand, as it is.
func (e expansion) raw(selector parser.Node, around *around) bool {
	inner := selector
	for node := range around.outwards() {
		switch n := node.(type) {
		case *parser.Call:
			if slices.Contains(restful, n.Func.Name) || strings.HasPrefix(n.Func.Name, "histogram_") {
				return false
			}
		case *parser.AggregateExpr:
			if n.Op == parser.COUNT || n.Op == parser.GROUP {
				return false
			}
		case *parser.BinaryExpr:
			if (n.Op == parser.LAND || n.Op == parser.LUNLESS) && n.RHS == inner {
				return false
			}
			if n.Op == parser.SUB && e.Of(n.LHS).Kind == series.Counter && e.Of(n.RHS).Kind == series.Counter {
				return false // started less finished: what goes on now
			}
		}
		inner = node
	}
	return true
}
