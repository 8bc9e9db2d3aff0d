package check

import (
	"github.com/prometheus/prometheus/promql/parser"
)

var zeroDivisorRule = rule{
	id:   "promql/zero-divisor",
	why:  "While nothing happens the divisor is 0, and the quotient is NaN or infinite: the line breaks off, a stat panel shows NaN, and an alert neither fires nor resolves as meant.",
	find: findZeroDivisors,
}

// findZeroDivisors reports divisions by what can well be 0: rates and what is made of them.
// The average of a histogram or summary, sum over count of the same one, is let through: both
// are 0 together, and a gap is what nothing should look like.
func findZeroDivisors(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, n := range e.nodes.operations {
			left, right := e.Of(n.LHS), e.Of(n.RHS)
			if n.Op != parser.DIV || !right.Zero {
				continue
			}
			if left.Histogram != "" && left.Histogram == right.Histogram {
				continue
			}
			found = append(found, e.at(n.RHS.PositionRange(), "the divisor can be 0", e.guard(n.RHS, right.Vector)).warning())
		}
		return found
	})
}

// guard says how to keep a divisor above zero. A scalar cannot be filtered.
func (e expansion) guard(divisor parser.Expr, vector bool) string {
	if vector {
		return "let only what is above zero divide: / (" + e.textOf(divisor) + " > 0)"
	}
	return "divide by the vector and not by its scalar, and let only what is above zero divide: / on () group_left () (... > 0)"
}

// textOf is an expression as it is written, cut to a readable length.
func (e expansion) textOf(expr parser.Expr) string {
	start, end := e.Original(expr.PositionRange())
	return shortened(e.query.source.Text[start:end])
}
