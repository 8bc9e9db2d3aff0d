package project

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestFolderInRepository(t *testing.T) {
	top := t.TempDir()
	project := filepath.Join(top, "repository", "ops", "monitoring")
	for _, dir := range []string{project, filepath.Join(top, "repository", ".git")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := FolderInRepository(project); got != "ops/monitoring" {
		t.Errorf("got %q", got)
	}
	if got := FolderInRepository(filepath.Join(top, "repository")); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestSourcesAreTheProjectsOwn(t *testing.T) {
	root := t.TempDir()
	for _, file := range []string{
		"jsonnet/b.jsonnet", "jsonnet/a/x.libsonnet", "jsonnet/a.jsonnet/y.jsonnet", "jsonnet/.hidden/z.jsonnet", "jsonnet/.z.jsonnet",
		"jsonnet/vendor/v.libsonnet", "jsonnet/data.json", "elsewhere/e.jsonnet", "out/o.jsonnet",
	} {
		path := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := &Project{Root: root, LibraryPath: []string{filepath.Join(root, "jsonnet", "vendor")}, OutDir: filepath.Join(root, "out")}
	own := []string{"jsonnet/a.jsonnet/y.jsonnet", "jsonnet/a/x.libsonnet", "jsonnet/b.jsonnet"}
	if got, err := p.Sources(); err != nil || !reflect.DeepEqual(got, own) {
		t.Errorf("Sources: %q, %v", got, err)
	}
	for name, want := range map[string][]string{
		".":              append([]string{"elsewhere/e.jsonnet"}, own...),
		"jsonnet/vendor": {"jsonnet/vendor/v.libsonnet"},
		"out":            {"out/o.jsonnet"},
	} {
		if got, err := p.NamedSources([]string{filepath.Join(root, name)}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := (&Project{Root: t.TempDir()}).Sources(); err != nil || len(got) != 0 {
		t.Errorf("without jsonnet/: %q, %v", got, err)
	}
	for _, file := range []string{"../x", "jsonnet/absent.jsonnet", "jsonnet/a"} {
		if _, err := p.ReadSource(file); err == nil {
			t.Errorf("%s can be read", file)
		}
	}
}
