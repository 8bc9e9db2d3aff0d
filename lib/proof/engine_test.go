package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
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
)

// memory is a storage in memory.
type memory struct {
	series []memorySeries
}

type memorySeries struct {
	labels  labels.Labels
	samples []chunks.Sample
}

type point struct {
	t int64
	v float64
}

func (p point) ST() int64                                     { return 0 }
func (p point) T() int64                                      { return p.t }
func (p point) F() float64                                    { return p.v }
func (p point) H() *histogram.Histogram                       { return nil }
func (p point) FH() *histogram.FloatHistogram                 { return nil }
func (p point) Type() chunkenc.ValueType                      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample                           { return p }
func (m *memory) Querier(_, _ int64) (storage.Querier, error) { return m, nil }
func (m *memory) Close() error                                { return nil }

func (m *memory) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (m *memory) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (m *memory) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &memorySet{at: -1}
	for _, s := range m.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
			set.series = append(set.series, storage.NewListSeries(s.labels, s.samples))
		}
	}
	slices.SortFunc(set.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return set
}

type memorySet struct {
	series []storage.Series
	at     int
}

func (s *memorySet) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *memorySet) At() storage.Series                { return s.series[s.at] }
func (s *memorySet) Err() error                        { return nil }
func (s *memorySet) Warnings() annotations.Annotations { return nil }

var engine = promql.NewEngine(promql.EngineOpts{
	MaxSamples: 1e6, Timeout: time.Second, EnableAtModifier: true, EnableNegativeOffset: true,
	NoStepSubqueryIntervalFn: func(int64) int64 { return 60000 },
	Parser:                   parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}),
})

const minute = 60 * 1000

// world returns series of customer 7 that are always the same, and of everybody else that depend
// on the seed; the recording rules are evaluated over them.
func world(seed uint64) *memory {
	m := &memory{}
	add := func(r *rand.Rand, name string, pairs ...string) {
		s := memorySeries{labels: labels.FromStrings(append([]string{"__name__", name}, pairs...)...)}
		total := 0.0
		for t := int64(0); t <= 20; t++ {
			total += float64(r.IntN(5))
			s.samples = append(s.samples, point{t * minute, total})
		}
		m.series = append(m.series, s)
	}
	fill := func(r *rand.Rand, id string, kinds []string) {
		for _, kind := range kinds {
			add(r, "jobs_total", "customer_id", id, "job_type", kind, "status", "ok")
			add(r, "queue_length", "customer_id", id, "job_type", kind)
			for _, le := range []string{"0.1", "1", "+Inf"} {
				add(r, "job_seconds_bucket", "customer_id", id, "job_type", kind, "le", le)
			}
		}
	}
	own := rand.New(rand.NewPCG(1, 1))
	fill(own, "7", []string{"a", "b"})
	add(own, "up", "job", "app")
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range r.IntN(4) + 1 {
		fill(r, fmt.Sprint(8+i), []string{"a", "b", "c"}[:1+r.IntN(3)])
	}
	add(r, "jobs_total", "job_type", "a")
	add(r, "requests_total", "view", "a")
	add(r, "requests_total", "customer_id", "8")
	rules, err := ReadRules([]byte(testRules))
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"kept", "kept_twice", "lost", "lost_twice", "top", "mixed", "across", "param"} {
		for _, rule := range rules[name] {
			q, err := engine.NewRangeQuery(context.Background(), m, nil, rule.Expr, time.UnixMilli(0), time.UnixMilli(20*minute), time.Minute)
			if err != nil {
				panic(err)
			}
			matrix, err := q.Exec(context.Background()).Matrix()
			if err != nil {
				continue
			}
			for _, s := range matrix {
				b := labels.NewBuilder(s.Metric)
				b.Set("__name__", name)
				series := memorySeries{labels: b.Labels()}
				for _, f := range s.Floats {
					series.samples = append(series.samples, point{f.T, f.F})
				}
				m.series = append(m.series, series)
			}
			q.Close()
		}
	}
	return m
}

var worlds = []*memory{world(1), world(2), world(3)}

