package check

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/promql"
)

var requiredMatcherRule = rule{
	id:   "promql/required-matcher",
	why:  "The project's dashc.yaml says that every query must choose by this label (checks.requiredMatchers).",
	find: findMissingMatchers,
}

func findMissingMatchers(s *subject) []finding {
	if len(s.Settings.RequiredMatchers) == 0 {
		return nil
	}
	return s.each(func(e expansion) []finding {
		var found []finding
		eachNode(e, func(selector *parser.VectorSelector) {
			for _, required := range s.Settings.RequiredMatchers {
				if s.mustMatch(selector, required) && !matchesOn(selector, required.Label) {
					found = append(found, e.at(selector.PosRange, fmt.Sprintf("the selector of %s does not match on %s, which checks.requiredMatchers demands", nameOf(selector), required.Label),
						fmt.Sprintf(`add %s="..."`, required.Label)))
				}
			}
		})
		return found
	})
}

// mustMatch tells whether a demand is about a selector: its metric is named, or, where none
// is, its series carry the label.
func (s *subject) mustMatch(selector *parser.VectorSelector, required project.RequiredMatcher) bool {
	name := promql.MetricName(selector)
	if len(required.Metrics) > 0 {
		return project.MatchesAny(required.Metrics, name)
	}
	info, known := s.source.Lookup(name)
	return !known || !info.Labels.Lacks(required.Label)
}

func matchesOn(selector *parser.VectorSelector, label string) bool {
	return slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == label && !m.Matches("") })
}
