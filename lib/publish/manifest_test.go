//go:build unix

package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
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

// TestManifestIsOrdinaryJSON holds the hand-written encoder and decoder to encoding/json.
func TestManifestIsOrdinaryJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	alphabet := []string{"a", "b", "/", "-", "ü", "\u2028", "<", "&", "\"", "\\", "\x01", "\x7f", "\xff", "\U0001f600", "\n", " "}
	text := func(least int) string {
		var b strings.Builder
		for range least + r.IntN(6) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 2000 {
		m := &Manifest{Version: 1 + r.IntN(2), Project: text(0), Environment: text(0), Tool: text(0), Inputs: text(0), Files: []File{}}
		for range r.IntN(4) {
			m.Files = append(m.Files, File{artifact.Path(text(1)), artifact.Kind(text(0)), text(0), r.Int64(), text(0), text(0), text(0)})
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(m); err != nil {
			t.Fatal(err)
		}
		got := m.encode()
		if !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("got %s\nwant %s", got, want.Bytes())
		}
		fast, slow := decodeWritten(got), new(Manifest)
		if err := json.Unmarshal(got, slow); err != nil || fast == nil || !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%s\nreads as %+v, want %+v (%v)", got, fast, slow, err)
		}
	}
}

// TestRepositoryManifests reads the manifests of the example and writes them again.
func TestRepositoryManifests(t *testing.T) {
	names, err := filepath.Glob("../../out/*/manifest.json")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := decodeWritten(data)
		if m == nil || !bytes.Equal(m.encode(), data) {
			t.Errorf("%s is not written as it is read", name)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	for _, data := range damagedManifests {
		f.Add([]byte(data))
	}
	f.Add([]byte(manifestOf(fileEntry("a") + "," + fileEntry("b/c"))))
	written, err := ParseManifest("m", []byte(manifestOf(fileEntry("a")+","+fileEntry("b\u2028"))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(written.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if fast := decodeWritten(data); fast != nil {
			if slow, err := decodeManifest("m", data); err != nil || !reflect.DeepEqual(fast, slow) {
				t.Errorf("read as %+v and as %+v, %v", fast, slow, err)
			}
		}
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
