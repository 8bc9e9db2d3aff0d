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
	case "histogram_quantiles":
		s.Labels = a.named(n.Args[1], s.Labels.without("le"), Labels.With)
		s.Kind, s.Unit, s.Bucket, s.Zero = Gauge, s.Observed, false, false
	case "histogram_avg", "histogram_stddev":
		s.Kind, s.Unit, s.Bucket = Gauge, s.Observed, false
	case "histogram_sum", "histogram_stdvar":
		s.Kind, s.Unit, s.Bucket = Gauge, Unit{}, false
	case "histogram_count":
		s.Kind, s.Unit, s.Bucket = Gauge, unitOf(Count), false
	case "histogram_fraction":
		s.Labels = s.Labels.without("le")
		s.Kind, s.Unit, s.Bucket = Gauge, unitOf(Ratio), false
	case "absent", "absent_over_time":
		return a.absent(n)
	case "changes", "resets":
		s.Kind, s.Unit, s.Zero, s.Bucket = Gauge, unitOf(Count), true, false
	case "count_over_time", "present_over_time":
		s.Kind, s.Unit, s.Zero, s.Bucket = Gauge, unitOf(Count), false, false // there is a sample, or no series
	case "label_replace", "label_join":
		return a.relabelled(n, s)
	case "scalar":
		return Shape{Value: math.NaN(), Unit: s.Unit, Zero: s.Zero, Rated: s.Rated}
	case "vector":
		// The value of vector(0) is known, so that `or vector(0)` is.
		return Shape{Vector: true, Kind: Gauge, Labels: LabelsOf(), Value: arguments[0].Value, Zero: arguments[0].Value == 0}
	case "time":
		return Shape{Value: math.NaN(), Unit: unitOf("timestamp")}
	case "timestamp", "start_timestamp", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time":
		s.Kind, s.Unit, s.Zero, s.Bucket = Gauge, unitOf("timestamp"), false, false
	case "clamp_min", "clamp":
		s.Zero = s.Zero && !(len(arguments) > 1 && arguments[1].Value > 0)
	case "info":
		s.Labels.Open = true
	case "exp", "cosh":
		s.Kind, s.Unit, s.Zero = Gauge, Unit{}, false
	case "ln", "log2", "log10", "sqrt", "sgn", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "sin", "sinh", "tan", "tanh", "deg", "rad",
		"day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year",
		"stddev_over_time", "stdvar_over_time", "mad_over_time", "double_exponential_smoothing", "sum_over_time", "integral":
		s.Kind, s.Unit = Gauge, Unit{}
	case "round", "floor":
		s.Zero = s.Zero || s.Rated
	case "quantile_over_time", "predict_linear":
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
		switch argument := unwrapped(argument).(type) {
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
			s.Labels = s.Labels.With(m.Name)
		}
	}
	return s
}

// relabelled adds the label that label_replace or label_join writes.
func (a *Analysis) relabelled(n *parser.Call, s Shape) Shape {
	if len(n.Args) < 2 {
		return s
	}
	// The regular expression may not match, and an empty text takes the label away.
	s.Labels = a.named(n.Args[1], s.Labels, Labels.maybe)
	return s
}

// named adds the label that an argument names. One that a variable names may be any.
func (a *Analysis) named(argument parser.Expr, to Labels, add func(Labels, ...string) Labels) Labels {
	literal, ok := unwrapped(argument).(*parser.StringLiteral)
	switch {
	case !ok || promql.Unknown(literal.Val) || len(a.of.MacrosIn(literal.PosRange)) > 0:
		to.Open = true
	case literal.Val != "__name__":
		return add(to, literal.Val)
	}
	return to
}

func unwrapped(expr parser.Expr) parser.Expr {
	for {
		paren, ok := expr.(*parser.ParenExpr)
		if !ok {
			return expr
		}
		expr = paren.Expr
	}
}
