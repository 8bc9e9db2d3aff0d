package diagnostic

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteText prints findings for a person to read, with colour where asked for. Control
// characters of a hostile source are replaced, so that they cannot steer a terminal.
func WriteText(w io.Writer, list []Diagnostic, colour bool) error {
	paint := painter(colour)
	for _, d := range list {
		var b strings.Builder
		word := paint(yellow, d.Severity.String())
		if d.Severity == Error {
			word = paint(red, d.Severity.String())
		}
		b.WriteString(word + ": ")
		if place := d.Position.String(); place != "" {
			b.WriteString(paint(bold, printable(place)) + ": ")
		}
		if d.Where != "" {
			b.WriteString(printable(d.Where) + ": ")
		}
		b.WriteString(indent(printable(d.Message), "  ") + " " + paint(faint, "["+d.Rule+"]") + "\n")
		if d.Snippet != "" {
			b.WriteString(indentAll(printable(d.Snippet), "    ") + "\n")
		}
		for _, frame := range d.Trace {
			b.WriteString(strings.TrimRight(fmt.Sprintf("    at %s  %s", printable(frame.Position.String()), printable(frame.Name)), " ") + "\n")
		}
		if len(d.Environments) > 0 {
			b.WriteString("  in: " + strings.Join(d.Environments, ", ") + "\n")
		}
		if d.Hint != "" {
			b.WriteString("  " + paint(bold, "help: ") + indent(printable(d.Hint), "  ") + "\n")
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// The ANSI attributes of a report.
const (
	bold   = "1"
	faint  = "2"
	red    = "1;31"
	yellow = "1;33"
)

func painter(colour bool) func(attribute, text string) string {
	return func(attribute, text string) string {
		if !colour {
			return text
		}
		return "\x1b[" + attribute + "m" + text + "\x1b[0m"
	}
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// indent puts a prefix before every line but the first.
func indent(text, prefix string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+prefix)
}

func indentAll(text, prefix string) string { return prefix + indent(text, prefix) }
