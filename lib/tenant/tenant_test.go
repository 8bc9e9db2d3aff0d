package tenant

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

const catalogueJSON = `{"metrics": {
  "calls_total": {"type": "counter", "help": "Calls.", "unit": "calls", "source": "test", "firstSeen": "at-start", "shared": false, "tenantLabel": "customer_id", "labels": {"customer_id": "c", "method": "m", "le": "l"}},
  "jobs": {"type": "gauge", "help": "Jobs.", "unit": "jobs", "source": "test", "firstSeen": "at-start", "shared": false, "tenantLabel": "customer_id", "labels": {"customer_id": "c", "method": "m"}},
  "seconds": {"type": "histogram", "help": "Seconds.", "unit": "seconds", "source": "test", "firstSeen": "at-start", "shared": false, "tenantLabel": "customer_id", "labels": {"customer_id": "c", "method": "m"}},
  "version_info": {"type": "info", "help": "Version.", "unit": "", "source": "test", "firstSeen": "at-start", "shared": true, "tenantLabel": "", "labels": {"version": "v"}},
  "up_hosts": {"type": "gauge", "help": "Hosts.", "unit": "hosts", "source": "test", "firstSeen": "at-start", "shared": false, "tenantLabel": "", "labels": {}}
}}`

func testOptions(t testing.TB) Options {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "metrics"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "metrics", "all.json"), []byte(catalogueJSON), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := metrics.Load(root, "metrics")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Label: "customer_id", Catalogue: c, Records: map[string][]Record{
		"customer_id:calls:rate5m":       {{Expr: `sum by (customer_id) (rate(calls_total[5m]))`}},
		"customer_id:errors:ratio_rate5": {{Expr: `sum by (customer_id) (rate(calls_total{method="x"}[5m])) / on (customer_id) customer_id:calls:rate5m`}},
		"calls:rate5m":                   {{Expr: `sum(rate(calls_total[5m]))`}},
		"version:count":                  {{Expr: `count(version_info)`}},
		"written:calls":                  {{Expr: `sum(rate(calls_total[5m]))`, Labels: map[string]string{"customer_id": "a"}}},
	}}
}

// acme has an id with all that is ever escaped.
var acme = Identity{ID: "a\"\\$b[[c]]", Slug: "acme", Name: "Acme's Ⓐ $x"}

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	value, err := artifact.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func encode(t testing.TB, value any) string {
	t.Helper()
	data, err := artifact.EncodeJSON(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// long scopes the long way and by a template, which have to agree.
func long(t testing.TB, board map[string]any, c Identity, o Options) (map[string]any, Report, error) {
	t.Helper()
	before := encode(t, board)
	scoped, report, err := Scope(board, c, o)
	template, terr := Compile(board, o)
	if (err == nil) != (terr == nil) {
		t.Fatalf("long way: %v\ntemplate: %v", err, terr)
	}
	if encode(t, board) != before {
		t.Fatal("the dashboard was changed")
	}
	if err != nil {
		if err.Error() != terr.Error() {
			t.Fatalf("long way: %v\ntemplate: %v", err, terr)
		}
		return nil, report, err
	}
	if template.Empty() != (scoped == nil) {
		t.Fatal("one is empty")
	}
	if fmt.Sprint(report) != fmt.Sprint(template.Report()) {
		t.Fatalf("long way: %v\ntemplate: %v", report, template.Report())
	}
	if scoped != nil {
		if got, want := string(template.Append(nil, c)), encode(t, scoped); got != want {
			t.Fatalf("template:\n%s\nlong way:\n%s", got, want)
		}
	}
	return scoped, report, nil
}

// The example's dashboards can be scoped as they are: panels about customers stay, those about
// the whole service go, and their alert rules with them.
func TestExample(t *testing.T) {
	o, boards := example(t)
	templates := map[string]*Template{}
	c := Identity{ID: "42", Slug: "obriens", Name: "O'Brien's Schmöker"}
	for _, board := range boards {
		o.Siblings[textAt(board, "uid")] = textAt(board, "title")
	}
	for _, board := range boards {
		scoped, report, err := long(t, board, c, o)
		if err != nil {
			t.Fatal(err)
		}
		if scoped == nil || len(report.Dropped) == 0 && textAt(board, "uid") != "upstream-celery-tasks" {
			t.Errorf("%s: %v", textAt(board, "uid"), report)
		}
		text := encode(t, scoped)
		if strings.Contains(text, "$customer") || !strings.Contains(text, `customer_id=\"42\"`) {
			t.Errorf("not scoped:\n%s", text)
		}
		if templates[textAt(board, "uid")], err = Compile(board, o); err != nil {
			t.Fatal(err)
		}
	}
	rules := yamlFile(t, "../../out/prod/grafana/provisioning/alerting/rules.yaml")
	groups, report, err := ScopeRules([]map[string]any{rules}, RuleIdentity{Identity: c}, templates, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != 1 || len(report.Dropped) != 2 {
		t.Errorf("%v\n%s", report, encode(t, groups))
	}
}

// yamlFile decodes YAML into what decoded JSON has.
func yamlFile(t testing.TB, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	data, err = json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, string(data))
}

// example is the example of the repository as it was rendered.
func example(t testing.TB) (Options, []map[string]any) {
	t.Helper()
	catalogue, err := metrics.Load("../..", project.MetricsDir)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Label: "customer_id", Catalogue: catalogue, Records: map[string][]Record{}, Siblings: map[string]string{}}
	for _, group := range objectsAt(yamlFile(t, "../../out/prod/prometheus/rules/recording.yaml"), "groups") {
		for _, rule := range objectsAt(group, "rules") {
			name := textAt(rule, "record")
			o.Records[name] = append(o.Records[name], Record{Expr: textAt(rule, "expr")})
		}
	}
	files, err := filepath.Glob("../../out/prod/grafana/dashboards/Upstream/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no dashboards", err)
	}
	var boards []map[string]any
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		boards = append(boards, decode(t, string(data)))
	}
	return o, boards
}

// scopeExpression scopes one expression as that of a panel.
func scopeExpression(o Options, text string, id project.CustomerID, around surroundings) (string, *reading, *problem) {
	k := newKnown(o)
	r, p := k.read(text, around)
	if p != nil || len(r.lacking) > 0 {
		return "", r, p
	}
	scoped, p := k.scope(text, r, around, matcherValue(id))
	return scoped, r, p
}

func BenchmarkAppend(b *testing.B) {
	o, boards := example(b)
	var templates []*Template
	for _, board := range boards {
		template, err := Compile(board, o)
		if err != nil {
			b.Fatal(err)
		}
		templates = append(templates, template)
	}
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = buffer[:0]
		for _, template := range templates {
			buffer = template.Append(buffer, acme)
		}
	}
	b.SetBytes(int64(len(buffer)))
}

func BenchmarkCompile(b *testing.B) {
	o, boards := example(b)
	for b.Loop() {
		for _, board := range boards {
			if _, err := Compile(board, o); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkScopeAndEncode(b *testing.B) {
	o, boards := example(b)
	for b.Loop() {
		for _, board := range boards {
			scoped, _, err := Scope(board, acme, o)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := artifact.EncodeJSON(scoped); err != nil {
				b.Fatal(err)
			}
		}
	}
}
