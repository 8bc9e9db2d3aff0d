package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of testdata/seed and testdata/real again")

// testdata/seed holds the queries that the team wrote first, as they came. Against the metrics
// that the application really exposes check finds the five that do not exist, with the right
// suggestion, the biased ratio, the percentiles of each series by itself and the divisor that
// can be 0, and nothing else.
func TestSeed(t *testing.T) {
	command := dashc(seedProject(t), "check")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("exit: %v, want code 1\n%s", err, stderr.String())
	}
	golden := filepath.Join("testdata", "seed", "want.txt")
	if *update {
		if err := os.WriteFile(golden, stdout.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, stdout.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s", stdout.String(), want)
	}
	checkSeedFindings(t, stdout.String())
}

// checkSeedFindings looks at what matters in the report, so that a careless -update shows.
func checkSeedFindings(t *testing.T, report string) {
	t.Helper()
	meant := map[string]string{
		"django_http_requests_latency_seconds_bucket":      "django_http_requests_latency_seconds_by_view_method_bucket",
		"django_http_requests_total_by_view_method_total":  "django_http_requests_total_by_view_transport_method_total",
		"django_db_query_total":                            "django_db_execute_total",
		"django_db_connections_active":                     "django_db_new_connections_total",
		"django_http_responses_total_by_view_status_total": "django_http_responses_total_by_status_view_method_total",
	}
	unknown := regexp.MustCompile(`the metric (\S+) is not in the catalogue \[promql/unknown-metric\]\n(?:  .*\n)*?  help: did you mean "([^"]+)"`)
	found := map[string]string{}
	for _, match := range unknown.FindAllStringSubmatch(report, -1) {
		found[match[1]] = match[2]
	}
	for metric, suggestion := range meant {
		if found[metric] != suggestion {
			t.Errorf("%s: suggests %q, want %q", metric, found[metric], suggestion)
		}
		delete(found, metric)
	}
	if len(found) > 0 {
		t.Errorf("reported, and not among the five: %v", found)
	}
	rules := map[string]int{}
	for _, match := range regexp.MustCompile(`(?m)^(?:error|warning): .*\[(\S+)\]$`).FindAllStringSubmatch(report, -1) {
		rules[match[1]]++
	}
	want := []string{"promql/unknown-metric", "promql/epsilon-divisor", "promql/quantile-unaggregated", "promql/zero-divisor"}
	for rule := range rules {
		if !slices.Contains(want, rule) {
			t.Errorf("%d findings of %s, which nobody asked for", rules[rule], rule)
		}
	}
	if rules["promql/epsilon-divisor"] != 1 {
		t.Errorf("%d biased ratios, want 1", rules["promql/epsilon-divisor"])
	}
	if !strings.Contains(report, "90.9%") {
		t.Error("the report does not say what the biased ratio reads")
	}
}

// seedProject lays the seed's sources out as a project with the example's catalogue and library.
func seedProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for target, source := range map[string]string{
		"jsonnet":          filepath.Join("testdata", "seed", "jsonnet"),
		"jsonnet/metrics":  filepath.Join(repository, "jsonnet", "metrics"),
		"vendor-libsonnet": filepath.Join(repository, "vendor-libsonnet"),
	} {
		if err := os.CopyFS(filepath.Join(dir, target), os.DirFS(source)); err != nil {
			t.Fatal(err)
		}
	}
	for file, content := range map[string]string{"dashc.yaml": "name: seed\n", "environments/prod.yaml": "description: The first version\n"} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
