package publish

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// Build is one environment as a build made it: what the tree shall hold.
type Build struct {
	Project     string
	Environment string
	// Tool is the dashc version, for the manifest.
	Tool string
	// Inputs is the digest of everything the build read, for the manifest.
	Inputs string
	// Identity and Stamp are what Tree.Fresh compares: the program with its options, and the
	// digest of everything the next build could read. An empty Identity writes no stamp; an empty
	// Stamp stands for Inputs.
	Identity, Stamp string
	// Artifacts is the whole tree. An empty list takes the environment away: every file that
	// the manifest owns, and the manifest.
	Artifacts []artifact.Artifact
	// Force replaces files that were edited by hand, and a damaged manifest.
	Force bool
}

// State says what a build means for one file.
type State int

// The states of a file.
const (
	Unchanged State = iota // on disk as it shall be; not touched
	New                    // not on disk
	Changed                // on disk as a build left it, with other bytes
	Removed                // no longer made, and on disk as a build left it
	Conflict               // on disk as no build left it: edited, or never ours
)

// String returns the word that reports print.
func (s State) String() string {
	return [...]string{"unchanged", "new", "changed", "removed", "conflict"}[s]
}

// MarshalText writes the state as its word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Change is one file of a plan.
type Change struct {
	Path  artifact.Path `json:"path"`
	State State         `json:"state"`
	// Source is the entry that makes the file, or made it.
	Source string `json:"source,omitempty"`
	// Size is the number of bytes the file shall have; 0 for a removed one.
	Size int64 `json:"size"`
	// Reason says why a file is in conflict; with Force it stands at the change that overrides it.
	Reason string `json:"reason,omitempty"`
}

// Plan is what a build would do to one environment's tree.
type Plan struct {
	Environment string `json:"environment"`
	// Files holds every file that is wanted or owned, unchanged ones too, sorted by path.
	Files []Change `json:"files"`
	// Manifest is what becomes of the manifest itself: Unchanged, New, Changed or Removed.
	Manifest State `json:"manifest"`
	// Leftovers are temporary files of killed builds, which the next commit clears away.
	Leftovers []string `json:"leftovers,omitempty"`
	// Unexpected are files in the tree that no build wrote and none wants. They are left alone.
	Unexpected []string `json:"unexpected,omitempty"`

	build    Build
	manifest []byte // the new manifest; nil when the environment is taken away
	journal  journal
	stale    bool // a journal of an unfinished build is on disk
	wanted   map[artifact.Path]artifact.Artifact
	vacated  []artifact.Path // once ours and no longer wanted; their directories may be empty now
	sums     map[artifact.Path]string
}

// Differences returns the files that are not as they shall be, sorted by path.
func (p *Plan) Differences() []Change {
	return p.in(func(s State) bool { return s != Unchanged })
}

// Conflicts returns the files that a commit would refuse to touch.
func (p *Plan) Conflicts() []Change { return p.in(func(s State) bool { return s == Conflict }) }

// Count returns the number of files in a state.
func (p *Plan) Count(state State) int { return len(p.in(func(s State) bool { return s == state })) }

// Differs tells whether a commit would change anything in the tree, the manifest included.
func (p *Plan) Differs() bool {
	return p.Manifest != Unchanged || len(p.Leftovers) > 0 || len(p.Differences()) > 0
}

func (p *Plan) in(match func(State) bool) []Change {
	var found []Change
	for _, c := range p.Files {
		if match(c.State) {
			found = append(found, c)
		}
	}
	return found
}

// Compare finds out what a build would change, and changes nothing.
func (t *Tree) Compare(ctx context.Context, b Build) (*Plan, error) {
	if err := checkPaths(b.Environment, b.Artifacts); err != nil {
		return nil, err
	}
	d, err := t.scan(ctx, b.Environment)
	if err != nil {
		return nil, err
	}
	plan, err := t.compare(ctx, b, d)
	return plan, errors.Join(err, d.close())
}

func (t *Tree) compare(ctx context.Context, b Build, d *disk) (*Plan, error) {
	oldBytes, old, err := t.ownedBy(b, d)
	if err != nil {
		return nil, err
	}
	p := &Plan{Environment: b.Environment, Leftovers: d.leftovers, build: b, wanted: map[artifact.Path]artifact.Artifact{}, sums: map[artifact.Path]string{}}
	slices.Sort(p.Leftovers)
	if p.journal, p.stale, err = t.readJournal(b.Environment); err != nil {
		return nil, err
	}
	owned := old.index()
	for _, a := range b.Artifacts {
		p.wanted[a.Path], p.sums[a.Path] = a, digest(a.Bytes)
	}
	for _, name := range everyPath(p.wanted, owned, p.journal) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, isWanted := p.wanted[name]; !isWanted {
			p.vacated = append(p.vacated, name)
		}
		change, relevant, err := t.compareFile(p, d, name, owned)
		if err != nil {
			return nil, err
		}
		if relevant {
			p.Files = append(p.Files, change)
		}
	}
	if len(b.Artifacts) > 0 {
		if p.manifest, err = newManifest(b, p.sums).encode(); err != nil {
			return nil, err
		}
	}
	p.Manifest = compareBytes(oldBytes, p.manifest)
	p.Unexpected = d.unexpected(func(name artifact.Path) bool {
		_, isWanted := p.wanted[name]
		_, isOwned := owned[name]
		return isWanted || isOwned || len(p.journal[name]) > 0
	})
	return p, nil
}

