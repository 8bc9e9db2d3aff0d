package evaluate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An empty line with CRLF ends a text block; the evaluator's own message does not say so.
func TestTextBlockWithCRLF(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "jsonnet", "main.jsonnet"), "{\r\n  a: |||\r\n    x\r\n\r\n    y\r\n  |||,\r\n}\r\n")
	write(t, filepath.Join(root, "jsonnet", "open.jsonnet"), "{\n  a: |||\n    x\n}\n")
	pool := newPool(t, root, Limits{Time: 10 * time.Second})
	for entry, want := range map[string]bool{"jsonnet/main.jsonnet": true, "jsonnet/open.jsonnet": false} {
		result, err := pool.Evaluate(context.Background(), jobFor(entry))
		got := describe(t, result, err)
		if !strings.Contains(got, "[jsonnet/syntax]") || strings.Contains(got, "CRLF") != want {
			t.Errorf("%s:\n%s", entry, got)
		}
	}
}

// Nothing imports an entry, and what is wrong with it does not say so.
func TestRefusedEntry(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "jsonnet", "large.jsonnet"), strings.Repeat(" ", maxSource+1))
	write(t, filepath.Join(root, "jsonnet", "importer.jsonnet"), "import 'large.jsonnet'\n")
	if err := os.Mkdir(filepath.Join(root, "jsonnet", "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	pool := newPool(t, root, Limits{Time: 10 * time.Second})
	for _, c := range [][2]string{
		{"large", "error: jsonnet/large.jsonnet: the file has more than 16 MiB [jsonnet/import]\n"},
		{"folder", "error: jsonnet/folder: the file is not a regular file [jsonnet/import]\n"},
		{"importer", "error: jsonnet/importer.jsonnet:1:1: the import \"large.jsonnet\" has more than 16 MiB [jsonnet/import]\n"},
		{"large", "error: jsonnet/large.jsonnet: the file has more than 16 MiB [jsonnet/import]\n"},
	} {
		entry := "jsonnet/" + c[0]
		if c[0] != "folder" {
			entry += ".jsonnet"
		}
		result, err := pool.Evaluate(context.Background(), jobFor(entry))
		if got := describe(t, result, err); !strings.HasPrefix(got, c[1]) {
			t.Errorf("%s:\n%s", entry, got)
		}
	}
}
