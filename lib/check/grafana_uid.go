package check

import (
	"fmt"
	"regexp"
)

var uidRule = rule{
	id:   "grafana/uid",
	why:  "Links, alerts and the browser's address name a dashboard by its uid. Two dashboards of one uid take the write permission of the whole provider away.",
	find: findBadUIDs,
}

// uidPattern is Grafana's rule for uids (pkg/util/shortid_generator.go).
var uidPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)

const uidHint = "use 1 to 40 letters, digits, dashes or underscores"

// findBadUIDs reports dashboards without a usable uid, and uids that two dashboards share:
// then Grafana takes the write permission of the whole provider away.
func findBadUIDs(s *subject) []finding {
	var found []finding
	first := map[string]board{}
	for _, b := range s.dashboards {
		uid, isText := b.JSON["uid"].(string)
		switch other, taken := first[uid]; {
		case b.JSON["uid"] == nil || uid == "" && isText:
			found = append(found, failure(b.Document, "uid", "the dashboard has no uid; Grafana would invent one, and links and alerts could not name it", "set it with g.dashboard.withUid('...')"))
		case !isText || !uidPattern.MatchString(uid):
			found = append(found, failure(b.Document, "uid", fmt.Sprintf("%s is no valid uid", quoted(b.JSON["uid"])), uidHint).saying(uid))
		case taken:
			found = append(found, failure(b.Document, "uid", fmt.Sprintf("the uid %q is also that of %s", uid, other.Source), "give each dashboard its own uid").saying(uid))
		default:
			first[uid] = b
		}
	}
	return found
}
