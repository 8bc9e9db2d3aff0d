package diff

import (
	"bufio"
	"io"
)

// writeText prints a report for a person, one change a line.
func writeText(w io.Writer, r Report, colour bool) error {
	paint := func(sign, text string) string {
		if !colour {
			return text
		}
		return "\x1b[" + colours[sign] + "m" + text + "\x1b[0m"
	}
	b := bufio.NewWriter(w)
	labels := r.labels()
	for _, g := range r.Groups {
		line, below := g.words()
		subject := g.Subject
		switch label := labels[g.File]; {
		case subject == "":
			subject = g.whole(label) + ":"
		case g.style == thing && g.Name == "", g.style == title && g.Name == "":
			subject += " (" + label + ")"
		default:
			subject += " (" + label + "):"
		}
		b.WriteString(paint(g.sign(), g.sign()+" "+subject+" "+line) + "    " + paint("", g.where()) + "\n")
		if !below {
			continue
		}
		for _, line := range g.block() {
			if line.text == "" && line.sign == ' ' {
				b.WriteString("\n")
				continue
			}
			b.WriteString("    " + paint(string(line.sign), line.String()) + "\n")
		}
	}
	return b.Flush()
}

// colours are the terminal attributes of lines, by their sign.
var colours = map[string]string{"+": "32", "-": "31", "~": "33", "?": "35", " ": "0", "": "2"}
