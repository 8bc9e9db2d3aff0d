package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

const (
	ruleCatalogue = "metrics/catalogue"

	// maxCatalogueFile bounds one file; the largest real catalogues stay below one MiB.
	maxCatalogueFile = 16 << 20
)

// The names that a query can write without quotes.
var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// Load reads every *.json of a folder, given relative to the project's root. A folder that is
// not there is an empty catalogue. All findings of all files come at once.
func Load(root, dir string) (*Catalogue, error) {
	folder := filepath.Join(root, filepath.FromSlash(dir))
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	loader := loader{index: map[string]int{}}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		if err := loader.file(filepath.Join(folder, entry.Name()), path.Join(filepath.ToSlash(dir), entry.Name())); err != nil {
			return nil, err
		}
	}
	if err := diagnostic.AsError(loader.findings...); err != nil {
		return nil, err
	}
	return newCatalogue(loader.metrics), nil
}

// loader gathers metrics and findings over all files.
type loader struct {
	source   *source
	metrics  []Metric
	index    map[string]int // of the metric of that name in metrics
	findings []diagnostic.Diagnostic
}

func (l *loader) file(name, shown string) error {
	data, err := readCatalogueFile(name)
	l.source = &source{file: shown, data: data}
	if errors.Is(err, errTooLarge) {
		l.fail(0, "split it: every *.json of the folder is read", "the file is larger than %d MiB", maxCatalogueFile>>20)
		return nil
	}
	if err != nil {
		return err
	}
	top, err := l.source.parse()
	if findings, ok := diagnostic.FromError(err); ok {
		l.findings = append(l.findings, findings...)
		return nil
	}
	if err != nil {
		return err
	}
	l.top(top)
	return nil
}

var errTooLarge = errors.New("too large")

func readCatalogueFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(err, error(&fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxCatalogueFile+1))
	if err == nil && len(data) > maxCatalogueFile {
		return nil, errTooLarge
	}
	return data, err
}

func (l *loader) fail(offset int, hint, format string, arguments ...any) {
	l.findings = append(l.findings, l.source.diagnostic(offset, fmt.Sprintf(format, arguments...), hint))
}

// top reads {"metrics": {...}}.
func (l *loader) top(v value) {
	if !l.isObject(v, "the file", `write {"metrics": {...}}`) {
		return
	}
	found := false
	for key, item := range l.members(v, "the file", []string{"metrics"}) {
		found = true
		if l.isObject(item.value, key, "") {
			l.all(item.value)
		}
	}
	if !found && len(v.members) == 0 {
		l.fail(v.offset, `write {"metrics": {...}}`, `the key "metrics" is missing`)
	}
}

func (l *loader) all(v value) {
	for _, item := range v.members {
		if first, twice := l.index[item.key]; twice {
			l.fail(item.offset, "keep one of the two", "the metric %s is already described at %s", item.key, l.metrics[first].Position)
			continue
		}
		l.metric(item)
	}
}

func (l *loader) isObject(v value, what, hint string) bool {
	if _, ok := v.is.(object); !ok {
		l.fail(v.offset, hint, "%s must be an object, not %s", what, v.kind())
		return false
	}
	return true
}

// members iterates over an object's known keys and reports the others and those that come twice.
func (l *loader) members(v value, what string, known []string) func(func(string, member) bool) {
	return func(yield func(string, member) bool) {
		seen := map[string]int{}
		for _, item := range v.members {
			first, twice := seen[item.key]
			switch {
			case twice:
				l.fail(item.offset, "keep one of the two", "%s: the key %q is already defined on line %d", what, item.key, l.source.at(first).Line)
				continue
			case known != nil && !slices.Contains(known, item.key):
				l.fail(item.offset, diagnostic.DidYouMean(item.key, known), "%s: unknown key %q", what, item.key)
			}
			seen[item.key] = item.offset
			if (known == nil || slices.Contains(known, item.key)) && !yield(item.key, item) {
				return
			}
		}
	}
}

var metricKeys = []string{"firstSeen", "help", "labels", "shared", "source", "tenantLabel", "type", "unit"}

func (l *loader) metric(item member) {
	m := Metric{Name: item.key, Position: l.source.at(item.offset)}
	if !metricName.MatchString(m.Name) {
		l.fail(item.offset, "use letters, digits, _ and :, and no digit first", "%q is not the name of a metric", m.Name)
	}
	l.index[m.Name] = len(l.metrics)
	l.metrics = append(l.metrics, m) // also when it has mistakes: a second one is a mistake of its own
	if !l.isObject(item.value, m.Name, `write for example {"type": "counter", "labels": {}}`) {
		return
	}
	given := map[string]value{}
	for key, field := range l.members(item.value, m.Name, metricKeys) {
		given[key] = field.value
		l.field(&m, key, field.value)
	}
	l.together(&m, item, given)
	l.metrics[len(l.metrics)-1] = m
}

