package diff

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/tools/txtar"

	"github.com/dashc/dashc/lib/artifact"
)

var update = flag.Bool("update", false, "write the golden parts of testdata again")

// Each archive in testdata holds files of an old and a new tree, named old/ENVIRONMENT/PATH and
// new/ENVIRONMENT/PATH, or unowned/ENVIRONMENT/PATH for one that no build wrote, and what the
// reports say: want.txt and, where it is there, want.md and want.json. The line of the comment
// that begins with "labels:" names tenant labels.
func TestReports(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			report := collect(archive)
			for i := range archive.Files {
				part := &archive.Files[i]
				format, isGolden := map[string]Format{"want.txt": Text, "want.md": Markdown, "want.json": JSON}[part.Name]
				if !isGolden {
					continue
				}
				got := write(t, format, report)
				if *update {
					part.Data = []byte(got)
				} else if string(part.Data) != got {
					t.Errorf("%s: got\n%s\nwant\n%s", part.Name, got, part.Data)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func write(t testing.TB, format Format, report Report) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, format, report, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// collect compares the trees of an archive, in a random order.
func collect(archive *txtar.Archive) Report {
	var labels []string
	for line := range strings.Lines(string(archive.Comment)) {
		if rest, ok := strings.CutPrefix(line, "labels:"); ok {
			labels = strings.Fields(rest)
		}
	}
	pairs := map[string]*Pair{}
	collector := NewCollector(labels)
	var environments []string
	for _, part := range archive.Files {
		side, rest, _ := strings.Cut(part.Name, "/")
		environment, path, ok := strings.Cut(rest, "/")
		if !ok {
			continue
		}
		if !slices.Contains(environments, environment) {
			environments = append(environments, environment)
			collector.Environment(environment)
		}
		if pairs[rest] == nil {
			pairs[rest] = &Pair{Environment: environment, Path: artifact.Path(path)}
		}
		data := slices.Concat([]byte{}, part.Data)
		switch side {
		case "new":
			pairs[rest].New = data
		case "unowned":
			pairs[rest].Unowned = true
			pairs[rest].Old = data
		default:
			pairs[rest].Old = data
		}
	}
	for _, p := range pairs {
		collector.Add(*p)
	}
	return collector.Report()
}

func TestSummary(t *testing.T) {
	c := NewCollector(nil)
	c.Environment("prod")
	c.Failed("dev")
	for i := range 2500 {
		old, new := `{"title": "T - N%[1]d", "panels": [{"id": 1, "title": "A", "max": 5}]}`, ""
		if new = old; i < 2311 {
			new = strings.Replace(old, "5", "4", 1)
		}
		path := artifact.Path(fmt.Sprintf("grafana/customers/00/c%d/t.json", i))
		c.Add(Pair{Environment: "prod", Path: path, Old: fmt.Appendf(nil, old, i), New: fmt.Appendf(nil, new, i)})
	}
	r := c.Report()
	if got, want := write(t, Text, r), "~ panel \"A\" (t): max 5 -> 4    in prod, in 2,311 of 2,500 customers\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := r.Summary(), "prod: 1 change in 2,311 of 2,500 files"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(r.Groups[0].Examples); n != maxExamples {
		t.Errorf("%d examples", n)
	}
	if got := write(t, Markdown, r); !strings.Contains(got, "not compared because of errors: dev") {
		t.Errorf("the comment does not say what failed:\n%s", got)
	}
}

// A comment that is too long says so and stays whole.
func TestMarkdownLimit(t *testing.T) {
	c := NewCollector(nil)
	for i := range 3000 {
		c.Add(Pair{
			Environment: "prod", Path: artifact.Path(fmt.Sprintf("grafana/dashboards/d%d.json", i/10)),
			Old: fmt.Appendf(nil, `{"k%d": 1}`, i), New: fmt.Appendf(nil, `{"k%d": %q}`, i, strings.Repeat("x`<y\n", 500)),
		})
	}
	got := write(t, Markdown, c.Report())
	if len(got) > maxMarkdown || len(got) < maxMarkdown/2 {
		t.Errorf("the comment has %d bytes", len(got))
	}
	if strings.Count(got, "<details>") != strings.Count(got, "</details>") || !strings.Contains(got, "cut here") {
		t.Errorf("the comment is not whole:\n%s", got[len(got)-500:])
	}
}

// documents are real ones, and one for each way in which a document can be odd.
func documents(t testing.TB) map[artifact.Path]any {
	t.Helper()
	all := map[artifact.Path]any{}
	root := "../../out/prod"
	err := filepath.WalkDir(root, func(file string, item os.DirEntry, err error) error {
		if err != nil || item.IsDir() || item.Name() == "manifest.json" {
			return err
		}
		path, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		p := artifact.Path(filepath.ToSlash(path))
		if all[p], err = decode(artifact.KindOf(p), data); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[artifact.Path]string{
		"grafana/dashboards/odd.json": `{"panels": [1, {"id": 1, "title": "A"}, {"id": 1, "title": "A", "type": "row", "panels": [{"id": 2}, null, {"panels": [{}, {}]}]},
			{"type": "row", "title": "A", "panels": [{"id": 2, "title": "B"}]}, [], {"targets": [{"refId": "A"}, {"refId": "A", "expr": "x"}, {}]}],
			"rows": [{"title": "R", "panels": [{"id": 5}]}, {"title": "R", "panels": [{"id": 6}, {"id": 7}]}, "x"],
			"templating": {"list": [{"name": "a"}, {"name": "a"}, {"name": ""}, 5]}, "annotations": null, "links": {"a": []}, "time": [], "a/b~c": {"": {" ": null}}}`,
		"grafana/provisioning/alerting/odd.yaml": `{"groups": [{"name": "g", "folder": "f", "rules": [{"uid": "a"}, {"uid": "b"}]}, {"name": "g", "folder": "h", "rules": [{"uid": "c"}, 5]},
			{"name": "g", "folder": "h", "rules": [{"title": "c"}, {}]}, {"rules": {}}], "x": [[1, 2], [3, [4, {"a": true}]]], "y": [{"name": "a", "v": 1}, {"name": "b"}]}`,
		"prometheus/odd.yaml": `[{"a": 1}, "b", null, 5.0, true]`,
	} {
		var err error
		if all[name], err = artifact.Decode([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestEqualDocumentsHaveNoChange(t *testing.T) {
	for path, document := range documents(t) {
		if changes := Documents(artifact.KindOf(path), document, clone(document)); len(changes) > 0 {
			t.Errorf("%s: %v", path, changes)
		}
	}
}

// Whatever single thing is done to a document, at least one change says so, in both directions.
func TestEveryMutationIsSeen(t *testing.T) {
	for path, document := range documents(t) {
		kind := artifact.KindOf(path)
		n := 0
		// Every mutation of a small document, and as many of a large one.
		random, share := rand.New(rand.NewPCG(3, 4)), min(1, 4000/float64(len(compact(document))))
		eachMutation(document, func(mutated any, what string) {
			n++
			if random.Float64() > share || equal(document, mutated) {
				return
			}
			for _, pair := range [][2]any{{document, mutated}, {mutated, document}} {
				changes := Documents(kind, pair[0], pair[1])
				if len(changes) == 0 {
					t.Errorf("%s: %s: no change", path, what)
				}
				for _, change := range changes {
					if line, _ := change.words(); line == "" || strings.ContainsAny(line, "\n\x1b") {
						t.Errorf("%s: %s: the change reads %q", path, what, line)
					}
				}
			}
		})
		if n == 0 {
			t.Errorf("%s: nothing to change", path)
		}
	}
}

// Two things done to one document are not fewer changes than the places that they touch.
func TestSeveralMutationsAreAllSeen(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for path, document := range documents(t) {
		var leaves []string
		eachLeaf(document, "", func(pointer string) { leaves = append(leaves, pointer) })
		for range 200 {
			mutated := clone(document)
			want := map[string]bool{}
			for range 4 {
				leaf := leaves[random.IntN(len(leaves))]
				// Names decide what is compared with what, and the grid is told by its pairs.
				if last := leaf[strings.LastIndexByte(leaf, '/')+1:]; slices.Contains([]string{"id", "title", "name", "refId", "uid", "x", "y", "w", "h", "record", "options", "folder", "type", "url", "receiver", "orgId"}, last) {
					continue
				}
				want[leaf] = true
				mutated = set(mutated, leaf, "changed by a test "+leaf)
			}
			changes := Documents(artifact.KindOf(path), document, mutated)
			var seen strings.Builder
			for _, change := range changes {
				seen.WriteString(compact(change.New))
			}
			for leaf := range want {
				if text := compact("changed by a test " + leaf); !strings.Contains(seen.String(), text[1:len(text)-1]) {
					t.Fatalf("%s: the change of %s is not in the report", path, leaf)
				}
			}
		}
	}
}

func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := map[string]any{}
		for key, item := range value {
			copied[key] = clone(item)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, item := range value {
			copied[i] = clone(item)
		}
		return copied
	}
	return value
}

// eachMutation visits every document that differs from one in a single thing.
func eachMutation(document any, visit func(mutated any, what string)) {
	var walk func(value any, at string, put func(any) any)
	walk = func(value any, at string, put func(any) any) {
		for _, other := range []any{nil, "other", json.Number("42"), true, []any{}, map[string]any{}} {
			visit(put(other), fmt.Sprintf("%s = %v", at, other))
		}
		switch value := value.(type) {
		case map[string]any:
			for key, item := range value {
				with := func(change func(map[string]any)) any {
					copied := maps.Clone(value)
					change(copied)
					return put(copied)
				}
				visit(with(func(m map[string]any) { delete(m, key) }), at+" without "+key)
				visit(with(func(m map[string]any) { delete(m, key); m[key+"x"] = item }), at+" renamed "+key)
				walk(item, at+"/"+key, func(other any) any { return with(func(m map[string]any) { m[key] = other }) })
			}
			copied := maps.Clone(value)
			copied["brand new"] = nil
			visit(put(copied), at+" with another key")
		case []any:
			for i, item := range value {
				copied := slices.Clone(value)
				visit(put(slices.Delete(slices.Clone(value), i, i+1)), fmt.Sprintf("%s without [%d]", at, i))
				visit(put(slices.Insert(slices.Clone(value), i, clone(item))), fmt.Sprintf("%s with [%d] twice", at, i))
				visit(put(slices.Insert(slices.Clone(value), i, any(json.Number("7")))), fmt.Sprintf("%s with 7 at [%d]", at, i))
				if i > 0 {
					copied[i], copied[i-1] = copied[i-1], copied[i]
					visit(put(copied), fmt.Sprintf("%s with [%d] before the one above", at, i))
				}
				walk(item, fmt.Sprintf("%s/%d", at, i), func(other any) any {
					copied := slices.Clone(value)
					copied[i] = other
					return put(copied)
				})
			}
		}
	}
	walk(document, "", func(other any) any { return other })
}

func eachLeaf(value any, at string, visit func(string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if !strings.ContainsAny(key, "/~") && key != "" {
				eachLeaf(value[key], at+"/"+key, visit)
			}
		}
	case []any:
		for i, item := range value {
			eachLeaf(item, fmt.Sprintf("%s/%d", at, i), visit)
		}
	default:
		visit(at)
	}
}

// set returns a document with another value at a place.
func set(document any, pointer string, value any) any {
	if pointer == "" {
		return value
	}
	head, rest, _ := strings.Cut(pointer[1:], "/")
	if rest != "" {
		rest = "/" + rest
	}
	switch document := document.(type) {
	case map[string]any:
		document[head] = set(document[head], rest, value)
	case []any:
		var i int
		fmt.Sscan(head, &i)
		document[i] = set(document[i], rest, value)
	}
	return document
}

// Whatever two files hold, the reports are whole, printable and not empty unless they are equal.
func FuzzFiles(f *testing.F) {
	f.Add([]byte(`{"panels": [{"id": 1, "title": "a"}]}`), []byte(`{"panels": [{"id": 1, "title": "b\u001b"}]}`), true)
	f.Add([]byte("groups: [{name: g, rules: [{record: a, expr: b}]}]"), []byte("groups:\n- name: g\n  rules:\n  - {record: a, expr: \"`\"}\n"), false)
	f.Add([]byte("&a [*a, *a]"), []byte("{<<: {a: 1}}"), false)
	f.Fuzz(func(t *testing.T, old, new []byte, isDashboard bool) {
		path := artifact.Path("prometheus/x.yml")
		if isDashboard {
			path = "grafana/customers/00/acme/x.json"
		}
		c := NewCollector(nil)
		c.Add(Pair{Environment: "prod", Path: path, Old: slices.Concat([]byte{}, old), New: slices.Concat([]byte{}, new)})
		report := c.Report()
		if report.Differs() == (string(old) == string(new)) {
			t.Fatalf("differs: %t", report.Differs())
		}
		for _, format := range []Format{Text, JSON, Markdown} {
			text := write(t, format, report)
			if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
				t.Fatalf("%s is not printable: %q", format, text)
			}
			if format == JSON && !json.Valid([]byte(text)) {
				t.Fatalf("no JSON: %s", text)
			}
		}
	})
}
