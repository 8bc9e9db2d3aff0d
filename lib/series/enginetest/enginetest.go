// Package enginetest asks Prometheus' own engine what an expression returns, over a few series
// whose labels are known. It is for tests only: they compare what is inferred with what is so.
package enginetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Labels are the labels of each metric, beside instance and job.
var Labels = map[string][]string{
	"jobs_total":             {"method", "view"},
	"errors_total":           {"method"},
	"idle_total":             {"method"},
	"memory_bytes":           {"view"},
	"ready":                  {},
	"latency_seconds_bucket": {"le", "method"},
	"latency_seconds_count":  {"method"},
	"latency_seconds_sum":    {"method"},
}

// Names returns the metrics, sorted.
func Names() []string {
	var names []string
	for name := range Labels {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// values of each label.
var values = map[string][]string{"method": {"GET", "POST"}, "view": {"claims", "login"}, "le": {"0.1", "1", "+Inf"}}

const (
	scrapes  = 240
	interval = 15 * time.Second
)

// now is the time of the last scrape.
var now = time.Unix(1_700_000_000, 0)

// Engine evaluates expressions over the series.
type Engine struct {
	engine *promql.Engine
	series []storage.Series
}

// New returns an engine with an hour of samples of every combination of labels. What idles is
// 0 all the time; of jobs_total one series is.
func New() *Engine {
	e := &Engine{engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: 10 * time.Second, EnableAtModifier: true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}),
	})}
	for i, name := range Names() {
		for j, set := range combinations(Labels[name]) {
			builder := labels.NewBuilder(set).Set("__name__", name).Set("instance", "app:8000").Set("job", "django")
			e.series = append(e.series, storage.NewListSeries(builder.Labels(), samples(name, i+j)))
		}
	}
	return e
}

func combinations(names []string) []labels.Labels {
	sets := []labels.Labels{labels.EmptyLabels()}
	for _, name := range names {
		var longer []labels.Labels
		for _, set := range sets {
			for _, value := range values[name] {
				longer = append(longer, labels.NewBuilder(set).Set(name, value).Labels())
			}
		}
		sets = longer
	}
	return sets
}

func samples(name string, step int) []chunks.Sample {
	list := make([]chunks.Sample, scrapes)
	for i := range list {
		value := float64(i * (step % 7))
		switch {
		case name == "idle_total":
			value = 0
		case !strings.Contains(name, "_total") && !strings.HasPrefix(name, "latency"):
			value = float64(1 + (i+step)%5)
		}
		list[i] = sample{now.Add(-interval * time.Duration(scrapes-1-i)).UnixMilli(), value}
	}
	return list
}

type sample struct {
	t int64
	f float64
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.f }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// Evaluate returns what an expression is now.
func (e *Engine) Evaluate(expression string) (promql.Vector, error) {
	query, err := e.engine.NewInstantQuery(context.Background(), e, nil, expression, now)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	switch value := query.Exec(context.Background()); v := value.Value.(type) {
	case promql.Vector:
		return slices.Clone(v), value.Err
	case promql.Scalar:
		return promql.Vector{{F: v.V}}, value.Err
	default:
		return nil, fmt.Errorf("%T: %w", v, value.Err)
	}
}

// Querier makes the engine the source of its own series.
func (e *Engine) Querier(int64, int64) (storage.Querier, error) { return querier{e.series}, nil }

type querier struct{ series []storage.Series }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, s := range q.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Labels().Get(m.Name)) }) {
			found = append(found, s)
		}
	}
	return &set{found, -1}
}

func (q querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q querier) Close() error { return nil }

type set struct {
	series []storage.Series
	at     int
}

func (s *set) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *set) At() storage.Series                { return s.series[s.at] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }

// Generator makes up expressions over the series.
type Generator struct{ *rand.Rand }

// labelNames are those that an expression may mention: one of them no series has.
var labelNames = []string{"method", "view", "le", "instance", "job", "none"}

func (g Generator) pick(options ...string) string { return options[g.IntN(len(options))] }

func (g Generator) labels() string {
	var names []string
	for range g.IntN(4) {
		names = append(names, g.pick(labelNames...))
	}
	return strings.Join(names, ", ")
}

func (g Generator) selector() string {
	matchers := g.pick("", "", "", `{method="GET"}`, `{method=~"GET|POST"}`, `{view!="login"}`, `{none=""}`, `{none="x"}`, `{view=~".+"}`, `{method=""}`, `{view=~"|claims"}`, `{job="django"}`)
	return g.pick(Names()...) + matchers
}

func (g Generator) matrix(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return "(" + g.Vector(depth-1) + ")[10m:1m]" + g.pick("", " offset 5m")
	}
	return g.selector() + g.pick("[5m]", "[10m]", "[5m] offset 5m")
}

// Vector returns an expression whose result is an instant vector.
func (g Generator) Vector(depth int) string {
	if depth <= 0 {
		return g.selector()
	}
	inner := func() string { return g.Vector(depth - 1) }
	switch g.IntN(12) {
	case 0, 1:
		return g.pick("rate", "increase", "delta", "irate", "sum_over_time", "max_over_time", "count_over_time", "last_over_time", "changes", "present_over_time") + "(" + g.matrix(depth-1) + ")"
	case 2, 3, 4:
		return g.pick("sum", "max", "count", "avg", "group", "stddev") + g.pick(" by ", " without ") + "(" + g.labels() + ") (" + inner() + ")"
	case 5:
		return g.pick("topk(2, ", "limitk(3, ", "quantile(0.5, ", `count_values("value", `, `count_values by (job) ("method", `) + inner() + ")"
	case 6:
		return "label_replace(" + inner() + g.pick(`, "extra", "$1", "method", "(G.*)")`, `, "method", "", "", "")`, `, "view", "x$1", "job", "(.*)")`, `, "job", "$1", "instance", "(.*):.*")`)
	case 7:
		return "label_join(" + inner() + g.pick(`, "joined", "-", "method", "view")`, `, "method", "-", "none")`)
	case 8:
		return fmt.Sprintf(g.pick("absent(%s)", "absent((%s))", "histogram_quantile(0.9, %s)", "histogram_fraction(0, 1, %s)", `histogram_quantiles(%s, "q", 0.5, 0.9)`,
			"abs(%s)", "sort(%s)", "timestamp(%s)", "vector(scalar(%s))", "-(%s)", "clamp(%s, 1, 2)", "absent_over_time((%s)[5m:1m])"), inner())
	case 9:
		return inner() + g.pick(" > 0", " == bool 1", " * 100", " / 2")
	default:
		return g.operation(inner)
	}
}

// operation joins two vectors. In parentheses, for its own operator binds as it likes.
func (g Generator) operation(inner func() string) string {
	op := g.pick("+", "-", "*", "/", ">", "==", "> bool", "and", "or", "unless")
	matching := g.pick("", "", " on ("+g.labels()+")", " ignoring ("+g.labels()+")")
	if op != "and" && op != "or" && op != "unless" {
		if matching != "" {
			matching += g.pick("", " group_left ()", " group_left (view)", " group_right ()", " group_right (extra, method)")
		}
		matching += g.pick("", "", "", "", " fill (0)", " fill_left (0)", " fill_right (0)")
	}
	return "(" + inner() + ") " + op + matching + " (" + inner() + ")"
}

// Operation returns an operation between two vectors.
func (g Generator) Operation(depth int) string {
	return g.operation(func() string { return g.Vector(depth - 1) })
}
