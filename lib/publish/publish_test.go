//go:build unix

package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/artifact"
)

func TestPublish(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "out")
	first := tree{"grafana/a.json": "A", "grafana/deep/b.json": "B", "prometheus/c.yml": "C"}
	if got, want := states(publish(t, dir, build(first))), "grafana/a.json:new grafana/deep/b.json:new prometheus/c.yml:new manifest:new"; got != want {
		t.Errorf("first: %s", got)
	}
	wantTree(t, dir, first)
	if report := verify(t, dir); !report.OK() || report.Files != 3 || report.Bytes != 3 {
		t.Errorf("verify: %+v", report)
	}
	second := tree{"grafana/a.json": "A", "prometheus/c.yml": "C2", "prometheus/d.yml": "D"}
	if got, want := states(publish(t, dir, build(second))), "grafana/a.json:unchanged grafana/deep/b.json:removed prometheus/c.yml:changed prometheus/d.yml:new manifest:changed"; got != want {
		t.Errorf("second: %s", got)
	}
	wantTree(t, dir, second)
	if _, err := os.Stat(filepath.Join(dir, "prod/grafana/deep")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the emptied directory stays: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, ".dashc/.gitignore")); string(data) != "*\n" {
		t.Errorf(".gitignore: %q, %v", data, err)
	}
	none := build(nil)
	none.Identity = ""
	if got, want := states(publish(t, dir, none)), "grafana/a.json:removed prometheus/c.yml:removed prometheus/d.yml:removed manifest:removed"; got != want {
		t.Errorf("taken away: %s", got)
	}
	if files := readTree(t, dir); len(files) != 2 {
		t.Errorf("left after the environment is taken away: %v", files)
	}
	if _, err := os.Stat(filepath.Join(dir, "prod")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the environment's directory stays")
	}
}

func TestBuildWithNoDifferenceWritesNothing(t *testing.T) {
	dir := t.TempDir()
	files := tree{"a.json": "A", "b/c.json": "C"}
	publish(t, dir, build(files))
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	everything := func(visit func(path string, info fs.FileInfo)) {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			visit(path, info)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	everything(func(path string, _ fs.FileInfo) {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	})
	plan, err := tryPublish(t.Context(), dir, build(files), func(step, path string) error {
		return fmt.Errorf("%s of %s in a build with no difference", step, path)
	})
	if err != nil || plan.Differs() {
		t.Fatalf("%v, %s", err, states(plan))
	}
	everything(func(path string, info fs.FileInfo) {
		if !info.ModTime().Equal(old) {
			t.Errorf("%s was touched", path)
		}
	})
	// A change of one file leaves the other alone.
	publish(t, dir, build(tree{"a.json": "A", "b/c.json": "C2"}))
	if info, err := os.Stat(filepath.Join(dir, "prod/a.json")); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("the unchanged file was touched (%v)", err)
	}
}

