package metrics

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/diagnostic"
)

var update = flag.Bool("update", false, "write what the tests see to their golden files")

// Each scrape in testdata/scrape is parsed; what it shows, or its findings, stands beside it.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/scrape/*.prom")
	if err != nil || len(files) == 0 {
		t.Fatal("no scrapes", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			scrape, err := ReadFile(file)
			golden(t, strings.TrimSuffix(file, ".prom")+".golden", shown(t, scrape, err))
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// shown is a scrape in words, one metric a line.
func shown(t *testing.T, scrape *Scrape, err error) string {
	t.Helper()
	var b strings.Builder
	if findings, ok := diagnostic.FromError(err); ok {
		if err := diagnostic.WriteText(&b, findings, false); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(scrape.Metrics)) {
		m := scrape.Metrics[name]
		fmt.Fprintf(&b, "%d %s %s %v", m.Position.Line, m.Name, m.Type, m.Labels)
		if !m.Sampled {
			b.WriteString(" without samples")
		}
		if m.Unit != "" {
			b.WriteString(" unit " + m.Unit)
		}
		fmt.Fprintf(&b, " %q\n", m.Help)
	}
	if err := diagnostic.WriteText(&b, scrape.Warnings, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The text format and OpenMetrics name the same metrics differently; the catalogue does not.
func TestFormatsAgree(t *testing.T) {
	text, err := ReadFile("testdata/scrape/client-text.prom")
	if err != nil {
		t.Fatal(err)
	}
	open, err := ReadFile("testdata/scrape/client-openmetrics.prom")
	if err != nil {
		t.Fatal(err)
	}
	c := newCatalogue(nil)
	render := func(s *Scrape) string {
		plan, err := c.Import(t.TempDir(), "metrics", s, ImportOptions{Into: "a.json", Source: "x"})
		if err != nil {
			t.Fatal(err)
		}
		return string(plan.files["metrics/a.json"])
	}
	if a, b := render(text), render(open); a != b {
		t.Errorf("text:\n%s\nOpenMetrics:\n%s", a, b)
	}
}

func TestContentType(t *testing.T) {
	for _, test := range []struct{ contentType, text, want string }{
		{"text/html; charset=utf-8", "up 1\n", "HTML"},
		{"application/openmetrics-text; version=1.0.0; charset=utf-8", "up 1\n", "cut off"},
		{"application/openmetrics-text", "up 1\n# EOF\n", ""},
		{"text/plain; version=0.0.4", "up 1\n# EOF\n", ""},
		{"application/octet-stream", "up 1\n# EOF\n", ""},
		{"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily", "abc", "protobuf"},
		{"not a type;;", "up 1\n", ""},
		{"", "up 1\nEOF # EOF", "cut off"},
	} {
		_, err := Parse("x", "x", []byte(test.text), test.contentType)
		if got := fmt.Sprint(err); (err == nil) != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s %q: %v, want %q", test.contentType, test.text, err, test.want)
		}
	}
}

func TestTooLarge(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.prom")
	if err := os.WriteFile(large, []byte("up 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<40); err != nil { // a hole: it takes no space
		t.Skip(err)
	}
	_, err := ReadFile(large)
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Error(err)
	}
	_, err = Read("-", "x", endless{})
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = "up 1\n"[i%5]
	}
	return len(b), nil
}

// combineText is what several scrapes show together, as text that tells every field.
func combineText(t *testing.T, scrapes ...*Scrape) string {
	t.Helper()
	all, err := Combine(scrapes...)
	if err != nil {
		return err.Error()
	}
	data, err := json.Marshal(all.Metrics)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// FuzzScrape holds what import promises: a scrape that is accepted can be imported, importing
// it again changes nothing, and the order of scrapes makes no difference.
func FuzzScrape(f *testing.F) {
	files, _ := filepath.Glob("testdata/scrape/*.prom")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "", uint(len(data)/2))
	}
	f.Add([]byte("# TYPE a counter\na_total 1\n# EOF\n"), openMetrics, uint(3))
	f.Fuzz(func(t *testing.T, data []byte, contentType string, cut uint) {
		before := slices.Clone(data)
		scrape, err := Parse("scrape", "a", data, contentType)
		if !bytes.Equal(before, data) {
			t.Fatal("Parse changes its input")
		}
		if err != nil {
			if _, ok := diagnostic.FromError(err); !ok {
				t.Fatalf("not a finding: %v", err)
			}
			return
		}
		importTwice(t, scrape)
		at := bytes.LastIndexByte(data[:int(cut%uint(len(data)+1))], '\n') + 1
		a, errA := Parse("a", "a", data[:at], textFormat)
		b, errB := Parse("b", "b", data[at:], textFormat)
		if errA == nil && errB == nil {
			if x, y := combineText(t, a, b), combineText(t, b, a); x != y {
				t.Fatalf("the order matters:\n%s\n%s", x, y)
			}
		}
	})
}

func importTwice(t *testing.T, scrape *Scrape) {
	t.Helper()
	root := t.TempDir()
	options := ImportOptions{Into: "a.json"}
	plan, err := newCatalogue(nil).Import(root, "m", scrape, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Write(); err != nil {
		t.Fatal(err)
	}
	c, err := Load(root, "m")
	if err != nil {
		t.Fatalf("the imported catalogue is refused: %v", err)
	}
	again, err := c.Import(root, "m", scrape, options)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Changes) > 0 {
		t.Fatalf("the second import changes %v", again.Changes)
	}
	if list := c.Diff(scrape, nil); len(list) > 0 {
		t.Fatalf("the catalogue differs from what was imported: %v", list)
	}
	if len(c.All()) != len(scrape.Metrics) {
		t.Fatalf("%d metrics of %d", len(c.All()), len(scrape.Metrics))
	}
}

func TestTypesSharpen(t *testing.T) {
	for a := range vaguer {
		for b := range vaguer {
			x, okX := sharpened(a, b)
			y, okY := sharpened(b, a)
			if okX != okY || okX && x != y {
				t.Errorf("%s and %s: %s, %s", a, b, x, y)
			}
		}
	}
	if !reflect.DeepEqual(slices.Sorted(maps.Keys(vaguer)), slices.DeleteFunc(slices.Sorted(slices.Values(types)), func(t Type) bool { return t == Untyped })) {
		t.Error("a type is missing in vaguer")
	}
}
