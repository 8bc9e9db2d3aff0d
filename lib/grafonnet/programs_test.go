package grafonnet_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-jsonnet"
)

var update = flag.Bool("update", false, "write the golden files of testdata instead of comparing")

// TestPrograms evaluates testdata/programs and compares with the JSON beside each program.
func TestPrograms(t *testing.T) {
	for file, source := range programs(t, "programs") {
		t.Run(file, func(t *testing.T) {
			compareGolden(t, strings.TrimSuffix(file, "net"), evaluate(t, file, source))
		})
	}
}

// TestErrors evaluates testdata/errors; each program must fail with the message beside it.
func TestErrors(t *testing.T) {
	for file, source := range programs(t, "errors") {
		t.Run(file, func(t *testing.T) {
			vm := jsonnet.MakeVM()
			vm.Importer(newReads())
			output, err := vm.EvaluateAnonymousSnippet(file, source)
			if err == nil {
				t.Fatalf("no error; got %s", output)
			}
			message, _, _ := strings.Cut(err.Error(), "\n")
			compareGolden(t, strings.TrimSuffix(file, ".jsonnet")+".txt", message+"\n")
		})
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s; if the change is meant, run: go test ./lib/grafonnet -update\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}
