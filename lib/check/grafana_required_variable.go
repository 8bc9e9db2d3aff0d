package check

import (
	"fmt"
	"slices"
)

var requiredVariableRule = rule{
	id:   "grafana/required-variable",
	why:  "The project demands the variable of every dashboard, so that links can carry its value from one to the next.",
	find: findMissingVariables,
}

// findMissingVariables reports dashboards without a variable that the project demands.
func findMissingVariables(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		var names []string
		for _, variable := range b.Variables() {
			names = append(names, textAt(variable, "name"))
		}
		for _, name := range s.Settings.RequiredVariables {
			if !slices.Contains(names, name) {
				found = append(found, failure(b.Document, "templating.list", fmt.Sprintf("the dashboard has no variable %q, which checks.requiredVariables demands", name), "add it with g.dashboard.withVariables"))
			}
		}
	}
	return found
}
