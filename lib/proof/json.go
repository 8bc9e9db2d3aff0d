package proof

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// kind says what a node of a document is.
type kind byte

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// node is one value of a parsed document, JSON or YAML.
type node struct {
	kind kind
	// text is the decoded string, or a number or boolean as written.
	text string
	// keys belongs to objects, in the order of the file; items has one value for each.
	keys  []string
	items []*node
}

// get returns the value of a key, or nil. Keys are unique, the readers see to that.
func (n *node) get(key string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return n.items[i]
		}
	}
	return nil
}

// string returns the text of a string node, and whether it is one.
func (n *node) string() (string, bool) {
	if n == nil || n.kind != text {
		return "", false
	}
	return n.text, true
}

func (n *node) isTrue() bool { return n != nil && n.kind == boolean && n.text == "true" }

// maxDepth keeps a hostile document from exhausting the stack.
const maxDepth = 200

// parseJSON reads one JSON document by RFC 8259 and nothing more: no duplicate key after
// unescaping (readers differ on which one counts), no invalid UTF-8, no lone surrogate, no
// second document behind the first.
func parseJSON(data []byte) (*node, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8")
	}
	p := &jsonParser{data: data}
	p.space()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(data) {
		return nil, p.errorf("text after the end of the document")
	}
	return n, nil
}

type jsonParser struct {
	data []byte
	at   int
}

func (p *jsonParser) errorf(format string, a ...any) error {
	return fmt.Errorf("byte %d: %s", p.at, fmt.Sprintf(format, a...))
}

func (p *jsonParser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

func (p *jsonParser) peek() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

func (p *jsonParser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, p.errorf("nested deeper than %d", maxDepth)
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.string()
		return &node{kind: text, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range [...]struct {
		text string
		kind kind
	}{{"true", boolean}, {"false", boolean}, {"null", null}} {
		if bytes.HasPrefix(p.data[p.at:], []byte(word.text)) {
			p.at += len(word.text)
			return &node{kind: word.kind, text: word.text}, nil
		}
	}
	return nil, p.errorf("not a JSON value")
}

// manyKeys is from where on a map finds a key faster than a search.
const manyKeys = 32

func (p *jsonParser) object(depth int) (*node, error) {
	n := &node{kind: object}
	var seen map[string]bool // of a large object
	p.at++
	p.space()
	if p.peek() == '}' {
		p.at++
		return n, nil
	}
	for {
		p.space()
		if p.peek() != '"' {
			return nil, p.errorf("a key must be a string")
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if seen[key] || seen == nil && slices.Contains(n.keys, key) {
			return nil, p.errorf("the key %q occurs twice in one object", key)
		}
		if seen != nil {
			seen[key] = true
		} else if len(n.keys) == manyKeys {
			seen = map[string]bool{key: true}
			for _, k := range n.keys {
				seen[k] = true
			}
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.errorf("no colon after a key")
		}
		p.at++
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.keys, n.items = append(n.keys, key), append(n.items, v)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return n, nil
		default:
			return nil, p.errorf("an object goes on without a comma")
		}
	}
}

func (p *jsonParser) array(depth int) (*node, error) {
	n := &node{kind: list}
	p.at++
	p.space()
	if p.peek() == ']' {
		p.at++
		return n, nil
	}
	for {
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, v)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return n, nil
		default:
			return nil, p.errorf("an array goes on without a comma")
		}
	}
}

func (p *jsonParser) digits() int {
	start := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	return p.at - start
}

func (p *jsonParser) number() (*node, error) {
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if p.digits() == 0 {
		return nil, p.errorf("not a number")
	}
	if p.peek() == '.' {
		p.at++
		if p.digits() == 0 {
			return nil, p.errorf("not a number")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if p.digits() == 0 {
			return nil, p.errorf("not a number")
		}
	}
	return &node{kind: number, text: string(p.data[start:p.at])}, nil
}

func (p *jsonParser) string() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.data) && p.data[p.at] != '"' && p.data[p.at] != '\\' && p.data[p.at] >= ' ' {
		p.at++
	}
	if p.peek() == '"' {
		s := string(p.data[start:p.at])
		p.at++
		return s, nil
	}
	out := append([]byte(nil), p.data[start:p.at]...)
	for p.at < len(p.data) {
		c := p.data[p.at]
		switch {
		case c == '"':
			p.at++
			return string(out), nil
		case c < ' ':
			return "", p.errorf("a control character in a string")
		case c != '\\':
			out = append(out, c)
			p.at++
		default:
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return "", p.errorf("a string without an end")
}

var jsonEscapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *jsonParser) escape() (rune, error) {
	p.at++
	if r, ok := jsonEscapes[p.peek()]; ok {
		p.at++
		return r, nil
	}
	r, err := p.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if p.peek() == '\\' {
		p.at++
		low, err := p.hex()
		if err != nil {
			return 0, err
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, p.errorf("half a surrogate pair")
}

func (p *jsonParser) hex() (rune, error) {
	if p.peek() != 'u' || p.at+5 > len(p.data) {
		return 0, p.errorf("an unknown escape")
	}
	v, err := strconv.ParseUint(string(p.data[p.at+1:p.at+5]), 16, 16)
	if err != nil {
		return 0, p.errorf("an unknown escape")
	}
	p.at += 5
	return rune(v), nil
}
