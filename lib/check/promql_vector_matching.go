package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

var vectorMatchingRule = rule{
	id:   "promql/vector-matching",
	why:  "Prometheus pairs the series of two sides by their labels. Where one side has a label that the other lacks there is no pair, and the result is empty without an error.",
	find: findBadMatching,
}

// findBadMatching reports operations between two vectors whose series cannot find a partner.
func findBadMatching(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, n := range e.nodes.operations {
			if n.VectorMatching == nil || n.Op == parser.LOR {
				continue
			}
			if fills := n.VectorMatching.FillValues; fills.LHS != nil || fills.RHS != nil {
				continue // a missing partner is made up
			}
			left, right := e.Of(n.LHS), e.Of(n.RHS)
			if !left.Vector || !right.Vector {
				continue
			}
			if n.VectorMatching.On {
				found = append(found, s.badOn(e, n, left.Labels, right.Labels)...)
			} else if f, bad := badSides(e, n, left.Labels, right.Labels); bad {
				found = append(found, f)
			}
		}
		return found
	})
}

// badOn reports labels of `on` that a side does not have.
func (s *subject) badOn(e expansion, n *parser.BinaryExpr, left, right series.Labels) []finding {
	var found []finding
	for _, label := range n.VectorMatching.MatchingLabels {
		lacks := ""
		switch l, r := !s.mayHave(left, label), !s.mayHave(right, label); {
		case l && r:
			lacks = "neither side has"
		case l && !slices.Contains(right.Optional, label):
			lacks = "the left side does not have"
		case r && !slices.Contains(left.Optional, label):
			lacks = "the right side does not have"
		default:
			continue
		}
		found = append(found, e.at(e.word(label, n.PositionRange()), fmt.Sprintf("the sides are paired on %s, which %s", label, lacks),
			fmt.Sprintf("left: %s; right: %s", set(left), set(right))))
	}
	return found
}

// badSides reports sides whose label sets differ where all labels have to agree.
func badSides(e expansion, n *parser.BinaryExpr, left, right series.Labels) (finding, bool) {
	if left.Open || right.Open || slices.ContainsFunc(n.VectorMatching.MatchingLabels, promql.Unknown) {
		return finding{}, false
	}
	ignored := series.LabelsOf(n.VectorMatching.MatchingLabels...)
	onlyLeft, onlyRight := alone(left, right, ignored), alone(right, left, ignored)
	if len(onlyLeft)+len(onlyRight) == 0 {
		return finding{}, false
	}
	var parts []string
	if len(onlyLeft) > 0 {
		parts = append(parts, "only the left side has "+strings.Join(onlyLeft, ", "))
	}
	if len(onlyRight) > 0 {
		parts = append(parts, "only the right side has "+strings.Join(onlyRight, ", "))
	}
	return e.at(n.PositionRange(), fmt.Sprintf("no series of the left side of %s has a partner on the right: %s", n.Op, strings.Join(parts, ", ")),
		"aggregate both sides by the same labels, or name the common ones: "+n.Op.String()+" on (...) group_left"), true
}

// alone are the labels that every series of one side has and none of the other.
func alone(side, other, ignored series.Labels) []string {
	return slices.DeleteFunc(side.Sure(), func(label string) bool { return other.Has(label) || ignored.Has(label) })
}

func set(labels series.Labels) string {
	if len(labels.Names) == 0 && !labels.Open {
		return "no labels"
	}
	names := strings.Join(labels.Names, ", ")
	if labels.Open {
		names = strings.TrimPrefix(names+", ...", ", ")
	}
	return names
}
