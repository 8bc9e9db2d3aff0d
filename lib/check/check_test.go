package check_test

import (
	"encoding/json"
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
	list := diagnostic.Merge(run(documents, project.Checks{}))
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

func run(documents map[artifact.Path]any, checks project.Checks) []diagnostic.Diagnostic {
	environment := check.Environment{Name: "dev", Grafana: project.Grafana{
		DashboardsPath: "/var/lib/grafana/dashboards", MinRefreshInterval: 5 * time.Second,
		ExternalDatasources: []string{"elsewhere"}, ExternalContactPoints: []string{"Elsewhere"},
	}, Settings: checks}
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
	return check.Run(environment).Findings
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
	documents, _ := tree(t, "{}")
	return documents
}

// tree is the base with an object of Jsonnet laid over it, and the settings it asks for.
func tree(t *testing.T, over string) (map[artifact.Path]any, project.Checks) {
	t.Helper()
	source, err := os.ReadFile("testdata/base.jsonnet")
	if err != nil {
		t.Fatal(err)
	}
	value := evaluate(t, "base.jsonnet", "("+string(source)+") + ("+over+"\n)").(map[string]any)
	documents := map[artifact.Path]any{}
	for path, file := range value["files"].(map[string]any) {
		documents[artifact.Path(path)] = file
	}
	settings, err := json.Marshal(value["settings"])
	if err != nil {
		t.Fatal(err)
	}
	var checks project.Checks
	if err := json.Unmarshal(settings, &checks); err != nil {
		t.Fatal(err)
	}
	return documents, checks
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
