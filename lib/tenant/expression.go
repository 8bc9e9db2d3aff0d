package tenant

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
	"github.com/prometheus/prometheus/util/strutil"

	"github.com/dashc/dashc/lib/promql"
)

// edit replaces the bytes from start to end of an expression by before, the customer's id as
// a PromQL string where id is set, and after.
type edit struct {
	start, end int
	before     string
	id         bool
	after      string
}

// text is what the edit puts in.
func (e edit) text(value string) string {
	if !e.id {
		return e.before + e.after
	}
	return e.before + value + e.after
}

// spliced applies the edits with the id written as value.
func spliced(text string, edits []edit, value string) (string, error) {
	list := make([]promql.Edit, len(edits))
	for i, e := range edits {
		list[i] = promql.Edit{Start: e.start, End: e.end, Text: e.text(value)}
	}
	return promql.Splice(text, list)
}

// surroundings are what Grafana knows when it fills in the macros of an expression.
type surroundings struct {
	variables promql.Variables
	// preset are the values of variables that the dashboard itself brings along, beside the
	// options that promql.Variables knows.
	preset map[string][]string
}

// reading is what became known of an expression.
type reading struct {
	edits []edit
	// lacking says of each metric that nobody may be shown why; such an expression is not scoped.
	lacking []string
	// notes are constructs that mean something else for one customer.
	notes []string
	// single is set where every expansion is one selector and nothing else.
	single bool
}

// reader reads one expression in all its expansions.
type reader struct {
	*known
	around surroundings
	query  promql.Query
	result reading
}

// read finds the edits that scope an expression. What keeps it from being scoped is a problem.
func (k *known) read(text string, around surroundings) (*reading, *problem) {
	r := reader{known: k, around: around, query: promql.Scan(text)}
	if p := r.macros(); p != nil {
		return nil, p
	}
	expansions, err := r.query.Expand(around.variables)
	if err != nil {
		return nil, unreadable(err)
	}
	r.result.single = true
	var last *problem
	for i, e := range expansions {
		edits, p := r.expansion(e)
		switch {
		case p != nil:
			last = p
		case i > 0 && last == nil && len(r.result.lacking) == 0 && !slices.Equal(edits, r.result.edits):
			last = &problem{0, len(text), "the values of a variable change which metrics the expression asks", "write the selectors without variables"}
		case i == 0:
			r.result.edits = edits
		}
	}
	if len(r.result.lacking) > 0 {
		return &r.result, nil // it is left out, whatever else is wrong with it
	}
	return &r.result, last
}

func unreadable(err error) *problem {
	p := &problem{message: err.Error(), hint: "correct the expression"}
	var at *promql.SyntaxError
	if errors.As(err, &at) {
		p.start, p.end = at.Start, at.End
		if at.Expanded != "" {
			p.hint = "as Prometheus would see it: " + at.Expanded
		}
	}
	return p
}

// mostValues bounds the values of one variable: all of them are looked at.
const mostValues = 400

// numbers are the global variables that are numbers or durations.
var numbers = map[string]bool{
	"__interval": true, "__rate_interval": true, "__range": true, "__interval_ms": true, "__rate_interval_ms": true,
	"__range_s": true, "__range_ms": true, "__from": true, "__to": true,
}

// macros refuses the macros whose values could change where the selectors of an expression are:
// those that stand for more than a value, and are filled in only when somebody looks.
func (r *reader) macros() *problem {
	for _, m := range r.query.Macros {
		variable, defined := r.around.variables[m.Name]
		global := !defined && promql.IsGlobal(m.Name)
		fixed := global && numbers[m.Name] || len(variable.Values) > 0
		at := func(message, hint string) *problem { return &problem{m.Start, m.End, message, hint} }
		if len(variable.Values) > mostValues || len(variable.Values)*len(r.query.Text) > 1<<20 {
			return at(fmt.Sprintf("the variable %q has too many values to look at them all", m.Name), "use a query variable")
		}
		switch m.Hole {
		case promql.Text:
			if p := r.texts(m, variable); p != nil {
				return p
			}
		case promql.String, promql.MatcherList, promql.LabelName:
		case promql.Duration, promql.DurationPart, promql.Number:
		case promql.Comment:
			if !global {
				return at("a variable in a comment can end the comment", "take it out of the comment")
			}
		case promql.NameHole:
			return at("the metric is chosen by a variable, so that nothing says whether it carries "+r.label, "write the metric's name")
		default:
			if !fixed {
				return at(fmt.Sprintf("the variable stands for %s, and only Grafana knows its value", m.Hole), "write out what it stands for, or use a custom variable")
			}
		}
	}
	return nil
}

