package check

import (
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
)

var descriptionRule = rule{
	id:   "grafana/description",
	why:  "Whoever is woken up by the panel did not make it: without a description they do not know what it counts, what is normal and what to do.",
	find: findUndescribed,
}

// findUndescribed reports panels without a description.
func findUndescribed(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if speaksForItself(panel) || strings.TrimSpace(textAt(panel.JSON, "description")) != "" {
				continue
			}
			found = append(found, onPanel(b, panel, "", "the panel has no description", "say what it shows and what to do when it is bad").warning())
		}
	}
	return found
}

// plainPanels show no data, so that a title or a description would only repeat them.
var plainPanels = map[string]bool{"row": true, "text": true, "news": true, "welcome": true, "gettingstarted": true, "dashlist": true, "alertlist": true, "annolist": true}

// speaksForItself tells whether a panel needs no words beside what it shows: it has no data,
// or a library panel has the words.
func speaksForItself(panel dashboard.Panel) bool {
	_, library := libraryPanel(panel)
	return library || plainPanels[panel.Type()]
}
