package check_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/series/enginetest"
)

// asking is an environment whose one dashboard asks the expressions, one panel each.
func asking(catalogue *metrics.Catalogue, variables []any, expressions ...string) check.Environment {
	var panels []any
	for i, expression := range expressions {
		panels = append(panels, map[string]any{
			"id": json.Number(fmt.Sprint(i + 1)), "type": "timeseries", "title": fmt.Sprint("Panel ", i), "datasource": map[string]any{"type": "prometheus", "uid": "prom"},
			"fieldConfig": map[string]any{"defaults": map[string]any{"unit": "s"}},
			"targets":     []any{map[string]any{"refId": "A", "expr": expression, "legendFormat": "{{method}}"}},
		})
	}
	dashboard := map[string]any{"uid": "d", "title": "D", "panels": panels, "templating": map[string]any{"list": variables}}
	return check.Environment{Name: "dev", Catalogue: catalogue, Documents: []check.Document{
		{Path: "grafana/dashboards/d.json", Kind: artifact.Dashboard, Source: "d.jsonnet", Value: dashboard},
		{Path: "prometheus/prometheus.yml", Kind: artifact.Prometheus, Source: "p.jsonnet", Value: map[string]any{
			"scrape_configs": []any{map[string]any{"job_name": "django"}},
		}},
	}}
}

// recording is an environment whose rules record the expressions under these names.
func recording(names, expressions []string) check.Environment {
	var list []any
	for i, name := range names {
		list = append(list, map[string]any{"record": name, "expr": expressions[i]})
	}
	return check.Environment{Name: "dev", Catalogue: catalogue(), Documents: []check.Document{
		{Path: "prometheus/rules.yml", Kind: artifact.Prometheus, Source: "r.jsonnet", Value: map[string]any{"groups": []any{map[string]any{"name": "g", "rules": list}}}},
	}}
}

func custom(name string, options int) map[string]any {
	values := make([]string, options)
	for i := range values {
		values[i] = fmt.Sprintf("value-%d", i)
	}
	return map[string]any{"type": "custom", "name": name, "query": strings.Join(values, ","), "multi": true}
}

// No expression makes a rule panic, and the same one gives the same findings again.
func FuzzQueries(f *testing.F) {
	for _, text := range []string{
		`sum by (method) (rate(django_http_requests_total_by_method_total{method=~"$one"}[$__rate_interval]))`,
		`histogram_quantile(0.9, sum by (le, $one) (rate(django_http_requests_latency_seconds_by_view_method_bucket[5m])))`,
		`rate($two) / on ($one) group_left ($two) ${one}_total offset $two`,
		`label_replace(up, "$one", "$1", "${x}", "(?P<x>.*)") or vector(0) unless absent(up{job="$one"})`,
		`job:a:sum + fill (0) {"my.metric", a="$two"} # $one`,
	} {
		f.Add(text)
	}
	variables := []any{custom("one", 3), map[string]any{"type": "query", "name": "two", "query": "label_values(up, job)"}}
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		environment := asking(catalogue(), variables, text)
		rules := recording([]string{"job:a:sum", "job:b:sum"}, []string{text, "job:a:sum"})
		environment.Documents = append(environment.Documents, rules.Documents...)
		first, again := check.Run(environment), check.Run(environment)
		if !reflect.DeepEqual(first.Findings, again.Findings) {
			t.Errorf("%q has other findings the second time", text)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%q took %s", text, took)
		}
	})
}