// texts refuses values that would end the string that they stand in. Which of them Grafana
// escapes depends on its version and on the format.
func (r *reader) texts(m promql.Macro, variable promql.Variable) *problem {
	values := r.around.preset[m.Name]
	if variable.AllValue != "" {
		values = append(slices.Clone(values), variable.AllValue)
	}
	for _, value := range values {
		if !staysInside(value, m.Quote) {
			return &problem{m.Start, m.End, fmt.Sprintf("the variable %q has the value %q, which can end the string that it stands in", m.Name, value), "change the variable's value"}
		}
	}
	return nil
}

// staysInside tells whether a value cannot end a string of that quote.
func staysInside(value string, quote byte) bool {
	if strings.IndexByte(value, quote) >= 0 && quote == '`' {
		return false
	}
	if quote == '`' {
		return true
	}
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case quote, '\n':
			return false
		case '\\':
			if i++; i == len(value) {
				return false // it would escape what follows
			}
		}
	}
	return true
}

// expansion finds the edits of one expansion.
func (r *reader) expansion(e promql.Expansion) ([]edit, *problem) {
	x := expanded{reader: r, Expansion: e, tokens: tokens(e.Text)}
	if p := x.tame(); p != nil {
		return nil, p
	}
	_, single := e.Expr.(*parser.VectorSelector)
	r.result.single = r.result.single && single
	var first *problem
	parser.Inspect(e.Expr, func(node parser.Node, _ []parser.Node) error {
		if p := x.node(node); p != nil && first == nil {
			first = p
		}
		return nil
	})
	return x.edits, first
}

// tokens are the tokens of a text, without comments.
func tokens(text string) []parser.Item {
	var all []parser.Item
	lexer := parser.Lex(text)
	for {
		var item parser.Item
		lexer.NextItem(&item)
		if item.Typ == parser.EOF || item.Typ == parser.ERROR {
			return all
		}
		if item.Typ != parser.COMMENT {
			all = append(all, item)
		}
	}
}

// expanded is one expansion with its tokens.
type expanded struct {
	*reader
	promql.Expansion
	tokens []parser.Item
	edits  []edit
}

func start(item parser.Item) int { return int(item.Pos) }
func end(item parser.Item) int   { return int(item.Pos) + len(item.Val) }

// tame refuses values that are more than what the hole is for, so that every combination of
// values has the same selectors in the same places.
func (x *expanded) tame() *problem {
	for i, m := range x.query.Macros {
		from, to := x.Value(i)
		if m.Hole != promql.Comment && !x.fits(m, from, to) {
			return &problem{m.Start, m.End, fmt.Sprintf("the variable %q has the value %q, which is more than %s", m.Name, x.Text[from:to], m.Hole), "write that part of the expression without a variable"}
		}
	}
	return nil
}

func (x *expanded) fits(m promql.Macro, from, to int) bool {
	value := x.Text[from:to]
	switch m.Hole {
	case promql.Text:
		t, ok := x.token(from)
		return ok && staysInside(value, m.Quote) && t.Typ == parser.STRING && start(t) < from && to < end(t)
	case promql.String:
		t, ok := x.token(from)
		return ok && t.Typ == parser.STRING && start(t) == from && to == end(t)
	case promql.MatcherList:
		return x.matchers(from, to)
	}
	return !strings.ContainsAny(value, "{}[]\"'`#\n\r") && balanced(value)
}

// token returns the last token that starts at or before a position.
func (x *expanded) token(at int) (parser.Item, bool) {
	i, found := slices.BinarySearchFunc(x.tokens, at, func(t parser.Item, at int) int { return start(t) - at })
	if !found {
		i--
	}
	if i < 0 {
		return parser.Item{}, false
	}
	return x.tokens[i], true
}

