package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dashc/dashc/lib/artifact"
)

// hook is a test's way to fail, or to die, at a step of publishing; nil outside of tests.
type hook func(step, path string) error

func (h hook) at(step, path string) error {
	if h == nil {
		return nil
	}
	return h(step, path)
}

// Staged is a plan whose new bytes all lie on the disk already, beside the files they will
// replace. End it with Commit or Discard.
type Staged struct {
	tree *Tree
	plan *Plan
	env  *os.Root // nil when the plan changes nothing in the tree

	number   uint64   // what the temporary files' names count from
	temps    []string // the temporary file of each write of the plan; "" for none
	manifest string   // that of the manifest; "" for none
	journal  string   // that of the journal, in the output directory; "" for none
	finished bool
	madeRoot bool // Stage made the environment's directory

	mutex   sync.Mutex
	created []string // directories that Stage made
}

// Stage writes every new byte of a plan into temporary files. When it fails, for want of space
// or permission, it clears them away and the tree is as it was. A plan with conflicts is
// refused with a ConflictError.
//
// Nothing is synced to the device: against a kill the renames are enough, and after a power
// cut Verify tells and the next build repairs, since the sources are elsewhere.
func (t *Tree) Stage(ctx context.Context, p *Plan) (*Staged, error) {
	if t.readOnly {
		return nil, errors.New("publish: Stage on a tree that was opened read-only")
	}
	if conflicts := p.Conflicts(); len(conflicts) > 0 {
		return nil, &ConflictError{Directory: t.dir, Environment: p.Environment, Conflicts: conflicts}
	}
	s := &Staged{tree: t, plan: p, number: rand.Uint64()}
	if !p.Differs() {
		return s, nil
	}
	if err := s.stage(ctx); err != nil {
		var failed *MachineError
		discarded := s.Discard()
		if errors.As(err, &failed) && discarded == nil {
			failed.Untouched = true
		}
		return nil, errors.Join(err, discarded)
	}
	return s, nil
}

func (s *Staged) stage(ctx context.Context) error {
	t, p := s.tree, s.plan
	if err := t.root.Mkdir(p.Environment, dirMode); err == nil {
		s.madeRoot = true
	} else if !errors.Is(err, fs.ErrExist) {
		return machine("create", t.at(p.Environment), err)
	}
	var err error
	if s.env, err = t.root.OpenRoot(p.Environment); err != nil {
		return machine("open", t.at(p.Environment), err)
	}
	s.temps = make([]string, len(p.writes))
	err = t.eachFile(ctx, len(p.writes), s.env, s.makeDir, s.stageFile)
	if err != nil {
		return err
	}
	if p.manifest != nil && p.Manifest != Unchanged {
		s.manifest, _, err = t.writeTemp(s.env, p.Environment+"/"+ManifestName, tempFor(ManifestName), p.manifest)
		if err != nil {
			return err
		}
	}
	if len(p.writes) == 0 {
		return nil
	}
	pending, err := p.journal.encodeWith(p)
	if err != nil {
		return err
	}
	name := journalName(p.Environment)
	s.journal, _, err = t.writeTemp(t.root, name, tempFor(name), pending)
	return err
}

// stageFile writes the content of the plan's i-th write into its temporary file.
func (s *Staged) stageFile(i int, in *directories) error {
	t, c := s.tree, &s.plan.wanted[s.plan.writes[i]]
	at := s.plan.Environment + "/" + string(c.Path)
	dir, base, err := in.of(string(c.Path))
	if err != nil {
		return machine("create", t.at(at), err)
	}
	return c.with(t, func(data []byte) error {
		c.origin = written
		s.temps[i], c.stat, err = t.writeTemp(dir, at, tempBeside(base, s.number+uint64(i)), data)
		return err
	})
}

// makeDir makes a missing directory; two goroutines may want the same one.
func (s *Staged) makeDir(parent *os.Root, base, dir string) error {
	at := s.plan.Environment + "/" + dir
	if err := s.tree.hook.at("mkdir", at); err != nil {
		return machine("create", s.tree.at(at), err)
	}
	switch err := parent.Mkdir(base, dirMode); {
	case err == nil:
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.created = append(s.created, dir)
	case !errors.Is(err, fs.ErrExist):
		return machine("create", s.tree.at(at), err)
	}
	return nil
}

