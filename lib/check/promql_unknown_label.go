package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

var unknownLabelRule = rule{
	id:   "promql/unknown-label",
	why:  "A matcher on a label that the series do not have selects nothing or everything, and grouping by it makes one line of all. Both look like data.",
	find: findUnknownLabels,
}

// findUnknownLabels reports matchers, groupings and group_left labels that name a label which
// the series there cannot have. What is not known to lack a label is let through.
func findUnknownLabels(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		found := s.unknownMatchers(e)
		eachNode(e, func(n *parser.AggregateExpr) {
			found = append(found, s.unknownGrouping(e, n)...)
		})
		eachNode(e, func(n *parser.BinaryExpr) {
			found = append(found, s.unknownIncluded(e, n)...)
		})
		if e.surface == variableSurface {
			found = append(found, s.unknownValuesOf(e)...)
		}
		return found
	})
}

func (s *subject) unknownMatchers(e expansion) []finding {
	var found []finding
	e.eachSelector(func(selector *parser.VectorSelector, around []parser.Node) {
		name := promql.MetricName(selector)
		info, known := s.source.Lookup(name)
		if !known {
			return
		}
		for _, m := range selector.LabelMatchers {
			if m.Name == "__name__" || s.mayHave(info.Labels, m.Name) {
				continue
			}
			message := fmt.Sprintf("the metric %s has no label %s, so that this matches nothing", name, m.Name)
			if m.Matches("") {
				message = fmt.Sprintf("the metric %s has no label %s, so that this matches everything", name, m.Name)
			}
			f := e.at(e.word(m.Name, selector.PosRange), message, labelHint(m.Name, info.Labels))
			if m.Type == labels.MatchEqual && m.Value == "" {
				f = f.warning() // asking for the label's absence is harmless
			}
			found = append(found, f)
		}
	})
	return found
}

func (s *subject) unknownGrouping(e expansion, n *parser.AggregateExpr) []finding {
	var found []finding
	inner := e.Of(n.Expr).Labels
	for _, label := range n.Grouping {
		if s.mayHave(inner, label) {
			continue
		}
		at := e.word(label, n.PosRange)
		f := e.at(at, fmt.Sprintf("%s by %s: the series here have no such label", n.Op, label), labelHint(label, inner))
		if n.Without {
			f = e.at(at, fmt.Sprintf("%s without %s: the series here have no such label anyway", n.Op, label), "remove it").warning()
		}
		found = append(found, f)
	}
	return found
}

// unknownIncluded reports the labels of group_left and group_right that the other side lacks.
func (s *subject) unknownIncluded(e expansion, n *parser.BinaryExpr) []finding {
	if n.VectorMatching == nil {
		return nil
	}
	one := e.Of(n.RHS).Labels
	if n.VectorMatching.Card == parser.CardOneToMany {
		one = e.Of(n.LHS).Labels
	}
	var found []finding
	for _, label := range n.VectorMatching.Include {
		if !s.mayHave(one, label) {
			found = append(found, e.at(e.word(label, n.PositionRange()), fmt.Sprintf("the label %s cannot be taken over: the series on that side do not have it", label), labelHint(label, one)))
		}
	}
	return found
}

// unknownValuesOf reports label_values(metric, label) for a label that the metric lacks.
func (s *subject) unknownValuesOf(e expansion) []finding {
	label := e.form.Label
	if label == "" || strings.ContainsAny(label, "$[") {
		return nil
	}
	result := e.Result().Labels
	if s.mayHave(result, label) {
		return nil
	}
	f := e.query.at(0, 0, fmt.Sprintf("the series here have no label %s, so that the variable has no values", label), labelHint(label, result))
	f.query.Start, f.query.End = e.form.LabelStart, e.form.LabelStart+len(label)
	return []finding{f}
}

// mayHave tells whether series may carry a label: it is known, or a variable, or one that is
// added when series are sent on.
func (s *subject) mayHave(set series.Labels, label string) bool {
	return !set.Lacks(label) || promql.Unknown(label) || slices.Contains(s.source.external, label)
}

func labelHint(label string, set series.Labels) string {
	if nearest, ok := diagnostic.Nearest(label, set.Names); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	if len(set.Names) == 0 {
		return "the series have no labels left at this point"
	}
	return "known labels: " + strings.Join(set.Names, ", ")
}