// answers returns the result of an expression in each world.
func answers(expr string, worlds []*memory) []string {
	var list []string
	for _, w := range worlds {
		q, err := engine.NewRangeQuery(context.Background(), w, nil, expr, time.UnixMilli(10*minute), time.UnixMilli(20*minute), 2*time.Minute)
		if err != nil {
			return []string{err.Error()}
		}
		result := q.Exec(context.Background())
		answer := fmt.Sprint(result.Value)
		if result.Err != nil {
			// Errors that name a series differ in the series of the customer alone.
			answer = "error"
		}
		if matrix, ok := result.Value.(promql.Matrix); ok {
			slices.SortFunc(matrix, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
			answer = matrix.String()
		}
		list = append(list, answer)
		q.Close()
	}
	return list
}

func accepted(p *Prover, expr string) bool {
	_, bad := p.expression(expr, &variables{}, "7")
	return bad == nil
}

// steady tells whether the engine answers the same each time in the same world: among equal
// values topk and its like keep any.
func steady(expr string) bool {
	return len(slices.Compact(answers(expr, slices.Repeat(worlds[:1], 30)))) == 1
}

// leaks reports an expression that is accepted although its answer depends on other customers'
// series, and tells whether it was accepted.
func leaks(t *testing.T, p *Prover, expr string) bool {
	t.Helper()
	if !accepted(p, expr) {
		return false
	}
	list := answers(expr, worlds)
	for _, a := range list {
		if a != list[0] && steady(expr) {
			t.Errorf("accepted, but the answer depends on other customers:\n%s\n%s\n%s", expr, list[0], a)
			return true
		}
	}
	return true
}

// generator makes random expressions, scoped more often than not.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) selector() string {
	name := g.pick("jobs_total", "queue_length", "job_seconds_bucket", "kept", "kept_twice", "queue_length", "jobs_total", "lost", "lost_twice",
		"top", "mixed", "across", "param", "requests_total", "up")
	own := `customer_id="7"`
	if g.IntN(30) == 0 {
		own = g.pick(`customer_id="8"`, `customer_id=~"7"`, `customer_id!="7"`, `job_type="a"`, ``, `customer_id=""`)
	}
	if name == "up" && g.IntN(2) == 0 {
		return name
	}
	if g.IntN(4) == 0 {
		own += "," + g.pick(`job_type="a"`, `job_type!="b"`, `status=~".+"`)
	}
	return name + "{" + strings.TrimPrefix(own, ",") + "}"
}

func (g generator) grouping() string {
	return g.pick("", " by (customer_id)", " by (job_type)", " by (customer_id, job_type)", " without (job_type)", " without (customer_id)")
}

func (g generator) vector(depth int) string {
	if depth == 0 {
		return g.selector()
	}
	v := func() string { return g.vector(depth - 1) }
	switch g.IntN(12) {
	case 0:
		return g.pick("sum", "max", "count", "avg", "group", "stddev") + g.grouping() + " (" + v() + ")"
	case 1:
		return g.pick("topk", "bottomk", "limitk") + g.grouping() + " (" + g.scalar(depth-1) + ", " + v() + ")"
	case 2:
		return "quantile" + g.grouping() + " (" + g.scalar(depth-1) + ", " + v() + ")"
	case 3:
		return "count_values" + g.grouping() + " (" + g.pick(`"v"`, `"v"`, `"customer_id"`) + ", " + v() + ")"
	case 4:
		return g.pick("rate", "increase", "delta", "max_over_time", "last_over_time", "absent_over_time", "changes") + "(" + g.selector() + "[5m])"
	case 5:
		return g.pick("max_over_time", "avg_over_time", "deriv") + "((" + v() + ")[6m:2m])"
	case 6:
		return g.pick("abs", "ceil", "absent", "sort", "timestamp", "sgn") + "(" + v() + ")"
	case 7:
		return "histogram_quantile(" + g.scalar(depth-1) + ", " + v() + ")"
	case 8:
		return "label_replace(" + v() + ", " + g.pick(`"x"`, `"job_type"`, `"customer_id"`) + `, "$1", ` + g.pick(`"customer_id"`, `"job_type"`) + `, "(.*)")`
	case 9:
		return "(" + v() + " " + g.pick("+", "/", "> bool", "<") + " " + g.scalar(depth-1) + ")"
	case 10:
		return "(" + v() + " " + g.pick("or", "and", "unless") + g.pick("", " on (job_type)", " ignoring (job_type)") + " " + v() + ")"
	}
	return "(" + v() + " " + g.pick("+", "-", "*", "/", "==") + g.pick("", " on (customer_id) group_left ", " on (job_type)", " on (job_type) group_left (customer_id) ", " ignoring (customer_id, job_type) group_right ") + " " + v() + ")"
}

func (g generator) scalar(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return "scalar(" + g.vector(depth-1) + ")"
	}
	return g.pick("1", "0.5", "2", "time()")
}