// matchers tells whether a value is whole tokens, all of them parts of matchers.
func (x *expanded) matchers(from, to int) bool {
	if strings.TrimSpace(x.Text[from:to]) == "" {
		return !strings.ContainsAny(x.Text[from:to], "\n")
	}
	at := from
	for _, t := range x.tokens {
		if end(t) <= from || start(t) >= to {
			continue
		}
		if start(t) < from || end(t) > to || strings.TrimSpace(x.Text[at:start(t)]) != "" {
			return false
		}
		switch t.Typ {
		case parser.IDENTIFIER, parser.STRING, parser.COMMA, parser.EQL, parser.NEQ, parser.EQL_REGEX, parser.NEQ_REGEX:
			at = end(t)
		default:
			return false
		}
	}
	return strings.TrimSpace(x.Text[at:to]) == ""
}

func balanced(text string) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

func (x *expanded) node(node parser.Node) *problem {
	switch n := node.(type) {
	case *parser.VectorSelector:
		return x.selector(n)
	case *parser.Call:
		return x.call(n)
	case *parser.AggregateExpr:
		if n.Op == parser.COUNT_VALUES {
			return x.writes(n.Param, "count_values")
		}
	case *parser.BinaryExpr:
		return x.operation(n)
	}
	return nil
}

func (x *expanded) note(text string) {
	if !slices.Contains(x.result.notes, text) {
		x.result.notes = append(x.result.notes, text)
	}
}

func (x *expanded) call(c *parser.Call) *problem {
	switch {
	case rewriters[c.Func.Name]:
		return x.writes(c.Args[1], c.Func.Name)
	case c.Func.Name == "info":
		return x.at(c.PosRange, "info() asks metrics that no selector names", "join the info metric with group_left")
	case c.Func.Name == "absent" || c.Func.Name == "absent_over_time":
		x.note(c.Func.Name + "() says of a customer without data that it is absent")
	}
	return nil
}

// writes refuses an argument that names the label to write, where that is the tenant label or
// could be.
func (x *expanded) writes(expr parser.Expr, function string) *problem {
	text, ok := literal(expr)
	if at := expr.PositionRange(); !ok || len(x.MacrosIn(at)) > 0 || promql.Unknown(text) {
		return x.at(at, function+" writes a label that a variable chooses", "write the label's name")
	} else if text == x.label {
		return x.at(at, fmt.Sprintf("%s writes the label %s, which names the customer", function, x.label), "write another label")
	}
	return nil
}

func (x *expanded) operation(b *parser.BinaryExpr) *problem {
	if b.Op == parser.LOR {
		if c, ok := unwrapped(b.RHS).(*parser.Call); ok && c.Func.Name == "vector" {
			x.note("or vector() shows its value for a customer without data")
		}
	}
	if b.VectorMatching == nil {
		return nil
	}
	for _, name := range b.VectorMatching.Include {
		if name == x.label || promql.Unknown(name) {
			return x.at(b.PositionRange(), fmt.Sprintf("group_left or group_right takes over %s, which may name another customer", included(name)), "leave it out, or match on it")
		}
	}
	return nil
}

func included(name string) string {
	if promql.Unknown(name) {
		return "a label that a variable chooses"
	}
	return "the label " + name
}

func unwrapped(expr parser.Expr) parser.Expr {
	for {
		switch e := expr.(type) {
		case *parser.ParenExpr:
			expr = e.Expr
		case *parser.StepInvariantExpr:
			expr = e.Expr
		default:
			return expr
		}
	}
}

func (x *expanded) at(part posrange.PositionRange, message, hint string) *problem {
	from, to := x.Original(part)
	return &problem{from, to, message, hint}
}

