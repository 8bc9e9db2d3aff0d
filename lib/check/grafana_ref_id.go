package check

import "fmt"

var refIDRule = rule{
	id:   "grafana/ref-id",
	why:  "Grafana keeps a panel's results by refId: of two queries with one refId only one is shown, and overrides and transformations mean another query than they name.",
	find: findBadRefIDs,
}

// findBadRefIDs reports queries of one panel that share a refId. Grafana names queries that
// have none when it loads the dashboard (ensureQueryIds in PanelModel.ts); beside others that
// is a name which nobody can read in the source.
func findBadRefIDs(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			all := queries(panel)
			first := map[string]target{}
			for _, q := range all {
				ref := q.text("refId")
				other, taken := first[ref]
				switch {
				case ref == "" && len(all) > 1:
					found = append(found, onPanel(b, panel, q.key, "the query has no refId, and the panel has others", "name it A, B, C ...").warning())
				case ref != "" && taken:
					found = append(found, onPanel(b, panel, q.key+".refId", fmt.Sprintf("the refId %q is also that of %s", ref, other.key), "give each query of a panel its own").saying(q.text("expr")))
				default:
					first[ref] = q
				}
			}
		}
	}
	return found
}
