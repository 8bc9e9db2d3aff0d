package check

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
)

var unitRule = rule{
	id:   "grafana/unit",
	why:  "Grafana does not refuse a unit that it does not know: it writes the id behind the bare number, and the reader takes 1500000 for a thousand times what it is.",
	find: findUnknownUnits,
}

// unitList holds Grafana's units, one a line: the id, a tab and the name in Grafana's own list.
// units/extract.mjs reads them from the package @grafana/data.
//
//go:embed units/units.txt
var unitList string

// unitPrefixes introduce units that authors make themselves (getValueFormat in
// packages/grafana-data/src/valueFormats/valueFormats.ts).
var unitPrefixes = []string{"prefix", "suffix", "time", "si", "count", "currency", "bool"}

// findUnknownUnits reports units that Grafana does not know.
func findUnknownUnits(s *subject) []finding {
	known := knownUnits()
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			for _, unit := range units(panel) {
				if message, hint, typo := unknownUnit(unit.id, known); message != "" {
					f := onPanel(b, panel, unit.key, message, hint).saying(unit.id)
					if !typo {
						f = f.warning()
					}
					found = append(found, f)
				}
			}
		}
	}
	return found
}

// knownUnits are Grafana's units by id, with their names in small letters and without what
// stands in brackets: milliseconds.
func knownUnits() map[string]string {
	known := map[string]string{}
	for line := range strings.Lines(unitList) {
		id, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		name, _, _ = strings.Cut(name, "(")
		known[id] = strings.ToLower(strings.TrimSpace(name))
	}
	return known
}

// placedUnit is a unit and its place in the panel.
type placedUnit struct{ key, id string }

// units returns every unit that a panel names: for its fields, for single ones, and for the
// vertical axis and the cells of a heatmap.
func units(panel dashboard.Panel) []placedUnit {
	var all []placedUnit
	add := func(key string, value any) {
		if id, ok := value.(string); ok && id != "" && withoutVariables(id) {
			all = append(all, placedUnit{key, id})
		}
	}
	add("fieldConfig.defaults.unit", objectAt(panel.JSON, "fieldConfig", "defaults")["unit"])
	for key, property := range overrides(panel) {
		if property["id"] == "unit" {
			add(key+".value", property["value"])
		}
	}
	if panel.Type() == "heatmap" {
		add("options.yAxis.unit", objectAt(panel.JSON, "options", "yAxis")["unit"])
		add("options.cellValues.unit", objectAt(panel.JSON, "options", "cellValues")["unit"])
	}
	return all
}

// unknownUnit says what is wrong with a unit, and whether it is surely meant as another one.
func unknownUnit(id string, known map[string]string) (message, hint string, typo bool) {
	if _, ok := known[id]; ok {
		return "", "", false
	}
	if prefix, _, custom := strings.Cut(id, ":"); custom && slices.Contains(unitPrefixes, prefix) {
		return "", "", false
	}
	message = fmt.Sprintf("Grafana has no unit %q and would write it behind the number", id)
	if nearest, ok := nearestUnit(id, known); ok {
		return message, fmt.Sprintf("did you mean %q? If it is meant as text, write 'suffix:%s'", nearest, id), true
	}
	return message, fmt.Sprintf("write 'suffix:%s' to say so, or take one of Grafana's units", id), false
}

// nearestUnit returns the unit that was probably meant: the one of that name, the one that
// differs in case only, or the nearest. Ids of a few letters are near to everything.
func nearestUnit(id string, known map[string]string) (string, bool) {
	ids := slices.Sorted(maps.Keys(known))
	for _, unit := range ids {
		if strings.EqualFold(unit, id) || known[unit] != "" && strings.TrimSuffix(known[unit], "s") == strings.TrimSuffix(strings.ToLower(id), "s") {
			return unit, true
		}
	}
	if len(id) < 4 {
		return "", false
	}
	nearest, ok := diagnostic.Nearest(id, ids)
	return nearest, ok && strings.EqualFold(nearest[:1], id[:1]) // Cores are no acres
}
