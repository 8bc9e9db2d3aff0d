package check

import (
	"fmt"
	"slices"
	"strings"
)

// jsonKind names the type of a decoded JSON value as an error message says it.
func jsonKind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// walkStrings calls visit for every string value in a document, in key order, with its JSON path.
func walkStrings(value any, at string, visit func(at, text string)) {
	switch v := value.(type) {
	case string:
		visit(at, v)
	case []any:
		for i, entry := range v {
			walkStrings(entry, fmt.Sprintf("%s[%d]", at, i), visit)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			walkStrings(v[key], strings.TrimPrefix(at+"."+key, "."), visit)
		}
	}
}

// quoted writes a value into a message, text in quotes.
func quoted(value any) string {
	if text, ok := value.(string); ok {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprint(value)
}

func orNothing(value any) any {
	if value == nil {
		return "absent"
	}
	return value
}
