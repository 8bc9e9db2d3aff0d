package check

import (
	"encoding/json"
	"fmt"
	"math"
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

// eachString calls visit for every string value in a document, in no order: the cheap way for
// who does not ask where a string stands.
func eachString(value any, visit func(text string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, entry := range v {
			eachString(entry, visit)
		}
	case map[string]any:
		for _, entry := range v {
			eachString(entry, visit)
		}
	}
}

// quoted writes a value into a message, text in quotes.
func quoted(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(value)
}

func orNothing(value any) any {
	if value == nil {
		return "absent"
	}
	return value
}

// place is the JSON path of a list's entry.
func place(list string, index int) string { return fmt.Sprintf("%s[%d]", list, index) }

// textAt returns the string at a key, or "".
func textAt(object map[string]any, key string) string {
	value, _ := object[key].(string)
	return value
}

// objectAt returns the object at a path of keys, or nil, which can be read like an empty one.
func objectAt(object map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		object, _ = object[key].(map[string]any)
	}
	return object
}

// wholeNumber returns a JSON number without a fraction, and whether it is one.
func wholeNumber(value any) (int, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := number.Float64()
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<31 {
		return 0, false
	}
	return int(n), true
}
