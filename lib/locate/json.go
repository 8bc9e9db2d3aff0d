package locate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// NewJSON indexes a JSON text. Text that is no JSON has no places.
func NewJSON(file, text string) *JSON {
	j := &JSON{file: file, text: text, lines: []int{0}, offsets: map[string]int{}}
	for i := range len(text) {
		if text[i] == '\n' {
			j.lines = append(j.lines, i+1)
		}
	}
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
