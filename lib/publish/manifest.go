package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// ManifestName is the file in an environment's tree that lists all others.
const ManifestName = "manifest.json"

// manifestVersion counts changes of the manifest's form that an older dashc cannot read.
const manifestVersion = 1

// Manifest lists every file that the last build of an environment wrote. A build replaces and
// deletes only what it lists.
type Manifest struct {
	Version     int    `json:"version"`
	Project     string `json:"project"`
	Environment string `json:"environment"`
	// Tool is the dashc version that wrote the tree.
	Tool string `json:"tool"`
	// Inputs is the digest of everything the build read.
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
}

// encode returns the manifest's bytes; equal manifests give equal bytes.
func (m *Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(m)
	return b.Bytes(), err
}

// index returns the manifest's files by path; a nil manifest owns nothing.
func (m *Manifest) index() map[artifact.Path]File {
	owned := map[artifact.Path]File{}
	if m != nil {
		for _, f := range m.Files {
			owned[f.Path] = f
		}
	}
	return owned
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
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &version); err == nil && version.Version > manifestVersion {
		return nil, &ManifestError{Path: name, Problem: fmt.Sprintf("has version %d and this dashc reads version %d", version.Version, manifestVersion), Remedy: "use the newer dashc that wrote it"}
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
	if m.Version != manifestVersion {
		return nil, damaged(fmt.Sprintf("has version %d, not %d", m.Version, manifestVersion))
	}
	for i, f := range m.Files {
		if err := f.check(); err != nil {
			return nil, damaged(fmt.Sprintf("has a bad entry, files[%d]: %v", i, err))
		}
		if i > 0 && m.Files[i-1].Path >= f.Path {
			return nil, damaged(fmt.Sprintf("lists %q out of order or twice", f.Path))
		}
	}
	return &m, nil
}

func (f File) check() error {
	if _, err := artifact.NewPath(string(f.Path)); err != nil {
		return err
	}
	if reserved(string(f.Path)) {
		return fmt.Errorf("%q is a name that dashc keeps for itself", f.Path)
	}
	if raw, err := hex.DecodeString(f.SHA256); err != nil || len(raw) != sha256.Size || strings.ToLower(f.SHA256) != f.SHA256 {
		return fmt.Errorf("the sha256 of %q is not 64 lower-case hexadecimal digits", f.Path)
	}
	if f.Size < 0 {
		return fmt.Errorf("the size of %q is negative", f.Path)
	}
	return nil
}

// newManifest describes a build's artifacts.
func newManifest(b Build, sums map[artifact.Path]string) *Manifest {
	m := &Manifest{Version: manifestVersion, Project: b.Project, Environment: b.Environment, Tool: b.Tool, Inputs: b.Inputs, Files: []File{}}
	for _, a := range b.Artifacts {
		m.Files = append(m.Files, File{Path: a.Path, Kind: a.Kind, SHA256: sums[a.Path], Size: int64(len(a.Bytes)), Source: a.Source})
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return m
}

// digest returns the SHA-256 of data in hexadecimal.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
