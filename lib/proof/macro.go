package proof

import (
	"fmt"
	"regexp"
	"strings"
)

// macroPattern is how Grafana finds what it replaces in a text (variableRegex in
// public/app/features/variables/utils.ts, VARIABLE_REGEX in @grafana/scenes).
var macroPattern = regexp.MustCompile(`\$(\w+)|\[\[([\s\S]+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^\}]+))?(?::([^\}]+))?\}`)

// globals are the macros whose values Grafana computes from the time range, with the text that
// stands in for them. No viewer can give them another form than a duration or a number.
var globals = map[string]string{
	"__interval": "5m", "__rate_interval": "5m", "__range": "5m",
	"__interval_ms": "300000", "__rate_interval_ms": "300000", "__range_ms": "300000", "__range_s": "300",
	"__from": "1700000000000", "__to": "1700000000000",
}

// variables are those of one dashboard.
type variables struct {
	// listed maps each name to whether Grafana escapes its values as parts of a regular
	// expression wherever they stand: a query or custom variable that is multi or includes All.
	listed map[string]bool
	// weak names why no variable may stand in an expression: one whose values reach an expression
	// unescaped. Grafana replaces twice, so a value may name another variable.
	weak string
	// sources are the variables that choose a data source.
	sources map[string]bool
}

var wordPattern = regexp.MustCompile(`^\w+$`)

// rendered is an expression with every macro replaced by what may stand in its place.
type rendered struct {
	text string
	// chosen tells that a viewer's choice stands in it.
	chosen bool
}

// render replaces the macros of an expression, or says why one may not stand where it does. The
// theorem that lets a viewer's choice stand in a matcher is in docs/tenancy.md; its conditions
// are checked here and in quoted.
func (v *variables) render(raw, label string) (rendered, *problem) {
	s := scanner{label: label}
	var out strings.Builder
	at := 0
	refuse := func(match, why, hint string) (rendered, *problem) {
		return rendered{}, &problem{rule: "tenancy/macro", message: fmt.Sprintf("%s %s", match, why), hint: hint}
	}
	var macros [][]int
	if strings.Contains(raw, "$") || strings.Contains(raw, "[[") {
		macros = macroPattern.FindAllStringSubmatchIndex(raw, -1)
	}
	for _, m := range macros {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return raw[m[2*i]:m[2*i+1]]
		}
		match, name, format := raw[m[0]:m[1]], group(1)+group(2)+group(4), group(3)+group(6)
		_, declared := v.listed[name]
		global, isGlobal := globals[name]
		if !declared && !isGlobal && (m[4] >= 0 && !wordPattern.MatchString(name)) {
			// [[:alpha:]] and its like: no variable has such a name, Grafana leaves the text alone.
			continue
		}
		s.feed(raw[at:m[0]])
		out.WriteString(raw[at:m[0]])
		at = m[1]
		switch {
		case group(5) != "":
			return refuse(match, "asks for a part of a value, which Grafana does not escape", "write the variable without a path")
		case declared && s.state != '"':
			return refuse(match, "stands outside of a double-quoted string, where whoever writes the URL can put any query",
				"write the value itself; only $__rate_interval, $__interval and $__range may stand here")
		case declared && s.depth == 0:
			return refuse(match, "stands in a string that is not a matcher's", "write the value itself")
		case declared && v.weak != "":
			return refuse(match, "may be given another variable's name as its value, and "+v.weak,
				"remove that variable from the customer's dashboards, or write the value into the query")
		case declared && !v.listed[name]:
			return refuse(match, "is no multi-value variable; Grafana does not escape double quotes in its values, so that they can end the string",
				"let the variable be a query or custom variable with multi or includeAll, and match with =~")
		case declared && format != "" && format != "regex":
			return refuse(match, "has a format that does not escape values", "write it without a format, or with :regex")
		case declared:
			if p := s.choose(); p != nil {
				return rendered{}, p
			}
			out.WriteString(chosenByView)
		case isGlobal && format != "":
			return refuse(match, "has a format", "write it without one")
		case isGlobal && s.state == 0 && s.depth > 0:
			return refuse(match, "stands inside braces, outside of a string", "write the matcher itself")
		case isGlobal && s.state == 0 && !apart(raw, m[0], m[1], global):
			return refuse(match, "is a part of a longer word", "separate the two")
		case isGlobal:
			s.feed(global)
			out.WriteString(global)
		case s.state == '"' && strings.Trim(name, "0123456789") == "":
			// $1 in the replacement of label_replace: no variable has that name.
			s.feed(match)
			out.WriteString(match)
		default:
			return refuse(match, "is no variable of the dashboard and no interval of Grafana's", "declare it, or write the value itself")
		}
	}
	s.feed(raw[at:])
	out.WriteString(raw[at:])
	if p := s.end(); p != nil {
		return rendered{}, p
	}
	return rendered{text: out.String(), chosen: s.chosen}, nil
}

