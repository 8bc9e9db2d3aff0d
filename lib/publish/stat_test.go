//go:build linux

package publish

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tick is longer than the resolution of the file timestamps of common Linux systems.
const tick = 25 * time.Millisecond

// publishSettled publishes with enough time between writing, renaming and stamping that every
// file's stat is known afterwards.
func publishSettled(t *testing.T, dir string, b Build) {
	t.Helper()
	_, err := tryPublish(t.Context(), dir, b, func(step, path string) error {
		if step == "journal" || step == "manifest" {
			time.Sleep(tick)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(tick)
}

// look returns what Fresh and Compare say, and how many files each has read.
func look(t *testing.T, dir string, b Build) (fresh bool, changes string, freshRead, compareRead int64) {
	t.Helper()
	tr, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tr.Close() }()
	_, fresh = tr.Fresh(t.Context(), b.Environment, b.Identity, b.Inputs)
	freshRead = tr.read.Swap(0)
	plan, err := tr.Compare(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return fresh, states(plan), freshRead, tr.read.Load()
}

func TestUntouchedFilesAreNotRead(t *testing.T) {
	files := tree{"a.json": "A", "b/c.json": "C", "b/d.json": "D"}
	same := "a.json:unchanged b/c.json:unchanged b/d.json:unchanged manifest:unchanged"
	edited := strings.Replace(same, "a.json:unchanged", "a.json:conflict", 1)
	restore := func(path string, edit func() error) error {
		info, err := os.Stat(path)
		return errors.Join(err, edit(), os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
	for _, test := range []struct {
		name   string
		change func(dir, a string) error
		fresh  bool
		states string
		read   int64
	}{
		{"untouched", func(_, _ string) error { return nil }, true, same, 0},
		{"an edit", func(_, a string) error { return os.WriteFile(a, []byte("AA"), 0o644) }, false, edited, 1},
		{"an edit of the same size", func(_, a string) error { return os.WriteFile(a, []byte("X"), 0o644) }, false, edited, 1},
		{"an edit of the same size, modification time restored", func(_, a string) error {
			return restore(a, func() error { return os.WriteFile(a, []byte("X"), 0o644) })
		}, false, edited, 1},
		{"another file moved there, modification time restored", func(_, a string) error {
			return restore(a, func() error { return errors.Join(os.WriteFile(a+"x", []byte("X"), 0o644), os.Rename(a+"x", a)) })
		}, false, edited, 1},
		{"an equal file moved there", func(_, a string) error {
			return errors.Join(os.WriteFile(a+"x", []byte("A"), 0o644), os.Rename(a+"x", a))
		}, true, same, 1},
		{"touched", func(_, a string) error { return os.Chtimes(a, time.Now(), time.Now()) }, true, same, 1},
		{"touched into the future", func(_, a string) error {
			later := time.Now().Add(time.Hour)
			return os.Chtimes(a, later, later)
		}, true, same, 1},
		{"chmod", func(_, a string) error { return os.Chmod(a, 0o600) }, true, same, 1},
		{"a symbolic link to an equal file", func(_, a string) error { return errors.Join(os.Rename(a, a+"x"), os.Symlink("a.jsonx", a)) }, false, edited, 0},
		{"gone and back", func(_, a string) error { return errors.Join(os.Rename(a, a+"x"), os.Rename(a+"x", a)) }, true, same, 1},
		{"the stamp copied back", func(dir, a string) error {
			stamp, err := os.ReadFile(dir + "/.dashc/prod.stamp.json")
			return errors.Join(err, os.WriteFile(a, []byte("X"), 0o644), os.WriteFile(dir+"/.dashc/prod.stamp.json", stamp, 0o644))
		}, false, edited, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			publishSettled(t, dir, build(files))
			if err := test.change(dir, dir+"/prod/a.json"); err != nil {
				t.Fatal(err)
			}
			fresh, changes, freshRead, compareRead := look(t, dir, build(files))
			if fresh != test.fresh || changes != test.states {
				t.Errorf("fresh: %v, %s", fresh, changes)
			}
			if freshRead != test.read || compareRead != test.read {
				t.Errorf("Fresh read %d files and Compare %d, want %d", freshRead, compareRead, test.read)
			}
			if report := verify(t, dir); report.OK() != (test.fresh) && !strings.Contains(test.name, "link") {
				t.Errorf("verify: %+v", report)
			}
		})
	}
}

func TestCompareKnowsWithoutReading(t *testing.T) {
	dir := t.TempDir()
	publishSettled(t, dir, build(tree{"a.json": "A", "b.json": "B", "c.json": "C"}))
	_, changes, _, read := look(t, dir, build(tree{"a.json": "A", "b.json": "B2"}))
	if changes != "a.json:unchanged b.json:changed c.json:removed manifest:changed" || read != 0 {
		t.Errorf("%s, %d files read", changes, read)
	}
}

// TestStampOfAnotherTree puts trees with the same manifest but other files below each other's stamps.
func TestStampOfAnotherTree(t *testing.T) {
	files := tree{"a.json": "A", "b.json": "B"}
	one, two := t.TempDir(), t.TempDir()
	publishSettled(t, one, build(files))
	publishSettled(t, two, build(files))
	write(t, two+"/prod/a.json", "X")
	stamp, err := os.ReadFile(one + "/.dashc/prod.stamp.json")
	if err != nil {
		t.Fatal(err)
	}
	write(t, two+"/.dashc/prod.stamp.json", string(stamp))
	if fresh, changes, _, read := look(t, two, build(files)); fresh || read != 2 || !strings.HasPrefix(changes, "a.json:conflict b.json:unchanged") {
		t.Errorf("fresh: %v, %s, %d files read", fresh, changes, read)
	}
	// A whole tree copied with its times and its stamp.
	three := filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(three, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.json", "b.json"} {
		info, err := os.Stat(one + "/prod/" + name)
		if err = errors.Join(err, os.Chtimes(three+"/prod/"+name, info.ModTime(), info.ModTime())); err != nil {
			t.Fatal(err)
		}
	}
	if fresh, _, read, _ := look(t, three, build(files)); !fresh || read != 2 {
		t.Errorf("fresh: %v, %d files read", fresh, read)
	}
}

func TestDamagedStampIsNone(t *testing.T) {
	dir := t.TempDir()
	files := tree{"a.json": "A", "b.json": "B"}
	publishSettled(t, dir, build(files))
	name := dir + "/.dashc/prod.stamp.json"
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := decodeStamp(whole); !ok {
		t.Fatal("the stamp cannot be read")
	}
	damaged := func(data []byte, what string) {
		write(t, name, string(data))
		if fresh, changes, _, read := look(t, dir, build(files)); fresh || read != 2 || changes != "a.json:unchanged b.json:unchanged manifest:unchanged" {
			t.Fatalf("%s: fresh: %v, %s, %d files read", what, fresh, changes, read)
		}
	}
	for i := range whole {
		flipped := append([]byte{}, whole...)
		flipped[i] ^= 1
		damaged(flipped, fmt.Sprintf("bit at %d", i))
		damaged(whole[:i], fmt.Sprintf("cut at %d", i))
	}
	damaged([]byte(`{"identity":"v1","inputs":"x","manifest":"y"}`), "the stamp of an older dashc")
	damaged(append(append([]byte{}, whole...), whole...), "twice")
}

// TestEditWithinATick edits files as soon as they can be edited, with other content of the same
// size: right before the stamp is taken, and right after the build.
func TestEditWithinATick(t *testing.T) {
	files := tree{"a.json": "A", "b/c.json": "C"}
	b := build(files)
	for i := range 150 {
		dir := t.TempDir()
		before := i%2 == 0
		_, err := tryPublish(t.Context(), dir, b, func(step, path string) error {
			if before && step == []string{"create", "write"}[i/2%2] && strings.HasSuffix(path, ".stamp.json") {
				write(t, dir+"/prod/b/c.json", "X")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !before {
			write(t, dir+"/prod/b/c.json", "X")
		}
		if fresh, changes, _, _ := look(t, dir, b); fresh || !strings.Contains(changes, "b/c.json:conflict") {
			t.Fatalf("round %d: fresh: %v, %s", i, fresh, changes)
		}
	}
}

// TestRacyStatsAreNotKept is the rule of TestEditWithinATick, with a clock of its own.
func TestRacyStatsAreNotKept(t *testing.T) {
	second := int64(time.Second)
	at := func(modified, changed int64) stat {
		return stat{size: 1, modified: modified, changed: changed, inode: 7}
	}
	for _, test := range []struct {
		name         string
		written, now stat
		clock        int64
		known        bool
	}{
		{"written, renamed, stamped", at(1, 1), at(1, 2), 3, true},
		{"stamped in the tick of the rename", at(1, 1), at(1, 2), 2, false},
		{"renamed in the tick of the write", at(1, 1), at(1, 1), 3, false},
		{"edited after the rename", at(1, 1), at(2, 2), 3, false},
		{"another inode", at(1, 1), stat{1, 1, 2, 8}, 3, false},
		{"another size", at(1, 1), stat{2, 1, 2, 7}, 3, false},
		{"the clock was set back before the stamp", at(10, 10), at(10, 11), 3, false},
		{"the clock was set back before the rename", at(10, 10), at(10, 2), 12, false},
		{"no change time", stat{}, stat{}, 3, false},
	} {
		if got := test.written.settled(test.now, test.clock).known(); got != test.known {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	now := 100 * second
	for _, test := range []struct {
		name  string
		stat  stat
		known bool
	}{
		{"long ago", at(second, second), true},
		{"a second before it was read", at(second, now-second), false},
		{"in the future", at(now+second, second), false},
		{"no change time", stat{}, false},
	} {
		if got := seen(test.stat, time.Now(), now).known(); got != test.known {
			t.Errorf("seen, %s: %v", test.name, got)
		}
	}
}

// TestClockGoesBack edits a file under a clock that was set back, so that it looks older.
func TestClockGoesBack(t *testing.T) {
	dir := t.TempDir()
	files := tree{"a.json": "A"}
	publishSettled(t, dir, build(files))
	write(t, dir+"/prod/a.json", "X")
	past := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(dir+"/prod/a.json", past, past); err != nil {
		t.Fatal(err)
	}
	if fresh, changes, _, _ := look(t, dir, build(files)); fresh || changes != "a.json:conflict manifest:unchanged" {
		t.Errorf("fresh: %v, %s", fresh, changes)
	}
}

// TestReadInVainOnce holds that a tree whose files were all touched, as by git checkout, is read
// once and then known, without a change of the tree.
func TestReadInVainOnce(t *testing.T) {
	files := tree{}
	for i := range 2 * refreshAfter {
		files[fmt.Sprintf("d%d/%d.json", i%7, i)] = fmt.Sprint(i)
	}
	for _, way := range []string{"Fresh", "Compare"} {
		dir := t.TempDir()
		publishSettled(t, dir, build(files))
		before := readTree(t, dir+"/prod")
		past := time.Now().Add(-time.Hour)
		for name := range files {
			if err := os.Chtimes(dir+"/prod/"+name, past, past); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(coarsest + tick)
		tr := open(t, dir)
		if way == "Fresh" {
			if _, fresh := tr.Fresh(t.Context(), "prod", "v1", build(files).Inputs); !fresh {
				t.Error("not fresh")
			}
		}
		if err := tr.Close(); err != nil {
			t.Fatal(err)
		}
		if way == "Compare" {
			publish(t, dir, build(files))
		}
		if fresh, changes, freshRead, compareRead := look(t, dir, build(files)); !fresh || freshRead+compareRead != 0 {
			t.Errorf("%s: fresh: %v, %d and %d files read, %s", way, fresh, freshRead, compareRead, changes)
		}
		if fmt.Sprint(readTree(t, dir+"/prod")) != fmt.Sprint(before) {
			t.Error("the tree has changed")
		}
	}
}
