package diagnostic

import (
	"fmt"
	"io"
)

// Format is a form in which findings are written.
type Format string

// The formats of a report.
const (
	Text   Format = "text"   // for a person
	JSON   Format = "json"   // for a program; see WriteJSON
	SARIF  Format = "sarif"  // for code scanning and editors
	JUnit  Format = "junit"  // for the test reports of CI systems
	GitHub Format = "github" // annotations of a GitHub Actions run
)

// writers is the table of all formats. Each writer gets findings that are merged and sorted.
var writers = map[Format]func(io.Writer, []Diagnostic, Options) error{
	Text:   func(w io.Writer, list []Diagnostic, o Options) error { return WriteText(w, list, o.Colour) },
	JSON:   writeJSON,
	SARIF:  writeSARIF,
	JUnit:  writeJUnit,
	GitHub: writeGitHub,
}

// Formats returns the names of all formats, the default first.
func Formats() []string {
	return []string{string(Text), string(JSON), string(SARIF), string(JUnit), string(GitHub)}
}

// ParseFormat returns the format of that name. The empty name is Text.
func ParseFormat(name string) (Format, error) {
	if name == "" {
		return Text, nil
	}
	if writers[Format(name)] == nil {
		return "", fmt.Errorf("there is no format %q; %s", name, DidYouMean(name, Formats()))
	}
	return Format(name), nil
}

// Options say what a report needs to know beside its findings.
type Options struct {
	// Colour allows terminal attributes in Text.
	Colour bool
	// Tool is the version of dashc.
	Tool string
	// Folder is the project's folder in its repository, with forward slashes; empty where
	// they are the same. SARIF, JUnit and GitHub name files from the repository's root.
	Folder string
	// Pages is the absolute URL, ending in a slash, below which a finding's page is published.
	Pages string
	// Anchor is the file at which SARIF shows a finding that is about no file of the project.
	Anchor string
}

// Write merges and sorts findings and writes them in a format. An empty list makes a valid,
// empty report.
func Write(w io.Writer, format Format, list []Diagnostic, options Options) error {
	write := writers[format]
	if write == nil {
		return fmt.Errorf("there is no format %q", format)
	}
	return write(w, Merge(list), options)
}
