package promql

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// Sentinel begins the names that stand for what only Grafana knows: a metric or a label
// chosen by a variable. No real name begins with it.
const Sentinel = "__dashc_"

// The sentinels of metrics, labels and label values.
const (
	sentinelMetric = Sentinel + "metric"
	sentinelLabel  = Sentinel + "label"
	sentinelText   = Sentinel + "value"
)

// Unknown tells whether a metric's or label's name depends on what Grafana fills in.
func Unknown(name string) bool { return strings.Contains(name, Sentinel) }

// Expansion is an expression with every macro filled in, parsed.
type Expansion struct {
	// Text is the expression as Prometheus would see it.
	Text string
	Expr parser.Expr
	// Macros are those of the query; MacrosIn finds the ones behind a position.
	query    Query
	segments []segment
}

// segment maps a macro to its replacement; the text between segments is the same on both sides.
type segment struct {
	start, end int // in Expansion.Text
	macro      Macro
}

// SyntaxError is an expansion that does not parse.
type SyntaxError struct {
	// Start and End are byte offsets into the query's text.
	Start, End int
	Message    string
	// Expanded is what Prometheus would have seen; equal to the text where there is no macro.
	Expanded string
	// unbounded is set where the expansion was too large to be parsed.
	unbounded bool
}

func (e *SyntaxError) Error() string { return e.Message }

// maxExpansions bounds how many of a variable's options are tried in one expression.
const maxExpansions = 500

// Expand fills in the macros and parses the result. A variable whose values are known before
// Grafana runs (custom, constant, interval) is expanded with each of them, and every expansion
// has to parse; one that is not stands for a sentinel of the hole's kind. The first expansion
// that does not parse is returned as a *SyntaxError.
func (q Query) Expand(variables Variables) ([]Expansion, error) {
	fills, rounds := q.fills(variables)
	first, guess, err := q.guess(fills)
	if err != nil {
		return nil, err
	}
	expansions := []Expansion{first}
	for round, parsed := 1, len(first.Text); round < rounds; round++ {
		if parsed > mostParsed || len(expansions) == maxExpansions-1 {
			round = rounds - 1 // the last has all values at once
		}
		e, err := q.parse(fills, round, guess)
		if err != nil {
			return nil, err
		}
		parsed += len(e.Text)
		if e.Text != expansions[len(expansions)-1].Text {
			expansions = append(expansions, e)
		}
	}
	return expansions, nil
}

// fills returns what each macro can be replaced by, and how many expansions show all of it.
// Macros alike share their fill: there may be thousands.
func (q Query) fills(variables Variables) (fills []fill, rounds int) {
	fills, rounds = make([]fill, len(q.Macros)), 1
	alike := map[Macro]fill{}
	for i, macro := range q.Macros {
		kind := macro
		kind.Start, kind.End = 0, 0
		f, seen := alike[kind]
		if !seen {
			f = variables.fill(macro)
			if macro.Hole == Text {
				f.options = telling(f.options)
			}
			alike[kind] = f
		}
		fills[i] = f
		rounds = max(rounds, len(f.options))
	}
	return fills, rounds
}

// mostPlain is how many plain options of a text are tried.
const mostPlain = 16

// plain is text that means the same to the parser, whatever it is, inside any quotes and in a
// regular expression.
var plain = regexp.MustCompile(`^[\w ,:/@=-]*$`)

// telling leaves out most of the options of a text that differ in plain characters only: they
// parse alike, and a variable may have hundreds.
func telling(options []string) []string {
	if len(options) <= mostPlain {
		return options
	}
	var kept []string
	n := 0
	for i, option := range options {
		if plain.MatchString(option) && i < len(options)-1 {
			if n++; n > mostPlain {
				continue
			}
		}
		kept = append(kept, option)
	}
	return kept
}

// fill is what a macro can be replaced by: each of the options has to parse; of the guesses,
// which stand for something unknown, one is enough.
type fill struct {
	options []string
	guesses []string
}

var parse = parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}).ParseExpr

func (q Query) parse(fills []fill, round int, guess []int) (Expansion, error) {
	e := Expansion{query: q}
	if len(q.Macros) == 0 {
		e.Text = q.Text
	} else {
		e.fill(fills, round, guess)
	}
	if err := bounded(e.Text); err != nil {
		return e, &SyntaxError{Message: err.Error(), Expanded: e.Text, unbounded: true}
	}
	expr, err := parse(e.Text)
	if err != nil {
		return e, e.syntaxError(err)
	}
	e.Expr = expr
	return e, nil
}

func (e *Expansion) fill(fills []fill, round int, guess []int) {
	var b strings.Builder
	end := 0
	for i, macro := range e.query.Macros {
		if b.Len() > longest {
			break // parse refuses it; ten thousand long values need not be written for that
		}
		b.WriteString(e.query.Text[end:macro.Start])
		text := ""
		switch f := fills[i]; {
		case len(f.options) > 0:
			text = f.options[round%len(f.options)]
		case len(f.guesses) > 0:
			text = f.guesses[guess[i]]
		}
		start := b.Len()
		b.WriteString(text)
		e.segments = append(e.segments, segment{start, b.Len(), macro})
		end = macro.End
	}
	b.WriteString(e.query.Text[end:])
	e.Text = b.String()
}

func (e Expansion) syntaxError(err error) *SyntaxError {
	result := &SyntaxError{Message: err.Error(), Expanded: e.Text}
	var list parser.ParseErrors
	var one *parser.ParseErr
	if errors.As(err, &list) && len(list) > 0 {
		one = &list[0]
	} else if !errors.As(err, &one) {
		return result
	}
	result.Message = one.Err.Error()
	result.Start, result.End = e.Original(one.PositionRange)
	return result
}

// Original returns the byte offsets, in the text as written, of a position in the expansion.
// A position inside a macro's value becomes the macro.
func (e Expansion) Original(at posrange.PositionRange) (start, end int) {
	start = min(e.original(int(at.Start), false), len(e.query.Text))
	return start, max(start, min(e.original(int(at.End), true), len(e.query.Text)))
}

func (e Expansion) original(at int, end bool) int {
	shift := 0
	for _, s := range e.segments {
		if at < s.start || at == s.start && end {
			break
		}
		if at < s.end || at == s.end && end {
			if end {
				return s.macro.End
			}
			return s.macro.Start
		}
		shift = s.macro.End - s.end
	}
	return at + shift
}

// MacrosIn returns the macros whose values lie in a part of the expansion.
func (e Expansion) MacrosIn(at posrange.PositionRange) []Macro {
	var found []Macro
	for _, s := range e.segments {
		if s.start >= int(at.Start) && s.end <= int(at.End) {
			found = append(found, s.macro)
		}
	}
	return found
}

// Value returns where in the expansion the value of the query's i-th macro stands.
func (e Expansion) Value(i int) (start, end int) { return e.segments[i].start, e.segments[i].end }

// Edit replaces the bytes from Start to End of a text.
type Edit struct {
	Start, End int
	Text       string
}

// Splice applies edits to a text. Edits must not overlap; they may come in any order.
func Splice(text string, edits []Edit) (string, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return a.Start - b.Start })
	var b strings.Builder
	end := 0
	for _, edit := range sorted {
		if edit.Start < end || edit.End < edit.Start || edit.End > len(text) {
			return "", fmt.Errorf("the edit of bytes %d to %d overlaps another one or leaves the text", edit.Start, edit.End)
		}
		b.WriteString(text[end:edit.Start])
		b.WriteString(edit.Text)
		end = edit.End
	}
	b.WriteString(text[end:])
	return b.String(), nil
}
