// Package series follows an expression from the metrics it selects to what it returns: which
// labels the result may carry, whether its values are counters, rates or buckets, in which
// unit, and whether there is a series at all before the first event. It decides nothing; the
// rules of lib/check read it.
package series

import (
	"math"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/promql"
)

// Kind is what the values of a series are.
type Kind int

// The kinds of values.
const (
	Unknown Kind = iota
	Counter      // rises, and falls to zero at a restart
	Gauge        // goes up and down
	Native       // native histograms
)

// Info is what is known about the series of one name.
type Info struct {
	Kind   Kind
	Labels Labels
	// Unit is the catalogue's word for what is counted; of a bucket, what is observed.
	Unit string
	// Bucket is set for the _bucket series of a histogram; Histogram is the histogram's name for
	// these and for its _sum and _count.
	Bucket    bool
	Histogram string
	// Late is set for series that exist only after their first event.
	Late bool
	// Aggregated is set for a recorded series whose rule aggregates.
	Aggregated bool
	// Rated is set for a recorded series whose rule takes a rate.
	Rated bool
	// Value is the unit of a recorded series.
	Value Unit
}

// Source tells what is known about a name; a name that it does not know may be anything.
type Source interface {
	Lookup(name string) (Info, bool)
}

// Shape is what an expression returns.
type Shape struct {
	// Vector is set for vectors and ranges, not for scalars and strings.
	Vector bool
	Kind   Kind
	Labels Labels
	Unit   Unit
	// Bucket is set while the values are the buckets of a histogram.
	Bucket bool
	// Observed is the unit of what a histogram's buckets observe.
	Observed Unit
	// Histogram names the one classic histogram that the values come from, by its _sum, _count
	// or buckets; "" for several.
	Histogram string
	// Rated is set where a rate or increase lies below.
	Rated bool
	// Aggregated is set where an aggregation lies below.
	Aggregated bool
	// Late is set where there may be no series at all before a first event.
	Late bool
	// Zero is set where a value can well be 0: rates and what is made of them.
	Zero bool
	// Value is the value of a constant, NaN for what is none.
	Value float64
}

// Constant tells whether the expression is a number that is known.
func (s Shape) Constant() bool { return !math.IsNaN(s.Value) }

// Analysis holds the shape of every node of an expression.
type Analysis struct {
	shapes map[parser.Node]Shape
	source Source
	of     promql.Expansion
}

// Analyse follows an expression. source is asked about every metric.
func Analyse(e promql.Expansion, source Source) *Analysis {
	a := &Analysis{shapes: map[parser.Node]Shape{}, source: source, of: e}
	a.shape(e.Expr)
	return a
}

// Of returns the shape of a node of the analysed expression.
func (a *Analysis) Of(node parser.Node) Shape {
	if s, ok := a.shapes[node]; ok {
		return s
	}
	return unknown()
}

// Result returns the shape of the whole expression.
func (a *Analysis) Result() Shape { return a.Of(a.of.Expr) }

func unknown() Shape { return Shape{Labels: AnyLabels(), Value: math.NaN()} }

func vector() Shape {
	s := unknown()
	s.Vector = true
	return s
}

func (a *Analysis) shape(node parser.Expr) Shape {
	s := a.compute(node)
	a.shapes[node] = s
	return s
}

func (a *Analysis) compute(node parser.Expr) Shape {
	switch n := node.(type) {
	case *parser.NumberLiteral:
		s := Shape{Value: n.Val}
		if len(a.of.MacrosIn(n.PosRange)) > 0 {
			s.Value = math.NaN() // a macro's sample value says nothing
		}
		return s
	case *parser.StringLiteral:
		return Shape{Value: math.NaN()}
	case *parser.ParenExpr:
		return a.shape(n.Expr)
	case *parser.UnaryExpr:
		s := a.shape(n.Expr)
		if n.Op == parser.SUB {
			s.Value = -s.Value
		}
		return s
	case *parser.StepInvariantExpr:
		return a.shape(n.Expr)
	case *parser.VectorSelector:
		return a.selector(n)
	case *parser.MatrixSelector:
		return a.shape(n.VectorSelector)
	case *parser.SubqueryExpr:
		return a.shape(n.Expr)
	case *parser.AggregateExpr:
		return a.aggregate(n)
	case *parser.BinaryExpr:
		return a.binary(n)
	case *parser.Call:
		return a.call(n)
	}
	return unknown()
}

