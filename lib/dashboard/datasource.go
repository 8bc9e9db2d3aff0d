package dashboard

import (
	"fmt"
	"slices"
	"strings"
)

// DatasourceReference is one mention of a data source: a uid, or the name that older
// dashboards use instead of an object.
type DatasourceReference struct {
	// Path is the place of the mention, for example panels[2].targets[0].datasource.
	Path string
	// Name is the uid or name as written.
	Name string
	// Panel is the panel that holds the mention, or nil.
	Panel *Panel
}

// Datasources returns every mention of a data source in panels, targets, variables and
// annotations. Absent and null data sources, which mean the default one, are left out.
func (d Dashboard) Datasources() []DatasourceReference {
	var found []DatasourceReference
	add := func(holder Object, path string, panel *Panel) {
		if name := datasourceName(holder["datasource"]); name != "" {
			found = append(found, DatasourceReference{Path: path + ".datasource", Name: name, Panel: panel})
		}
	}
	for _, panel := range d.Panels() {
		add(panel.JSON, panel.Path, &panel)
		for i, target := range panel.Targets() {
			add(target, fmt.Sprintf("%s.targets[%d]", panel.Path, i), &panel)
		}
	}
	for i, variable := range d.Variables() {
		add(variable, fmt.Sprintf("templating.list[%d]", i), nil)
	}
	for i, annotation := range d.Annotations() {
		add(annotation, fmt.Sprintf("annotations.list[%d]", i), nil)
	}
	return found
}

func datasourceName(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Object:
		return text(v, "uid")
	}
	return ""
}

// builtIn are the data sources that every Grafana has (packages/grafana-data and
// public/app/features/plugins/built_in_plugins in Grafana's source).
var builtIn = []string{"-- Mixed --", "-- Grafana --", "-- Dashboard --", "grafana", "default", "__expr__"}

// BuiltIn tells whether Grafana itself provides a data source of that uid or name.
func BuiltIn(name string) bool { return slices.Contains(builtIn, name) }

// VariableName returns the variable that a data source mention such as ${ds}, $ds or
// [[ds]] refers to, and whether it is such a mention.
func VariableName(mention string) (string, bool) {
	for _, form := range []struct{ open, end string }{{"${", "}"}, {"[[", "]]"}, {"$", ""}} {
		inner, ok := strings.CutPrefix(mention, form.open)
		if !ok || !strings.HasSuffix(inner, form.end) {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(inner, form.end), ":")
		return name, name != ""
	}
	return "", false
}
