package diagnostic

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files of testdata again")

// everything uses each field at least once.
var everything = []Diagnostic{
	{
		Rule: "promql/unknown-metric", Severity: Error,
		Position: Position{File: "jsonnet/dashboards/Claims/error rates.jsonnet", Line: 12, Column: 3},
		Message:  `there is no metric "requests_totl"`, Hint: `did you mean "requests_total"?`,
		Why:      "The panel would stay empty.",
		Artifact: "grafana/dashboards/Claims/error rates.json", Dashboard: "Error Rates", Where: `panel "5xx, by status" (id 3), target A`,
		Query: &Query{Expression: "sum(\n  rate(requests_totl[5m])\n)", Start: 12, End: 25},
		Page:  "docs/rules/promql/unknown-metric.md", Environments: []string{"prod", "dev"},
	},
	{
		Rule: "promql/unknown-metric", Severity: Error,
		Position: Position{File: "jsonnet/dashboards/Claims/error rates.jsonnet", Line: 40, Column: 3},
		Message:  `there is no metric "requests_totl"`, Hint: `did you mean "requests_total"?`,
		Artifact: "grafana/dashboards/Claims/error rates.json", Dashboard: "Error Rates", Where: `panel "5xx, by status" (id 3), target A`,
	},
	{
		Rule: "jsonnet/runtime", Severity: Error, Position: Position{File: "jsonnet/lib/d.libsonnet", Line: 2, Column: 7},
		Message: "Field does not exist: titel", Where: "panels[3].title", Snippet: "  t: d.titel,\n     ^", Environments: []string{"dev"},
		Trace: []Frame{{Position: Position{File: "jsonnet/dashboards/a.jsonnet", Line: 9, Column: 1}, Name: "function <new>"}, {Name: "... 5 frames left out; show them with --max-trace"}},
	},
	{
		Rule: "grafana/refresh", Severity: Warning, Position: Position{File: "jsonnet/dashboards/a.jsonnet"},
		Message: "the dashboard refreshes every second", Artifact: "grafana/dashboards/a.json",
	},
	{
		Rule: "grafana/uid", Severity: Error, Position: Position{File: "jsonnet/dashboards/a.jsonnet", Line: 1},
		Message: `the uid "a" is also that of b.jsonnet`, Dashboard: "A", Suppressed: "the twin goes away in May", Environments: []string{"dev"},
	},
	{Rule: "project/customers", Severity: Warning, Message: "no customer has a dashboard"},
	{Rule: "jsonnet/import", Severity: Error, Position: Position{File: "/usr/share/jsonnet/a b.libsonnet", Line: 3}, Message: "cannot be read"},
}

// hostile tries to break out of every format.
var hostile = []Diagnostic{
	{
		Rule: "jsonnet/runtime", Severity: Error,
		Position: Position{File: "jsonnet/a:b,c%20\n::error::x\x1b[31m.jsonnet", Line: 1, Column: 1},
		Message:  "quotes \" ' <b>&amp;</b> ]]> NUL \x00 ANSI \x1b[2J bidi \u202e\u2066 bytes \xff\xfe next\u0085line\r\nnext\n::stop-commands::x %0A %",
		Hint:     "--><!-- {{7*7}} \u2028 \uffff \ufffe", Why: "a\x07bell", Where: "panel \"]]>\n::error::\" (id 1)", Dashboard: "d\r\n::warning::\u200f",
		Snippet: "\t\x1b]0;title\x07 = 'a'\n\t^", Artifact: "grafana/\x00.json",
		Query: &Query{Expression: "a\xff{b=\"\x1b\"}", Start: -5, End: 99},
		Page:  "docs/rules/a b%.md", Environments: []string{"dev\x1b"},
		Trace: []Frame{{Position: Position{File: "\x1b[31m\n.jsonnet", Line: 1}, Name: "f\x00\nerror: fake"}},
	},
	{Rule: "jsonnet/runtime", Severity: Warning, Position: Position{File: "b"}, Message: "", Suppressed: "because ]]> \x1b\nerror: fake"},
}

var options = Options{Tool: "1.2.3", Folder: "monitoring", Anchor: "dashc.yaml", Pages: "https://example.com/pages/"}

// Each case is written in each format and compared with testdata/CASE.FORMAT. Run the tests
// with -update to write those files again.
func TestReports(t *testing.T) {
	for name, list := range map[string][]Diagnostic{"everything": everything, "hostile": hostile, "nothing": nil} {
		for _, format := range Formats() {
			t.Run(name+"/"+format, func(t *testing.T) {
				got := written(t, Format(format), list)
				golden := filepath.Join("testdata", name+"."+format)
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				if backwards := reversed(list); written(t, Format(format), backwards) != got {
					t.Error("the report depends on the order of the findings")
				}
				checkHarmless(t, got)
			})
		}
	}
}

