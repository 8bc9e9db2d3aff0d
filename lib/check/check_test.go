package check_test

import (
	"github.com/dashc/dashc/lib/metrics"
	"sync"

	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
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
// path, on top of a tree that keeps every rule. The archive's first line names the rules under
// test, and the part `want` holds what they find.
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
			documents, settings := tree(t, "{}")
			var want *txtar.File
			for i, part := range archive.Files {
				if part.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				documents[artifact.Path(part.Name)] = evaluate(t, part.Name, string(part.Data))
			}
			got := findings(t, documents, settings, strings.Fields(string(archive.Comment)))
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
	documents, settings := tree(t, "{}")
	if got := findings(t, documents, settings, check.RuleIDs()); got != "" {
		t.Errorf("a tree that keeps every rule has findings:\n%s", got)
	}
}

// findings are what some rules find, as the text report shows it.
func findings(t *testing.T, documents map[artifact.Path]any, settings settings, rules []string) string {
	t.Helper()
	list := slices.DeleteFunc(diagnostic.Merge(run(documents, settings)), func(d diagnostic.Diagnostic) bool {
		return !slices.Contains(rules, d.Rule)
	})
	for i := range list {
		// The pages repeat these for every finding of a rule.
		list[i].Why, list[i].Page, list[i].Dashboard = "", "", ""
	}
	var b strings.Builder
	if err := diagnostic.WriteText(&b, list, false); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "  in: dev\n", "")
}

// run applies every rule, and reports switch-offs that suppress nothing.
func run(documents map[artifact.Path]any, settings settings) []diagnostic.Diagnostic {
	environment := check.Environment{Name: "dev", Grafana: settings.Grafana, Settings: settings.Checks, Catalogue: catalogue()}
	if settings.Live != nil {
		environment.Live = settings.Live
	}
	for path, value := range documents {
		document := check.Document{Path: path, Kind: kind(path), Source: "jsonnet/" + string(path), Value: value}
		if object, ok := value.(map[string]any); ok && object["huge"] != nil {
			document.Size = 2 << 20
		}
		environment.Documents = append(environment.Documents, document)
	}
	sortDocuments(environment.Documents)
	for _, document := range environment.Documents {
		environment.Switches = append(environment.Switches, check.TakeSwitches(document)...)
	}
	result := check.Run(environment)
	return append(result.Findings, check.Unused([]check.Result{result})...)
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

// settings are what the base says beside its documents.
type settings struct {
	Checks  project.Checks
	Grafana project.Grafana
	Live    server
}

// server is a running Prometheus: metric -> labels.
type server map[string][]string

func (s server) Has(name string) bool        { _, ok := s[name]; return ok }
func (s server) Labels(name string) []string { return s[name] }

// tree is the base with an object of Jsonnet laid over it, and its settings.
func tree(t *testing.T, over string) (map[artifact.Path]any, settings) {
	t.Helper()
	source, err := os.ReadFile("testdata/base.jsonnet")
	if err != nil {
		t.Fatal(err)
	}
	value := evaluate(t, "base.jsonnet", "("+string(source)+") + ("+over+"\n)").(map[string]any)
	documents := map[artifact.Path]any{}
	for path, file := range value["files"].(map[string]any) {
		if file != nil {
			documents[artifact.Path(path)] = file
		}
	}
	set := settings{Grafana: project.Grafana{
		DashboardsPath: "/var/lib/grafana/dashboards", MinRefreshInterval: 5 * time.Second,
		ExternalDatasources: []string{"elsewhere"}, ExternalContactPoints: []string{"Elsewhere"},
	}}
	for key, into := range map[string]any{"settings": &set.Checks, "environment": &set.Grafana, "prometheusServer": &set.Live} {
		text, err := json.Marshal(value[key])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	return documents, set
}

func evaluate(t testing.TB, name, source string) any {
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

// catalogue is that of the repository's example.
var catalogue = sync.OnceValue(func() *metrics.Catalogue {
	c, err := metrics.Load("../..", "jsonnet/metrics")
	if err != nil {
		panic(err)
	}
	return c
})
