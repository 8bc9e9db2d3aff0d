package check

import "fmt"

var refreshRule = rule{
	id:   "grafana/refresh",
	why:  "Grafana refuses a dashboard that refreshes faster than its min_refresh_interval; the dashboard is missing, and only the log says so.",
	find: findFastRefresh,
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
			found = append(found, failure(b.Document, "refresh", fmt.Sprintf("%q is not a duration", refresh), "write for example 30s, or leave it out for no refresh").saying(refresh))
			continue
		}
		if interval < s.Grafana.MinRefreshInterval {
			found = append(found, failure(b.Document, "refresh", fmt.Sprintf("refreshes every %s, faster than Grafana allows (%s)", refresh, s.Grafana.MinRefreshInterval),
				"refresh less often, or set grafana.minRefreshInterval of the environment to what the server's min_refresh_interval says").saying(refresh))
		}
	}
	return found
}
