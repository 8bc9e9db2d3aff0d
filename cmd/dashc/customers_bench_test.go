package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-jsonnet"

	"github.com/dashc/dashc/lib/project"
)

// BenchmarkCustomers compares, in one run, a first build of the example for 2,500 customers with
// writing the same bytes as plain files by the same number of writers, and with builds of an
// unchanged list, of a list with one customer changed, and of ten times the customers. It also
// compares the whole build, writing and proof included, with nothing but the evaluation of the
// same dashboards for one customer after the other in one Jsonnet VM that has them parsed.
func BenchmarkCustomers(b *testing.B) {
	dashc, _, root := programs(b)
	for b.Loop() {
		small := customersProject(b, dashc, root, 2500)
		first, peak := build(b, dashc, small)
		plain := writePlain(b, filepath.Join(small, "out"), b.TempDir())
		again, _ := build(b, dashc, small)
		changeOneCustomer(b, small)
		one, _ := build(b, dashc, small)
		large := customersProject(b, dashc, root, 25000)
		tenfold, tenfoldPeak := build(b, dashc, large)
		b.ReportMetric(first/plain, "of-plain-files")
		b.ReportMetric(warmJsonnet(b, root, 40)/(first/2500), "times-faster-than-warm-jsonnet")
		b.ReportMetric(again/first, "unchanged")
		b.ReportMetric(one/first, "one-changed")
		b.ReportMetric(tenfold/first, "tenfold")
		b.ReportMetric(peak, "MiB")
		b.ReportMetric(tenfoldPeak, "MiB-tenfold")
	}
}

// customersProject is the example with a list of made-up customers in prod.
func customersProject(b *testing.B, dashc, root string, count int) string {
	b.Helper()
	dir := b.TempDir()
	for _, part := range []string{"environments", "jsonnet", "vendor-libsonnet"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(root, part))); err != nil {
			b.Fatal(err)
		}
	}
	config, err := os.ReadFile(filepath.Join(root, "dashc.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(dir, "dashc.yaml"), config)
	prod := filepath.Join(dir, "environments", "prod.yaml")
	environment, err := os.ReadFile(prod)
	if err != nil {
		b.Fatal(err)
	}
	write(b, prod, bytes.Replace(environment, []byte("customers: customers.yaml"), []byte("customers: customers.ndjson"), 1))
	run(b, dir, dashc, "customers", "generate", "--count", fmt.Sprint(count), "--seed", "1", "--tiers", "enterprise,standard", "-o", "customers.ndjson")
	return dir
}

// warmJsonnet returns the seconds that one customer's dashboards take.
func warmJsonnet(b *testing.B, root string, customers int) float64 {
	b.Helper()
	p, err := project.Load(root)
	if err != nil {
		b.Fatal(err)
	}
	prod, _ := p.Environment("prod")
	vm := jsonnet.MakeVM()
	vm.Importer(&jsonnet.FileImporter{JPaths: []string{filepath.Join(root, "jsonnet"), filepath.Join(root, "vendor-libsonnet")}})
	evaluate := func(customer int) {
		environment := prod.With(map[string]any{"customer": customer})
		argument, err := environment.Argument()
		if err != nil {
			b.Fatal(err)
		}
		vm.TLACode("env", string(argument))
		for _, entry := range p.Entries {
			if !strings.HasPrefix(entry.Source, "jsonnet/dashboards/") {
				continue
			}
			if _, err := vm.EvaluateFile(filepath.Join(root, entry.Source)); err != nil {
				b.Fatal(err)
			}
		}
	}
	evaluate(0)
	return seconds(func() {
		for customer := range customers {
			evaluate(customer + 1)
		}
	}) / float64(customers)
}

func write(b *testing.B, file string, data []byte) {
	b.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		b.Fatal(err)
	}
}

// build builds prod and returns the seconds it took and its peak memory in MiB.
func build(b *testing.B, dashc, dir string) (took, peak float64) {
	b.Helper()
	command := exec.Command(dashc, "build", "-e", "prod")
	command.Dir = dir
	took = seconds(func() {
		if output, err := command.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
	})
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("the system does not tell the memory that a process used")
	}
	return took, float64(usage.Maxrss) / 1024
}

func changeOneCustomer(b *testing.B, dir string) {
	b.Helper()
	file := filepath.Join(dir, "customers.ndjson")
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.SplitN(string(data), "\n", 2)
	write(b, file, []byte(strings.Replace(lines[0], `"name":"`, `"name":"New `, 1)+"\n"+lines[1]))
}

// writePlain writes a tree's files into another folder, without a temporary file or a
// comparison, by as many writers as a build has. Reading them and making folders is not timed.
func writePlain(b *testing.B, from, to string) float64 {
	b.Helper()
	type file struct {
		path string
		data []byte
	}
	var files []file
	err := filepath.WalkDir(from, func(path string, item fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if item.IsDir() {
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		}
		data, err := os.ReadFile(path)
		files = append(files, file{filepath.Join(to, relative), data})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	const writers = 2
	return seconds(func() {
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := w; i < len(files); i += writers {
					if err := os.WriteFile(files[i].path, files[i].data, 0o644); err != nil {
						b.Error(err)
					}
				}
			})
		}
		group.Wait()
	})
}
