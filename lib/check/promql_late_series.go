package check

import (
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

var lateSeriesRule = rule{
	id:   "promql/late-series",
	why:  "A counter with labels has no series before its first event. Until then the panel says \"No data\", and nobody can tell that from a broken scrape.",
	find: findLateSeries,
}

// findLateSeries reports panels that are empty until something has happened once and do not
// say what that means. Nearly every counter is such a series, so one finding stands for all
// panels of a dashboard.
func findLateSeries(s *subject) []finding {
	var found []finding
	first := map[artifact.Path]int{}       // where the dashboard's finding stands
	others := map[artifact.Path][]string{} // the panels beside the first
	for _, f := range findLatePanels(s) {
		if s.switchedOff("promql/late-series", f) {
			found = append(found, f) // it is only listed, and the switch-off is needed
			continue
		}
		at, known := first[f.document.Path]
		if !known {
			first[f.document.Path] = len(found)
			found = append(found, f)
		} else if f.panel.Path != found[at].panel.Path {
			others[f.document.Path] = append(others[f.document.Path], f.panel.String())
		}
	}
	for path, panels := range others {
		found[first[path]].message += "; the same holds for " + strings.Join(unique(panels), ", ")
	}
	return found
}

// findLatePanels returns a finding for every query.
func findLatePanels(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		if e.surface != panelSurface || !e.Result().Late || saysNothing(e.panel.JSON) {
			return nil
		}
		var late []string
		for selector, around := range e.selectors() {
			if e.Of(selector).Late && !optional(selector, around) {
				late = append(late, nameOf(selector))
			}
		}
		if late = unique(late); len(late) == 0 {
			return nil
		}
		message := late[0] + " has no series before its first event"
		if len(late) > 1 {
			message = strings.Join(late, ", ") + " have no series before their first events"
		}
		return []finding{e.at(e.word(late[0], e.Expr.PositionRange()), message,
			"say in words what emptiness means: standardOptions.withNoValue('No error yet'), or show a zero: ... or vector(0)").warning()}
	})
}

// saysNothing tells whether a panel has a text for the case that there is no value.
func saysNothing(panel map[string]any) bool {
	defaults := objectOf(objectOf(panel["fieldConfig"])["defaults"])
	return textAt(defaults, "noValue") != ""
}

func unique(names []string) []string {
	seen := map[string]bool{}
	var once []string
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			once = append(once, name)
		}
	}
	return once
}
