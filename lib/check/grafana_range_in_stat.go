package check

import (
	"slices"

	"github.com/dashc/dashc/lib/dashboard"
)

var rangeInStatRule = rule{
	id:   "grafana/range-in-stat",
	why:  "Prometheus computes every point of the time range, and the panel throws all but the last away; one of a series that has ended is shown as if it were now.",
	find: findWastedRanges,
}

// findWastedRanges reports range queries of panels that show the last value only.
func findWastedRanges(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if !showsLastValue(panel) {
				continue
			}
			for _, q := range queries(panel) {
				if s.isPrometheus(b, q) && q.json["hide"] != true && (q.json["instant"] != true || q.json["range"] == true) {
					found = append(found, onPanel(b, panel, q.key, "the panel shows the last value only, and the query asks for the whole time range", lastValueHint(panel)).warning().saying(q.text("expr")))
				}
			}
		}
	}
	return found
}

func lastValueHint(panel dashboard.Panel) string {
	hint := "make it an instant query: instant: true, range: false"
	if panel.Type() == "stat" {
		hint += "; or say that the sparkline is meant: options.graphMode: 'area'"
	}
	return hint
}

// showsLastValue tells whether a panel takes nothing but the last value from its queries.
// Grafana's own reduction is lastNotNull. Transformations and expressions may need the range.
func showsLastValue(panel dashboard.Panel) bool {
	options := objectAt(panel.JSON, "options")
	switch panel.Type() {
	case "gauge", "bargauge", "piechart":
	case "stat":
		// A sparkline needs the range. It is Grafana's default, but who means it says so.
		if options["graphMode"] == "area" {
			return false
		}
	default:
		return false
	}
	if options["sparkline"] == true { // a gauge's, since Grafana 12.4
		return false
	}
	if transforms(panel) {
		return false
	}
	for _, q := range queries(panel) {
		if textAt(objectAt(q.json, "datasource"), "type") == "__expr__" || textAt(objectAt(q.json, "datasource"), "uid") == "__expr__" {
			return false
		}
	}
	reduce := objectAt(options, "reduceOptions")
	calcs, _ := reduce["calcs"].([]any)
	return reduce["values"] != true && !slices.ContainsFunc(calcs, func(calc any) bool { return calc != "last" && calc != "lastNotNull" })
}
