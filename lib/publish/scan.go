package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// tempName is the form of the temporary files that Stage writes beside their targets. It
// starts with a dot and does not end in .json or .yaml, so that neither Grafana nor Prometheus
// ever loads one.
var tempName = regexp.MustCompile(`^\..*\.dashc-[0-9a-f]{16}\.tmp$`)

// maxName is the longest file name that common file systems take, in bytes.
const maxName = 255

// disk is what an environment's directory holds.
type disk struct {
	root *os.Root // the environment's directory; nil when it does not exist
	// entries holds the type of everything below, by slash-separated path, but for leftovers.
	// Symbolic links are listed and never followed.
	entries map[string]fs.FileMode
	// leftovers are temporary files of builds that were killed.
	leftovers []string
}

// scan opens an environment's directory and lists it. The caller closes the disk.
func (t *Tree) scan(ctx context.Context, environment string) (*disk, error) {
	d := &disk{entries: map[string]fs.FileMode{}}
	if err := checkEnvironment(environment); err != nil {
		return nil, err
	}
	if t.root == nil {
		return d, nil
	}
	info, err := t.root.Lstat(environment)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d, nil
	case err != nil:
		return nil, machine("read", t.at(environment), err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, symlinkError(t.at(environment))
	case !info.IsDir():
		return nil, &TreeError{Path: t.at(environment), Problem: "is a file, and the build needs a directory there", Remedy: "move it away"}
	}
	if d.root, err = t.root.OpenRoot(environment); err != nil {
		return nil, machine("read", t.at(environment), err)
	}
	if err := d.list(ctx, t, environment, "."); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *disk) close() error {
	if d.root == nil {
		return nil
	}
	return d.root.Close()
}

func (d *disk) list(ctx context.Context, t *Tree, environment, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	handle, err := d.root.Open(dir)
	if err != nil {
		return machine("read", t.at(path.Join(environment, dir)), err)
	}
	children, err := handle.ReadDir(-1)
	if err := errors.Join(err, handle.Close()); err != nil {
		return machine("read", t.at(path.Join(environment, dir)), err)
	}
	for _, child := range children {
		name := path.Join(dir, child.Name())
		if child.Type().IsRegular() && tempName.MatchString(child.Name()) {
			d.leftovers = append(d.leftovers, name)
			continue
		}
		d.entries[name] = child.Type()
		if child.IsDir() {
			if err := d.list(ctx, t, environment, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// blocked returns why no file can be written at p: a parent that is a link or a file, or a
// directory in its place.
func (d *disk) blocked(p artifact.Path, at func(string) string) error {
	for _, parent := range parents(p) {
		mode, exists := d.entries[parent]
		switch {
		case !exists:
			return nil
		case mode&fs.ModeSymlink != 0:
			return symlinkError(at(parent))
		case !mode.IsDir():
			return &TreeError{Path: at(parent), Problem: "is a file, and the build needs a directory there", Remedy: "move it away and build again"}
		}
	}
	if mode, exists := d.entries[string(p)]; exists && mode.IsDir() {
		return &TreeError{Path: at(string(p)), Problem: "is a directory, and the build writes a file there", Remedy: "move it away and build again"}
	}
	return nil
}

func symlinkError(at string) error {
	return &TreeError{Path: at, Problem: "is a symbolic link, and dashc does not write through links inside the tree", Remedy: "replace it by a real directory (the output directory itself may be a link)"}
}

// parents returns the directories above p, outermost first, without the tree's root.
func parents(p artifact.Path) []string {
	var above []string
	for dir := path.Dir(string(p)); dir != "."; dir = path.Dir(dir) {
		above = append(above, dir)
	}
	slices.Reverse(above)
	return above
}

// checkEnvironment keeps an environment's name from leading anywhere but to a directory
// directly below the output directory.
func checkEnvironment(name string) error {
	_, err := artifact.NewPath(name)
	if err != nil || strings.Contains(name, "/") || strings.HasPrefix(name, ".") {
		return &TreeError{Path: name, Problem: "is not the name of an environment's directory", Remedy: "use a name without slashes that does not start with a dot"}
	}
	return nil
}

// checkPaths refuses artifacts that cannot stand in one tree together, on any file system.
func checkPaths(environment string, artifacts []artifact.Artifact) error {
	type owner struct{ path, source string }
	files := map[string]owner{}
	for _, a := range artifacts {
		at := path.Join(environment, string(a.Path))
		if _, err := artifact.NewPath(string(a.Path)); err != nil {
			return &TreeError{Path: at, Problem: err.Error(), Remedy: "rename " + source(a.Source)}
		}
		if reserved(string(a.Path)) {
			return &TreeError{Path: at, Problem: "is a name that dashc keeps for itself", Remedy: "rename " + source(a.Source)}
		}
		if slices.ContainsFunc(strings.Split(string(a.Path), "/"), func(name string) bool { return len(name) > maxName }) {
			return &TreeError{Path: at, Problem: "has a name of more than 255 bytes, which file systems refuse", Remedy: "shorten the name of " + source(a.Source)}
		}
		folded := strings.ToLower(string(a.Path))
		if other, taken := files[folded]; taken {
			problem := "would be written by " + source(other.source) + " and by " + source(a.Source)
			if other.path != string(a.Path) {
				problem = "differs from " + other.path + " in upper and lower case only, which some file systems take for one file"
			}
			return &TreeError{Path: at, Problem: problem, Remedy: "rename one of the two sources"}
		}
		files[folded] = owner{string(a.Path), a.Source}
	}
	directories := map[string]string{}
	for _, a := range artifacts {
		at := path.Join(environment, string(a.Path))
		for _, parent := range parents(a.Path) {
			if file, taken := files[strings.ToLower(parent)]; taken {
				return &TreeError{Path: at, Problem: "needs the directory " + parent + ", and " + source(file.source) + " writes a file of that name", Remedy: "rename one of the two sources"}
			}
			if other, known := directories[strings.ToLower(parent)]; known && other != parent {
				return &TreeError{Path: at, Problem: "lies in " + parent + ", which differs from " + other + " in upper and lower case only, and some file systems take them for one directory", Remedy: "spell the directory in one way"}
			}
			directories[strings.ToLower(parent)] = parent
		}
	}
	return nil
}

func source(name string) string {
	if name == "" {
		return "dashc itself"
	}
	return name
}

// reserved tells whether a path in the tree is dashc's own.
func reserved(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return strings.EqualFold(first, ManifestName) || tempName.MatchString(path.Base(p))
}
