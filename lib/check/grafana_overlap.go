package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dashc/dashc/lib/dashboard"
)

var overlapRule = rule{
	id:   "grafana/overlap",
	why:  "Grafana pushes one of two overlapping panels down until it fits, and everything below it too: the dashboard looks other than it was laid out.",
	find: findOverlaps,
}

// findOverlaps reports panels that lie on one another. The panels of a collapsed row are laid
// out among themselves: their y values go on from the row's, as if nothing came after it.
func findOverlaps(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, level := range levels(b) {
			found = append(found, overlaps(b, level)...)
		}
	}
	return found
}

// levels returns the panels that share one grid: those at the top, and those in each row.
func levels(b board) [][]dashboard.Panel {
	var all [][]dashboard.Panel
	index := map[string]int{}
	for _, panel := range b.Panels() {
		row := parentPath(panel.Path)
		i, seen := index[row]
		if !seen {
			i = len(all)
			index[row] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], panel)
	}
	return all
}

// box is a panel's place on the grid: columns and rows from, and up to but not including.
type box struct {
	panel                    dashboard.Panel
	left, right, top, bottom int
}

// maxGrid bounds what counts as a place, in grid units; whatever lies beyond is a mistake that
// grafana/grid reports.
const maxGrid = 1 << 20

func boxOf(panel dashboard.Panel) (box, bool) {
	pos := objectAt(panel.JSON, "gridPos")
	var n [4]int
	for i, key := range []string{"x", "y", "w", "h"} {
		value, ok := wholeNumber(pos[key])
		if !ok || value < 0 || value > maxGrid {
			return box{}, false
		}
		n[i] = value
	}
	x, y, w, h := n[0], n[1], n[2], n[3]
	if isRow(panel) {
		// Whatever a row says, Grafana draws it as one line of the whole width (DashboardGrid.tsx in
		// public/app/features/dashboard/dashgrid).
		x, w, h = 0, gridColumns, 1
	}
	return box{panel, x, x + w, y, y + h}, w > 0 && h > 0 && x+w <= gridColumns
}

// overlaps goes down the grid and keeps for each column the panel that reaches lowest, so that
// thousands of panels cost no more than sorting them. Each panel is reported once.
func overlaps(b board, level []dashboard.Panel) []finding {
	var boxes []box
	for _, panel := range level {
		if placed, ok := boxOf(panel); ok && !panel.Repetition() {
			boxes = append(boxes, placed)
		}
	}
	slices.SortStableFunc(boxes, func(a, b box) int { return cmp.Or(a.top-b.top, a.left-b.left) })
	var found []finding
	var lowest [gridColumns]box
	for _, next := range boxes {
		over := slices.IndexFunc(lowest[next.left:next.right], func(other box) bool { return other.bottom > next.top })
		if over >= 0 {
			found = append(found, onPanel(b, next.panel, "gridPos", overlapMessage(lowest[next.left+over]), "move one of them, or place all of them with g.util.grid"))
		}
		for column := next.left; column < next.right; column++ {
			if next.bottom > lowest[column].bottom {
				lowest[column] = next
			}
		}
	}
	return found
}

func overlapMessage(first box) string {
	return fmt.Sprintf("overlaps %s, which takes columns %d to %d and rows %d to %d", first.panel, first.left, first.right-1, first.top, first.bottom-1)
}
