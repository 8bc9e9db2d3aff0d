package check_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/project"
)

// fuzzed are the places at which a document is tried, one for each kind.
var fuzzed = []artifact.Path{
	"grafana/dashboards/Claims/good.json",
	"grafana/dashboards/other.json",
	"grafana/provisioning/dashboards/p.yaml",
	"grafana/provisioning/datasources/d.yaml",
	"grafana/provisioning/alerting/rules.yaml",
	"grafana/provisioning/plugins/apps.yaml",
	"prometheus/prometheus.yml",
	"prometheus/rules/recording.yaml",
}

// No JSON makes a rule panic or run for ever, whatever kind of document it is taken for. The
// seeds are the base's own files with each value replaced by one of another type.
func FuzzRules(f *testing.F) {
	source, err := os.ReadFile(filepath.Join("testdata", "base.jsonnet"))
	if err != nil {
		f.Fatal(err)
	}
	base := evaluate(f, "base.jsonnet", string(source)).(map[string]any)["files"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(base)) {
		document := base[path]
		for _, wrong := range []string{"null", `"text"`, "[7, [], {}]", `{"a": {}}`} {
			eachReplaced(document, decode(f, wrong), func() {
				text, err := json.Marshal(document)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(text)
			})
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := artifact.Decode(data)
		if err != nil {
			return
		}
		for i := range fuzzed {
			environment := check.Environment{Name: "dev", Grafana: project.Grafana{Version: "13.2.3", DashboardsPath: "/d"}}
			for j, path := range fuzzed {
				document := check.Document{Path: path, Kind: kind(path), Source: "x.jsonnet", Value: base[string(path)]}
				if i == j {
					document.Value = value
				}
				environment.Documents = append(environment.Documents, document)
			}
			check.Run(environment)
		}
	})
}

func decode(t testing.TB, text string) any {
	t.Helper()
	value, err := artifact.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// eachReplaced puts another value at each place of a document, calls visit, and puts the old one back.
func eachReplaced(document, other any, visit func()) {
	switch v := document.(type) {
	case map[string]any:
		for key, old := range v {
			v[key] = other
			visit()
			v[key] = old
			eachReplaced(old, other, visit)
		}
	case []any:
		for i, old := range v {
			v[i] = other
			visit()
			v[i] = old
			eachReplaced(old, other, visit)
		}
	}
}
