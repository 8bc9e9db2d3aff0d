package metrics

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const written = `{
  "metrics": {
    "db_total": {
      "firstSeen": "at-start",
      "help": "what a person wrote",
      "labels": {
        "alias": "which database",
        "gone": "nobody carries it any more"
      },
      "shared": true,
      "source": "web",
      "tenantLabel": "alias",
      "type": "gauge",
      "unit": ""
    },
    "worker_jobs_total": {
      "firstSeen": "at-first-event",
      "help": "not in the scrape",
      "labels": {},
      "shared": false,
      "source": "worker",
      "type": "counter",
      "unit": "jobs"
    },
    "web_old_bytes": {
      "firstSeen": "at-start",
      "help": "",
      "labels": {},
      "shared": false,
      "source": "web",
      "type": "gauge",
      "unit": "bytes"
    }
  }
}
`

const exposed = `# HELP db_total Help of the client.
# TYPE db_total counter
db_total{alias="a",vendor="<b>"} 1
# HELP new_seconds New & "quoted" <b>.
# TYPE new_seconds histogram
new_seconds_bucket{alias="a",le="+Inf"} 1
new_seconds_count{alias="a"} 1
new_seconds_sum{alias="a"} 1
# TYPE plain_total counter
plain_total 1
# TYPE open_ratio gauge
open_ratio{kind="b"} 1
# TYPE later_bytes_total counter
`

// idle are labelled series of which one has counted nothing yet, and a histogram with an empty bucket.
const idle = `# TYPE idle_total counter
idle_total{device="a"} 3
idle_total{device="b"} 0
# TYPE idle_seconds histogram
idle_seconds_bucket{device="a",le="+Inf"} 0
idle_seconds_count{device="a"} 0
idle_seconds_sum{device="a"} 0
# TYPE busy_seconds histogram
busy_seconds_bucket{device="a",le="1"} 0
busy_seconds_bucket{device="a",le="+Inf"} 1
busy_seconds_count{device="a"} 1
busy_seconds_sum{device="a"} 2
`

func parsed(t testing.TB, target, text string) *Scrape {
	t.Helper()
	s, err := Parse(target+".prom", target, []byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImport(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "m", "web.json"), written)
	write(t, filepath.Join(root, "m", "other.json"), `{"metrics": {"odd": {"labels": {}, "type": "gauge"}}}`)
	c, err := Load(root, "m")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := c.Import(root, "m", parsed(t, "web", exposed+idle), ImportOptions{Into: "new.json"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "m", "new.json")); err == nil {
		t.Error("written before Write")
	}
	if err := plan.Write(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, change := range plan.Changes {
		fmt.Fprintf(&b, "%+v\n", change)
	}
	fmt.Fprintln(&b, plan.NewFiles)
	for _, name := range []string{"new.json", "web.json", "other.json"} {
		data, err := os.ReadFile(filepath.Join(root, "m", name))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "-- %s --\n%s", name, data)
	}
	golden(t, "testdata/import.golden", b.String())
	entries, err := os.ReadDir(filepath.Join(root, "m"))
	if err != nil || len(entries) != 3 {
		t.Error("files are left over", entries, err)
	}
}

// An import that cannot write one file writes none.
func TestImportWritesAllOrNothing(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "m", "web.json"), written)
	c, err := Load(root, "m")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := c.Import(root, "m", parsed(t, "web", exposed), ImportOptions{Into: "zzz.json"})
	if err != nil {
		t.Fatal(err)
	}
	plan.files["m/web.json/below-a-file.json"] = nil
	if err := plan.Write(); err == nil {
		t.Fatal("want an error")
	}
	data, err := os.ReadFile(filepath.Join(root, "m", "web.json"))
	if err != nil || string(data) != written {
		t.Error("web.json was changed", err)
	}
	if entries, _ := os.ReadDir(filepath.Join(root, "m")); len(entries) != 1 {
		t.Error("files are left over", entries)
	}
}