func TestHandEdits(t *testing.T) {
	files := tree{"a.json": "A", "b.json": "B", "c.json": "C"}
	for _, test := range []struct {
		name   string
		edit   func(t *testing.T, prod string)
		next   tree
		states string
		reason string // of the conflict; "" when there is none
	}{
		{"an edited file", func(t *testing.T, prod string) { write(t, prod+"/a.json", "mine") }, tree{"a.json": "A2", "b.json": "B", "c.json": "C"}, "a.json:conflict b.json:unchanged c.json:unchanged manifest:changed", "was edited since the last build"},
		{"an edited file that shall not change", func(t *testing.T, prod string) { write(t, prod+"/a.json", "mine") }, files, "a.json:conflict b.json:unchanged c.json:unchanged manifest:unchanged", "was edited since the last build"},
		{"an edited file that is no longer made", func(t *testing.T, prod string) { write(t, prod+"/a.json", "mine") }, tree{"b.json": "B", "c.json": "C"}, "a.json:conflict b.json:unchanged c.json:unchanged manifest:changed", "was edited since the last build"},
		{"a stranger's file in the way", func(t *testing.T, prod string) { write(t, prod+"/d.json", "mine") }, tree{"a.json": "A", "b.json": "B", "c.json": "C", "d.json": "D"}, "a.json:unchanged b.json:unchanged c.json:unchanged d.json:conflict manifest:changed", "was not written by a build"},
		{"an edit that says the same", func(t *testing.T, prod string) { write(t, prod+"/a.json", "A2") }, tree{"a.json": "A2", "b.json": "B", "c.json": "C"}, "a.json:unchanged b.json:unchanged c.json:unchanged manifest:changed", ""},
		{"a deleted file", func(t *testing.T, prod string) { _ = os.Remove(prod + "/a.json") }, files, "a.json:new b.json:unchanged c.json:unchanged manifest:unchanged", ""},
		{"an emptied file", func(t *testing.T, prod string) { write(t, prod+"/a.json", "") }, files, "a.json:changed b.json:unchanged c.json:unchanged manifest:unchanged", ""},
		{"a link instead of a file", func(t *testing.T, prod string) {
			_ = os.Remove(prod + "/a.json")
			if err := os.Symlink("b.json", prod+"/a.json"); err != nil {
				t.Fatal(err)
			}
		}, files, "a.json:conflict b.json:unchanged c.json:unchanged manifest:unchanged", "is not a regular file, and no build made it"},
		{"a pipe instead of a file", func(t *testing.T, prod string) {
			_ = os.Remove(prod + "/a.json")
			if err := syscall.Mkfifo(prod+"/a.json", 0o644); err != nil {
				t.Fatal(err)
			}
		}, files, "a.json:conflict b.json:unchanged c.json:unchanged manifest:unchanged", "is not a regular file, and no build made it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			publish(t, dir, build(files))
			test.edit(t, filepath.Join(dir, "prod"))
			var before tree
			if !strings.Contains(test.name, "pipe") {
				before = readTree(t, dir)
			}
			plan, err := tryPublish(t.Context(), dir, build(test.next), nil)
			if got := states(plan); got != test.states {
				t.Errorf("got  %s\nwant %s", got, test.states)
			}
			var conflict *ConflictError
			if errors.As(err, &conflict) != (test.reason != "") {
				t.Fatalf("error: %v", err)
			}
			if test.reason == "" {
				wantTree(t, dir, test.next)
				return
			}
			if conflict.Conflicts[0].Reason != test.reason || !strings.Contains(err.Error(), "--force") {
				t.Errorf("error: %v", err)
			}
			if before != nil && !maps.Equal(readTree(t, dir), before) {
				t.Error("a refused build changed the tree")
			}
			forced := build(test.next)
			forced.Force = true
			publish(t, dir, forced)
			wantTree(t, dir, test.next)
			if report := verify(t, dir); !report.OK() {
				t.Errorf("verify after --force: %+v", report)
			}
		})
	}
}

func TestUnexpectedFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, build(tree{"grafana/a.json": "A", "grafana/x/b.json": "B"}))
	write(t, filepath.Join(dir, "prod/grafana/x/mine.json"), "mine")
	plan := publish(t, dir, build(tree{"grafana/a.json": "A"}))
	if !slices.Equal(plan.Unexpected, []string{"grafana/x/mine.json"}) {
		t.Errorf("unexpected: %v", plan.Unexpected)
	}
	wantTree(t, dir, tree{"grafana/a.json": "A", "grafana/x/mine.json": "mine"})
	report := verify(t, dir)
	if report.OK() || !slices.Equal(report.Unexpected, []string{"grafana/x/mine.json"}) {
		t.Errorf("verify: %+v", report)
	}
	publish(t, dir, build(nil))
	wantTree(t, dir, tree{"grafana/x/mine.json": "mine"})
}

func TestVerifyTellsWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	if report := verify(t, dir); report.OK() || !strings.Contains(report.Manifest, "run dashc build") {
		t.Errorf("nothing built: %+v", report)
	}
	publish(t, dir, build(tree{"a.json": "A", "b.json": "B", "c.json": "C"}))
	write(t, filepath.Join(dir, "prod/a.json"), "X")
	write(t, filepath.Join(dir, "prod/new.json"), "X")
	if err := os.Remove(filepath.Join(dir, "prod/b.json")); err != nil {
		t.Fatal(err)
	}
	report := verify(t, dir)
	if !slices.Equal(report.Changed, []string{"a.json"}) || !slices.Equal(report.Missing, []string{"b.json"}) || !slices.Equal(report.Unexpected, []string{"new.json"}) || report.OK() {
		t.Errorf("%+v", report)
	}
	write(t, filepath.Join(dir, "prod/manifest.json"), "{")
	if report := verify(t, dir); report.OK() || report.Manifest == "" {
		t.Errorf("damaged: %+v", report)
	}
}

