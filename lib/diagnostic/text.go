package diagnostic

import (
	"fmt"
	"io"
	"strings"
)

// WriteText prints findings for a person to read, with colour where asked for. Control
// characters of a hostile source are replaced, so that they cannot steer a terminal. Why a rule
// matters is said with its first finding: a report with a hundred of them is long enough.
func WriteText(w io.Writer, list []Diagnostic, colour bool) error {
	paint := painter(colour)
	said := map[string]bool{}
	for _, d := range list {
		if said[d.Why] {
			d.Why = ""
		}
		said[d.Why] = true
		if _, err := io.WriteString(w, headline(d, paint)+details(d, paint)); err != nil {
			return err
		}
	}
	return nil
}

// headline says what is wrong and where. Inside of a dashboard the place is long and has a
// line of its own.
func headline(d Diagnostic, paint painting) string {
	line := paint(severityColour(d), d.Severity.String()) + ": "
	if at := d.Position.String(); at != "" {
		line += paint(bold, oneLine(at)) + ": "
	} else if d.Artifact != "" {
		line += paint(bold, oneLine(d.Artifact)) + ": "
	}
	if d.Where != "" && d.Dashboard == "" {
		line += oneLine(d.Where) + ": "
	}
	line += indent(printable(d.Message), "  ") + " " + paint(faint, "["+oneLine(d.Rule)+"]") + "\n"
	if d.Dashboard != "" {
		line += "  " + oneLine(d.place()) + "\n"
	}
	return line
}

// details are the lines below the headline: the source, how the evaluator came there, and
// everything that helps to understand and mend it.
func details(d Diagnostic, paint painting) string {
	var b strings.Builder
	if excerpt := d.excerpt(); excerpt != "" {
		b.WriteString(indentAll(printable(excerpt), "    ") + "\n")
	}
	for _, frame := range d.Trace {
		b.WriteString(strings.TrimRight(fmt.Sprintf("    at %s  %s", oneLine(frame.Position.String()), oneLine(frame.Name)), " ") + "\n")
	}
	for _, line := range []struct{ label, attribute, text string }{
		{"in", "", strings.Join(d.Environments, ", ")},
		{"suppressed", bold, d.Suppressed},
		{"why", bold, d.Why},
		{"help", bold, d.Hint},
		{"see", bold, d.Page},
	} {
		if line.text != "" {
			b.WriteString("  " + paint(line.attribute, line.label+": ") + indent(printable(line.text), "  ") + "\n")
		}
	}
	return b.String()
}

func severityColour(d Diagnostic) string {
	switch {
	case d.Suppressed != "":
		return faint
	case d.Severity == Error:
		return red
	}
	return yellow
}

// The ANSI attributes of a report.
const (
	bold   = "1"
	faint  = "2"
	red    = "1;31"
	yellow = "1;33"
)

// painting gives a text an attribute, or leaves it as it is.
type painting func(attribute, text string) string

func painter(colour bool) painting {
	return func(attribute, text string) string {
		if !colour || attribute == "" {
			return text
		}
		return "\x1b[" + attribute + "m" + text + "\x1b[0m"
	}
}

// indent puts a prefix before every line but the first.
func indent(text, prefix string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+prefix)
}

func indentAll(text, prefix string) string { return prefix + indent(text, prefix) }
