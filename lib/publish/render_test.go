//go:build unix

package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
)

// rendered is build, with contents that are made on demand. It counts how often.
func rendered(files tree, calls *atomic.Int64) Build {
	b := build(files)
	for i := range b.Artifacts {
		a := &b.Artifacts[i]
		content := string(a.Bytes)
		a.Bytes = nil
		a.Render = func(dst []byte) []byte {
			calls.Add(1)
			return append(dst, content...)
		}
	}
	return b
}

func publishBy(t *testing.T, dir string, writers int, b Build, h hook) (*Plan, error) {
	t.Helper()
	return tryPublishBy(t.Context(), dir, writers, b, h)
}

// manyFiles returns files enough for several batches, in many directories.
func manyFiles(version int) tree {
	files := tree{"top.json": fmt.Sprint(version)}
	for i := range 5 * batchSize {
		files[fmt.Sprintf("x/d-%d/e/%d.json", i%11, i)] = strings.Repeat(fmt.Sprint(i, " "), i*(1+version%(1+i%3)))
	}
	return files
}

// TestWritersMakeNoDifference publishes the same trees by one goroutine from bytes and by many
// from renderers.
func TestWritersMakeNoDifference(t *testing.T) {
	one, many := t.TempDir(), t.TempDir()
	var calls atomic.Int64
	for version := range 4 {
		files := manyFiles(version)
		if version == 3 {
			delete(files, "x/d-0/e/0.json")
		}
		a, err := publishBy(t, one, 1, build(files), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := publishBy(t, many, 8, rendered(files, &calls), nil)
		if err != nil {
			t.Fatal(err)
		}
		if states(a) != states(b) {
			t.Errorf("version %d: %s\n%s", version, states(a), states(b))
		}
		if !maps.Equal(readTree(t, one+"/prod"), readTree(t, many+"/prod")) {
			t.Errorf("version %d: the trees differ", version)
		}
		wantTree(t, many, files)
	}
	if report := verify(t, many); !report.OK() {
		t.Errorf("%+v", report)
	}
}

// TestWritersFailAsOne fails one step after the other on several goroutines: the tree stays as
// it was, or the next build finishes the job.
func TestWritersFailAsOne(t *testing.T) {
	before, after := manyFiles(1), manyFiles(2)
	after["new/deep/z.json"] = "Z"
	delete(after, "top.json")
	dir := t.TempDir()
	if _, err := publishBy(t, dir, 4, build(before), nil); err != nil {
		t.Fatal(err)
	}
	want := readTree(t, dir)
	for n := 0; ; n += 97 {
		var mutex sync.Mutex
		count, failed, renamed := 0, "", false
		_, err := publishBy(t, dir, 4, build(after), func(step, path string) error {
			mutex.Lock()
			defer mutex.Unlock()
			renamed = renamed || step == "rename" && failed == ""
			if count++; count <= n || strings.Contains(path, ".stamp.json") {
				return nil
			}
			failed = step + " " + path
			return syscall.ENOSPC
		})
		if failed == "" {
			break
		}
		if !IsMachine(err) {
			t.Errorf("%s: %v", failed, err)
		}
		if !renamed {
			if got := readTree(t, dir); !maps.Equal(got, want) {
				t.Fatalf("%s: the tree has changed", failed)
			}
			continue
		}
		wholeFilesOnly(t, dir, before, after)
	}
	wantTree(t, dir, after)
	if report := verify(t, dir); !report.OK() {
		t.Errorf("%+v", report)
	}
}

func TestTheFirstErrorIsTold(t *testing.T) {
	tr := open(t, t.TempDir())
	defer func() { _ = tr.Close() }()
	tr.writers = 8
	for range 50 {
		err := tr.each(t.Context(), 1000, func(i int) error {
			if i%100 == 37 {
				return fmt.Errorf("error %d", i)
			}
			return nil
		})
		if err == nil || err.Error() != "error 37" {
			t.Fatalf("got %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done atomic.Int64
	err := tr.each(ctx, 1000, func(i int) error {
		if i == 10 {
			cancel()
		}
		done.Add(1)
		return nil
	})
	if !errors.Is(err, context.Canceled) || done.Load() > 30 {
		t.Errorf("%v after %d", err, done.Load())
	}
}

func TestWhatIsKnownIsNotRendered(t *testing.T) {
	dir := t.TempDir()
	files := tree{"a.json": "A", "b/c.json": "C"}
	var calls atomic.Int64
	publishAs := func(change func(a *artifact.Artifact)) int64 {
		t.Helper()
		b := rendered(files, &calls)
		for i := range b.Artifacts {
			change(&b.Artifacts[i])
		}
		calls.Store(0)
		if _, err := publishBy(t, dir, 2, b, nil); err != nil {
			t.Fatal(err)
		}
		wantTree(t, dir, files)
		return calls.Load()
	}
	keyed := func(a *artifact.Artifact) { a.Key = "key of " + string(a.Path) }
	summed := func(a *artifact.Artifact) {
		a.Size, a.SHA256 = int64(len(files[string(a.Path)])), digest([]byte(files[string(a.Path)]))
	}
	for i, step := range []struct {
		change func(a *artifact.Artifact)
		edit   string // removed before
		want   int64
	}{
		{keyed, "", 4},                       // to sum and to write
		{keyed, "", 0},                       // known by the keys
		{keyed, "/prod/a.json", 1},           // to write
		{func(*artifact.Artifact) {}, "", 2}, // no keys: to sum
		{summed, "", 0},
		{summed, "/prod/b/c.json", 1},
		{keyed, "/.dashc/prod.stamp.json", 2}, // nothing is remembered
		{keyed, "", 0},
		{func(a *artifact.Artifact) { a.Key = "other" }, "", 2},
	} {
		if step.edit != "" {
			if err := os.Remove(dir + step.edit); err != nil {
				t.Fatal(err)
			}
		}
		if got := publishAs(step.change); got != step.want {
			t.Errorf("step %d: rendered %d times, want %d", i, got, step.want)
		}
	}
	// Keys are another program's business.
	b := rendered(files, &calls)
	for i := range b.Artifacts {
		keyed(&b.Artifacts[i])
	}
	b.Identity = "v2"
	calls.Store(0)
	if _, err := publishBy(t, dir, 2, b, nil); err != nil || calls.Load() != 2 {
		t.Errorf("another program: rendered %d times (%v)", calls.Load(), err)
	}
	// Keys do not hide an edit.
	write(t, dir+"/prod/a.json", "mine")
	var conflict *ConflictError
	if _, err := publishBy(t, dir, 2, b, nil); !errors.As(err, &conflict) {
		t.Errorf("an edit below a key: %v", err)
	}
}

func TestRendererThatLies(t *testing.T) {
	for name, a := range map[string]artifact.Artifact{
		"another content each time": {Render: func() func([]byte) []byte {
			n := 0
			return func(dst []byte) []byte { n++; return fmt.Append(dst, n) }
		}()},
		"another sum":  {Render: func(dst []byte) []byte { return append(dst, 'A') }, Size: 1, SHA256: digest([]byte("B"))},
		"another size": {Render: func(dst []byte) []byte { return append(dst, 'A') }, Size: 2, SHA256: digest([]byte("A"))},
		"no sum":       {Render: func(dst []byte) []byte { return append(dst, 'A') }, Size: 1, SHA256: "x"},
	} {
		dir := t.TempDir()
		publish(t, dir, build(tree{"a.json": "before"}))
		before := readTree(t, dir)
		b := build(nil)
		a.Path = "a.json"
		b.Artifacts = []artifact.Artifact{a}
		if _, err := publishBy(t, dir, 1, b, nil); err == nil || !strings.Contains(err.Error(), "a.json: the artifact's") {
			t.Errorf("%s: %v", name, err)
		}
		if !maps.Equal(readTree(t, dir), before) {
			t.Errorf("%s: the tree has changed", name)
		}
	}
}

func TestManifestRecordsCustomers(t *testing.T) {
	dir := t.TempDir()
	b := build(tree{"a.json": "A", "b.json": "B"})
	publish(t, dir, b)
	plain := readTree(t, dir)["prod/manifest.json"]
	b.Artifacts[1].Customer, b.Artifacts[1].Proof = "müller-gmbh", "proven: 12 selectors"
	if got := states(publish(t, dir, b)); got != "a.json:unchanged b.json:unchanged manifest:changed" {
		t.Error(got)
	}
	got := readTree(t, dir)["prod/manifest.json"]
	want := strings.Replace(plain, `"version": 1`, `"version": 2`, 1)
	want = strings.Replace(want, `"source": "jsonnet/b.json"`, `"source": "jsonnet/b.json",
      "customer": "müller-gmbh",
      "proof": "proven: 12 selectors"`, 1)
	if got != want {
		t.Errorf("got %s", got)
	}
	m, err := ParseManifest("m", []byte(got))
	if err != nil || m.Files[1].Customer != "müller-gmbh" || m.Files[1].Proof != "proven: 12 selectors" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := ParseManifest("m", []byte(strings.Replace(got, `"version": 2`, `"version": 1`, 1))); err == nil {
		t.Error("version 1 with a customer is taken")
	}
	b.Artifacts[1].Customer, b.Artifacts[1].Proof = "", ""
	publish(t, dir, b)
	if got := readTree(t, dir)["prod/manifest.json"]; got != plain {
		t.Errorf("without customers: %s", got)
	}
}

// TestTempNamesAreApart holds that no two files of a build get one temporary name.
func TestTempNamesAreApart(t *testing.T) {
	var names []string
	for i := range uint64(1000) {
		names = append(names, tempBeside(strings.Repeat("x", 300), ^uint64(0)-500+i))
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 1000 || !isTemp(names[0]) || len(names[0]) != maxName {
		t.Errorf("%q", names[:3])
	}
}