func (a *Analysis) selector(n *parser.VectorSelector) Shape {
	s := vector()
	name := promql.MetricName(n)
	if name == "" {
		return s
	}
	info, known := a.source.Lookup(name)
	if !known {
		s.Histogram = histogramOf(name)
		return s
	}
	s.Kind, s.Labels, s.Bucket, s.Late, s.Histogram = info.Kind, info.Labels, info.Bucket, info.Late, info.Histogram
	s.Aggregated, s.Rated, s.Zero = info.Aggregated, info.Rated, info.Rated
	switch {
	case info.Value.Known():
		s.Unit = info.Value
		s.Observed = info.Value
	case info.Bucket:
		s.Unit, s.Observed = unitOf(Count), unitOf(info.Unit)
	default:
		s.Unit = unitOf(info.Unit)
		s.Observed = s.Unit
	}
	for _, m := range n.LabelMatchers {
		switch {
		case m.Type == labels.MatchEqual && m.Value == "":
			s.Labels = s.Labels.without(m.Name)
		case m.Type == labels.MatchRegexp && m.Matches("") && s.Labels.Has(m.Name):
			s.Labels = s.Labels.maybe(m.Name) // the query means series without the label, too
		}
	}
	return s
}

func (a *Analysis) aggregate(n *parser.AggregateExpr) Shape {
	if n.Param != nil {
		a.shape(n.Param)
	}
	s := a.shape(n.Expr)
	s.Value = math.NaN()
	s.Vector = true
	grouping := n.Grouping
	dynamic := false
	for _, name := range grouping {
		dynamic = dynamic || promql.Unknown(name)
	}
	switch n.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return s // keeps whole series
	}
	s.Aggregated = true
	switch {
	case n.Without:
		s.Labels = s.Labels.without(grouping...)
	default:
		s.Labels = s.Labels.keep(grouping)
	}
	s.Labels.Open = s.Labels.Open && n.Without || dynamic
	switch n.Op {
	case parser.COUNT, parser.GROUP, parser.COUNT_VALUES:
		s.Kind, s.Unit, s.Zero, s.Rated, s.Bucket, s.Histogram = Gauge, unitOf(Count), false, false, false, ""
		if n.Op == parser.COUNT_VALUES {
			s.Labels = a.named(n.Param, s.Labels, Labels.With)
		}
	case parser.STDDEV, parser.STDVAR:
		s.Kind, s.Unit, s.Bucket, s.Histogram, s.Zero = Gauge, Unit{}, false, "", s.Zero || s.Rated
	}
	return s
}

func (a *Analysis) binary(n *parser.BinaryExpr) Shape {
	left, right := a.shape(n.LHS), a.shape(n.RHS)
	if n.VectorMatching == nil || !left.Vector || !right.Vector {
		return scalarOperation(n, left, right)
	}
	s := left
	s.Value = math.NaN()
	s.Labels = matchedLabels(n.VectorMatching, left.Labels, right.Labels)
	s.Aggregated = left.Aggregated && right.Aggregated
	switch n.Op {
	case parser.LAND:
		s.Labels, s.Aggregated = left.Labels, left.Aggregated
		s.Late = left.Late || right.Late
		return s
	case parser.LUNLESS:
		s.Labels, s.Aggregated = left.Labels, left.Aggregated
		return s
	case parser.LOR:
		return either(left, right)
	}
	s.Late = left.Late || right.Late
	if n.Op.IsComparisonOperator() {
		if n.ReturnBool {
			return measured(s, unitOf("boolean"))
		}
		s.Zero = left.Zero && n.Op != parser.GTR
		return s
	}
	s.Rated = left.Rated || right.Rated
	s.Bucket = left.Bucket && right.Bucket
	if left.Histogram != right.Histogram {
		s.Histogram = ""
	}
	return measuredBy(n.Op, s, left, right)
}

// matchedLabels are the labels of an operation's result (VectorBinop and resultMetric in
// promql/engine.go).
func matchedLabels(matching *parser.VectorMatching, left, right Labels) Labels {
	if fills := matching.FillValues; fills.LHS != nil || fills.RHS != nil {
		// A missing partner is made up from the labels of the series that misses it.
		all := left.Either(right)
		return all.maybe(all.Names...).maybe(matching.Include...)
	}
	many, one := left, right
	switch matching.Card {
	case parser.CardOneToMany:
		many, one = right, left
		fallthrough
	case parser.CardManyToOne:
		included := one.keep(matching.Include)
		return many.without(matching.Include...).With(included.Sure()...).maybe(included.Optional...)
	}
	if matching.On {
		return left.keep(matching.MatchingLabels)
	}
	return left.without(matching.MatchingLabels...)
}

