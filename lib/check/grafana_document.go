package check

import (
	"fmt"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
)

var documentRule = rule{
	id:   "grafana/document",
	why:  "One provisioning file that Grafana cannot read keeps it from starting; a key that it does not know it passes over without a word.",
	find: findNoDocument,
}

// topLists are the lists that provisioning files hold at their top level, by kind
// (Grafana: administration/provisioning and alerting/set-up/provision-alerting-resources).
var topLists = map[artifact.Kind][]string{
	artifact.Dashboards:  {"providers"},
	artifact.Datasources: {"datasources", "deleteDatasources"},
	artifact.Plugins:     {"apps"},
	artifact.Alerting: {
		"groups", "deleteRules", "contactPoints", "deleteContactPoints", "policies", "resetPolicies",
		"muteTimes", "deleteMuteTimes", "templates", "deleteTemplates",
	},
}

// scalars are top-level keys of provisioning files that are no lists.
var scalars = []string{"apiVersion", "prune"}

// findNoDocument reports documents that are not an object of known lists. One bad data
// source or alerting file keeps Grafana from starting.
func findNoDocument(s *subject) []finding {
	var found []finding
	for _, document := range s.Documents {
		known, isProvisioning := topLists[document.Kind]
		if !isProvisioning && document.Kind != artifact.Prometheus {
			continue
		}
		object, ok := document.Value.(map[string]any)
		if !ok {
			found = append(found, failure(document, "", fmt.Sprintf("evaluates to %s; a file of this kind is one object", jsonKind(document.Value)), "return an object, or null for no file in this environment"))
			continue
		}
		if isProvisioning {
			found = append(found, badTopLevel(document, object, known)...)
		}
	}
	return found
}

func badTopLevel(document Document, object map[string]any, known []string) []finding {
	var found []finding
	if fmt.Sprint(object["apiVersion"]) != "1" {
		found = append(found, failure(document, "apiVersion", "must be 1", "add apiVersion: 1"))
	}
	for _, key := range sortedKeys(object) {
		if slices.Contains(scalars, key) {
			continue
		}
		if !slices.Contains(known, key) {
			found = append(found, failure(document, key, "is no key that Grafana reads in this file", diagnostic.DidYouMean(key, known)))
			continue
		}
		found = append(found, notObjects(document, key, object[key], key != "resetPolicies")...)
	}
	return found
}

// notObjects reports a value that is not a list, or not a list of objects where it must be.
func notObjects(document Document, where string, value any, ofObjects bool) []finding {
	list, ok := value.([]any)
	if !ok {
		return []finding{failure(document, where, fmt.Sprintf("is %s; Grafana reads a list here", jsonKind(value)), "wrap it in [ ]")}
	}
	var found []finding
	for i, entry := range list {
		if _, ok := entry.(map[string]any); !ok && ofObjects {
			found = append(found, failure(document, fmt.Sprintf("%s[%d]", where, i), fmt.Sprintf("is %s; must be an object", jsonKind(entry)), ""))
		}
	}
	return found
}
