package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
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
