package check

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

var epsilonDivisorRule = rule{
	id:   "promql/epsilon-divisor",
	why:  "The small number that keeps the divisor from being 0 bends every result, the more the less happens: at one event in 100 seconds, + 0.001 shows 90.9% for a perfect job.",
	find: findEpsilons,
}

// largestEpsilon is the largest number that is taken for a guard against 0 and not for a part
// of the formula.
const largestEpsilon = 0.1

// findEpsilons reports divisors to which a small constant is added.
func findEpsilons(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, n := range e.nodes.operations {
			if n.Op != parser.DIV {
				continue
			}
			sum, ok := unwrapped(n.RHS).(*parser.BinaryExpr)
			if !ok || sum.Op != parser.ADD {
				continue
			}
			for _, sides := range [][2]parser.Expr{{sum.LHS, sum.RHS}, {sum.RHS, sum.LHS}} {
				epsilon, rest := e.Of(sides[0]), sides[1]
				if epsilon.Vector || !(epsilon.Value > 0 && epsilon.Value <= largestEpsilon) {
					continue
				}
				hint := "divide by what is above zero instead: / (" + e.textOf(rest) + " > 0)"
				if !e.Of(rest).Vector {
					hint = e.guard(rest, false)
				}
				found = append(found, e.at(n.RHS.PositionRange(),
					fmt.Sprintf("%v is added to the divisor and biases the ratio: where both sides are %v it reads %.1f%%", epsilon.Value, telling(epsilon.Value), biased(epsilon.Value)),
					hint).warning())
			}
		}
		return found
	})
}

// telling is a value of both sides at which the bias shows: 0.01, or the epsilon itself where
// that is much smaller.
func telling(epsilon float64) float64 {
	if epsilon < 1e-5 {
		return epsilon
	}
	return 0.01
}

// biased is the percentage that is shown there, and should be 100.
func biased(epsilon float64) float64 { return 100 * telling(epsilon) / (telling(epsilon) + epsilon) }

// unwrapped is an expression without the parentheses around it.
func unwrapped(expr parser.Expr) parser.Expr {
	for {
		paren, ok := expr.(*parser.ParenExpr)
		if !ok {
			return expr
		}
		expr = paren.Expr
	}
}