// apart tells whether a global stands as a word of its own; a number may have its unit.
func apart(raw string, start, end int, value string) bool {
	word := func(c byte) bool {
		return c == '_' || c == ':' || c == '.' || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	// A colon may stand before it in a range, where it is not a part of a name.
	inRange := strings.LastIndexByte(raw[:start], '[') > strings.LastIndexByte(raw[:start], ']')
	if start > 0 && word(raw[start-1]) && !(raw[start-1] == ':' && inRange) {
		return false
	}
	rest := raw[end:]
	if !strings.HasSuffix(value, "m") {
		for _, unit := range []string{"ms", "s"} {
			if after, ok := strings.CutPrefix(rest, unit); ok {
				rest = after
				break
			}
		}
	}
	return rest == "" || !word(rest[0]) || rest[0] == ':'
}

// scanner follows PromQL text as Prometheus' lexer does, as far as strings, comments and braces go.
type scanner struct {
	label string
	// state is 0 between tokens, a quote inside a string, '#' inside a comment.
	state   byte
	escaped bool
	depth   int
	last    byte
	// word and operator are what stands before the current string inside braces.
	word, operator string

	chosen bool
	// chosenHere and seenLabel are about the braces that are open: whether a choice stood in
	// them, and whether the tenant label's matcher did.
	chosenHere, seenLabel bool
	// Why a choice may not stand in this expression, if there is one.
	loose string
}

func (s *scanner) feed(t string) {
	for i := range len(t) {
		s.step(t[i])
	}
}

func (s *scanner) note(why string) {
	if s.loose == "" {
		s.loose = why
	}
}

func (s *scanner) step(c byte) {
	defer func() { s.last = c }()
	switch s.state {
	case '#':
		if c == '\n' {
			s.state = 0
		}
		return
	case '"', '\'', '`':
		switch {
		case s.escaped:
			s.escaped = false
		case c == '\\' && s.state != '`':
			s.escaped = true
		case c == s.state:
			s.closeString()
			return
		}
		if strings.IndexByte("{}\"'`#", c) >= 0 {
			s.note(fmt.Sprintf("a string of the expression has the character %c", c))
		}
		return
	}
	switch {
	case c == '#':
		s.state = '#'
		s.note("the expression has a comment")
	case c == '"' || c == '\'' || c == '`':
		s.state, s.escaped = c, false
		if c != '"' {
			s.note("the expression has a string in other than double quotes")
		}
		if s.depth == 0 {
			s.note("the expression has a string outside of braces")
		}
	case c == '{':
		if !wordPattern.MatchString(string(s.last)) && s.last != ':' {
			s.note("a selector has no name right before its brace")
		}
		s.depth++
		s.chosenHere, s.seenLabel, s.word, s.operator = false, false, "", ""
	case c == '}':
		s.depth--
	case s.depth == 0:
	case strings.IndexByte("=!~", c) >= 0:
		s.operator += string(c)
	case c == ',':
		s.word, s.operator = "", ""
	case c != ' ' && c != '\t' && c != '\n' && c != '\r':
		s.word += string(c)
	}
}

func (s *scanner) closeString() {
	s.state = 0
	if s.depth > 0 && s.word == s.label && s.operator == "=" {
		s.seenLabel = true
		if s.chosenHere {
			s.note("the matcher on " + s.label + " stands behind the variable, which can hide it")
		}
	}
}

// choose notes that a viewer's choice stands here, inside a string inside braces.
func (s *scanner) choose() *problem {
	s.chosen, s.chosenHere = true, true
	if s.word == "" || s.word == s.label || s.word == "__name__" {
		return &problem{rule: "tenancy/macro", message: "a variable stands in the matcher on " + s.word + ", so that a viewer chooses what is selected",
			hint: "the customer's own id must stand there as it is"}
	}
	return nil
}

// end tells whether the conditions hold under which a choice may stand in the expression.
func (s *scanner) end() *problem {
	if !s.chosen || s.loose == "" {
		return nil
	}
	return &problem{rule: "tenancy/macro", message: "a variable stands in a matcher, and " + s.loose + "; a value with quotes in it could then make another query",
		hint: "put the matcher on " + s.label + " first, in double quotes, and write the expression without comments"}
}
