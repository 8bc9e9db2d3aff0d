//go:build unix

package publish

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
)

func manifestOf(files string) string {
	return `{"version":1,"project":"shop","environment":"prod","tool":"v1","inputs":"x","files":[` + files + `]}`
}

func fileEntry(path string) string {
	return fmt.Sprintf(`{"path":%q,"kind":"dashboard","sha256":%q,"size":1}`, path, digest([]byte("A")))
}

var damagedManifests = map[string]string{
	"empty":             "",
	"blank":             " \n",
	"cut off":           manifestOf("")[:40],
	"not an object":     `[1]`,
	"null":              `null`,
	"trailing text":     manifestOf("") + "x",
	"unknown key":       `{"version":1,"files":[],"surprise":1}`,
	"version 0":         `{"files":[]}`,
	"version 2":         `{"version":2,"anything":true}`,
	"merge markers":     "{\n<<<<<<< HEAD\n  \"version\": 1,\n",
	"path outside":      manifestOf(fileEntry("../../victim")),
	"absolute path":     manifestOf(fileEntry("/victim")),
	"path not clean":    manifestOf(fileEntry("a/../b")),
	"path through .":    manifestOf(fileEntry("./a")),
	"empty path":        manifestOf(fileEntry("")),
	"the manifest":      manifestOf(fileEntry("manifest.json")),
	"a path twice":      manifestOf(fileEntry("a") + "," + fileEntry("a")),
	"out of order":      manifestOf(fileEntry("b") + "," + fileEntry("a")),
	"short sum":         manifestOf(`{"path":"a","kind":"dashboard","sha256":"abc","size":1}`),
	"upper-case sum":    manifestOf(strings.ToUpper(fileEntry("A"))),
	"negative size":     manifestOf(strings.Replace(fileEntry("a"), `"size":1`, `"size":-1`, 1)),
	"size not a number": manifestOf(strings.Replace(fileEntry("a"), `"size":1`, `"size":"1"`, 1)),
	"other environment": strings.Replace(manifestOf(""), "prod", "dev", 1),
}

func TestDamagedManifest(t *testing.T) {
	for name, data := range damagedManifests {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "x", "out")
			publish(t, dir, build(tree{"a.json": "A"}))
			write(t, parent+"/x/victim", "A")
			write(t, parent+"/victim", "A")
			write(t, dir+"/prod/manifest.json", data)
			before := readTree(t, parent)
			next := build(tree{"a.json": "A2"})
			_, err := tryPublish(t.Context(), dir, next, nil)
			var damaged *ManifestError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), "manifest.json") || !strings.Contains(err.Error(), "; ") {
				t.Errorf("got %v", err)
			}
			if !maps.Equal(readTree(t, parent), before) {
				t.Error("something was written")
			}
			if report := verify(t, dir); report.OK() || report.Manifest == "" {
				t.Errorf("verify: %+v", report)
			}
			next.Force = true
			publish(t, dir, next)
			wantTree(t, dir, tree{"a.json": "A2"})
			if report := verify(t, dir); !report.OK() {
				t.Errorf("verify after --force: %+v", report)
			}
			if files := readTree(t, parent); files["victim"] != "A" || files["x/victim"] != "A" {
				t.Error("a file outside of the tree was touched")
			}
		})
	}
}

func TestHostileJournalOwnsNothingOutside(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	publish(t, dir, build(tree{"a.json": "A"}))
	write(t, parent+"/victim", "A")
	write(t, dir+"/victim", "A")
	sum := digest([]byte("A"))
	write(t, dir+"/.dashc/prod.pending.json", fmt.Sprintf(`{"../victim":[%q],"../../victim":[%q],"/victim":[%q],"manifest.json":[%q]}`, sum, sum, sum, sum))
	publish(t, dir, build(tree{"a.json": "A2"}))
	if files := readTree(t, parent); files["victim"] != "A" || files["out/victim"] != "A" || files["out/prod/a.json"] != "A2" {
		t.Errorf("%v", files)
	}
	write(t, dir+"/.dashc/prod.pending.json", "{torn")
	publish(t, dir, build(tree{"a.json": "A2"}))
	if _, err := os.Stat(dir + "/.dashc/prod.pending.json"); err == nil {
		t.Error("the damaged journal stays")
	}
}

func TestManifestBytes(t *testing.T) {
	dir := t.TempDir()
	b := Build{Project: "shop", Environment: "prod", Tool: "v1", Inputs: "sha256:x", Artifacts: []artifact.Artifact{
		{Path: "b/<c>.json", Kind: artifact.Dashboard, Bytes: []byte("C"), Source: "jsonnet/b/c.jsonnet"},
		{Path: "a.keep", Kind: artifact.Placeholder, Bytes: nil},
	}}
	publish(t, dir, b)
	want := `{
  "version": 1,
  "project": "shop",
  "environment": "prod",
  "tool": "v1",
  "inputs": "sha256:x",
  "files": [
    {
      "path": "a.keep",
      "kind": "placeholder",
      "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "size": 0
    },
    {
      "path": "b/<c>.json",
      "kind": "dashboard",
      "sha256": "6b23c0d5f35d1b11f9b683f0b0a617355deb11277d91ae091d399c655b87940d",
      "size": 1,
      "source": "jsonnet/b/c.jsonnet"
    }
  ]
}
`
	if got := readTree(t, dir)["prod/manifest.json"]; got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzParseManifest(f *testing.F) {
	for _, data := range damagedManifests {
		f.Add([]byte(data))
	}
	f.Add([]byte(manifestOf(fileEntry("a") + "," + fileEntry("b/c"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseManifest("m", data)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(string(file.Path)) {
				t.Errorf("%q leads out", file.Path)
			}
		}
	})
}
