package diff

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
)

// Format is a form in which a report is written.
type Format string

// The formats of a report.
const (
	Text     Format = "text"     // for a person
	JSON     Format = "json"     // for a program
	Markdown Format = "markdown" // for the comment of a pull request
)

// Formats returns the names of all formats, the default first.
func Formats() []string { return []string{string(Text), string(JSON), string(Markdown)} }

// ParseFormat returns the format of that name. The empty name is Text.
func ParseFormat(name string) (Format, error) {
	switch {
	case name == "":
		return Text, nil
	case slices.Contains(Formats(), name):
		return Format(name), nil
	}
	return "", fmt.Errorf("there is no format %q; %s", name, diagnostic.DidYouMean(name, Formats()))
}

// Write writes a report. Colour matters to Text only.
func Write(w io.Writer, format Format, report Report, colour bool) error {
	switch format {
	case JSON:
		return writeJSON(w, report)
	case Markdown:
		_, err := io.WriteString(w, markdown(report, maxMarkdown))
		return err
	}
	return writeText(w, report, colour)
}

// Summary says in one line how much differs and where.
func (r Report) Summary() string {
	where := strings.Join(printables(r.Environments), ", ")
	if where == "" {
		where = "nothing compared"
	}
	if !r.Differs() {
		return fmt.Sprintf("%s: %s, no differences", where, counted(r.Files.Compared, "file", "files"))
	}
	return fmt.Sprintf("%s: %s in %s of %s", where, counted(len(r.Groups), "change", "changes"), thousands(r.Files.Differing()), counted(r.Files.Compared, "file", "files"))
}

// failedLine says which environments are not in the report, or nothing.
func (r Report) failedLine() string {
	if len(r.Failed) == 0 {
		return ""
	}
	return "not compared because of errors: " + strings.Join(printables(r.Failed), ", ")
}

func printables(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, printable(name))
	}
	return all
}

// labels are the names of the changed files as people call them: a dashboard by its file name,
// with its folder where two have the same.
func (r Report) labels() map[artifact.Path]string {
	times := map[string]int{}
	seen := map[artifact.Path]bool{}
	for _, g := range r.Groups {
		if !seen[g.File] {
			seen[g.File] = true
			times[fileName(g.File)]++
		}
	}
	labels := map[artifact.Path]string{}
	for file := range seen {
		label := strings.TrimSuffix(string(file), path.Ext(string(file)))
		switch kind := artifact.KindOf(file); {
		case kind == artifact.Placeholder:
			label = string(file)
		case kind == artifact.Dashboard && times[fileName(file)] == 1:
			label = fileName(file)
		case kind == artifact.Dashboard:
			label = strings.TrimPrefix(label, "grafana/dashboards/")
		default:
			label = strings.TrimPrefix(label, "grafana/provisioning/")
		}
		labels[file] = printable(label)
	}
	return labels
}

// sentence is a change without the place of the file: `panel "A": threshold 5 -> 4`. below is set
// where its values do not fit into the line.
func (g Group) sentence() (text string, below bool) {
	line, below := g.words()
	switch {
	case g.Subject == "":
		return line, below
	case g.style == thing && g.Name == "", g.style == title && g.Name == "":
		return g.Subject + " " + line, below
	}
	return g.Subject + ": " + line, below
}

// whole is what a change without a subject is about.
func (g Group) whole(label string) string {
	if g.Kind == artifact.Dashboard {
		return "dashboard " + label
	}
	return label
}

// where says in which environments and for how many customers a change occurs:
// "in dev, prod, in 2,311 of 2,500 customers of prod".
func (g Group) where() string {
	var environments, customers []string
	for _, o := range g.In {
		if o.Files > 0 || len(g.In) == 1 {
			environments = append(environments, printable(o.Environment))
		}
		if o.Customers > 0 {
			customers = append(customers, fmt.Sprintf("%s of %s", thousands(o.Customers), counted(o.OfCustomers, "customer", "customers")))
			if len(g.In) > 1 {
				customers[len(customers)-1] += " of " + printable(o.Environment)
			}
		}
	}
	if n := len(environments); n > maxNamed {
		environments = append(environments[:maxNamed], fmt.Sprintf("%d more", n-maxNamed))
	}
	return strings.Join(slices.Concat(prefixed(environments), prefixed(customers)), ", ")
}

// maxNamed bounds the environments that a line names.
const maxNamed = 8

func prefixed(parts []string) []string {
	if len(parts) == 0 {
		return nil
	}
	return []string{"in " + strings.Join(parts, ", ")}
}

func (g Group) sign() string {
	switch g.Op {
	case Added:
		return "+"
	case Removed:
		return "-"
	case Unowned:
		return "?"
	}
	return "~"
}

// comparison is the block below a change: lines with their sign, those around the difference too.
type comparison struct {
	sign byte // '+', '-' or ' '
	text string
}

// Bounds of a block, in lines and in characters of a line.
const (
	around   = 3
	maxBlock = 60
	maxLine  = 400
)

// String is the line as reports show it; the line of an empty text has no blanks at its end.
func (c comparison) String() string {
	if c.text == "" {
		return strings.TrimSpace(string(c.sign))
	}
	return string(c.sign) + " " + c.text
}

// block compares two values line by line. What both begin and end with is cut to a few lines.
func (g Group) block() []comparison {
	var old, new []string
	if g.Op != Added {
		old = lines(g.Old)
	}
	if g.Op != Removed {
		new = lines(g.New)
	}
	start, end := 0, 0
	for start < min(len(old), len(new)) && old[start] == new[start] {
		start++
	}
	for end < min(len(old), len(new))-start && old[len(old)-1-end] == new[len(new)-1-end] {
		end++
	}
	var all []comparison
	add := func(sign byte, list []string) {
		for _, line := range list {
			all = append(all, comparison{sign, line})
		}
	}
	add(' ', old[max(0, start-around):start])
	removed, added := old[start:len(old)-end], new[start:len(new)-end]
	if len(removed) == 1 && len(added) == 1 {
		o, n := excerpts(removed[0], added[0])
		removed, added = []string{o}, []string{n}
	}
	add('-', cut(removed))
	add('+', cut(added))
	add(' ', old[len(old)-end:min(len(old), len(old)-end+around)])
	for i := range all {
		all[i].text = shorten(all[i].text)
	}
	return all
}

func cut(list []string) []string {
	if len(list) <= maxBlock {
		return list
	}
	return append(slices.Clone(list[:maxBlock]), fmt.Sprintf("... %s", counted(len(list)-maxBlock, "more line", "more lines")))
}

func shorten(line string) string {
	if runes := []rune(line); len(runes) > maxLine {
		return fmt.Sprintf("%s... %s", string(runes[:maxLine]), counted(len(runes)-maxLine, "more character", "more characters"))
	}
	return line
}

// excerpts cuts what two long lines begin with, so that the difference is in sight.
func excerpts(old, new string) (string, string) {
	o, n := []rune(old), []rune(new)
	if max(len(o), len(n)) <= maxLine {
		return old, new
	}
	same := 0
	for same < min(len(o), len(n)) && o[same] == n[same] {
		same++
	}
	if same -= maxLine / 4; same <= 0 {
		return old, new
	}
	return "..." + string(o[same:]), "..." + string(n[same:])
}
