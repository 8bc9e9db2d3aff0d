package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/promql"
)

var unknownMetricRule = rule{
	id:   "promql/unknown-metric",
	why:  "Nobody exposes a series of that name: the panel stays empty, and an alert rule over it never fires. Neither Grafana nor Prometheus says so.",
	find: findUnknownMetrics,
}

// findUnknownMetrics reports selectors of metrics that neither the catalogue nor a recording
// rule of the tree knows.
func findUnknownMetrics(s *subject) []finding {
	if s.source.catalogue.Empty() {
		return nil
	}
	return s.each(func(e expansion) []finding {
		var found []finding
		for selector, around := range e.selectors() {
			name := promql.MetricName(selector)
			if name == "" || s.source.isKnown(name) {
				continue
			}
			f := e.at(e.word(name, selector.PosRange), fmt.Sprintf("the metric %s is not in the catalogue", name), s.metricHint(name, selector, around))
			if family, ok := s.source.catalogue.Family(name); ok {
				f.message = fmt.Sprintf("%s is a %s: its series are %s_bucket, %s_count and %s_sum", name, family.Type, name, name, name)
			}
			if optional(selector, around) {
				f = f.warning()
			}
			found = append(found, f)
		}
		return append(found, s.unknownNames(e)...)
	})
}

// unknownNames reports regular expressions of metric names that match no metric.
func (s *subject) unknownNames(e expansion) []finding {
	var found []finding
	for selector := range e.selectors() {
		for _, m := range selector.LabelMatchers {
			if m.Name != "__name__" || m.Type != labels.MatchRegexp || len(e.MacrosIn(selector.PosRange)) > 0 {
				continue
			}
			if !slices.ContainsFunc(s.source.names(), m.Matches) {
				found = append(found, e.at(selector.PosRange, fmt.Sprintf("no metric of the catalogue matches %q", m.Value), "correct the regular expression"))
			}
		}
	}
	return found
}

// names are all names that a query can ask for.
func (src *source) names() []string {
	names := append(src.catalogue.SeriesNames(), builtIn...)
	for name := range src.rules {
		names = append(names, name)
	}
	return append(names, "ALERTS", "ALERTS_FOR_STATE")
}

// metricHint names what was probably meant.
func (s *subject) metricHint(name string, selector *parser.VectorSelector, around *around) string {
	use := metrics.Use{Counter: underRate(around), Labels: mentioned(selector, around)}
	if strings.Contains(name, ":") {
		if hint := recordHint(name, s.source); hint != "" {
			return hint
		}
	}
	suggestions := s.source.suggest(name, use)
	if len(suggestions) == 0 {
		return "correct the name, or describe the metric in jsonnet/metrics (dashc metrics import reads it from the application)"
	}
	quoted := make([]string, len(suggestions))
	for i := range suggestions {
		quoted[i] = fmt.Sprintf("%q", suggestions[i])
	}
	return "did you mean " + strings.Join(quoted, " or ") + "?"
}

// suggest asks the catalogue once for each name and use: whole dashboards may be about metrics
// that it does not know.
func (src *source) suggest(name string, use metrics.Use) []string {
	key := fmt.Sprint(name, use)
	if known, ok := src.suggested[key]; ok {
		return known
	}
	src.suggested[key] = src.catalogue.Suggest(name, use)
	return src.suggested[key]
}

func recordHint(name string, src *source) string {
	known := map[string]bool{}
	for record := range src.rules {
		known[record] = true
	}
	return didYouMean(name, known, "")
}

// underRate tells whether a selector is asked for its rate.
func underRate(around *around) bool {
	for node := range around.outwards() {
		if call, ok := node.(*parser.Call); ok && slices.Contains(rates, call.Func.Name) {
			return true
		}
	}
	return false
}

// rates are the functions that counters are for.
var rates = []string{"rate", "irate", "increase"}

// mentioned are the labels that a query wants the selector's series to have.
func mentioned(selector *parser.VectorSelector, around *around) []string {
	var names []string
	for _, m := range selector.LabelMatchers {
		if m.Name != "__name__" {
			names = append(names, m.Name)
		}
	}
	for node := range around.outwards() {
		if aggregation, ok := node.(*parser.AggregateExpr); ok && !aggregation.Without {
			names = append(names, aggregation.Grouping...)
		}
	}
	return names
}

// optional tells whether an expression means to do without the series: `x or vector(0)`, or
// the right side of `unless`, as pint has it.
func optional(selector parser.Node, around *around) bool {
	inner := selector
	for node := range around.outwards() {
		if operation, ok := node.(*parser.BinaryExpr); ok {
			switch {
			case operation.Op == parser.LUNLESS && operation.RHS == inner:
				return true
			case operation.Op == parser.LOR && operation.LHS == inner && alwaysThere(operation.RHS):
				return true
			}
		}
		inner = node
	}
	return false
}

// alwaysThere tells whether an expression has a value whatever Prometheus knows.
func alwaysThere(expr parser.Expr) bool {
	switch n := expr.(type) {
	case *parser.ParenExpr:
		return alwaysThere(n.Expr)
	case *parser.Call:
		return n.Func.Name == "vector"
	case *parser.BinaryExpr:
		return n.Op == parser.LOR && (alwaysThere(n.LHS) || alwaysThere(n.RHS))
	}
	return false
}
