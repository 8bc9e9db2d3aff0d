package check

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// providerKeys and providerOptionKeys are what Grafana reads of a provider; a misspelt key is
// ignored by Grafana without a word (pkg/services/provisioning/dashboards/types.go).
var (
	providerKeys       = []string{"name", "orgId", "type", "folder", "folderUid", "disableDeletion", "editable", "updateIntervalSeconds", "allowUiUpdates", "options"}
	providerOptionKeys = []string{"path", "foldersFromFilesStructure"}
)

// findBadProviders reports dashboard providers that Grafana refuses or that would load nothing.
func findBadProviders(s *subject) []finding {
	var found []finding
	firstName, firstFolder := map[string]item{}, map[string]item{}
	providers := items(s.providers, "providers")
	for _, provider := range providers {
		found = append(found, badProvider(s, provider)...)
		name := provider.text("name")
		if other, taken := firstName[name]; taken && name != "" {
			found = append(found, provider.failAt("name", fmt.Sprintf("the provider name %q is also used in %s; Grafana keeps its records by it", name, other.document.Source), "give each provider its own name, over all files"))
		}
		firstName[name] = provider
		if folder := provider.text("folderUid"); folder != "" {
			if other, taken := firstFolder[folder]; taken {
				found = append(found, provider.failAt("folderUid", fmt.Sprintf("the folder uid %q is also used in %s", folder, other.document.Source), "give each provider its own folder"))
			}
			firstFolder[folder] = provider
		}
	}
	return append(found, coverage(s, providers)...)
}

func badProvider(s *subject, provider item) []finding {
	var found []finding
	for _, key := range sortedKeys(provider.json) {
		if !slices.Contains(providerKeys, key) {
			found = append(found, provider.failAt(key, "is no key of a dashboard provider", diagnostic.DidYouMean(key, providerKeys)))
		}
	}
	if provider.text("name") == "" {
		found = append(found, provider.failAt("name", "the provider has no name", "name it"))
	}
	if kind, set := provider.json["type"]; set && kind != "file" {
		found = append(found, provider.failAt("type", fmt.Sprintf("is %s; Grafana has only file", quoted(kind)), "write type: 'file'"))
	}
	options, _ := provider.json["options"].(map[string]any)
	for _, key := range sortedKeys(options) {
		if !slices.Contains(providerOptionKeys, key) {
			found = append(found, provider.failAt("options."+key, "is no option of a file provider; Grafana would ignore it", diagnostic.DidYouMean(key, providerOptionKeys)))
		}
	}
	if options["foldersFromFilesStructure"] == true && (provider.text("folder") != "" || provider.text("folderUid") != "") {
		found = append(found, provider.failAt("folder", "folder and folderUid must be empty where foldersFromFilesStructure is on; Grafana refuses both", "remove one of the two"))
	}
	if mount, _ := options["path"].(string); mount == "" {
		found = append(found, provider.failAt("options.path", "the provider has no path", "set it to "+s.Grafana.DashboardsPath))
	} else if !s.pathExists(mount) {
		found = append(found, provider.failAt("options.path", fmt.Sprintf("%s is no folder of the rendered tree, which is mounted at %s; Grafana skips the later providers over a missing folder", mount, s.Grafana.DashboardsPath),
			"correct the path, or set grafana.dashboardsPath of the environment"))
	}
	return found
}

// pathExists tells whether a path inside Grafana names a folder of the tree that is mounted
// at the environment's dashboardsPath.
func (s *subject) pathExists(mount string) bool {
	root := path.Clean(s.Grafana.DashboardsPath)
	mount = path.Clean(mount)
	if mount == root {
		return true
	}
	rest, inside := strings.CutPrefix(mount, root+"/")
	return inside && slices.ContainsFunc(s.dashboards, func(b board) bool {
		return b.folder() == rest || strings.HasPrefix(b.folder(), rest+"/")
	})
}

// coverage reports dashboards that no provider loads or that two providers load: then every
// uid occurs twice.
func coverage(s *subject, providers []item) []finding {
	var found []finding
	for _, b := range s.dashboards {
		place := path.Join(s.Grafana.DashboardsPath, b.folder())
		var loaders []item
		for _, provider := range providers {
			options, _ := provider.json["options"].(map[string]any)
			mount, _ := options["path"].(string)
			if mount != "" && (place == path.Clean(mount) || strings.HasPrefix(place, path.Clean(mount)+"/")) {
				loaders = append(loaders, provider)
			}
		}
		switch {
		case len(loaders) == 0 && len(providers) == 0:
			return []finding{failure(b.Document, "", "no dashboard provider is provisioned; Grafana would load no dashboard and say nothing", "add jsonnet/provisioning/dashboards/dashboards.jsonnet with one provider of options.path "+s.Grafana.DashboardsPath)}
		case len(loaders) == 0:
			found = append(found, failure(b.Document, "", fmt.Sprintf("no provider's options.path covers %s; Grafana would not load the dashboard", place), "widen a provider's path"))
		case len(loaders) > 1:
			found = append(found, loaders[1].failAt("options.path", fmt.Sprintf("the dashboards in %s are also loaded by %s %s, so each uid occurs twice", place, loaders[0].document.Source, loaders[0].where), "give the providers separate folders"))
		}
	}
	return found
}

// findBadDatasources reports data sources that keep Grafana from starting or that dashboards
// could not name.
func findBadDatasources(s *subject) []finding {
	var found []finding
	firstUID, firstName, firstDefault := map[string]item{}, map[string]item{}, map[string]item{}
	for _, source := range items(s.datasources, "datasources") {
		org, name, uid := source.org(), source.text("name"), source.text("uid")
		if name == "" {
			found = append(found, source.failAt("name", "the data source has no name", "name it"))
		} else if other, taken := firstName[org+"\x00"+name]; taken {
			found = append(found, source.failAt("name", fmt.Sprintf("the name %q is also used in %s", name, other.document.Source), "give each data source of an organisation its own name"))
		}
		firstName[org+"\x00"+name] = source
		if source.text("type") == "" {
			found = append(found, source.failAt("type", "the data source has no type", "name the plugin, for example prometheus"))
		}
		if uid == "" {
			found = append(found, source.failAt("uid", "the data source has no uid; Grafana would invent one, and dashboards and alerts could not name it", "set one"))
		} else if !uidPattern.MatchString(uid) {
			found = append(found, source.failAt("uid", fmt.Sprintf("%q is no valid uid", uid), uidHint))
		} else if other, taken := firstUID[org+"\x00"+uid]; taken {
			found = append(found, source.failAt("uid", fmt.Sprintf("the uid %q is also used in %s", uid, other.document.Source), "give each data source its own uid"))
		}
		firstUID[org+"\x00"+uid] = source
		if source.json["isDefault"] == true {
			if other, taken := firstDefault[org]; taken {
				found = append(found, source.failAt("isDefault", fmt.Sprintf("%s %s is the default data source already; Grafana refuses to start with two", other.document.Source, other.where), "keep one default for each organisation"))
			}
			firstDefault[org] = source
		}
	}
	return found
}

// didYouMean returns the nearest known name, or the given remedy where none is near.
func didYouMean(name string, known map[string]bool, remedy string) string {
	if nearest, ok := diagnostic.Nearest(name, slices.Collect(maps.Keys(known))); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return remedy
}