func TestEngineAgrees(t *testing.T) {
	p := New(testTree(t))
	g := generator{rand.New(rand.NewPCG(3, 4))}
	proven := 0
	for range 4000 {
		if leaks(t, p, g.vector(g.IntN(4))) {
			proven++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of 4000 random expressions are proven", proven)
	if proven < 200 {
		t.Error("the proof accepts too little for the test to mean something")
	}
}

// TestFunctions puts a selector into each argument of each function and aggregation.
func TestFunctions(t *testing.T) {
	p := New(testTree(t))
	arguments := map[parser.ValueType]string{
		parser.ValueTypeVector: `queue_length{customer_id="7"}`, parser.ValueTypeMatrix: `queue_length{customer_id="7"}[5m]`,
		parser.ValueTypeScalar: `scalar(queue_length{customer_id="7"})`, parser.ValueTypeString: `"x"`,
	}
	for name, f := range parser.Functions {
		for i := range f.ArgTypes {
			for _, scoped := range []bool{true, false} {
				var list []string
				for j, kind := range f.ArgTypes {
					argument := arguments[kind]
					if j == i && !scoped {
						argument = strings.ReplaceAll(argument, `{customer_id="7"}`, "")
					}
					list = append(list, argument)
				}
				expr := name + "(" + strings.Join(list, ", ") + ")"
				if _, err := p.parser.ParseExpr(expr); err != nil || f.ArgTypes[i] == parser.ValueTypeString {
					continue
				}
				want := scoped && name != "info"
				if accepted(p, expr) != want {
					t.Errorf("%s: accepted %v", expr, !want)
				}
				leaks(t, p, expr)
			}
		}
	}
}

func FuzzProve(f *testing.F) {
	g := generator{rand.New(rand.NewPCG(5, 6))}
	for range 200 {
		f.Add(g.vector(3))
	}
	f.Add(`queue_length{customer_id="7"} # {`)
	p := New(testTree(f))
	f.Fuzz(func(t *testing.T, expr string) { leaks(t, p, expr) })
}

var (
	classic = regexp.MustCompile(`[$^*{}\[\]+?.()|]`)
	toggled = regexp.MustCompile(`[$^*{}\[\]'+?.()|]`)
	format  = regexp.MustCompile(`[\\^$*+?.()|\[\]{}/]`)
)

// escapes are the ways in which versions and settings of Grafana put a value of a multi-value
// variable into an expression (packages/grafana-prometheus/src/escaping.ts), and its format regex.
var escapes = []func(string) string{
	func(v string) string {
		return classic.ReplaceAllString(strings.ReplaceAll(v, `\`, `\\\\`), `\\$0`)
	},
	func(v string) string {
		v = strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\\\`), `"`, `\\\"`)
		return toggled.ReplaceAllString(v, `\\$0`)
	},
}

func escapeRegexp(v string) string {
	return format.ReplaceAllString(v, `\$0`)
}

// interpolate does what Grafana does, twice as Grafana does.
func interpolate(expr string, values map[string][]string, escape func(string) string) string {
	once := func(t string) string {
		return macroPattern.ReplaceAllStringFunc(t, func(match string) string {
			m := macroPattern.FindStringSubmatch(match)
			list, ok := values[m[1]+m[2]+m[4]]
			if !ok {
				if g, ok := globals[m[1]+m[2]+m[4]]; ok {
					return g
				}
				return match
			}
			var parts []string
			for _, v := range list {
				if m[3]+m[6] == "regex" {
					parts = append(parts, escapeRegexp(v))
				} else {
					parts = append(parts, escape(v))
				}
			}
			if len(parts) == 1 {
				return parts[0]
			}
			return "(" + strings.Join(parts, "|") + ")"
		})
	}
	return once(once(expr))
}

// scopedText tells whether what Prometheus gets in the end is scoped, or no query at all.
func scopedText(p *Prover, text string) bool {
	expr, err := p.parser.ParseExpr(text)
	if err != nil {
		return true
	}
	scoped := true
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			name, named := metricName(s)
			own := slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
				return m.Name == "customer_id" && m.Type == labels.MatchEqual && m.Value == "7"
			})
			scoped = scoped && named && (own || p.shared(name))
		}
		return nil
	})
	return scoped
}

