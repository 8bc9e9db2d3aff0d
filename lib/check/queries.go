package check

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

// surface says what asks a query.
type surface int

// The surfaces of a tree.
const (
	panelSurface surface = iota
	variableSurface
	annotationSurface
	linkSurface
	alertSurface  // of a Grafana-managed alert rule
	recordSurface // a recording rule of Prometheus
	firingSurface // an alert rule of Prometheus
)

// query is one PromQL expression of the tree, wherever it stands.
type query struct {
	document Document
	board    *board // nil outside of dashboards
	surface  surface
	// where names the place for a person, path is its JSON path.
	where, path string
	panel       *dashboard.Panel
	// object is the target, variable, annotation or rule that holds the expression.
	object map[string]any
	// text is the string that holds the expression; the expression starts at the byte start.
	text      string
	start     int
	variables promql.Variables
	source    promql.Query
	// expansions are what Prometheus may see; empty where err is set.
	expansions []promql.Expansion
	analyses   []*series.Analysis
	nodes      []nodes
	err        *promql.SyntaxError
	// form is what a variable's query asks for.
	form promql.VariableQuery
	// malformed says what is wrong with the form of a variable's query.
	malformed string
}

// expansion is one way to read a query, with what follows from it.
type expansion struct {
	*query
	promql.Expansion
	*series.Analysis
	nodes nodes
}

// nodes are the nodes of an expression by type, each list from the outermost on: rules ask
// for them over and over.
type nodes struct {
	selectors    []selected
	aggregations []*parser.AggregateExpr
	operations   []*parser.BinaryExpr
	calls        []*parser.Call
}

// selected is a vector selector and what stands around it.
type selected struct {
	selector *parser.VectorSelector
	around   *around
}

// around is a node of an expression and those around it. An expression may be one long chain,
// so the ways from its selectors to the top share what they have in common.
type around struct {
	node  parser.Node
	outer *around
}

// outwards yields the nodes from the innermost to the whole expression.
func (a *around) outwards() iter.Seq[parser.Node] {
	return func(yield func(parser.Node) bool) {
		for ; a != nil; a = a.outer {
			if !yield(a.node) {
				return
			}
		}
	}
}

// selectors yields every vector selector with what stands around it.
func (e expansion) selectors() iter.Seq2[*parser.VectorSelector, *around] {
	return func(yield func(*parser.VectorSelector, *around) bool) {
		for _, s := range e.nodes.selectors {
			if !yield(s.selector, s.around) {
				return
			}
		}
	}
}

func nodesOf(expr parser.Expr) nodes {
	var all nodes
	all.collect(expr, nil)
	return all
}

func (all *nodes) collect(node parser.Node, outer *around) {
	switch n := node.(type) {
	case *parser.VectorSelector:
		all.selectors = append(all.selectors, selected{n, outer})
	case *parser.AggregateExpr:
		all.aggregations = append(all.aggregations, n)
	case *parser.BinaryExpr:
		all.operations = append(all.operations, n)
	case *parser.Call:
		all.calls = append(all.calls, n)
	}
	inside := &around{node, outer}
	for child := range parser.ChildrenIter(node) {
		all.collect(child, inside)
	}
}

// each calls visit for every expansion of every query and returns what it found, each finding
// once, however many expansions have it.
func (s *subject) each(visit func(expansion) []finding) []finding {
	var found []finding
	for _, q := range s.queries {
		seen := map[string]bool{}
		for i, e := range q.expansions {
			for _, f := range visit(expansion{q, e, q.analyses[i], q.nodes[i]}) {
				key := f.message
				if f.query != nil {
					key = fmt.Sprintf("%s\x00%d\x00%d", key, f.query.Start, f.query.End)
				}
				if !seen[key] {
					seen[key] = true
					found = append(found, f)
				}
			}
		}
	}
	return found
}

// at is a failure at a part of the expression.
func (e expansion) at(part posrange.PositionRange, message, hint string) finding {
	start, end := e.Original(part)
	return e.query.at(start, end, message, hint)
}

