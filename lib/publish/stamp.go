package publish

import (
	"cmp"
	"context"
	"encoding/json"
)

// stamp remembers which program and which inputs made the tree that is on disk, so that a
// build with nothing to do need not evaluate anything.
type stamp struct {
	Identity string `json:"identity"`
	Inputs   string `json:"inputs"`
	Manifest string `json:"manifest"` // SHA-256 of the manifest's bytes
}

func stampName(environment string) string { return stateDir + "/" + environment + ".stamp.json" }

// Fresh tells whether the tree of an environment is, byte for byte, what a build by the
// same program (identity) from the same inputs (Build.Stamp) left there, and how many files
// it has. It is false in every doubt.
func (t *Tree) Fresh(ctx context.Context, environment, identity, inputs string) (files int, fresh bool) {
	s, ok := t.readStamp(environment)
	if !ok || s.Identity != identity || s.Inputs != inputs {
		return 0, false
	}
	d, err := t.scan(ctx, environment)
	if err != nil {
		return 0, false
	}
	defer func() { _ = d.close() }()
	data, manifest, err := t.readManifest(environment, d)
	if err != nil || manifest == nil || digest(data) != s.Manifest || len(d.leftovers) > 0 {
		return 0, false
	}
	if _, unfinished, err := t.readJournal(environment); err != nil || unfinished {
		return 0, false
	}
	for _, f := range manifest.Files {
		if !d.holds(f) {
			return 0, false
		}
	}
	return len(manifest.Files), true
}

// holds tells whether a file on disk has the bytes that the manifest says.
func (d *disk) holds(f File) bool {
	mode, exists := d.entries[string(f.Path)]
	if !exists || !mode.IsRegular() {
		return false
	}
	data, err := d.root.ReadFile(string(f.Path))
	return err == nil && int64(len(data)) == f.Size && digest(data) == f.SHA256
}

func (t *Tree) readStamp(environment string) (stamp, bool) {
	if t.root == nil || checkEnvironment(environment) != nil {
		return stamp{}, false
	}
	var s stamp
	data, err := t.root.ReadFile(stampName(environment))
	if err != nil || json.Unmarshal(data, &s) != nil {
		return stamp{}, false
	}
	return s, true
}

// refreshStamp writes the stamp of a plan that has just been carried out, unless it is there
// already. The stamp only saves time: failing to write it costs the next build an evaluation.
func (t *Tree) refreshStamp(p *Plan) {
	name := stampName(p.Environment)
	if p.manifest == nil {
		_ = t.root.Remove(name)
		return
	}
	now := stamp{Identity: p.build.Identity, Inputs: cmp.Or(p.build.Stamp, p.build.Inputs), Manifest: digest(p.manifest)}
	if old, ok := t.readStamp(p.Environment); now.Identity == "" || ok && old == now {
		return
	}
	data, err := json.Marshal(now)
	if err != nil {
		return
	}
	temp, err := t.writeTemp(t.root, "", name, data)
	if err == nil {
		err = t.root.Rename(temp, name)
	}
	if err != nil && temp != "" {
		_ = t.root.Remove(temp)
	}
}
