package tenant

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/promql"
)

// variables scopes the template variables, and takes out those that choose customers.
func (s *scoping) variables() {
	list, ok := objectAt(s.board, "templating")["list"].([]any)
	if !ok {
		return
	}
	kept := make([]any, 0, len(list))
	gone := map[string]string{}
	for _, item := range list {
		variable, _ := item.(map[string]any)
		name := textAt(variable, "name")
		if variable == nil || s.tenant[name] || s.pinned[name] {
			continue
		}
		problems := len(s.found)
		if reason := s.variable(variable, fmt.Sprintf("variable %q", name)); reason != "" {
			s.found = s.found[:problems]
			gone[name] = reason
			continue
		}
		kept = append(kept, variable)
		s.chosenIn(variable, fmt.Sprintf("variable %q", name))
	}
	objectAt(s.board, "templating")["list"] = kept
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		where := fmt.Sprintf("variable %q", name)
		if s.mentionsVariable(s.board, name) {
			s.fail(where, "the variable cannot be scoped, and is used: "+gone[name], "let it ask metrics that carry "+s.label)
			continue
		}
		s.drop(where, 0, gone[name])
	}
}

// chosenIn refuses a variable that depends on one that chooses customers in another way than by
// a matcher of its query.
func (s *scoping) chosenIn(variable map[string]any, where string) {
	for _, key := range slices.Sorted(maps.Keys(variable)) {
		if key == "label" || key == "description" {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(s.tenant)) {
			if s.tenant[name] && s.mentionsVariable(variable[key], name) {
				s.fail(where, fmt.Sprintf("it depends on the variable %q, which chooses customers", name), "take that out")
			}
		}
	}
}

// variable scopes one variable, or says why it cannot be shown.
func (s *scoping) variable(variable map[string]any, where string) (reason string) {
	switch textAt(variable, "type") {
	case "adhoc", "groupby":
		if len(listAt(variable, "filters"))+len(listAt(variable, "baseFilters")) > 0 {
			s.fail(where, "filters of the dashboard cannot be kept, because their lists show the labels of all customers", "write them into the queries")
		}
		return "its lists show the labels of all customers"
	case "query":
	case "custom", "constant", "textbox", "interval", "datasource", "switch", "system":
		return ""
	default:
		return fmt.Sprintf("nothing is known of variables of the type %q", textAt(variable, "type"))
	}
	if kind := s.kind(dashboard.MentionOf(variable["datasource"])); kind != "" && !dashboard.SpeaksPromQL(kind) {
		return fmt.Sprintf("it asks a data source of the type %s, not Prometheus", kind)
	}
	holder := variable
	if object := objectAt(variable, "query"); object != nil {
		holder = object
		for key := range object { // what the editor keeps beside it
			if key != "query" && key != "refId" && key != "qryType" {
				delete(object, key)
			}
		}
	}
	text, ok := holder["query"].(string)
	if !ok || strings.TrimSpace(text) == "" {
		return "it has no query that could be scoped"
	}
	scoped, reason := s.variableQuery(text, where)
	if reason != "" {
		return reason
	}
	holder["query"] = scoped
	s.pin(variable, dashboard.MentionOf(variable["datasource"]))
	s.forget(variable, scoped)
	return ""
}

// forget takes out the values that a variable had when it was saved: they may be others'.
func (s *scoping) forget(variable map[string]any, query string) {
	if variable["definition"] != nil {
		variable["definition"] = query
	}
	if variable["options"] != nil {
		variable["options"] = []any{}
	}
	if current := objectAt(variable, "current"); current != nil && !choosesAll(current["value"]) {
		variable["current"] = map[string]any{}
	}
}

func choosesAll(value any) bool {
	list, ok := value.([]any)
	return value == "$__all" || ok && len(list) == 1 && list[0] == "$__all"
}

// variableQuery scopes a query variable's query.
func (s *scoping) variableQuery(text, where string) (scoped, reason string) {
	form, err := promql.ParseVariableQuery(text)
	if err != nil {
		s.found = append(s.found, (&problem{0, len(text), err.Error(), "correct the query"}).on(s.title, where, text))
		return text, ""
	}
	switch form.Kind {
	case promql.MetricNames, promql.LabelNames:
		return "", fmt.Sprintf("%s() lists those of all customers", form.Kind)
	case promql.LabelValues:
		if strings.TrimSpace(form.Expr) == "" {
			return "", "label_values() without a metric asks all metrics, of which some are not the customer's"
		}
	}
	edits, lacking, p := s.inner(form)
	if p != nil {
		p.start, p.end = p.start+form.Start, p.end+form.Start
		s.found = append(s.found, p.on(s.title, where, text))
		return text, ""
	}
	if lacking != "" {
		return "", lacking
	}
	expr, err := spliced(form.Expr, edits, s.word(hole{form: matcherForm}))
	if err != nil {
		s.fail(where, err.Error(), "this is a defect of dashc; please report the query")
	}
	scoped = text[:form.Start] + expr + text[form.Start+len(form.Expr):]
	if again, err := promql.ParseVariableQuery(scoped); err != nil || again.Kind != form.Kind || again.Expr != expr || again.Label != form.Label {
		s.fail(where, "the scoped query is read in another way: "+scoped, "this is a defect of dashc; please report the query")
	}
	return scoped, ""
}

// inner scopes the expression inside a variable's query.
func (s *scoping) inner(form promql.VariableQuery) (edits []edit, lacking string, p *problem) {
	r, p := s.read(form.Expr, s.around)
	if p != nil {
		return nil, "", p
	}
	if len(r.lacking) > 0 {
		return nil, strings.Join(r.lacking, "; "), nil
	}
	if form.Kind != promql.QueryResult && !r.single {
		return nil, "", &problem{0, len(form.Expr), fmt.Sprintf("%s takes one selector", form.Kind), "use query_result for an expression"}
	}
	if p := s.chosen(form.Expr, r.edits); p != nil {
		return nil, "", p
	}
	if _, p := s.known.scope(form.Expr, r, s.around, s.word(hole{form: matcherForm})); p != nil {
		return nil, "", p
	}
	return r.edits, "", nil
}

// mentionsVariable tells whether a value refers to a variable.
func (s *scoping) mentionsVariable(value any, name string) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if key == "repeat" && item == name || s.mentionsVariable(item, name) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return s.mentionsVariable(item, name) })
	case string:
		return slices.ContainsFunc(promql.Scan(v).Macros, func(m promql.Macro) bool { return m.Name == name })
	}
	return false
}
