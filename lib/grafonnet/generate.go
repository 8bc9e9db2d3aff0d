package grafonnet

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// library mirrors the output tree. A file that is also generated is added on top of the
// generated object; any other is copied.
//
//go:embed library
var library embed.FS

// Generate returns the files of the library for a schema, by their path below the version's
// folder. All are formatted as jsonnetfmt does.
func Generate(schema Schema) (map[string][]byte, error) {
	g := generator{schema: schema, rules: rules{schema}}
	files, err := g.files()
	if err != nil {
		return nil, err
	}
	parts, err := handWritten()
	if err != nil {
		return nil, err
	}
	files, err = combine(files, parts)
	if err != nil {
		return nil, err
	}
	tree := map[string][]byte{}
	for _, f := range files {
		if _, ok := tree[f.path]; ok {
			return nil, fmt.Errorf("%s: two parts of the schema would go into this file", f.path)
		}
		if tree[f.path], err = g.print(f); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

// combine adds the parts of library/ to the generated files. A function that a part has
// replaces the generated one.
func combine(files []file, parts map[string]string) ([]file, error) {
	var combined []file
	for _, f := range files {
		f.added = parts[f.path]
		delete(parts, f.path)
		replaced, err := fieldNames(f.path, f.added)
		if err != nil {
			return nil, err
		}
		f.root = f.root.without(replaced...)
		combined = append(combined, split(f)...)
	}
	for _, path := range sortedKeys(parts) {
		combined = append(combined, file{path: path, added: parts[path]})
	}
	return combined, nil
}

type generator struct {
	schema Schema
	rules  rules
}

// file is one output file: base + generated object + what library/ adds.
type file struct {
	path  string
	about string
	base  string // an expression that the object is added to
	root  Namespace
	added string
}

// files returns everything that comes from the schema.
func (g generator) files() ([]file, error) {
	dashboard, err := g.dashboardFiles()
	if err != nil {
		return nil, err
	}
	shared, err := g.sharedPanelFiles()
	if err != nil {
		return nil, err
	}
	files := slices.Concat(dashboard, shared)
	for _, name := range sortedKeys(g.schema.API.Panels) {
		f, err := g.panelFile(name, g.schema.API.Panels[name])
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	for _, name := range sortedKeys(g.schema.API.Queries) {
		f, err := g.queryFile(name, g.schema.API.Queries[name])
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	plain, err := g.plainFiles()
	if err != nil {
		return nil, err
	}
	return slices.Concat(files, plain, []file{g.mainFile()}), nil
}

// queryFile returns the functions of one query type; a type with several shapes has a
// namespace for each.
func (g generator) queryFile(name string, shapes []TypeName) (file, error) {
	f := file{path: "query/" + name + ".libsonnet", about: fmt.Sprintf("Queries of the type %s.", name)}
	for _, shape := range shapes {
		n, err := g.rules.named(shape)
		if err != nil {
			return file{}, err
		}
		if len(shapes) == 1 {
			f.root = n
			return f, nil
		}
		n.Name, n.Alternative = shape.Base(), true
		f.root = f.root.with(n)
	}
	return f, nil
}

// plainFiles returns the types that follow the rules without any regrouping.
func (g generator) plainFiles() ([]file, error) {
	types := map[string]TypeName{
		"librarypanel.libsonnet": g.schema.API.LibraryPanel,
		"panel/row.libsonnet":    g.schema.API.Row,
	}
	for name, t := range g.schema.API.Alerting {
		types["alerting/"+name+".libsonnet"] = t
	}
	var files []file
	for _, path := range sortedKeys(types) {
		n, err := g.rules.named(types[path])
		if err != nil {
			return nil, err
		}
		files = append(files, file{path: path, about: fmt.Sprintf("Functions for the schema's type %s.", types[path].Base()), root: n})
	}
	return files, nil
}

// mainFile returns the index, which imports each part only when it is used.
func (g generator) mainFile() file {
	imports := func(folder string, names []string) Namespace {
		n := Namespace{Name: folder}
		for _, name := range names {
			n = n.with(Namespace{Name: name, Import: folder + "/" + name + ".libsonnet"})
		}
		return n
	}
	panels := append(sortedKeys(g.schema.API.Panels), "row")
	slices.Sort(panels)
	root := Namespace{}.
		with(imports("alerting", sortedKeys(g.schema.API.Alerting))).
		with(Namespace{Name: "dashboard", Import: "dashboard.libsonnet"}).
		with(Namespace{Name: "librarypanel", Import: "librarypanel.libsonnet"}).
		with(imports("panel", panels)).
		with(imports("query", sortedKeys(g.schema.API.Queries))).
		with(imports("util", utilities))
	return file{path: "main.libsonnet", about: "The library's index; dashboards import this file.", root: root}
}

// utilities are the namespaces of util, written by hand in library/util.
var utilities = []string{"dashboard", "grid", "panel", "string"}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// handWritten returns the files of library/ by their path in the output.
func handWritten() (map[string]string, error) {
	parts := map[string]string{}
	err := fs.WalkDir(library, "library", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := library.ReadFile(path)
		parts[strings.TrimPrefix(path, "library/")] = string(data)
		return err
	})
	return parts, err
}
