package check

import (
	"regexp"

	"github.com/dashc/dashc/lib/dashboard"
)

var heatmapRule = rule{
	id:   "grafana/heatmap",
	why:  "A heatmap that takes the buckets of a histogram for plain series, or plain series for buckets, shows colours that mean nothing, and nobody sees it.",
	find: findBadHeatmaps,
}

// findBadHeatmaps reports heatmaps that read their queries as something else than they are.
func findBadHeatmaps(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if panel.Type() != "heatmap" || transforms(panel) {
				continue
			}
			for _, q := range queries(panel) {
				if !s.isPrometheus(b, q) {
					continue
				}
				if key, message, hint := heatmapProblem(q, calculates(panel)); message != "" {
					found = append(found, onPanel(b, panel, key, message, hint).saying(q.text("expr")))
				}
			}
		}
	}
	return found
}

// calculates tells whether a heatmap counts the values of its series into buckets of its own.
// Panels from before Grafana 9 have no options: Grafana converts them
// (public/app/plugins/panel/heatmap/migrations.ts).
func calculates(panel dashboard.Panel) bool {
	options := objectAt(panel.JSON, "options")
	if len(options) == 0 {
		return textAt(panel.JSON, "dataFormat") != "tsbuckets"
	}
	return options["calculate"] == true
}

var (
	// bucketSeries are the names of a histogram's buckets.
	bucketSeries = regexp.MustCompile(`_bucket\b`)
	// bucketLabel is the label that holds a bucket's upper bound.
	bucketLabel = regexp.MustCompile(`\ble\b`)
	// bucketsConsumed are functions whose result has no buckets any more.
	bucketsConsumed = regexp.MustCompile(`\bhistogram_\w+\s*\(`)
	// sumByNothing is an aggregation that keeps no labels.
	sumByNothing = regexp.MustCompile(`\b(sum|avg|max|min|count)\s*\(`)
	keepsLabels  = regexp.MustCompile(`\b(by|without)\b`)
)

func heatmapProblem(q target, calculates bool) (key, message, hint string) {
	expr, format := q.text("expr"), q.text("format")
	buckets := bucketSeries.MatchString(expr) && !bucketsConsumed.MatchString(expr)
	switch {
	case buckets && sumByNothing.MatchString(expr) && !keepsLabels.MatchString(expr) && !bucketLabel.MatchString(expr):
		return q.key + ".expr", "the aggregation loses the label le, without which there are no buckets", "write sum by (le) (...)"
	case buckets && calculates:
		return "options.calculate", "the query returns the buckets of a histogram, and the panel counts their values into buckets of its own", "set calculate: false, and format: 'heatmap' in the query"
	case buckets && format != "heatmap":
		return q.key + ".format", "the query returns the buckets of a histogram as plain series, each of which counts the smaller ones too", "set format: 'heatmap' in the query"
	case !buckets && calculates && format == "heatmap":
		return q.key + ".format", "the query's format is heatmap, and the panel counts its values into buckets of its own", "set format: 'time_series' in the query"
	}
	return "", "", ""
}