// writeTemp writes data into a temporary file of a directory and returns the file's name, also
// when it could only be written in part, and its stat. What the file is for is told by its path
// below the output directory.
func (t *Tree) writeTemp(dir *os.Root, at, temp string, data []byte) (string, stat, error) {
	file, err := t.createTemp(dir, at, temp)
	if err != nil {
		return "", stat{}, err
	}
	written, err := t.fill(file, at, data)
	return temp, written, err
}

func (t *Tree) createTemp(dir *os.Root, at, temp string) (*os.File, error) {
	err := t.hook.at("create", at)
	if err == nil {
		var file *os.File
		if file, err = dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode); err == nil {
			return file, nil
		}
	}
	return nil, machine("create", t.at(at), err)
}

// fill writes the content of a new file and closes it.
func (t *Tree) fill(file *os.File, at string, data []byte) (stat, error) {
	half := 0
	if t.hook != nil {
		half = len(data) / 2
	}
	_, err := file.Write(data[:half])
	if err == nil {
		err = t.hook.at("write", at)
	}
	if err == nil {
		_, err = file.Write(data[half:])
	}
	var written stat
	if info, err := file.Stat(); err == nil {
		written = newStat(info)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return stat{}, machine("write", t.at(at), err)
	}
	return written, nil
}

// tempFor returns the path of a temporary file beside a target.
func tempFor(target string) string {
	return path.Join(path.Dir(target), tempBeside(path.Base(target), rand.Uint64()))
}

// tempBeside returns the name of a temporary file for a name. The number keeps it apart from
// those of other files and builds.
func tempBeside(base string, number uint64) string {
	suffix := fmt.Sprintf(".dashc-%016x.tmp", number)
	return "." + base[:min(len(base), maxName-len(suffix)-1)] + suffix
}

// Commit renames the staged files into place, removes what only the old manifest owns, and
// puts the new manifest in place last. From its first rename on it runs to the end; what a
// failure or a kill leaves undone, the next build finishes.
func (s *Staged) Commit(ctx context.Context) error {
	if s.finished {
		return errors.New("publish: Commit on a plan that is committed or discarded")
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, s.Discard())
	}
	ctx = context.WithoutCancel(ctx) // stopping at half of the renames would only leave more to repair
	if s.env != nil {
		if err := s.commit(ctx); err != nil {
			return errors.Join(err, s.Discard())
		}
	}
	s.finished = true
	t, p := s.tree, s.plan
	if p.stale || s.journal != "" {
		if err := t.endJournal(p); err != nil {
			return errors.Join(err, s.close())
		}
	}
	t.refreshStamp(ctx, p, s.env)
	return s.close()
}

// endJournal removes the journal of a plan that is carried out. What it says of files that the build
// does not answer for stays: they may lie there half replaced.
func (t *Tree) endJournal(p *Plan) error {
	name := journalName(p.Environment)
	rest := p.journal.outside(p.build)
	if len(rest) == 0 {
		return t.step("unjournal", "", name, t.root.Remove)
	}
	data, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	temp, _, err := t.writeTemp(t.root, name, tempFor(name), data)
	if err != nil {
		return err
	}
	return t.step("unjournal", "", name, func(string) error { return t.root.Rename(temp, name) })
}

// close gives the environment's directory back, and removes it where the environment is no more.
func (s *Staged) close() error {
	if s.env == nil {
		return nil
	}
	if err := s.env.Close(); err != nil {
		return machine("close", s.tree.at(s.plan.Environment), err)
	}
	if s.plan.manifest == nil {
		_ = s.tree.root.Remove(s.plan.Environment) // stays where it holds files that are not ours
	}
	return nil
}

func (s *Staged) commit(ctx context.Context) error {
	t, p := s.tree, s.plan
	if s.journal != "" {
		err := t.step("journal", "", journalName(p.Environment), func(name string) error { return t.root.Rename(s.journal, name) })
		if err != nil {
			return err
		}
	}
	if err := t.eachFile(ctx, len(p.writes), s.env, nil, s.rename); err != nil {
		return err
	}
	if err := s.remove(ctx); err != nil {
		return err
	}
	switch {
	case p.manifest == nil && p.Manifest == Removed:
		return t.step("manifest", p.Environment, ManifestName, s.env.Remove)
	case p.Manifest != Unchanged:
		err := t.step("manifest", p.Environment, ManifestName, func(name string) error { return s.env.Rename(s.manifest, name) })
		if err == nil {
			s.manifest = ""
		}
		return err
	}
	return nil
}

