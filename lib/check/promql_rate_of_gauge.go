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
	why:  "rate, irate and increase take every fall for a restart of a counter. Over a gauge, or over counters that have been added up, they show a rise that never was.",
	find: findRatesOfGauges,
}

func findRatesOfGauges(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, call := range e.nodes.calls {
			if !slices.Contains(rates, call.Func.Name) || len(call.Args) == 0 {
				continue
			}
			if message, hint := s.misrated(e, call); message != "" {
				found = append(found, e.at(call.PosRange, message, hint))
			}
		}
		return found
	})
}

// misrated says what is wrong with the argument of a rate, "" where nothing is.
func (s *subject) misrated(e expansion, call *parser.Call) (message, hint string) {
	function, argument := call.Func.Name, call.Args[0]
	switch inner := e.Of(argument); {
	case inner.Kind == series.Counter && s.addsUp(e, argument, true):
		return fmt.Sprintf("%s of %s, which adds counters up: when one of them restarts, the whole sum counts as new", function, describe(e, argument)),
			fmt.Sprintf("take the rate first: sum(%s(...[5m]))", function)
	case inner.Kind != series.Gauge:
		return "", ""
	case inner.Rated:
		hint = "it is a rate already; show it as it is"
	default:
		hint = "use delta or deriv for how a gauge changes, or show the gauge itself"
	}
	return fmt.Sprintf("%s of %s, which is no counter", function, describe(e, argument)), hint
}

// addsUp tells whether the values of an expression are made of several counters: added,
// averaged or ranked. max and min are none of these: they are how replicas that count the same
// are made one. Recorded series are looked into where recorded is set.
func (s *subject) addsUp(e expansion, node parser.Node, recorded bool) bool {
	switch n := node.(type) {
	case *parser.AggregateExpr:
		combines := n.Op == parser.SUM || n.Op == parser.AVG || n.Op == parser.QUANTILE
		return combines && e.Of(n).Kind == series.Counter || s.addsUp(e, n.Expr, recorded)
	case *parser.BinaryExpr:
		if n.Op == parser.LAND || n.Op == parser.LUNLESS {
			return s.addsUp(e, n.LHS, recorded) // the other side only chooses
		}
	case *parser.VectorSelector:
		return recorded && slices.ContainsFunc(s.source.rules[nameOf(n)], func(q *query) bool {
			return len(q.expansions) > 0 && s.addsUp(expansion{q, q.expansions[0], q.analyses[0], q.nodes[0]}, q.expansions[0].Expr, false)
		})
	}
	for child := range parser.ChildrenIter(node) {
		if s.addsUp(e, child, recorded) {
			return true
		}
	}
	return false
}

// describe names what an expression is about: the metric that it selects, or itself.
func describe(e expansion, expr parser.Expr) string {
	if matrix, ok := unwrapped(expr).(*parser.MatrixSelector); ok {
		return strings.Join(metricsOf(matrix), ", ")
	}
	at := expr.PositionRange()
	return shortened(e.Text[at.Start:min(int(at.End), len(e.Text))])
}
