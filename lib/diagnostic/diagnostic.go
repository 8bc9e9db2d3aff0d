// Package diagnostic holds one finding: what is wrong, where, and what to do about it.
// Every stage reports through it, so that a person, an editor and a CI system read the
// same facts. It never prints by itself and never decides whether a build goes on.
package diagnostic

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a finding does to a build: an Error keeps the environment from being
// published, a Warning does not.
type Severity int

// The severities, weakest first.
const (
	Warning Severity = iota
	Error
)

// String returns the word that reports print.
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// MarshalText writes the severity as its word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position is a place in a file. File is relative to the project's root with forward
// slashes; Line and Column count from 1 and are 0 where unknown. Columns count Unicode
// code points, as Jsonnet does.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String returns file:line:column, leaving out what is unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Frame is one step of a Jsonnet stack trace, innermost first.
type Frame struct {
	Position Position `json:"position"`
	Name     string   `json:"name,omitempty"`
}

// Diagnostic is one finding.
type Diagnostic struct {
	// Rule is a stable identifier such as "grafana/uid" or "jsonnet/runtime".
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Position Position `json:"position"`
	// Message says what is wrong, in one sentence without a full stop.
	Message string `json:"message"`
	// Hint says what to do. It may be empty when the message leaves only one remedy.
	Hint string `json:"hint,omitempty"`
	// Why says why it matters, in one or two sentences.
	Why string `json:"why,omitempty"`
	// Artifact is the rendered file that the finding is about, relative to its environment's
	// tree; empty for findings about sources and configuration alone.
	Artifact string `json:"artifact,omitempty"`
	// Dashboard is the title of the dashboard that the finding is about, as the first of
	// Environments has it. Titles often name their environment, so it never tells findings apart.
	Dashboard string `json:"dashboard,omitempty"`
	// Where names the place inside an artifact, for example `panel "Requests" (id 3)`.
	Where string `json:"where,omitempty"`
	// Query is the PromQL expression that the finding is about.
	Query *Query `json:"query,omitempty"`
	// Snippet is the source line with a caret line below it, ready to print. With Query it
	// shows the line of the expression instead.
	Snippet string `json:"snippet,omitempty"`
	// Page is the rule's documentation, for example docs/rules/promql/unknown-metric.md.
	Page string `json:"page,omitempty"`
	// Trace is the Jsonnet stack, innermost frame first, without the standard library's own frames.
	Trace []Frame `json:"trace,omitempty"`
	// Environments lists the environments in which the finding occurs, sorted.
	Environments []string `json:"environments,omitempty"`
	// Suppressed is the reason for which the finding was switched off; empty for one that counts.
	Suppressed string `json:"suppressed,omitempty"`
}

// Query is a PromQL expression with the part of it that is wrong.
type Query struct {
	// Expression is the text as the artifact holds it, Grafana's macros included.
	Expression string `json:"expression"`
	// Start and End are byte offsets into Expression; Start equals End where the finding is
	// about a point or about the whole.
	Start int `json:"start"`
	End   int `json:"end"`
}

// Error is a list of findings handed up as a Go error. It holds at least one finding.
type ListError struct {
	List []Diagnostic
}

// Error returns the findings in their short form, one a line.
func (e *ListError) Error() string {
	var b strings.Builder
	for i, d := range e.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		if p := d.Position.String(); p != "" {
			b.WriteString(p + ": ")
		}
		b.WriteString(d.Message)
	}
	return b.String()
}

// AsError returns the findings as an error, or nil when there are none.
func AsError(list ...Diagnostic) error {
	if len(list) == 0 {
		return nil
	}
	return &ListError{List: list}
}

// FromError returns the findings that err carries, and whether it carries any.
func FromError(err error) ([]Diagnostic, bool) {
	var list *ListError
	if errors.As(err, &list) {
		return list.List, true
	}
	return nil, false
}

// Stops tells whether a finding keeps its environment from being published.
func (d Diagnostic) Stops() bool { return d.Severity == Error && d.Suppressed == "" }

// HasErrors tells whether a list holds a finding that stops a build.
func HasErrors(list []Diagnostic) bool {
	return slices.ContainsFunc(list, Diagnostic.Stops)
}

// Merge folds findings that differ only in their environments, or in how an expression is
// written there, into one, and sorts the result by place, rule and message, so that a report
// does not depend on the order of work. What differs is taken from the first environment.
func Merge(list []Diagnostic) []Diagnostic {
	sorted := slices.Clone(list)
	for i := range sorted {
		sorted[i].Environments = slices.Sorted(slices.Values(sorted[i].Environments))
	}
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(compare(a, b), slices.Compare(a.Environments, b.Environments))
	})
	var merged []Diagnostic
	for _, d := range sorted {
		if n := len(merged); n > 0 && compare(merged[n-1], d) == 0 {
			merged[n-1].Environments = append(merged[n-1].Environments, d.Environments...)
			continue
		}
		merged = append(merged, d)
	}
	for i := range merged {
		slices.Sort(merged[i].Environments)
		merged[i].Environments = slices.Compact(merged[i].Environments)
	}
	return merged
}

// compare orders findings. Findings that it takes for equal are one finding.
func compare(a, b Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.Position.File, b.Position.File),
		cmp.Compare(a.Position.Line, b.Position.Line),
		cmp.Compare(a.Position.Column, b.Position.Column),
		cmp.Compare(a.Where, b.Where),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Artifact, b.Artifact),
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Suppressed, b.Suppressed),
	)
}
