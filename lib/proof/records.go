package proof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Record is one recording rule.
type Record struct {
	Name, Expr string
	// Labels are those that the rule sets on what it records.
	Labels map[string]string
}

// ReadRules returns the recording rules of a file for Prometheus, by name. One without groups
// has none.
func ReadRules(data []byte) (map[string][]Record, error) {
	doc, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	rules := map[string][]Record{}
	groups := doc.get("groups")
	if groups == nil || groups.kind == null {
		return rules, nil
	}
	if groups.kind != list {
		return nil, fmt.Errorf("no list of groups")
	}
	for _, g := range groups.items {
		found := g.get("rules")
		if found == nil {
			continue
		}
		for _, r := range found.items {
			name, ok := r.get("record").string()
			if !ok {
				continue
			}
			record := Record{Name: name, Labels: map[string]string{}}
			// A rule without a readable expression is kept: it then carries no label at all.
			record.Expr, _ = r.get("expr").string()
			// The labels of a group are put on each of its rules (Prometheus 3).
			for _, labels := range []*node{g.get("labels"), r.get("labels")} {
				if labels == nil {
					continue
				}
				for i, k := range labels.keys {
					record.Labels[k] = labels.items[i].text
				}
			}
			rules[name] = append(rules[name], record)
		}
	}
	return rules, nil
}

// otherInYAML are what JSON and YAML may read differently: control characters, line ends beyond
// ASCII and a byte order mark, which YAML folds, drops or refuses, tabs, escaped surrogates.
var otherInYAML = func() []string {
	list := []string{"\t", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", `\ud`, `\uD`}
	for r := rune(0x7f); r <= 0x9f; r++ {
		list = append(list, string(r))
	}
	return list
}()

// parseYAML reads one YAML document into nodes. Duplicate keys, aliases, anchors, merge keys,
// tags and a second document are refused: each is a way to say one thing and mean another.
//
// What is JSON as well, and says the same in both, is read as JSON, which is much faster.
func parseYAML(data []byte) (*node, error) {
	if !slices.ContainsFunc(otherInYAML, func(text string) bool { return bytes.Contains(data, []byte(text)) }) {
		if n, err := parseJSON(data); err == nil {
			return n, nil
		}
	}
	return readYAML(data)
}

func readYAML(data []byte) (*node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	if err := decoder.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one document")
	}
	if !utf8.Valid(data) || len(doc.Content) != 1 {
		return nil, fmt.Errorf("not one document in UTF-8")
	}
	return fromYAML(doc.Content[0], 0)
}

func fromYAML(y *yaml.Node, depth int) (*node, error) {
	at := func(format string, a ...any) error {
		return fmt.Errorf("line %d: %s", y.Line, fmt.Sprintf(format, a...))
	}
	if depth > maxDepth {
		return nil, at("nested deeper than %d", maxDepth)
	}
	if y.Anchor != "" || y.Kind == yaml.AliasNode || y.Style&yaml.TaggedStyle != 0 {
		return nil, at("anchors, aliases and tags are refused")
	}
	switch y.Kind {
	case yaml.MappingNode:
		n := &node{kind: object}
		for i := 0; i+1 < len(y.Content); i += 2 {
			k := y.Content[i]
			if k.Kind != yaml.ScalarNode || k.ShortTag() != "!!str" || k.Anchor != "" || k.Style&yaml.TaggedStyle != 0 {
				return nil, at("a key that is not a plain string")
			}
			if slices.Contains(n.keys, k.Value) {
				return nil, at("the key %q occurs twice", k.Value)
			}
			v, err := fromYAML(y.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			n.keys, n.items = append(n.keys, k.Value), append(n.items, v)
		}
		return n, nil
	case yaml.SequenceNode:
		n := &node{kind: list}
		for _, item := range y.Content {
			v, err := fromYAML(item, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, v)
		}
		return n, nil
	case yaml.ScalarNode:
		kinds := map[string]kind{"!!str": text, "!!int": number, "!!float": number, "!!bool": boolean, "!!null": null, "!!timestamp": text}
		k, ok := kinds[y.ShortTag()]
		if !ok {
			return nil, at("a value of the kind %s", y.ShortTag())
		}
		return &node{kind: k, text: y.Value}, nil
	}
	return nil, at("not YAML that the proof reads")
}

// keepsLabel tells whether every rule of that name keeps the tenant label through every step: no
// series that it records under a customer's label is computed from what is not that customer's.
func (p *Prover) keepsLabel(name string) bool {
	if kept, known := p.kept[name]; known {
		return kept
	}
	// A record that is computed from itself keeps nothing.
	p.kept[name] = false
	rules := p.tree.Records[name]
	kept := len(rules) > 0
	for _, r := range rules {
		_, writes := r.Labels[p.tree.Label]
		expr, err := p.parser.ParseExpr(r.Expr)
		if writes || err != nil || !p.keeps(expr) {
			kept = false
			break
		}
	}
	p.kept[name] = kept
	return kept
}

// keeps tells whether each series of the result carries the label of the one customer from whose
// series it is computed.
func (p *Prover) keeps(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		name, ok := metricName(e)
		return ok && p.carries(name)
	case *parser.MatrixSelector:
		return p.keeps(e.VectorSelector)
	case *parser.SubqueryExpr:
		return p.keeps(e.Expr)
	case *parser.ParenExpr:
		return p.keeps(e.Expr)
	case *parser.UnaryExpr:
		return p.keeps(e.Expr)
	case *parser.StepInvariantExpr:
		return p.keeps(e.Expr)
	case *parser.AggregateExpr:
		// topk and its like keep all labels but choose among all customers' series, so that they
		// too must be grouped.
		grouped := slices.Contains(e.Grouping, p.tree.Label) != e.Without
		return grouped && p.keeps(e.Expr) && (e.Param == nil || p.constant(e.Param)) && !p.writes(e)
	case *parser.Call:
		return p.callKeeps(e)
	case *parser.BinaryExpr:
		return p.binaryKeeps(e)
	}
	return false
}

