package project

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/diagnostic"
)

// readJSONLines reads one JSON object a line. Empty lines are passed over.
func readJSONLines(src io.ReadSeeker, file string) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		lines := newLines(src, file)
		for {
			line, err := lines.next()
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				if !yield(record{}, err) {
					return
				}
			case strings.Trim(line, " \t") == "":
			default:
				if !yield(jsonRecord([]byte(line), lines.at(1))) {
					return
				}
			}
		}
	}
}

// readJSONCustomers reads a list, or an object with a list under the key `customers`, one
// customer at a time. Its lines may be of any length.
func readJSONCustomers(src io.ReadSeeker, file string) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		s := jsonScanner{reader: bufio.NewReaderSize(src, 64<<10), at: diagnostic.Position{File: file, Line: 1, Column: 1}, yield: yield}
		if mark, _ := s.reader.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
			_, _ = s.reader.Discard(len(mark))
		}
		if err := s.document(); err != nil && !errors.Is(err, errStopped) {
			yield(record{}, err)
		}
	}
}

// errStopped ends a reading whose reader wants no more.
var errStopped = errors.New("stopped")

// jsonScanner walks over a JSON document and cuts the customers out of it.
type jsonScanner struct {
	reader *bufio.Reader
	at     diagnostic.Position // of the next byte
	yield  func(record, error) bool
	failed error // of the disk
}

func (s *jsonScanner) fail(at diagnostic.Position, message, hint string) error {
	return configError(at, "config/customer", message, hint)
}

// peek returns the next byte, 0 at the end. A 0 in the text is as good as its end: nothing
// can follow it.
func (s *jsonScanner) peek() byte {
	next, err := s.reader.Peek(1)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			s.failed = err
		}
		return 0
	}
	return next[0]
}

func (s *jsonScanner) read() byte {
	b, _ := s.reader.ReadByte()
	s.at = advance(s.at, b)
	return b
}

// advance moves a position over one byte.
func advance(at diagnostic.Position, b byte) diagnostic.Position {
	switch {
	case b == '\n':
		at.Line, at.Column = at.Line+1, 1
	case utf8.RuneStart(b):
		at.Column++
	}
	return at
}

// token skips white space and returns the next byte.
func (s *jsonScanner) token() byte {
	for {
		switch b := s.peek(); b {
		case ' ', '\t', '\r', '\n':
			s.read()
		default:
			return b
		}
	}
}

// expected says what should stand where something else does.
func (s *jsonScanner) expected(what string) error {
	if s.failed != nil {
		return readError(s.at.File, s.failed)
	}
	if _, err := s.reader.Peek(1); err != nil {
		return s.fail(s.at, "not valid JSON: the file ends where "+what+" is expected", "")
	}
	return s.fail(s.at, fmt.Sprintf("not valid JSON: %q stands where %s is expected", s.character(), what), "")
}

func (s *jsonScanner) character() string {
	text, _ := s.reader.Peek(utf8.UTFMax)
	r, _ := utf8.DecodeRune(text)
	return string(r)
}

// document reads the whole. An empty file has no customers.
func (s *jsonScanner) document() error {
	if s.token() == 0 && s.ended() {
		return nil
	}
	if err := s.top(); err != nil {
		return err
	}
	s.token()
	if !s.ended() {
		return s.expected("the end of the file")
	}
	return nil
}

func (s *jsonScanner) ended() bool {
	_, err := s.reader.Peek(1)
	return err != nil && s.failed == nil
}

func (s *jsonScanner) top() error {
	switch s.token() {
	case '[':
		return s.items()
	case '{':
		return s.members()
	case 'n':
		if raw, _, err := s.value(); err != nil || string(raw) == "null" {
			return err
		}
	}
	return s.expected("a list of customers")
}

// members reads an object, in which only the key `customers` may stand.
func (s *jsonScanner) members() error {
	s.read()
	if s.token() == '}' {
		s.read()
		return nil
	}
	seen := false
	for {
		if s.token() != '"' {
			return s.expected("a key")
		}
		raw, at, err := s.value()
		if err != nil {
			return err
		}
		var key string
		if err := json.Unmarshal(raw, &key); err != nil {
			return s.fail(at, "not valid JSON: "+err.Error(), "")
		}
		if s.token() != ':' {
			return s.expected("a colon")
		}
		s.read()
		switch {
		case key != customersKey:
			return unknownTopKey(at, key)
		case seen:
			return s.fail(at, fmt.Sprintf("the key %q stands here for the second time", key), "keep one of the two")
		}
		seen = true
		if err := s.list(); err != nil {
			return err
		}
		switch s.token() {
		case ',':
			s.read()
		case '}':
			s.read()
			return nil
		default:
			return s.expected("a comma or the object's end")
		}
	}
}

// list reads the list under the key `customers`.
func (s *jsonScanner) list() error {
	switch s.token() {
	case '[':
		return s.items()
	case 'n':
		if raw, _, err := s.value(); err != nil || string(raw) == "null" {
			return err
		}
	}
	return s.expected("a list of customers")
}

