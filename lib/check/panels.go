package check

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dashc/dashc/lib/dashboard"
)

// findBadPanelIDs reports panels whose id is absent, not positive or used twice in a dashboard.
func findBadPanelIDs(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		first := map[int]dashboard.Panel{}
		for _, panel := range b.Panels() {
			id, ok := panel.ID()
			if !ok {
				found = append(found, failure(b.Document, panel.String(), "the panel's id is not a positive whole number", "let g.dashboard.withPanels number the panels, or set id"))
				continue
			}
			if other, taken := first[id]; taken {
				found = append(found, failure(b.Document, panel.String(), fmt.Sprintf("the id %d is also that of %s", id, other), "give each panel its own id; rows and the panels in them count too"))
				continue
			}
			first[id] = panel
		}
	}
	return found
}

// gridColumns is the width of Grafana's grid.
const gridColumns = 24

// findOutOfGrid reports panels that do not lie inside the grid's 24 columns.
func findOutOfGrid(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			if message := gridProblem(panel.JSON["gridPos"]); message != "" {
				found = append(found, failure(b.Document, panel.String()+" gridPos", message, "place it with withGridPos(h, w, x, y) or g.util.grid: x + w is at most 24"))
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

func orNothing(value any) any {
	if value == nil {
		return "absent"
	}
	return value
}

// findFastRefresh reports a refresh below Grafana's dashboards.min_refresh_interval: Grafana
// refuses to provision such a dashboard.
func findFastRefresh(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		refresh, ok := b.JSON["refresh"].(string)
		if !ok || refresh == "" || refresh == "auto" {
			continue
		}
		interval, err := grafanaDuration(refresh)
		if err != nil {
			found = append(found, failure(b.Document, "refresh", fmt.Sprintf("%q is not a duration", refresh), "write for example 30s, or leave it out for no refresh"))
			continue
		}
		if interval < s.Grafana.MinRefreshInterval {
			found = append(found, failure(b.Document, "refresh", fmt.Sprintf("refreshes every %s, faster than Grafana allows (%s)", refresh, s.Grafana.MinRefreshInterval),
				"refresh less often, or set grafana.minRefreshInterval of the environment to what the server's min_refresh_interval says"))
		}
	}
	return found
}

var durationPattern = regexp.MustCompile(`^(\d+)(ms|s|m|h|d|w|M|y)$`)

// durationUnits are the units of Grafana's durations (gtime in grafana-plugin-sdk-go).
var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "M": 30 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// grafanaDuration reads a duration as Grafana and Prometheus write it: 30s, 5m, 1h30m.
func grafanaDuration(text string) (time.Duration, error) {
	if match := durationPattern.FindStringSubmatch(text); match != nil {
		n, err := strconv.Atoi(match[1])
		return time.Duration(n) * durationUnits[match[2]], err
	}
	return time.ParseDuration(strings.ReplaceAll(text, " ", ""))
}

// findUnknownDatasources reports mentions of data sources that do not exist. Where the tree
// provisions none and the environment names none, any uid may be right and is let through.
func findUnknownDatasources(s *subject) []finding {
	known := map[string]bool{}
	for _, source := range items(s.datasources, "datasources") {
		known[source.text("uid")] = true
		known[source.text("name")] = true
	}
	for _, uid := range s.Grafana.ExternalDatasources {
		known[uid] = true
	}
	delete(known, "")
	var found []finding
	for _, b := range s.dashboards {
		variables := map[string]bool{}
		for _, name := range b.DatasourceVariables() {
			variables[name] = true
		}
		for _, mention := range b.Datasources() {
			if f, bad := badMention(b, mention, variables, known); bad {
				found = append(found, f)
			}
		}
	}
	return found
}

func badMention(b board, mention dashboard.DatasourceReference, variables, known map[string]bool) (finding, bool) {
	where := mention.Path
	if mention.Panel != nil {
		where = mention.Panel.String() + " " + strings.TrimPrefix(mention.Path, mention.Panel.Path+".")
	}
	if variable, ok := dashboard.VariableName(mention.Name); ok {
		if variables[variable] {
			return finding{}, false
		}
		return failure(b.Document, where, fmt.Sprintf("the data source %s names a variable that is no data source variable of this dashboard", mention.Name),
			didYouMean(variable, variables, "add one with g.dashboard.variable.datasource.new")), true
	}
	if known[mention.Name] || dashboard.BuiltIn(mention.Name) || len(known) == 0 {
		return finding{}, false
	}
	return failure(b.Document, where, fmt.Sprintf("there is no data source %q", mention.Name),
		didYouMean(mention.Name, known, "provision it, or list it under grafana.externalDatasources of the environment")), true
}
