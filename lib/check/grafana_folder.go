package check

import (
	"fmt"
	"path"
	"strings"
)

var folderRule = rule{
	id:   "grafana/folder",
	why:  "Before version 13 Grafana takes the last directory as the folder, so dashboards of different teams end up in one.",
	tree: true,
	find: findFolders,
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
			found = append(found, failure(b.Document, "", fmt.Sprintf("Grafana reserves the folder name %q", path.Base(folder)), "choose another name, or move the dashboards to jsonnet/dashboards itself"))
		case seen && other != folder:
			reported[folder] = true
			found = append(found, failure(b.Document, "", fmt.Sprintf("the folders %s and %s end in the same name; Grafana takes only the last part and would merge them", other, folder), "give every folder a last name of its own"))
		default:
			parents[leaf] = folder
		}
	}
	return found
}
