package evaluate

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/diagnostic"
)

func lintText(t *testing.T, pool *Pool, file, text string) string {
	t.Helper()
	findings, err := pool.Lint(context.Background(), Source{File: file, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return reportOf(t, findings)
}

func formatText(t *testing.T, pool *Pool, file, text string) string {
	t.Helper()
	output, err := pool.Format(context.Background(), Source{File: file, Text: text})
	if err == nil {
		return output
	}
	findings, ok := diagnostic.FromError(err)
	if !ok {
		t.Fatal(err)
	}
	return reportOf(t, findings)
}

func reportOf(t *testing.T, findings []diagnostic.Diagnostic) string {
	t.Helper()
	var b strings.Builder
	if err := diagnostic.Write(&b, diagnostic.Text, findings, diagnostic.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLint(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "vendor", "lib.libsonnet"), "local unused = 1; { f(x):: x }\n")
	write(t, filepath.Join(root, "jsonnet", "broken.libsonnet"), "{\n  a: 1\n  /* é */ b: 2,\n}\n")
	write(t, filepath.Join(root, "jsonnet", "needy.libsonnet"), "{\n  x: import 'absent.libsonnet',\n}\n")
	write(t, filepath.Join(root, "jsonnet", "self.jsonnet"), "{ a:: import 'self.jsonnet', b: self.a.a }\n")
	write(t, filepath.Join(root, "secret.txt"), "topsecret\n")
	pool := newPool(t, root, Limits{Time: 10 * time.Second})
	for name, c := range map[string]struct{ text, want string }{
		"clean":   {"local l = import 'lib.libsonnet'; l.f(1)\n", ""},
		"unused":  {"/* é */ local a = 1, used = 2;\n{ a: used }\n", "error: jsonnet/x.jsonnet:1:15: Unused variable: a [jsonnet/lint]\n    /* é */ local a = 1, used = 2;\n                  ^\n"},
		"type":    {"{\n  a: 'x'.y,\n}\n", "error: jsonnet/x.jsonnet:2:6: Indexed value is assumed to be a string, but index is not a number [jsonnet/lint]"},
		"two":     {"local a = 1;\nlocal b = 2;\n{}\n", "error: jsonnet/x.jsonnet:1:7: Unused variable: a [jsonnet/lint]\n    local a = 1;\n          ^\nerror: jsonnet/x.jsonnet:2:7: Unused variable: b"},
		"field":   {"local l = import 'lib.libsonnet'; l.g\n", "error: jsonnet/x.jsonnet:1:35: Indexed object has no field \"g\" [jsonnet/lint]"},
		"syntax":  {"{\n  a: \n", "error: jsonnet/x.jsonnet:3:1: Unexpected end of file [jsonnet/syntax]"},
		"unknown": {"{ a: nowhere }\n", "error: jsonnet/x.jsonnet:1:6: Unknown variable: nowhere [jsonnet/syntax]\n    { a: nowhere }\n         ^\n"},
		"missing": {"import 'lib.libsonet'\n", "error: jsonnet/x.jsonnet:1:1: the import \"lib.libsonet\" is not found [jsonnet/import]\n    import 'lib.libsonet'\n    ^\n  help: tried "},
		"outside": {"importstr '../secret.txt'\n", "error: jsonnet/x.jsonnet:1:1: the import \"../secret.txt\" leads outside of the project's sources [jsonnet/import]"},
		"broken import": {"{ a: import 'broken.libsonnet' }\n",
			"error: jsonnet/broken.libsonnet:3:11: Expected a comma before next field [jsonnet/syntax]\n      /* é */ b: 2,\n              ^\n    at jsonnet/x.jsonnet:1:6  the import\n"},
		"needy import":        {"{ a: import 'needy.libsonnet' }\n", "error: jsonnet/needy.libsonnet:2:6: the import \"absent.libsonnet\" is not found [jsonnet/import]"},
		"cycle":               {"{ a:: import 'self.jsonnet' }\n", ""},
		"a name like a place": {"local l = {}; l['jsonnet/x.jsonnet:1:2 b\\n\\n^ x']\n", "error: jsonnet/x.jsonnet:1:15: Indexed object has no field \"jsonnet/x.jsonnet:1:2 b\\n\\n^ x\" [jsonnet/lint]"},
		"not UTF-8":           {"{ a: '\xff' }\n", "error: jsonnet/x.jsonnet: the file is not UTF-8 text [jsonnet/syntax]\n  help: save it as UTF-8\n"},
		"byte order mark":     {"\ufeff{}\n", "error: jsonnet/x.jsonnet:1:1: Could not lex the character '\\ufeff' [jsonnet/syntax]\n    \ufeff{}\n    ^\n  help: save the file without a byte order mark\n"},
		"empty":               {"", "error: jsonnet/x.jsonnet:1:1: Unexpected end of file [jsonnet/syntax]"},
	} {
		t.Run(name, func(t *testing.T) {
			got := lintText(t, pool, "jsonnet/x.jsonnet", c.text)
			if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			for _, part := range []string{"goroutine", ".go:", hintMark, "topsecret"} {
				if strings.Contains(got, part) {
					t.Errorf("the finding holds %q:\n%s", part, got)
				}
			}
		})
	}
}

func TestFormat(t *testing.T) {
	pool := newPool(t, t.TempDir(), Limits{Time: 10 * time.Second})
	for name, c := range map[string]struct{ text, want string }{
		"clean":     {"{ a: 1 }\n", "{ a: 1 }\n"},
		"spaces":    {"{a:1,\n   \"b\" : 2}", "{\n  a: 1,\n  b: 2,\n}\n"},
		"comments":  {"# a\n{}\n", "// a\n{}\n"},
		"syntax":    {"{\n  a: 1\n  b: 2,\n}\n", "error: jsonnet/x.jsonnet:3:3: Expected a comma before next field [jsonnet/syntax]\n      b: 2,\n      ^\n"},
		"not UTF-8": {"{ a: '\xff' }\n", "error: jsonnet/x.jsonnet: the file is not UTF-8 text [jsonnet/syntax]\n  help: save it as UTF-8\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := formatText(t, pool, "jsonnet/x.jsonnet", c.text); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A file that ends its worker is a finding about that file, and the next one is served.
func TestDeepNestingEndsWithAFinding(t *testing.T) {
	pool := newPool(t, t.TempDir(), Limits{Time: 10 * time.Second, Memory: 512 << 20})
	for _, depth := range []int{2_000, 100_000, 3_000_000} {
		deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		for name, got := range map[string]string{
			"format": formatText(t, pool, "jsonnet/deep.jsonnet", deep),
			"lint":   lintText(t, pool, "jsonnet/deep.jsonnet", deep),
		} {
			if depth > 100_000 && !strings.Contains(got, "error: jsonnet/deep.jsonnet: ") {
				t.Errorf("%s %d: %.200s", name, depth, got)
			}
			if strings.Contains(got, "goroutine") {
				t.Errorf("%s %d: %.200s", name, depth, got)
			}
			t.Logf("%s %d: %.120s", name, depth, got)
		}
		if got := formatText(t, pool, "jsonnet/x.jsonnet", "{ }"); got != "{}\n" {
			t.Errorf("after %d: %s", depth, got)
		}
	}
}
