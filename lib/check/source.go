package check

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/promql"
	"github.com/dashc/dashc/lib/series"
)

// source tells the analysis of expressions what the tree and the catalogue know of a name.
type source struct {
	catalogue *metrics.Catalogue
	// target are the labels that Prometheus puts on what it scrapes.
	target series.Labels
	// assumed is set where nothing tells the labels of targets, so that the usual ones stand there.
	assumed bool
	// external are the labels that series carry only where they have been sent on.
	external []string
	rules    map[string][]*query
	cache    map[string]known
	// suggested keeps what the catalogue suggests for unknown names.
	suggested map[string][]string
	// reads keeps what the rules of a recorded series read.
	reads map[string][]string
}

type known struct {
	info series.Info
	ok   bool
}

// conventional are labels that the usual scrape configurations put on targets, assumed where
// the tree holds no configuration of Prometheus.
var conventional = []string{"cluster", "container", "endpoint", "instance", "job", "namespace", "node", "pod", "service"}

// written by Prometheus itself for every target (https://prometheus.io/docs/concepts/jobs_instances/).
var builtIn = []string{"up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"}

func (s *subject) newSource() *source {
	src := &source{
		catalogue: s.Catalogue, rules: map[string][]*query{}, cache: map[string]known{},
		suggested: map[string][]string{}, reads: map[string][]string{},
	}
	if src.catalogue == nil {
		src.catalogue = &metrics.Catalogue{}
	}
	src.target, src.external, src.assumed = s.targetLabels()
	for _, q := range s.queries {
		if name := textAt(q.object, "record"); q.surface == recordSurface && name != "" {
			src.rules[name] = append(src.rules[name], q)
		}
	}
	return src
}

// Lookup is the analysis' question about a name.
func (src *source) Lookup(name string) (series.Info, bool) {
	if k, seen := src.cache[name]; seen {
		return k.info, k.ok
	}
	// What is computed from itself is not known. recording/cycle says so; each series is followed
	// once, or a few dozen rules that all read each other would take for ever.
	src.cache[name] = known{}
	info, ok := src.find(name)
	src.cache[name] = known{info, ok}
	return info, ok
}

func (src *source) find(name string) (series.Info, bool) {
	if s, ok := src.catalogue.Series(name); ok {
		return src.exposed(s), true
	}
	if rules := src.rules[name]; len(rules) > 0 {
		return src.recorded(rules), true
	}
	switch {
	case slices.Contains(builtIn, name):
		return series.Info{Kind: series.Gauge, Labels: src.target}, true
	case name == "ALERTS" || name == "ALERTS_FOR_STATE":
		return series.Info{Kind: series.Gauge, Labels: series.AnyLabels()}, true
	}
	return series.Info{}, false
}

// exposed is what is known of a series of the catalogue.
func (src *source) exposed(s metrics.Series) series.Info {
	info := series.Info{
		Labels: src.onTarget(s.Labels), Unit: s.Metric.Unit, Bucket: s.Part == metrics.Bucket,
		Late: s.Metric.FirstSeen == metrics.AtFirstEvent,
	}
	switch s.Type {
	case metrics.Counter:
		info.Kind = series.Counter
	case metrics.Gauge:
		info.Kind = series.Gauge
	case metrics.NativeHistogram:
		info.Kind = series.Native
	}
	if s.Metric.Type == metrics.Histogram || s.Metric.Type == metrics.Summary {
		info.Histogram = s.Metric.Name
	}
	if s.Part == metrics.Count {
		info.Unit = series.Count
	}
	if s.Part == metrics.Quantile {
		info.Histogram = ""
	}
	return info
}

// onTarget adds the labels of the target; where the metric has one of the same name itself,
// Prometheus renames that one (honor_labels in its documentation).
func (src *source) onTarget(names []string) series.Labels {
	all := slices.Clone(names)
	for _, name := range names {
		if src.target.Has(name) {
			all = append(all, "exported_"+name)
		}
	}
	joined := series.LabelsOf(append(all, src.target.Names...)...)
	joined.Open = src.target.Open
	return joined
}

// recorded is what the rules of one recorded name leave.
func (src *source) recorded(rules []*query) series.Info {
	var info series.Info
	for i, q := range rules {
		if len(q.expansions) == 0 {
			return series.Info{Labels: series.AnyLabels()}
		}
		result := series.Analyse(q.expansions[0], src).Result()
		names := result.Labels.With(sortedKeys(objectOf(q.object["labels"]))...)
		one := series.Info{
			Kind: result.Kind, Labels: names, Bucket: result.Bucket, Histogram: result.Histogram, Late: result.Late,
			Aggregated: result.Aggregated, Rated: result.Rated, Value: result.Unit,
		}
		if result.Bucket {
			one.Value = result.Observed
		}
		if i == 0 {
			info = one
			continue
		}
		info.Labels = info.Labels.Either(names)
		info.Late = info.Late && one.Late
		if info.Kind != one.Kind {
			info.Kind = series.Unknown
		}
	}
	return info
}

