package check

import (
	"fmt"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
)

var panelTitleRule = rule{
	id:   "grafana/panel-title",
	why:  "People, alerts and the patches of an environment name a panel by its title: one without cannot be named, and of two with one nobody knows which is meant.",
	find: findBadPanelTitles,
}

// findBadPanelTitles reports panels without a title, and panels of one row that share theirs.
func findBadPanelTitles(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		first := map[string]dashboard.Panel{}
		section := ""
		for _, panel := range b.Panels() {
			if isRow(panel) {
				section = panel.Path
			}
			if !panel.OnGrid() {
				section = parentPath(panel.Path)
			}
			if speaksForItself(panel) || panel.Repetition() {
				continue
			}
			title := strings.TrimSpace(panel.Title())
			if title == "" {
				found = append(found, onPanel(b, panel, "title", "the panel has no title", "give it one that says what it shows").warning())
				continue
			}
			key := section + "\x00" + title
			if other, taken := first[key]; taken {
				found = append(found, onPanel(b, panel, "title", fmt.Sprintf("%s of the same row has the same title", other), "say in the title what tells them apart").warning())
				continue
			}
			first[key] = panel
		}
	}
	return found
}
