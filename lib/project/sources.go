package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// sourceExtensions are those of Jsonnet files: entries and libraries.
var sourceExtensions = []string{entryExtension, ".libsonnet"}

// Sources returns the project's own Jsonnet files, everything below jsonnet/, relative to the
// root with forward slashes and sorted.
func (p *Project) Sources() ([]string, error) {
	dir := filepath.Join(p.Root, SourceDir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	files, err := p.NamedSources([]string{dir})
	if err != nil {
		return nil, readError(SourceDir, err)
	}
	return files, nil
}

// NamedSources returns the Jsonnet files that paths name: files themselves, or everything
// below folders, relative to the current directory. The result is like that of Sources; symbolic links are resolved, so that each
// file is named once.
func (p *Project) NamedSources(paths []string) ([]string, error) {
	root, err := filepath.EvalSymlinks(p.Root)
	if err != nil {
		return nil, err
	}
	s := sourceSearch{root: root, found: map[string]bool{}}
	for _, dir := range append(slices.Clone(p.LibraryPath), p.OutDir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			s.foreign = append(s.foreign, real)
		}
	}
	for _, path := range paths {
		if err := s.name(path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	var files []string
	for file := range s.found {
		files = append(files, filepath.ToSlash(file))
	}
	slices.Sort(files)
	return files, nil
}

// sourceSearch collects files below a resolved root.
type sourceSearch struct {
	root    string
	foreign []string // resolved folders with files that are not the project's own
	found   map[string]bool
}

// name adds what one path names, which must exist.
func (s *sourceSearch) name(path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(absolute)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no such file or folder")
	}
	if err != nil {
		return causeOf(err)
	}
	if !within(real, s.root) {
		return fmt.Errorf("lies outside of the project in %s; name its project with --project", s.root)
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return s.walk(real)
	case !info.Mode().IsRegular():
		return errors.New("is not a regular file")
	case !isSource(real):
		return errors.New("is no Jsonnet file; its name would end in " + strings.Join(sourceExtensions, " or "))
	}
	return s.add(real)
}

func isSource(path string) bool {
	return slices.Contains(sourceExtensions, filepath.Ext(path))
}

func (s *sourceSearch) add(real string) error {
	relative, err := filepath.Rel(s.root, real)
	s.found[relative] = true
	return err
}

// walk adds the sources below a folder. Hidden files, the library path and rendered trees are
// passed over, unless the folder is part of them.
func (s *sourceSearch) walk(dir string) error {
	return filepath.WalkDir(dir, func(path string, item fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == dir:
			return nil
		case item.IsDir() && (strings.HasPrefix(item.Name(), ".") || slices.Contains(s.foreign, path)):
			return fs.SkipDir
		case item.IsDir() || strings.HasPrefix(item.Name(), ".") || !isSource(path):
			return nil
		case item.Type()&fs.ModeSymlink != 0:
			return s.addLink(path)
		case !item.Type().IsRegular():
			return nil
		}
		return s.add(path)
	})
}

// addLink adds the file that a link leads to, if it is one of the project's own. A folder is
// not followed, as in a build.
func (s *sourceSearch) addLink(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || !within(real, s.root) || !isSource(real) {
		return nil // a build says what is wrong with such a link
	}
	if slices.ContainsFunc(s.foreign, func(dir string) bool { return within(real, dir) }) {
		return nil
	}
	if info, err := os.Stat(real); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return s.add(real)
}

func within(path, dir string) bool {
	relative, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(relative)
}

// maxSource is the largest source that is read, in bytes, as in an evaluation.
const maxSource = 16 << 20

// ReadSource returns the text of a file that Sources or NamedSources returned. What keeps it
// from being read comes as a finding.
func (p *Project) ReadSource(file string) (string, error) {
	refuse := func(message, hint string) (string, error) {
		return "", diagnostic.AsError(diagnostic.Diagnostic{
			Rule: "jsonnet/read", Severity: diagnostic.Error, Position: diagnostic.Position{File: file}, Message: message, Hint: hint,
		})
	}
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(file))
	switch {
	case err != nil:
		return refuse("the file cannot be read: "+causeOf(err).Error(), "")
	case !info.Mode().IsRegular():
		return refuse("the file is not a regular file", "")
	case info.Size() > maxSource:
		return refuse("the file has more than 16 MiB", "split it")
	}
	data, err := root.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return refuse("the file cannot be read: "+causeOf(err).Error(), "check its permissions")
	}
	return string(data), nil
}

func causeOf(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// FolderInRepository returns the path of a project's root inside the git repository that it
// lies in, with forward slashes: empty for the repository's own root, or where there is none.
func FolderInRepository(root string) string {
	for at := root; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			relative, err := filepath.Rel(at, root)
			if err != nil || relative == "." {
				return ""
			}
			return filepath.ToSlash(relative)
		}
		if filepath.Dir(at) == at {
			return ""
		}
	}
}
