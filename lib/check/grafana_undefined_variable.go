package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/promql"
)

var undefinedVariableRule = rule{
	id:   "grafana/undefined-variable",
	why:  "Grafana leaves a name that it does not know as it stands: the query asks for the text $name itself, and finds nothing.",
	find: findUndefinedVariables,
}

// findUndefinedVariables reports variables of queries, repeats, titles and legends that the
// dashboard does not define.
func findUndefinedVariables(s *subject) []finding {
	var found []finding
	for _, q := range s.queries {
		if q.surface == recordSurface || q.surface == firingSurface {
			continue // Prometheus has no variables; promql/syntax says so
		}
		for _, m := range q.source.Macros {
			if q.variables.Defines(m.Name) || m.Hole == promql.Comment || q.meansGroup(m) {
				continue
			}
			message := noVariable(m.Name)
			if q.board == nil {
				message = fmt.Sprintf("an alert rule has no variables, and %s is none of Grafana's own", m.Name)
			}
			found = append(found, q.at(m.Start, m.End, message, variableHint(m.Name, q.variables)))
		}
	}
	for _, b := range s.dashboards {
		found = append(found, undefinedElsewhere(b)...)
	}
	return found
}

// meansGroup tells whether a macro is a group of the regular expression in label_replace,
// which uses the same sign: $1, ${name}.
func (q *query) meansGroup(m promql.Macro) bool {
	if m.Hole != promql.Text {
		return false
	}
	if strings.Trim(m.Name, "0123456789") == "" {
		return true
	}
	for _, e := range q.expansions {
		group := false
		parser.Inspect(e.Expr, func(node parser.Node, _ []parser.Node) error {
			call, ok := node.(*parser.Call)
			if !ok || call.Func.Name != "label_replace" || len(call.Args) != 5 {
				return nil
			}
			pattern, ok := call.Args[4].(*parser.StringLiteral)
			inReplacement := slices.ContainsFunc(e.MacrosIn(call.Args[2].PositionRange()), func(other promql.Macro) bool { return other.Start == m.Start })
			group = group || ok && inReplacement && strings.Contains(pattern.Val, "P<"+m.Name+">")
			return nil
		})
		if group {
			return true
		}
	}
	return false
}

func variableHint(name string, variables promql.Variables) string {
	names := promql.Globals()
	for defined := range variables {
		names = append(names, defined)
	}
	if nearest, ok := diagnostic.Nearest(name, names); ok {
		return fmt.Sprintf("did you mean $%s?", nearest)
	}
	return "define it with g.dashboard.withVariables, or correct the name"
}

// shownReference finds $name, ${name} and [[name]] in texts that people read. There a dollar may
// just be a price: a digit begins no name, and neither does what follows a letter, as in US$x.
var shownReference = regexp.MustCompile(`(?:^|[^\w$\\])\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(?:\.[^:}]+)?(?::[^}]+)?\}|\[\[([A-Za-z_]\w*)(?::\w+)?\]\]`)

// undefinedIn returns the variables that a text names and nobody defines, each once.
func undefinedIn(text string, variables promql.Variables) []string {
	var names []string
	for _, match := range shownReference.FindAllStringSubmatch(text, -1) {
		if name := cmp.Or(match[1], match[2], match[3]); !variables.Defines(name) && !isFilledElsewhere(name) {
			names = append(names, name)
		}
	}
	return unique(names)
}

// isFilledElsewhere tells whether Grafana fills in a name outside of queries: those that begin
// with two underscores.
func isFilledElsewhere(name string) bool { return strings.HasPrefix(name, "__") }

func undefinedElsewhere(b board) []finding {
	variables := variablesOf(b.Dashboard)
	var found []finding
	for i, row := range b.Rows() {
		if repeat := textAt(row, "repeat"); repeat != "" && !variables.Defines(repeat) {
			found = append(found, failure(b.Document, place("rows", i)+".repeat", fmt.Sprintf("the row repeats over the variable %s, which the dashboard does not have", repeat), variableHint(repeat, variables)).saying(repeat))
		}
		title := textAt(row, "title")
		for _, name := range undefinedIn(title, variables) {
			found = append(found, failure(b.Document, place("rows", i)+".title", noVariable(name), variableHint(name, variables)).warning().saying(title))
		}
	}
	for _, panel := range b.Panels() {
		if repeat := textAt(panel.JSON, "repeat"); repeat != "" && !variables.Defines(repeat) {
			found = append(found, onPanel(b, panel, "repeat", fmt.Sprintf("the panel repeats over the variable %s, which the dashboard does not have", repeat), variableHint(repeat, variables)).saying(repeat))
		}
		for _, name := range undefinedIn(panel.Title(), variables) {
			found = append(found, onPanel(b, panel, "title", noVariable(name), variableHint(name, variables)).warning())
		}
		found = append(found, undefinedInLegends(b, panel, variables)...)
	}
	return found
}

// undefinedInLegends looks at the legends of the queries that are shown.
func undefinedInLegends(b board, panel dashboard.Panel, variables promql.Variables) []finding {
	var found []finding
	for _, q := range queries(panel) {
		legend := q.text("legendFormat")
		if q.json["hide"] == true {
			continue
		}
		for _, name := range undefinedIn(legend, variables) {
			found = append(found, onPanel(b, panel, q.key+".legendFormat", noVariable(name), variableHint(name, variables)).warning().saying(legend))
		}
	}
	return found
}

func noVariable(name string) string { return "the dashboard has no variable " + name }
