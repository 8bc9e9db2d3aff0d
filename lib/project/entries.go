package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
)

// SourceDir holds the project's Jsonnet sources.
const SourceDir = "jsonnet"

// MetricsDir holds the metric catalogue, relative to the project's root.
const MetricsDir = SourceDir + "/metrics"

// Entry is one file to compile: it makes one artifact in every environment.
type Entry struct {
	Source string // relative to the project's root
	Output artifact.Path
	Kind   artifact.Kind
}

// Name returns the entry's file name without its extension.
func (e Entry) Name() string {
	return strings.TrimSuffix(path.Base(e.Source), entryExtension)
}

// dashboards returns the names of all dashboards, sorted; several may be of one name.
func (p *Project) dashboards() []string {
	var names []string
	for _, entry := range p.Entries {
		if entry.Kind == artifact.Dashboard {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names
}

// choosesDashboard tells whether a glob matches the name of a dashboard.
func (p *Project) choosesDashboard(glob string) bool {
	return slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Kind == artifact.Dashboard && matches(glob, e.Name()) })
}

const entryExtension = ".jsonnet"

// outputs maps a folder under jsonnet/ to its place in the tree. More specific ones first.
var outputs = []struct {
	source, output, extension string
	kind                      artifact.Kind
}{
	{"dashboards", "grafana/dashboards", ".json", artifact.Dashboard},
	{"provisioning/dashboards", "grafana/provisioning/dashboards", ".yaml", artifact.Dashboards},
	{"provisioning/datasources", "grafana/provisioning/datasources", ".yaml", artifact.Datasources},
	{"provisioning/alerting", "grafana/provisioning/alerting", ".yaml", artifact.Alerting},
	{"provisioning/plugins", "grafana/provisioning/plugins", ".yaml", artifact.Plugins},
	{"prometheus", "prometheus", ".yaml", artifact.Prometheus},
}

// defaultNames are the files that Prometheus and Alertmanager look for by default, which end
// in .yml (their --config.file flags).
var defaultNames = map[string]artifact.Path{
	"prometheus/prometheus":   "prometheus/prometheus.yml",
	"prometheus/alertmanager": "prometheus/alertmanager.yml",
}

// findEntries walks the folders of jsonnet/ that are compiled. Libraries (.libsonnet) and
// hidden folders are passed over.
func findEntries(root string) ([]Entry, error) {
	var entries []Entry
	var findings []diagnostic.Diagnostic
	for _, top := range []string{"dashboards", "provisioning", "prometheus"} {
		dir := filepath.Join(root, SourceDir, top)
		err := filepath.WalkDir(dir, func(file string, item fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && file == dir {
				return fs.SkipAll
			}
			if err != nil {
				return err
			}
			if strings.HasPrefix(item.Name(), ".") {
				if item.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			relative, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			source := filepath.ToSlash(relative)
			if linksToDirectory(file, item) {
				findings = append(findings, entryError(source, "is a symbolic link to a folder, which is not followed", "move the folder here, or link single files"))
				return nil
			}
			if item.IsDir() || !strings.HasSuffix(source, entryExtension) {
				return nil
			}
			entry, err := newEntry(source)
			if err != nil {
				findings = append(findings, entryError(source, err.Error(), ""))
				return nil
			}
			entries = append(entries, entry)
			return nil
		})
		if err != nil {
			return nil, readError(SourceDir+"/"+top, err)
		}
	}
	findings = append(findings, colliding(entries)...)
	if len(findings) > 0 {
		return nil, diagnostic.AsError(findings...)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(string(a.Output), string(b.Output)) })
	return entries, nil
}

func linksToDirectory(file string, item fs.DirEntry) bool {
	if item.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && info.IsDir()
}

func newEntry(source string) (Entry, error) {
	within := strings.TrimSuffix(strings.TrimPrefix(source, SourceDir+"/"), entryExtension)
	if path.Base(within) == "" || strings.HasSuffix(within, "/") {
		return Entry{}, errors.New("has no name before its extension")
	}
	for _, o := range outputs {
		rest, ok := strings.CutPrefix(within, o.source+"/")
		if !ok {
			continue
		}
		if strings.HasPrefix(o.source, "provisioning/") && strings.Contains(rest, "/") {
			return Entry{}, errors.New("is in a sub-folder, which Grafana does not read; move it up to jsonnet/" + o.source)
		}
		output, err := artifact.NewPath(o.output + "/" + rest + o.extension)
		if named, ok := defaultNames[within]; ok {
			output = named
		}
		return Entry{Source: source, Output: output, Kind: o.kind}, err
	}
	return Entry{}, errors.New("is in no folder that Grafana reads; move it to provisioning/dashboards, datasources, alerting or plugins")
}

// colliding reports entries whose outputs are one file on a disk that ignores case.
func colliding(entries []Entry) []diagnostic.Diagnostic {
	var findings []diagnostic.Diagnostic
	seen := map[string]Entry{}
	for _, entry := range entries {
		key := strings.ToLower(string(entry.Output))
		if other, ok := seen[key]; ok {
			findings = append(findings, entryError(entry.Source,
				fmt.Sprintf("makes the same file as %s: %s", other.Source, entry.Output), "rename one; names that differ only in case are one file on many disks"))
		}
		seen[key] = entry
	}
	return findings
}

func entryError(source, message, hint string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{Rule: "config/entry", Severity: diagnostic.Error, Position: diagnostic.Position{File: source}, Message: message, Hint: hint}
}
