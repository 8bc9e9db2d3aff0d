//go:build unix

package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// killAt makes the test binary a publisher: it publishes the files of killFiles into killDir
// and kills itself at the given step.
const (
	killAt    = "DASHC_TEST_KILL_AT"
	killDir   = "DASHC_TEST_KILL_DIR"
	killFiles = "DASHC_TEST_KILL_FILES"
	// killWriters is the number of goroutines that the publisher uses.
	killWriters = "DASHC_TEST_KILL_WRITERS"
)

func TestMain(m *testing.M) {
	var run func() error
	switch {
	case os.Getenv(killAt) != "":
		run = publishAndDie
	case os.Getenv(largeDir) != "":
		run = publishLargeAndMeasure
	default:
		os.Exit(m.Run())
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func publishAndDie() error {
	n, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		return err
	}
	writers, err := strconv.Atoi(os.Getenv(killWriters))
	if err != nil {
		return err
	}
	var files tree
	if err := json.Unmarshal([]byte(os.Getenv(killFiles)), &files); err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(int64(n))
	_, err = tryPublishBy(context.Background(), os.Getenv(killDir), writers, build(files), func(string, string) error {
		if left.Add(-1) < 0 {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				return err
			}
			select {} // until the signal arrives
		}
		return nil
	})
	return err
}

// killed runs a publisher that dies at step n and tells whether it died.
func killed(t *testing.T, dir string, files tree, n int) bool {
	t.Helper()
	return killedWriters(t, dir, 1, files, n)
}

func killedWriters(t *testing.T, dir string, writers int, files tree, n int) bool {
	t.Helper()
	data, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), killAt+"="+strconv.Itoa(n), killDir+"="+dir, killFiles+"="+string(data), killWriters+"="+strconv.Itoa(writers))
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return false
}

// TestKilledAnywhere kills a publisher at every step in turn, and then another one, with
// another version of the sources, on top of what the first left. Each leaves whole files
// only, and the next build completes without a conflict.
func TestKilledAnywhere(t *testing.T) {
	first := tree{"a.json": "A", "b/c.json": "C", "old/deep/x.json": "X"}
	second := tree{"a.json": "A2", "b/c.json": "C", "new/deep/d.json": "D", "e.json": "E"}
	third := tree{"a.json": "A3", "b/c.json": "C3", "e.json": "E"}
	steps := 0
	for n := 0; ; n++ {
		dir := t.TempDir()
		publish(t, dir, build(first))
		if !killed(t, dir, second, n) {
			steps = n
			break
		}
		wholeFilesOnly(t, dir, first, second)
		if n%2 == 0 {
			killed(t, dir, third, n)
			wholeFilesOnly(t, dir, first, second, third)
		}
		for _, next := range []tree{third, second}[n%2:] {
			publish(t, dir, build(next))
			wantTree(t, dir, next)
			if report := verify(t, dir); !report.OK() {
				t.Errorf("step %d: %+v", n, report)
			}
		}
		for name := range readTree(t, dir) {
			if tempName.MatchString(filepath.Base(name)) || strings.HasSuffix(name, ".pending.json") {
				t.Errorf("step %d: %s is left", n, name)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "prod/old")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("step %d: an emptied directory is left", n)
		}
	}
	if steps < 15 {
		t.Errorf("only %d steps", steps)
	}
}

// TestKilledFirstBuild kills the very first build, when there is no manifest to own anything.
func TestKilledFirstBuild(t *testing.T) {
	files := tree{"a.json": "A", "b/c.json": "C"}
	for n := 0; ; n++ {
		dir := filepath.Join(t.TempDir(), "out")
		if !killed(t, dir, files, n) {
			break
		}
		wholeFilesOnly(t, dir, files)
		// The sources lost a file in the meantime: what the killed build wrote goes too.
		next := tree{"a.json": "A2"}
		publish(t, dir, build(next))
		wantTree(t, dir, next)
	}
}

// TestKilledWriters kills a publisher that has several files in hand at once.
func TestKilledWriters(t *testing.T) {
	first, second := tree{}, tree{}
	for i := range 4 * batchSize {
		name := fmt.Sprintf("d%d/%d.json", i%9, i)
		first[name], second[name] = fmt.Sprint("first ", i), fmt.Sprint("second ", i)
		if i%10 == 0 {
			delete(first, name)
			first["old/"+name] = "old"
		}
	}
	for n := 20; ; n += 110 {
		dir := t.TempDir()
		publish(t, dir, build(first))
		if !killedWriters(t, dir, 4, second, n) {
			break
		}
		wholeFilesOnly(t, dir, first, second)
		next := []tree{first, second}[n/10%2]
		publish(t, dir, build(next))
		wantTree(t, dir, next)
		if report := verify(t, dir); !report.OK() {
			t.Errorf("step %d: %+v", n, report)
		}
	}
}

func TestSecondBuildWaits(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if _, err := Open(t.Context(), dir, Options{NoWait: true}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "--no-wait") {
		t.Errorf("NoWait: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, dir, Options{}); !errors.Is(err, ctx.Err()) {
		t.Errorf("a cancelled wait: %v", err)
	}
	waiting, done := make(chan struct{}), make(chan error, 1)
	go func() {
		second, err := Open(t.Context(), dir, Options{Waiting: func() { close(waiting) }})
		if err == nil {
			err = second.Close()
		}
		done <- err
	}()
	<-waiting
	select {
	case err := <-done:
		t.Fatalf("the second build went ahead (%v)", err)
	case <-time.After(2 * lockPoll):
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(t.Context(), dir, Options{ReadOnly: true, NoWait: true})
	if err != nil {
		t.Fatalf("two readers: %v", err)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestTwoPublishersAtOnce(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	builds := make([]tree, 8)
	for i := range builds {
		builds[i] = tree{"a.json": fmt.Sprint("A", i), fmt.Sprintf("x%d/b.json", i): "B"}
		group.Go(func() {
			for range 3 {
				if _, err := tryPublish(t.Context(), dir, build(builds[i]), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	got := readTree(t, filepath.Join(dir, "prod")).without(ManifestName)
	one := false
	for _, b := range builds {
		one = one || maps.Equal(got, b)
	}
	if !one {
		t.Errorf("a mixture: %v", got)
	}
	if report := verify(t, dir); !report.OK() {
		t.Errorf("%+v", report)
	}
}
