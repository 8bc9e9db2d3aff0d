package evaluate

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/formatter"
	"github.com/google/go-jsonnet/linter"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Source is the text of one Jsonnet file, to be formatted or linted.
type Source struct {
	// File is relative to Options.Root with forward slashes. Findings name it, and imports are
	// looked up beside it.
	File string
	Text string
}

// Format returns a source as the jsonnetfmt command writes it by default. A source that cannot
// be parsed comes as a *diagnostic.ListError.
func (p *Pool) Format(ctx context.Context, source Source) (string, error) {
	response, err := p.perform(ctx, request{Work: formatting, Source: source})
	if err != nil {
		return "", err
	}
	return string(response.Result.Output), diagnostic.AsError(response.Findings...)
}

// Lint returns what the jsonnet-lint command would report about a source, imports included. An
// error is a failure of the machine or ctx's.
func (p *Pool) Lint(ctx context.Context, source Source) ([]diagnostic.Diagnostic, error) {
	response, err := p.perform(ctx, request{Work: linting, Source: source})
	if findings, ok := diagnostic.FromError(err); ok {
		return findings, nil // the linter was ended by a limit
	}
	return response.Findings, err
}

func (e *evaluator) format(source Source) (r response) {
	defer recovered(source, &r)
	if !utf8.ValidString(source.Text) {
		return response{Findings: []diagnostic.Diagnostic{notText(source)}}
	}
	output, err := formatter.Format(source.File, source.Text, formatter.DefaultOptions())
	if err != nil {
		return response{Findings: []diagnostic.Diagnostic{e.problem(source, err, ruleSyntax)}}
	}
	return response{Result: Result{Output: []byte(output)}}
}

func (e *evaluator) lint(source Source) (r response) {
	defer recovered(source, &r)
	if !utf8.ValidString(source.Text) {
		return response{Findings: []diagnostic.Diagnostic{notText(source)}}
	}
	e.importer.begin()
	if _, err := jsonnet.SnippetToAST(source.File, source.Text); err != nil {
		return response{Findings: []diagnostic.Diagnostic{e.problem(source, err, ruleSyntax)}}
	}
	var found collector
	usual := e.vm.ErrorFormatter
	e.vm.ErrorFormatter = &found
	defer func() { e.vm.ErrorFormatter = usual }()
	linter.LintSnippet(e.vm, io.Discard, []linter.Snippet{{FileName: source.File, Code: source.Text}})
	for _, err := range found.problems {
		r.Findings = append(r.Findings, e.problem(source, err, ruleLint))
	}
	return r
}

// collector keeps the linter's problems as values. The linter reports text only, but it has
// each problem formatted by the virtual machine's error formatter first.
type collector struct {
	problems []error
}

func (c *collector) Format(err error) string {
	c.problems = append(c.problems, err)
	return ""
}

func (*collector) SetMaxStackTraceSize(int) {}

func (*collector) SetColorFormatter(jsonnet.ColorFormatter) {}

// problem turns an error of the parser or the linter into a finding of a rule. What is wrong
// with an import has a rule of its own, as in an evaluation.
func (e *evaluator) problem(source Source, err error, rule string) diagnostic.Diagnostic {
	d := failure(rule, diagnostic.Position{File: source.File}, err.Error(), "")
	if err, ok := err.(located); ok {
		d = static(err)
		d.Rule = rule
	}
	if message, hint, found := strings.Cut(d.Message, hintMark); found {
		d.Rule, d.Message, d.Hint = ruleImport, message, hint
	} else if match := embedded.FindStringSubmatch(d.Message); match != nil && e.importer.files[match[1]] != nil {
		d.Rule, d.Message = ruleSyntax, match[6]
		d.Trace = []diagnostic.Frame{{Position: d.Position, Name: "the import"}}
		d.Position = e.embeddedPosition(match)
	}
	if d.Position.File == "" {
		d.Position.File = source.File
	}
	d.Message = strings.TrimRight(d.Message, ".\n ")
	if d.Hint == "" {
		d.Hint = encodingHint(d.Message, e.textOf(d.Position.File, source))
	}
	if d.Snippet = e.snippet(d.Position); d.Position.File == source.File {
		d.Snippet = diagnostic.SnippetAt(source.Text, d.Position)
	}
	return d
}

// textOf is the text of a source, or of a file that it imports.
func (e *evaluator) textOf(file string, source Source) string {
	if file == source.File {
		return source.Text
	}
	text, _ := e.importer.content(file)
	return text
}

func notText(source Source) diagnostic.Diagnostic {
	return failure(ruleSyntax, diagnostic.Position{File: source.File}, notTextMessage, notTextHint)
}

// recovered turns a panic of the formatter or the linter into a finding, without its Go stack.
func recovered(source Source, r *response) {
	if reason := recover(); reason != nil {
		line, _, _ := strings.Cut(fmt.Sprint(reason), "\n")
		*r = response{Findings: []diagnostic.Diagnostic{failure(ruleSyntax, diagnostic.Position{File: source.File},
			"the formatter or linter failed inside: "+line, "reduce the file until it does not, and report the failure to dashc with it")}}
	}
}
