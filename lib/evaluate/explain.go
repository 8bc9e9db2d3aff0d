package evaluate

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"

	"github.com/dashc/dashc/lib/diagnostic"
)

// explain turns an error of the evaluator into a finding at the innermost place that a person
// wrote.
func (e *evaluator) explain(job Job, err error) diagnostic.Diagnostic {
	entry := e.importer.name(e.entryPath(job))
	var d diagnostic.Diagnostic
	switch err := err.(type) {
	case jsonnet.RuntimeError:
		d = e.runtime(err)
	case located:
		d = static(err)
	default:
		d = unlocated(err)
	}
	if d.Position.File == "" {
		d.Position.File = entry
	}
	d.Message = strings.TrimRight(d.Message, ".\n ")
	if d.Message == "" {
		d.Message = "the source ends with error and gives no message"
	}
	if s := e.importer.files[d.Position.File]; s != nil && d.Hint == "" && d.Rule == ruleSyntax {
		d.Hint = encodingHint(d.Message, s.contents.String())
	}
	d.Snippet = e.snippet(d.Position)
	if !names(d, entry) {
		d.Trace = append(d.Trace, diagnostic.Frame{Position: diagnostic.Position{File: entry}, Name: "the file being evaluated"})
	}
	return d
}

// located is an error of the parser, the static analysis or the linter. Their own type is
// internal to go-jsonnet.
type located interface {
	error
	Loc() ast.LocationRange
}

func static(err located) diagnostic.Diagnostic {
	loc := err.Loc()
	return failure(ruleSyntax, positionOf(loc), strings.TrimPrefix(err.Error(), loc.String()+" "), "")
}

// unlocated explains an error that has no place in a source.
func unlocated(err error) diagnostic.Diagnostic {
	var refused *importError
	switch {
	case errors.As(err, &refused):
		return failure(ruleImport, diagnostic.Position{}, refused.message, refused.hint)
	case errors.Is(err, fs.ErrNotExist):
		return failure(ruleImport, diagnostic.Position{}, "there is no such file", "check the path; it is relative to the current directory")
	case strings.HasPrefix(err.Error(), "(CRASH)"):
		return crash(err.Error())
	}
	return failure(ruleRuntime, diagnostic.Position{}, err.Error(), "")
}

// crash describes a panic inside the evaluator without its Go stack.
func crash(text string) diagnostic.Diagnostic {
	line, _, _ := strings.Cut(strings.TrimPrefix(text, "(CRASH) "), "\n")
	if strings.Contains(line, "makeslice") || strings.Contains(line, "Repeat") || strings.Contains(line, "out of range") {
		return failure(ruleLimit, diagnostic.Position{}, "the evaluation asks for more memory than there can be ("+line+")",
			"look for a huge list or string; limits.memory in dashc.yaml bounds what is possible")
	}
	return failure(ruleRuntime, diagnostic.Position{}, "the evaluator failed inside: "+line, "reduce the file until it evaluates, and report the failure to dashc with it")
}

// embedded is how the evaluator words a static error of an imported file: its place, then the message.
var embedded = regexp.MustCompile(`^(.+?):(?:(\d+):(\d+)(?:-\d+)?|\((\d+):(\d+)\)-\(\d+:\d+\)) (?s:(.*))$`)

func (e *evaluator) runtime(err jsonnet.RuntimeError) diagnostic.Diagnostic {
	frames := authored(err.StackTrace)
	d := failure(ruleRuntime, diagnostic.Position{}, err.Msg, "")
	d.Where = manifested(err.StackTrace)
	if len(frames) > 0 {
		d.Position = frames[0].Position
		d.Trace = shortened(collapsed(frames[1:]), e.options.Limits.Trace)
	}
	if message, hint, found := strings.Cut(err.Msg, hintMark); found {
		d.Rule, d.Message, d.Hint, d.Where = ruleImport, message, hint, ""
	} else if match := embedded.FindStringSubmatch(err.Msg); match != nil && e.importer.files[match[1]] != nil {
		d.Rule, d.Message, d.Where = ruleSyntax, match[6], ""
		if _, isText := e.importer.content(match[1]); !isText {
			d.Hint = "the file is not UTF-8 text; import it with importstr or importbin if it is meant as data"
		}
		d.Position = e.embeddedPosition(match)
		d.Trace = shortened(collapsed(frames), e.options.Limits.Trace)
	} else if strings.HasPrefix(err.Msg, "max stack frames exceeded") {
		d.Rule = ruleLimit
		d.Message = fmt.Sprintf("the evaluation needs more than %d stack frames", e.options.Limits.Stack)
		d.Hint = "look for an endless recursion, or raise limits.stack in dashc.yaml"
	}
	return argumentHint(d)
}

// names tells whether a finding shows a place in the file at all.
func names(d diagnostic.Diagnostic, file string) bool {
	return d.Position.File == file || slices.ContainsFunc(d.Trace, func(f diagnostic.Frame) bool { return f.Position.File == file })
}

var (
	manifestedField   = regexp.MustCompile(`^Field "(.*)"$`)
	manifestedElement = regexp.MustCompile(`^Array element (\d+)$`)
)