func (p *Prover) callKeeps(e *parser.Call) bool {
	if !perSeries[e.Func.Name] || p.writes(e) {
		return false
	}
	vectors := 0
	for _, arg := range e.Args {
		switch arg.Type() {
		case parser.ValueTypeVector, parser.ValueTypeMatrix:
			vectors++
			if !p.keeps(arg) {
				return false
			}
		default:
			if !p.constant(arg) {
				return false
			}
		}
	}
	return vectors > 0
}

func (p *Prover) binaryKeeps(e *parser.BinaryExpr) bool {
	if e.VectorMatching == nil || e.LHS.Type() == parser.ValueTypeScalar || e.RHS.Type() == parser.ValueTypeScalar {
		vector, scalar := e.LHS, e.RHS
		if vector.Type() == parser.ValueTypeScalar {
			vector, scalar = scalar, vector
		}
		return vector.Type() == parser.ValueTypeVector && p.constant(scalar) && p.keeps(vector)
	}
	m := e.VectorMatching
	matched := slices.Contains(m.MatchingLabels, p.tree.Label) == m.On
	filled := m.FillValues.LHS != nil || m.FillValues.RHS != nil
	return matched && !filled && !p.writes(e) && p.keeps(e.LHS) && p.keeps(e.RHS)
}

// constant tells whether an expression asks for no series.
func (p *Prover) constant(e parser.Node) bool {
	if _, asks := e.(*parser.VectorSelector); asks {
		return false
	}
	for child := range parser.ChildrenIter(e) {
		if !p.constant(child) {
			return false
		}
	}
	return true
}

// perSeries lists the functions that compute each series of the result from one series of the
// argument (or, as the histogram functions, from series that differ in le alone) and keep its
// labels.
var perSeries = func() map[string]bool {
	names := []string{
		"abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "avg_over_time", "ceil", "changes",
		"clamp", "clamp_max", "clamp_min", "cos", "cosh", "count_over_time", "day_of_month", "day_of_week",
		"day_of_year", "days_in_month", "deg", "delta", "deriv", "double_exponential_smoothing", "exp", "floor",
		"histogram_avg", "histogram_count", "histogram_fraction", "histogram_quantile", "histogram_quantiles",
		"histogram_stddev", "histogram_stdvar", "histogram_sum", "holt_winters", "hour", "idelta", "increase",
		"irate", "label_join", "label_replace", "last_over_time", "ln", "log10", "log2", "mad_over_time",
		"max_over_time", "min_over_time", "minute", "month", "predict_linear", "present_over_time",
		"quantile_over_time", "rad", "rate", "resets", "round", "sgn", "sin", "sinh", "sort", "sort_by_label",
		"sort_by_label_desc", "sort_desc", "sqrt", "stddev_over_time", "stdvar_over_time", "sum_over_time",
		"tan", "tanh", "timestamp", "year",
	}
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}()
