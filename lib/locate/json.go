package locate

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// JSON knows where each value of a JSON text stands.
type JSON struct {
	file    string
	text    string
	lines   []int // the offset of each line
	runes   []int // the number of characters before each stride of bytes
	offsets map[string]int
}

// stride is how many bytes lie between two counts of characters: a file may be one line.
const stride = 1024

// In returns the place of the value at a path such as panels[3].targets[0].expr, or of the
// nearest one around it that exists.
func (j *JSON) In(path string) diagnostic.Position {
	for {
		if at, ok := j.offsets[path]; ok {
			line := sort.SearchInts(j.lines, at+1)
			return diagnostic.Position{File: j.file, Line: line, Column: j.characters(at) - j.characters(j.lines[line-1]) + 1}
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return diagnostic.Position{File: j.file, Line: 1, Column: 1}
		}
		path = path[:i]
	}
}

// characters is the number of characters before an offset.
func (j *JSON) characters(at int) int {
	whole := at / stride
	return j.runes[whole] + utf8.RuneCountInString(j.text[whole*stride:at])
}

// NewJSON indexes a JSON text. Text that is no JSON has no places.
func NewJSON(file, text string) *JSON {
	j := &JSON{file: file, text: text, lines: []int{0}, offsets: map[string]int{}}
	characters := 0
	for i := range len(text) {
		if i%stride == 0 {
			j.runes = append(j.runes, characters)
		}
		if utf8.RuneStart(text[i]) {
			characters++
		}
		if text[i] == '\n' {
			j.lines = append(j.lines, i+1)
		}
	}
	j.runes = append(j.runes, characters)
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	w := walker{JSON: j, decoder: decoder}
	w.value("", 0)
	return j
}

type walker struct {
	*JSON
	decoder *json.Decoder
}

// maxDepth bounds the nesting that is followed.
const maxDepth = 10_000

// value notes where the next value stands and walks through it. It tells whether all went well.
func (w walker) value(path string, depth int) bool {
	start := w.start()
	token, err := w.decoder.Token()
	if err != nil || depth > maxDepth {
		return false
	}
	if depth == 0 || path != "" { // an empty key of the document has no path of its own
		w.offsets[path] = start
	}
	switch token {
	case json.Delim('{'):
		for w.decoder.More() {
			key, err := w.decoder.Token()
			if err != nil {
				return false
			}
			if !w.value(strings.TrimPrefix(fmt.Sprintf("%s.%v", path, key), "."), depth+1) {
				return false
			}
		}
	case json.Delim('['):
		for i := 0; w.decoder.More(); i++ {
			if !w.value(fmt.Sprintf("%s[%d]", path, i), depth+1) {
				return false
			}
		}
	default:
		return true
	}
	_, err = w.decoder.Token()
	return err == nil
}

// start is the offset of the next token: behind what has been read and the separators.
func (w walker) start() int {
	at := int(w.decoder.InputOffset())
	for at < len(w.text) && strings.IndexByte(" \t\r\n,:", w.text[at]) >= 0 {
		at++
	}
	return at
}