func objectOf(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// targetLabels are the labels that the scrape configurations put on targets, and the external
// ones. Where the tree configures no Prometheus, the usual ones are assumed.
func (s *subject) targetLabels() (target series.Labels, external []string, assumed bool) {
	names := slices.Clone(s.Settings.TargetLabels)
	configured := len(names) > 0
	open := false
	for _, document := range s.prometheus {
		object := objectOf(document.Value)
		external = append(external, sortedKeys(objectOf(objectOf(object["global"])["external_labels"]))...)
		for _, scrape := range objectsOf(object["scrape_configs"]) {
			configured = true
			added, any := scrapeLabels(scrape)
			names = append(names, added...)
			open = open || any
		}
	}
	if !configured {
		names = conventional
	}
	target = series.LabelsOf(append(slices.Clone(names), "instance", "job")...)
	target.Open = open
	return target, external, !configured
}

// scrapeLabels are the labels that one scrape configuration adds, and whether it may add
// others that cannot be read from it.
func scrapeLabels(scrape map[string]any) (names []string, open bool) {
	for _, static := range objectsOf(scrape["static_configs"]) {
		names = append(names, sortedKeys(objectOf(static["labels"]))...)
	}
	for _, key := range []string{"relabel_configs", "metric_relabel_configs"} {
		for _, relabel := range objectsOf(scrape[key]) {
			if label := textAt(relabel, "target_label"); strings.Contains(label, "$") {
				open = true
			} else if label != "" && !strings.HasPrefix(label, "__") {
				names = append(names, label)
			}
			open = open || textAt(relabel, "action") == "labelmap"
		}
	}
	for key := range scrape {
		if (key == "file_sd_configs" || key == "http_sd_configs") && scrape[key] != nil {
			open = true // the discovered targets bring labels of their own
		}
	}
	return names, open
}

// scrapeInterval is the shortest interval at which a selector's series are scraped, 0 where
// nothing tells: that of the job it names, or of the fastest job.
func (s *subject) scrapeInterval(selector *parser.VectorSelector) time.Duration {
	jobs, fallback := s.jobIntervals()
	for _, m := range selector.LabelMatchers {
		if interval, ok := jobs[m.Value]; ok && m.Name == "job" && m.Type == 0 {
			return interval
		}
	}
	shortest := fallback
	for _, interval := range jobs {
		if interval > 0 && (shortest == 0 || interval < shortest) {
			shortest = interval
		}
	}
	if shortest > 0 {
		return shortest
	}
	return s.datasourceInterval()
}

// jobIntervals returns the scrape interval of each job, and the global one if there is no job.
func (s *subject) jobIntervals() (jobs map[string]time.Duration, fallback time.Duration) {
	jobs = map[string]time.Duration{}
	for _, document := range s.prometheus {
		object := objectOf(document.Value)
		scrapes := objectsOf(object["scrape_configs"])
		if len(scrapes) == 0 && object["global"] == nil {
			continue
		}
		general := time.Minute // Prometheus' default
		if interval, err := grafanaDuration(textAt(objectOf(object["global"]), "scrape_interval")); err == nil {
			general = interval
		}
		if len(scrapes) == 0 {
			fallback = general
		}
		for _, scrape := range scrapes {
			interval, err := grafanaDuration(textAt(scrape, "scrape_interval"))
			if err != nil {
				interval = general
			}
			jobs[textAt(scrape, "job_name")] = interval
		}
	}
	return jobs, fallback
}

// datasourceInterval is the shortest scrape interval that a Prometheus data source declares.
func (s *subject) datasourceInterval() time.Duration {
	var shortest time.Duration
	for _, source := range items(s.datasources, "datasources") {
		interval, err := grafanaDuration(textAt(objectOf(source.json["jsonData"]), "timeInterval"))
		if err == nil && speaksPromQL(source.text("type")) && (shortest == 0 || interval < shortest) {
			shortest = interval
		}
	}
	return shortest
}

// analyse follows every query that could be read.
func (s *subject) analyse() {
	src := s.newSource()
	s.source = src
	for _, q := range s.queries {
		for _, e := range q.expansions {
			q.analyses = append(q.analyses, series.Analyse(e, src))
			q.nodes = append(q.nodes, nodesOf(e.Expr))
		}
	}
}

// isKnown tells whether a metric's name means something: it is in the catalogue or recorded,
// or Prometheus writes it, or it depends on a variable.
func (src *source) isKnown(name string) bool {
	if promql.Unknown(name) {
		return true
	}
	_, ok := src.Lookup(name)
	return ok
}
