package promql

import (
	"strings"
	"unicode/utf8"
)

// Hole is the kind of place that a macro stands in.
type Hole int

// The holes.
const (
	Expression   Hole = iota // an operand: a number, a metric or a whole expression
	Number                   // a number without anything around it, as after @
	Duration                 // a range, a step or an offset
	DurationPart             // the number or the unit of a duration: [${n}m]
	Text                     // part of a string
	String                   // a matcher's value without quotes
	LabelName                // a label of a matcher or of a grouping
	MatcherList              // whole matchers inside braces
	NamePart                 // part of an identifier: foo_$kind
	NameHole                 // a whole metric name, before { or [
	FunctionName             // a function or aggregation, before (
	Operator                 // a binary operator
	Comment                  // in a comment, where it does nothing
)

// String names the hole in words for messages.
func (h Hole) String() string {
	return [...]string{
		"an operand", "a number", "a duration", "a part of a duration", "text", "a matcher's value", "a label name",
		"matchers", "a part of a name", "a metric name", "a function name", "an operator", "a comment",
	}[h]
}

// Macro is one reference to a variable, as Grafana's templating finds it
// (variableRegex in public/app/features/variables/utils.ts).
type Macro struct {
	// Start and End are byte offsets into the text.
	Start, End int
	// Name is the variable, without braces: __rate_interval for $__rate_interval.
	Name string
	// Field is what follows a dot in braces: name of ${__org.name}; Format what follows a
	// colon: csv of ${customer:csv}.
	Field, Format string
	Hole          Hole
	// Brackets is set for the old form [[name]].
	Brackets bool
	// Quote is the quote character of a Text hole.
	Quote byte
	// Label and Matcher are, for a macro in a matcher's value, the label and the operator
	// (=, !=, =~ or !~); empty elsewhere.
	Label, Matcher string
	// before and after tell what the macro is glued to.
	before, after byte
	// text is the macro as written.
	text string
}

// Query is an expression as written.
type Query struct {
	Text   string
	Macros []Macro
}

// Scan finds the macros of an expression. It never fails: what it cannot make sense of is
// left to the parser.
func Scan(text string) Query {
	if !strings.ContainsRune(text, '$') && !strings.Contains(text, "[[") {
		return Query{Text: text}
	}
	s := scanner{text: text}
	s.scan()
	return Query{Text: text, Macros: s.macros}
}

// scanner walks the text once and remembers just enough of PromQL to tell holes apart.
type scanner struct {
	text   string
	at     int
	macros []Macro
	open   []byte // open brackets: ( for a plain one, l for a list of labels, { and [
	word   string // last word, in lower case, "" after anything else but space
	last   byte   // last significant character, 0 at the start
	inside int    // in braces: 0 where a label name is due, 1 after an operator
	label  string // in braces: the last label
	op     string // in braces: the operator after it
}

func (s *scanner) scan() {
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '#':
			s.comment()
		case c == '"' || c == '\'' || c == '`':
			s.str(c)
		case s.macro(s.hole):
		case isWord(c):
			s.identifier()
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.at++
		default:
			s.punctuation(c)
		}
	}
}

func isWord(c byte) bool {
	return c == '_' || c == ':' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *scanner) comment() {
	for s.at < len(s.text) && s.text[s.at] != '\n' {
		if !s.macro(func(Macro) Hole { return Comment }) {
			s.at++
		}
	}
}

func (s *scanner) str(quote byte) {
	s.at++
	start := s.at
	for s.at < len(s.text) && s.text[s.at] != quote {
		switch {
		case s.text[s.at] == '\\' && quote != '`':
			s.escape()
		case s.macro(func(Macro) Hole { return Text }):
			s.macros[len(s.macros)-1].Quote = quote
			s.inMatcher()
		default:
			s.at++
		}
	}
	s.at = min(s.at, len(s.text))
	if s.within('{') && s.inside == 0 {
		s.label = s.text[start:s.at] // {"my.label"="value"}
	}
	s.at = min(s.at+1, len(s.text))
	s.word, s.last = "", '"'
}

// escape passes over a backslash and what it escapes. Grafana knows nothing of escapes: it fills
// in the variable of \$name, too.
func (s *scanner) escape() {
	s.at++
	if _, ok := macroAt(s.text, s.at); !ok {
		s.at++
	}
}

func (s *scanner) identifier() {
	start := s.at
	for s.at < len(s.text) && isWord(s.text[s.at]) {
		if s.text[s.at] == ':' && s.within('[') {
			break // the colon of a subquery
		}
		s.at++
	}
	if s.at == start {
		s.punctuation(s.text[s.at])
		return
	}
	s.word = strings.ToLower(s.text[start:s.at])
	s.last = 'a'
	if s.within('{') && s.inside == 0 {
		s.label = s.text[start:s.at]
	}
}

// inMatcher notes which matcher the last macro is the value of.
func (s *scanner) inMatcher() {
	if s.within('{') && s.inside == 1 {
		m := &s.macros[len(s.macros)-1]
		m.Label, m.Matcher = s.label, s.op
	}
}

func (s *scanner) punctuation(c byte) {
	switch c {
	case '(':
		if labelLists[s.word] {
			c = 'l'
		}
		s.open = append(s.open, c)
	case '{', '[':
		s.open = append(s.open, c)
		s.inside, s.label, s.op = 0, "", ""
	case ')', '}', ']':
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
	case ',':
		s.inside, s.label, s.op = 0, "", ""
	case '=', '~', '!':
		s.inside = 1
		s.op += string(rune(c))
	}
	if c != '-' && c != '+' { // the sign of an offset
		s.word = ""
	}
	s.last = s.text[s.at]
	_, size := utf8.DecodeRuneInString(s.text[s.at:])
	s.at += size
}

