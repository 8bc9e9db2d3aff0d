package publish

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

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
	// Artifacts is the whole tree; it is read until the plan is carried out. An empty list takes
	// the environment away: every file that the manifest owns, and the manifest.
	Artifacts []artifact.Artifact
	// Part tells which files this build answers for; nil means all. The others are neither read
	// nor written nor removed, and stand in the manifest as the last build left them there.
	Part func(artifact.Path) bool
	// Joined is set where the parts are built into separate trees that are laid over each other:
	// a tree without a manifest gets that of the whole build.
	Joined bool
	// Force replaces files that were edited by hand, and a damaged manifest. It reads every file.
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
	stale    bool            // a journal of an unfinished build is on disk
	wanted   []content       // sorted by path
	writes   []int           // those of wanted that are New or Changed
	vacated  []artifact.Path // once ours and no longer wanted; their directories may be empty now
	stamp    stamp           // the stamp on disk
	begun    time.Time       // when Compare began
	doubts   int             // wanted files that had to be read, and contents summed, for want of a stat or key in the stamp
}

// Differences returns the files that are not as they shall be, sorted by path.
func (p *Plan) Differences() []Change {
	return p.in(func(s State) bool { return s != Unchanged })
}

// Unknown lists the artifacts that the last build did not publish under their Key.
func (p *Plan) Unknown() []artifact.Path {
	var unknown []artifact.Path
	for i := range p.wanted {
		if c := &p.wanted[i]; c.SHA256 != "" || !c.given {
			unknown = append(unknown, c.Path)
		}
	}
	return unknown
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

// answersFor tells whether a file belongs to the part that the build makes.
func (b *Build) answersFor(p artifact.Path) bool { return b.Part == nil || b.Part(p) }

// lists tells whether the manifest describes a file as this build makes it. What another part
// makes stands there as the old manifest has it, since that is what lies on the disk.
func (b *Build) lists(p artifact.Path, old *Manifest) bool {
	return b.answersFor(p) || b.Joined && old == nil
}

// Compare finds out what a build would change, and changes nothing. It reads only files that
// may differ from what the last build wrote; see Tree.Fresh.
func (t *Tree) Compare(ctx context.Context, b Build) (*Plan, error) {
	if err := checkPaths(b.Environment, b.Artifacts); err != nil {
		return nil, err
	}
	begun := time.Now()
	old, stamped := t.readStamp(b.Environment)
	d, err := t.scan(ctx, b.Environment, stamped)
	if err != nil {
		return nil, err
	}
	p := &Plan{Environment: b.Environment, Leftovers: d.leftovers, build: b, stamp: old, begun: begun}
	return p, errors.Join(t.compare(ctx, p, d), d.close())
}

func (t *Tree) compare(ctx context.Context, p *Plan, d *disk) (err error) {
	oldBytes, old, err := t.ownedBy(p.build, d)
	if err != nil {
		return err
	}
	if p.journal, p.stale, err = t.readJournal(p.Environment); err != nil {
		return err
	}
	if old == nil || p.stamp.Manifest != digest(oldBytes) || p.build.Force {
		p.stamp.files, p.stamp.keys = nil, nil // it does not tell of these files, or is not to be believed
	}
	if p.stamp.Identity != p.build.Identity {
		p.stamp.keys = nil // they were another program's
	}
	if p.wanted, err = t.contents(ctx, p, old); err != nil {
		return err
	}
	if m := newManifest(p.build, p.wanted, old); len(p.wanted)+len(m.Files) > 0 {
		p.manifest = m.encode()
	}
	candidates := candidates(p, old, d)
	own := candidates
	if part := p.build.Part; part != nil {
		own = slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return !part(c.path) })
	}
	if err := t.readDoubtful(ctx, p, old, d, own); err != nil {
		return err
	}
	lastDir := ""
	for i := range own {
		c := &own[i]
		if c.want < 0 {
			p.vacated = append(p.vacated, c.path)
		} else if err := t.checkPlace(p, d, c.path, &lastDir); err != nil {
			return err
		}
		change, relevant := p.decide(old, c)
		if !relevant {
			continue
		}
		p.Files = append(p.Files, change)
		if change.State == New || change.State == Changed {
			p.writes = append(p.writes, c.want)
		}
	}
	p.Manifest = compareBytes(oldBytes, p.manifest)
	p.Unexpected = d.unexpected(len(candidates), func(i int) (string, bool) {
		c := &candidates[i]
		return string(c.path), c.want >= 0 || c.owned >= 0 || len(p.journal[c.path]) > 0
	})
	return nil
}

