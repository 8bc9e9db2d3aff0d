// Package publish makes the rendered tree on disk agree with a build's artifacts: it compares
// first, stages every changed file, renames them into place, prunes what only the old manifest
// owns, and writes the manifest last. It never touches a file that already agrees, never
// deletes or overwrites what no build wrote (unless forced), and never leaves a torn file.
//
// A build does, under one lock on the output directory:
//
//	tree, err := publish.Open(ctx, "out", publish.Options{})
//	files, fresh := tree.Fresh(ctx, env, identity, stamp) // fresh: nothing to do
//	plan, err := tree.Compare(ctx, publish.Build{...})     // what differs; writes nothing
//	staged, err := tree.Stage(ctx, plan)                  // temporary files beside their targets
//	err = staged.Commit(ctx)                              // or staged.Discard()
//
// With several environments, Stage all of them before the first Commit: a full disk or a
// missing permission then shows before anything has changed.
package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// stateDir is dashc's own corner of the output directory: the lock, journals and stamps. It
// ignores itself in git, and no reader of the tree ever looks into it.
const stateDir = ".dashc"

// Modes of what is created; the umask narrows them.
const (
	dirMode  fs.FileMode = 0o755
	fileMode fs.FileMode = 0o644
)

// Options says how Open treats the output directory.
type Options struct {
	// NoWait makes Open fail with ErrLocked when another build holds the lock.
	NoWait bool
	// ReadOnly opens the directory for Compare, Fresh, Verify and Environments only: nothing is
	// created, not even the lock, and the directory may be missing.
	ReadOnly bool
	// Writers is the number of files that are hashed, read, written or renamed at once; 0 stands
	// for 1. What is written, and the error of what fails, do not depend on it.
	Writers int
	// Waiting, when set, is called once if Open has to wait for another build.
	Waiting func()
}

// Tree is an output directory under this process's lock. Close it to let others in. Its
// methods use several goroutines themselves (Options.Writers) and are not safe for concurrent use.
type Tree struct {
	dir      string
	root     *os.Root // nil when a read-only tree does not exist
	lock     *lock
	readOnly bool
	writers  int
	buffers  sync.Pool    // of *[]byte, for the contents of files
	read     atomic.Int64 // files whose contents were read
	hook     hook
}

// buffer returns a buffer for the content of one file, and what gives it back.
func (t *Tree) buffer() (*[]byte, func()) {
	b, ok := t.buffers.Get().(*[]byte)
	if !ok {
		b = new([]byte)
	}
	return b, func() { t.buffers.Put(b) }
}

// Open locks outDir, creating it when it is missing, and returns it as a Tree. It waits for
// another build to finish unless Options.NoWait is set; ctx ends the wait.
func Open(ctx context.Context, outDir string, options Options) (*Tree, error) {
	t := &Tree{dir: outDir, readOnly: options.ReadOnly, writers: max(1, options.Writers)}
	if !t.readOnly {
		if err := os.MkdirAll(outDir, dirMode); err != nil {
			return nil, machine("create", outDir, err)
		}
	}
	root, err := os.OpenRoot(outDir)
	switch {
	case err == nil:
		t.root = root
	case t.readOnly && errors.Is(err, fs.ErrNotExist):
		return t, nil
	default:
		return nil, machine("open", outDir, err)
	}
	if err := t.prepareState(); err != nil {
		return nil, errors.Join(err, t.root.Close())
	}
	if t.lock, err = acquire(ctx, filepath.Join(outDir, stateDir, "lock"), options); err != nil {
		return nil, errors.Join(err, t.root.Close())
	}
	if !t.readOnly {
		t.clearState()
	}
	return t, nil
}

// clearState removes the temporary files that a killed build left in dashc's own directory.
// Under the lock they are certainly no one's.
func (t *Tree) clearState() {
	entries, err := fs.ReadDir(t.root.FS(), stateDir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if isTemp(entry.Name()) {
			_ = t.root.Remove(stateDir + "/" + entry.Name())
		}
	}
}

// prepareState creates dashc's own directory with the .gitignore that hides it.
func (t *Tree) prepareState() error {
	info, err := t.root.Lstat(stateDir)
	switch {
	case err == nil && !info.IsDir():
		return &TreeError{Path: t.at(stateDir), Problem: "is not a directory", Remedy: "remove it; dashc keeps its lock and journals there"}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return machine("open", t.at(stateDir), err)
	}
	if t.readOnly {
		return nil
	}
	if err != nil {
		if err := t.root.Mkdir(stateDir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return machine("create", t.at(stateDir), err)
		}
	}
	for _, name := range []string{stateDir + "/lock", stateDir + "/.gitignore"} {
		if info, err := t.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return &TreeError{Path: t.at(name), Problem: "is not a regular file", Remedy: "remove it; dashc creates it again"}
		}
	}
	ignore := stateDir + "/.gitignore"
	if info, err := t.root.Lstat(ignore); err == nil && info.Size() > 0 {
		return nil
	}
	if err := t.root.WriteFile(ignore, []byte("*\n"), fileMode); err != nil {
		return machine("write", t.at(ignore), err)
	}
	return nil
}

// Close gives up the lock.
func (t *Tree) Close() error {
	var errs []error
	if t.lock != nil {
		errs = append(errs, t.lock.release())
	}
	if t.root != nil {
		errs = append(errs, t.root.Close())
	}
	return errors.Join(errs...)
}

// at returns a place in the output directory as messages show it.
func (t *Tree) at(name string) string { return filepath.Join(t.dir, filepath.FromSlash(name)) }
