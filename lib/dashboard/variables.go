package dashboard

import (
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/promql"
)

// prometheusTypes are the plugins that speak PromQL.
var prometheusTypes = []string{"prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource"}

// SpeaksPromQL tells whether a data source's type is answered in PromQL.
func SpeaksPromQL(kind string) bool { return slices.Contains(prometheusTypes, kind) }

// PromQLVariables returns what the macros in the dashboard's queries can stand for.
func (d Dashboard) PromQLVariables() promql.Variables {
	variables := promql.Variables{}
	for _, object := range d.Variables() {
		v := promql.Variable{Name: text(object, "name"), AllValue: text(object, "allValue")}
		v.Multi, _ = object["multi"].(bool)
		v.IncludeAll, _ = object["includeAll"].(bool)
		switch text(object, "type") {
		case "custom":
			v.Values = customValues(object)
		case "interval":
			v.Values = customValues(object)
			v.Multi, v.IncludeAll = false, false
		case "constant":
			v.Values = []string{text(object, "query")}
		}
		if v.Name != "" {
			variables[v.Name] = v
		}
	}
	return variables
}

// customValues returns the values of a custom or interval variable: of its query, `k : v, w`,
// which is what Grafana reads, or else of its options.
func customValues(object Object) []string {
	var values []string
	add := func(value string) {
		if value != "" && value != "$__all" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	for _, part := range splitCustom(text(object, "query")) {
		if _, value, found := strings.Cut(part, " : "); found {
			part = value
		}
		add(strings.TrimSpace(part))
	}
	if len(values) > 0 {
		return values
	}
	for _, option := range objects(object["options"]) {
		add(text(option, "value"))
	}
	return values
}

// splitCustom splits at commas that no backslash escapes.
func splitCustom(query string) []string {
	const escaped = "\x00"
	parts := strings.Split(strings.ReplaceAll(query, `\,`, escaped), ",")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], escaped, ",")
	}
	return parts
}
