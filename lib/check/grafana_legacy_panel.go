package check

import (
	"fmt"

	"github.com/dashc/dashc/lib/dashboard"
)

var legacyPanelRule = rule{
	id:   "grafana/legacy-panel",
	why:  "These plugins are built on AngularJS, which Grafana 12 has removed. What it cannot convert by itself is an empty panel with an error, and what it converts loses settings.",
	find: findLegacyPanels,
}

// successors are the panel types that are gone, and what takes their place: those that Grafana
// converts (autoMigrateAngular in public/app/features/dashboard/state/PanelModel.ts) and the
// plugins that it lists as bound to AngularJS without a newer version of their own
// (developers/angular_deprecation/angular-plugins).
var successors = map[string]string{
	"graph":                              "timeseries, barchart or histogram",
	"singlestat":                         "stat or gauge",
	"grafana-singlestat-panel":           "stat or gauge",
	"table-old":                          "table",
	"grafana-piechart-panel":             "piechart",
	"grafana-worldmap-panel":             "geomap",
	"natel-discrete-panel":               "state-timeline",
	"heatmap-new":                        "heatmap",
	"agenty-flowcharting-panel":          "canvas",
	"blackmirror1-singlestat-math-panel": "stat with an expression",
	"farski-blendstat-panel":             "stat with a transformation",
	"flant-statusmap-panel":              "status-history or state-timeline",
	"marcuscalidus-svg-panel":            "canvas",
	"michaeldmoore-annunciator-panel":    "stat",
	"michaeldmoore-multistat-panel":      "bargauge",
	"mtanda-histogram-panel":             "histogram",
	"mxswat-separator-panel":             "an empty text panel",
	"neocat-cal-heatmap-panel":           "heatmap",
	"savantly-heatmap-panel":             "heatmap",
	"vonage-status-panel":                "stat",
	"yesoreyeram-boomtable-panel":        "table with transformations",
}

func findLegacyPanels(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if _, library := libraryPanel(panel); library {
				continue
			}
			if f, bad := legacyPanel(b, panel); bad {
				found = append(found, f.saying(panel.Type()))
			}
		}
	}
	return found
}

func legacyPanel(b board, panel dashboard.Panel) (finding, bool) {
	kind := panel.Type()
	successor, legacy := successors[kind]
	switch {
	case legacy:
		return onPanel(b, panel, "type", fmt.Sprintf("the panel type %q is gone from Grafana 12", kind), "use "+successor), true
	case kind == "":
		return onPanel(b, panel, "type", "the panel has no type", "name a panel plugin, for example timeseries"), true
	}
	return finding{}, false
}
