package publish

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
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

// Verify compares an environment's tree with its manifest. The error is for what could not be
// read; what is wrong with the tree stands in the report.
func (t *Tree) Verify(ctx context.Context, environment string) (*Report, error) {
	d, err := t.scan(ctx, environment)
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
	owned := manifest.index()
	r.Unexpected = d.unexpected(func(p artifact.Path) bool { _, known := owned[p]; return known })
	r.Unexpected = append(r.Unexpected, d.leftovers...)
	slices.Sort(r.Unexpected)
	if manifest == nil {
		return r, nil
	}
	for _, f := range manifest.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.Files++
		r.Bytes += f.Size
		if _, exists := d.entries[string(f.Path)]; !exists {
			r.Missing = append(r.Missing, string(f.Path))
		} else if !d.holds(f) {
			r.Changed = append(r.Changed, string(f.Path))
		}
	}
	return r, nil
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
