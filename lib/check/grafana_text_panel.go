package check

import (
	"fmt"
	"regexp"
)

var textPanelRule = rule{
	id:   "grafana/text-panel",
	why:  "HTML in a text panel runs with the rights of whoever looks at the dashboard wherever Grafana's disable_sanitize_html is on, and is cut to pieces where it is off.",
	find: findUnsafeTexts,
}

// scripts are the ways in which Markdown runs a script. Addresses are the subject of
// grafana/unsafe-link.
var scripts = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a script or a frame", regexp.MustCompile(`(?i)<(script|iframe|object|embed)\b`)},
	{"an event handler", regexp.MustCompile(`(?i)<[a-z][^>]*[\s/"']on[a-z]+\s*=`)},
}

// findUnsafeTexts reports text panels that are HTML, or whose Markdown runs scripts.
func findUnsafeTexts(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			text, ok := textOf(panel)
			if !ok {
				continue
			}
			if text.mode == "html" {
				found = append(found, onPanel(b, panel, modeKey(text), "the text panel's mode is html", "write it in Markdown: mode: 'markdown'"))
				continue
			}
			if text.mode == "code" {
				continue // shown as it stands
			}
			for _, script := range scripts {
				if hit := script.pattern.FindString(withoutCode(text.content)); hit != "" {
					found = append(found, onPanel(b, panel, text.key, fmt.Sprintf("the text holds %s", script.what), "say it in Markdown").saying(hit))
					break
				}
			}
		}
	}
	return found
}

func modeKey(text panelText) string {
	if text.key == "content" {
		return "mode"
	}
	return "options.mode"
}
