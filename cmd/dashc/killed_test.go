package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A build that is killed anywhere leaves only whole files, each of the old or of the new
// version, and the next build finishes the job without complaint.
func TestKilledBuildIsFinishedByTheNext(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/project")); err != nil {
		t.Fatal(err)
	}
	versions := []map[string]string{}
	var duration time.Duration // of a build
	for version := range 2 {
		writeManyDashboards(t, root, version)
		out := fmt.Sprintf("clean%d", version)
		start := time.Now()
		if output, err := dashc(root, "build", "--out-dir", out).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		duration = time.Since(start)
		versions = append(versions, contents(t, filepath.Join(root, out)))
	}
	if output, err := dashc(root, "build").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	const rounds = 12
	killed := 0
	for round := range rounds {
		version := round % 2
		writeManyDashboards(t, root, version)
		build := dashc(root, "build")
		if err := build.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(duration/2 + time.Duration(rand.Int64N(int64(duration))))
		_ = build.Process.Kill() // the build may be over already
		if build.Wait() != nil {
			killed++
		}
		for name, got := range contents(t, filepath.Join(root, "out")) {
			if strings.HasSuffix(name, ".tmp") {
				continue
			}
			if got != versions[0][name] && got != versions[1][name] {
				t.Fatalf("round %d: %s is neither the old file nor the new one", round, name)
			}
		}
		if output, err := dashc(root, "build").CombinedOutput(); err != nil {
			t.Fatalf("round %d: the next build fails: %v\n%s", round, err, output)
		}
		if after := contents(t, filepath.Join(root, "out")); !equal(after, versions[version]) {
			t.Fatalf("round %d: the next build did not finish the job: %d files, want %d", round, len(after), len(versions[version]))
		}
	}
	if killed == 0 {
		t.Fatal("no build was killed in time; the test proves nothing")
	}
	t.Logf("%d of %d builds were killed", killed, rounds)
}

// dashc is this test binary, which TestMain turns into the command.
func dashc(dir string, args ...string) *exec.Cmd {
	executable, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return &exec.Cmd{Path: executable, Args: append([]string{"dashc"}, args...), Dir: dir, Env: os.Environ()}
}

const manyDashboards = 30

func writeManyDashboards(t *testing.T, root string, version int) {
	t.Helper()
	for i := range manyDashboards {
		// Version 1 makes one dashboard less, so that files are removed and added as well.
		file := filepath.Join(root, "jsonnet", "dashboards", fmt.Sprintf("d%d.jsonnet", i))
		if version == 1 && i == 0 {
			if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			continue
		}
		source := fmt.Sprintf("function(env) { title: 'D%d', uid: 'd%d', schemaVersion: 39, description: std.repeat('%d', 2000) }\n", i, i, version)
		if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// contents returns the digest of every file below dir, without dashc's own state.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, item fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if item.Name() == ".dashc" {
			return fs.SkipDir
		}
		if item.IsDir() {
			return nil
		}
		content, err := os.ReadFile(path)
		name := strings.TrimPrefix(path, dir)
		files[name] = fmt.Sprintf("%d %x", len(content), sha256.Sum256(bytes.TrimSpace(content)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, content := range a {
		if b[name] != content {
			return false
		}
	}
	return true
}
