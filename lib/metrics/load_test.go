package metrics

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Each archive in testdata/catalogue is a folder of catalogue files that is refused; its
// comment is every finding.
func TestLoadRefuses(t *testing.T) {
	archives, err := filepath.Glob("testdata/catalogue/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			for _, file := range archive.Files {
				write(t, filepath.Join(root, "metrics", file.Name), string(file.Data))
			}
			_, err = Load(root, "metrics")
			findings, ok := diagnostic.FromError(err)
			if !ok {
				t.Fatalf("want findings, got %v", err)
			}
			var b strings.Builder
			if err := diagnostic.WriteText(&b, diagnostic.Merge(findings), false); err != nil {
				t.Fatal(err)
			}
			if *update {
				archive.Comment = []byte(b.String())
				write(t, name, string(txtar.Format(archive)))
			}
			if got := b.String(); got != string(archive.Comment) {
				t.Errorf("got\n%s\nwant\n%s", got, archive.Comment)
			}
		})
	}
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// load reads a catalogue of one file.
func load(t testing.TB, text string) *Catalogue {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "metrics", "a.json"), text)
	c, err := Load(root, "metrics")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadNothing(t *testing.T) {
	c, err := Load(t.TempDir(), "metrics")
	if err != nil || !c.Empty() || len(c.All()) != 0 || len(c.SeriesNames()) != 0 || c.TenantLabels() != nil {
		t.Error(c, err)
	}
}

func TestLoadTooLarge(t *testing.T) {
	root := t.TempDir()
	name := filepath.Join(root, "metrics", "a.json")
	write(t, name, "{}")
	if err := os.Truncate(name, maxCatalogueFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(root, "metrics"); err == nil || !strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Error(err)
	}
}

func TestSeries(t *testing.T) {
	c := load(t, `{"metrics": {
		"jobs_total": {"type": "counter", "labels": {"kind": ""}},
		"free_bytes": {"type": "gauge", "labels": {}},
		"job_seconds": {"type": "histogram", "labels": {"kind": "", "zone": ""}},
		"native_seconds": {"type": "native_histogram", "labels": {}},
		"rpc_seconds": {"type": "summary", "labels": {"kind": ""}},
		"depth": {"type": "gaugehistogram", "labels": {}},
		"build_info": {"type": "info", "labels": {"version": ""}},
		"job_seconds_count": {"type": "gauge", "labels": {}},
		"what": {"type": "untyped", "labels": {}}
	}}`)
	for _, test := range []struct {
		name   string
		part   Part
		is     Type
		labels []string
	}{
		{"jobs_total", Value, Counter, []string{"kind"}},
		{"free_bytes", Value, Gauge, nil},
		{"job_seconds_bucket", Bucket, Counter, []string{"kind", "le", "zone"}},
		{"job_seconds_count", Value, Gauge, nil}, // a metric's own name wins
		{"job_seconds_sum", Sum, Counter, []string{"kind", "zone"}},
		{"native_seconds", Value, NativeHistogram, nil},
		{"rpc_seconds", Quantile, Gauge, []string{"kind", "quantile"}},
		{"rpc_seconds_count", Count, Counter, []string{"kind"}},
		{"depth_bucket", Bucket, Gauge, []string{"le"}},
		{"build_info", Value, Gauge, []string{"version"}},
		{"what", Value, Untyped, nil},
	} {
		s, ok := c.Series(test.name)
		if !ok || s.Part != test.part || s.Type != test.is || len(s.Labels) != len(test.labels) || len(s.Labels) > 0 && !reflect.DeepEqual(s.Labels, test.labels) {
			t.Errorf("%s: %+v", test.name, s)
		}
	}
	for _, name := range []string{"job_seconds", "native_seconds_bucket", "depth", "jobs", "jobs_total_count", ""} {
		if _, ok := c.Series(name); ok {
			t.Errorf("%s is not a series", name)
		}
	}
	if m, ok := c.Family("job_seconds"); !ok || m.FirstSeen != AtFirstEvent || m.Position != (diagnostic.Position{File: "metrics/a.json", Line: 4, Column: 3}) {
		t.Errorf("%+v", m)
	}
}

// The example's own files are written as import writes them.
func TestExampleFormat(t *testing.T) {
	c := example(t)
	files, _ := filepath.Glob("../../jsonnet/metrics/*.json")
	for _, name := range files {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := render(c.file("jsonnet/metrics/" + filepath.Base(name)))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: import would write\n%s", name, got)
		}
	}
}

// Loading must end with a catalogue or with findings, and what it accepts must survive being
// written again.
func FuzzCatalogue(f *testing.F) {
	archives, _ := filepath.Glob("testdata/catalogue/*.txtar")
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(file.Data)
		}
	}
	examples, _ := filepath.Glob("../../jsonnet/metrics/*.json")
	for _, name := range examples {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(root, "metrics", "a.json")
		write(t, name, string(data))
		c, err := Load(root, "metrics")
		if err != nil {
			if _, ok := diagnostic.FromError(err); !ok {
				t.Fatalf("not a finding: %v", err)
			}
			return
		}
		c.Suggest("django_db_query_total", Use{})
		rendered, err := render(c.file("metrics/a.json"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, name, string(rendered))
		again, err := Load(root, "metrics")
		if err != nil {
			t.Fatalf("what was accepted is refused after it was written: %v\n%s", err, rendered)
		}
		second, err := render(again.file("metrics/a.json"))
		if err != nil || string(second) != string(rendered) {
			t.Fatalf("not stable:\n%s\n%s", rendered, second)
		}
	})
}
