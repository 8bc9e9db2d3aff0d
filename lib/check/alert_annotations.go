package check

import "strings"

var alertAnnotationsRule = rule{
	id:   "alert/annotations",
	why:  "The notification shows the annotations. Without one, whoever is woken up reads a title and the labels, and does not know what to do.",
	find: findWordlessAlerts,
}

// findWordlessAlerts reports alert rules that say nothing about themselves.
func findWordlessAlerts(s *subject) []finding {
	var found []finding
	for _, rule := range alertRules(s) {
		annotations := objectAt(rule.json, "annotations")
		words := strings.TrimSpace(textAt(annotations, "summary") + textAt(annotations, "description"))
		if words == "" {
			found = append(found, rule.failAt("annotations", "the alert rule has neither a summary nor a description", "say what is wrong and what to do: annotations: { summary: '...' }").warning())
		}
	}
	return found
}
