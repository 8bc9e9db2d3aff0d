package check

import (
	"encoding/json"
	"fmt"
	"math"
)

var gridRule = rule{
	id:   "grafana/grid",
	why:  "A panel that does not fit the grid is moved or squeezed by the browser, and another reader sees another dashboard.",
	find: findOutOfGrid,
}

// gridColumns is the width of Grafana's grid.
const gridColumns = 24

// findOutOfGrid reports panels that do not lie inside the grid's 24 columns.
func findOutOfGrid(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if !panel.OnGrid() {
				continue
			}
			if message := gridProblem(panel.JSON["gridPos"]); message != "" {
				found = append(found, onPanel(b, panel, "gridPos", message, "place it with withGridPos(h, w, x, y) or g.util.grid: x + w is at most 24"))
			}
		}
	}
	return found
}

func gridProblem(value any) string {
	pos, ok := value.(map[string]any)
	if !ok {
		return "the panel has no gridPos"
	}
	number := func(key string) (float64, bool) {
		n, ok := pos[key].(json.Number)
		if !ok {
			return 0, false
		}
		f, err := n.Float64()
		return f, err == nil && f == math.Trunc(f)
	}
	for _, key := range []string{"x", "y", "w", "h"} {
		n, whole := number(key)
		if !whole || n < 0 {
			return fmt.Sprintf("%s is %v; must be a whole number of at least 0", key, orNothing(pos[key]))
		}
		if n == 0 && (key == "w" || key == "h") {
			return key + " is 0; the panel would be invisible"
		}
	}
	x, _ := number("x")
	w, _ := number("w")
	if x+w > gridColumns {
		return fmt.Sprintf("x %v + w %v reaches beyond the %d columns of the grid", x, w, gridColumns)
	}
	return ""
}
