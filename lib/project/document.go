package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/diagnostic"
)

// maxNodes bounds what one YAML file may expand to through aliases.
const maxNodes = 200_000

// document is one YAML file: its value as decoded JSON (map[string]any, []any, string,
// json.Number, bool, nil) and the nodes that remember where each value stands.
type document struct {
	file  string // relative to the project's root
	value any
	root  *yaml.Node
}

// parseDocument reads one YAML mapping. An empty file is an empty mapping.
func parseDocument(file string, data []byte) (*document, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var node yaml.Node
	err := decoder.Decode(&node)
	if errors.Is(err, io.EOF) {
		return &document{file: file, value: map[string]any{}, root: &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}}, nil
	}
	if err != nil {
		return nil, yamlSyntaxError(file, err)
	}
	if next := decoder.Decode(new(yaml.Node)); !errors.Is(next, io.EOF) {
		return nil, configError(diagnostic.Position{File: file}, "config/yaml", "the file holds more than one YAML document", "keep one document and drop the `---` separator")
	}
	root := node.Content[0]
	converter := converter{file: file}
	value, err := converter.convert(root, 0)
	if err != nil {
		return nil, err
	}
	if value == nil {
		value = map[string]any{}
	}
	return &document{file: file, value: value, root: root}, nil
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

func yamlSyntaxError(file string, err error) error {
	text := err.Error()
	match := yamlLine.FindStringSubmatch(text)
	line, _ := strconv.Atoi(match[1])
	return configError(diagnostic.Position{File: file, Line: line}, "config/yaml",
		"not valid YAML: "+strings.TrimPrefix(text, match[0]), "")
}

// converter turns YAML nodes into decoded JSON and refuses what JSON cannot say.
type converter struct {
	file  string
	nodes int
}

func (c *converter) fail(node *yaml.Node, message, hint string) error {
	return configError(diagnostic.Position{File: c.file, Line: node.Line, Column: node.Column}, "config/yaml", message, hint)
}

func (c *converter) convert(node *yaml.Node, depth int) (any, error) {
	c.nodes++
	if c.nodes > maxNodes || depth > 200 {
		return nil, c.fail(node, "the file is too large or nested too deeply", "check its anchors and aliases")
	}
	switch node.Kind {
	case yaml.AliasNode:
		return c.convert(node.Alias, depth+1)
	case yaml.SequenceNode:
		return c.sequence(node, depth)
	case yaml.MappingNode:
		return c.mapping(node, depth)
	}
	return c.scalar(node)
}

func (c *converter) sequence(node *yaml.Node, depth int) (any, error) {
	list := make([]any, 0, len(node.Content))
	for _, item := range node.Content {
		value, err := c.convert(item, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

func (c *converter) mapping(node *yaml.Node, depth int) (any, error) {
	object := map[string]any{}
	lines := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		key, item := node.Content[i], node.Content[i+1]
		if key.Tag == "!!merge" {
			return nil, c.fail(key, "YAML merge keys (`<<`) are not supported", "use `extends` between environments, or write the keys out")
		}
		if key.Kind != yaml.ScalarNode {
			return nil, c.fail(key, "a key must be a plain word", "")
		}
		if first, seen := lines[key.Value]; seen {
			return nil, c.fail(key, fmt.Sprintf("the key %q is already defined on line %d", key.Value, first), "keep one of the two")
		}
		lines[key.Value] = key.Line
		value, err := c.convert(item, depth+1)
		if err != nil {
			return nil, err
		}
		object[key.Value] = value
	}
	return object, nil
}

func (c *converter) scalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		if err := node.Decode(&b); err != nil {
			return nil, c.fail(node, fmt.Sprintf("%q is not a boolean", node.Value), "write true or false")
		}
		return b, nil
	case "!!int", "!!float":
		return c.number(node)
	case "!!str", "!!timestamp":
		return node.Value, nil
	}
	return nil, c.fail(node, fmt.Sprintf("the YAML tag %s is not supported", node.ShortTag()), "write a plain string, number, boolean, list or mapping")
}

func (c *converter) number(node *yaml.Node) (any, error) {
	if json.Valid([]byte(node.Value)) {
		return json.Number(node.Value), nil
	}
	var f float64
	if err := node.Decode(&f); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, c.fail(node, fmt.Sprintf("%q is not a finite number", node.Value), "quote it if it is meant as text")
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64)), nil
}

// position returns where the value at a key path stands, or the nearest parent that exists,
// and whether the whole path was found. For a mapping entry it is the key's position.
func (d *document) position(path []string) (diagnostic.Position, bool) {
	node, at := d.root, d.root
	found := true
	for _, step := range path {
		for node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		next, mark := child(node, step)
		if next == nil {
			found = false
			break
		}
		node, at = next, mark
	}
	return diagnostic.Position{File: d.file, Line: at.Line, Column: at.Column}, found
}

// child returns the value at a key or index, and the node that marks its place.
func child(node *yaml.Node, step string) (value, mark *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}

// configError is a finding about the project's own configuration.
func configError(at diagnostic.Position, rule, message, hint string) error {
	return diagnostic.AsError(diagnostic.Diagnostic{
		Rule: rule, Severity: diagnostic.Error, Position: at, Message: message, Hint: hint,
	})
}

// keyPath writes a path of keys as people write it: values.slo.error_percent, patches[0].merge.
func keyPath(path []string) string {
	var b strings.Builder
	for _, step := range path {
		if _, err := strconv.Atoi(step); err == nil {
			b.WriteString("[" + step + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String()
}

// join appends steps to a path without sharing its memory.
func join(path []string, steps ...string) []string {
	return append(slices.Clone(path), steps...)
}
