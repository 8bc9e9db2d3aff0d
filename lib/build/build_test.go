package build_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/evaluate"
	"github.com/dashc/dashc/lib/project"
)

func TestMain(m *testing.M) {
	if evaluate.IsWorker() {
		evaluate.RunWorker()
	}
	os.Exit(m.Run())
}

// newProject is a copy of the small project that the command's scripts use.
func newProject(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("../../cmd/dashc/testdata/project")); err != nil {
		t.Fatal(err)
	}
	return root
}

func run(t *testing.T, root string, change func(*project.Project, *build.Options)) build.Report {
	t.Helper()
	p, err := project.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	options := build.Options{
		Environments: p.Environments, Tool: "test", Identity: "test", Workers: 2, Prune: true,
		Progress: func(int, int) {}, Waiting: func() {},
	}
	if change != nil {
		change(p, &options)
	}
	report, err := build.Run(context.Background(), p, options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func fresh(report build.Report) bool {
	for _, environment := range report.Environments {
		if !environment.Fresh {
			return false
		}
	}
	return true
}

// The fast path of a build with nothing to do must not survive any change that could matter.
func TestEveryInputEndsFreshness(t *testing.T) {
	write := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, root string) {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, root string) {
			if err := os.Remove(filepath.Join(root, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, change := range map[string]func(*testing.T, string){
		"an entry":                    write("jsonnet/dashboards/jobs.jsonnet", "null"),
		"a new entry":                 write("jsonnet/dashboards/new.jsonnet", "null"),
		"an entry is gone":            remove("jsonnet/dashboards/jobs.jsonnet"),
		"a library file":              write("vendor-libsonnet/mini/dashboard.libsonnet", "{ new(t, u):: { title: t, uid: u, schemaVersion: 39 }, panel(i, t, e):: { id: i, gridPos: {x:0,y:0,w:1,h:1} } }"),
		"a file that shadows another": write("jsonnet/lib/mini/dashboard.libsonnet", "{ new(t, u):: { title: t + '!', uid: u, schemaVersion: 39 }, panel(i, t, e):: { id: i, gridPos: {x:0,y:0,w:1,h:1} } }"),
		"a value":                     write("environments/base.yaml", "abstract: true\nvalues: {refresh: 5m, rules: false}\n"),
		"a patch":                     write("environments/dev.yaml", "extends: base\npatches: [{dashboards: ['*'], merge: {editable: false}}]\n"),
		"the project's name":          write("dashc.yaml", "name: other\n"),
		"a rendered file":             write("out/dev/grafana/dashboards/jobs.json", ""),
		"a rendered file is gone":     remove("out/dev/grafana/dashboards/jobs.json"),
		"the manifest":                remove("out/dev/manifest.json"),
	} {
		t.Run(name, func(t *testing.T) {
			root := newProject(t)
			run(t, root, nil)
			if !fresh(run(t, root, nil)) {
				t.Fatal("a second build is not fresh; the test would prove nothing")
			}
			change(t, root)
			if fresh(run(t, root, func(_ *project.Project, o *build.Options) { o.Force = true })) {
				t.Error("the build did not look")
			}
		})
	}
	for name, change := range map[string]func(*project.Project, *build.Options){
		"another program": func(_ *project.Project, o *build.Options) { o.Identity = "other" },
		"a library path":  func(p *project.Project, _ *build.Options) { p.LibraryPath = append(p.LibraryPath, t.TempDir()) },
		"--check":         func(_ *project.Project, o *build.Options) { o.Check = true },
	} {
		t.Run(name, func(t *testing.T) {
			root := newProject(t)
			run(t, root, nil)
			if fresh(run(t, root, change)) {
				t.Error("the build did not look")
			}
		})
	}
}

// A link that is pointed elsewhere changes what an import reads.
func TestRetargetedLinkEndsFreshness(t *testing.T) {
	root := newProject(t)
	link := filepath.Join(root, "jsonnet", "lib", "chosen.libsonnet")
	for name, content := range map[string]string{"one": "'one'", "two": "'two'"} {
		if err := os.WriteFile(filepath.Join(root, "jsonnet", "lib", name+".libsonnet"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	entry := "function(env) { title: import '../lib/chosen.libsonnet', uid: 'jobs', schemaVersion: 39 }"
	if err := os.WriteFile(filepath.Join(root, "jsonnet", "dashboards", "jobs.jsonnet"), []byte(entry), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"one", "two"} {
		_ = os.Remove(link)
		if err := os.Symlink(target+".libsonnet", link); err != nil {
			t.Fatal(err)
		}
		run(t, root, nil)
		content, err := os.ReadFile(filepath.Join(root, "out", "dev", "grafana", "dashboards", "jobs.json"))
		if err != nil || !strings.Contains(string(content), `"title": "`+target+`"`) {
			t.Errorf("the link to %s gives %s, %v", target, content, err)
		}
	}
}

// However many workers there are, the trees are the same, the manifests with their digests of
// all inputs included.
func TestOutputDoesNotDependOnParallelism(t *testing.T) {
	root := newProject(t)
	for i := range 12 {
		source := fmt.Sprintf("local d = import '../lib/d.libsonnet'; function(env) d.new('D%d', 'd%d') { panels: [d.panel(1, 'x', 'up')] }", i, i)
		if err := os.WriteFile(filepath.Join(root, "jsonnet", "dashboards", fmt.Sprintf("d%d.jsonnet", i)), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var first map[string]string
	for _, workers := range []int{1, 2, 5, 16} {
		out := filepath.Join(t.TempDir(), "out")
		report := run(t, root, func(p *project.Project, o *build.Options) { p.OutDir, o.Workers = out, workers })
		if diagnostic.HasErrors(report.Findings) {
			t.Fatal(report.Findings)
		}
		files := read(t, out)
		if first == nil {
			first = files
		}
		if len(files) != len(first) || len(files) < 30 {
			t.Errorf("%d workers: %d files, want %d", workers, len(files), len(first))
		}
		for name, content := range files {
			if first[name] != content {
				t.Errorf("%d workers: %s differs", workers, name)
			}
		}
	}
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			if item != nil && item.Name() == ".dashc" {
				return fs.SkipDir
			}
			return err
		}
		content, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestInterruptedBuildWritesNothing(t *testing.T) {
	root := newProject(t)
	p, err := project.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = build.Run(ctx, p, build.Options{
		Environments: p.Environments, Tool: "test", Workers: 1,
		Progress: func(done, _ int) {
			if done == 3 {
				cancel()
			}
		},
	})
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("got %v, want the context's error", err)
	}
	if files := read(t, p.OutDir); len(files) != 0 {
		t.Errorf("the interrupted build left %v", files)
	}
}
