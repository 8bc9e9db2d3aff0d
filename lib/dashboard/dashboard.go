// Package dashboard is a lossless view of Grafana's dashboard JSON: panels, targets,
// variables and annotations can be read and patched, and every field that the view does not
// know stays as it is. It never decides whether a dashboard is right.
package dashboard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object as decoded with numbers kept as json.Number.
type Object = map[string]any

// Dashboard wraps one dashboard's JSON. Changes through the view change the JSON itself.
type Dashboard struct {
	JSON Object
}

// Panel is one panel, wherever it stands in the dashboard.
type Panel struct {
	JSON Object
	// Path is the panel's place, for example panels[3].panels[0]; rows[0].panels[1] in the old
	// layout.
	Path string
	// Row is the row that the panel belongs to: the one that holds it, or the open row panel
	// above it. Nil above all rows, and for rows.
	Row Object
}

// UID returns the dashboard's uid, or "".
func (d Dashboard) UID() string { return text(d.JSON, "uid") }

// Title returns the dashboard's title, or "".
func (d Dashboard) Title() string { return text(d.JSON, "title") }

// gridSchema is the schemaVersion that brought the grid. Older dashboards are made of rows,
// which Grafana turns into row panels when it loads them (upgradeToGridLayout in
// DashboardMigrator.ts); from this version on it ignores the key rows.
const gridSchema = 16

// Rows returns the rows of a dashboard of the old layout, in which panels have a span and no
// place on a grid; none for every other dashboard.
func (d Dashboard) Rows() []Object {
	if version, ok := integer(d.JSON["schemaVersion"]); ok && version >= gridSchema {
		return nil
	}
	return slices.Collect(values(d.JSON["rows"]))
}

// Panels returns every panel in reading order: a row comes before the panels it holds.
// Entries that are no objects are left out.
func (d Dashboard) Panels() []Panel {
	var all []Panel
	if d.Rows() != nil {
		for i, row := range objects(d.JSON["rows"]) {
			appendPanels(&all, row, fmt.Sprintf("rows[%d].", i), row, 0)
		}
	}
	appendPanels(&all, d.JSON, "", nil, 0)
	return all
}

// maxDepth bounds rows in rows; Grafana knows one level.
const maxDepth = 8

func appendPanels(all *[]Panel, holder Object, prefix string, row Object, depth int) {
	if depth > maxDepth {
		return
	}
	for i, item := range objects(holder["panels"]) {
		panel := Panel{JSON: item, Path: fmt.Sprintf("%spanels[%d]", prefix, i), Row: row}
		if panel.Type() == "row" {
			panel.Row = nil
			row = item
		}
		*all = append(*all, panel)
		appendPanels(all, item, panel.Path+".", item, depth+1)
	}
}

// OnGrid tells whether the panel has a place on the grid, as all have but those of the old layout.
func (p Panel) OnGrid() bool { return !strings.HasPrefix(p.Path, "rows[") }

// RepeatsOver tells whether the panel is drawn once for each value of a variable, by itself or
// with its row, so that the variable has one value in it.
func (p Panel) RepeatsOver(variable string) bool {
	scoped, _ := p.JSON["scopedVars"].(Object)
	_, pinned := scoped[variable]
	return variable != "" && (pinned || text(p.JSON, "repeat") == variable || text(p.Row, "repeat") == variable)
}

// Repetition tells whether the panel is one of those that Grafana makes of a repeated one. Old
// versions saved them; each makes them anew (cleanUpRepeats in DashboardModel.ts).
func (p Panel) Repetition() bool { return p.JSON["repeatPanelId"] != nil }

// Title returns the panel's title, or "".
func (p Panel) Title() string { return text(p.JSON, "title") }

// Type returns the panel's plugin id, or "".
func (p Panel) Type() string { return text(p.JSON, "type") }

// ID returns the panel's id, and whether it is a positive integer.
func (p Panel) ID() (int, bool) { return integer(p.JSON["id"]) }

// String names the panel as a person would look for it.
func (p Panel) String() string {
	name := fmt.Sprintf("panel %q", p.Title())
	if p.Title() == "" {
		name = "untitled panel " + p.Path
	}
	if id, ok := p.ID(); ok {
		name += fmt.Sprintf(" (id %d)", id)
	}
	return name
}

// Targets returns the panel's queries.
func (p Panel) Targets() []Object { return slices.Collect(values(p.JSON["targets"])) }

// Variables returns the dashboard's template variables.
func (d Dashboard) Variables() []Object {
	templating, _ := d.JSON["templating"].(Object)
	return slices.Collect(values(templating["list"]))
}

// Annotations returns the dashboard's annotation queries.
func (d Dashboard) Annotations() []Object {
	annotations, _ := d.JSON["annotations"].(Object)
	return slices.Collect(values(annotations["list"]))
}

// objects yields the objects of a JSON array with their index.
func objects(value any) func(func(int, Object) bool) {
	list, _ := value.([]any)
	return func(yield func(int, Object) bool) {
		for i, item := range list {
			if object, ok := item.(Object); ok && !yield(i, object) {
				return
			}
		}
	}
}

func values(value any) func(func(Object) bool) {
	return func(yield func(Object) bool) {
		for _, object := range objects(value) {
			if !yield(object) {
				return
			}
		}
	}
}

func text(object Object, key string) string {
	value, _ := object[key].(string)
	return value
}

// integer returns a JSON number as a positive int, and whether it is one.
func integer(value any) (int, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number.String())
	return n, err == nil && n > 0
}