// ownedBy reads the old manifest and decides whether this build may act on it.
func (t *Tree) ownedBy(b Build, d *disk) ([]byte, *Manifest, error) {
	data, old, err := t.readManifest(b.Environment, d)
	var damaged *ManifestError
	switch {
	case errors.As(err, &damaged) && b.Force && data != nil:
		return data, nil, nil
	case err != nil || old == nil:
		return data, nil, err
	case old.Project != b.Project && !b.Force:
		return nil, nil, &TreeError{
			Path:    t.at(b.Environment),
			Problem: "was written by the project " + quote(old.Project) + ", and this one is " + quote(b.Project),
			Remedy:  "name another directory with --out-dir, or build with --force to take it over",
		}
	}
	return data, old, nil
}

// readManifest returns an environment's manifest with its bytes, or nothing when there is none.
func (t *Tree) readManifest(environment string, d *disk) ([]byte, *Manifest, error) {
	name := environment + "/" + ManifestName
	mode, exists := d.entries[ManifestName]
	if !exists {
		return nil, nil, nil
	}
	if !mode.IsRegular() {
		return nil, nil, &TreeError{Path: t.at(name), Problem: "is not a regular file", Remedy: "move it away and build again"}
	}
	data, err := d.root.ReadFile(ManifestName)
	if err != nil {
		return nil, nil, machine("read", t.at(name), err)
	}
	m, err := ParseManifest(t.at(name), data)
	if err == nil && m.Environment != environment {
		err = &ManifestError{Path: t.at(name), Problem: "belongs to the environment " + quote(m.Environment)}
	}
	if err != nil {
		return data, nil, err
	}
	return data, m, nil
}

// compareFile decides on one path. It is not relevant when the path is neither wanted nor on disk.
func (t *Tree) compareFile(p *Plan, d *disk, name artifact.Path, owned map[artifact.Path]File) (Change, bool, error) {
	a, isWanted := p.wanted[name]
	change := Change{Path: name, State: New, Source: a.Source, Size: int64(len(a.Bytes))}
	if isWanted {
		if err := d.blocked(name, func(in string) string { return t.at(p.Environment + "/" + in) }); err != nil {
			return change, false, err
		}
	}
	mode, exists := d.entries[string(name)]
	if !exists {
		return change, isWanted, nil
	}
	if !isWanted && mode.IsDir() {
		return change, false, nil
	}
	previous, isOwned := owned[name]
	if !isWanted {
		change.Source = previous.Source
	}
	sum, reason := "", "is not a regular file, and no build made it"
	if mode.IsRegular() {
		data, err := d.root.ReadFile(string(name))
		if err != nil {
			return change, false, machine("read", t.at(p.Environment+"/"+string(name)), err)
		}
		sum = digest(data)
		ours := isOwned && sum == previous.SHA256 || slices.Contains(p.journal[name], sum)
		switch {
		case isWanted && sum == p.sums[name]:
			change.State = Unchanged
			return change, true, nil
		case ours || len(data) == 0: // an empty file is torn, or holds no one's work
			reason = ""
		case isOwned:
			reason = "was edited since the last build"
		default:
			reason = "was not written by a build"
		}
	}
	change.Reason = reason
	switch {
	case reason != "" && !p.build.Force:
		change.State = Conflict
	case isWanted:
		change.State = Changed
	default:
		change.State = Removed
	}
	return change, true, nil
}

// unexpected lists the files that known does not know.
func (d *disk) unexpected(known func(artifact.Path) bool) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(d.entries)) {
		if mode := d.entries[name]; !mode.IsDir() && name != ManifestName && !known(artifact.Path(name)) {
			found = append(found, name)
		}
	}
	return found
}

func everyPath(wanted map[artifact.Path]artifact.Artifact, owned map[artifact.Path]File, pending journal) []artifact.Path {
	all := map[artifact.Path]bool{}
	for name := range wanted {
		all[name] = true
	}
	for name := range owned {
		all[name] = true
	}
	for name := range pending {
		all[name] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func compareBytes(old, new []byte) State {
	switch {
	case old == nil && new == nil, old != nil && new != nil && string(old) == string(new):
		return Unchanged
	case old == nil:
		return New
	case new == nil:
		return Removed
	}
	return Changed
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