// selector finds the edits of one selector.
func (x *expanded) selector(s *parser.VectorSelector) *problem {
	if s.BypassEmptyMatcherCheck {
		return nil // the second argument of info, which is refused
	}
	first, ok := slices.BinarySearchFunc(x.tokens, int(s.PosRange.Start), func(t parser.Item, at int) int { return start(t) - at })
	if !ok {
		return x.at(s.PosRange, "the selector's place in the expression cannot be found", "write it in a simpler way")
	}
	open := first
	if x.tokens[first].Typ != parser.LEFT_BRACE {
		if p := x.written(x.tokens[first], "the metric is chosen by a variable, so that nothing says whether it carries "+x.label); p != nil {
			return p
		}
		open++
	}
	braces := open < len(x.tokens) && x.tokens[open].Typ == parser.LEFT_BRACE
	list, closing := x.matcherTokens(open, braces)
	for _, m := range list {
		if m.name == metricName && len(x.MacrosIn(m.value.PositionRange())) > 0 {
			return x.at(m.value.PositionRange(), "the metric is chosen by a variable, so that nothing says whether it carries "+x.label, "write the metric's name")
		}
	}
	lacking, scope, p := x.standing(s)
	switch {
	case p != nil:
		return p
	case lacking != "":
		if !slices.Contains(x.result.lacking, lacking) {
			x.result.lacking = append(x.result.lacking, lacking)
		}
		return nil
	case !scope:
		return x.unscoped(list)
	case !braces:
		_, at := x.Original(x.tokens[first].PositionRange())
		x.edits = append(x.edits, edit{at, at, "{" + x.labelName() + "=", true, "}"})
		return nil
	}
	return x.inBraces(x.tokens[open], x.tokens[closing], list)
}

// standing looks the selected metrics up: why they cannot be shown, or whether they are to be scoped.
func (x *expanded) standing(s *parser.VectorSelector) (lacking string, scope bool, p *problem) {
	names, exact := x.named(s.LabelMatchers)
	if len(names) == 0 {
		return "", false, x.at(s.PosRange, "no metric of the catalogue has such a name", "name the metric, or correct the pattern")
	}
	all := map[standing]bool{}
	for _, name := range names {
		v := x.metric(name)
		switch {
		case v.refused != "":
			return "", false, x.at(s.PosRange, v.refused, "let the rule keep the label instead of writing it")
		case v.standing == lacks && exact:
			return v.reason, false, nil
		case v.standing == lacks:
			return "", false, x.at(s.PosRange, "the selector may select series without the label "+x.label+": "+v.reason, "name the metrics")
		}
		all[v.standing] = true
	}
	if len(all) > 1 {
		return "", false, x.at(s.PosRange, "the selector may select both shared metrics and those of customers", "name the metrics")
	}
	return "", all[carries], nil
}

// unscoped refuses a shared metric that is asked by the tenant label, which it does not carry.
func (x *expanded) unscoped(list []matcher) *problem {
	for _, m := range list {
		if m.name == x.label {
			return x.at(m.value.PositionRange(), "the metric is shared and does not carry "+x.label, "take the matcher out")
		}
	}
	return nil
}

// written refuses a token that is not in the text as written.
func (x *expanded) written(t parser.Item, message string) *problem {
	from, to := x.Original(t.PositionRange())
	if x.query.Text[from:to] != t.Val {
		return &problem{from, to, message, "write it without a variable"}
	}
	return nil
}

// check reads a scoped expression anew: in every expansion each selector has exactly one
// matcher on the tenant label, with the value of the customer, or selects shared metrics.
func (k *known) check(text string, around surroundings, id string) *problem {
	expansions, err := promql.Scan(text).Expand(around.variables)
	if err != nil {
		return unreadable(err)
	}
	for _, e := range expansions {
		for _, s := range promql.Selectors(e.Expr) {
			if !k.scoped(s, id) {
				from, to := e.Original(s.PosRange)
				return &problem{from, to, "the scoped expression has a selector that is not scoped: " + text, "this is a defect of dashc; please report the expression"}
			}
		}
	}
	return nil
}

func (k *known) scoped(s *parser.VectorSelector, id string) bool {
	n, right := 0, false
	for _, m := range s.LabelMatchers {
		if m.Name == k.label {
			n++
			right = m.Type == labels.MatchEqual && m.Value == id
		}
	}
	if n > 0 {
		return n == 1 && right
	}
	names, _ := k.named(s.LabelMatchers)
	for _, name := range names {
		if k.metric(name).standing != shared {
			return false
		}
	}
	return len(names) > 0
}

// scope returns the expression for one customer, whose id is written as value.
func (k *known) scope(text string, r *reading, around surroundings, value string) (string, *problem) {
	result, err := spliced(text, r.edits, value)
	if err != nil {
		return "", &problem{0, len(text), err.Error(), "this is a defect of dashc; please report the expression"}
	}
	id, err := strutil.Unquote(value)
	if err != nil {
		return "", &problem{0, len(text), "the customer's id cannot be written in PromQL", "this is a defect of dashc; please report the id"}
	}
	return result, k.check(result, around, id)
}
