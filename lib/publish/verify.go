package publish

import (
	"context"
	"errors"
	"io/fs"
	"slices"
)

// Report is what Verify found in one environment's tree. Every list is sorted.
type Report struct {
	Environment string `json:"environment"`
	// Files and Bytes count what the manifest lists.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Missing files stand in the manifest only.
	Missing []string `json:"missing,omitempty"`
	// Changed files do not have the manifest's bytes.
	Changed []string `json:"changed,omitempty"`
	// Unexpected files stand in the tree only.
	Unexpected []string `json:"unexpected,omitempty"`
	// Unfinished is set when a build was killed and none has finished its job yet.
	Unfinished bool `json:"unfinished,omitempty"`
	// Manifest says what is wrong with the manifest, if anything.
	Manifest string `json:"manifest,omitempty"`
}

// OK tells whether the tree is exactly what the manifest says.
func (r *Report) OK() bool {
	return r.Manifest == "" && !r.Unfinished && len(r.Missing)+len(r.Changed)+len(r.Unexpected) == 0
}

// Verify compares an environment's tree with its manifest and reads every file. The error is for what could not be
// read; what is wrong with the tree stands in the report.
func (t *Tree) Verify(ctx context.Context, environment string) (*Report, error) {
	d, err := t.scan(ctx, environment, false)
	if err != nil {
		return nil, err
	}
	report, err := t.verify(ctx, environment, d)
	return report, errors.Join(err, d.close())
}

func (t *Tree) verify(ctx context.Context, environment string, d *disk) (*Report, error) {
	r := &Report{Environment: environment}
	_, manifest, err := t.readManifest(environment, d)
	var damaged *ManifestError
	switch {
	case errors.As(err, &damaged):
		r.Manifest = damaged.Error()
		return r, nil
	case err != nil:
		return nil, err
	case manifest == nil:
		r.Manifest = t.at(environment+"/"+ManifestName) + ": there is no manifest; run dashc build"
	}
	if _, r.Unfinished, err = t.readJournal(environment); err != nil {
		return nil, err
	}
	files := 0
	if manifest != nil {
		files = len(manifest.Files)
	}
	r.Unexpected = d.unexpected(files, func(i int) (string, bool) { return string(manifest.Files[i].Path), true })
	r.Unexpected = append(r.Unexpected, d.leftovers...)
	slices.Sort(r.Unexpected)
	if manifest == nil {
		return r, nil
	}
	changed := make([]bool, files)
	missing := make([]bool, files)
	err = t.eachFile(ctx, files, d.root, nil, func(i int, in *directories) error {
		f := &manifest.Files[i]
		_, isFile := d.find(string(f.Path))
		_, isOther := d.others[string(f.Path)]
		missing[i] = !isFile && !isOther
		changed[i] = isOther || isFile && !t.holds(in, f)
		return nil
	})
	for i := range manifest.Files {
		f := &manifest.Files[i]
		r.Files++
		r.Bytes += f.Size
		switch {
		case missing[i]:
			r.Missing = append(r.Missing, string(f.Path))
		case changed[i]:
			r.Changed = append(r.Changed, string(f.Path))
		}
	}
	return r, err
}

// holds reads a file and tells whether it has the bytes that the manifest says.
func (t *Tree) holds(in *directories, f *File) bool {
	dir, base, err := in.of(string(f.Path))
	if err != nil {
		return false
	}
	r, err := t.readFile(dir, base)
	return err == nil && r.size == f.Size && r.sum.String() == f.SHA256
}

// Environments returns the names of the trees that carry a manifest of the given project,
// sorted, so that the caller can take those away whose environment is no more. A tree
// whose manifest is damaged is not listed.
func (t *Tree) Environments(project string) ([]string, error) {
	if t.root == nil {
		return nil, nil
	}
	entries, err := fs.ReadDir(t.root.FS(), ".")
	if err != nil {
		return nil, machine("read", t.dir, err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() || checkEnvironment(entry.Name()) != nil {
			continue
		}
		name := entry.Name() + "/" + ManifestName
		info, err := t.root.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		data, err := t.root.ReadFile(name)
		if err != nil {
			return nil, machine("read", t.at(name), err)
		}
		if m, err := ParseManifest(t.at(name), data); err == nil && m.Project == project && m.Environment == entry.Name() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
