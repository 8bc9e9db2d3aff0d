package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// problem says why something is not proven.
type problem struct{ rule, message, hint string }

// asked is what an expression asks for.
type asked struct {
	selectors int
	// shared lists the allow-listed metrics that are asked for without the customer's matcher.
	shared []string
	// values are the literals that matchers on other labels compare with.
	values []string
	// chosen tells that a viewer's choice stands in the expression.
	chosen bool
}

// expression shows that a query is about the customer only. What it accepts has, whatever a
// viewer chooses, only selectors that name one metric and either hold exactly one matcher on the
// tenant label, an equality with the customer's id, or are of a shared metric.
func (p *Prover) expression(raw string, vars *variables, id string) (asked, *problem) {
	text, bad := vars.render(raw, p.tree.Label)
	if bad != nil {
		return asked{}, bad
	}
	expr, err := p.parser.ParseExpr(text.text)
	if err != nil {
		return asked{}, &problem{rule: "tenancy/query", message: "the query cannot be read: " + err.Error(), hint: "what cannot be read cannot be shown to be scoped"}
	}
	w := exprWalk{p: p, id: id}
	w.chosen = text.chosen
	w.walk(expr)
	if w.bad == nil && strings.Count(raw, reserved) != w.standIns {
		w.bad = &problem{rule: "tenancy/query", message: "the query has a character of U+E000 to U+E03F", hint: "remove it"}
	}
	return w.asked, w.bad
}

type exprWalk struct {
	asked
	p        *Prover
	id       string
	standIns int
	bad      *problem
}

func (w *exprWalk) refuse(rule, hint, format string, a ...any) {
	if w.bad == nil {
		w.bad = &problem{rule: rule, message: fmt.Sprintf(format, a...), hint: hint}
	}
}

// walk visits every node, the parameters of aggregations too.
func (w *exprWalk) walk(n parser.Node) {
	switch n := n.(type) {
	case *parser.VectorSelector:
		w.selector(n)
	case *parser.Call:
		if n.Func.Name == "info" {
			w.refuse("tenancy/query", "join the info metric yourself, with its own matcher", "info() reads the series of target_info of every customer")
		}
	}
	if e, ok := n.(parser.Expr); ok && w.p.writes(e) {
		w.refuse("tenancy/writes-label", "give the other label another name", "%s writes the label %s, so that one customer's figures could bear another's name", construct(e), w.p.tree.Label)
	}
	for child := range parser.ChildrenIter(n) {
		w.walk(child)
	}
}

func construct(e parser.Expr) string {
	switch e := e.(type) {
	case *parser.Call:
		return e.Func.Name
	case *parser.AggregateExpr:
		return e.Op.String()
	}
	return "group_left or group_right"
}

// nameLabel is the label that holds a metric's name.
const nameLabel = "__name__"

// metricName returns the one metric that a selector names.
func metricName(s *parser.VectorSelector) (string, bool) {
	name, count := "", 0
	for _, m := range s.LabelMatchers {
		if m.Name == nameLabel {
			count++
			if m.Type == labels.MatchEqual {
				name = m.Value
			}
		}
	}
	return name, count == 1 && name != ""
}

func (w *exprWalk) selector(s *parser.VectorSelector) {
	w.selectors++
	label := w.p.tree.Label
	name, ok := metricName(s)
	if !ok {
		w.refuse("tenancy/metric", "name the metric", "%s does not name one metric", s)
		return
	}
	var own []*labels.Matcher
	for _, m := range s.LabelMatchers {
		switch {
		case m.Name == label:
			own = append(own, m)
		case strings.Contains(m.Name, reserved):
			w.refuse("tenancy/macro", "write the label itself", "a variable stands in the name of a label")
		case m.Name != nameLabel:
			w.values = append(w.values, m.Value)
			if m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp {
				w.values = append(w.values, strings.FieldsFunc(m.Value, func(c rune) bool { return strings.ContainsRune("|()^$", c) })...)
			}
		}
	}
	if len(own) == 0 {
		if w.p.shared(name) {
			if !slices.Contains(w.asked.shared, name) {
				w.asked.shared = append(w.asked.shared, name)
			}
			return
		}
		w.refuse("tenancy/selector", "add it", "%s has no matcher on %s", s, label)
		return
	}
	if len(own) > 1 {
		w.refuse("tenancy/selector", "keep the customer's own alone", "%s has %d matchers on %s", s, len(own), label)
		return
	}
	if m := own[0]; m.Type != labels.MatchEqual || m.Value != w.id || w.id == "" {
		w.refuse("tenancy/selector", "write "+label+"= and the customer's id", "%s selects by %s instead of the customer's own id", s, m)
		return
	}
	if w.id == standInID {
		w.standIns++
	}
	if !w.p.carries(name) && !w.p.shared(name) {
		w.refuse("tenancy/metric", "add the label to the metric in the catalogue, or keep it in every rule that records it",
			"%s is not known to carry %s on all its series", name, label)
	}
}

// carries tells whether every series of that name is known to bear the tenant label, with the
// customer's own id on what is computed from the customer alone.
func (p *Prover) carries(name string) bool {
	series, exposed := p.tree.Catalogue.Series(name)
	_, recorded := p.tree.Records[name]
	switch {
	case exposed && series.Metric.TenantLabel != p.tree.Label:
		return false
	case recorded:
		return p.keepsLabel(name)
	}
	return exposed
}

// shared tells whether the catalogue allows every customer to see the metric. A rule that records
// under the same name would add to it what nobody allowed.
func (p *Prover) shared(name string) bool {
	series, exposed := p.tree.Catalogue.Series(name)
	_, recorded := p.tree.Records[name]
	return exposed && series.Metric.Shared && !recorded
}

// writes tells whether the node itself can put a value into the tenant label.
func (p *Prover) writes(e parser.Expr) bool {
	label := p.tree.Label
	names := func(arg parser.Expr) bool {
		for {
			inner, ok := arg.(*parser.ParenExpr)
			if !ok {
				break
			}
			arg = inner.Expr
		}
		s, ok := arg.(*parser.StringLiteral)
		return ok && s.Val == label
	}
	switch e := e.(type) {
	case *parser.Call:
		for i, arg := range e.Args {
			reads := i >= 3 && (e.Func.Name == "label_replace" || e.Func.Name == "label_join") ||
				e.Func.Name == "sort_by_label" || e.Func.Name == "sort_by_label_desc"
			if !reads && names(arg) {
				return true
			}
		}
	case *parser.AggregateExpr:
		return e.Op == parser.COUNT_VALUES && e.Param != nil && names(e.Param)
	case *parser.BinaryExpr:
		return e.VectorMatching != nil && slices.Contains(e.VectorMatching.Include, label)
	}
	return false
}
