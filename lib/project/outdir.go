package project

import (
	"path/filepath"
	"strings"
)

// OutDirProblem says why trees must not be written to a directory, or "". A build makes and
// removes files there, so it must hold none of the project's sources and be none of their folders.
func (p *Project) OutDirProblem(dir string) string {
	dir, root := resolved(dir), resolved(p.Root)
	switch dir {
	case filepath.Dir(dir):
		return "is the root of the file system"
	case root:
		return "is the project's own folder"
	}
	sources := []string{filepath.Join(p.Root, SourceDir), filepath.Join(p.Root, environmentsDir)}
	for _, folder := range append(sources, p.LibraryPath...) {
		real := resolved(folder)
		switch {
		case dir == real:
			return "is the folder of sources " + folder
		case isBelow(real, dir):
			return "holds the folder of sources " + folder
		case isBelow(dir, real) && real != root && !isBelow(root, real): // a library may hold the whole project
			return "lies in the folder of sources " + folder
		}
	}
	return ""
}

// isBelow tells whether a path lies in a folder and is not the folder itself.
func isBelow(path, folder string) bool {
	short, err := filepath.Rel(folder, path)
	return err == nil && short != "." && short != ".." && !strings.HasPrefix(short, ".."+string(filepath.Separator))
}

// resolved follows the symbolic links of a path as far as it exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(resolved(parent), filepath.Base(path))
}
