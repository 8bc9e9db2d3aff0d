package tenant

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/promql"
)

// metricName is the label that holds a metric's name.
const metricName = "__name__"

// standing is what a series means to the tenant label.
type standing int

// The standings. Of series that lack the label nothing may be shown.
const (
	lacks   standing = iota
	shared           // every customer may see it
	carries          // every series names its customer, and is made of that customer's series alone
)

// known tells which metrics carry the tenant label.
type known struct {
	label     string
	catalogue *metrics.Catalogue
	records   map[string][]Record
	cache     map[string]verdict
	open      map[string]bool // recorded series that are being looked at, to end circles
}

// verdict is a metric's standing, with what is to be said about it.
type verdict struct {
	standing standing
	// reason says why it lacks the label.
	reason string
	// refused is set where a rule writes the label.
	refused string
}

func newKnown(o Options) *known {
	k := &known{label: o.Label, catalogue: o.Catalogue, records: o.Records, cache: map[string]verdict{}, open: map[string]bool{}}
	if k.catalogue == nil {
		k.catalogue = &metrics.Catalogue{}
	}
	return k
}

// metric returns the standing of the series of one name.
func (k *known) metric(name string) verdict {
	if v, seen := k.cache[name]; seen {
		return v
	}
	if k.open[name] {
		return verdict{reason: name + " is recorded from itself"}
	}
	k.open[name] = true
	v := k.find(name)
	delete(k.open, name)
	k.cache[name] = v // right inside a circle, too: one series that lacks the label is enough
	return v
}

func (k *known) find(name string) verdict {
	series, exposed := k.catalogue.Series(name)
	rules := k.records[name]
	switch {
	case !exposed && len(rules) == 0:
		return verdict{reason: fmt.Sprintf("%s is neither in the catalogue nor recorded by a rule, so that nothing says that it carries %s", name, k.label)}
	case exposed && series.Metric.TenantLabel != k.label && series.Metric.Shared && len(rules) == 0:
		return verdict{standing: shared}
	case exposed && series.Metric.TenantLabel != k.label:
		return verdict{reason: fmt.Sprintf("%s does not carry %s", name, k.label)}
	}
	for _, rule := range rules {
		if _, written := rule.Labels[k.label]; written {
			return verdict{refused: fmt.Sprintf("%s is recorded by a rule that writes the label %s", name, k.label)}
		}
		if k.recorded(rule.Expr) != partitioned {
			return verdict{reason: fmt.Sprintf("%s is recorded by a rule that does not keep %s in every step", name, k.label)}
		}
	}
	return verdict{standing: carries}
}

// named returns the series that a selector may select by its name, sorted, and whether the
// selector gives one exact name.
func (k *known) named(matchers []*labels.Matcher) (names []string, exact bool) {
	matches := func(name string) bool {
		for _, m := range matchers {
			if m.Name == metricName && !m.Matches(name) {
				return false
			}
		}
		return true
	}
	for _, m := range matchers {
		if m.Name == metricName && m.Type == labels.MatchEqual {
			return []string{m.Value}, true
		}
	}
	all := slices.AppendSeq(k.catalogue.SeriesNames(), maps.Keys(k.records))
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		if matches(name) {
			names = append(names, name)
		}
	}
	return names, false
}

// origin is what the series of an expression of a recording rule are made of.
type origin int

// The origins, from the best to the worst.
const (
	constant    origin = iota // no series at all
	common                    // shared series
	partitioned               // each carries the tenant label, and is made of that customer's series alone
	mixed                     // anything else
)

// recorded follows an expression of a recording rule. Where it cannot follow, the answer is mixed.
func (k *known) recorded(text string) origin {
	expansions, err := promql.Query{Text: text}.Expand(nil)
	if err != nil || len(expansions) != 1 {
		return mixed
	}
	return k.origin(expansions[0].Expr)
}

