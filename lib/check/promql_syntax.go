package check

import (
	"fmt"
	"strings"
)

var syntaxRule = rule{
	id:   "promql/syntax",
	why:  "Prometheus refuses the query: the panel shows an error, an alert rule never fires, and a rule file keeps Prometheus from starting.",
	find: findBadSyntax,
}

// findBadSyntax reports expressions that do not parse, with each of the values that a
// variable can take.
func findBadSyntax(s *subject) []finding {
	var found []finding
	for _, q := range s.queries {
		switch {
		case q.malformed != "":
			found = append(found, q.at(0, 0, "the variable's query is none that Grafana understands: "+q.malformed,
				"write label_values(metric, label), label_names(), metrics(regex) or query_result(query)"))
		case q.err != nil:
			found = append(found, badSyntax(q))
		case len(q.expansions) == 0 && q.form.Kind == "":
			found = append(found, q.at(0, 0, "the query is empty", "write an expression, or remove the query").warning())
		}
	}
	return found
}

func badSyntax(q *query) finding {
	hint := "correct the expression"
	if q.err.Expanded != q.source.Text && q.err.Expanded != "" {
		hint = fmt.Sprintf("Prometheus would see %s", shortened(q.err.Expanded))
	}
	if q.surface == recordSurface || q.surface == firingSurface {
		if strings.Contains(q.text, "$__") {
			hint = "the macros of Grafana mean nothing to Prometheus; write the window itself"
		}
	}
	return q.at(q.err.Start, q.err.End, "the query does not parse: "+q.err.Message, hint)
}

// shortened cuts a long text for a message.
func shortened(text string) string {
	const most = 200
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return string(runes)
}
