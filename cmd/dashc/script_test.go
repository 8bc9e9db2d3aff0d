package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dashc": main})
}

// Each script in testdata/script runs the real command on a small project. Beside the
// commands of testscript there are:
//
//	exits CODE COMMAND...   runs a command that must end with that exit code
//	snapshot DIR            remembers every file below DIR: bytes, modification time, inode's kind
//	unchanged DIR           fails if DIR is not as snapshot found it
//	bytesunchanged DIR      the same without modification times
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			repository, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			env.Setenv("REPOSITORY", repository) // for scripts that want the example's metrics or library
			return os.CopyFS(env.WorkDir, os.DirFS("testdata/project"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":          exits,
			"snapshot":       snapshot,
			"unchanged":      unchanged(true),
			"bytesunchanged": unchanged(false),
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	for _, output := range []string{ts.ReadFile("stdout"), ts.ReadFile("stderr")} {
		if strings.Contains(output, "goroutine ") || strings.Contains(output, ".go:") {
			ts.Fatalf("the output shows a Go stack")
		}
	}
}

// snapshots are kept in the script's own environment, as files outside of the project.
func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: snapshot DIR")
	}
	dir := ts.MkAbs(args[0])
	for _, times := range []bool{true, false} {
		state, err := describe(dir, times)
		ts.Check(err)
		ts.Check(os.WriteFile(snapshotFile(ts, args[0], times), []byte(state), 0o600))
	}
}

func unchanged(times bool) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: unchanged DIR")
		}
		before, err := os.ReadFile(snapshotFile(ts, args[0], times))
		ts.Check(err)
		after, err := describe(ts.MkAbs(args[0]), times)
		ts.Check(err)
		if string(before) != after {
			ts.Fatalf("%s has changed; before:\n%s\nafter:\n%s", args[0], before, after)
		}
	}
}

func snapshotFile(ts *testscript.TestScript, name string, times bool) string {
	return filepath.Join(ts.Getenv("TMPDIR"), fmt.Sprintf("snapshot-%s-%t", strings.ReplaceAll(name, "/", "_"), times))
}

func describe(dir string, times bool) (string, error) {
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, item fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == dir {
			b.WriteString("absent\n")
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		info, err := item.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s", strings.TrimPrefix(path, dir), info.Mode().Type())
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(content))
			if times {
				fmt.Fprintf(&b, " %d", info.ModTime().UnixNano())
			}
		}
		b.WriteString("\n")
		return nil
	})
	return b.String(), err
}
