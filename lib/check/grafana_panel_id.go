package check

import (
	"fmt"

	"github.com/dashc/dashc/lib/dashboard"
)

var panelIDRule = rule{
	id:   "grafana/panel-id",
	why:  "Links to a panel, alerts and its menu name it by its id. Grafana renumbers panels that share one, so the links lead elsewhere.",
	find: findBadPanelIDs,
}

// findBadPanelIDs reports panels whose id is absent, not positive or used twice in a dashboard.
func findBadPanelIDs(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		first := map[int]dashboard.Panel{}
		for _, panel := range b.Panels() {
			id, ok := panel.ID()
			if !ok {
				found = append(found, onPanel(b, panel, "", "the panel's id is not a positive whole number", "let g.dashboard.withPanels number the panels, or set id"))
				continue
			}
			if other, taken := first[id]; taken {
				found = append(found, onPanel(b, panel, "", fmt.Sprintf("the id %d is also that of %s", id, other), "give each panel its own id; rows and the panels in them count too"))
				continue
			}
			first[id] = panel
		}
	}
	return found
}
