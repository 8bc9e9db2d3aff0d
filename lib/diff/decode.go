package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/artifact"
)

// maxNodes and maxDepth bound what a YAML file may expand to through aliases, which may also
// hold themselves.
const (
	maxNodes = 5_000_000
	maxDepth = 5_000
)

// decode reads a file of the tree as the values of artifact.Decode. Whatever of a file
// is lost here (comments, the order of keys) is formatting.
func decode(kind artifact.Kind, data []byte) (any, error) {
	if kind == artifact.Dashboard {
		return artifact.Decode(data)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var documents []any
	c := converter{left: maxNodes}
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not a YAML document: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		value, err := c.convert(&node, 0)
		if err != nil {
			return nil, err
		}
		documents = append(documents, value)
	}
	switch len(documents) {
	case 0:
		return nil, nil
	case 1:
		return documents[0], nil
	}
	return documents, nil
}

// converter turns the nodes of one file into values.
type converter struct {
	left int // nodes that it may still visit
}

func (c *converter) convert(node *yaml.Node, depth int) (any, error) {
	if c.left--; c.left < 0 || depth > maxDepth {
		return nil, errors.New("not a YAML document: its aliases expand to more than dashc reads")
	}
	switch node.Kind {
	case yaml.DocumentNode:
		return c.convert(node.Content[0], depth+1)
	case yaml.AliasNode:
		return c.convert(node.Alias, depth+1)
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, child := range node.Content {
			value, err := c.convert(child, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			value, err := c.convert(node.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			key, err := c.convert(node.Content[i], depth+1)
			if err != nil {
				return nil, err
			}
			name, ok := key.(string)
			if !ok {
				name = compact(key)
			}
			if _, twice := object[name]; twice {
				return nil, fmt.Errorf("not a YAML document: line %d: the key %q stands twice", node.Content[i].Line, name)
			}
			object[name] = value
		}
		return object, nil
	}
	return scalar(node), nil
}

func scalar(node *yaml.Node) any {
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var value bool
		if node.Decode(&value) == nil {
			return value
		}
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
	case "!!str", "!!timestamp", "!!merge":
		return node.Value
	}
	return node.ShortTag() + " " + node.Value
}
