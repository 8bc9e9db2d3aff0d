// Package artifact holds one output file: its path in the rendered tree, what kind of file
// it is, its final bytes and the source that made it. It also writes values as the
// canonical JSON and YAML of the tree. It never touches a disk.
package artifact

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// Path is the place of a file inside out/<environment>/: relative, clean, slash-separated,
// never outside the tree. Make one with NewPath.
type Path string

// NewPath checks p and returns it as a Path.
func NewPath(p string) (Path, error) {
	switch {
	case p == "" || p == ".":
		return "", fmt.Errorf("an artifact's path is empty")
	case !utf8.ValidString(p):
		return "", fmt.Errorf("the artifact path %q is not valid UTF-8; rename the source file", p)
	case strings.ContainsFunc(p, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }):
		return "", fmt.Errorf("the artifact path %q holds a control character or a backslash; rename the source file", p)
	case path.IsAbs(p) || path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../"):
		return "", fmt.Errorf("the artifact path %q is not a clean path inside the tree", p)
	}
	return Path(p), nil
}

// Kind says what reads a file, which decides how it is checked and escaped.
type Kind string

// The kinds of artifact.
const (
	Dashboard   Kind = "dashboard"   // Grafana dashboard JSON, read by a file provider
	Dashboards  Kind = "provider"    // grafana/provisioning/dashboards
	Datasources Kind = "datasource"  // grafana/provisioning/datasources
	Alerting    Kind = "alerting"    // grafana/provisioning/alerting
	Plugins     Kind = "plugin"      // grafana/provisioning/plugins
	Prometheus  Kind = "prometheus"  // prometheus/
	Placeholder Kind = "placeholder" // keeps a directory that Grafana insists on
)

// Artifact is one output file. Its content is Bytes, or what Render makes.
type Artifact struct {
	Path  Path
	Kind  Kind
	Bytes []byte
	// Render appends the content to dst and returns the result. It serves files that come by the
	// thousand: their contents are made when they are needed and are never all in memory. It
	// must append the same bytes each time, be safe for concurrent use, and cost no more than a copy.
	Render func(dst []byte) []byte
	// Size and SHA256 (hexadecimal) describe what Render makes, if its maker knows; without a
	// SHA256 whoever publishes the file finds out both.
	Size   int64
	SHA256 string
	// Key names the content, if its maker can tell without making it: as long as the same program
	// gives the same Key for a Path, it gives the same content. What is published under its
	// Key already is neither made nor summed again.
	Key string
	// Source is the entry file that made it, relative to the project's root; empty for a placeholder.
	Source string
	// Customer is the slug of the only customer whose data the file may show; empty for everyone's.
	Customer string
	// Proof is the short result of the proof that it shows no other customer's, for example
	// "proven: 12 selectors".
	Proof string
}

// Content returns the file's content: Bytes, or what Render appends to buffer, which may be
// reused once the content is done with. The content must not be changed.
func (a *Artifact) Content(buffer []byte) []byte {
	if a.Render == nil {
		return a.Bytes
	}
	return a.Render(buffer[:0])
}

// kinds are the folders of a tree and what reads them; more specific ones first.
var kinds = []struct {
	folder string
	kind   Kind
}{
	{"grafana/dashboards/", Dashboard},
	{"grafana/customers/", Dashboard},
	{"grafana/provisioning/dashboards/", Dashboards},
	{"grafana/provisioning/datasources/", Datasources},
	{"grafana/provisioning/alerting/", Alerting},
	{"grafana/provisioning/plugins/", Plugins},
	{"prometheus/", Prometheus},
}

// KindOf returns what a file of the tree is by its path: that of the folder if it has the
// extension that is read there, else Placeholder.
func KindOf(p Path) Kind {
	for _, k := range kinds {
		if !strings.HasPrefix(string(p), k.folder) {
			continue
		}
		extension := path.Ext(string(p))
		switch extension {
		case ".json":
			if k.kind == Dashboard || k.kind == Alerting { // which Grafana reads as JSON too
				return k.kind
			}
		case ".yaml", ".yml":
			if k.kind != Dashboard {
				return k.kind
			}
		}
	}
	return Placeholder
}
