package diff

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// maxMarkdown bounds a comment, in bytes. GitHub takes 65,536 characters, and a workflow may want
// to say something of its own.
const maxMarkdown = 60_000

// markdown writes a report as the comment of a pull request: a summary, and one section for each
// file that folds. Everything that comes from a document stands in code spans or fences, where
// neither Markdown nor HTML nor a mention of a person is read.
func markdown(r Report, limit int) string {
	m := &comment{limit: limit}
	m.open("**dashc diff**: " + codeless(r.Summary()) + "\n")
	if failed := r.failedLine(); failed != "" {
		m.open("\n> [!WARNING]\n> " + codeless(failed) + "\n")
	}
	labels := r.labels()
	for start := 0; start < len(r.Groups); {
		end := start + 1
		for end < len(r.Groups) && r.Groups[end].File == r.Groups[start].File {
			end++
		}
		section := r.Groups[start:end]
		start = end
		name := html.EscapeString(section[0].whole(labels[section[0].File]))
		m.section(fmt.Sprintf("\n<details><summary><code>%s</code>: %s</summary>\n\n", name, counted(len(section), "change", "changes")))
		for _, g := range section {
			m.entry(entry(g, labels[g.File]))
		}
	}
	return m.finish()
}

// entry is a change as a list item, with its block.
func entry(g Group, label string) string {
	text, below := g.sentence()
	var b strings.Builder
	fmt.Fprintf(&b, "- %s %s\n", codeSpan(g.sign()+" "+text), codeless(g.where()))
	if !below {
		return b.String()
	}
	block := g.block()
	fence := "```"
	for _, line := range block {
		for strings.Contains(line.text, fence) {
			fence += "`"
		}
	}
	fmt.Fprintf(&b, "  %sdiff\n", fence)
	for _, line := range block {
		b.WriteString("  " + line.String() + "\n")
	}
	fmt.Fprintf(&b, "  %s\n", fence)
	return b.String()
}

// codeSpan puts a line into backticks that it does not hold itself.
func codeSpan(line string) string {
	fence := "`"
	for strings.Contains(line, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(line, " ") || strings.HasSuffix(line, " ") {
		return fence + " " + line + " " + fence
	}
	return fence + line + fence
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9 ,.:-]*$`)

// codeless is text of this package's own with the names of environments; a name that could be
// Markdown or a mention makes it code.
func codeless(line string) string {
	if harmless.MatchString(line) {
		return line
	}
	return codeSpan(line)
}

// comment is a text of bounded length, made of sections that fold.
type comment struct {
	limit int
	text  strings.Builder
	// header is that of a section without an entry yet; inside is set behind its first one.
	header string
	inside bool
	cut    int
}

// The ends of a section, and the room that is kept for them and the note.
const (
	sectionEnd = "\n</details>\n"
	reserve    = 200
)

func (m *comment) open(text string) { m.text.WriteString(text) }

func (m *comment) section(header string) {
	m.close()
	m.header = header
}

func (m *comment) close() {
	if m.inside {
		m.text.WriteString(sectionEnd)
	}
	m.inside = false
}

func (m *comment) entry(text string) {
	if m.text.Len()+len(m.header)+len(text)+len(sectionEnd)+reserve > m.limit {
		m.cut++
		return
	}
	m.text.WriteString(m.header + text)
	m.header, m.inside = "", true
}

func (m *comment) finish() string {
	m.close()
	if m.cut > 0 {
		fmt.Fprintf(&m.text, "\n%s cut here: a comment has room for %s bytes. `dashc diff` shows all.\n", counted(m.cut, "change was", "changes were"), thousands(m.limit))
	}
	return m.text.String()
}