// rename puts the plan's i-th write in its place.
func (s *Staged) rename(i int, in *directories) error {
	p := s.plan
	name := string(p.wanted[p.writes[i]].Path)
	dir, base, err := in.of(name)
	if err != nil {
		return machine("rename", s.tree.at(p.Environment+"/"+name), err)
	}
	err = s.tree.step("rename", p.Environment, name, func(string) error { return dir.Rename(s.temps[i], base) })
	if err == nil {
		s.temps[i] = ""
	}
	return err
}

// remove deletes the files that only the old manifest owns, the temporary files of killed
// builds, and the directories that this empties.
func (s *Staged) remove(ctx context.Context) error {
	t, p := s.tree, s.plan
	gone := slices.Clone(p.Leftovers)
	for _, c := range s.unwanted() {
		gone = append(gone, string(c))
	}
	err := t.eachFile(ctx, len(gone), s.env, nil, func(i int, in *directories) error {
		dir, base, err := in.of(gone[i])
		if err == nil {
			err = t.step("remove", p.Environment, gone[i], func(string) error { return dir.Remove(base) })
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return machine("remove", t.at(p.Environment+"/"+gone[i]), err)
	})
	if err != nil {
		return err
	}
	emptied := map[string]bool{}
	for _, name := range p.vacated {
		if emptied[path.Dir(string(name))] {
			continue
		}
		for _, dir := range parents(name) {
			emptied[dir] = true
		}
	}
	deepestFirst := slices.Sorted(maps.Keys(emptied))
	slices.Reverse(deepestFirst)
	for _, dir := range deepestFirst {
		_ = s.env.Remove(dir) // fails, as it shall, where the directory still holds something
	}
	return nil
}

// unwanted returns the files to remove.
func (s *Staged) unwanted() []artifact.Path {
	removed := s.plan.in(func(state State) bool { return state == Removed })
	if len(removed) == 0 {
		return nil
	}
	wanted := make(map[string]artifact.Path, len(s.plan.wanted)) // by lower-case form
	for i := range s.plan.wanted {
		name := s.plan.wanted[i].Path
		wanted[strings.ToLower(string(name))] = name
	}
	var unwanted []artifact.Path
	for _, c := range removed {
		if !s.replaced(c.Path, wanted) {
			unwanted = append(unwanted, c.Path)
		}
	}
	return unwanted
}

// replaced tells whether a file to remove is, on a file system that ignores case, the same
// file as one that has just been written. The wanted paths come by their lower-case form.
func (s *Staged) replaced(p artifact.Path, wanted map[string]artifact.Path) bool {
	now, exists := wanted[strings.ToLower(string(p))]
	if !exists {
		return false
	}
	before, err := s.env.Lstat(string(p))
	if err != nil {
		return false
	}
	after, err := s.env.Lstat(string(now))
	return err == nil && os.SameFile(before, after)
}

// step does one change of the tree, with the hook before it.
func (t *Tree) step(op, prefix, name string, do func(string) error) error {
	at := path.Join(prefix, name)
	if err := t.hook.at(op, at); err != nil {
		return machine(op, t.at(at), err)
	}
	if err := do(name); err != nil {
		return machine(op, t.at(at), err)
	}
	return nil
}

// Discard clears the staged files away; the tree is as it was before Stage. It does nothing
// after Commit.
func (s *Staged) Discard() error {
	if s.finished {
		return nil
	}
	s.finished = true
	var errs []error
	if s.journal != "" {
		if err := s.tree.root.Remove(s.journal); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, machine("remove", s.tree.at(s.journal), err))
		}
	}
	if s.env == nil {
		return errors.Join(errs...)
	}
	discard := func(temp string) {
		if err := s.env.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, machine("remove", s.tree.at(s.plan.Environment+"/"+temp), err))
		}
	}
	for i, temp := range s.temps {
		if temp != "" {
			discard(path.Join(path.Dir(string(s.plan.wanted[s.plan.writes[i]].Path)), temp))
		}
	}
	if s.manifest != "" {
		discard(s.manifest)
	}
	slices.Sort(s.created)
	for _, dir := range slices.Backward(s.created) {
		_ = s.env.Remove(dir) // stays where a rename has already filled it
	}
	errs = append(errs, s.env.Close())
	if s.madeRoot {
		_ = s.tree.root.Remove(s.plan.Environment)
	}
	return errors.Join(errs...)
}
