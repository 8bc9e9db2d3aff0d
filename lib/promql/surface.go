package promql

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// VariableQueryKind is what a query variable asks a Prometheus data source for.
type VariableQueryKind string

// The kinds of variable queries.
const (
	LabelValues VariableQueryKind = "label_values"
	LabelNames  VariableQueryKind = "label_names"
	MetricNames VariableQueryKind = "metrics"
	QueryResult VariableQueryKind = "query_result"
	SeriesQuery VariableQueryKind = "series" // a bare selector
)

// VariableQuery is the query of a query variable, taken apart. Expr and Label are empty where
// the form has none; Start and LabelStart are their byte offsets in the query.
type VariableQuery struct {
	Kind       VariableQueryKind
	Expr       string
	Start      int
	Label      string
	LabelStart int
}

// The forms of variable queries (packages/grafana-prometheus/src/metric_find_query.ts).
var (
	labelValuesForm = regexp.MustCompile(`(?s)^\s*label_values\(\s*(?:(.*),\s*)?("?)([^,"()\s]+)"?\s*\)\s*$`)
	labelNamesForm  = regexp.MustCompile(`(?s)^\s*label_names\((.*)\)\s*$`)
	metricNamesForm = regexp.MustCompile(`(?s)^\s*metrics\((.*)\)\s*$`)
	queryResultForm = regexp.MustCompile(`(?s)^\s*query_result\((.*)\)\s*$`)
	anyForm         = regexp.MustCompile(`^\s*(label_values|label_names|metrics|query_result)\b`)
)

// ParseVariableQuery takes a variable's query apart. The error says what is wrong with the
// form; the expression inside is not parsed yet.
func ParseVariableQuery(query string) (VariableQuery, error) {
	if match := labelValuesForm.FindStringSubmatchIndex(query); match != nil {
		v := VariableQuery{Kind: LabelValues, Label: query[match[6]:match[7]], LabelStart: match[6]}
		if match[2] >= 0 {
			v.Expr, v.Start = query[match[2]:match[3]], match[2]
		}
		return v, nil
	}
	for _, form := range []struct {
		kind    VariableQueryKind
		pattern *regexp.Regexp
	}{{LabelNames, labelNamesForm}, {MetricNames, metricNamesForm}, {QueryResult, queryResultForm}} {
		match := form.pattern.FindStringSubmatchIndex(query)
		if match == nil {
			continue
		}
		v := VariableQuery{Kind: form.kind, Expr: query[match[2]:match[3]], Start: match[2]}
		if form.kind == QueryResult && strings.TrimSpace(v.Expr) == "" {
			return v, fmt.Errorf("query_result() has no query")
		}
		if form.kind == MetricNames {
			if err := checkRegex(v.Expr); err != nil {
				return v, err
			}
		}
		return v, nil
	}
	if match := anyForm.FindStringSubmatch(query); match != nil {
		return VariableQuery{}, fmt.Errorf("%s is not closed, or has arguments that Grafana does not understand", match[1])
	}
	return VariableQuery{Kind: SeriesQuery, Expr: query}, nil
}

func checkRegex(pattern string) error {
	if strings.Contains(pattern, "$") || strings.Contains(pattern, "[[") {
		return nil // a variable; what it becomes is Grafana's to know
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fmt.Errorf("metrics() takes a regular expression of metric names: %w", err)
	}
	return nil
}

// Selectors returns every vector selector of an expression, in any position: operands,
// arguments, parameters of aggregations, subqueries.
func Selectors(expr parser.Expr) []*parser.VectorSelector {
	var all []*parser.VectorSelector
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			all = append(all, selector)
		}
		return nil
	})
	return all
}

// MetricName returns the one metric that a selector names, "" where it names none or several.
func MetricName(selector *parser.VectorSelector) string {
	if selector.Name != "" {
		return selector.Name
	}
	for _, m := range selector.LabelMatchers {
		if m.Name == "__name__" && m.Type == 0 {
			return m.Value
		}
	}
	return ""
}
