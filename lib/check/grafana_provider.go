package check

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

var providerRule = rule{
	id:   "grafana/provider",
	why:  "Without a right provider Grafana loads no dashboards and says nothing, or skips the providers that follow.",
	tree: true,
	find: findBadProviders,
}

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
	if seconds, watched := s.watched(provider); watched {
		found = append(found, provider.failAt("updateIntervalSeconds", fmt.Sprintf("is %v; from 12.3 on Grafana watches the files where it is 10 or less, and has been reported to miss changes on Docker's volumes", seconds), "write 30").warning())
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

// watcherSince is the release from which on a provider with a short interval watches its files.
var watcherSince = release{12, 3}

// defaultUpdateInterval is the interval of a provider that sets none, in seconds.
const defaultUpdateInterval = 10

// watched tells whether Grafana watches the provider's files instead of walking them from
// time to time, and the interval that makes it do so.
func (s *subject) watched(provider item) (seconds int, watched bool) {
	if version, known := s.release(); known && version.before(watcherSince) {
		return 0, false
	}
	value, set := provider.json["updateIntervalSeconds"]
	if !set {
		return defaultUpdateInterval, true
	}
	seconds, whole := wholeNumber(value)
	return seconds, whole && seconds <= defaultUpdateInterval
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
