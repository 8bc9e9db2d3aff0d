package proof

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/metrics"
)

// TestExample scopes the dashboards of the example in the simplest way and reads them with the
// example's catalogue and rules: what real dashboards are made of must be known to the proof.
func TestExample(t *testing.T) {
	const root = "../.."
	catalogue, err := metrics.Load(root, "jsonnet/metrics")
	if err != nil {
		t.Fatal(err)
	}
	tree := Tree{Label: "customer_id", Catalogue: catalogue, Records: map[string][]Record{}, Datasource: "prometheus", DatasourceVariable: true}
	for _, file := range glob(t, root+"/out/prod/prometheus/rules/*.yaml") {
		rules, err := ReadRules(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, list := range rules {
			tree.Records[name] = append(tree.Records[name], list...)
		}
	}
	dashboards := glob(t, root+"/out/prod/grafana/dashboards/Upstream/*.json")
	for _, file := range dashboards {
		var doc struct {
			UID string `json:"uid"`
		}
		if err := json.Unmarshal(file, &doc); err != nil {
			t.Fatal(err)
		}
		tree.Bases = append(tree.Bases, doc.UID)
	}
	p := New(tree)
	if !p.keepsLabel("customer_id_job_type:upstream_background_job_started:rate5m") || p.keepsLabel("service:django_http_error_responses_per_responses:ratio_rate5m") {
		t.Error("what the recording rules keep is not understood")
	}
	for _, file := range dashboards {
		data := scope(t, file)
		v := p.Dashboard("grafana/customers/00/acme/x.json", data, acme)
		if !v.Proven() || v.Queries == 0 {
			t.Error(v.Queries, v.Findings)
		}
		if p.Dashboard("grafana/customers/00/acme/x.json", file, acme).Proven() {
			t.Error("the dashboard for all customers is proven")
		}
	}
}

func glob(t *testing.T, pattern string) (list [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil || len(names) == 0 {
		t.Fatal(pattern, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data)
	}
	return list
}

// scope makes a variant for acme: panels without a selector of the customer's go.
func scope(t *testing.T, data []byte) []byte {
	t.Helper()
	text := strings.NewReplacer(`customer_id=~\"$customer\"`, `customer_id=\"7\"`).Replace(string(data))
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var panels []any
	for _, panel := range doc["panels"].([]any) {
		scoped := true
		for _, target := range panel.(map[string]any)["targets"].([]any) {
			scoped = scoped && strings.Contains(target.(map[string]any)["expr"].(string), `customer_id="7"`)
		}
		if scoped {
			panels = append(panels, panel)
		}
	}
	variables := doc["templating"].(map[string]any)
	variables["list"] = variables["list"].([]any)[:1]
	links := doc["links"].([]any)[0].(map[string]any)
	links["tags"] = append(links["tags"].([]any), "customer:acme")
	doc["annotations"] = map[string]any{"list": []any{}}
	doc["panels"], doc["tags"] = panels, append(doc["tags"].([]any), "customer:acme")
	doc["title"], doc["uid"] = doc["title"].(string)+" - Acme", doc["uid"].(string)+"-acme"
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}