// either is the shape of `left or right`.
func either(left, right Shape) Shape {
	s := left
	s.Value = math.NaN()
	s.Labels = left.Labels.Either(right.Labels)
	s.Late = left.Late && right.Late
	s.Aggregated = left.Aggregated && right.Aggregated
	s.Zero = left.Zero || right.Zero || right.Value == 0
	s.Rated = left.Rated || right.Rated
	s.Bucket = left.Bucket || right.Bucket
	if !right.Constant() && right.Unit.Known() {
		s.Unit = left.Unit.plus(right.Unit)
	}
	return s
}

// scalarOperation is an operation with a scalar on at least one side.
func scalarOperation(n *parser.BinaryExpr, left, right Shape) Shape {
	if !left.Vector && !right.Vector {
		s := Shape{Value: fold(n.Op, left.Value, right.Value), Rated: left.Rated || right.Rated}
		if n.Op.IsComparisonOperator() {
			return measured(s, unitOf("boolean"))
		}
		return measuredBy(n.Op, s, left, right)
	}
	s, other := left, right
	if !left.Vector {
		s, other = right, left
	}
	s.Value = math.NaN()
	if n.Op.IsComparisonOperator() {
		if n.ReturnBool {
			return measured(s, unitOf("boolean"))
		}
		s.Zero = s.Zero && !excludesZero(n.Op, other.Value, left.Vector)
		return s
	}
	return measuredBy(n.Op, s, left, right)
}

// excludesZero tells whether a filter lets no 0 through.
func excludesZero(op parser.ItemType, bound float64, vectorLeft bool) bool {
	if !vectorLeft { // 0 < x
		op = map[parser.ItemType]parser.ItemType{
			parser.LSS: parser.GTR, parser.GTR: parser.LSS, parser.LTE: parser.GTE, parser.GTE: parser.LTE,
			parser.EQLC: parser.EQLC, parser.NEQ: parser.NEQ,
		}[op]
	}
	switch op {
	case parser.GTR:
		return !(bound < 0)
	case parser.GTE, parser.EQLC:
		return !(bound <= 0)
	case parser.NEQ:
		return bound == 0
	case parser.LSS:
		return bound <= 0
	case parser.LTE:
		return bound < 0
	}
	return false
}

func measured(s Shape, unit Unit) Shape {
	s.Kind, s.Unit, s.Zero, s.Bucket, s.Histogram = Gauge, unit, true, false, ""
	return s
}

// measuredBy gives an arithmetic result its unit and tells whether it can be 0.
func measuredBy(op parser.ItemType, s, left, right Shape) Shape {
	if s.Kind == Counter && op != parser.ADD && op != parser.MUL && op != parser.DIV {
		s.Kind = Unknown
	}
	switch op {
	case parser.MUL:
		s.Zero = left.Zero || right.Zero
		switch {
		case left.Constant():
			s.Unit = right.Unit.times(left.Value)
		case right.Constant():
			s.Unit = left.Unit.times(right.Value)
		default:
			s.Unit = Unit{}
		}
	case parser.DIV:
		s.Zero = left.Zero
		switch {
		case right.Constant():
			s.Unit = left.Unit.times(1 / right.Value)
		default:
			s.Unit = left.Unit.over(right.Unit)
			s.Bucket = false
		}
	case parser.ADD, parser.SUB:
		switch {
		case left.Constant():
			s.Unit = right.Unit
			s.Zero = right.Zero && left.Value == 0
		case right.Constant():
			s.Unit = left.Unit
			s.Zero = left.Zero && right.Value == 0
		default:
			s.Unit = left.Unit.plus(right.Unit)
			s.Zero = left.Zero && right.Zero
			if s.Unit.Base == "timestamp" {
				s.Unit.Base = "seconds"
			}
		}
	case parser.MOD:
		s.Unit, s.Zero = Unit{}, true
	default:
		s.Unit, s.Zero = Unit{}, left.Zero
	}
	return s
}

func fold(op parser.ItemType, a, b float64) float64 {
	switch op {
	case parser.ADD:
		return a + b
	case parser.SUB:
		return a - b
	case parser.MUL:
		return a * b
	case parser.DIV:
		return a / b
	case parser.POW:
		return math.Pow(a, b)
	}
	return math.NaN()
}

// histogramOf is the histogram or summary that a series seems to be a part of. A guess from
// the name is enough where it only spares a division a warning.
func histogramOf(name string) string {
	for _, suffix := range []string{"_sum", "_count"} {
		if base, found := strings.CutSuffix(name, suffix); found {
			return base
		}
	}
	return ""
}
