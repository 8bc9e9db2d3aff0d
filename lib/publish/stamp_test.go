//go:build unix

package publish

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFresh(t *testing.T) {
	files := tree{"a.json": "A", "b/c.json": "C"}
	b := build(files)
	for _, test := range []struct {
		name             string
		identity, inputs string
		change           func(dir string) error
		want             bool
	}{
		{"as built", "v1", b.Inputs, func(string) error { return nil }, true},
		{"another program", "v2", b.Inputs, func(string) error { return nil }, false},
		{"other inputs", "v1", "y", func(string) error { return nil }, false},
		{"a file edited", "v1", b.Inputs, func(dir string) error { return os.WriteFile(dir+"/prod/a.json", []byte("B"), 0o644) }, false},
		{"a file missing", "v1", b.Inputs, func(dir string) error { return os.Remove(dir + "/prod/a.json") }, false},
		{"a file became a link", "v1", b.Inputs, func(dir string) error {
			return errors.Join(os.Rename(dir+"/prod/a.json", dir+"/prod/x"), os.Symlink("x", dir+"/prod/a.json"))
		}, false},
		{"the manifest edited", "v1", b.Inputs, func(dir string) error {
			data, err := os.ReadFile(dir + "/prod/manifest.json")
			return errors.Join(err, os.WriteFile(dir+"/prod/manifest.json", append(data, ' '), 0o644))
		}, false},
		{"the manifest missing", "v1", b.Inputs, func(dir string) error { return os.Remove(dir + "/prod/manifest.json") }, false},
		{"no stamp", "v1", b.Inputs, func(dir string) error { return os.Remove(dir + "/.dashc/prod.stamp.json") }, false},
		{"a torn stamp", "v1", b.Inputs, func(dir string) error { return os.Truncate(dir+"/.dashc/prod.stamp.json", 5) }, false},
		{"an unfinished build", "v1", b.Inputs, func(dir string) error { return os.WriteFile(dir+"/.dashc/prod.pending.json", []byte("{}"), 0o644) }, false},
		{"a leftover", "v1", b.Inputs, func(dir string) error {
			return os.WriteFile(dir+"/prod/b/"+filepath.Base(tempFor("c.json")), nil, 0o644)
		}, false},
		{"a stranger's file", "v1", b.Inputs, func(dir string) error { return os.WriteFile(dir+"/prod/mine.txt", nil, 0o644) }, true},
		{"the tree missing", "v1", b.Inputs, func(dir string) error { return os.RemoveAll(dir + "/prod") }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			publish(t, dir, b)
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			fresh := func() bool {
				tr := open(t, dir)
				defer func() { _ = tr.Close() }()
				count, fresh := tr.Fresh(t.Context(), "prod", test.identity, test.inputs)
				if fresh != (count == len(files)) {
					t.Errorf("%d files", count)
				}
				return fresh
			}
			if got := fresh(); got != test.want {
				t.Errorf("Fresh = %v", got)
			}
			// A full comparison brings the stamp back to date.
			again := b
			again.Identity, again.Inputs, again.Force = test.identity, test.inputs, true
			publish(t, dir, again)
			if !fresh() {
				t.Error("not fresh after a build")
			}
		})
	}
}

// TestStampStandsApartFromInputs changes what could be read, and not what was read: the tree
// stays as it is, and only the stamp is brought up to date.
func TestStampStandsApartFromInputs(t *testing.T) {
	dir := t.TempDir()
	b := build(tree{"a.json": "A"})
	b.Stamp = "sources 1"
	publish(t, dir, b)
	b.Stamp = "sources 2"
	if plan := publish(t, dir, b); plan.Differs() {
		t.Error("the stamp changed the tree")
	}
	tr := open(t, dir)
	defer func() { _ = tr.Close() }()
	for stamp, want := range map[string]bool{"sources 1": false, "sources 2": true, b.Inputs: false} {
		if _, fresh := tr.Fresh(t.Context(), "prod", "v1", stamp); fresh != want {
			t.Errorf("%s: Fresh = %v", stamp, fresh)
		}
	}
}

func benchmarkTree() tree {
	files := tree{}
	for i := range 20 {
		files[fmt.Sprintf("grafana/dashboards/Folder %d/board-%d.json", i%4, i)] = strings.Repeat(fmt.Sprintf("line %d\n", i), 2000)
	}
	return files
}

func BenchmarkFresh(b *testing.B) {
	dir, what := b.TempDir(), build(benchmarkTree())
	if _, err := tryPublish(b.Context(), dir, what, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tr, err := Open(b.Context(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, fresh := tr.Fresh(b.Context(), "prod", "v1", what.Inputs); !fresh {
			b.Fatal("not fresh")
		}
		if err := tr.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	dir, what := b.TempDir(), build(benchmarkTree())
	if _, err := tryPublish(b.Context(), dir, what, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if plan, err := tryPublish(b.Context(), dir, what, nil); err != nil || plan.Differs() {
			b.Fatal(err)
		}
	}
}