var chosenIn = []string{
	`sum by (job_type) (rate(jobs_total{customer_id="7",job_type=~"$a"}[$__rate_interval]))`,
	`queue_length{customer_id="7",job_type=~"$a",status=~"x${b}y"} + on (job_type) jobs_total{customer_id="7",status=~"$b"}`,
	"queue_length{customer_id=\"7\",job_type=~\"$a\"\n} / sum by (\njob_type) (jobs_total{status=\"x\",customer_id=\"7\",\nstatus=~\"${b:regex}\"})",
	`up{job=~"$a"} or queue_length{customer_id="7",job_type=~"[[b]]"}`,
	`jobs_total{customer_id="7"} and up{job=~"$b",instance=~"$a"} or kept{customer_id="7",job_type=~"$a.*"}`,
	`queue_length{job_type=~"$a",customer_id="7"}`,
	`queue_length{customer_id="7",job_type=~'$a'} + up`,
	"queue_length{customer_id=\"7\",job_type=~\"$a\"} # x\n+ jobs_total{job_type=\"$b\",\ncustomer_id=\"7\"}",
	`label_replace(queue_length{customer_id="7",job_type=~"$a"}, "x", "$b", "y", "z")`,
}

func choices() *variables { return &variables{listed: map[string]bool{"a": true, "b": true}} }

// TestViewersChoices builds values out of what could end a string, a selector or a line.
func TestViewersChoices(t *testing.T) {
	p := New(testTree(t))
	g := generator{rand.New(rand.NewPCG(7, 8))}
	value := func() string {
		var b strings.Builder
		for range g.IntN(7) {
			b.WriteString(g.pick(`"`, `"`, `'`, "`", `\`, `}`, `{`, `#`, "\n", `,`, ` `, `x`, `=`, `a="`, `b='`, `up`, ` or `, `$a`, `${b:raw}`, `[[a]]`,
				`customer_id=~".+"`, `(`, `)`, `$`, `", c="`, `", c='`, `', d="`, `job_type=`, "customer_id=\"8\"", "x\" #"))
		}
		return b.String()
	}
	provable := 0
	for _, expr := range chosenIn {
		if _, bad := p.expression(expr, choices(), "7"); bad != nil {
			continue
		}
		provable++
		for range 3000 {
			values := map[string][]string{"a": {value()}, "b": {value()}}
			if g.IntN(4) == 0 {
				values["a"] = append(values["a"], value())
			}
			for _, escape := range escapes {
				if text := interpolate(expr, values, escape); !scopedText(p, text) {
					t.Fatalf("%s\nwith %q\nbecomes %s", expr, values, text)
				}
			}
		}
	}
	if provable != 5 {
		t.Errorf("%d expressions with choices are proven", provable)
	}
}

// TestChoicesThatLeak shows that the refused forms are refused for a reason.
func TestChoicesThatLeak(t *testing.T) {
	p := New(testTree(t))
	single := func(v string) string { return strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), `'`, `\'`) }
	for _, test := range []struct {
		name, expr, a, b string
		escape           func(string) string
	}{
		{"quotes around the matcher", `queue_length{job_type=~"$a",customer_id="7",status=~"$b"}`, `x", b='`, `', d="y`, escapes[0]},
		{"comment over the matcher", "queue_length{job_type=~\"$a\",customer_id=\"7\"\n}", `x" #`, "", escapes[0]},
		{"one value, classic", `queue_length{customer_id="7",job_type="$a"}`, `x"} or queue_length{job_type="a`, "", single},
		{"another variable's value", `queue_length{customer_id="7",job_type=~"$a"}`, `$b`, `d"} or queue_length{job_type="a`, nil},
	} {
		escape := test.escape
		values := map[string][]string{"a": {test.a}, "b": {test.b}}
		text := test.expr
		if escape != nil {
			text = interpolate(test.expr, values, escape)
		} else {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "$a", classic.ReplaceAllString(test.a, `\\$0`)), "$b", single(test.b))
		}
		if scopedText(p, text) {
			t.Errorf("%s: does not leak: %s", test.name, text)
		}
	}
	for _, test := range []string{`queue_length{job_type=~"$a",customer_id="7",status=~"$b"}`, "queue_length{job_type=~\"$a\",customer_id=\"7\"\n}"} {
		if _, bad := p.expression(test, choices(), "7"); bad == nil {
			t.Errorf("accepted: %s", test)
		}
	}
}

func FuzzChoices(f *testing.F) {
	p := New(testTree(f))
	for _, expr := range chosenIn {
		f.Add(expr, `x", b='`, `', d="y`)
		f.Add(expr, `x" #`, `$a`)
	}
	f.Fuzz(func(t *testing.T, expr, a, b string) {
		if _, bad := p.expression(expr, choices(), "7"); bad != nil {
			return
		}
		for _, escape := range escapes {
			if text := interpolate(expr, map[string][]string{"a": {a}, "b": {b}}, escape); !scopedText(p, text) {
				t.Errorf("%s\nbecomes %s", expr, text)
			}
		}
	})
}
