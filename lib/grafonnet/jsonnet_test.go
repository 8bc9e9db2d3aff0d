package grafonnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-jsonnet"
)

const (
	vendorFolder = "../../vendor-libsonnet"
	importLine   = "local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';\n"
)

// reads imports from the vendor folder and remembers the size of each file.
type reads struct {
	jsonnet.FileImporter
	sizes map[string]int
}

func newReads() *reads {
	return &reads{jsonnet.FileImporter{JPaths: []string{vendorFolder}}, map[string]int{}}
}

func (r *reads) Import(from, path string) (jsonnet.Contents, string, error) {
	contents, at, err := r.FileImporter.Import(from, path)
	r.sizes[at] = len(contents.String())
	return contents, at, err
}

func (r *reads) total() (files, bytes int) {
	for _, size := range r.sizes {
		bytes += size
	}
	return len(r.sizes), bytes
}

// evaluate returns the JSON of a program that may use g.
func evaluate(t *testing.T, name, program string) string {
	t.Helper()
	vm := jsonnet.MakeVM()
	vm.Importer(newReads())
	output, err := vm.EvaluateAnonymousSnippet(name, program)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return output
}

// programs returns the Jsonnet files of a folder in testdata, by name.
func programs(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.jsonnet"))
	if err != nil || len(files) == 0 {
		t.Fatal(fmt.Errorf("no programs in testdata/%s: %w", folder, err))
	}
	sources := map[string]string{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[file] = string(source)
	}
	return sources
}
