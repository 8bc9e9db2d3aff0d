package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// DifferenceKind says in which way the catalogue and reality disagree.
type DifferenceKind string

// The kinds of differences.
const (
	Gone      DifferenceKind = "gone"       // the catalogue has a metric that nothing exposes
	New       DifferenceKind = "new"        // a metric that the catalogue lacks
	OtherType DifferenceKind = "type"       // the types contradict each other
	NewLabel  DifferenceKind = "new-label"  // samples carry a label that the catalogue lacks
	GoneLabel DifferenceKind = "gone-label" // the catalogue has a label that no sample carries
)

// Difference is one disagreement between the catalogue and reality.
type Difference struct {
	Kind   DifferenceKind `json:"kind"`
	Metric string         `json:"metric"`
	// Label is the one that is new or gone.
	Label string `json:"label,omitempty"`
	// Catalogue and Reality are the types of a metric whose type differs; Reality is also the
	// type of a new one.
	Catalogue Type `json:"catalogueType,omitempty"`
	Reality   Type `json:"type,omitempty"`
	// Position is the entry in the catalogue, or the line of the scrape where there is none.
	Position diagnostic.Position `json:"position"`
}

// String says the difference in words, without its place.
func (d Difference) String() string {
	switch d.Kind {
	case Gone:
		return d.Metric + ": gone: nothing exposes it"
	case New:
		return fmt.Sprintf("%s: new: the catalogue lacks this %s", d.Metric, d.Reality)
	case OtherType:
		return fmt.Sprintf("%s: type: %s, in the catalogue %s", d.Metric, d.Reality, d.Catalogue)
	case NewLabel:
		return fmt.Sprintf("%s: new label: %s", d.Metric, d.Label)
	}
	return fmt.Sprintf("%s: gone label: no sample carries %s", d.Metric, d.Label)
}

// Diff compares the catalogue with what a scrape shows. A metric is gone only if its source
// was scraped: one of the named sources, or where none is named, one of those of which the
// scrape shows at least one metric.
func (c *Catalogue) Diff(scrape *Scrape, named []string) []Difference {
	var list []Difference
	scraped := c.scraped(scrape, named)
	for _, m := range c.All() {
		seen, exposed := scrape.Metrics[m.Name]
		switch {
		case exposed:
			list = append(list, compareMetric(m, seen)...)
		case scraped(m):
			list = append(list, Difference{Kind: Gone, Metric: m.Name, Position: m.Position})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(scrape.Metrics)) {
		if _, known := c.Family(name); !known {
			seen := scrape.Metrics[name]
			list = append(list, Difference{Kind: New, Metric: name, Reality: seen.Type, Position: seen.Position})
		}
	}
	slices.SortStableFunc(list, func(a, b Difference) int { return strings.Compare(a.Metric, b.Metric) })
	return list
}

// scraped tells of which metrics' sources the scrape is. A metric that several sources expose
// proves none of them alone: it could come from either.
func (c *Catalogue) scraped(scrape *Scrape, named []string) func(Metric) bool {
	covered := map[string]bool{}
	for _, source := range named {
		covered[strings.TrimSpace(source)] = true
	}
	for name := range scrape.Metrics {
		if m, known := c.Family(name); known && len(named) == 0 && m.Source != "" {
			covered[m.Source] = true
		}
	}
	return func(m Metric) bool {
		return covered[m.Source] || slices.ContainsFunc(sources(m.Source), func(source string) bool { return covered[source] })
	}
}

// NotScraped returns the sources whose metrics Diff leaves alone, sorted.
func (c *Catalogue) NotScraped(scrape *Scrape, named []string) []string {
	scraped := c.scraped(scrape, named)
	var list []string
	for _, m := range c.metrics {
		if _, exposed := scrape.Metrics[m.Name]; !exposed && !scraped(m) {
			list = append(list, sources(m.Source)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func compareMetric(m Metric, seen Exposed) []Difference {
	var list []Difference
	if next := nextType(m.Type, seen.Type); next != m.Type {
		list = append(list, Difference{Kind: OtherType, Metric: m.Name, Catalogue: m.Type, Reality: next, Position: m.Position})
	}
	if !seen.Sampled {
		return list // its labels are unknown
	}
	for _, label := range seen.Labels {
		if _, listed := m.Labels[label]; !listed {
			list = append(list, Difference{Kind: NewLabel, Metric: m.Name, Label: label, Position: m.Position})
		}
	}
	for _, label := range slices.Sorted(maps.Keys(m.Labels)) {
		if !slices.Contains(seen.Labels, label) {
			list = append(list, Difference{Kind: GoneLabel, Metric: m.Name, Label: label, Position: m.Position})
		}
	}
	return list
}