func (k *known) origin(expr parser.Expr) origin {
	switch e := expr.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return constant
	case *parser.ParenExpr:
		return k.origin(e.Expr)
	case *parser.UnaryExpr:
		return k.origin(e.Expr)
	case *parser.StepInvariantExpr:
		return k.origin(e.Expr)
	case *parser.SubqueryExpr:
		return k.origin(e.Expr)
	case *parser.MatrixSelector:
		return k.origin(e.VectorSelector)
	case *parser.VectorSelector:
		return k.selected(e)
	case *parser.AggregateExpr:
		return k.aggregated(e)
	case *parser.Call:
		return k.called(e)
	case *parser.BinaryExpr:
		return k.combined(e)
	}
	return mixed
}

func (k *known) selected(s *parser.VectorSelector) origin {
	for _, m := range s.LabelMatchers {
		if m.Name == k.label && m.Matches("") {
			return mixed // it may select series without the label
		}
	}
	names, _ := k.named(s.LabelMatchers)
	if len(names) == 0 {
		return mixed
	}
	best := mixed
	for i, name := range names {
		one := mixed
		switch k.metric(name).standing {
		case shared:
			one = common
		case carries:
			one = partitioned
		}
		if i > 0 && one != best {
			return mixed
		}
		best = one
	}
	return best
}

// alone tells whether an origin has no customer's series in it.
func (o origin) alone() bool { return o == constant || o == common }

func (k *known) aggregated(a *parser.AggregateExpr) origin {
	inner := k.origin(a.Expr)
	if a.Param != nil && !k.origin(a.Param).alone() {
		return mixed
	}
	if inner != partitioned {
		return inner
	}
	if text, ok := literal(a.Param); a.Op == parser.COUNT_VALUES && (!ok || text == k.label) {
		return mixed
	}
	// Even topk, which keeps all labels, chooses among the series of its group.
	if slices.Contains(a.Grouping, k.label) != a.Without {
		return partitioned
	}
	return mixed
}

// rewriters are the functions that write a label, which is their second argument.
var rewriters = map[string]bool{"label_replace": true, "label_join": true}

func (k *known) called(c *parser.Call) origin {
	result := constant
	for _, arg := range c.Args {
		one := k.origin(arg)
		if one == partitioned && arg.Type() == parser.ValueTypeScalar {
			return mixed
		}
		result = max(result, one)
	}
	if result != partitioned {
		return result
	}
	switch c.Func.Name {
	case "absent", "absent_over_time", "scalar", "info":
		return mixed
	}
	if rewriters[c.Func.Name] {
		if text, ok := literal(c.Args[1]); !ok || text == k.label {
			return mixed
		}
	}
	return partitioned
}

func (k *known) combined(b *parser.BinaryExpr) origin {
	left, right := k.origin(b.LHS), k.origin(b.RHS)
	switch {
	case left == mixed || right == mixed:
		return mixed
	case left != partitioned && right != partitioned:
		return max(left, right)
	case b.LHS.Type() == parser.ValueTypeScalar || b.RHS.Type() == parser.ValueTypeScalar:
		if b.LHS.Type() == parser.ValueTypeScalar && left == partitioned || b.RHS.Type() == parser.ValueTypeScalar && right == partitioned {
			return mixed
		}
		return partitioned
	}
	matching := b.VectorMatching
	if matching == nil || slices.Contains(matching.Include, k.label) {
		return mixed
	}
	together := slices.Contains(matching.MatchingLabels, k.label) == matching.On
	switch b.Op {
	case parser.LOR:
		if left == partitioned && right == partitioned && together {
			return partitioned
		}
		return mixed
	case parser.LAND, parser.LUNLESS:
		if left == partitioned && (right != partitioned || together) {
			return partitioned
		}
		return mixed
	}
	if left == partitioned && right == partitioned {
		if together {
			return partitioned
		}
		return mixed
	}
	// A shared side has no tenant label to be matched on: the labels are kept where the
	// customer's side is the one of many.
	if left == partitioned && matching.Card == parser.CardManyToOne || right == partitioned && matching.Card == parser.CardOneToMany {
		return partitioned
	}
	return mixed
}

// literal returns the text of a string argument.
func literal(expr parser.Expr) (string, bool) {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return literal(e.Expr)
	case *parser.StepInvariantExpr:
		return literal(e.Expr)
	case *parser.StringLiteral:
		return e.Val, true
	}
	return "", false
}