// at is a failure at the bytes from start to end of the expression.
func (q *query) at(start, end int, message, hint string) finding {
	f := finding{
		document: q.document, severity: diagnostic.Error, where: q.where, path: q.path, panel: q.panel,
		query:   &diagnostic.Query{Expression: q.text, Start: q.start + start, End: q.start + end},
		message: message, hint: hint,
	}
	for _, text := range []string{q.source.Text[start:end], q.text} {
		if text = strings.TrimSpace(text); text != "" {
			f.texts = append(f.texts, text)
		}
	}
	if q.panel != nil {
		f.texts = append(f.texts, q.panel.Title())
	}
	return f
}

// word is the place of a whole word inside a part of the expansion, outside of strings; the
// whole part where the word does not stand there.
func (e expansion) word(word string, within posrange.PositionRange) posrange.PositionRange {
	text := e.Text[within.Start:min(int(within.End), len(e.Text))]
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.HasPrefix(text[i:], word) && !isWord(before(text, i)) && !isWord(before(text, i+len(word)+1)):
			start := within.Start + posrange.Pos(i)
			return posrange.PositionRange{Start: start, End: start + posrange.Pos(len(word))}
		}
	}
	return within
}

func before(text string, at int) byte {
	if at < 1 || at > len(text) {
		return 0
	}
	return text[at-1]
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// collectQueries finds every Prometheus expression of the tree and reads it.
func (s *subject) collectQueries() {
	for i := range s.dashboards {
		s.dashboardQueries(&s.dashboards[i])
	}
	s.alertQueries()
	s.ruleQueries()
}

func (s *subject) dashboardQueries(b *board) {
	variables := variablesOf(b.Dashboard)
	for _, d := range b.Queries() {
		kind := b.DatasourceType(d.Datasource, s.typeByName)
		if !speaksPromQL(kind) && kind != "" {
			s.passedOver++
			continue
		}
		q := &query{
			document: b.Document, board: b, where: d.String(), path: d.Path, panel: d.Panel, object: d.Object,
			text: d.Text, variables: variables,
			surface: map[dashboard.Surface]surface{
				dashboard.Target: panelSurface, dashboard.Variable: variableSurface,
				dashboard.Annotation: annotationSurface, dashboard.Link: linkSurface,
			}[d.Surface],
		}
		if kind == "" && !strings.HasSuffix(d.Path, ".expr") && d.Surface != dashboard.Variable && d.Surface != dashboard.Link {
			s.passedOver++ // nothing says that this is PromQL
			continue
		}
		q.read()
		if kind == "" && (q.err != nil || q.malformed != "") && looksForeign(d.Text) {
			s.passedOver++
			continue
		}
		s.queries = append(s.queries, q)
	}
}

// looksForeign tells whether an expression that is no PromQL seems to be LogQL or SQL, where
// nothing tells the data source's type.
func looksForeign(text string) bool {
	upper := strings.ToUpper(strings.TrimSpace(text))
	return strings.Contains(text, "|") || strings.HasPrefix(upper, "SELECT ") || strings.HasPrefix(upper, "SHOW ") || strings.HasPrefix(text, "{")
}

// speaksPromQL tells whether a data source's type is answered in PromQL.
func speaksPromQL(kind string) bool {
	return dashboard.SpeaksPromQL(kind)
}

// typeByName returns the type of a provisioned data source by uid or name; the empty name
// asks for the default one. "" where nothing is known.
func (s *subject) typeByName(name string) string {
	sources := items(s.datasources, "datasources")
	for _, source := range sources {
		switch {
		case name != "" && (source.text("uid") == name || source.text("name") == name):
			return source.text("type")
		case name == "" && source.json["isDefault"] == true:
			return source.text("type")
		}
	}
	return ""
}

// name is the query's refId, or its place in the list of queries where it has none.
func (q *query) name() string { return nameOrPlace(textAt(q.object, "refId"), q.path) }

// nameOrPlace returns a refId, or the place, counted from 1, that a path's last index tells.
func nameOrPlace(ref, path string) string {
	open, end := strings.LastIndexByte(path, '['), strings.LastIndexByte(path, ']')
	if ref != "" || open < 0 || end < open {
		return ref
	}
	index, err := strconv.Atoi(path[open+1 : end])
	if err != nil {
		return ref
	}
	return strconv.Itoa(index + 1)
}

// read takes the query's text apart and parses it.
func (q *query) read() {
	expression := q.text
	if q.surface == variableSurface {
		form, err := promql.ParseVariableQuery(q.text)
		if err != nil {
			q.malformed = err.Error()
			return
		}
		q.form = form
		if form.Kind == promql.MetricNames {
			return // a regular expression of names
		}
		expression, q.start = form.Expr, form.Start
	}
	q.source = promql.Scan(expression)
	if strings.TrimSpace(expression) == "" {
		return
	}
	expansions, err := q.source.Expand(q.variables)
	if err != nil {
		q.err = syntaxError(err)
		return
	}
	q.expansions = q.telling(expansions)
}

// mostAlike bounds how many expansions are followed that differ in texts only.
const mostAlike = 32

// telling leaves out expansions that have nothing new to say: hundreds of options that fill
// the same text of a matcher all parse, and the same is inferred of each. The last one holds
// all values at once.
func (q *query) telling(expansions []promql.Expansion) []promql.Expansion {
	if len(expansions) <= mostAlike || slices.ContainsFunc(q.source.Macros, func(m promql.Macro) bool {
		return m.Hole != promql.Text && m.Hole != promql.Comment && !promql.IsGlobal(m.Name)
	}) {
		return expansions
	}
	return append(slices.Clone(expansions[:mostAlike-1]), expansions[len(expansions)-1])
}

func syntaxError(err error) *promql.SyntaxError {
	if e, ok := err.(*promql.SyntaxError); ok {
		return e
	}
	return &promql.SyntaxError{Message: err.Error()}
}

// alertQueries reads the queries of Grafana-managed alert rules. Grafana fills in its global
// variables there and no others.
func (s *subject) alertQueries() {
	for _, rule := range alertRules(s) {
		for _, data := range rule.within("data") {
			model, _ := data.json["model"].(map[string]any)
			expression, ok := model["expr"].(string)
			if !ok {
				continue
			}
			kind := s.typeByName(data.text("datasourceUid"))
			if declared, _ := model["datasource"].(map[string]any); kind == "" && declared != nil {
				kind, _ = declared["type"].(string)
			}
			if kind != "" && !speaksPromQL(kind) {
				s.passedOver++
				continue
			}
			q := &query{
				document: rule.document, surface: alertSurface, path: data.where + ".model.expr", object: rule.json, text: expression,
				where: fmt.Sprintf("alert rule %q, query %s", cmp.Or(rule.text("title"), rule.where), nameOrPlace(data.text("refId"), data.where)),
			}
			q.read()
			s.queries = append(s.queries, q)
		}
	}
}

// ruleQueries reads the rules of Prometheus, where no macro means anything.
func (s *subject) ruleQueries() {
	for _, rule := range s.prometheusRules() {
		q := &query{document: rule.document, surface: recordSurface, path: rule.where + ".expr", object: rule.json, text: fmt.Sprint(orNothing(rule.json["expr"]))}
		q.where = fmt.Sprintf("recording rule %q", rule.text("record"))
		if rule.text("alert") != "" {
			q.surface, q.where = firingSurface, fmt.Sprintf("alert rule %q", rule.text("alert"))
		}
		q.source = promql.Query{Text: q.text}
		expansions, err := q.source.Expand(nil)
		if err != nil {
			q.err = syntaxError(err)
		}
		q.expansions = expansions
		s.queries = append(s.queries, q)
	}
}

// prometheusRules returns the rules of Prometheus' rule files, each with the labels that its
// group puts on it (Prometheus 3).
func (s *subject) prometheusRules() []item {
	var rules []item
	for _, group := range items(s.prometheus, "groups") {
		for _, rule := range group.within("rules") {
			if rule.text("record") != "" || rule.text("alert") != "" {
				if shared := objectOf(group.json["labels"]); len(shared) > 0 {
					labels := maps.Clone(shared)
					maps.Copy(labels, objectOf(rule.json["labels"]))
					rule.json = maps.Clone(rule.json)
					rule.json["labels"] = labels
				}
				rules = append(rules, rule)
			}
		}
	}
	return rules
}

// variablesOf returns what a dashboard's variables can stand for.
func variablesOf(d dashboard.Dashboard) promql.Variables { return d.PromQLVariables() }
