package tenant

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
)

const gridWidth = 24

// place is where a panel stands on the grid, in grid units.
type place struct {
	panel      map[string]any
	x, y, w, h int
	kept       bool
}

// closeUp lays the kept panels out without the gaps that the others leave. Panels are in the
// order of the file, the dropped ones included.
func closeUp(panels []any, kept func(map[string]any) bool) {
	top, shift := 0, 0
	for _, section := range sections(panels) {
		places, lost := placed(section, kept)
		if len(places) == 0 {
			continue
		}
		if !lost { // the section moves as a whole
			first := slices.MinFunc(places, func(a, b place) int { return a.y - b.y }).y
			if shift == 0 {
				top = bottom(places)
				continue
			}
			for i := range places {
				places[i].y += top - first
			}
		} else {
			if shift == 0 { // nothing above has moved: keep the top of the section
				top = slices.MinFunc(places, func(a, b place) int { return a.y - b.y }).y
			}
			places = packed(places, top)
		}
		shift++
		for _, p := range places {
			p.write()
		}
		top = max(top, bottom(places))
	}
}

func bottom(places []place) int {
	last := 0
	for _, p := range places {
		last = max(last, p.y+p.h)
	}
	return last
}

// sections splits panels at the headings of rows.
func sections(panels []any) [][]map[string]any {
	all := [][]map[string]any{nil}
	for _, item := range panels {
		panel, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if textAt(panel, "type") == "row" {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], panel)
	}
	return all
}

// placed returns the places of a section's panels, and whether some of them go.
func placed(section []map[string]any, kept func(map[string]any) bool) (places []place, lost bool) {
	for _, panel := range section {
		p := place{panel: panel, kept: kept(panel)}
		lost = lost || !p.kept
		grid, _ := panel["gridPos"].(map[string]any)
		ok := true
		for key, value := range map[string]*int{"x": &p.x, "y": &p.y, "w": &p.w, "h": &p.h} {
			number, _ := grid[key].(json.Number)
			n, err := strconv.Atoi(number.String())
			*value, ok = n, ok && err == nil && n >= 0 && n < 1<<20
		}
		if ok && p.w > 0 && p.h > 0 && p.x+p.w <= gridWidth {
			places = append(places, p)
		}
	}
	return places, lost
}

// packed puts the kept panels below top, line by line: those of one line stay in their order,
// move left where one is gone, and keep their size.
func packed(places []place, top int) []place {
	sorted := slices.Clone(places)
	slices.SortStableFunc(sorted, func(a, b place) int { return cmp.Or(a.y-b.y, a.x-b.x) })
	var filled [gridWidth]int
	for i := range filled {
		filled[i] = top
	}
	var all []place
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].y == sorted[0].y {
			n++
		}
		line := leftwards(sorted[:n])
		sorted = sorted[n:]
		y := top
		for _, p := range line {
			y = max(y, slices.Max(filled[p.x:p.x+p.w]))
		}
		for _, p := range line {
			p.y = max(y, slices.Max(filled[p.x:p.x+p.w])) // below others of its line that it overlapped
			for i := p.x; i < p.x+p.w; i++ {
				filled[i] = p.y + p.h
			}
			all = append(all, p)
		}
		if len(line) > 0 {
			top = y // reading order: no line starts above the one before it
		}
	}
	return all
}

// leftwards returns the kept panels of a line, moved left where one is gone.
func leftwards(line []place) []place {
	all := slices.DeleteFunc(slices.Clone(line), func(p place) bool { return !p.kept })
	if len(all) == len(line) {
		return all
	}
	x := line[0].x
	for i := range all {
		if x+all[i].w <= gridWidth { // else it has overlapped others
			all[i].x = x
		}
		x += all[i].w
	}
	return all
}

func (p place) write() {
	grid := p.panel["gridPos"].(map[string]any)
	grid["x"], grid["y"] = json.Number(strconv.Itoa(p.x)), json.Number(strconv.Itoa(p.y))
}
