package project

import (
	"errors"
	"io"
	"iter"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/diagnostic"
)

// customersLine is the key that a block list may stand under.
var customersLine = regexp.MustCompile(`^(customers|"customers"|'customers')[ \t]*:([ \t]+#.*|[ \t]*)$`)

// readYAMLCustomers reads a list in block style one customer at a time: the lines from one dash
// to the next of the same column are a document of their own. In block style nothing that
// belongs to a customer can stand as far left as its dash, but for comments. A document in any
// other style is read whole, if it is small.
func readYAMLCustomers(src io.ReadSeeker, file string) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		s := yamlSplitter{lines: newLines(src, file), yield: yield}
		s.lines.separators = true
		switch s.head() {
		case inBlocks:
			s.items()
		case otherwise:
			readWholeYAML(src, file, yield)
		}
	}
}

// yamlSplitter cuts a list into its items.
type yamlSplitter struct {
	lines *lines
	yield func(record, error) bool
	// indent is the column of the list's dashes, from 0.
	indent int
	// item are the lines of the customer that is being read, which starts on line start.
	item  strings.Builder
	start int
	// broken is set where a line of the item could not be read.
	broken bool
	// stopped is set when the reader wants no more.
	stopped bool
}

// hand gives the reader a customer or a finding, and tells whether to go on.
func (s *yamlSplitter) hand(r record, err error) bool {
	if !s.stopped {
		s.stopped = !s.yield(r, err)
	}
	return !s.stopped
}

// style is how a list is written.
type style int

const (
	nothing style = iota // no list, or an error that was told
	inBlocks
	otherwise
)

// head reads up to the first item.
func (s *yamlSplitter) head() style {
	underKey, inDocument := false, false
	for {
		line, err := s.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nothing
		case err != nil:
			s.hand(record{}, err)
			return nothing
		case isBlank(line):
		case startsItem(line):
			s.indent = indentOf(line)
			s.begin(line)
			return inBlocks
		case !inDocument && !underKey && strings.TrimRight(line, " \t") == "---":
			inDocument = true
		case !underKey && customersLine.MatchString(line):
			underKey = true
		default:
			return otherwise
		}
	}
}

// items reads the customers up to the end of the list.
func (s *yamlSplitter) items() {
	for {
		line, err := s.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			s.flush()
			return
		case err != nil:
			s.broken = true
			if !s.hand(record{}, err) {
				return
			}
		case isBlank(line) || indentOf(line) > s.indent:
			s.add(line)
		case startsItem(line) && indentOf(line) == s.indent:
			if !s.flush() {
				return
			}
			s.begin(line)
		default:
			if s.flush() {
				s.end(line)
			}
			return
		}
	}
}

func (s *yamlSplitter) begin(line string) {
	s.item.Reset()
	s.start = s.lines.number
	s.broken = false
	s.add(line)
}

func (s *yamlSplitter) add(line string) {
	if s.broken || s.item.Len()+len(line) > maxRecord {
		s.tooLong()
		return
	}
	s.item.WriteString(line)
	if s.lines.ended {
		s.item.WriteByte('\n')
	}
}

func (s *yamlSplitter) tooLong() {
	if s.broken {
		return
	}
	s.broken = true
	s.hand(record{}, tooLong(diagnostic.Position{File: s.lines.file, Line: s.start, Column: s.indent + 1}))
}

func tooLong(at diagnostic.Position) error {
	return configError(at, "config/customer", "the customer has more than 1 MiB", "a customer takes a few hundred bytes; is this a list of customers?")
}

// flush hands on the item that was read, and tells whether to go on.
func (s *yamlSplitter) flush() bool {
	if s.broken {
		return true
	}
	text := s.item.String()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		return s.hand(record{}, s.syntaxError(err, text))
	}
	shift(&node, s.start-1)
	for _, item := range node.Content[0].Content {
		if !s.hand(nodeRecord(s.lines.file, item)) {
			return false
		}
	}
	return true
}

// syntaxError says where in the list an item is no YAML.
func (s *yamlSplitter) syntaxError(err error, text string) error {
	list, _ := diagnostic.FromError(yamlSyntaxError(s.lines.file, err))
	d := list[0]
	inside := max(d.Position.Line, 1)
	d.Position.Line = s.start + inside - 1
	d.Position.Column = 1
	if rows := strings.Split(text, "\n"); inside <= len(rows) {
		d.Position.Column = len(rows[inside-1]) - len(strings.TrimLeft(rows[inside-1], " \t")) + 1
	}
	if strings.Contains(d.Message, "unknown anchor") {
		d.Hint = "an anchor reaches no further than its customer; give customers that have something in common a tier"
	}
	return diagnostic.AsError(d)
}

// shift moves nodes down, to where they stand in the list.
func shift(node *yaml.Node, by int) {
	node.Line += by
	for _, item := range node.Content {
		shift(item, by)
	}
}

// end looks at the line behind the list.
func (s *yamlSplitter) end(line string) {
	at := s.lines.at(indentOf(line) + 1)
	if text := strings.TrimRight(line, " \t"); text == "..." {
		s.afterEnd()
		return
	}
	if strings.HasPrefix(line, "---") {
		s.hand(record{}, configError(at, "config/customer", "the file holds more than one YAML document", "keep one document and drop the `---` separator"))
		return
	}
	if key, _, isKey := strings.Cut(line, ":"); isKey && indentOf(line) == 0 && !strings.HasPrefix(line, "-") {
		s.hand(record{}, unknownTopKey(at, key))
		return
	}
	s.hand(record{}, configError(at, "config/customer", "the line belongs to no customer", "indent it by more than the dashes of the list, or let it start with a dash in their column"))
}

// afterEnd lets nothing but comments follow the end of the document.
func (s *yamlSplitter) afterEnd() {
	for {
		line, err := s.lines.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil && isBlank(line) {
			continue
		}
		if err == nil {
			err = configError(s.lines.at(1), "config/customer", "the document has ended above", "remove the line `...`")
		}
		s.hand(record{}, err)
		return
	}
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// startsItem tells whether a line starts with the dash of a list's item.
func startsItem(line string) bool {
	text := strings.TrimLeft(line, " ")
	return text == "-" || strings.HasPrefix(text, "- ") || strings.HasPrefix(text, "-\t")
}

// readWholeYAML reads a small document at once.
func readWholeYAML(src io.ReadSeeker, file string, yield func(record, error) bool) {
	data, err := wholeFile(src, file)
	if err != nil {
		yield(record{}, err)
		return
	}
	doc, err := parseDocument(file, data)
	if err != nil {
		yield(record{}, err)
		return
	}
	items, err := listOf(file, doc.root)
	if err != nil {
		yield(record{}, err)
		return
	}
	for _, item := range items {
		if !yield(nodeRecord(file, item)) {
			return
		}
	}
}

// wholeFile reads a file from its start, if it is small and holds nothing that a list of
// customers read line by line would refuse.
func wholeFile(src io.ReadSeeker, file string) ([]byte, error) {
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, readError(file, err)
	}
	var b strings.Builder
	l := newLines(src, file)
	l.separators = true
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return []byte(b.String()), nil
		}
		if err != nil {
			return nil, err
		}
		if b.Len()+len(line) > maxRecord {
			return nil, configError(diagnostic.Position{File: file, Line: 1, Column: 1}, "config/customer", "a list that is not in block style can have 1 MiB at most",
				"write each customer as an item of its own: a line that starts with `- id: ...`, the rest indented below")
		}
		b.WriteString(line)
		if l.ended {
			b.WriteByte('\n')
		}
	}
}
