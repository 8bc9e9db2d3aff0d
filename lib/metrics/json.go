package metrics

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// value is one JSON value and where it stands. encoding/json forgets both positions and
// duplicate keys, and a catalogue is written by hand.
type value struct {
	offset  int // of its first byte
	is      any // nil, bool, json.Number, string, object or list
	members []member
}

type member struct {
	key    string
	offset int
	value  value
}

// The kinds of value.is that hold further values; a list's items are not kept, because the
// catalogue has none.
type (
	object struct{}
	list   struct{}
)

// kind names the value's type as JSON does.
func (v value) kind() string {
	switch v.is.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case list:
		return "a list"
	}
	return "an object"
}

// source is the text of a file, to turn byte offsets into lines and columns.
type source struct {
	file string
	data []byte
	// The place that was asked for last: most come in order, and a file of one long line
	// would be read again for each.
	last       int
	line, rune int // counted from 0
}

// at returns the place of a byte. Columns count code points.
func (s *source) at(offset int) diagnostic.Position {
	offset = max(0, min(offset, len(s.data)))
	if offset < s.last {
		s.last, s.line, s.rune = 0, 0, 0
	}
	passed := s.data[s.last:offset]
	if newline := bytes.LastIndexByte(passed, '\n'); newline >= 0 {
		s.line += bytes.Count(passed, []byte("\n"))
		s.rune, passed = 0, passed[newline+1:]
	}
	s.rune += utf8.RuneCount(passed)
	s.last = offset
	return diagnostic.Position{File: s.file, Line: s.line + 1, Column: s.rune + 1}
}

// parse reads the one JSON value of the file.
func (s *source) parse() (value, error) {
	if bytes.HasPrefix(s.data, []byte("\xef\xbb\xbf")) {
		return value{}, s.finding(0, "the file begins with a byte order mark", "save it as UTF-8 without one")
	}
	if !utf8.Valid(s.data) {
		return value{}, s.finding(invalidByte(s.data), "the file is not UTF-8", "save it as UTF-8")
	}
	// A full check first: Decoder.Token lets some mistakes pass that Unmarshal refuses, and
	// Unmarshal bounds the depth.
	var raw json.RawMessage
	if err := json.Unmarshal(s.data, &raw); err != nil {
		offset := len(s.data)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			offset = int(syntax.Offset) - 1
		}
		return value{}, s.finding(offset, "not valid JSON: "+err.Error(), "")
	}
	r := &reader{data: s.data, decoder: json.NewDecoder(bytes.NewReader(s.data))}
	r.decoder.UseNumber()
	return r.value()
}

func invalidByte(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

func (s *source) finding(offset int, message, hint string) error {
	return diagnostic.AsError(s.diagnostic(offset, message, hint))
}

func (s *source) diagnostic(offset int, message, hint string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{Rule: ruleCatalogue, Severity: diagnostic.Error, Position: s.at(offset), Message: message, Hint: hint}
}

// reader turns the tokens of valid JSON into values with offsets.
type reader struct {
	data    []byte
	decoder *json.Decoder
}

// next returns the next token and the offset of its first byte.
func (r *reader) next() (json.Token, int, error) {
	start := int(r.decoder.InputOffset())
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	token, err := r.decoder.Token()
	return token, start, err
}

func (r *reader) value() (value, error) {
	token, offset, err := r.next()
	if err != nil {
		return value{}, err
	}
	switch token {
	case json.Delim('{'):
		return r.object(offset)
	case json.Delim('['):
		for r.decoder.More() {
			if _, err := r.value(); err != nil {
				return value{}, err
			}
		}
		_, _, err := r.next()
		return value{offset: offset, is: list{}}, err
	}
	return value{offset: offset, is: token}, nil
}

func (r *reader) object(offset int) (value, error) {
	v := value{offset: offset, is: object{}}
	for r.decoder.More() {
		key, at, err := r.next()
		if err != nil {
			return v, err
		}
		item, err := r.value()
		if err != nil {
			return v, err
		}
		text, _ := key.(string)
		v.members = append(v.members, member{key: text, offset: at, value: item})
	}
	_, _, err := r.next()
	return v, err
}