// manifested returns the place in the output that was being written when the error occurred,
// for example panels[3].title. The evaluator names it in place of a file in frames without a line.
func manifested(trace []jsonnet.TraceFrame) string {
	var path strings.Builder
	for _, frame := range trace {
		if frame.Loc.Begin.Line != 0 {
			break
		}
		if match := manifestedField.FindStringSubmatch(frame.Loc.FileName); match != nil {
			path.WriteString("." + match[1])
		} else if match := manifestedElement.FindStringSubmatch(frame.Loc.FileName); match != nil {
			path.WriteString("[" + match[1] + "]")
		}
	}
	return strings.TrimPrefix(path.String(), ".")
}

// argumentHint says in plain words what a top-level function wants.
func argumentHint(d diagnostic.Diagnostic) diagnostic.Diagnostic {
	name, missing := strings.CutPrefix(d.Message, "Missing argument: ")
	if missing && len(d.Trace) == 0 {
		d.Message = fmt.Sprintf("the file's function wants an argument %q", name)
		d.Hint = "a file is called with the one argument `env`, the environment's values; write function(env), give the other parameters defaults, or pass them with --tla-str or --tla-code"
	}
	return d
}

func number(texts ...string) int {
	n, _ := strconv.Atoi(strings.Join(texts, ""))
	return n
}

// authored returns the frames of files that people wrote, innermost first.
func authored(trace []jsonnet.TraceFrame) []diagnostic.Frame {
	var frames []diagnostic.Frame
	for i := len(trace) - 1; i >= 0; i-- {
		position := positionOf(trace[i].Loc)
		if position.Line == 0 || strings.HasPrefix(position.File, "<") {
			continue
		}
		frames = append(frames, diagnostic.Frame{Position: position, Name: trace[i].Name})
	}
	return frames
}

func positionOf(loc ast.LocationRange) diagnostic.Position {
	file := loc.FileName
	if loc.File != nil && loc.File.DiagnosticFileName != "" {
		file = string(loc.File.DiagnosticFileName)
	}
	at := diagnostic.Position{File: file, Line: loc.Begin.Line, Column: loc.Begin.Column}
	if loc.File != nil {
		at.Column = codePoint(loc.File.Lines, at)
	}
	return at
}

// codePoint turns the column of a position, which the evaluator counts in bytes, into one that
// counts code points.
func codePoint(lines []string, at diagnostic.Position) int {
	if at.Line < 1 || at.Line > len(lines) || at.Column < 1 {
		return at.Column
	}
	line := lines[at.Line-1]
	return utf8.RuneCountInString(line[:min(at.Column-1, len(line))]) + 1
}

// embeddedPosition is the place that a match of embedded names.
func (e *evaluator) embeddedPosition(match []string) diagnostic.Position {
	at := diagnostic.Position{File: match[1], Line: number(match[2], match[4]), Column: number(match[3], match[5])}
	content, _ := e.importer.content(at.File)
	at.Column = codePoint(strings.Split(content, "\n"), at)
	return at
}

// maxPeriod is the longest cycle of an endless recursion that is folded.
const maxPeriod = 6

// collapsed folds the repetitions of a recursion into one frame that counts them.
func collapsed(frames []diagnostic.Frame) []diagnostic.Frame {
	var folded []diagnostic.Frame
	for i := 0; i < len(frames); {
		period, repeats := repetition(frames[i:])
		folded = append(folded, frames[i:i+period]...)
		if skipped := period * (repeats - 1); skipped > 0 {
			folded = append(folded, diagnostic.Frame{Name: fmt.Sprintf("... %d more frames like these", skipped)})
		}
		i += period * repeats
	}
	return folded
}

// repetition returns the shortest cycle that frames begin with and how often it follows itself.
func repetition(frames []diagnostic.Frame) (period, repeats int) {
	for period := 1; period <= maxPeriod && 2*period <= len(frames); period++ {
		repeats := 1
		for (repeats+1)*period <= len(frames) && same(frames[:period], frames[repeats*period:(repeats+1)*period]) {
			repeats++
		}
		if repeats > 2 {
			return period, repeats
		}
	}
	return 1, 1
}

func same(a, b []diagnostic.Frame) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// shortened keeps the innermost and the outermost frames: where it happened and who asked.
func shortened(frames []diagnostic.Frame, limit int) []diagnostic.Frame {
	if len(frames) <= limit {
		return frames
	}
	inner := limit / 2
	outer := limit - inner
	skipped := len(frames) - inner - outer
	short := append([]diagnostic.Frame(nil), frames[:inner]...)
	short = append(short, diagnostic.Frame{Name: fmt.Sprintf("... %d frames left out; show them with --max-trace", skipped)})
	return append(short, frames[len(frames)-outer:]...)
}

// snippet returns the source line of a position and a caret below the column.
func (e *evaluator) snippet(at diagnostic.Position) string {
	content, ok := e.importer.content(at.File)
	if !ok {
		return ""
	}
	return diagnostic.SnippetAt(content, at)
}
