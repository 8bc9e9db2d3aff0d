package check

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
)

var recordingUnusedRule = rule{
	id:   "recording/unused",
	why:  "Prometheus computes and stores the series at every evaluation, and nothing in the tree reads it.",
	tree: true,
	find: findUnusedRecords,
}

// findUnusedRecords reports recorded series that no panel, variable, annotation, alert or
// other recording rule reads.
func findUnusedRecords(s *subject) []finding {
	used := map[string]bool{}
	for _, q := range s.queries {
		for _, e := range q.expansions {
			for _, selector := range promql.Selectors(e.Expr) {
				if name := promql.MetricName(selector); name != textAt(q.object, "record") {
					used[name] = true
				}
				s.noteMatched(selector, used)
			}
		}
	}
	var found []finding
	for _, q := range s.queries {
		if name := textAt(q.object, "record"); q.surface == recordSurface && !used[name] {
			found = append(found, q.about("record", fmt.Sprintf("nothing reads the recorded series %s", name), "remove the rule, or let a panel or an alert read it").warning().saying(name))
		}
	}
	return found
}

// noteMatched marks recorded series that a selector chooses by a regular expression of names.
func (s *subject) noteMatched(selector *parser.VectorSelector, used map[string]bool) {
	for _, m := range selector.LabelMatchers {
		if m.Name != "__name__" || selector.Name != "" {
			continue
		}
		for name := range s.source.rules {
			used[name] = used[name] || m.Matches(name)
		}
	}
}