func TestArtifactsThatCannotStandTogether(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		name, want string
		paths      []artifact.Path
	}{
		{"one path twice", "would be written by", []artifact.Path{"a.json", "a.json"}},
		{"upper and lower case", "upper and lower case", []artifact.Path{"A.json", "a.json"}},
		{"directories in upper and lower case", "upper and lower case", []artifact.Path{"X/a.json", "x/b.json"}},
		{"a file and a directory", "needs the directory a", []artifact.Path{"a", "a/b.json"}},
		{"outside", "not a clean path", []artifact.Path{"../b.json"}},
		{"the manifest", "keeps for itself", []artifact.Path{"Manifest.json"}},
		{"below the manifest", "keeps for itself", []artifact.Path{"manifest.json/x"}},
		{"a temporary file", "keeps for itself", []artifact.Path{"x/.a.json.dashc-0123456789abcdef.tmp"}},
		{"a long name", "255 bytes", []artifact.Path{artifact.Path(long + "/a")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := build(nil)
			for _, p := range test.paths {
				b.Artifacts = append(b.Artifacts, artifact.Artifact{Path: p, Source: "s"})
			}
			tr := open(t, t.TempDir())
			defer func() { _ = tr.Close() }()
			var refused *TreeError
			if _, err := tr.Compare(t.Context(), b); !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", ".dashc", "/x"} {
		tr := open(t, t.TempDir())
		b := build(tree{"a": "A"})
		b.Environment = name
		if _, err := tr.Compare(t.Context(), b); err == nil {
			t.Errorf("the environment %q is taken", name)
		}
		_ = tr.Close()
	}
}

func TestObstaclesInTheTree(t *testing.T) {
	files := tree{"grafana/dashboards/a.json": "A"}
	for _, test := range []struct {
		name, want string
		place      func(t *testing.T, dir, elsewhere string) error
	}{
		{"a link out of the tree", "symbolic link", func(t *testing.T, dir, elsewhere string) error {
			return errors.Join(os.MkdirAll(dir+"/prod/grafana", 0o755), os.Symlink(elsewhere, dir+"/prod/grafana/dashboards"))
		}},
		{"a link inside the tree", "symbolic link", func(t *testing.T, dir, elsewhere string) error {
			return errors.Join(os.MkdirAll(dir+"/prod/other/dashboards", 0o755), os.Symlink("other", dir+"/prod/grafana"))
		}},
		{"the environment is a link", "symbolic link", func(t *testing.T, dir, elsewhere string) error { return os.Symlink(elsewhere, dir+"/prod") }},
		{"the environment is a file", "is a file", func(t *testing.T, dir, _ string) error { return os.WriteFile(dir+"/prod", []byte("x"), 0o644) }},
		{"a file for a directory", "is a file", func(t *testing.T, dir, _ string) error {
			return errors.Join(os.MkdirAll(dir+"/prod", 0o755), os.WriteFile(dir+"/prod/grafana", []byte("x"), 0o644))
		}},
		{"a directory for a file", "is a directory", func(t *testing.T, dir, _ string) error {
			return os.MkdirAll(dir+"/prod/grafana/dashboards/a.json", 0o755)
		}},
		{"a directory for the manifest", "not a regular file", func(t *testing.T, dir, _ string) error { return os.MkdirAll(dir+"/prod/manifest.json", 0o755) }},
		{"a link for dashc's own directory", "not a directory", func(t *testing.T, dir, elsewhere string) error { return os.Symlink(elsewhere, dir+"/.dashc") }},
		{"a link for the lock", "not a regular file", func(t *testing.T, dir, elsewhere string) error {
			return errors.Join(os.Mkdir(dir+"/.dashc", 0o755), os.Symlink(elsewhere+"/created", dir+"/.dashc/lock"))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, elsewhere := t.TempDir(), t.TempDir()
			write(t, elsewhere+"/a.json", "not ours")
			if err := test.place(t, dir, elsewhere); err != nil {
				t.Fatal(err)
			}
			var refused *TreeError
			if _, err := tryPublish(t.Context(), dir, build(files), nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
			if got := readTree(t, elsewhere); !maps.Equal(got, tree{"a.json": "not ours"}) {
				t.Errorf("elsewhere: %v", got)
			}
		})
	}
}

func TestOutputDirectoryMayBeALink(t *testing.T) {
	real, link := t.TempDir(), filepath.Join(t.TempDir(), "out")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	publish(t, link, build(tree{"a.json": "A"}))
	wantTree(t, real, tree{"a.json": "A"})
}

func TestLinkedDirectoryOfAnOwnedFileIsNotFollowed(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	publish(t, dir, build(tree{"a.json": "A", "x/b.json": "B"}))
	write(t, elsewhere+"/b.json", "B")
	if err := errors.Join(os.RemoveAll(dir+"/prod/x"), os.Symlink(elsewhere, dir+"/prod/x")); err != nil {
		t.Fatal(err)
	}
	publish(t, dir, build(tree{"a.json": "A"}))
	if got := readTree(t, elsewhere); !maps.Equal(got, tree{"b.json": "B"}) {
		t.Errorf("elsewhere: %v", got)
	}
}

func TestMachineErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "x")
	_, err := Open(t.Context(), filepath.Join(file, "out"), Options{})
	if !IsMachine(err) || !strings.Contains(err.Error(), "--out-dir") {
		t.Errorf("below a regular file: %v", err)
	}
	if _, err := Open(t.Context(), file, Options{ReadOnly: true}); !IsMachine(err) {
		t.Errorf("a file as the output directory: %v", err)
	}
	if IsMachine(&TreeError{}) || IsMachine(nil) {
		t.Error("IsMachine takes anything")
	}
}

