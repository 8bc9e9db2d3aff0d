package diagnostic

import (
	"path"
	"path/filepath"
	"strings"
	"unicode"
)

// printable replaces what could steer a terminal, hide text from a reader or break a file
// format, bytes that are not UTF-8 included. Lines and tabs stay.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if isHostile(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// isHostile tells whether a character is a control character, of a terminal or of the
// direction of text.
func isHostile(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// oneLine is printable for names, in which a line break could pass for a finding of its own.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, printable(text))
}

// OneLine returns a name so that it can stand in a report of its own: on one line, and without
// what could steer a terminal or hide text from a reader.
func OneLine(text string) string { return oneLine(text) }

// inRepository is a position's file seen from the repository's root.
func inRepository(file string, o Options) string {
	if file == "" || path.IsAbs(file) || filepath.IsAbs(file) {
		return file
	}
	return path.Join(o.Folder, file)
}

// place names the part of an artifact that a finding is about, as far as it is known.
func (d Diagnostic) place() string {
	var parts []string
	if d.Dashboard != "" {
		parts = append(parts, `dashboard "`+d.Dashboard+`"`)
	}
	if d.Where != "" {
		parts = append(parts, d.Where)
	}
	return strings.Join(parts, ": ")
}

// excerpt is the finding's snippet, or that of its query.
func (d Diagnostic) excerpt() string {
	if d.Snippet == "" && d.Query != nil {
		return Snippet(d.Query.Expression, d.Query.Start, d.Query.End)
	}
	return d.Snippet
}
