package diagnostic

import (
	"fmt"
	"io"
	"strings"
)

// writeGitHub writes each finding as a workflow command, which GitHub Actions shows as an
// annotation of the file. Suppressed findings are left out: an annotation asks for work.
//
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func writeGitHub(w io.Writer, list []Diagnostic, o Options) error {
	for _, d := range list {
		if d.Suppressed != "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", d.Severity, annotationProperties(d, o), escapeData(annotationText(d))); err != nil {
			return err
		}
	}
	return nil
}

func annotationProperties(d Diagnostic, o Options) string {
	var properties []string
	add := func(name, value string) {
		properties = append(properties, name+"="+escapeProperty(value))
	}
	if d.Position.File != "" {
		add("file", inRepository(d.Position.File, o))
	}
	if d.Position.Line > 0 {
		add("line", fmt.Sprint(d.Position.Line))
	}
	if d.Position.Column > 0 {
		add("col", fmt.Sprint(d.Position.Column))
	}
	add("title", d.Rule)
	return strings.Join(properties, ",")
}

// annotationText is the message and everything else that an annotation has no field for.
func annotationText(d Diagnostic) string {
	lines := []string{d.Message}
	for _, line := range []struct{ label, text string }{
		{"", d.place()},
		{"file: ", d.Artifact},
		{"in: ", strings.Join(d.Environments, ", ")},
		{"why: ", d.Why},
		{"help: ", d.Hint},
		{"see: ", d.Page},
	} {
		if line.text != "" {
			lines = append(lines, line.label+line.text)
		}
	}
	return strings.Join(lines, "\n")
}

// escapeData and escapeProperty follow the runner's own toolkit: nothing that a source holds
// may end a command or begin another one.
func escapeData(text string) string {
	return printable(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text))
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}
