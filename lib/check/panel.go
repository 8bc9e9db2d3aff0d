package check

import (
	"iter"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
)

// target is one query of a panel.
type target struct {
	panel dashboard.Panel
	// key is the query's place in the panel: targets[0].
	key  string
	json map[string]any
}

// queries returns the panel's queries with their places.
func queries(panel dashboard.Panel) []target {
	var all []target
	for i, object := range indexedObjects(panel.JSON["targets"]) {
		all = append(all, target{panel, place("targets", i), object})
	}
	return all
}

func (q target) text(key string) string { return textAt(q.json, key) }

// isPrometheus tells whether a query is surely one of Prometheus.
func (s *subject) isPrometheus(b board, q target) bool {
	if q.text("expr") == "" {
		return false
	}
	for _, holder := range []any{q.json["datasource"], q.panel.JSON["datasource"]} {
		if mention := dashboard.MentionOf(holder); mention != (dashboard.DatasourceMention{}) {
			return speaksPromQL(b.DatasourceType(mention, s.typeByName))
		}
	}
	return false
}

// parentPath is the path of the row that holds the panel at a path, or "".
func parentPath(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '.'))]
}

// isRow tells whether a panel is the heading of a row.
func isRow(panel dashboard.Panel) bool { return panel.Type() == "row" }

// libraryPanel returns the name or uid of the library panel that a panel stands for.
func libraryPanel(panel dashboard.Panel) (name string, isOne bool) {
	reference, ok := panel.JSON["libraryPanel"].(map[string]any)
	if !ok {
		return "", false
	}
	name = textAt(reference, "name")
	if name == "" {
		name = textAt(reference, "uid")
	}
	return name, true
}

// transforms tells whether a panel changes the results of its queries before it shows them.
func transforms(panel dashboard.Panel) bool {
	list, _ := panel.JSON["transformations"].([]any)
	return len(list) > 0
}

// overrides yields the properties of a panel's field overrides with their places in the panel.
func overrides(panel dashboard.Panel) iter.Seq2[string, map[string]any] {
	config := objectAt(panel.JSON, "fieldConfig")
	return func(yield func(string, map[string]any) bool) {
		for i, override := range indexedObjects(config["overrides"]) {
			for j, property := range indexedObjects(override["properties"]) {
				if !yield(place("fieldConfig.overrides", i)+"."+place("properties", j), property) {
					return
				}
			}
		}
	}
}

// withoutVariables tells whether a text is what the reader gets: Grafana fills in no variable.
func withoutVariables(text string) bool {
	return !strings.Contains(text, "$") && !strings.Contains(text, "[[")
}
