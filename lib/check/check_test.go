package check_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-jsonnet"
	"golang.org/x/tools/txtar"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

var update = flag.Bool("update", false, "write the golden parts of testdata again")

// Each archive in testdata is an environment: its files are Jsonnet named by their output
// path, on top of a tree that keeps every rule. The part `want` holds the findings.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents := base(t)
			var want *txtar.File
			for i, part := range archive.Files {
				if part.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				documents[artifact.Path(part.Name)] = evaluate(t, part.Name, string(part.Data))
			}
			got := findings(t, documents)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if string(want.Data) != got {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

func TestCleanTree(t *testing.T) {
	if got := findings(t, base(t)); got != "" {
		t.Errorf("a tree that keeps every rule has findings:\n%s", got)
	}
}

func findings(t *testing.T, documents map[artifact.Path]any) string {
	t.Helper()
	environment := check.Environment{Name: "dev", Grafana: project.Grafana{
		DashboardsPath: "/var/lib/grafana/dashboards", MinRefreshInterval: 5 * time.Second,
		ExternalDatasources: []string{"elsewhere"}, ExternalContactPoints: []string{"Elsewhere"},
	}}
	for path, value := range documents {
		document := check.Document{Path: path, Kind: kind(path), Source: "jsonnet/" + string(path), Value: value}
		if object, ok := value.(map[string]any); ok && object["huge"] != nil {
			document.Size = 2 << 20
		}
		environment.Documents = append(environment.Documents, document)
	}
	sortDocuments(environment.Documents)
	var b strings.Builder
	if err := diagnostic.WriteText(&b, diagnostic.Merge(check.Run(environment)), false); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "  in: dev\n", "")
}

func sortDocuments(documents []check.Document) {
	for i := range documents {
		for j := i; j > 0 && documents[j].Path < documents[j-1].Path; j-- {
			documents[j], documents[j-1] = documents[j-1], documents[j]
		}
	}
}

func kind(path artifact.Path) artifact.Kind {
	for prefix, kind := range map[string]artifact.Kind{
		"grafana/dashboards/":               artifact.Dashboard,
		"grafana/provisioning/dashboards/":  artifact.Dashboards,
		"grafana/provisioning/datasources/": artifact.Datasources,
		"grafana/provisioning/alerting/":    artifact.Alerting,
		"prometheus/":                       artifact.Prometheus,
	} {
		if strings.HasPrefix(string(path), prefix) {
			return kind
		}
	}
	return artifact.Plugins
}

// base is a tree that keeps every rule.
func base(t *testing.T) map[artifact.Path]any {
	t.Helper()
	documents := map[artifact.Path]any{}
	for path, source := range map[artifact.Path]string{
		"grafana/dashboards/Claims/good.json": `{
			uid: 'good', title: 'Good', schemaVersion: 39, refresh: '30s',
			templating: { list: [{ type: 'datasource', name: 'ds' }] },
			panels: [
				{ id: 1, type: 'row', title: 'Row', gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [
					{ id: 2, type: 'stat', title: 'Inner', datasource: { uid: '-- Mixed --' }, gridPos: { x: 12, y: 1, w: 12, h: 8 } },
				] },
				{ id: 3, type: 'timeseries', title: 'Rate', datasource: { uid: '${ds}' }, targets: [{ datasource: { uid: 'prom' } }], gridPos: { x: 0, y: 9, w: 12, h: 8 } },
			],
		}`,
		"grafana/provisioning/dashboards/p.yaml":  `{ apiVersion: 1, providers: [{ name: 'p', type: 'file', options: { path: '/var/lib/grafana/dashboards', foldersFromFilesStructure: true } }] }`,
		"grafana/provisioning/datasources/d.yaml": `{ apiVersion: 1, datasources: [{ name: 'Prometheus', type: 'prometheus', uid: 'prom', isDefault: true }] }`,
		"grafana/provisioning/alerting/rules.yaml": `{ apiVersion: 1, groups: [{ name: 'g', folder: 'Claims', interval: '1m', rules: [{
			uid: 'r1', title: 'R1', condition: 'B', 'for': '5m', noDataState: 'OK', execErrState: 'Error', dashboardUid: 'good', panelId: 3,
			data: [{ refId: 'A', datasourceUid: 'prom', model: {} }, { refId: 'B', datasourceUid: '__expr__', model: {} }],
		}] }] }`,
		"grafana/provisioning/alerting/points.yaml":   `{ apiVersion: 1, contactPoints: [{ name: 'Mail', receivers: [{ uid: 'mail', type: 'email', settings: { addresses: 'a@example.com' } }] }] }`,
		"grafana/provisioning/alerting/policies.yaml": `{ apiVersion: 1, policies: [{ receiver: 'Mail', routes: [{ receiver: 'Elsewhere', mute_time_intervals: ['night'] }] }] }`,
		"grafana/provisioning/alerting/mute.yaml":     `{ apiVersion: 1, muteTimes: [{ name: 'night', time_intervals: [{ times: [] }] }] }`,
		"prometheus/prometheus.yml":                   `{ scrape_configs: [] }`,
	} {
		documents[path] = evaluate(t, string(path), source)
	}
	return documents
}

func evaluate(t *testing.T, name, source string) any {
	t.Helper()
	output, err := jsonnet.MakeVM().EvaluateAnonymousSnippet(name, source)
	if err != nil {
		t.Fatal(err)
	}
	value, err := artifact.Decode([]byte(output))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
