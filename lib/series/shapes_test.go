package series_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/series"
)

var update = flag.Bool("update", false, "write testdata again")

// testdata/shapes.txt has one expression a line, and behind => what is inferred of it. Every
// function and aggregation of Prometheus has to be among them, called with what it takes; a new
// one makes the test fail until somebody has looked at what is said of it.
func TestShapes(t *testing.T) {
	data, err := os.ReadFile("testdata/shapes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	covered := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		text, want, _ := strings.Cut(line, " => ")
		if text == "" || strings.HasPrefix(text, "#") {
			lines = append(lines, line)
			continue
		}
		name, _, _ := strings.Cut(text, "(")
		name, _, _ = strings.Cut(name, " ") // sum by (...) (...)
		covered[name] = true
		got := show(analyse(t, text))
		lines = append(lines, text+" => "+got)
		if got != want && !*update {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
	for _, call := range everyCall() {
		if name, _, _ := strings.Cut(call, "("); !covered[name] {
			t.Errorf("%s is not in testdata/shapes.txt, for example as\n%s", name, call)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/shapes.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// everyCall calls each function and aggregation with arguments of its types.
func everyCall() []string {
	var calls []string
	for _, name := range slices.Sorted(maps.Keys(parser.Functions)) {
		var arguments []string
		for _, kind := range parser.Functions[name].ArgTypes {
			arguments = append(arguments, map[parser.ValueType]string{
				parser.ValueTypeVector: "memory_bytes", parser.ValueTypeMatrix: "jobs_total[5m]", parser.ValueTypeScalar: "0.5", parser.ValueTypeString: `"x"`,
			}[kind])
		}
		calls = append(calls, name+"("+strings.Join(arguments, ", ")+")")
	}
	for item, name := range parser.ItemTypeStr {
		if item.IsAggregator() {
			calls = append(calls, name+"(memory_bytes)")
		}
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// show writes a shape in short: what it is, its labels (those that may be missing with ?), its
// unit, and its marks.
func show(s series.Shape) string {
	what := "scalar"
	if s.Vector {
		what = map[series.Kind]string{series.Unknown: "unknown", series.Counter: "counter", series.Gauge: "gauge", series.Native: "native"}[s.Kind]
	}
	var names []string
	for _, name := range s.Labels.Names {
		switch {
		case slices.Contains(s.Labels.Optional, name):
			name += "?"
		case name == "instance" || name == "job":
			name = name[:1] // every series has them
		}
		names = append(names, name)
	}
	if s.Labels.Open {
		names = append(names, "...")
	}
	text := what + " {" + strings.Join(names, " ") + "}"
	if s.Unit.Known() {
		text += " " + s.Unit.Base
		if s.Unit.Scale != 1 {
			text += fmt.Sprintf("*%.6g", s.Unit.Scale)
		}
		if s.Unit.PerSecond {
			text += "/s"
		}
	}
	for _, mark := range []struct {
		set  bool
		name string
	}{{s.Zero, "zero"}, {s.Rated, "rated"}, {s.Aggregated, "aggregated"}, {s.Bucket, "bucket"}, {s.Constant(), fmt.Sprint("= ", s.Value)}} {
		if mark.set {
			text += ", " + mark.name
		}
	}
	return text
}
