package diagnostic

import (
	"encoding/json"
	"io"
)

// reportVersion changes when a field of the JSON report changes its meaning or goes away. New
// fields may appear at any time.
const reportVersion = 1

// writeJSON writes {"version": 1, "findings": [...]}. The fields of a finding are those of
// Diagnostic; files are relative to the project's root.
func writeJSON(w io.Writer, list []Diagnostic, _ Options) error {
	return encodeJSON(w, struct {
		Version  int          `json:"version"`
		Findings []Diagnostic `json:"findings"`
	}{reportVersion, append([]Diagnostic{}, list...)}) // never null
}

func encodeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
