package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
)

var notInPrometheusRule = rule{
	id:   "promql/not-in-prometheus",
	why:  "The catalogue says that the series exist, and the Prometheus that was asked holds none: the application there is another version, is not scraped, or nothing of the kind has happened yet.",
	find: findNotInPrometheus,
}

// findNotInPrometheus compares selectors with a running Prometheus (--prometheus).
func findNotInPrometheus(s *subject) []finding {
	if s.Live == nil {
		return nil
	}
	return s.each(func(e expansion) []finding {
		var found []finding
		e.eachSelector(func(selector *parser.VectorSelector, around []parser.Node) {
			name := promql.MetricName(selector)
			if name == "" || promql.Unknown(name) || !s.source.isKnown(name) || optional(selector, around) {
				return
			}
			if !s.Live.Has(name) {
				hint := "see what the server scrapes, or `dashc metrics diff` against the application"
				if e.Of(selector).Late {
					hint = "it appears with its first event; " + hint
				}
				found = append(found, e.at(e.word(name, selector.PosRange), fmt.Sprintf("Prometheus holds no series of %s", name), hint).warning())
				return
			}
			labels := s.Live.Labels(name)
			for _, m := range selector.LabelMatchers {
				if m.Name != "__name__" && !m.Matches("") && !slices.Contains(labels, m.Name) {
					found = append(found, e.at(e.word(m.Name, selector.PosRange), fmt.Sprintf("the series of %s in Prometheus have no label %s", name, m.Name), "they have: "+strings.Join(labels, ", ")).warning())
				}
			}
		})
		return found
	})
}
