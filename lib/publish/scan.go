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

// isTemp tells whether a file's name has the form of tempName.
func isTemp(base string) bool {
	return strings.HasPrefix(base, ".") && strings.HasSuffix(base, ".tmp") && tempName.MatchString(base)
}

// disk is what an environment's directory holds.
type disk struct {
	root *os.Root // the environment's directory; nil when it does not exist
	// files are the regular files but for leftovers, sorted by path.
	files []diskFile
	// others holds the type of everything else below, by slash-separated path. Symbolic links
	// are listed and never followed.
	others map[string]fs.FileMode
	// leftovers are temporary files of builds that were killed.
	leftovers []string
}

// diskFile is a regular file.
type diskFile struct {
	path string
	stat stat // zero where the scan did not ask for it
}

// scan opens an environment's directory and lists it, with every file's stat where asked. The
// caller closes the disk.
func (t *Tree) scan(ctx context.Context, environment string, stats bool) (*disk, error) {
	d := &disk{others: map[string]fs.FileMode{}}
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
	if err := t.list(ctx, d, environment, stats); err != nil {
		return nil, errors.Join(err, d.close())
	}
	slices.SortFunc(d.files, func(a, b diskFile) int { return strings.Compare(a.path, b.path) })
	slices.Sort(d.leftovers)
	return d, nil
}

func (d *disk) close() error {
	if d.root == nil {
		return nil
	}
	return d.root.Close()
}

// list fills the disk, one level of directories after the other.
func (t *Tree) list(ctx context.Context, d *disk, environment string, stats bool) error {
	level := []string{"."}
	for len(level) > 0 {
		listings := make([]listing, len(level))
		err := t.eachFile(ctx, len(level), d.root, nil, func(i int, in *directories) error {
			err := listings[i].read(in, level[i], stats)
			if err != nil {
				err = machine("read", t.at(path.Join(environment, level[i])), err)
			}
			return err
		})
		if err != nil {
			return err
		}
		level = nil
		for _, l := range listings {
			d.files = append(d.files, l.files...)
			d.leftovers = append(d.leftovers, l.leftovers...)
			level = append(level, l.below...)
			for _, name := range l.below {
				d.others[name] = fs.ModeDir
			}
			for name, mode := range l.special {
				d.others[name] = mode
			}
		}
	}
	return nil
}

// listing is what one directory holds, by paths below the environment's.
type listing struct {
	files     []diskFile
	leftovers []string
	below     []string // directories
	special   map[string]fs.FileMode
}

func (l *listing) read(in *directories, dir string, stats bool) error {
	prefix := ""
	if dir != "." {
		prefix = dir + "/"
	}
	root, _, err := in.of(prefix + "x")
	if err != nil {
		return err
	}
	handle, err := root.Open(".")
	if err != nil {
		return err
	}
	children, err := handle.ReadDir(-1)
	if err := errors.Join(err, handle.Close()); err != nil {
		return err
	}
	for _, child := range children {
		name := prefix + child.Name()
		switch {
		case child.IsDir():
			l.below = append(l.below, name)
		case !child.Type().IsRegular():
			if l.special == nil {
				l.special = map[string]fs.FileMode{}
			}
			l.special[name] = child.Type()
		case isTemp(child.Name()):
			l.leftovers = append(l.leftovers, name)
		default:
			file := diskFile{path: name}
			if stats {
				// What cannot be looked at is unknown; reading it tells why.
				if info, err := root.Lstat(child.Name()); err == nil {
					file.stat = newStat(info)
				}
			}
			l.files = append(l.files, file)
		}
	}
	slices.Sort(l.below)
	return nil
}

// find returns the place of a regular file in files.
func (d *disk) find(name string) (int, bool) {
	return slices.BinarySearchFunc(d.files, name, func(f diskFile, name string) int { return strings.Compare(f.path, name) })
}

// blocked returns why no directory can stand at dir: it or a parent is a link or a file.
func (d *disk) blocked(dir string, at func(string) string) error {
	for _, parent := range append(parents(artifact.Path(dir)), dir) {
		mode, exists := d.others[parent]
		_, isFile := d.find(parent)
		switch {
		case mode&fs.ModeSymlink != 0:
			return symlinkError(at(parent))
		case isFile || exists && !mode.IsDir():
			return &TreeError{Path: at(parent), Problem: "is a file, and the build needs a directory there", Remedy: "move it away and build again"}
		case !exists:
			return nil
		}
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
	files := make(map[string]owner, len(artifacts))
	for _, a := range artifacts {
		at := func() string { return path.Join(environment, string(a.Path)) }
		if _, err := artifact.NewPath(string(a.Path)); err != nil {
			return &TreeError{Path: at(), Problem: err.Error(), Remedy: "rename " + source(a.Source)}
		}
		if reserved(string(a.Path)) {
			return &TreeError{Path: at(), Problem: "is a name that dashc keeps for itself", Remedy: "rename " + source(a.Source)}
		}
		for name := range strings.SplitSeq(string(a.Path), "/") {
			if len(name) > maxName {
				return &TreeError{Path: at(), Problem: "has a name of more than 255 bytes, which file systems refuse", Remedy: "shorten the name of " + source(a.Source)}
			}
		}
		folded := strings.ToLower(string(a.Path))
		if other, taken := files[folded]; taken {
			problem := "would be written by " + source(other.source) + " and by " + source(a.Source)
			if other.path != string(a.Path) {
				problem = "differs from " + other.path + " in upper and lower case only, which some file systems take for one file"
			}
			return &TreeError{Path: at(), Problem: problem, Remedy: "rename one of the two sources"}
		}
		files[folded] = owner{string(a.Path), a.Source}
	}
	directories := map[string]string{} // as spelled, by lower case
	checked := map[string]bool{}       // as spelled
	for _, a := range artifacts {
		if checked[path.Dir(string(a.Path))] {
			continue
		}
		at := path.Join(environment, string(a.Path))
		for _, parent := range parents(a.Path) {
			if file, taken := files[strings.ToLower(parent)]; taken {
				return &TreeError{Path: at, Problem: "needs the directory " + parent + ", and " + source(file.source) + " writes a file of that name", Remedy: "rename one of the two sources"}
			}
			if other, known := directories[strings.ToLower(parent)]; known && other != parent {
				return &TreeError{Path: at, Problem: "lies in " + parent + ", which differs from " + other + " in upper and lower case only, and some file systems take them for one directory", Remedy: "spell the directory in one way"}
			}
			directories[strings.ToLower(parent)] = parent
			checked[parent] = true
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
	return strings.EqualFold(first, ManifestName) || isTemp(path.Base(p))
}
