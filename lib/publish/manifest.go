package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// ManifestName is the file in an environment's tree that lists all others.
const ManifestName = "manifest.json"

// Versions of the manifest's form, which count what an older dashc cannot read. A tree without
// customers is written as version 1.
const (
	plainVersion    = 1
	customerVersion = 2 // files have a customer and a proof
)

// Manifest lists every file that the builds of an environment wrote. A build replaces and
// deletes only what it lists.
type Manifest struct {
	Version     int    `json:"version"`
	Project     string `json:"project"`
	Environment string `json:"environment"`
	// Tool is the dashc version that wrote the tree.
	Tool string `json:"tool"`
	// Inputs is the digest of everything the last build read, be it of a part only.
	Inputs string `json:"inputs"`
	// Files is sorted by path.
	Files []File `json:"files"`
}

// File is one line of a manifest.
type File struct {
	Path   artifact.Path `json:"path"`
	Kind   artifact.Kind `json:"kind"`
	SHA256 string        `json:"sha256"`
	Size   int64         `json:"size"`
	Source string        `json:"source,omitempty"`
	// Customer is the slug of the only customer whose data the file may show, and Proof the
	// result of the proof that it does. Both since version 2.
	Customer string `json:"customer,omitempty"`
	Proof    string `json:"proof,omitempty"`
}

// encode returns the manifest's bytes; equal manifests give equal bytes. They are what
// encoding/json writes with an indent of two spaces, made faster.
func (m *Manifest) encode() []byte {
	size := 256
	for i := range m.Files {
		f := &m.Files[i]
		size += len(f.Path) + len(f.Kind) + len(f.Source) + len(f.Customer) + len(f.Proof) + 256
	}
	b := make([]byte, 0, size)
	b = fmt.Appendf(b, "{\n  \"version\": %d", m.Version)
	text := func(indent, key, value string) {
		b = append(append(append(append(b, ",\n"...), indent...), key...), ": "...)
		b = appendJSON(b, value)
	}
	text("  ", `"project"`, m.Project)
	text("  ", `"environment"`, m.Environment)
	text("  ", `"tool"`, m.Tool)
	text("  ", `"inputs"`, m.Inputs)
	b = append(b, ",\n  \"files\": ["...)
	for i := range m.Files {
		f := &m.Files[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(append(b, "\n    {\n      \"path\": "...), string(f.Path))
		text("      ", `"kind"`, string(f.Kind))
		text("      ", `"sha256"`, f.SHA256)
		b = strconv.AppendInt(append(b, ",\n      \"size\": "...), f.Size, 10)
		for _, optional := range [...]struct{ key, value string }{{`"source"`, f.Source}, {`"customer"`, f.Customer}, {`"proof"`, f.Proof}} {
			if optional.value != "" {
				text("      ", optional.key, optional.value)
			}
		}
		b = append(b, "\n    }"...)
	}
	if len(m.Files) > 0 {
		b = append(b, "\n  "...)
	}
	return append(b, "]\n}\n"...)
}

// appendJSON appends a JSON string as encoding/json writes it without HTML escapes.
func appendJSON(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return appendAwkward(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendAwkward(b []byte, s string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string never fails
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

// find returns the place of a path in the manifest's files; a nil manifest owns nothing.
func (m *Manifest) find(p artifact.Path) (int, bool) {
	if m == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(m.Files, p, func(f File, p artifact.Path) int { return strings.Compare(string(f.Path), string(p)) })
}

// ParseManifest reads a manifest and trusts nothing in it: a path outside the tree, an unknown
// key or a half-written file is a ManifestError. The name is only for messages.
func ParseManifest(name string, data []byte) (*Manifest, error) {
	damaged := func(problem string) error { return &ManifestError{Path: name, Problem: problem} }
	if bytes.Contains(data, []byte("\n<<<<<<< ")) || bytes.HasPrefix(data, []byte("<<<<<<< ")) {
		return nil, damaged("holds the markers of an unresolved merge")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, damaged("is empty")
	}
	m := decodeWritten(data)
	if m == nil {
		var err error
		if m, err = decodeManifest(name, data); err != nil {
			return nil, err
		}
	}
	if m.Version != plainVersion && m.Version != customerVersion {
		return nil, damaged(fmt.Sprintf("has version %d, and there is none below %d", m.Version, plainVersion))
	}
	for i := range m.Files {
		f := &m.Files[i]
		if err := f.check(); err != nil {
			return nil, damaged(fmt.Sprintf("has a bad entry, files[%d]: %v", i, err))
		}
		if m.Version == plainVersion && f.Customer+f.Proof != "" {
			return nil, damaged(fmt.Sprintf("has a bad entry, files[%d]: version %d knows no customer and no proof", i, m.Version))
		}
		if i > 0 && m.Files[i-1].Path >= f.Path {
			return nil, damaged(fmt.Sprintf("lists %q out of order or twice", f.Path))
		}
	}
	return m, nil
}

// decodeManifest reads a manifest in any spelling of JSON.
func decodeManifest(name string, data []byte) (*Manifest, error) {
	damaged := func(problem string) error { return &ManifestError{Path: name, Problem: problem} }
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &version); err == nil && version.Version > customerVersion {
		return nil, &ManifestError{Path: name, Problem: fmt.Sprintf("has version %d and this dashc reads version %d", version.Version, customerVersion), Remedy: "use the newer dashc that wrote it"}
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var m Manifest
	if err := decoder.Decode(&m); err != nil {
		return nil, damaged("cannot be read (" + strings.TrimPrefix(err.Error(), "json: ") + ")")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, damaged("goes on after its end")
	}
	return &m, nil
}

func (f *File) check() error {
	if _, err := artifact.NewPath(string(f.Path)); err != nil {
		return err
	}
	if reserved(string(f.Path)) {
		return fmt.Errorf("%q is a name that dashc keeps for itself", f.Path)
	}
	if _, ok := parseSum(f.SHA256); !ok {
		return fmt.Errorf("the sha256 of %q is not 64 lower-case hexadecimal digits", f.Path)
	}
	if f.Size < 0 {
		return fmt.Errorf("the size of %q is negative", f.Path)
	}
	return nil
}

// newManifest describes the tree that a build leaves: its artifacts, which come sorted, and the
// files of other parts as the old manifest describes them.
func newManifest(b Build, contents []content, old *Manifest) *Manifest {
	m := &Manifest{Version: plainVersion, Project: b.Project, Environment: b.Environment, Tool: b.Tool, Inputs: b.Inputs, Files: make([]File, 0, len(contents))}
	for i := range contents {
		c := &contents[i]
		if b.lists(c.Path, old) {
			m.Files = append(m.Files, File{Path: c.Path, Kind: c.Kind, SHA256: c.sum.String(), Size: c.size, Source: c.Source, Customer: c.Customer, Proof: c.Proof})
		}
	}
	if b.Part != nil && old != nil {
		for _, f := range old.Files {
			if !b.Part(f.Path) {
				m.Files = append(m.Files, f)
			}
		}
		slices.SortFunc(m.Files, func(x, y File) int { return strings.Compare(string(x.Path), string(y.Path)) })
	}
	if slices.ContainsFunc(m.Files, func(f File) bool { return f.Customer+f.Proof != "" }) {
		m.Version = customerVersion
	}
	return m
}
