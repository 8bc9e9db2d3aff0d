package check

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
)

var dynamicNameRule = rule{
	id:   "promql/dynamic-name",
	why:  "What a query asks for must be readable from the sources: a metric or function that a variable chooses can be checked by nobody, and cannot be scoped to a customer. [[x]] is the form that Grafana has given up.",
	tree: true, // a dashboard of somebody else's may do as it likes
	find: findDynamicNames,
}

// findDynamicNames reports variables in the place of metrics, functions and operators, and the
// old form [[x]].
func findDynamicNames(s *subject) []finding {
	var found []finding
	for _, q := range s.queries {
		for _, m := range q.source.Macros {
			switch {
			case m.Brackets && m.Hole != promql.Comment:
				found = append(found, q.at(m.Start, m.End, fmt.Sprintf("[[%s]] is the old form of a variable", m.Name), fmt.Sprintf("write ${%s}", m.Name)))
			case m.Hole == promql.NameHole || m.Hole == promql.FunctionName || m.Hole == promql.NamePart || m.Hole == promql.Operator:
				found = append(found, q.at(m.Start, m.End, fmt.Sprintf("the variable %s stands for %s", m.Name, m.Hole), "write a query for each, or a panel for each and let Jsonnet make them"))
			}
		}
	}
	return append(found, s.each(func(e expansion) []finding {
		var found []finding
		eachNode(e, func(selector *parser.VectorSelector) {
			if name := promql.MetricName(selector); !promql.Unknown(name) {
				return
			}
			for _, m := range e.MacrosIn(selector.PosRange) {
				if m.Hole == promql.Expression {
					found = append(found, e.query.at(m.Start, m.End, fmt.Sprintf("the variable %s stands for a metric or a whole query", m.Name), "write the query itself"))
				}
			}
		})
		return found
	})...)
}
