package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// realDashboards is where Debian's package ceph-grafana-dashboards puts its files.
const realDashboards = "/etc/grafana/dashboards/ceph-dashboard"

// Dashboards that nobody wrote for dashc: check reads them all, nearly every expression parses,
// and each rule finds what it found when its findings were last looked at by hand.
// testdata/real/ceph.txt holds a digest of the files, what was looked at, and the number of
// findings of each rule. Another version of the package has other numbers, and then only the
// share of the expressions that parse is compared.
func TestRealDashboards(t *testing.T) {
	files := realFiles(t)
	command := dashc(t.TempDir(), append([]string{"check", "--output", "json"}, files...)...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	_ = command.Run() // the findings include errors
	if code := command.ProcessState.ExitCode(); code != 0 && code != 1 {
		t.Fatalf("exit code %d\n%s", code, stderr.String())
	}
	var report struct {
		Findings []struct{ Rule, Severity string }
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	summary := summaryLine.FindStringSubmatch(stderr.String())
	if summary == nil {
		t.Fatalf("no summary: %s", stderr.String())
	}
	counts := map[string]int{}
	for _, f := range report.Findings {
		counts[f.Rule+" "+f.Severity]++
	}
	queries, _ := strconv.Atoi(summary[2])
	if broken := counts["promql/syntax error"]; queries == 0 || 100*broken > queries {
		t.Errorf("%d of %d expressions do not parse", broken, queries)
	}
	compareCounts(t, digestOf(t, files), summary[1], counts)
}

var summaryLine = regexp.MustCompile(`(?m)^(\d+ dashboards, \d+ panels, (\d+) queries): `)

// realFiles are the dashboards, in the order of their names.
func realFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(realDashboards, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > 0 {
		return files
	}
	const missing = "there are no dashboards in " + realDashboards + "; install the package ceph-grafana-dashboards, as scripts/test.sh does"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return nil
}

func digestOf(t *testing.T, files []string) string {
	t.Helper()
	digest := sha256.New()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(digest, "%s %d\n%s", filepath.Base(file), len(data), data)
	}
	return fmt.Sprintf("%x", digest.Sum(nil)[:8])
}

// compareCounts compares with the golden file; go test ./cmd/dashc -run Real -update writes it.
func compareCounts(t *testing.T, digest, looked string, counts map[string]int) {
	t.Helper()
	var got strings.Builder
	fmt.Fprintf(&got, "files %s\n%s\n", digest, looked)
	for _, rule := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&got, "%d %s\n", counts[rule], rule)
	}
	golden := filepath.Join("testdata", "real", "ceph.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(want), "files "+digest+"\n") {
		t.Logf("the package is of another version than %s is about:\n%s", golden, got.String())
		return
	}
	if string(want) != got.String() {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
