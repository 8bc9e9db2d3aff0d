// Package metrics holds the metric catalogue: what the application really exposes. It reads
// jsonnet/metrics/*.json, reads expositions and a live Prometheus, and says where the two
// differ. It never evaluates a query and never guesses a type from a name.
package metrics

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Type is what the exposition calls a metric's type.
type Type string

// The types of a catalogue entry. Untyped is what OpenMetrics calls unknown.
const (
	Counter         Type = "counter"
	Gauge           Type = "gauge"
	Histogram       Type = "histogram"
	NativeHistogram Type = "native_histogram"
	Summary         Type = "summary"
	Info            Type = "info"
	StateSet        Type = "stateset"
	GaugeHistogram  Type = "gaugehistogram"
	Untyped         Type = "untyped"
)

var types = []Type{Counter, Gauge, Histogram, NativeHistogram, Summary, Info, StateSet, GaugeHistogram, Untyped}

// vaguer lists the types that say less of the same thing: the text format writes an info
// metric as a gauge and a native histogram as a classic one, and a client may say nothing.
var vaguer = map[Type][]Type{
	Counter:         {Untyped},
	Gauge:           {Untyped},
	Histogram:       {Untyped},
	Summary:         {Untyped},
	Info:            {Untyped, Gauge},
	StateSet:        {Untyped, Gauge},
	NativeHistogram: {Untyped, Histogram},
	GaugeHistogram:  {Untyped, Histogram},
}

// sharpened returns the more telling of two types that may both be right, and whether they may.
func sharpened(a, b Type) (Type, bool) {
	switch {
	case a == b || slices.Contains(vaguer[a], b):
		return a, true
	case slices.Contains(vaguer[b], a):
		return b, true
	}
	return a, false
}

// FirstSeen says since when a metric has series.
type FirstSeen string

// A metric without labels exists from the start; one with labels usually when a combination
// of their values first occurs.
const (
	AtStart      FirstSeen = "at-start"
	AtFirstEvent FirstSeen = "at-first-event"
)

// targetLabels are the labels that Prometheus puts on every series that it scrapes.
var targetLabels = []string{"instance", "job"}

// Metric is one entry of the catalogue.
type Metric struct {
	Name       string
	Type       Type
	Unit, Help string
	// Labels maps each label to what it means, without le, quantile and the target labels.
	Labels map[string]string
	// TenantLabel is the label that names the customer; empty where the metric has none.
	TenantLabel string
	// Shared tells that every customer may see the metric although it names none.
	Shared bool
	// Source says who exposes the metric; several are separated by commas.
	Source    string
	FirstSeen FirstSeen
	// Position is the metric's key in the catalogue file.
	Position diagnostic.Position
}

// Part says which of a metric's series one is.
type Part int

// The parts of histograms and summaries, and Value for everything else.
const (
	Value Part = iota
	Bucket
	Count
	Sum
	Quantile
)

// Series is one name that a query can ask for.
type Series struct {
	Name   string
	Metric Metric
	Part   Part
	// Type is how the series behaves: counter for _bucket, _count and _sum, gauge for
	// quantiles, info metrics and state sets.
	Type Type
	// Labels are sorted and include le or quantile.
	Labels []string
}

// Catalogue is the set of metrics that exist. The zero value is an empty one.
type Catalogue struct {
	metrics map[string]Metric
	series  map[string]Series
	words   *vocabulary
}

func newCatalogue(list []Metric) *Catalogue {
	c := &Catalogue{metrics: make(map[string]Metric, len(list)), series: map[string]Series{}}
	for _, m := range list {
		c.metrics[m.Name] = m
	}
	for _, m := range c.All() {
		for _, s := range seriesOf(m) {
			// A metric that has the very name of another one's part is meant by that name.
			if other, taken := c.series[s.Name]; taken && other.Part == Value && s.Part != Value {
				continue
			}
			c.series[s.Name] = s
		}
	}
	c.words = newVocabulary(c)
	return c
}

// seriesOf returns what a scrape of the metric stores under which name.
func seriesOf(m Metric) []Series {
	part := func(suffix string, part Part, behaves Type, extra ...string) Series {
		labels := append(slices.Collect(maps.Keys(m.Labels)), extra...)
		slices.Sort(labels)
		return Series{Name: m.Name + suffix, Metric: m, Part: part, Type: behaves, Labels: slices.Compact(labels)}
	}
	switch m.Type {
	case Histogram:
		return []Series{part("_bucket", Bucket, Counter, "le"), part("_count", Count, Counter), part("_sum", Sum, Counter)}
	case GaugeHistogram:
		return []Series{part("_bucket", Bucket, Gauge, "le"), part("_gcount", Count, Gauge), part("_gsum", Sum, Gauge)}
	case Summary:
		return []Series{part("", Quantile, Gauge, "quantile"), part("_count", Count, Counter), part("_sum", Sum, Counter)}
	case Info, StateSet:
		return []Series{part("", Value, Gauge)}
	}
	return []Series{part("", Value, m.Type)}
}

// Empty tells whether the catalogue has no metric.
func (c *Catalogue) Empty() bool { return len(c.metrics) == 0 }

// All returns the metrics, sorted by name.
func (c *Catalogue) All() []Metric {
	return slices.SortedFunc(maps.Values(c.metrics), func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
}

// TenantLabels returns the labels that name the customer, sorted.
func (c *Catalogue) TenantLabels() []string {
	var labels []string
	for _, m := range c.metrics {
		if m.TenantLabel != "" {
			labels = append(labels, m.TenantLabel)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// Sources returns who exposes the metrics, sorted.
func (c *Catalogue) Sources() []string {
	var list []string
	for _, m := range c.metrics {
		list = append(list, sources(m.Source)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Family returns the metric that has exactly that name.
func (c *Catalogue) Family(name string) (Metric, bool) {
	m, ok := c.metrics[name]
	return m, ok
}

// Series returns the series of that name. A classic histogram has no series of its own name,
// only foo_bucket, foo_count and foo_sum.
func (c *Catalogue) Series(name string) (Series, bool) {
	s, ok := c.series[name]
	return s, ok
}

// SeriesNames returns every name that a query can ask for, sorted.
func (c *Catalogue) SeriesNames() []string { return slices.Sorted(maps.Keys(c.series)) }

// sources splits the source of a metric that several expose.
func sources(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
