package tenant

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	query "github.com/dashc/dashc/lib/promql"
)

// engine evaluates expressions over series of several customers.
type engine struct {
	*promql.Engine
	series []storage.Series
}

var now = time.Unix(1_700_000_000, 0)

func newEngine() *engine {
	return &engine{Engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: 10 * time.Second, EnableAtModifier: true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}),
	})}
}

// add makes up series of the catalogue of the tests for one customer; none where the generator
// leaves them out.
func (e *engine) add(r *rand.Rand, customer string) {
	for _, name := range []string{"calls_total", "jobs", "seconds_bucket", "seconds_count", "seconds_sum"} {
		extra := []string{""}
		if name == "seconds_bucket" {
			extra = []string{"1", "+Inf"}
		}
		for _, method := range []string{"GET", "POST", "a"} {
			if r.IntN(4) == 0 {
				continue
			}
			for _, le := range extra {
				e.put(r, labels.FromStrings(metricName, name, "customer_id", customer, "method", method, "le", le))
			}
		}
	}
}

func (e *engine) put(r *rand.Rand, set labels.Labels) {
	var list []chunks.Sample
	value := float64(r.IntN(100))
	for i := range 30 {
		if r.IntN(20) > 0 {
			list = append(list, sample{now.Add(time.Duration(i-29) * 30 * time.Second).UnixMilli(), value})
		}
		value += float64(r.IntN(10))
	}
	e.series = append(e.series, storage.NewListSeries(set.WithoutEmpty(), list))
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

func (e *engine) Querier(int64, int64) (storage.Querier, error) { return querier{e.series}, nil }

type querier struct{ series []storage.Series }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, s := range q.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Labels().Get(m.Name)) }) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &seriesSet{found, -1}
}

func (q querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q querier) Close() error { return nil }

type seriesSet struct {
	series []storage.Series
	at     int
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *seriesSet) At() storage.Series                { return s.series[s.at] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// evaluate returns the result as sorted lines, those of one customer where one is given.
func (e *engine) evaluate(expression, customer string) (string, error) {
	query, err := e.NewInstantQuery(context.Background(), e, nil, expression, now)
	if err != nil {
		return "", err
	}
	defer query.Close()
	result := query.Exec(context.Background())
	if result.Err != nil {
		return "", result.Err
	}
	var lines []string
	switch v := result.Value.(type) {
	case promql.Vector:
		for _, s := range v {
			if customer == "" || s.Metric.Get("customer_id") == customer {
				lines = append(lines, fmt.Sprintf("%s %v", s.Metric, math.Float64bits(s.F)))
			}
		}
		slices.Sort(lines)
	default:
		lines = []string{v.String()}
	}
	return strings.Join(lines, "\n"), nil
}

// inventor makes up expressions.
type inventor struct {
	*rand.Rand
	// macros says that there may be variables of Grafana.
	macros bool
}

func (g inventor) pick(options ...string) string { return options[g.IntN(len(options))] }

func (g inventor) matchers() string {
	list := []string{"", "", "{}", `{method="GET"}`, "{method=~`GET|POST`,}", `{ method!~'a' }`, "{ # a comment } \"\n method!=\"POST\"\n}", `{customer_id=~".+"}`, `{customer_id!="",method="GET"}`, `{method=~"G.*", customer_id=~".*", customer_id!=""}`}
	if g.macros {
		list = append(list, `{customer_id=~"$customer"}`, "{method=~`${customer:raw}`,customer_id=~`[[customer]]`}", `{customer_id=$customer}`, `{method="GET",$filters}`)
		list = slices.DeleteFunc(list, func(text string) bool { return strings.Contains(text, ":raw") })
	}
	return g.pick(list...)
}

func (g inventor) selector() string {
	switch g.IntN(12) {
	case 0:
		return g.pick(`{__name__="jobs"}`, `{"calls_total", method="GET"}`, `{__name__=~"jobs|calls_total"}`, `{__name__=~"seconds_.*",method!="a"}`)
	case 1:
		return "version_info"
	case 2:
		return "customer_id:calls:rate5m" + g.matchers()
	}
	return g.pick("jobs", "calls_total", "seconds_bucket", "seconds_count", "seconds_sum") + g.matchers()
}

func (g inventor) labels() string {
	return g.pick("", "method", "customer_id", "customer_id, method", "le", "method, le", "version")
}

func (g inventor) matrix(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return "(" + g.vector(depth-1) + ")[5m:1m]" + g.pick("", " offset 1m", " @ end()")
	}
	window := "[5m]"
	if g.macros {
		window = g.pick("[5m]", "[$__rate_interval]", "[${window}]")
	}
	return g.selector() + window + g.pick("", " offset 1m", " @ 1699999900", " offset -1m")
}

