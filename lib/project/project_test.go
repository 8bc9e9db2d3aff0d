package project

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dashc/dashc/lib/diagnostic"
)

var update = flag.Bool("update", false, "write the golden parts of testdata again")

// Each archive in testdata is a project; its part `want` is what Load makes of it: the
// findings, or a summary of the project.
func TestLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			var want *txtar.File
			for i, part := range archive.Files {
				if part.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				write(t, filepath.Join(root, part.Name), part.Data)
			}
			got := summary(Load(root))
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if string(want.Data) != got {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func summary(p *Project, err error) string {
	var b strings.Builder
	if err != nil {
		findings, ok := diagnostic.FromError(err)
		if !ok {
			return "plain error: " + err.Error() + "\n"
		}
		if err := diagnostic.WriteText(&b, findings, false); err != nil {
			return err.Error()
		}
		return b.String()
	}
	for _, environment := range p.Environments {
		argument, err := environment.Argument()
		if err != nil {
			return err.Error()
		}
		patches, err := json.Marshal(environment.Patches)
		if err != nil {
			return err.Error()
		}
		b.WriteString("environment " + environment.Name + "\n  env " + string(argument) + "\n  patches " + string(patches) + "\n")
	}
	for _, entry := range p.Entries {
		b.WriteString("entry " + entry.Source + " -> " + string(entry.Output) + " (" + string(entry.Kind) + ")\n")
	}
	b.WriteString("default " + p.DefaultEnvironment + "\n")
	return b.String()
}

func TestFindWalksUp(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, ConfigFile), nil)
	deep := filepath.Join(root, "jsonnet", "dashboards")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	found, err := Find(deep)
	if err != nil || found != root {
		t.Fatalf("Find = %q, %v; want %q", found, err, root)
	}
	if _, err := Find(filepath.Join(root, "absent")); err == nil || !strings.Contains(err.Error(), "--project") {
		t.Errorf("a missing folder gives %v; want a message that names --project", err)
	}
}

func TestLimits(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, ConfigFile), []byte("limits: {time: 1m30s, memory: 256MiB, output: 3KiB, stack: 200}\n"))
	write(t, filepath.Join(root, "environments", "dev.yaml"), nil)
	p, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	want := Limits{Time: 90e9, Memory: 256 << 20, Output: 3 << 10, Stack: 200}
	if p.Limits != want {
		t.Errorf("limits = %+v, want %+v", p.Limits, want)
	}
}

// The test vectors of RFC 7386, appendix A.
func TestMergePatch(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		var target, patch any
		if err := json.Unmarshal([]byte(c[0]), &target); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c[1]), &patch); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(MergePatch(target, patch))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c[2] {
			t.Errorf("MergePatch(%s, %s) = %s, want %s", c[0], c[1], got, c[2])
		}
		if before, _ := json.Marshal(target); string(before) != c[0] {
			t.Errorf("MergePatch changed its target: %s became %s", c[0], before)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{"", "a: 1\n", "a: &x [1]\nb: *x\n", "a: {b: {c: d}}\n", "? [1]\n: 2\n", "--- \n---\n", "a: 0x1F\nb: .inf\n", "<<: {a: 1}\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parseDocument("f.yaml", data)
		if err != nil {
			if _, ok := diagnostic.FromError(err); !ok {
				t.Fatalf("not a finding: %v", err)
			}
			return
		}
		if _, err := json.Marshal(doc.value); err != nil {
			t.Fatalf("the value is no JSON: %v", err)
		}
	})
}
