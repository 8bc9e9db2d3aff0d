package project

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/dashc/dashc/lib/diagnostic"
)

// The shapes of the two files that dashc itself defines. `values` of an environment is the
// project's own and is described by environments/schema.json.
var (
	//go:embed schema/dashc.schema.json
	projectSchemaJSON []byte
	//go:embed schema/environment.schema.json
	environmentSchemaJSON []byte
)

// schema is a JSON Schema with the document it was made from, which error messages need to
// name the keys that are known at a place.
type schema struct {
	file     string
	raw      any
	compiled *jsonschema.Schema
}

const schemaURL = "file:///schema.json"

// compileSchema reads a JSON Schema. References may only lead inside the schema itself.
func compileSchema(file string, data []byte) (*schema, error) {
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, configError(jsonErrorPosition(file, data, err), "config/schema", "not valid JSON: "+err.Error(), "")
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(schemaURL, raw); err != nil {
		return nil, configError(diagnostic.Position{File: file}, "config/schema", "not a JSON Schema: "+schemaText(err), "")
	}
	compiled, err := compiler.Compile(schemaURL)
	if err != nil {
		return nil, configError(diagnostic.Position{File: file}, "config/schema", "not a valid JSON Schema: "+schemaText(err), "")
	}
	return &schema{file: file, raw: raw, compiled: compiled}, nil
}

// noLoader refuses every reference to another document: no file and no network is read.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, errors.New("references to other documents are not supported; move the definition under $defs")
}

func schemaText(err error) string {
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), schemaURL, ""), "\n", "; ")
}

func jsonErrorPosition(file string, data []byte, err error) diagnostic.Position {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return diagnostic.Position{File: file}
	}
	before := data[:min(int(syntax.Offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	return diagnostic.Position{File: file, Line: line, Column: len(before) - bytes.LastIndexByte(before, '\n') - 1}
}

// violation is one way in which a value breaks a schema.
type violation struct {
	path    []string // where in the value
	message string
	hint    string
}

// validate returns every way in which value breaks the schema, sorted by place.
func (s *schema) validate(value any) []violation {
	err := s.compiled.Validate(value)
	var failed *jsonschema.ValidationError
	if !errors.As(err, &failed) {
		return nil
	}
	var found []violation
	s.collect(failed, &found)
	slices.SortStableFunc(found, func(a, b violation) int { return slices.Compare(a.path, b.path) })
	return found
}

func (s *schema) collect(e *jsonschema.ValidationError, found *[]violation) {
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		*found = append(*found, s.noAlternative(e))
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			s.collect(cause, found)
		}
		return
	}
	path := slices.Clone(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			*found = append(*found, violation{
				path: join(path, key), message: "unknown key",
				hint: diagnostic.DidYouMean(key, s.knownKeys(e.SchemaURL)),
			})
		}
	case *kind.FalseSchema:
		*found = append(*found, violation{path: path, message: "unknown key"})
	case *kind.Not:
		*found = append(*found, violation{path: path, message: "holds keys that exclude each other"})
	case *kind.Required:
		for _, key := range k.Missing {
			*found = append(*found, violation{path: join(path, key), message: "this key is required and missing"})
		}
	case *kind.Type:
		*found = append(*found, violation{path: path, message: fmt.Sprintf("is of type %s, must be %s", k.Got, strings.Join(k.Want, " or "))})
	case *kind.Enum:
		*found = append(*found, violation{path: path, message: fmt.Sprintf("is %s, must be one of %s", jsonText(k.Got), jsonList(k.Want)), hint: didYouMeanValue(k)})
	case *kind.Pattern:
		*found = append(*found, violation{path: path, message: fmt.Sprintf("%q does not match the pattern %s", k.Got, k.Want)})
	default:
		*found = append(*found, violation{path: path, message: e.ErrorKind.LocalizedString(message.NewPrinter(language.English))})
	}
}

// noAlternative folds the reasons why each alternative of oneOf or anyOf failed into one violation.
func (s *schema) noAlternative(e *jsonschema.ValidationError) violation {
	var reasons []string
	for _, cause := range e.Causes {
		var inner []violation
		s.collect(cause, &inner)
		for _, v := range inner {
			text := v.message
			if path := keyPath(v.path[min(len(e.InstanceLocation), len(v.path)):]); path != "" {
				text = path + ": " + text
			}
			reasons = append(reasons, text)
		}
	}
	if len(reasons) == 0 {
		return violation{path: slices.Clone(e.InstanceLocation), message: "matches more than one of the forms that exclude each other"}
	}
	return violation{path: slices.Clone(e.InstanceLocation), message: "has none of the allowed forms: " + strings.Join(reasons, "; or ")}
}

// knownKeys returns the property names of the subschema that a validation error points at.
func (s *schema) knownKeys(location string) []string {
	_, pointer, _ := strings.Cut(location, "#")
	pointer, _ = url.PathUnescape(pointer)
	node := s.raw
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if step == "" {
			continue
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		object, _ := node.(map[string]any)
		node = object[step]
	}
	object, _ := node.(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	var keys []string
	for key := range properties {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func didYouMeanValue(k *kind.Enum) string {
	got, ok := k.Got.(string)
	if !ok {
		return ""
	}
	var choices []string
	for _, want := range k.Want {
		if text, ok := want.(string); ok {
			choices = append(choices, text)
		}
	}
	if nearest, ok := diagnostic.Nearest(got, choices); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return ""
}

func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func jsonList(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = jsonText(value)
	}
	return strings.Join(texts, ", ")
}
