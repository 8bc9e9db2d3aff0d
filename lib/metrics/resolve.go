package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// partSuffixes are the endings that the samples of a family may have beside its own name.
var partSuffixes = map[Type][]string{
	Counter:        {"_total", "_created"},
	Histogram:      {"_bucket", "_count", "_sum", "_created"},
	GaugeHistogram: {"_bucket", "_gcount", "_gsum"},
	Summary:        {"_count", "_sum", "_created"},
	Info:           {"_info"},
}

// resolve decides which samples belong to which family and under which name the catalogue
// knows it: families of counters and info metrics go by the name of their series, which
// OpenMetrics writes with a suffix that the TYPE line lacks.
func resolve(families map[string]family, samples map[string]sampled, suffixed bool) map[string]Exposed {
	r := resolver{families: families, samples: samples, suffixed: suffixed, sampled: map[string]bool{}, metrics: map[string]Exposed{}}
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		r.sample(name)
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		r.unsampled(name)
	}
	return r.metrics
}

type resolver struct {
	families map[string]family
	samples  map[string]sampled
	suffixed bool            // counters without samples end with _total nevertheless
	sampled  map[string]bool // the families that have samples
	metrics  map[string]Exposed
}

// owner returns the family that a sample belongs to and the suffix it has there.
func (r resolver) owner(name string) (family, string, string) {
	if f, ok := r.families[name]; ok && f.is != "" {
		return f, name, ""
	}
	for _, suffix := range []string{"_total", "_created", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_info"} {
		base, found := strings.CutSuffix(name, suffix)
		if f, ok := r.families[base]; found && ok && slices.Contains(partSuffixes[f.is], suffix) {
			return f, base, suffix
		}
	}
	return r.families[name], name, ""
}

func (r resolver) sample(name string) {
	f, base, suffix := r.owner(name)
	if suffix == "_created" || r.isCreated(name) {
		return
	}
	entry := base
	if f.is == Counter || f.is == Info {
		entry = name
	}
	s := r.samples[name]
	m, known := r.metrics[entry]
	if !known {
		m = r.exposed(entry, f)
	}
	if m.Position.File == "" {
		m.Position = diagnostic.Position{File: s.file, Line: s.line}
	}
	r.sampled[base], m.Sampled = true, true
	if s.zero && (f.is == Counter || suffix == "_count") {
		m.Idle = true
	}
	for label := range s.labels {
		if labelName.MatchString(label) && !implied(m.Type, label) {
			m.Labels = append(m.Labels, label)
		}
	}
	slices.Sort(m.Labels)
	m.Labels = slices.Compact(m.Labels)
	r.metrics[entry] = m
}

// implied tells whether a label comes with the type or from the target.
func implied(t Type, label string) bool {
	switch {
	case slices.Contains(targetLabels, label):
		return true
	case label == "le":
		return t == Histogram || t == GaugeHistogram || t == NativeHistogram
	case label == "quantile":
		return t == Summary
	}
	return strings.HasPrefix(label, "__")
}

func (r resolver) exposed(name string, f family) Exposed {
	m := Exposed{Name: name, Type: f.is, Unit: f.unit, Help: f.help}
	if m.Type == "" {
		m.Type = Untyped
	}
	if f.file != "" {
		m.Position = diagnostic.Position{File: f.file, Line: f.line}
	}
	return m
}

// isCreated tells whether a name is the time of creation that the client libraries write
// beside a counter, a histogram or a summary: noise to a dashboard.
func (r resolver) isCreated(name string) bool {
	base, found := strings.CutSuffix(name, "_created")
	if is := r.families[name].is; !found || is != Gauge && is != Untyped && is != "" {
		return false
	}
	switch r.families[base].is {
	case Counter, Histogram, Summary:
		return true
	}
	return r.families[base+"_total"].is == Counter
}

// unsampled adds a family that has a TYPE and no samples yet.
func (r resolver) unsampled(name string) {
	f := r.families[name]
	if f.is == "" || r.sampled[name] || r.isCreated(name) {
		return
	}
	entry := name
	if suffix := map[Type]string{Counter: "_total", Info: "_info"}[f.is]; r.suffixed && !strings.HasSuffix(name, suffix) {
		entry += suffix
	}
	if _, known := r.metrics[entry]; !known {
		r.metrics[entry] = r.exposed(entry, f)
	}
}

// Combine puts the scrapes of several targets together. The order does not matter.
func Combine(scrapes ...*Scrape) (*Scrape, error) {
	all := &Scrape{Metrics: map[string]Exposed{}}
	var findings []diagnostic.Diagnostic
	for _, scrape := range scrapes {
		all.Warnings = append(all.Warnings, scrape.Warnings...)
		for _, name := range slices.Sorted(maps.Keys(scrape.Metrics)) {
			m := scrape.Metrics[name]
			other, known := all.Metrics[name]
			if !known {
				all.Metrics[name] = m
				continue
			}
			both, compatible := combined(other, m)
			if !compatible {
				findings = append(findings, contradiction(other, m))
			}
			all.Metrics[name] = both
		}
	}
	return all, diagnostic.AsError(diagnostic.Merge(findings)...)
}

func combined(a, b Exposed) (Exposed, bool) {
	is, compatible := sharpened(a.Type, b.Type)
	both := Exposed{Name: a.Name, Type: is, Sampled: a.Sampled || b.Sampled, Idle: a.Idle || b.Idle, Unit: first(a.Unit, b.Unit), Help: first(a.Help, b.Help), Position: a.Position}
	if before(b.Position, a.Position) {
		both.Position = b.Position
	}
	both.Labels = union(a.Labels, b.Labels)
	both.Targets = union(a.Targets, b.Targets)
	return both, compatible
}

func before(a, b diagnostic.Position) bool {
	return a.File < b.File || a.File == b.File && a.Line < b.Line
}

func contradiction(a, b Exposed) diagnostic.Diagnostic {
	if before(b.Position, a.Position) {
		a, b = b, a
	}
	return diagnostic.Diagnostic{Rule: ruleScrape, Severity: diagnostic.Error, Position: b.Position,
		Message: fmt.Sprintf("%s has the type %s here and %s at %s", a.Name, b.Type, a.Type, a.Position),
		Hint:    "give the scrapes of one version of the application"}
}

// first returns the one that is not empty, or the first in order, so that the order of
// scrapes does not matter.
func first(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
