package check

import (
	"fmt"
	"math"

	"github.com/dashc/dashc/lib/series"
)

var unitMismatchRule = rule{
	id:   "grafana/unit-mismatch",
	why:  "The panel writes another unit behind the number than the one it is in: 0.25 s reads as 0.25 ms, half of all requests as 0.5%.",
	find: findUnitMismatches,
}

// scaled is what a unit of Grafana's expects the number to be: its base, how often the base
// fits (1000 for milliseconds), and whether it is per second.
type scaled struct {
	base      string
	scale     float64
	perSecond bool
}

// scaledUnits are the units whose numbers mean something else when they are off by a factor
// (packages/grafana-data/src/valueFormats/categories.ts).
var scaledUnits = map[string]scaled{
	"s": {"seconds", 1, false}, "ms": {"seconds", 1e3, false}, "µs": {"seconds", 1e6, false}, "ns": {"seconds", 1e9, false},
	"m": {"seconds", 1. / 60, false}, "h": {"seconds", 1. / 3600, false}, "d": {"seconds", 1. / 86400, false},
	"dtdurations": {"seconds", 1, false}, "dtdurationms": {"seconds", 1e3, false}, "clocks": {"seconds", 1, false}, "clockms": {"seconds", 1e3, false},
	"percent": {series.Ratio, 100, false}, "percentunit": {series.Ratio, 1, false},
	"bytes": {"bytes", 1, false}, "decbytes": {"bytes", 1, false},
	"kbytes": {"bytes", 1. / 1024, false}, "deckbytes": {"bytes", 1e-3, false},
	"mbytes": {"bytes", 1. / (1 << 20), false}, "decmbytes": {"bytes", 1e-6, false},
	"gbytes": {"bytes", 1. / (1 << 30), false}, "decgbytes": {"bytes", 1e-9, false},
	"bits": {"bytes", 8, false}, "decbits": {"bytes", 8, false},
	"Bps": {"bytes", 1, true}, "binBps": {"bytes", 1, true}, "bps": {"bytes", 8, true}, "binbps": {"bytes", 8, true},
	"KBs": {"bytes", 1e-3, true}, "KiBs": {"bytes", 1. / 1024, true}, "MBs": {"bytes", 1e-6, true}, "MiBs": {"bytes", 1. / (1 << 20), true},
}

// perSecondUnits are the units of things counted per second, perMinuteUnits of those per minute.
var (
	perSecondUnits = map[string]bool{"cps": true, "ops": true, "reqps": true, "rps": true, "wps": true, "iops": true, "eps": true, "mps": true, "recps": true, "rowsps": true, "pps": true}
	perMinuteUnits = map[string]bool{"cpm": true, "opm": true, "rpm": true, "reqpm": true, "wpm": true, "epm": true, "mpm": true, "recpm": true, "rowspm": true}
)

// findUnitMismatches compares the unit of a panel with what its queries return, as far as
// that can be followed from the units of the catalogue. A panel that changes units by
// overrides or transformations is let through.
func findUnitMismatches(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		if e.surface != panelSurface || changesUnits(e.panel.JSON) {
			return nil
		}
		id := textAt(objectOf(objectOf(e.panel.JSON["fieldConfig"])["defaults"]), "unit")
		unit := e.Result().Unit
		if id == "" || !unit.Known() {
			return nil
		}
		message, hint := mismatch(id, unit)
		if message == "" {
			return nil
		}
		f := onPanel(*e.board, *e.panel, "fieldConfig.defaults.unit", fmt.Sprintf("query %s returns %s", e.name(), message), hint).warning()
		return []finding{f.saying(id)}
	})
}

func changesUnits(panel map[string]any) bool {
	for _, override := range objectsOf(objectOf(panel["fieldConfig"])["overrides"]) {
		for _, property := range objectsOf(override["properties"]) {
			if property["id"] == "unit" {
				return true
			}
		}
	}
	for _, transformation := range objectsOf(panel["transformations"]) {
		if id := textAt(transformation, "id"); id == "calculateField" || id == "reduce" {
			return true
		}
	}
	return false
}

// mismatch says how a result differs from what a panel's unit expects, "" where it does not.
func mismatch(id string, unit series.Unit) (message, hint string) {
	shown := describeUnit(unit)
	switch want, isScaled := scaledUnits[id]; {
	case isScaled && unit.Base == want.base && unit.PerSecond == want.perSecond:
		if math.Abs(unit.Scale/want.scale-1) < 1e-6 {
			return "", ""
		}
		return fmt.Sprintf("%s, and the panel shows them as %q", shown, id), rightUnit(unit)
	case isScaled && certain(unit):
		return fmt.Sprintf("%s, and the panel shows them as %q", shown, id), rightUnit(unit)
	case (perSecondUnits[id] || perMinuteUnits[id]) && !unit.PerSecond && certain(unit):
		return fmt.Sprintf("%s, and the panel shows them as %q", shown, id), rightUnit(unit)
	case perMinuteUnits[id] && unit.PerSecond && unit.Scale == 1:
		return fmt.Sprintf("%s, and the panel shows them per minute (%q)", shown, id), rightUnit(unit)
	}
	return "", ""
}

// certain tells whether a unit is certain enough to contradict another one: bare counts
// and constants are often meant as something else.
func certain(unit series.Unit) bool { return unit.Base != "boolean" && unit.Base != "timestamp" }

func describeUnit(unit series.Unit) string {
	name := unit.Base
	switch {
	case name == series.Ratio && unit.Scale == 1:
		return "a ratio (0 to 1)"
	case name == series.Ratio && unit.Scale == 100:
		return "a percentage (0 to 100)"
	case name == series.Count:
		name = "a count"
	}
	if unit.Scale != 1 {
		name = fmt.Sprintf("%s times %g", name, unit.Scale)
	}
	if unit.PerSecond {
		name += " per second"
	}
	return name
}

// rightUnit names the unit of Grafana's that fits.
func rightUnit(unit series.Unit) string {
	for _, id := range []string{"s", "ms", "percentunit", "percent", "bytes", "Bps", "µs", "ns", "m", "h", "bits", "bps"} {
		want := scaledUnits[id]
		if want.base == unit.Base && want.perSecond == unit.PerSecond && math.Abs(unit.Scale/want.scale-1) < 1e-6 {
			return fmt.Sprintf("write the unit %q, or scale the query", id)
		}
	}
	if unit.PerSecond && !unit.Dimension() {
		return "write the unit \"cps\", \"ops\" or \"reqps\""
	}
	return "write the unit that the numbers are in, or scale the query"
}
