package grafonnet_test

import (
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/grafonnet"
)

// minimal is a schema with the one type T, whose property p is given.
func minimal(property string) string {
	return `{
		"grafana": "1.2.3",
		"sources": {},
		"api": {
			"dashboard": "m.D", "panel": "m.P", "row": "m.T", "libraryPanel": "m.T",
			"panels": {}, "queries": {"q": ["m.T"]}, "alerting": {}
		},
		"types": {
			"m.D": {"kind": "object", "properties": {"annotations": {"kind": "any"}}},
			"m.P": {"kind": "object", "properties": {"fieldConfig": {"kind": "ref", "ref": "m.F"}}},
			"m.F": {"kind": "object", "properties": {}},
			"m.Base": {"kind": "object", "properties": {"base": {"kind": "string"}}},
			"m.T": {"kind": "object", "properties": {"p": ` + property + `}}
		}
	}`
}

func TestMinimalSchema(t *testing.T) {
	schema, err := grafonnet.ReadSchema([]byte(minimal(`{"kind": "string"}`)))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := grafonnet.Generate(schema)
	if err != nil {
		t.Fatal(err)
	}
	if want := "withP(value): { p: value }"; !strings.Contains(string(tree["query/q.libsonnet"]), want) {
		t.Errorf("query/q.libsonnet lacks %q:\n%s", want, tree["query/q.libsonnet"])
	}
}

// TestUnknownConstructs: what the generator does not know is an error that names its path.
func TestUnknownConstructs(t *testing.T) {
	tests := map[string]struct{ property, want string }{
		"kind":               {`{"kind": "tuple"}`, `m.T.p: unknown kind "tuple"`},
		"no kind":            {`{}`, `m.T.p: unknown kind ""`},
		"field":              {`{"kind": "string", "pattern": "x"}`, `m.T.p: unknown field "pattern"`},
		"kind in array":      {`{"kind": "array", "items": {"kind": "tuple"}}`, `m.T.p[]: unknown kind "tuple"`},
		"kind in map":        {`{"kind": "map", "items": {"kind": "tuple"}}`, `m.T.p{}: unknown kind "tuple"`},
		"kind in union":      {`{"kind": "union", "of": [{"kind": "string"}, {"kind": "tuple"}]}`, `m.T.p|1: unknown kind "tuple"`},
		"kind in object":     {`{"kind": "object", "properties": {"x": {"kind": "tuple"}}}`, `m.T.p.x: unknown kind "tuple"`},
		"array of nothing":   {`{"kind": "array"}`, `m.T.p[]: items is missing`},
		"enum of nothing":    {`{"kind": "enum"}`, `m.T.p: values is missing`},
		"constant":           {`{"kind": "const"}`, `m.T.p: value is missing`},
		"union of nothing":   {`{"kind": "union"}`, `m.T.p: of is missing`},
		"missing type":       {`{"kind": "ref", "ref": "m.X"}`, `m.T.p: the type "m.X" is not in the schema`},
		"missing parent":     {`{"kind": "object", "extends": ["m.X"]}`, `m.T.p: the type "m.X" is not in the schema`},
		"recursion":          {`{"kind": "ref", "ref": "m.T"}`, `m.T.p: the type m.T contains itself`},
		"recursion in array": {`{"kind": "array", "items": {"kind": "ref", "ref": "m.T"}}`, `m.T.p[]: the type m.T contains itself`},
		"default":            {`{"kind": "ref", "ref": "m.Base", "default": {"x": 1}}`, `m.T.p.x: has a default but is no property`},
		"default's type":     {`{"kind": "ref", "ref": "m.Base", "default": 1}`, `m.T.p: the default of an object`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			schema, err := grafonnet.ReadSchema([]byte(minimal(test.property)))
			if err == nil {
				_, err = grafonnet.Generate(schema)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got the error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestBrokenSchemas(t *testing.T) {
	tests := map[string]struct{ schema, want string }{
		"not JSON":         {`{`, "schema: "},
		"unknown field":    {`{"grafanas": "1"}`, `unknown field "grafanas"`},
		"missing api type": {strings.Replace(minimal(`{"kind": "any"}`), `"row": "m.T"`, `"row": "m.X"`, 1), `the api names the type "m.X"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := grafonnet.ReadSchema([]byte(test.schema))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got the error %v, want one with %q", err, test.want)
			}
		})
	}
}

// TestPanelWithoutFieldConfig: the generator needs the named type of a panel's field options.
func TestPanelWithoutFieldConfig(t *testing.T) {
	schema, err := grafonnet.ReadSchema([]byte(strings.Replace(minimal(`{"kind": "any"}`), `"fieldConfig"`, `"fields"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := grafonnet.Generate(schema); err == nil || !strings.Contains(err.Error(), "is needed") {
		t.Errorf("got the error %v, want one about a type that is needed", err)
	}
}

func TestUnknownVersion(t *testing.T) {
	_, err := grafonnet.EmbeddedSchema("v0.0.1")
	if want := "no schema for Grafana v0.0.1; there are schemas for v11.4.0"; err == nil || err.Error() != want {
		t.Errorf("got the error %v, want %q", err, want)
	}
}