func (l *loader) field(m *Metric, key string, v value) {
	switch key {
	case "firstSeen":
		m.FirstSeen = FirstSeen(l.oneOf(m, key, v, string(AtStart), string(AtFirstEvent)))
	case "type":
		m.Type = Type(l.oneOf(m, key, v, typeNames()...))
	case "help":
		m.Help = l.text(m, key, v)
	case "source":
		m.Source = l.text(m, key, v)
	case "tenantLabel":
		m.TenantLabel = l.text(m, key, v)
	case "unit":
		m.Unit = l.text(m, key, v)
	case "shared":
		shared, ok := v.is.(bool)
		if !ok {
			l.fail(v.offset, "write true or false", "%s: shared must be a boolean, not %s", m.Name, v.kind())
		}
		m.Shared = shared
	case "labels":
		m.Labels = l.labels(m, v)
	}
}

func typeNames() []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return names
}

func (l *loader) text(m *Metric, key string, v value) string {
	text, ok := v.is.(string)
	if !ok {
		l.fail(v.offset, "", "%s: %s must be a string, not %s", m.Name, key, v.kind())
	}
	return text
}

func (l *loader) oneOf(m *Metric, key string, v value, choices ...string) string {
	text, ok := v.is.(string)
	switch {
	case !ok:
		l.fail(v.offset, "write one of: "+strings.Join(choices, ", "), "%s: %s must be a string, not %s", m.Name, key, v.kind())
	case !slices.Contains(choices, text):
		l.fail(v.offset, diagnostic.DidYouMean(text, choices), "%s: %q is not a known %s", m.Name, text, key)
	}
	return text
}

func (l *loader) labels(m *Metric, v value) map[string]string {
	labels := map[string]string{}
	if !l.isObject(v, m.Name+": labels", `write {"label": "what it means"}`) {
		return labels
	}
	for name, item := range l.members(v, m.Name+": labels", nil) {
		switch {
		case !labelName.MatchString(name):
			l.fail(item.offset, "use letters, digits and _, and no digit first", "%s: %q is not the name of a label", m.Name, name)
		case strings.HasPrefix(name, "__"):
			l.fail(item.offset, "", "%s: the label %s belongs to Prometheus, whose names begin with __", m.Name, name)
		case slices.Contains(targetLabels, name):
			l.fail(item.offset, "leave it out: Prometheus puts it on every series", "%s: %s is a label of the target", m.Name, name)
		}
		labels[name] = l.text(m, "the meaning of the label "+name, item.value)
	}
	return labels
}

// together checks what more than one field decides.
func (l *loader) together(m *Metric, item member, given map[string]value) {
	for _, key := range []string{"type", "labels"} {
		if _, ok := given[key]; !ok {
			l.fail(item.offset, "", "%s: the key %q is missing", m.Name, key)
		}
	}
	if v, ok := given["tenantLabel"]; ok {
		if _, carried := m.Labels[m.TenantLabel]; !carried && m.TenantLabel != "" {
			known := slices.Collect(maps.Keys(m.Labels))
			l.fail(v.offset, diagnostic.DidYouMean(m.TenantLabel, known), "%s: the tenantLabel %q is not one of its labels", m.Name, m.TenantLabel)
		}
	}
	for _, part := range []struct {
		label string
		of    []Type
	}{{"le", []Type{Histogram, GaugeHistogram, NativeHistogram}}, {"quantile", []Type{Summary}}} {
		if _, listed := m.Labels[part.label]; listed && slices.Contains(part.of, m.Type) {
			l.fail(given["labels"].offset, "leave it out: the type implies it", "%s: a %s has the label %s by itself", m.Name, m.Type, part.label)
		}
	}
	if _, ok := given["firstSeen"]; !ok {
		m.FirstSeen = firstSeen(m.Type, len(m.Labels) > 0)
	}
}

// firstSeen is when the client libraries create the series of such a metric.
func firstSeen(t Type, labelled bool) FirstSeen {
	if labelled && slices.Contains([]Type{Counter, Histogram, NativeHistogram, Summary}, t) {
		return AtFirstEvent
	}
	return AtStart
}
