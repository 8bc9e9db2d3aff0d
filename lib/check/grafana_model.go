package check

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/artifact"
)

var modelRule = rule{
	id:   "grafana/model",
	why:  "File provisioning reads the bare classic model only. Anything else is refused with a line in Grafana's log, and the dashboard is missing.",
	find: findBadModels,
}

// maxTitle is the longest title that Grafana stores, in characters.
const maxTitle = 5000

// findBadModels reports files that are no bare classic dashboard model. File provisioning
// reads only that form (pkg/services/provisioning/dashboards/file_reader.go in Grafana).
func findBadModels(s *subject) []finding {
	var found []finding
	for _, document := range s.Documents {
		if document.Kind != artifact.Dashboard {
			continue
		}
		if document.Wrapped {
			found = append(found, foreign(document, wrappedModel))
		}
		if object, ok := document.Value.(map[string]any); ok {
			found = append(found, badModel(document, object)...)
			continue
		}
		found = append(found, failure(document, "", fmt.Sprintf("evaluates to %s; a dashboard is one object", jsonKind(document.Value)),
			"return g.dashboard.new(...) itself: one file makes one dashboard"))
	}
	return found
}

func badModel(document Document, object map[string]any) []finding {
	if form := foreignModel(object); form != "" {
		return []finding{foreign(document, form)}
	}
	var found []finding
	switch title, _ := object["title"].(string); {
	case strings.TrimSpace(title) == "":
		found = append(found, failure(document, "title", "the dashboard has no title; Grafana refuses it", "give it one with g.dashboard.new('...')"))
	case utf8.RuneCountInString(title) > maxTitle:
		found = append(found, failure(document, "title", fmt.Sprintf("the title has more than %d characters", maxTitle), "shorten it"))
	}
	if object["schemaVersion"] == nil {
		found = append(found, failure(document, "schemaVersion", "the dashboard has no schemaVersion, the one field that Grafana insists on", "build it with g.dashboard.new, or add schemaVersion (39 for Grafana 11.4)"))
	}
	if object["id"] != nil {
		found = append(found, failure(document, "id", "the dashboard carries a database id, which belongs to one Grafana only", "remove it or set it to null; uid identifies the dashboard").warning())
	}
	for _, part := range exportParts {
		if size(object[part.key]) == 0 {
			continue // an empty list or object of an export changes nothing
		}
		f := failure(document, part.key, "the dashboard is an export for sharing; file provisioning "+part.loss, "remove "+part.key+part.instead)
		if part.harmless {
			f = f.warning()
		}
		found = append(found, f)
	}
	return append(found, unfilledInputs(document, object)...)
}

// exportParts are what an export for sharing has beside the model (DashboardExporter.ts), and
// what comes of them in file provisioning.
var exportParts = []struct {
	key, loss, instead string
	harmless           bool
}{
	{"__inputs", "does not fill its inputs", " and name the data source by its uid or by a variable", false},
	{"__elements", "does not make its library panels", " and write the panels out", false},
	{"__requires", "does not look whether these plugins are there", "", true},
}

// size is the number of entries of a list or object, 0 for anything else.
func size(value any) int {
	switch v := value.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return 0
}

func foreign(document Document, form string) finding {
	return failure(document, "", form, "return the classic dashboard model itself: title, uid, panels, schemaVersion")
}

const wrappedModel = "the dashboard is wrapped in {dashboard: ...}, which is the form of Grafana's HTTP API; file provisioning refuses it"

// foreignModel says in which other form of Grafana's a document is, or "" for a classic model.
func foreignModel(object map[string]any) string {
	if _, wrapped := object["dashboard"].(map[string]any); wrapped {
		return wrappedModel
	}
	if _, element := object["model"].(map[string]any); element && object["panels"] == nil {
		return "this is a library panel by itself, which file provisioning cannot make"
	}
	if _, elements := object["elements"].(map[string]any); elements || object["spec"] != nil && object["kind"] != nil {
		return "this is a dashboard of schema v2 or a Kubernetes resource, which file provisioning refuses"
	}
	return ""
}

var inputReference = regexp.MustCompile(`\$\{(DS_[A-Za-z0-9_-]+|VAR_[A-Za-z0-9_-]+)\}`)

// unfilledInputs reports ${DS_X} placeholders of exported dashboards which no variable defines.
func unfilledInputs(document Document, object map[string]any) []finding {
	mentioned := false
	eachString(object, func(text string) {
		mentioned = mentioned || strings.Contains(text, "${DS_") || strings.Contains(text, "${VAR_")
	})
	if !mentioned {
		return nil
	}
	defined := map[string]bool{}
	templating, _ := object["templating"].(map[string]any)
	for _, variable := range objectsOf(templating["list"]) {
		name, _ := variable["name"].(string)
		defined[name] = true
	}
	var found []finding
	seen := map[string]bool{}
	walkStrings(object, "", func(at, text string) {
		for _, match := range inputReference.FindAllStringSubmatch(text, -1) {
			if name := match[1]; !defined[name] && !seen[name] {
				seen[name] = true
				found = append(found, failure(document, at, fmt.Sprintf("${%s} is an input of an exported dashboard, which file provisioning does not fill", name),
					"name the data source by its uid or by a variable of the dashboard").saying(text))
			}
		}
	})
	return found
}
