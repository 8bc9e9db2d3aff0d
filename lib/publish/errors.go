package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// MachineError is a failure of the machine and not of the sources: a missing permission, a
// full disk, a read-only file system. The message says what to do.
type MachineError struct {
	Op   string // what was tried: "write", "rename", ...
	Path string
	Err  error
	// Untouched is set where the tree is certainly as it was before.
	Untouched bool
}

// Error says where, what and what to do.
func (e *MachineError) Error() string {
	cause := e.Err
	var pathError *fs.PathError
	var linkError *os.LinkError
	switch {
	case errors.As(cause, &pathError):
		cause = pathError.Err
	case errors.As(cause, &linkError):
		cause = linkError.Err
	}
	text := fmt.Sprintf("%s: cannot %s: %v", e.Path, e.Op, cause)
	if remedy := remedy(e.Err); remedy != "" {
		text += "; " + remedy
	}
	if e.Untouched {
		text += " (no file was changed)"
	}
	return text
}

// Unwrap returns the operating system's error.
func (e *MachineError) Unwrap() error { return e.Err }

// IsMachine tells whether err is a failure of the machine.
func IsMachine(err error) bool {
	var e *MachineError
	return errors.As(err, &e)
}

func machine(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var already *MachineError
	if errors.As(err, &already) {
		return err
	}
	return &MachineError{Op: op, Path: path, Err: err}
}

func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "free some space and build again"
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only; name a writable directory with --out-dir"
	case errors.Is(err, fs.ErrPermission):
		return "give this user the right to write there, or name another directory with --out-dir"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return "a file stands where a directory is needed; move it away or name another directory with --out-dir"
	case errors.Is(err, syscall.EIO):
		return "the disk reports an error; check it and build again"
	}
	return ""
}

// TreeError is something in the output directory, or in the set of artifacts, that a build
// cannot work with: a symbolic link, a directory where a file belongs, two artifacts with one path.
type TreeError struct {
	Path    string
	Problem string
	Remedy  string
}

// Error says where, what and what to do.
func (e *TreeError) Error() string { return fmt.Sprintf("%s: %s; %s", e.Path, e.Problem, e.Remedy) }

// ManifestError is a manifest that cannot be trusted, so that nothing can be compared with it.
type ManifestError struct {
	Path    string
	Problem string
	Remedy  string
}

// Error says where, what and what to do.
func (e *ManifestError) Error() string {
	remedy := e.Remedy
	if remedy == "" {
		remedy = "restore it from version control, or build with --force to write it again (files it no longer lists are then left in place)"
	}
	return fmt.Sprintf("%s: the manifest %s; %s", e.Path, e.Problem, remedy)
}

// ConflictError lists the files that differ from what the last build wrote, so that writing
// them would lose someone's work.
type ConflictError struct {
	Directory   string
	Environment string
	Conflicts   []Change
}

// Error names each file and why it is in the way.
func (e *ConflictError) Error() string {
	var b strings.Builder
	for _, c := range e.Conflicts {
		fmt.Fprintf(&b, "%s: %s\n", filepath.Join(e.Directory, e.Environment, filepath.FromSlash(string(c.Path))), c.Reason)
	}
	b.WriteString("nothing was written; carry the edit over to the sources and restore the file, or build with --force to replace it")
	return b.String()
}

// IsOccupied tells whether err is about what stands in the output folder already: files that
// were edited, a damaged manifest, a link where a file belongs. Nothing was written then.
func IsOccupied(err error) bool {
	var conflict *ConflictError
	var manifest *ManifestError
	var tree *TreeError
	return errors.As(err, &conflict) || errors.As(err, &manifest) || errors.As(err, &tree)
}
