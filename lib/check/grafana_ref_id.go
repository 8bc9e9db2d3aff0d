package check

import (
	"fmt"

	"github.com/dashc/dashc/lib/dashboard"
)

var refIDRule = rule{
	id:   "grafana/ref-id",
	why:  "Grafana keeps a panel's results by refId: of two queries with one refId only one is shown, and overrides and transformations mean another query than they name.",
	find: findBadRefIDs,
}

// findBadRefIDs reports queries of one panel that share a refId. Where one is missing, Grafana
// takes the next free letter (ensureQueryIds in
// public/app/features/dashboard/state/PanelModel.ts), which is another as soon as a query is added.
func findBadRefIDs(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, panel := range b.Panels() {
			found = append(found, badRefIDs(b, panel)...)
		}
	}
	return found
}

func badRefIDs(b board, panel dashboard.Panel) []finding {
	var found []finding
	all := queries(panel)
	first := map[string]target{}
	for _, q := range all {
		ref := q.text("refId")
		other, taken := first[ref]
		switch {
		case !taken:
			first[ref] = q
			if ref == "" && len(all) > 1 {
				found = append(found, onPanel(b, panel, q.key, "the query has no refId, and the panel has others", "name it A, B, C ...").warning().saying(q.text("expr")))
			}
		case ref != "":
			found = append(found, onPanel(b, panel, q.key+".refId", fmt.Sprintf("the refId %q is also that of %s", ref, other.key), "give each query of a panel its own").saying(q.text("expr")))
		}
	}
	return found
}
