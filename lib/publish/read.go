package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
)

// Reading is one environment's tree as it lies on disk, whoever wrote it. Close it.
type Reading struct {
	tree        *Tree
	environment string
	disk        *disk
	manifest    *Manifest // nil where there is none, or it is damaged
}

// Read opens an environment's tree. One that does not exist has no files; with a damaged
// manifest no file is owned.
func (t *Tree) Read(ctx context.Context, environment string) (*Reading, error) {
	d, err := t.scan(ctx, environment, false)
	if err != nil {
		return nil, err
	}
	_, manifest, err := t.readManifest(environment, d)
	var damaged *ManifestError
	if err != nil && !errors.As(err, &damaged) {
		return nil, errors.Join(err, d.close())
	}
	if err != nil {
		manifest = nil
	}
	return &Reading{tree: t, environment: environment, disk: d, manifest: manifest}, nil
}

// Files lists everything in the tree but folders and the manifest, sorted.
func (r *Reading) Files() []artifact.Path {
	var files []artifact.Path
	for _, file := range r.disk.files {
		if file.path != ManifestName {
			files = append(files, artifact.Path(file.path))
		}
	}
	for name, mode := range r.disk.others {
		if !mode.IsDir() {
			files = append(files, artifact.Path(name))
		}
	}
	slices.Sort(files)
	return files
}

// Missing lists the files of the manifest that are not there; known is false where there is no
// readable manifest.
func (r *Reading) Missing() (missing []artifact.Path, known bool) {
	if r.manifest == nil {
		return nil, false
	}
	for _, file := range r.manifest.Files {
		if _, there := r.disk.find(string(file.Path)); !there {
			missing = append(missing, file.Path)
		}
	}
	return missing, true
}

// Owns tells whether the manifest lists a file, so that a build may replace or delete it.
func (r *Reading) Owns(p artifact.Path) bool {
	if r.manifest == nil {
		return false
	}
	_, owned := r.manifest.find(p)
	return owned
}

// File returns a file's bytes, nil where there is none. What is no regular file is never
// followed nor opened; its bytes say what it is.
func (r *Reading) File(p artifact.Path) ([]byte, error) {
	if mode, isOther := r.disk.others[string(p)]; isOther {
		switch {
		case mode.IsDir():
			return nil, nil
		case mode&fs.ModeSymlink != 0:
			return []byte("(a symbolic link)\n"), nil
		}
		return []byte("(no regular file)\n"), nil
	}
	if _, isFile := r.disk.find(string(p)); !isFile {
		return nil, nil
	}
	data, err := r.disk.root.ReadFile(string(p))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, machine("read", r.tree.at(r.environment+"/"+string(p)), err)
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

// Close gives the directory back.
func (r *Reading) Close() error { return r.disk.close() }
