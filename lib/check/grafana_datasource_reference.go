package check

import (
	"fmt"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
)

var datasourceReferenceRule = rule{
	id:   "grafana/datasource-reference",
	why:  "A panel whose data source does not exist shows an error instead of data.",
	find: findUnknownDatasources,
}

// findUnknownDatasources reports mentions of data sources that do not exist. Where the tree
// provisions none and the environment names none, any uid may be right and is let through.
func findUnknownDatasources(s *subject) []finding {
	known := map[string]bool{}
	for _, source := range items(s.datasources, "datasources") {
		known[source.text("uid")] = true
		known[source.text("name")] = true
	}
	for _, uid := range s.Grafana.ExternalDatasources {
		known[uid] = true
	}
	delete(known, "")
	var found []finding
	for _, b := range s.dashboards {
		variables := map[string]bool{}
		for _, v := range b.Variables() {
			variables[textAt(v, "name")] = true // of any type: its value is looked up as a name or uid
		}
		for _, mention := range b.Datasources() {
			if f, bad := badMention(b, mention, variables, known); bad {
				found = append(found, f)
			}
		}
	}
	return found
}

func badMention(b board, mention dashboard.DatasourceReference, variables, known map[string]bool) (finding, bool) {
	fail := func(message, hint string) finding {
		if mention.Panel == nil {
			return failure(b.Document, mention.Path, message, hint).saying(mention.Name)
		}
		key := strings.TrimPrefix(mention.Path, mention.Panel.Path+".")
		return onPanel(b, *mention.Panel, key, message, hint).saying(mention.Name)
	}
	if variable, ok := dashboard.VariableName(mention.Name); ok {
		if variables[variable] || inputReference.MatchString(mention.Name) {
			return finding{}, false // grafana/model reports each input of an export once
		}
		return fail(fmt.Sprintf("the data source %s names a variable that the dashboard does not have", mention.Name),
			didYouMean(variable, variables, "add one with g.dashboard.variable.datasource.new")), true
	}
	if known[mention.Name] || dashboard.BuiltIn(mention.Name) || len(known) == 0 {
		return finding{}, false
	}
	return fail(fmt.Sprintf("there is no data source %q", mention.Name),
		didYouMean(mention.Name, known, "provision it, or list it under grafana.externalDatasources of the environment")), true
}
