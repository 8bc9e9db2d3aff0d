package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go.yaml.in/yaml/v3"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/project"
)

// The benchmarks time whole processes in pairs, one after the other in one run, and report
// the median of the pairs' ratios: times of a machine that others use mean little, ratios
// hold. docs/benchmarks.md quotes them.

// BenchmarkColdBuild compares `dashc build` of all environments into an empty folder with
// running the jsonnet command once for each artifact over the same sources.
func BenchmarkColdBuild(b *testing.B) {
	dashc, jsonnet, root := programs(b)
	commands := jsonnetCommands(b, jsonnet, root)
	out := filepath.Join(b.TempDir(), "out")
	compare(b, "of-jsonnet-per-artifact",
		func() {
			if err := os.RemoveAll(out); err != nil {
				b.Fatal(err)
			}
		},
		func() { run(b, root, dashc, "build", "--out-dir", out) },
		func() {
			for _, command := range commands {
				run(b, root, command[0], command[1:]...)
			}
		})
}

// BenchmarkNothingToDo compares a build that finds everything as it left it with the
// smallest process that evaluates Jsonnet.
func BenchmarkNothingToDo(b *testing.B) {
	dashc, jsonnet, root := programs(b)
	out := filepath.Join(b.TempDir(), "out")
	run(b, root, dashc, "build", "--out-dir", out)
	compare(b, "of-empty-jsonnet",
		func() {},
		func() { run(b, root, dashc, "build", "--out-dir", out) },
		func() { run(b, root, jsonnet, "-e", "{}") })
}

// BenchmarkOneDashboard compares `dashc eval` of one dashboard with the jsonnet command on it.
func BenchmarkOneDashboard(b *testing.B) {
	dashc, jsonnet, root := programs(b)
	commands := jsonnetCommands(b, jsonnet, root)
	i := slices.IndexFunc(commands, func(c []string) bool { return strings.HasSuffix(c[len(c)-1], "error-rates.jsonnet") })
	file := commands[i][len(commands[i])-1]
	compare(b, "of-jsonnet",
		func() {},
		func() { run(b, root, dashc, "eval", file) },
		func() { run(b, root, commands[i][0], commands[i][1:]...) })
}

// compare times a and b in turn, b.N pairs, and reports the median ratio a/b.
func compare(b *testing.B, unit string, prepare, first, second func()) {
	prepare()
	first()
	second()
	var ratios []float64
	for b.Loop() {
		prepare()
		ratios = append(ratios, seconds(first)/seconds(second))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], unit)
	b.ReportMetric(ratios[0], "min")
	b.ReportMetric(ratios[len(ratios)-1], "max")
}

func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}

// programs builds dashc and the jsonnet command of the same go-jsonnet version, and returns
// them with the root of the example project.
func programs(b *testing.B) (dashc, jsonnet, root string) {
	b.Helper()
	dir := b.TempDir()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		b.Fatal(err)
	}
	run(b, root, "go", "build", "-o", dir, "./cmd/dashc", "github.com/google/go-jsonnet/cmd/jsonnet")
	return filepath.Join(dir, "dashc"), filepath.Join(dir, "jsonnet"), root
}

// jsonnetCommands are the command lines that evaluate each entry in each environment.
func jsonnetCommands(b *testing.B, jsonnet, root string) [][]string {
	b.Helper()
	p, err := project.Load(root)
	if err != nil {
		b.Fatal(err)
	}
	var commands [][]string
	for _, environment := range p.Environments {
		argument, err := environment.Argument()
		if err != nil {
			b.Fatal(err)
		}
		for _, entry := range p.Entries {
			command := []string{jsonnet, "-J", "vendor-libsonnet"}
			if takesEnvironment(b, filepath.Join(root, entry.Source)) {
				command = append(command, "--tla-code", "env="+string(argument))
			}
			commands = append(commands, append(command, entry.Source))
		}
	}
	return commands
}

func takesEnvironment(b *testing.B, file string) bool {
	b.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return bytes.Contains(source, []byte("\nfunction(env)"))
}

func run(b testing.TB, dir, name string, args ...string) {
	b.Helper()
	command := exec.CommandContext(context.Background(), name, args...)
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
}

// BenchmarkThousandExpressions compares `dashc check` of a dashboard with 1,000 queries with
// `promtool check rules` of the same expressions as recording rules. The expressions are those
// of the example, over and over, each with a comment of its own so that no two are alike, and
// the catalogue is the example's, so that every rule has something to do.
func BenchmarkThousandExpressions(b *testing.B) {
	dashc, _, root := programs(b)
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		b.Fatal("promtool is missing: install Debian's package prometheus")
	}
	dir := b.TempDir()
	board, rules := filepath.Join(dir, "board.json"), filepath.Join(dir, "rules.yaml")
	writeExpressions(b, board, rules, realExpressions(b))
	catalogue := filepath.Join(root, "jsonnet", "metrics")
	compare(b, "of-promtool",
		func() {},
		func() { run(b, dir, dashc, "check", "--output", "json", "--catalogue", catalogue, board) },
		func() { run(b, dir, promtool, "check", "rules", "--lint", "none", rules) })
}

func realExpressions(b testing.TB) []string {
	b.Helper()
	var expressions []string
	for _, environment := range []string{"dev", "staging"} {
		err := filepath.WalkDir(tree(environment, "grafana", "dashboards"), func(path string, item fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".json" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, match := range exprPattern.FindAllSubmatch(data, -1) {
				var text string
				if json.Unmarshal(match[1], &text) == nil && text != "" && !strings.Contains(text, ":") { // no recorded series
					expressions = append(expressions, text)
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return expressions
}

var exprPattern = regexp.MustCompile(`"expr": ("(?:[^"\\]|\\.)*")`)

func writeExpressions(b testing.TB, board, rules string, expressions []string) {
	b.Helper()
	type rule struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var list []rule
	var panels []map[string]any
	for i := range 1000 {
		expression := fmt.Sprintf("%s # %d", expressions[i%len(expressions)], i)
		list = append(list, rule{fmt.Sprintf("bench:expression:n%d", i), filled(expression)})
		panels = append(panels, map[string]any{
			"id": i + 1, "type": "timeseries", "title": fmt.Sprintf("Panel %d", i), "description": "One of many.",
			"gridPos":     map[string]int{"x": 0, "y": i, "w": 24, "h": 1},
			"targets":     []map[string]any{{"refId": "A", "expr": expression}},
			"fieldConfig": map[string]any{"defaults": map[string]any{"noValue": "nothing"}},
		})
	}
	customer := map[string]any{"type": "query", "name": "customer", "multi": true, "query": "label_values(up, job)"}
	content, err := json.Marshal(map[string]any{
		"uid": "bench", "title": "Bench", "schemaVersion": 39, "panels": panels,
		"templating": map[string]any{"list": []any{customer}},
	})
	if err != nil {
		b.Fatal(err)
	}
	text, err := yaml.Marshal(map[string]any{"groups": []map[string]any{{"name": "bench", "rules": list}}})
	if err != nil {
		b.Fatal(err)
	}
	for file, data := range map[string][]byte{board: content, rules: text} {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
}
