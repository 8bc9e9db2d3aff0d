package series

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
)

// call is the shape of a function's result (promql/functions.go).
func (a *Analysis) call(n *parser.Call) Shape {
	arguments := make([]Shape, len(n.Args))
	for i, argument := range n.Args {
		arguments[i] = a.shape(argument)
	}
	s := a.operand(n, arguments)
	s.Value = math.NaN()
	switch n.Func.Name {
	case "rate", "irate":
		s.Kind, s.Unit, s.Rated, s.Zero = rated(s), s.Unit.perSecond(), true, true
	case "increase":
		s.Kind, s.Rated, s.Zero = rated(s), true, true
	case "delta", "idelta":
		s.Kind, s.Zero = Gauge, true
	case "deriv":
		s.Kind, s.Unit, s.Zero = Gauge, s.Unit.perSecond(), true
	case "histogram_quantile":
		s.Labels = s.Labels.without("le")
		s.Kind, s.Unit, s.Bucket, s.Zero = Gauge, s.Observed, false, false
	case "histogram_avg", "histogram_stddev":
		s.Kind, s.Unit, s.Bucket = Gauge, s.Observed, false
	case "histogram_sum", "histogram_count", "histogram_fraction", "histogram_stdvar":
		s.Kind, s.Unit, s.Bucket = Gauge, Unit{}, false
		if n.Func.Name == "histogram_count" {
			s.Unit = unitOf(Count)
		}
	case "absent", "absent_over_time":
		return a.absent(n)
	case "changes", "resets", "count_over_time", "present_over_time":
		s.Kind, s.Unit, s.Zero, s.Bucket = Gauge, unitOf(Count), true, false
	case "label_replace", "label_join":
		return a.relabelled(n, s)
	case "scalar":
		return Shape{Value: math.NaN(), Unit: s.Unit, Zero: s.Zero}
	case "vector":
		// The value of vector(0) is known, so that `or vector(0)` is.
		return Shape{Vector: true, Kind: Gauge, Labels: LabelsOf(), Value: arguments[0].Value, Zero: arguments[0].Value == 0}
	case "time":
		return Shape{Value: math.NaN(), Unit: Unit{Base: "timestamp", Scale: 1}}
	case "timestamp":
		s.Kind, s.Unit, s.Zero, s.Bucket = Gauge, Unit{Base: "timestamp", Scale: 1}, false, false
	case "clamp_min":
		s.Zero = s.Zero && !(len(arguments) > 1 && arguments[1].Value > 0)
	case "info":
		s.Labels.Open = true
	case "ln", "log2", "log10", "exp", "sqrt", "sgn", "day_of_month", "day_of_week", "day_of_year", "days_in_month",
		"hour", "minute", "month", "year", "quantile_over_time", "stddev_over_time", "stdvar_over_time", "predict_linear",
		"double_exponential_smoothing", "mad_over_time":
		if n.Func.Name != "quantile_over_time" && n.Func.Name != "predict_linear" {
			s.Unit = Unit{}
		}
		s.Kind = Gauge
	}
	return s
}

// operand is the shape of the vector that a function works on.
func (a *Analysis) operand(n *parser.Call, arguments []Shape) Shape {
	for i, argument := range n.Args {
		switch argument.Type() {
		case parser.ValueTypeVector, parser.ValueTypeMatrix:
			return arguments[i]
		}
	}
	s := Shape{Value: math.NaN(), Labels: LabelsOf()}
	s.Vector = n.Func.ReturnType == parser.ValueTypeVector
	return s
}

func rated(s Shape) Kind {
	if s.Kind == Native {
		return Native
	}
	return Gauge
}

// absent has one series, with the labels that equality matchers give it, or none.
func (a *Analysis) absent(n *parser.Call) Shape {
	var selector *parser.VectorSelector
	for _, argument := range n.Args {
		switch argument := argument.(type) {
		case *parser.VectorSelector:
			selector = argument
		case *parser.MatrixSelector:
			selector, _ = argument.VectorSelector.(*parser.VectorSelector)
		}
	}
	s := Shape{Vector: true, Kind: Gauge, Labels: LabelsOf(), Value: math.NaN(), Unit: unitOf("boolean")}
	if selector == nil {
		return s
	}
	for _, m := range selector.LabelMatchers {
		if m.Type == labels.MatchEqual && m.Name != "__name__" && m.Value != "" {
			s.Labels = s.Labels.with(m.Name)
		}
	}
	return s
}

// relabelled adds the label that label_replace or label_join writes.
func (a *Analysis) relabelled(n *parser.Call, s Shape) Shape {
	if len(n.Args) < 2 {
		return s
	}
	target, ok := n.Args[1].(*parser.StringLiteral)
	if !ok || promql.Unknown(target.Val) || len(a.of.MacrosIn(target.PosRange)) > 0 {
		s.Labels.Open = true
		return s
	}
	if target.Val != "__name__" {
		s.Labels = s.Labels.with(target.Val)
	}
	return s
}
