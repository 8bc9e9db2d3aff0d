package check

import (
	"github.com/prometheus/prometheus/promql/parser"
)

var comparisonRule = rule{
	id:   "alert/comparison",
	why:  "An alert rule of Prometheus fires for every series that its expression returns. Without a comparison it fires always.",
	find: findAlwaysFiring,
}

// findAlwaysFiring reports alert rules of Prometheus whose expression filters nothing.
func findAlwaysFiring(s *subject) []finding {
	var found []finding
	for _, q := range s.queries {
		if q.surface != firingSurface || len(q.expansions) == 0 || filters(q.expansions[0].Expr) {
			continue
		}
		found = append(found, q.at(0, len(q.source.Text), "the expression compares with nothing: the alert fires for every series", "add a comparison, for example > 0.05"))
	}
	return found
}

// filters tells whether an expression can be empty while its metrics have values.
func filters(expr parser.Expr) bool {
	filtering := false
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.BinaryExpr:
			filtering = filtering || n.Op.IsComparisonOperator() && !n.ReturnBool || n.Op == parser.LUNLESS || n.Op == parser.LAND
		case *parser.Call:
			filtering = filtering || n.Func.Name == "absent" || n.Func.Name == "absent_over_time"
		case *parser.VectorSelector:
			filtering = filtering || n.Name == "ALERTS"
		}
		return nil
	})
	return filtering
}
