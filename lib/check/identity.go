package check

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

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
			found = append(found, failure(b.Document, "uid", fmt.Sprintf("%s is no valid uid", quoted(b.JSON["uid"])), uidHint))
		case taken:
			found = append(found, failure(b.Document, "uid", fmt.Sprintf("the uid %q is also that of %s", uid, other.Source), "give each dashboard its own uid"))
		default:
			first[uid] = b
		}
	}
	return found
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
			found = append(found, failure(b.Document, "title", fmt.Sprintf("the title %q is also that of %s in the same folder", title, other.Source), "give each dashboard of a folder its own title"))
			continue
		}
		first[key] = b
	}
	return found
}

// findFolders reports folders that Grafana would merge or that it cannot name: before
// version 13 only the last directory of a path counts as the folder.
func findFolders(s *subject) []finding {
	var found []finding
	parents := map[string]string{}
	reported := map[string]bool{}
	for _, b := range s.dashboards {
		folder := b.folder()
		if folder == "" || reported[folder] {
			continue
		}
		leaf := strings.ToLower(path.Base(folder))
		switch other, seen := parents[leaf]; {
		case leaf == "general":
			reported[folder] = true
			found = append(found, failure(b.Document, folder, `Grafana reserves the folder name "General"`, "choose another name, or move the dashboards to jsonnet/dashboards itself"))
		case seen && other != folder:
			reported[folder] = true
			found = append(found, failure(b.Document, folder, fmt.Sprintf("the folders %s and %s end in the same name; Grafana takes only the last part and would merge them", other, folder), "give every folder a last name of its own"))
		default:
			parents[leaf] = folder
		}
	}
	return found
}

// maxSize is the largest dashboard that this tool lets through, in bytes: Kubernetes
// ConfigMaps end there, and so do Grafana's defaults for what a browser loads well.
const maxSize = 1 << 20

func findTooLarge(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		if b.Size > maxSize {
			found = append(found, failure(b.Document, "", fmt.Sprintf("the dashboard has %d bytes, more than 1 MiB", b.Size), "split it into several dashboards"))
		}
	}
	return found
}

func quoted(value any) string {
	if text, ok := value.(string); ok {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprint(value)
}