func TestCheckInto(t *testing.T) {
	for _, name := range []string{"", "a", "../a.json", "a/b.json", ".json", ".a.json", `a\b.json`, "a.json\x00"} {
		if CheckInto(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
	if err := CheckInto("postgres_exporter-1.json"); err != nil {
		t.Error(err)
	}
}

// The order of scrapes makes no difference, and types that contradict are a finding.
func TestCombine(t *testing.T) {
	a := parsed(t, "a", "# HELP x From a.\n# TYPE x gauge\nx{one=\"1\"} 1\n")
	b := parsed(t, "b", "# TYPE x info\nx{two=\"2\"} 1\n# TYPE y counter\ny_total 1\n# EOF\n")
	c := parsed(t, "c", "x{three=\"3\"} 1\n")
	want := combineText(t, a, b, c)
	for _, order := range [][]*Scrape{{c, b, a}, {b, a, c}, {a, c, b}} {
		if got := combineText(t, order...); got != want {
			t.Errorf("%s\n%s", got, want)
		}
	}
	if !strings.Contains(want, `"Type":"info"`) || !strings.Contains(want, `["one","three","two"]`) || !strings.Contains(want, `["a","b","c"]`) {
		t.Error(want)
	}
	d := parsed(t, "d", "# TYPE x counter\nx 1\n")
	if got := combineText(t, d, a); got != combineText(t, a, d) || got != "d.prom:1: x has the type counter here and gauge at a.prom:2" {
		t.Error(got)
	}
}

func TestDiff(t *testing.T) {
	c := load(t, written)
	for _, test := range []struct {
		name, scrape string
		named        []string
		want         string
	}{
		{name: "as is", scrape: exposed, want: `db_total: type: counter, in the catalogue gauge
db_total: new label: vendor
db_total: gone label: no sample carries gone
later_bytes_total: new: the catalogue lacks this counter
new_seconds: new: the catalogue lacks this histogram
open_ratio: new: the catalogue lacks this gauge
plain_total: new: the catalogue lacks this counter
web_old_bytes: gone: nothing exposes it
`},
		{name: "named source", scrape: "# TYPE db_total gauge\n", named: []string{"worker"}, want: "worker_jobs_total: gone: nothing exposes it\n"},
		{name: "nothing of ours", scrape: "x 1\n", want: "x: new: the catalogue lacks this untyped\n"},
		{name: "no samples", scrape: "# TYPE db_total gauge\n", want: "web_old_bytes: gone: nothing exposes it\n"},
		{name: "no type", scrape: "db_total{alias=\"1\",gone=\"2\"} 1\nweb_old_bytes 1\n", want: ""},
	} {
		var b strings.Builder
		for _, d := range c.Diff(parsed(t, "s", test.scrape), test.named) {
			fmt.Fprintln(&b, d)
		}
		if b.String() != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, b.String(), test.want)
		}
	}
}

// A metric of two sources does not prove that both were scraped.
func TestDiffSharedSource(t *testing.T) {
	c := load(t, `{"metrics": {
		"cpu": {"type": "gauge", "labels": {}, "source": "web, worker"},
		"web": {"type": "gauge", "labels": {}, "source": "web"},
		"worker": {"type": "gauge", "labels": {}, "source": "worker"}
	}}`)
	if list := c.Diff(parsed(t, "s", "cpu 1\nweb 1\n"), nil); len(list) != 0 {
		t.Error(list)
	}
	if list := c.Diff(parsed(t, "s", "web 1\n"), nil); len(list) != 1 || list[0].Metric != "cpu" {
		t.Error(list)
	}
}

// What runs in ../demo is what the catalogue says.
func TestExampleIsTrue(t *testing.T) {
	scrape, err := ReadFile("../../cmd/dashc/testdata/metrics/django-prometheus-2.2.0.prom")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range example(t).Diff(scrape, nil) {
		t.Errorf("%s: %s", d.Position, d)
	}
}
