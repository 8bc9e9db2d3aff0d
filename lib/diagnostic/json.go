package diagnostic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// reportVersion changes when a field of the JSON report changes its meaning or goes away. New
// fields may appear at any time.
const reportVersion = 1

// writeJSON writes {"version": 1, "findings": [...]}. The fields of a finding are those of
// Diagnostic; files are relative to the project's root.
func writeJSON(w io.Writer, list []Diagnostic, _ Options) error {
	return EncodeJSON(w, struct {
		Version  int          `json:"version"`
		Findings []Diagnostic `json:"findings"`
	}{reportVersion, append([]Diagnostic{}, list...)}) // never null
}

// EncodeJSON writes a value without losing a character of it. Control characters that JSON
// would allow as they are get escaped too: a report may be looked at in a terminal.
func EncodeJSON(w io.Writer, value any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	var escaped strings.Builder
	for _, r := range b.String() {
		if isHostile(r) {
			fmt.Fprintf(&escaped, `\u%04x`, r)
			continue
		}
		escaped.WriteRune(r)
	}
	_, err := io.WriteString(w, escaped.String())
	return err
}
