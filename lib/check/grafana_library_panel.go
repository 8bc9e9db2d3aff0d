package check

import "fmt"

var libraryPanelRule = rule{
	id:   "grafana/library-panel",
	why:  "File provisioning makes no library panels. Where nobody has made it by hand the panel is an error, and what it asks cannot be checked.",
	find: findLibraryPanels,
}

// findLibraryPanels reports panels that stand for a library panel.
func findLibraryPanels(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if name, ok := libraryPanel(panel); ok {
				found = append(found, onPanel(b, panel, "libraryPanel", fmt.Sprintf("the panel is the library panel %q, which file provisioning cannot make", name), "write the panel itself, from a function of your Jsonnet library").warning().saying(name))
			}
		}
	}
	return found
}