// labelLists are the words before a list of labels in parentheses.
var labelLists = map[string]bool{"by": true, "without": true, "on": true, "ignoring": true, "group_left": true, "group_right": true}

// operatorWords are words that stand between operands, or before one.
var operatorWords = map[string]bool{"and": true, "or": true, "unless": true, "bool": true, "atan2": true, "offset": true}

func (s *scanner) within(open byte) bool { return len(s.open) > 0 && s.open[len(s.open)-1] == open }

// macro takes a macro at the present position, if there is one.
func (s *scanner) macro(hole func(Macro) Hole) bool {
	m, ok := macroAt(s.text, s.at)
	if !ok {
		return false
	}
	if m.Start > 0 {
		m.before = s.text[m.Start-1]
	}
	if m.End < len(s.text) {
		m.after = s.text[m.End]
	}
	m.text = s.text[m.Start:m.End]
	m.Hole = hole(m)
	s.macros = append(s.macros, m)
	s.at = m.End
	s.passed(m)
	return true
}

// passed notes what stands before the next token, now that a macro has been taken.
func (s *scanner) passed(m Macro) {
	switch m.Hole {
	case Text, Comment:
		return
	case Operator:
		s.last = '+'
	case String:
		s.last = '"'
		s.inMatcher()
	default:
		s.last = 'a'
	}
	if m.Hole == LabelName && s.within('{') {
		s.label = m.text
	}
	s.word = ""
}

// macroAt reads a macro that starts at a position. The forms are $name,
// [[name:format]] and ${name.field:format}; anything else is left as it stands.
func macroAt(text string, at int) (Macro, bool) {
	if at >= len(text) {
		return Macro{}, false
	}
	m := Macro{Start: at}
	switch rest := text[at:]; {
	case strings.HasPrefix(rest, "[["):
		m.Brackets = true
		end := m.named(text, at+2)
		if end < len(text) && text[end] == ':' {
			format := wordAt(text, end+1)
			m.Format = text[end+1 : format]
			end = format
		}
		m.End = end + 2
		return m, m.Name != "" && strings.HasPrefix(text[end:], "]]") && text[end-1] != ':'
	case strings.HasPrefix(rest, "${"):
		end := m.named(text, at+2)
		m.Field, end = partAt(text, end, '.', ":^}")
		m.Format, end = partAt(text, end, ':', "}")
		m.End = end + 1
		return m, m.Name != "" && end < len(text) && text[end] == '}'
	case rest[0] == '$':
		m.End = m.named(text, at+1)
		return m, m.Name != ""
	}
	return m, false
}

// named reads the macro's name and returns its end.
func (m *Macro) named(text string, start int) int {
	end := wordAt(text, start)
	m.Name = text[start:end]
	return end
}

// wordAt returns the end of the word that starts at a position.
func wordAt(text string, at int) int {
	for at < len(text) && isWord(text[at]) && text[at] != ':' {
		at++
	}
	return at
}

// longestPart bounds a macro's field and format, so that a text full of openings without an
// end is still read in one go.
const longestPart = 200

// partAt reads a part that begins with a sign, and returns it with its end. A sign without a
// part behind it is none.
func partAt(text string, at int, sign byte, ends string) (part string, end int) {
	if at >= len(text) || text[at] != sign {
		return "", at
	}
	limit := min(len(text), at+1+longestPart)
	end = at + 1
	for end < limit && strings.IndexByte(ends, text[end]) < 0 {
		end++
	}
	if end == at+1 {
		return "", at
	}
	return text[at+1 : end], end
}

// hole tells what a macro outside of strings and comments fills.
func (s *scanner) hole(m Macro) Hole {
	next := s.nextSignificant(m.End)
	glued := s.glued(m)
	switch {
	case s.within('['):
		if glued {
			return DurationPart
		}
		return Duration
	case s.within('{'):
		switch {
		case s.inside == 1:
			return String
		case next == '=' || next == '!':
			return LabelName
		case glued:
			return NamePart
		}
		return MatcherList
	case s.within('l'):
		return LabelName
	case s.word == "offset":
		if glued {
			return DurationPart
		}
		return Duration
	case s.last == '@':
		return Number
	case glued || m.before == ':' || m.after == ':':
		return NamePart
	case next == '(' || s.grouped(m.End):
		if s.afterOperand() {
			return Operator
		}
		return FunctionName
	case next == '{' || next == '[':
		return NameHole
	case s.afterOperand() && next != 0 && !strings.ContainsRune(")]},+-*/%^=<>!", rune(next)):
		return Operator
	}
	return Expression
}

// grouped tells whether an aggregation's by or without follows.
func (s *scanner) grouped(at int) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(s.text[at:], " \t\r\n"), "(")
	word = strings.ToLower(strings.TrimSpace(word))
	return word == "by" || word == "without"
}

// glued tells whether a macro is only a part of a word: letters or another macro stand right
// before or behind it.
func (s *scanner) glued(m Macro) bool {
	_, followed := macroAt(s.text, m.End)
	return followed || m.before != ':' && isWord(m.before) || m.after != ':' && isWord(m.after) ||
		len(s.macros) > 0 && s.macros[len(s.macros)-1].End == m.Start
}

// afterOperand tells whether an operand has just ended, so that an operator is due.
func (s *scanner) afterOperand() bool {
	switch s.last {
	case ')', '}', ']', '"':
		return !labelLists[s.word]
	case 'a':
		return !operatorWords[s.word] && !labelLists[s.word]
	}
	return false
}

func (s *scanner) nextSignificant(at int) byte {
	for ; at < len(s.text); at++ {
		if c := s.text[at]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}
