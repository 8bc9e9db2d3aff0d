package check

import (
	"fmt"
	"regexp"
)

var legendLabelRule = rule{
	id:   "grafana/legend-label",
	why:  "A legend that names a label which the series do not have stays empty there, so that the lines cannot be told apart.",
	find: findBadLegends,
}

// legendReference finds the labels of a legend's template (renderLegendFormat in
// packages/grafana-prometheus).
var legendReference = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

func findBadLegends(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		legend := textAt(e.object, "legendFormat")
		if e.surface != panelSurface || legend == "" || e.object["hide"] == true {
			return nil
		}
		var found []finding
		result := e.Result().Labels
		for _, match := range legendReference.FindAllStringSubmatch(legend, -1) {
			if label := match[1]; !s.mayHave(result, label) && (withoutVariables(label) || len(result.Names) == 0) {
				f := onPanel(*e.board, *e.panel, "", fmt.Sprintf("the legend shows the label %s, which the result of query %s does not have", label, e.name()), labelHint(label, result)).warning()
				f.path = e.path
				found = append(found, f.saying(legend))
			}
		}
		return found
	})
}