// What is large takes longer, but not out of proportion.
func TestRunIsBounded(t *testing.T) {
	repeated := func(n int, text string) []string { return slices.Repeat([]string{text}, n) }
	rate := `sum by (method) (rate(django_http_requests_total_by_method_total{method=~"$a", view!~"$b"}[5m]))`
	names := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("job:r%d:sum", i))
		}
		return list
	}
	chain, circle, dense := names(2000), names(2000), []string{}
	for i := range 2000 {
		chain[i] = fmt.Sprintf("sum by (job) (job:r%d:sum)", i+1)
		circle[i] = fmt.Sprintf("job:r%d:sum + job:r%d:sum", (i+1)%2000, (i+7)%2000)
	}
	for i := range 60 {
		var all []string
		for j := range 60 {
			if i != j {
				all = append(all, fmt.Sprintf("job:r%d:sum", j))
			}
		}
		dense = append(dense, strings.Join(all, " + "))
	}
	for name, environment := range map[string]check.Environment{
		"2000 panels":                asking(catalogue(), []any{custom("a", 3), custom("b", 3)}, repeated(2000, rate)...),
		"50 panels of 500 options":   asking(catalogue(), []any{custom("a", 500), custom("b", 499)}, repeated(50, rate)...),
		"wide":                       asking(catalogue(), []any{custom("a", 500), custom("b", 499)}, strings.Join(repeated(300, rate), " + ")),
		"deep":                       asking(catalogue(), nil, strings.Repeat("sum by (nothing) (", 900)+"up"+strings.Repeat(")", 900)),
		"long":                       asking(catalogue(), nil, "up"+strings.Repeat(" + on (nothing) up", 600)),
		"a chain of 2000 rules":      recording(names(2000), chain),
		"a circle of 2000 rules":     recording(names(2000), circle),
		"60 rules that all read all": recording(names(60), dense),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			check.Run(environment)
			if took := time.Since(began); took > 60*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// A switch-off that one of several environments needs is used, wherever it is declared; one that
// none needs is unused in each.
func TestUnusedSwitches(t *testing.T) {
	const rule = "promql/unknown-metric"
	results := func(expressions ...string) (all []check.Result) {
		for _, expression := range expressions {
			environment := asking(catalogue(), nil, expression)
			environment.Switches = []check.Switch{{Document: "grafana/dashboards/d.json", Source: "d.jsonnet", Path: "panels[0]", Rule: rule, Reason: "It comes later."}}
			all = append(all, check.Run(environment))
		}
		return all
	}
	for _, test := range []struct {
		expressions []string
		want        int
	}{
		{[]string{"up", "nothing_like_it"}, 0},
		{[]string{"nothing_like_it", "up"}, 0},
		{[]string{"up", "up"}, 1},
		{[]string{"up"}, 1},
	} {
		if got := diagnostic.Merge(check.Unused(results(test.expressions...))); len(got) != test.want {
			t.Errorf("%v: %d unused switch-offs", test.expressions, len(got))
		}
	}
}

// catalogueOf describes the series of enginetest.
func catalogueOf(t *testing.T) *metrics.Catalogue {
	t.Helper()
	list := map[string]any{}
	for name, labels := range enginetest.Labels {
		described := map[string]string{}
		for _, label := range labels {
			if label != "le" {
				described[label] = label
			}
		}
		entry := map[string]any{"type": "gauge", "help": "One of enginetest.", "labels": described, "shared": true, "source": "test", "firstSeen": "at-start"}
		switch {
		case strings.HasSuffix(name, "_total"):
			entry["type"] = "counter"
		case name == "latency_seconds_bucket":
			entry["type"], name = "histogram", "latency_seconds"
		case strings.HasPrefix(name, "latency_"):
			continue
		}
		list[name] = entry
	}
	text, err := json.Marshal(map[string]any{"metrics": list})
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "m.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := metrics.Load(root, ".")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Where promql/vector-matching says that no series has a partner, and where
// promql/unknown-label says that a matcher matches nothing, the engine finds nothing either.
func TestFindingsAgainstEngine(t *testing.T) {
	g := enginetest.Generator{Rand: rand.New(rand.NewPCG(7, 8))}
	e := enginetest.New()
	var expressions []string
	for range 8000 {
		expressions = append(expressions, g.Operation(1+g.IntN(3)))
	}
	result := check.Run(asking(catalogueOf(t), nil, expressions...))
	checked := map[string]int{}
	for _, d := range result.Findings {
		if d.Query == nil {
			continue
		}
		part := d.Query.Expression[d.Query.Start:d.Query.End]
		switch {
		case d.Rule == "promql/vector-matching" && strings.HasPrefix(d.Message, "no series"):
			if strings.HasPrefix(d.Message, "no series of the left side of unless") {
				continue // then the left side is the result
			}
		case d.Rule == "promql/unknown-label" && strings.HasSuffix(d.Message, "matches nothing"):
			part = selectorAround(d)
		default:
			continue
		}
		got, err := e.Evaluate(part)
		if err != nil {
			continue
		}
		checked[d.Rule]++
		if len(got) > 0 {
			t.Errorf("%s: %s\n%s returns %s", d.Rule, d.Message, part, got[0])
		}
	}
	if checked["promql/vector-matching"] < 300 || checked["promql/unknown-label"] < 100 {
		t.Errorf("checked only %v", checked)
	}
}

// selectorAround is the selector whose label a finding is about.
func selectorAround(d diagnostic.Diagnostic) string {
	text := d.Query.Expression
	start := strings.LastIndexByte(text[:d.Query.Start], '{')
	end := d.Query.End + strings.IndexByte(text[d.Query.End:], '}') + 1
	name := start
	for name > 0 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyz_", rune(text[name-1])) {
		name--
	}
	return text[name:end]
}