// items reads a list and hands on each item.
func (s *jsonScanner) items() error {
	s.read()
	if s.token() == ']' {
		s.read()
		return nil
	}
	for {
		s.token()
		raw, at, err := s.value()
		if err != nil {
			return err
		}
		if len(raw) > maxRecord {
			if !s.yield(record{}, tooLong(at)) {
				return errStopped
			}
		} else if !s.yield(jsonRecord(raw, at)) {
			return errStopped
		}
		switch s.token() {
		case ',':
			s.read()
		case ']':
			s.read()
			return nil
		default:
			return s.expected("a comma or the list's end")
		}
	}
}

// value returns the text of the next value and where it starts. It only follows brackets and
// quotes; what is between them is not looked at. Of a value that is too long it returns the
// start, which is longer than maxRecord.
func (s *jsonScanner) value() ([]byte, diagnostic.Position, error) {
	at := s.at
	var raw []byte
	depth, quoted, escaped := 0, false, false
	for {
		b := s.peek()
		outside := depth == 0 && !quoted
		switch {
		case b == 0 && (s.ended() || s.failed != nil):
			if len(raw) == 0 || !outside {
				return nil, at, s.expected("the rest of a value")
			}
			return raw, at, nil
		case outside && strings.IndexByte(",:]} \t\r\n", b) >= 0:
			if len(raw) == 0 {
				return nil, at, s.expected("a value")
			}
			return raw, at, nil
		}
		s.read()
		if len(raw) <= maxRecord {
			raw = append(raw, b)
		}
		switch {
		case escaped:
			escaped = false
		case quoted && b == '\\':
			escaped = true
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
		if depth == 0 && !quoted && (b == '}' || b == ']' || b == '"') {
			return raw, at, nil
		}
	}
}

// jsonRecord reads one customer, whose text starts at a position of the list.
func jsonRecord(raw []byte, at diagnostic.Position) (record, error) {
	b := jsonNodes{raw: raw, at: at}
	if i := invalidUTF8(raw); i >= 0 {
		return record{}, configError(b.place(i), "config/customer", fmt.Sprintf("the byte 0x%02X is not valid UTF-8", raw[i]), "save the file as UTF-8")
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(raw, new(json.RawMessage)); errors.As(err, &syntax) {
		return record{}, configError(b.place(max(0, int(syntax.Offset)-1)), "config/customer", "not valid JSON: "+err.Error(), "")
	} else if err != nil {
		return record{}, configError(at, "config/customer", "not valid JSON: "+err.Error(), "")
	}
	b.decoder = json.NewDecoder(bytes.NewReader(raw))
	b.decoder.UseNumber()
	node, err := b.value(0)
	if err != nil {
		return record{}, err
	}
	return nodeRecord(at.File, node)
}

func invalidUTF8(raw []byte) int {
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// jsonNodes turns valid JSON into the nodes that YAML has, so that both are read alike. It
// moves over the text once: offset is a place in it, and at the position of that.
type jsonNodes struct {
	raw     []byte
	decoder *json.Decoder
	offset  int
	at      diagnostic.Position
}

// place returns the position of an offset that is not before the last one.
func (b *jsonNodes) place(offset int) diagnostic.Position {
	for ; b.offset < min(offset, len(b.raw)); b.offset++ {
		b.at = advance(b.at, b.raw[b.offset])
	}
	return b.at
}

func (b *jsonNodes) value(depth int) (*yaml.Node, error) {
	start := int(b.decoder.InputOffset())
	for start < len(b.raw) && strings.IndexByte(" \t\r\n,:", b.raw[start]) >= 0 {
		start++
	}
	at := b.place(start)
	if depth > 200 {
		return nil, configError(at, "config/customer", "the customer is nested too deeply", "")
	}
	token, err := b.decoder.Token()
	if err != nil {
		return nil, configError(at, "config/customer", "not valid JSON: "+err.Error(), "")
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: at.Line, Column: at.Column}
	switch token := token.(type) {
	case json.Delim:
		node.Kind = yaml.SequenceNode
		if token == '{' {
			node.Kind = yaml.MappingNode
		}
		for b.decoder.More() {
			item, err := b.value(depth + 1)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, item)
		}
		_, err = b.decoder.Token() // the closing bracket
		return node, err
	case string:
		node.Tag, node.Value = "!!str", token
		if written := b.raw[start:b.decoder.InputOffset()]; strings.ContainsRune(token, utf8.RuneError) && loneSurrogate(written) {
			return nil, configError(at, "config/customer", "holds half of a surrogate pair, which is no character", "")
		}
	case json.Number:
		node.Tag, node.Value = "!!float", token.String()
	case bool:
		node.Tag, node.Value = "!!bool", fmt.Sprint(token)
	case nil:
		node.Tag, node.Value = "!!null", "null"
	}
	return node, nil
}

var writtenReplacement = regexp.MustCompile("\ufffd|(?i:\\\\ufffd)")

// loneSurrogate tells whether the replacement characters of a decoded string stand for
// something that could not be decoded.
func loneSurrogate(written []byte) bool { return !writtenReplacement.Match(written) }
