package evaluate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/go-jsonnet"

	"github.com/dashc/dashc/lib/diagnostic"
)

// maxSource is the largest file that may be imported, in bytes.
const maxSource = 16 << 20

// importer finds imports beside the importing file, then in the library path, and only inside
// the sandbox. It reads each file once, so that a build sees one version of it, and records
// every look-up of the current job.
type importer struct {
	root     string
	resolved string   // root with its symbolic links resolved
	sandbox  []string // resolved directories
	library  []string // as given, the first is searched first
	files    map[string]*source
	job      map[string]bool   // paths looked up by the current job
	entries  map[string]string // admitted entries: name -> path
}

// source is one path as it was found the first time.
type source struct {
	contents jsonnet.Contents
	size     int64
	sum      string
	notText  bool // not UTF-8
	missing  bool
	refused  *importError // its message goes on after what the file is called
}

// importError is an import that was refused or not found.
type importError struct {
	message, hint string
}

func (e *importError) Error() string {
	return e.message + hintMark + e.hint
}

// hintMark separates message and hint on their way through the evaluator, which passes on
// nothing but text.
const hintMark = "\x00"

func newImporter(options Options) *importer {
	im := &importer{root: options.Root, resolved: resolve(options.Root), files: map[string]*source{}, entries: map[string]string{}}
	for _, dir := range slices.Concat(options.Sandbox, options.LibraryPath) {
		im.sandbox = append(im.sandbox, resolve(dir))
	}
	im.library = slices.Clone(options.LibraryPath)
	slices.Reverse(im.library)
	return im
}

func resolve(dir string) string {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		return resolved
	}
	return filepath.Clean(dir)
}

func (im *importer) begin() { im.job = map[string]bool{} }

// admitEntry returns the name under which an entry is imported.
func (im *importer) admitEntry(path string) string {
	name := im.name(path)
	im.entries[name] = path
	return name
}

// name is how a path is shown and recorded: relative to the root where it lies below it.
func (im *importer) name(path string) string {
	for _, root := range []string{im.root, im.resolved} {
		if relative, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(relative) {
			return filepath.ToSlash(relative)
		}
	}
	return filepath.ToSlash(path)
}

// path is the inverse of name.
func (im *importer) path(name string) string {
	if filepath.IsAbs(filepath.FromSlash(name)) {
		return filepath.FromSlash(name)
	}
	return filepath.Join(im.root, filepath.FromSlash(name))
}

// Import is the evaluator's way to a file; see jsonnet.Importer.
func (im *importer) Import(importedFrom, importedPath string) (jsonnet.Contents, string, error) {
	if importedFrom == "" {
		return im.open(im.entries[importedPath], "the file")
	}
	if filepath.IsAbs(importedPath) || strings.HasPrefix(importedPath, "/") {
		return jsonnet.Contents{}, "", &importError{fmt.Sprintf("the import %q is an absolute path", importedPath),
			"import relative to this file, or from the library path"}
	}
	if strings.ContainsRune(importedPath, 0) {
		return jsonnet.Contents{}, "", &importError{"the import's path holds a NUL character", ""}
	}
	dirs := append([]string{filepath.Dir(im.path(importedFrom))}, im.library...)
	for _, dir := range dirs {
		contents, foundAt, err := im.open(filepath.Join(dir, filepath.FromSlash(importedPath)), fmt.Sprintf("the import %q", importedPath))
		if !errors.Is(err, fs.ErrNotExist) {
			return contents, foundAt, err
		}
	}
	return jsonnet.Contents{}, "", im.notFound(importedPath, dirs)
}

// open returns the file at a path, or fs.ErrNotExist. A refusal begins with what the file is
// called: nothing imports an entry.
func (im *importer) open(path, called string) (jsonnet.Contents, string, error) {
	name := im.name(path)
	im.job[name] = true
	s, known := im.files[name]
	if !known {
		s = im.read(path)
		im.files[name] = s
	}
	switch {
	case s.missing:
		return jsonnet.Contents{}, "", fs.ErrNotExist
	case s.refused != nil:
		return jsonnet.Contents{}, name, &importError{called + " " + s.refused.message, s.refused.hint}
	}
	return s.contents, name, nil
}

func (im *importer) read(path string) *source {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) || isNotDirectory(err) {
		return &source{missing: true}
	}
	refuse := func(hint, format string, args ...any) *source {
		return &source{refused: &importError{fmt.Sprintf(format, args...), hint}}
	}
	if err != nil {
		return refuse("", "cannot be opened: %v", causeOf(err))
	}
	if !im.inside(real, path) {
		return refuse("imports must stay inside "+im.allowed()+"; move the file there, or name its folder with --jpath",
			"leads outside of the project's sources")
	}
	file, err := os.OpenFile(real, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return refuse("", "cannot be opened: %v", causeOf(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return refuse("name a file", "is not a regular file")
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSource+1))
	switch {
	case err != nil:
		return refuse("", "cannot be read: %v", causeOf(err))
	case len(data) > maxSource:
		return refuse("split it", "has more than %s", sizeText(maxSource))
	}
	sum := sha256.Sum256(data)
	return &source{contents: jsonnet.MakeContentsRaw(data), size: int64(len(data)), sum: hex.EncodeToString(sum[:]), notText: !utf8.Valid(data)}
}

// inside tells whether a resolved path may be read. An entry may stand anywhere, as long as it
// is not a link out of the root.
func (im *importer) inside(real, path string) bool {
	for _, dir := range im.sandbox {
		if within(real, dir) {
			return true
		}
	}
	for _, entry := range im.entries {
		if entry == path {
			return !within(path, im.root) || within(real, im.resolved)
		}
	}
	return false
}

func within(path, dir string) bool {
	relative, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(relative)
}

func (im *importer) allowed() string {
	var names []string
	for _, dir := range im.sandbox {
		names = append(names, im.name(dir))
	}
	return strings.Join(names, ", ")
}

func (im *importer) notFound(importedPath string, dirs []string) error {
	var tried, siblings []string
	for _, dir := range dirs {
		path := filepath.Join(dir, filepath.FromSlash(importedPath))
		tried = append(tried, im.name(path))
		listing, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			continue
		}
		for _, item := range listing {
			siblings = append(siblings, item.Name())
		}
	}
	hint := "tried " + strings.Join(tried, ", ")
	if nearest, ok := diagnostic.Nearest(filepath.Base(importedPath), siblings); ok {
		hint += fmt.Sprintf("; did you mean %q?", nearest)
	}
	return &importError{fmt.Sprintf("the import %q is not found", importedPath), hint}
}

func causeOf(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// reads returns what the current job read or looked for, sorted by path.
func (im *importer) reads() []Read {
	var all []Read
	for name := range im.job {
		s := im.files[name]
		all = append(all, Read{Path: name, Size: s.size, SHA256: s.sum, Missing: s.sum == ""})
	}
	slices.SortFunc(all, func(a, b Read) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// content returns the text of a file that has been read.
func (im *importer) content(name string) (string, bool) {
	s, ok := im.files[name]
	if !ok || s.sum == "" || s.notText {
		return "", false
	}
	return s.contents.String(), true
}
