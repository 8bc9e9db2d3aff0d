package grafonnet

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed schema/*.json
var schemas embed.FS

// TypeName names a type of the schema as "module.Type".
type TypeName string

// Base returns the name without its module.
func (n TypeName) Base() string {
	_, base, _ := strings.Cut(string(n), ".")
	return base
}

// Kind says which fields of a Type are set.
type Kind string

// The constructs that a schema may use. Anything else is an error of ReadSchema.
const (
	KindString  Kind = "string"
	KindNumber  Kind = "number"
	KindBoolean Kind = "boolean"
	KindNull    Kind = "null"
	KindAny     Kind = "any"
	KindEnum    Kind = "enum"   // Values
	KindConst   Kind = "const"  // Value
	KindArray   Kind = "array"  // Items
	KindMap     Kind = "map"    // Items: an object with keys of the author's choice
	KindUnion   Kind = "union"  // Of
	KindRef     Kind = "ref"    // Ref
	KindObject  Kind = "object" // Extends, Properties
)

// Type is one type of the schema. As a property of an object it also knows whether the
// property is required and its default.
type Type struct {
	Kind       Kind              `json:"kind"`
	Ref        TypeName          `json:"ref"`
	Value      json.RawMessage   `json:"value"`
	Values     []json.RawMessage `json:"values"`
	Items      *Type             `json:"items"`
	Of         []Type            `json:"of"`
	Extends    []TypeName        `json:"extends"`
	Properties map[string]Type   `json:"properties"`
	Required   bool              `json:"required"`
	Default    json.RawMessage   `json:"default"`

	unknown []string // fields in the file that no construct has
}

// API says which types the public functions start from, and what the functions are called.
type API struct {
	Dashboard    TypeName              `json:"dashboard"`
	Panel        TypeName              `json:"panel"`
	Row          TypeName              `json:"row"`
	LibraryPanel TypeName              `json:"libraryPanel"`
	Panels       map[string]PanelType  `json:"panels"`
	Queries      map[string][]TypeName `json:"queries"`
	Alerting     map[string]TypeName   `json:"alerting"`
}

// PanelType is a panel plugin: the id in a dashboard's JSON, and the module that has its
// types Options and, for some, FieldConfig.
type PanelType struct {
	ID     string `json:"id"`
	Module string `json:"module"`
}

// Schema is everything the generator knows about one version of Grafana.
type Schema struct {
	Grafana string            `json:"grafana"` // for example 11.4.0
	Sources map[string]string `json:"sources"` // npm package to version
	API     API               `json:"api"`
	Types   map[TypeName]Type `json:"types"`
}

// Version returns the name of the version as the import path and pluginVersion have it.
func (s Schema) Version() string { return "v" + s.Grafana }

// Versions lists the embedded schemas, for example v11.4.0.
func Versions() []string {
	files, err := fs.Glob(schemas, "schema/*.json")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".json")
	}
	return files
}

// EmbeddedSchema returns the schema of one of Versions.
func EmbeddedSchema(version string) (Schema, error) {
	data, err := schemas.ReadFile("schema/" + version + ".json")
	if err != nil {
		return Schema{}, fmt.Errorf("no schema for Grafana %s; there are schemas for %s", version, strings.Join(Versions(), ", "))
	}
	return ReadSchema(data)
}

// ReadSchema parses and checks a schema. An unknown construct is an error that names its path.
func ReadSchema(data []byte) (Schema, error) {
	var schema Schema
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&schema); err != nil {
		return Schema{}, fmt.Errorf("schema: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		if err := schema.check(string(name), schema.Types[name]); err != nil {
			return Schema{}, err
		}
	}
	return schema, schema.checkAPI()
}

// UnmarshalJSON keeps the names of unknown fields, for an error that can name the path.
func (t *Type) UnmarshalJSON(data []byte) error {
	type plain Type
	if err := json.Unmarshal(data, (*plain)(t)); err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(typeFields, field) {
			t.unknown = append(t.unknown, field)
		}
	}
	return nil
}

var typeFields = []string{
	"default", "extends", "items", "kind", "of", "properties", "ref", "required", "value", "values",
}

func (s Schema) checkAPI() error {
	names := []TypeName{s.API.Dashboard, s.API.Panel, s.API.Row, s.API.LibraryPanel}
	names = slices.AppendSeq(names, maps.Values(s.API.Alerting))
	for _, query := range s.API.Queries {
		names = append(names, query...)
	}
	for _, panel := range s.API.Panels {
		names = append(names, TypeName(panel.Module+".Options"))
	}
	slices.Sort(names)
	for _, name := range names {
		if _, ok := s.Types[name]; !ok {
			return fmt.Errorf("schema: the api names the type %q, which is not in the schema", name)
		}
	}
	return nil
}

func (s Schema) check(where string, t Type) error {
	if len(t.unknown) > 0 {
		return fmt.Errorf("schema: %s: unknown field %q", where, t.unknown[0])
	}
	switch t.Kind {
	case KindString, KindNumber, KindBoolean, KindNull, KindAny:
		return nil
	case KindEnum:
		return need(where, "values", len(t.Values) > 0)
	case KindConst:
		return need(where, "value", t.Value != nil)
	case KindArray:
		return s.checkItems(where+"[]", t)
	case KindMap:
		return s.checkItems(where+"{}", t)
	case KindUnion:
		return s.checkUnion(where, t)
	case KindRef:
		return s.checkRef(where, t.Ref)
	case KindObject:
		return s.checkObject(where, t)
	}
	return fmt.Errorf("schema: %s: unknown kind %q; teach lib/grafonnet what to make of it", where, t.Kind)
}

func need(where, field string, ok bool) error {
	if !ok {
		return fmt.Errorf("schema: %s: %s is missing", where, field)
	}
	return nil
}

func (s Schema) checkItems(where string, t Type) error {
	if err := need(where, "items", t.Items != nil); err != nil {
		return err
	}
	return s.check(where, *t.Items)
}

func (s Schema) checkUnion(where string, t Type) error {
	for i, member := range t.Of {
		if err := s.check(fmt.Sprintf("%s|%d", where, i), member); err != nil {
			return err
		}
	}
	return need(where, "of", len(t.Of) > 0)
}

func (s Schema) checkObject(where string, t Type) error {
	for _, parent := range t.Extends {
		if err := s.checkRef(where, parent); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Properties)) {
		if err := s.check(where+"."+name, t.Properties[name]); err != nil {
			return err
		}
	}
	return nil
}

func (s Schema) checkRef(where string, ref TypeName) error {
	if _, ok := s.Types[ref]; !ok {
		return fmt.Errorf("schema: %s: the type %q is not in the schema", where, ref)
	}
	return nil
}
