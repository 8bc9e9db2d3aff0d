package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

var quantileUnaggregatedRule = rule{
	id:   "promql/quantile-unaggregated",
	why:  "There is one quantile for each combination of labels and each process, and quantiles cannot be added or averaged afterwards: the panel shows many lines, none of which is the one asked for.",
	find: findUnaggregatedQuantiles,
}

func findUnaggregatedQuantiles(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		eachQuantile(e, func(call *parser.Call, buckets parser.Expr) {
			inner := e.Of(buckets)
			if inner.Aggregated || !overBuckets(e, buckets) {
				return
			}
			rest := inner.Labels.Minus(pinned(buckets))
			if len(rest) == 0 && !inner.Labels.Open {
				return
			}
			message := "the quantile is taken of each series by itself, one line for each combination of labels"
			if s.source.assumed {
				rest = slices.DeleteFunc(rest, func(label string) bool { return slices.Contains(conventional, label) && label != "instance" })
			}
			if !inner.Labels.Open {
				message = fmt.Sprintf("the quantile is taken of each series by itself, one line for each combination of %s", strings.Join(rest, ", "))
			}
			found = append(found, e.at(buckets.PositionRange(), message, "add the buckets up first: sum by (le) (rate(..._bucket[5m])), with the labels to tell apart beside le").warning())
		})
		return found
	})
}

// pinned are the labels that have one value only, and le.
func pinned(buckets parser.Expr) series.Labels {
	names := []string{"le"}
	for i, selector := range promql.Selectors(buckets) {
		var equal []string
		for _, m := range selector.LabelMatchers {
			if m.Type == labels.MatchEqual && !promql.Unknown(m.Value) {
				equal = append(equal, m.Name)
			}
		}
		if i == 0 {
			names = append(names, equal...)
			continue
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name != "le" && !slices.Contains(equal, name) })
	}
	return series.LabelsOf(names...)
}
