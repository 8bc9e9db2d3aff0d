package publish

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

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

	temps    map[string]string // target -> temporary file, both in the environment's directory
	journal  string            // temporary file of the journal, in the output directory; "" for none
	created  []string          // directories that Stage made, outermost first
	finished bool
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
	s := &Staged{tree: t, plan: p, temps: map[string]string{}}
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
		s.created = append(s.created, ".")
	} else if !errors.Is(err, fs.ErrExist) {
		return machine("create", t.at(p.Environment), err)
	}
	var err error
	if s.env, err = t.root.OpenRoot(p.Environment); err != nil {
		return machine("open", t.at(p.Environment), err)
	}
	writes := 0
	for _, c := range p.Files {
		if c.State != New && c.State != Changed {
			continue
		}
		writes++
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.makeParents(c.Path); err != nil {
			return err
		}
		if err := s.stageFile(string(c.Path), p.wanted[c.Path].Bytes); err != nil {
			return err
		}
	}
	if p.manifest != nil && p.Manifest != Unchanged {
		if err := s.stageFile(ManifestName, p.manifest); err != nil {
			return err
		}
	}
	if writes == 0 {
		return nil
	}
	pending, err := json.Marshal(p.journal.with(p))
	if err != nil {
		return err
	}
	s.journal, err = t.writeTemp(t.root, "", journalName(p.Environment), pending)
	return err
}

func (s *Staged) stageFile(target string, data []byte) error {
	temp, err := s.tree.writeTemp(s.env, s.plan.Environment, target, data)
	if temp != "" {
		s.temps[target] = temp
	}
	return err
}

func (s *Staged) makeParents(p artifact.Path) error {
	for _, dir := range parents(p) {
		at := s.plan.Environment + "/" + dir
		if err := s.tree.hook.at("mkdir", at); err != nil {
			return machine("create", s.tree.at(at), err)
		}
		switch err := s.env.Mkdir(dir, dirMode); {
		case err == nil:
			s.created = append(s.created, dir)
		case !errors.Is(err, fs.ErrExist):
			return machine("create", s.tree.at(at), err)
		}
	}
	return nil
}

// writeTemp writes data into a temporary file beside target and returns its name, also when
// the file could only be written in part.
func (t *Tree) writeTemp(root *os.Root, prefix, target string, data []byte) (string, error) {
	at := t.at(path.Join(prefix, target))
	temp := tempFor(target)
	if err := t.hook.at("create", path.Join(prefix, target)); err != nil {
		return "", machine("create", at, err)
	}
	file, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return "", machine("create", at, err)
	}
	half := len(data) / 2
	_, err = file.Write(data[:half])
	if err == nil {
		err = t.hook.at("write", path.Join(prefix, target))
	}
	if err == nil {
		_, err = file.Write(data[half:])
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return temp, machine("write", at, err)
	}
	return temp, nil
}

func tempFor(target string) string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // documented never to fail
	suffix := ".dashc-" + hex.EncodeToString(random[:]) + ".tmp"
	base := path.Base(target)
	base = base[:min(len(base), maxName-len(suffix)-1)]
	return path.Join(path.Dir(target), "."+base+suffix)
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
	if s.env != nil {
		if err := s.commit(); err != nil {
			return errors.Join(err, s.Discard())
		}
	}
	s.finished = true
	t, p := s.tree, s.plan
	if s.env != nil {
		if err := s.env.Close(); err != nil {
			return machine("close", t.at(p.Environment), err)
		}
		if p.manifest == nil {
			_ = t.root.Remove(p.Environment) // stays where it holds files that are not ours
		}
	}
	if p.stale || s.journal != "" {
		if err := t.step("unjournal", "", journalName(p.Environment), t.root.Remove); err != nil {
			return err
		}
	}
	t.refreshStamp(p)
	return nil
}

func (s *Staged) commit() error {
	t, p := s.tree, s.plan
	if s.journal != "" {
		err := t.step("journal", "", journalName(p.Environment), func(name string) error { return t.root.Rename(s.journal, name) })
		if err != nil {
			return err
		}
	}
	for _, target := range slices.Sorted(maps.Keys(s.temps)) {
		if target == ManifestName {
			continue
		}
		if err := s.rename(target); err != nil {
			return err
		}
	}
	if err := s.remove(); err != nil {
		return err
	}
	switch {
	case p.manifest == nil && p.Manifest == Removed:
		return t.step("manifest", p.Environment, ManifestName, s.env.Remove)
	case p.Manifest != Unchanged:
		return s.rename(ManifestName)
	}
	return nil
}

func (s *Staged) rename(target string) error {
	step := "rename"
	if target == ManifestName {
		step = "manifest"
	}
	err := s.tree.step(step, s.plan.Environment, target, func(name string) error { return s.env.Rename(s.temps[target], name) })
	if err == nil {
		delete(s.temps, target)
	}
	return err
}

// remove deletes the files that only the old manifest owns, the temporary files of killed
// builds, and the directories that this empties.
func (s *Staged) remove() error {
	t, p := s.tree, s.plan
	wanted := make(map[string]artifact.Path, len(p.wanted))
	for name := range p.wanted {
		wanted[strings.ToLower(string(name))] = name
	}
	gone := slices.Clone(p.Leftovers)
	for _, c := range p.Files {
		if c.State == Removed && !s.replaced(c.Path, wanted) {
			gone = append(gone, string(c.Path))
		}
	}
	for _, name := range gone {
		if err := t.step("remove", p.Environment, name, s.env.Remove); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	emptied := map[string]bool{}
	for _, name := range p.vacated {
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
	for _, temp := range s.temps {
		if err := s.env.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, machine("remove", s.tree.at(s.plan.Environment+"/"+temp), err))
		}
	}
	for _, dir := range slices.Backward(s.created) {
		if dir != "." {
			_ = s.env.Remove(dir) // stays where a rename has already filled it
		}
	}
	errs = append(errs, s.env.Close())
	if slices.Contains(s.created, ".") {
		_ = s.tree.root.Remove(s.plan.Environment)
	}
	return errors.Join(errs...)
}