func (g inventor) vector(depth int) string {
	if depth <= 0 {
		return g.selector() + g.pick("", "", " offset 1m", " @ end()")
	}
	inner := func() string { return g.vector(depth - 1) }
	switch g.IntN(11) {
	case 0, 1:
		return g.pick("rate", "increase", "delta", "sum_over_time", "max_over_time", "count_over_time", "last_over_time", "absent_over_time", "changes") + "(" + g.matrix(depth-1) + ")"
	case 2, 3:
		return g.pick("sum", "max", "count", "avg", "group") + g.pick(" by ", " without ") + "(" + g.labels() + ") (" + inner() + ")"
	case 4:
		return g.pick("topk", "bottomk", "limitk", "quantile") + g.pick("", " by (customer_id) ", " without (method) ") + "(" + g.pick("2", "scalar(count("+inner()+"))", "scalar("+inner()+")") + ", " + inner() + ")"
	case 5:
		return "label_replace(" + inner() + g.pick(`, "extra", "$1", "method", "(G.*)")`, `, "method", "$1", "customer_id", "(.*)")`)
	case 6:
		return fmt.Sprintf(g.pick("absent(%s)", "histogram_quantile(0.9, %s)", "abs(%s)", "sort(%s)", "timestamp(%s)", "vector(scalar(%s))", "-(%s)", "clamp_max(%s, 10)", `count_values("value", %s)`), inner())
	case 7:
		return inner() + g.pick(" > 0", " == bool 1", " * 100", " or vector(0)", " + scalar(count(jobs))", " / time()")
	}
	op := g.pick("+", "*", "/", ">", "== bool", "and", "or", "unless")
	matching := g.pick("", " on ("+g.labels()+")", " ignoring ("+g.labels()+")")
	if op != "and" && op != "or" && op != "unless" {
		if matching != "" {
			matching += g.pick("", " group_left ()", " group_left (version)", " group_right ()", " group_right (le)")
		}
		matching += g.pick("", "", "", " fill (0)", " fill_left (0)", " fill_right (1)")
	}
	return "(" + inner() + ") " + op + matching + " (" + inner() + ")"
}

// data are the series of the customer A, which never change, and others that do.
func data(seed uint64, customer string) *engine {
	e := newEngine()
	own := rand.New(rand.NewPCG(1, 1))
	e.add(own, customer)
	e.put(own, labels.FromStrings(metricName, "version_info", "version", "1"))
	e.put(own, labels.FromStrings(metricName, "customer_id:calls:rate5m", "customer_id", customer))
	others := rand.New(rand.NewPCG(seed, 2))
	for _, other := range []string{"B", "C", customer + customer, ".+", "", "x\ny"} {
		if others.IntN(3) > 0 {
			e.add(others, other)
			e.put(others, labels.FromStrings(metricName, "customer_id:calls:rate5m", "customer_id", other))
			e.put(others, labels.FromStrings(metricName, "up_hosts", "instance", other))
		}
	}
	return e
}

func seeds(t *testing.T, n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// Whatever the other customers' series are, a scoped expression has the same result.
func TestOthersDoNotMatter(t *testing.T) {
	o := testOptions(t)
	g := inventor{Rand: rand.New(rand.NewPCG(3, 4))}
	compared, moved := 0, 0
	for i := range seeds(t, 800) {
		text := g.vector(g.IntN(4))
		if _, err := query.Scan(text).Expand(nil); err != nil {
			continue // labels of the matching contradict each other
		}
		id := hardIDs[g.IntN(len(hardIDs))]
		scoped, r, p := scopeExpression(o, text, id, surroundings{})
		if p != nil {
			t.Fatalf("%s: %s", text, p.message)
		}
		if len(r.lacking) > 0 {
			t.Fatalf("%s: %s", text, r.lacking)
		}
		first, err1 := data(uint64(i), string(id)).evaluate(scoped, "")
		second, err2 := data(uint64(i)+1e6, string(id)).evaluate(scoped, "")
		if fmt.Sprint(err1) != fmt.Sprint(err2) || first != second {
			t.Fatalf("%s\n%s\n%v\n%s\n%v\n%s", text, scoped, err1, first, err2, second)
		}
		if err1 == nil && first != "" {
			compared++
			before, _ := data(uint64(i), string(id)).evaluate(text, "")
			after, _ := data(uint64(i)+1e6, string(id)).evaluate(text, "")
			if before != after {
				moved++ // unscoped, the others do matter
			}
		}
	}
	if compared < seeds(t, 800)/3 || moved < compared/3 {
		t.Errorf("%d results, of which %d depend on others without scoping: the test says little", compared, moved)
	}
}

// Where a rule is said to keep the tenant label, the series that it records for a customer do
// not depend on the others.
func TestRecordedSeriesAreApart(t *testing.T) {
	k := newKnown(testOptions(t))
	g := inventor{Rand: rand.New(rand.NewPCG(5, 6))}
	kept := 0
	for i := 0; kept < seeds(t, 500); i++ {
		text := g.vector(1 + g.IntN(3))
		if k.recorded(text) != partitioned {
			continue
		}
		kept++
		first, err1 := data(uint64(i), "A").evaluate(text, "A")
		second, err2 := data(uint64(i)+1e6, "A").evaluate(text, "A")
		if err1 != nil || err2 != nil {
			continue // a rule that fails records nothing
		}
		if first != second {
			t.Fatalf("%s\n%s\n\n%s", text, first, second)
		}
	}
}
