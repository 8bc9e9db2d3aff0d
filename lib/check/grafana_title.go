package check

import (
	"fmt"
	"path"
	"strings"
)

var titleRule = rule{
	id:   "grafana/title",
	why:  "Two dashboards of one title in one folder take the write permission of the whole provider away: Grafana then updates none of its dashboards.",
	find: findBadTitles,
}

// findBadTitles reports two dashboards of one title in one folder, which Grafana treats like
// a shared uid.
func findBadTitles(s *subject) []finding {
	var found []finding
	first := map[string]board{}
	for _, b := range s.dashboards {
		title := b.Title()
		if title == "" {
			continue
		}
		key := path.Base(b.folder()) + "\x00" + strings.ToLower(title)
		if other, taken := first[key]; taken {
			found = append(found, failure(b.Document, "title", fmt.Sprintf("the title %q is also that of %s in the same folder", title, other.Source), "give each dashboard of a folder its own title").saying(title))
			continue
		}
		first[key] = b
	}
	return found
}
