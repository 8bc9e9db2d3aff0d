package check

import (
	"fmt"

	"github.com/dashc/dashc/lib/promql"
)

var multiValueRule = rule{
	id:   "promql/multi-value",
	why:  "Grafana writes several chosen values as (a|b). Only a regular expression matches that: with = the panel is empty as soon as two values, or All, are chosen.",
	find: findMultiValues,
}

// findMultiValues reports variables of several values in places that take one: an = or !=
// matcher, or a list of labels. A variable over which the panel or its row repeats has one
// value there.
func findMultiValues(s *subject) []finding {
	var found []finding
	for _, q := range s.queries {
		for _, m := range q.source.Macros {
			variable := q.variables[m.Name]
			if !variable.Multi && !variable.IncludeAll || q.panel != nil && q.panel.RepeatsOver(m.Name) {
				continue
			}
			switch {
			case m.Matcher == "=" || m.Matcher == "!=":
				found = append(found, q.at(m.Start, m.End,
					fmt.Sprintf("the variable %s can hold several values, and %s compares with one text", m.Name, m.Matcher),
					fmt.Sprintf(`write %s%s~"$%s"`, m.Label, regexOperator(m.Matcher), m.Name)))
			case m.Hole == promql.LabelName && m.Format != "csv" && m.Format != "raw":
				found = append(found, q.at(m.Start, m.End,
					fmt.Sprintf("the variable %s can hold several values, which Grafana writes as a regular expression: no list of labels", m.Name),
					fmt.Sprintf("write ${%s:csv}", m.Name)))
			}
		}
	}
	return found
}

// regexOperator is the first character of the operator that takes a regular expression.
func regexOperator(operator string) string { return operator[:1] }