// candidate is a path that a build wants, that the manifest owns or that the journal names. Its
// numbers are places in the sorted lists; negative where the path is not listed.
type candidate struct {
	path  artifact.Path
	want  int
	owned int
	file  int         // a regular file on disk
	other fs.FileMode // what else is on disk, with exists
	// exists is set when something is on disk.
	exists  bool
	doubt   bool // the file has to be read
	reading reading
}

// candidates merges the sorted lists.
func candidates(p *Plan, old *Manifest, d *disk) []candidate {
	pending := slices.Sorted(maps.Keys(p.journal))
	var owned []File
	if old != nil {
		owned = old.Files
	}
	all := make([]candidate, 0, max(len(p.wanted), len(owned)))
	file := 0
	for w, o, j := 0, 0, 0; w < len(p.wanted) || o < len(owned) || j < len(pending); {
		c := candidate{want: -1, owned: -1, file: -1}
		first := func(name artifact.Path) {
			if c.path == "" || name < c.path {
				c.path = name
			}
		}
		if w < len(p.wanted) {
			first(p.wanted[w].Path)
		}
		if o < len(owned) {
			first(owned[o].Path)
		}
		if j < len(pending) {
			first(pending[j])
		}
		if w < len(p.wanted) && p.wanted[w].Path == c.path {
			c.want = w
			w++
		}
		if o < len(owned) && owned[o].Path == c.path {
			c.owned = o
			o++
		}
		if j < len(pending) && pending[j] == c.path {
			j++
		}
		for file < len(d.files) && d.files[file].path < string(c.path) {
			file++
		}
		if file < len(d.files) && d.files[file].path == string(c.path) {
			c.file, c.exists = file, true
		} else if len(d.others) > 0 {
			c.other, c.exists = d.others[string(c.path)]
		}
		all = append(all, c)
	}
	return all
}

// readDoubtful finds out what the candidates' files hold. A file whose stat is the one of the
// stamp holds what the manifest says; the others are read.
func (t *Tree) readDoubtful(ctx context.Context, p *Plan, old *Manifest, d *disk, candidates []candidate) error {
	var doubtful []*candidate
	for i := range candidates {
		c := &candidates[i]
		if c.file < 0 {
			continue
		}
		if on := d.files[c.file].stat; c.owned >= 0 && p.stamp.holds(c.owned, on) {
			c.reading = reading{size: old.Files[c.owned].Size, stat: on}
			c.reading.sum, _ = parseSum(old.Files[c.owned].SHA256)
			continue
		}
		c.doubt = true
		doubtful = append(doubtful, c)
	}
	return t.eachFile(ctx, len(doubtful), d.root, nil, func(i int, in *directories) error {
		c := doubtful[i]
		dir, base, err := in.of(string(c.path))
		if err == nil {
			c.reading, err = t.readFile(dir, base)
		}
		if err != nil {
			return machine("read", t.at(p.Environment+"/"+string(c.path)), err)
		}
		return nil
	})
}