func reversed(list []Diagnostic) []Diagnostic {
	var backwards []Diagnostic
	for i := range list {
		backwards = append(backwards, list[len(list)-1-i])
	}
	return backwards
}

func written(t *testing.T, format Format, list []Diagnostic) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, list, options); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkHarmless wants nothing in a report that steers a terminal or a runner. Whether a line of
// a hostile text may look like a finding is for the golden files to show.
func checkHarmless(t *testing.T, report string) {
	t.Helper()
	if !utf8.ValidString(report) {
		t.Error("the report is not UTF-8")
	}
	for _, r := range report {
		if isHostile(r) {
			t.Errorf("the report holds %U", r)
		}
	}
}

func TestColourIsTheReportsOwn(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, Text, append(hostile, everything...), Options{Colour: true}); err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`\x1b\[(1|2|1;31|1;33|0)m`).ReplaceAllString(b.String(), "")
	if strings.ContainsRune(plain, 0x1b) || plain == b.String() {
		t.Errorf("%q", plain)
	}
	if plain != written(t, Text, append(hostile, everything...)) {
		t.Error("colour changes the text")
	}
}

func TestJSONKeepsEveryField(t *testing.T) {
	var report struct {
		Version  int
		Findings []map[string]any
	}
	if err := json.Unmarshal([]byte(written(t, JSON, everything)), &report); err != nil {
		t.Fatal(err)
	}
	if report.Version != 1 || len(report.Findings) != len(everything) {
		t.Fatalf("%+v", report)
	}
	fields := map[string]bool{}
	for _, finding := range report.Findings {
		for field := range finding {
			fields[field] = true
		}
	}
	for _, field := range []string{"rule", "severity", "position", "message", "hint", "why", "artifact", "dashboard", "where", "query", "snippet", "page", "trace", "environments", "suppressed"} {
		if !fields[field] {
			t.Errorf("no finding has the field %q", field)
		}
	}
	if !strings.Contains(written(t, JSON, nil), `"findings": []`) {
		t.Error("no findings are not an empty array")
	}
}

func TestJUnitCountsAndNamesAreConsistent(t *testing.T) {
	for _, list := range [][]Diagnostic{nil, everything, hostile} {
		var report struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Skipped  int `xml:"skipped,attr"`
			Suites   []struct {
				Cases []struct {
					Class   string                     `xml:"classname,attr"`
					Name    string                     `xml:"name,attr"`
					Failure []struct{ Message string } `xml:"failure"`
					Skipped []struct{ Message string } `xml:"skipped"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(written(t, JUnit, list)), &report); err != nil {
			t.Fatal(err)
		}
		tests, failures, skipped := 0, 0, 0
		names := map[string]bool{}
		for _, suite := range report.Suites {
			for _, test := range suite.Cases {
				tests++
				failures += len(test.Failure)
				skipped += len(test.Skipped)
				names[test.Class+" "+test.Name] = true
			}
		}
		if tests != max(1, len(list)) || len(names) != tests || report.Tests != tests || report.Failures != failures || report.Skipped != skipped {
			t.Errorf("%d findings: %d tests with %d names, %d failures, %d skipped; the report says %d, %d, %d",
				len(list), tests, len(names), failures, skipped, report.Tests, report.Failures, report.Skipped)
		}
	}
}

func TestGitHubWritesOneCommandALine(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(written(t, GitHub, append(hostile, everything...)), "\n"), "\n")
	if len(lines) != 7 { // all but the two suppressed ones
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		properties, message, ok := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(line, "::error "), "::warning "), "::")
		if !ok || message == "" || strings.HasPrefix(properties, "::") {
			t.Errorf("not a command: %q", line)
		}
		for property := range strings.SplitSeq(properties, ",") {
			if !regexp.MustCompile(`^(file|line|col|title)=[^:]*$`).MatchString(property) {
				t.Errorf("property %q of %q", property, line)
			}
		}
	}
}

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]Format{"": Text, "text": Text, "json": JSON, "sarif": SARIF, "junit": JUnit, "github": GitHub} {
		if got, err := ParseFormat(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	for name, part := range map[string]string{"sarf": `did you mean "sarif"?`, "JSON": `"json"`, "yaml-ish": "known: github, json"} {
		if _, err := ParseFormat(name); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left on device")

func TestAFullDiskIsReported(t *testing.T) {
	for _, format := range Formats() {
		if err := Write(io.Writer(fullDisk{}), Format(format), everything, options); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