// TestEveryFailureBeforeTheFirstRenameLeavesTheTreeAsItWas fails at each step of staging in turn.
func TestEveryFailureBeforeTheFirstRenameLeavesTheTreeAsItWas(t *testing.T) {
	before := tree{"a.json": "A", "b/c.json": "C", "old/x.json": "X"}
	after := tree{"a.json": "A2", "b/c.json": "C", "new/deep/d.json": "D", "new/e.json": "E"}
	for _, cause := range []error{syscall.ENOSPC, syscall.EACCES, syscall.EROFS, syscall.EDQUOT, syscall.EIO} {
		for n := 0; ; n++ {
			dir := t.TempDir()
			publish(t, dir, build(before))
			want, count, failed := readTree(t, dir), 0, ""
			_, err := tryPublish(t.Context(), dir, build(after), func(step, path string) error {
				if step == "rename" || step == "remove" || step == "manifest" || step == "unjournal" {
					return nil
				}
				if count++; count > n && failed == "" {
					failed = step + " " + path
					return &fs.PathError{Op: "write", Path: path, Err: cause}
				}
				return nil
			})
			if failed == "" {
				if n < 8 {
					t.Fatalf("only %d steps", n)
				}
				break
			}
			if strings.Contains(failed, ".stamp.json") { // only saves time: never an error
				if err != nil {
					t.Errorf("%s: %v", failed, err)
				}
				continue
			}
			if !IsMachine(err) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "; ") {
				t.Errorf("%s: %v", failed, err)
			}
			if staging := !strings.HasPrefix(failed, "journal"); staging != strings.Contains(err.Error(), "no file was changed") {
				t.Errorf("%s: %v", failed, err)
			}
			if got := readTree(t, dir); !maps.Equal(got, want) {
				t.Errorf("%s: the tree changed to %v", failed, got)
			}
			if _, err := os.Stat(dir + "/prod/new"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: a new directory stays", failed)
			}
		}
	}
}

// TestFailureOnceFilesAreRenamed fails at each later step; the next build finishes the job.
func TestFailureOnceFilesAreRenamed(t *testing.T) {
	before := tree{"a.json": "A", "b/c.json": "C", "old/x.json": "X"}
	after := tree{"a.json": "A2", "b/c.json": "C2", "new/deep/d.json": "D"}
	for n := 0; ; n++ {
		dir := t.TempDir()
		publish(t, dir, build(before))
		count, failed := 0, ""
		_, err := tryPublish(t.Context(), dir, build(after), func(step, path string) error {
			if !slices.Contains([]string{"rename", "remove", "manifest", "unjournal"}, step) {
				return nil
			}
			if count++; count > n && failed == "" {
				failed = step + " " + path
				return syscall.EIO
			}
			return nil
		})
		if failed == "" {
			break
		}
		if !IsMachine(err) {
			t.Errorf("%s: %v", failed, err)
		}
		wholeFilesOnly(t, dir, before, after)
		publish(t, dir, build(after))
		wantTree(t, dir, after)
		if report := verify(t, dir); !report.OK() {
			t.Errorf("%s: %+v", failed, report)
		}
	}
}