// checkPlace returns why no file can be written at a path: a parent that is a link or a file,
// or a directory in its place. The last directory that was found good is not looked at again.
func (t *Tree) checkPlace(p *Plan, d *disk, name artifact.Path, lastDir *string) error {
	at := func(in string) string { return t.at(p.Environment + "/" + in) }
	if dir := path.Dir(string(name)); dir != "." && dir != *lastDir {
		if err := d.blocked(dir, at); err != nil {
			return err
		}
		*lastDir = dir
	}
	if mode, exists := d.others[string(name)]; exists && mode.IsDir() {
		return &TreeError{Path: at(string(name)), Problem: "is a directory, and the build writes a file there", Remedy: "move it away and build again"}
	}
	return nil
}

// ownedBy reads the old manifest and decides whether this build may act on it.
func (t *Tree) ownedBy(b Build, d *disk) ([]byte, *Manifest, error) {
	data, old, err := t.readManifest(b.Environment, d)
	var damaged *ManifestError
	switch {
	case errors.As(err, &damaged) && b.Force:
		return data, nil, nil
	case err != nil || old == nil:
		return nil, nil, err
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
// The bytes come with a ManifestError too.
func (t *Tree) readManifest(environment string, d *disk) ([]byte, *Manifest, error) {
	name := t.at(environment + "/" + ManifestName)
	if _, exists := d.others[ManifestName]; exists {
		return nil, nil, &TreeError{Path: name, Problem: "is not a regular file", Remedy: "move it away and build again"}
	}
	if _, exists := d.find(ManifestName); !exists {
		return nil, nil, nil
	}
	data, err := d.root.ReadFile(ManifestName)
	if err != nil {
		return nil, nil, machine("read", name, err)
	}
	m, err := ParseManifest(name, data)
	if err == nil && m.Environment != environment {
		err = &ManifestError{Path: name, Problem: "belongs to the environment " + quote(m.Environment)}
	}
	if err != nil {
		return data, nil, err
	}
	return data, m, nil
}

// decide says what becomes of a candidate. It is not relevant when the path is neither wanted
// nor on disk.
func (p *Plan) decide(old *Manifest, c *candidate) (Change, bool) {
	change := Change{Path: c.path, State: New}
	isWanted, isOwned := c.want >= 0, c.owned >= 0
	var want *content
	switch {
	case isWanted:
		want = &p.wanted[c.want]
		change.Source, change.Size = want.Source, want.size
	case isOwned:
		change.Source = old.Files[c.owned].Source
	}
	if !c.exists {
		return change, isWanted
	}
	if !isWanted && c.other.IsDir() {
		return change, false
	}
	reason := "is not a regular file, and no build made it"
	if c.file >= 0 {
		if isWanted && (c.doubt || want.Key != "" && !want.given) {
			p.doubts++
		}
		if isWanted && c.reading.sum == want.sum {
			change.State = Unchanged
			want.stat, want.origin = c.reading.stat, stamped
			if c.doubt {
				want.origin = read
			}
			return change, true
		}
		found := c.reading.sum.String()
		ours := isOwned && found == old.Files[c.owned].SHA256 || slices.Contains(p.journal[c.path], found)
		switch {
		case ours || c.reading.size == 0: // an empty file is torn, or holds no one's work
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
	return change, true
}

// unexpected lists the files that are not among n sorted names; known returns each name, and
// whether it counts.
func (d *disk) unexpected(n int, known func(i int) (string, bool)) []string {
	var others []string
	for name, mode := range d.others {
		if !mode.IsDir() {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	var found []string
	look := func(count int, name func(i int) string) {
		k := 0
		for i := range count {
			file := name(i)
			isKnown := file == ManifestName
			for ; k < n; k++ {
				other, counts := known(k)
				if other > file {
					break
				}
				isKnown = isKnown || other == file && counts
			}
			if !isKnown {
				found = append(found, file)
			}
		}
	}
	look(len(d.files), func(i int) string { return d.files[i].path })
	look(len(others), func(i int) string { return others[i] })
	slices.Sort(found)
	return found
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
