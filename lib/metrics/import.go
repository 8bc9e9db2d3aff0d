package metrics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ImportOptions say where new entries go.
type ImportOptions struct {
	// Into is the file name, in the catalogue's folder, for metrics that are new.
	Into string
	// Source names what exposes the new metrics; empty means the targets of the scrape.
	Source string
}

// Change is one entry that an import adds or updates.
type Change struct {
	Metric string
	// File is relative to the project's root.
	File string
	// New tells that the catalogue did not have the metric.
	New bool
	// What says in words what is new about a metric that the catalogue had.
	What []string
	// Unsampled tells that the metric has no samples yet, so that its labels are unknown.
	Unsampled bool
}

// Import is what an import would do. Nothing is written before Write.
type Import struct {
	Changes []Change
	// NewFiles are those that do not exist yet, relative to the root. Jsonnet imports files by
	// name, so somebody has to add them.
	NewFiles []string
	root     string
	files    map[string][]byte // by path relative to the root
}

var fileName = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]*\.json$`)

// CheckInto tells whether a name can be a file of the catalogue.
func CheckInto(name string) error {
	if !fileName.MatchString(name) {
		return fmt.Errorf("%q is not a file name of the catalogue; write for example celery.json", name)
	}
	return nil
}

// Import works out how the catalogue in dir, relative to root, grows by what a scrape shows.
// What people wrote stays: help, units and meanings are filled in where they are empty, and
// what the scrape does not show is kept.
func (c *Catalogue) Import(root, dir string, scrape *Scrape, options ImportOptions) (*Import, error) {
	if err := CheckInto(options.Into); err != nil {
		return nil, err
	}
	result := &Import{root: root, files: map[string][]byte{}}
	into := path.Join(filepath.ToSlash(dir), options.Into)
	changed := map[string]map[string]Metric{}
	for _, name := range slices.Sorted(maps.Keys(scrape.Metrics)) {
		m, change := c.imported(scrape.Metrics[name], into, options.Source)
		if !change.New && len(change.What) == 0 {
			continue
		}
		result.Changes = append(result.Changes, change)
		if changed[change.File] == nil {
			changed[change.File] = c.file(change.File)
		}
		changed[change.File][name] = m
	}
	for file, entries := range changed {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(file))); errors.Is(err, fs.ErrNotExist) {
			result.NewFiles = append(result.NewFiles, file)
		} else if err != nil {
			return nil, err
		}
		data, err := render(entries)
		if err != nil {
			return nil, err
		}
		result.files[file] = data
	}
	slices.Sort(result.NewFiles)
	return result, nil
}

// file returns the metrics that stand in one file.
func (c *Catalogue) file(name string) map[string]Metric {
	entries := map[string]Metric{}
	for _, m := range c.metrics {
		if m.Position.File == name {
			entries[m.Name] = m
		}
	}
	return entries
}

// imported returns the entry that a metric has after the import.
func (c *Catalogue) imported(seen Exposed, into, source string) (Metric, Change) {
	m, known := c.Family(seen.Name)
	if !known {
		return c.added(seen, source), Change{Metric: seen.Name, File: into, New: true, Unsampled: !seen.Sampled}
	}
	change := Change{Metric: seen.Name, File: m.Position.File}
	if is := nextType(m.Type, seen.Type); is != m.Type {
		change.What = append(change.What, fmt.Sprintf("type %s, was %s", is, m.Type))
		m.Type = is
	}
	m.Labels = maps.Clone(m.Labels)
	for _, label := range seen.Labels { // the metric may have had no samples when it was added
		if _, listed := m.Labels[label]; !listed {
			change.What = append(change.What, "label "+label)
			m.Labels[label] = ""
			if c.isTenant(label) && m.TenantLabel == "" && !m.Shared {
				change.What = append(change.What, "tenantLabel "+label)
				m.TenantLabel = label
			}
		}
	}
	for _, label := range slices.Sorted(maps.Keys(m.Labels)) {
		if implied(m.Type, label) {
			change.What = append(change.What, "no label "+label+", which the type implies")
			delete(m.Labels, label)
		}
	}
	if m.Help == "" && seen.Help != "" {
		change.What = append(change.What, "help")
		m.Help = seen.Help
	}
	if unit := unitOf(seen); m.Unit == "" && unit != "" {
		change.What = append(change.What, "unit "+unit)
		m.Unit = unit
	}
	return m, change
}

// nextType is the catalogue's type after a scrape: reality's, unless that only says less.
func nextType(catalogue, reality Type) Type {
	if is, compatible := sharpened(catalogue, reality); compatible {
		return is
	}
	return reality
}

// isTenant tells whether a label names the customer: all metrics that name one agree on it.
func (c *Catalogue) isTenant(label string) bool {
	tenants := c.TenantLabels()
	return len(tenants) == 1 && tenants[0] == label
}

func (c *Catalogue) added(seen Exposed, source string) Metric {
	m := Metric{Name: seen.Name, Type: seen.Type, Unit: unitOf(seen), Help: seen.Help, Labels: map[string]string{}, Source: source}
	for _, label := range seen.Labels {
		m.Labels[label] = ""
	}
	if source == "" {
		m.Source = strings.Join(seen.Targets, ", ")
	}
	if i := slices.IndexFunc(seen.Labels, c.isTenant); i >= 0 {
		m.TenantLabel = seen.Labels[i]
	}
	// A metric without samples has labels that nothing has set yet: without labels it would
	// have a sample from the start. A labelled series at 0, on the other hand, has been made
	// before its first event, as exporters of what a kernel or server counts do.
	m.FirstSeen = firstSeen(m.Type, (len(m.Labels) > 0 || !seen.Sampled) && !seen.Idle)
	return m
}

// conventionalUnits are the endings that Prometheus' naming conventions give to names
// (https://prometheus.io/docs/practices/naming/).
var conventionalUnits = []string{
	"seconds", "milliseconds", "bytes", "bits", "ratio", "percent", "celsius", "meters", "volts", "amperes", "joules", "grams", "hertz",
}

// unitOf is the unit that the exposition declares or the name ends with.
func unitOf(m Exposed) string {
	if m.Unit != "" {
		return m.Unit
	}
	name := strings.TrimSuffix(m.Name, "_total")
	if last := name[strings.LastIndexByte(name, '_')+1:]; last != name && slices.Contains(conventionalUnits, last) {
		return last
	}
	return ""
}

// entry is a metric as its file has it; the fields are in the order of their keys.
type entry struct {
	FirstSeen   FirstSeen         `json:"firstSeen"`
	Help        string            `json:"help"`
	Labels      map[string]string `json:"labels"`
	Shared      bool              `json:"shared"`
	Source      string            `json:"source"`
	TenantLabel string            `json:"tenantLabel,omitempty"`
	Type        Type              `json:"type"`
	Unit        string            `json:"unit"`
}

// render writes a file of the catalogue: sorted keys, two spaces.
func render(metrics map[string]Metric) ([]byte, error) {
	entries := map[string]entry{}
	for name, m := range metrics {
		entries[name] = entry{FirstSeen: m.FirstSeen, Help: m.Help, Labels: m.Labels, Shared: m.Shared, Source: m.Source, TenantLabel: m.TenantLabel, Type: m.Type, Unit: m.Unit}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(map[string]any{"metrics": entries})
	return b.Bytes(), err
}

// Write changes the files. Every byte is on disk before the first file is replaced.
func (i *Import) Write() error {
	staged := map[string]string{} // temporary file by its target
	defer func() {
		for _, temporary := range staged {
			os.Remove(temporary)
		}
	}()
	for _, file := range slices.Sorted(maps.Keys(i.files)) {
		target := filepath.Join(i.root, filepath.FromSlash(file))
		if real, err := filepath.EvalSymlinks(target); err == nil {
			target = real // replace what a link leads to, not the link
		}
		temporary, err := stage(target, i.files[file])
		if err != nil {
			return fmt.Errorf("%s: cannot write: %w; nothing was changed", file, err)
		}
		staged[target] = temporary
	}
	for _, target := range slices.Sorted(maps.Keys(staged)) {
		if err := os.Rename(staged[target], target); err != nil {
			return err
		}
		delete(staged, target)
	}
	return nil
}

// stage writes data beside its target; the name does not end with .json, so that the
// catalogue never reads it.
func stage(target string, data []byte) (string, error) {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(target); err == nil {
		mode = info.Mode().Perm()
	}
	file, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
	if err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}
