package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
)

// tree is a directory's regular files by slash-separated path.
type tree map[string]string

func readTree(t *testing.T, dir string) tree {
	t.Helper()
	files := tree{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			files[filepath.ToSlash(name)] = "-> " + target
			return err
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

func (files tree) without(name string) tree {
	rest := maps.Clone(files)
	delete(rest, name)
	return rest
}

func build(files tree) Build {
	b := Build{Project: "shop", Environment: "prod", Tool: "v1", Inputs: digest([]byte(fmt.Sprint(files))), Identity: "v1"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b.Artifacts = append(b.Artifacts, artifact.Artifact{Path: artifact.Path(name), Kind: artifact.Dashboard, Bytes: []byte(files[name]), Source: "jsonnet/" + name})
	}
	return b
}

func open(t *testing.T, dir string) *Tree {
	t.Helper()
	tr, err := Open(t.Context(), dir, Options{NoWait: true})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func publish(t *testing.T, dir string, b Build) *Plan {
	t.Helper()
	plan, err := tryPublish(t.Context(), dir, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func tryPublish(ctx context.Context, dir string, b Build, h hook) (*Plan, error) {
	return tryPublishBy(ctx, dir, 1, b, h)
}

func tryPublishBy(ctx context.Context, dir string, writers int, b Build, h hook) (plan *Plan, err error) {
	tr, err := Open(ctx, dir, Options{Writers: writers})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tr.Close()) }()
	tr.hook = h
	if plan, err = tr.Compare(ctx, b); err != nil {
		return nil, err
	}
	staged, err := tr.Stage(ctx, plan)
	if err != nil {
		return plan, err
	}
	return plan, staged.Commit(ctx)
}

func verify(t *testing.T, dir string) *Report {
	t.Helper()
	tr, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	report, err := tr.Verify(t.Context(), "prod")
	if err := errors.Join(err, tr.Close()); err != nil {
		t.Fatal(err)
	}
	return report
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(data), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func states(p *Plan) string {
	var words []string
	for _, c := range p.Files {
		words = append(words, fmt.Sprintf("%s:%s", c.Path, c.State))
	}
	return strings.Join(append(words, "manifest:"+p.Manifest.String()), " ")
}

func wantTree(t *testing.T, dir string, want tree) {
	t.Helper()
	got := readTree(t, filepath.Join(dir, "prod")).without(ManifestName)
	if !maps.Equal(got, want) {
		t.Errorf("the tree holds %v, want %v", got, want)
	}
}

// wholeFilesOnly holds that each file is what one of the builds wrote.
func wholeFilesOnly(t *testing.T, dir string, builds ...tree) {
	t.Helper()
	for name, data := range readTree(t, filepath.Join(dir, "prod")).without(ManifestName) {
		if tempName.MatchString(filepath.Base(name)) {
			continue
		}
		if !slices.ContainsFunc(builds, func(b tree) bool { want, known := b[name]; return known && want == data }) {
			t.Errorf("%s holds %q, which no build wrote", name, data)
		}
	}
}
