package check

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

var alertConditionRule = rule{
	id:   "alert/condition",
	why:  "A rule whose condition decides nothing fires always or ends in an error at every evaluation, and nobody learns of it before it is needed.",
	find: findBadConditions,
}

// findBadConditions reports alert rules whose queries and expressions come to no decision.
func findBadConditions(s *subject) []finding {
	var found []finding
	for _, rule := range alertRules(s) {
		steps := stepsOf(s, rule)
		for _, step := range steps.list {
			found = append(found, badTimeRange(step)...)
			found = append(found, badExpression(steps, step)...)
		}
		if f, bad := undecided(rule, steps); bad {
			found = append(found, f)
		}
	}
	return found
}

// undecided reports a condition that is a plain value or a whole series.
func undecided(rule item, all steps) (finding, bool) {
	condition, exists := all.by[rule.text("condition")]
	if !exists {
		return finding{}, false // grafana/alert-rule reports it
	}
	if all.isSeries(condition) {
		return rule.failAt("condition", fmt.Sprintf("%s is a series of values over time, from which Grafana takes no decision; the rule would end in an error", condition.ref), "make the query instant: true, or reduce it with an expression of type reduce"), true
	}
	if condition.query == nil || len(condition.query.expansions) == 0 {
		return finding{}, false // not PromQL, or promql/syntax reports it
	}
	expr := condition.query.expansions[0].Expr
	switch {
	case !filters(expr) && !yieldsBool(expr):
		return rule.failAt("condition", fmt.Sprintf("%s is a query that compares nothing; the rule would fire whenever its value is not 0", condition.ref), "add an expression of type threshold and name its refId"), true
	case equalsZero(expr):
		return rule.failAt("condition", fmt.Sprintf("%s returns what equals 0, and 0 does not fire", condition.ref), "write == bool 0, or compare in an expression of type threshold"), true
	}
	return finding{}, false
}

// yieldsBool tells whether an expression holds a comparison whose result is 0 or 1.
func yieldsBool(expr parser.Expr) bool {
	found := false
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		comparison, ok := node.(*parser.BinaryExpr)
		found = found || ok && comparison.ReturnBool
		return nil
	})
	return found
}

// equalsZero tells whether an expression returns nothing but zeros.
func equalsZero(expr parser.Expr) bool {
	for {
		inner, ok := expr.(*parser.ParenExpr)
		if !ok {
			break
		}
		expr = inner.Expr
	}
	comparison, ok := expr.(*parser.BinaryExpr)
	if !ok || comparison.Op != parser.EQLC || comparison.ReturnBool {
		return false
	}
	number, ok := comparison.RHS.(*parser.NumberLiteral)
	return ok && number.Val == 0
}

// badTimeRange reports a range that Grafana refuses
// (RelativeTimeRange.isValid in pkg/services/ngalert/models/alert_query.go).
func badTimeRange(st step) []finding {
	if isExpression(st.item) {
		return nil
	}
	span := objectAt(st.json, "relativeTimeRange")
	if span == nil {
		return []finding{st.failAt("relativeTimeRange", "the query has no time range; Grafana would not start", "write { from: 600, to: 0 }, in seconds before now")}
	}
	from, fromOK := seconds(span["from"])
	to, toOK := seconds(span["to"])
	switch {
	case !fromOK || !toOK || from < 0 || to < 0:
		return []finding{st.failAt("relativeTimeRange", "from and to are numbers of seconds before now, at least 0", "write { from: 600, to: 0 }")}
	case from <= to:
		return []finding{st.failAt("relativeTimeRange", fmt.Sprintf("begins %d and ends %d seconds before now; Grafana would not start", from, to), "from must be greater than to")}
	}
	return nil
}

func seconds(value any) (int, bool) {
	if value == nil {
		return 0, true
	}
	return wholeNumber(value)
}