func TestDiscardAndCancel(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, build(tree{"a.json": "A"}))
	before := readTree(t, dir)
	tr := open(t, dir)
	defer func() { _ = tr.Close() }()
	stage := func() *Staged {
		plan, err := tr.Compare(t.Context(), build(tree{"a.json": "A2", "b/c.json": "C"}))
		if err != nil {
			t.Fatal(err)
		}
		staged, err := tr.Stage(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		return staged
	}
	staged := stage()
	if err := errors.Join(staged.Discard(), staged.Discard()); err != nil {
		t.Fatal(err)
	}
	if err := staged.Commit(t.Context()); err == nil {
		t.Error("Commit after Discard")
	}
	if got := readTree(t, dir); !maps.Equal(got, before) {
		t.Errorf("after Discard: %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	staged = stage()
	cancel()
	if err := staged.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled commit: %v", err)
	}
	if got := readTree(t, dir); !maps.Equal(got, before) {
		t.Errorf("after the cancelled commit: %v", got)
	}
	if _, err := os.Stat(dir + "/prod/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a directory of the discarded build stays")
	}
}

func TestSeveralEnvironments(t *testing.T) {
	dir := t.TempDir()
	tr := open(t, dir)
	var staged []*Staged
	for _, name := range []string{"dev", "prod"} {
		b := build(tree{"a.json": name})
		b.Environment = name
		plan, err := tr.Compare(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		s, err := tr.Stage(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		staged = append(staged, s)
	}
	for _, s := range staged {
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir+"/other/manifest.json", "{}")
	write(t, dir+"/none/x", "")
	if names, err := tr.Environments("shop"); err != nil || !slices.Equal(names, []string{"dev", "prod"}) {
		t.Errorf("%v, %v", names, err)
	}
	if names, err := tr.Environments("other"); err != nil || names != nil {
		t.Errorf("%v, %v", names, err)
	}
	foreign := build(tree{"a.json": "x"})
	foreign.Project = "other"
	var refused *TreeError
	if _, err := tr.Compare(t.Context(), foreign); !errors.As(err, &refused) {
		t.Errorf("another project's tree: %v", err)
	}
	foreign.Force = true
	if _, err := tr.Compare(t.Context(), foreign); err != nil {
		t.Error(err)
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	tr, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := tr.Compare(t.Context(), build(tree{"a.json": "A"}))
	if err != nil || states(plan) != "a.json:new manifest:new" {
		t.Errorf("%v", err)
	}
	if _, err := tr.Stage(t.Context(), plan); err == nil {
		t.Error("Stage on a read-only tree")
	}
	if names, err := tr.Environments("shop"); err != nil || names != nil {
		t.Error(names, err)
	}
	if _, fresh := tr.Fresh(t.Context(), "prod", "v1", "x"); fresh {
		t.Error("fresh without a tree")
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a read-only tree was created")
	}
}

// TestRandomWalk publishes random trees over one another, some builds failing on the way, and
// holds that a finished build always leaves exactly its own files.
func TestRandomWalk(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	names := []string{"a.json", "b.json", "x/a.json", "x/b.json", "x/y/c.json", "z/d.json"}
	for range 40 {
		dir := t.TempDir()
		var builds []tree
		for range 6 {
			files := tree{}
			for _, name := range names {
				if r.IntN(2) == 0 {
					files[name] = fmt.Sprint(r.IntN(3), " of ", name)
				}
			}
			builds = append(builds, files)
			fail := r.IntN(40)
			_, err := tryPublish(t.Context(), dir, build(files), func(step, path string) error {
				if fail--; fail < 0 && !strings.Contains(path, ".stamp.json") {
					return syscall.ENOSPC
				}
				return nil
			})
			if err != nil && !IsMachine(err) {
				t.Fatal(err)
			}
			wholeFilesOnly(t, dir, builds...)
			if err == nil {
				wantTree(t, dir, files)
			}
		}
		last := builds[len(builds)-1]
		publish(t, dir, build(last))
		wantTree(t, dir, last)
		if report := verify(t, dir); len(last) > 0 && !report.OK() {
			t.Fatalf("%+v", report)
		}
	}
}
