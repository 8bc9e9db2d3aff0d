package evaluate

import (
	"context"
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
