package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Decode reads one JSON document into the values that the encoders take: map[string]any,
// []any, string, json.Number, bool and nil. Numbers keep their digits. Anything after the document
// is an error. Of a key that stands twice the last one counts; Jsonnet never prints such a thing.
func Decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("not a JSON document: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("not a JSON document: there is more after its end, at byte %d", decoder.InputOffset())
	}
	return value, nil
}

// ErrorPosition returns where in a text Decode has found the error that it returned: line and
// column without a file, or the end of the text where the error does not tell.
func ErrorPosition(data []byte, err error) diagnostic.Position {
	offset := len(data)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = min(int(syntax.Offset), len(data))
	}
	before := data[:max(offset-1, 0)]
	line := bytes.LastIndexByte(before, '\n') + 1
	return diagnostic.Position{Line: bytes.Count(before, []byte("\n")) + 1, Column: utf8.RuneCount(before[line:]) + 1}
}

// EncodeJSON writes a decoded JSON value in the canonical form of the tree: keys sorted, two
// spaces, numbers as they came, no HTML escapes, a newline at the end. Equal values give equal
// bytes on every machine.
func EncodeJSON(value any) ([]byte, error) {
	b, err := appendJSON(make([]byte, 0, 16<<10), value, 0)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

func appendJSON(b []byte, value any, depth int) ([]byte, error) {
	switch value := value.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		if value {
			return append(b, "true"...), nil
		}
		return append(b, "false"...), nil
	case string:
		return appendString(b, value), nil
	case json.Number:
		if !isNumber(string(value)) {
			return nil, fmt.Errorf("%q is not a JSON number", string(value))
		}
		return append(b, value...), nil
	case []any:
		return appendArray(b, value, depth)
	case map[string]any:
		return appendObject(b, value, depth)
	}
	return nil, fmt.Errorf("a value of the Go type %T is not decoded JSON", value)
}

func appendArray(b []byte, array []any, depth int) ([]byte, error) {
	if len(array) == 0 {
		return append(b, "[]"...), nil
	}
	b = append(b, '[')
	var err error
	for i, item := range array {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, depth+1)
		if b, err = appendJSON(b, item, depth+1); err != nil {
			return nil, fmt.Errorf("[%d]%w", i, inside(err))
		}
	}
	return append(appendLine(b, depth), ']'), nil
}

func appendObject(b []byte, object map[string]any, depth int) ([]byte, error) {
	if len(object) == 0 {
		return append(b, "{}"...), nil
	}
	b = append(b, '{')
	var err error
	for i, key := range sortedKeys(object) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(appendLine(b, depth+1), key), ": "...)
		if b, err = appendJSON(b, object[key], depth+1); err != nil {
			return nil, fmt.Errorf(".%s%w", key, inside(err))
		}
	}
	return append(appendLine(b, depth), '}'), nil
}

// located is an error below a value, so that its path is put together without blanks.
type located struct{ error }

func inside(err error) error {
	var l located
	if errors.As(err, &l) {
		return err
	}
	return located{fmt.Errorf(": %w", err)}
}

func (l located) Unwrap() error { return l.error }

func sortedKeys(object map[string]any) []string {
	keys := slices.AppendSeq(make([]string, 0, len(object)), maps.Keys(object))
	slices.Sort(keys)
	return keys
}

const indent = "                                                                "

func appendLine(b []byte, depth int) []byte {
	b = append(b, '\n')
	for n := 2 * depth; n > 0; n -= len(indent) {
		b = append(b, indent[:min(n, len(indent))]...)
	}
	return b
}

const hexDigits = "0123456789abcdef"

// AppendJSONString writes one string as EncodeJSON does, quotes included. A string that is put
// together of valid UTF-8 is written as its parts are.
func AppendJSONString(b []byte, s string) []byte { return appendString(b, s) }

// appendString escapes as encoding/json does without HTML escapes: what is not UTF-8 becomes
// U+FFFD, and the two line separators that JavaScript trips over are escaped.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' {
				i++
				continue
			}
			b = appendEscape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028', r == '\u2029':
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// isNumber tells whether s is a number by the grammar of RFC 8259.
func isNumber(s string) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	switch {
	case s == "":
		return false
	case s[0] == '0':
		s = s[1:]
	case !digits():
		return false
	}
	if s != "" && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}
