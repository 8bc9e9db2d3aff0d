package evaluate

import (
	"strings"
	"unicode/utf8"

	"github.com/google/go-jsonnet/ast"
	"github.com/google/go-jsonnet/toolutils"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Texts of findings about a file's bytes.
const (
	notTextMessage = "the file is not UTF-8 text"
	notTextHint    = "save it as UTF-8"
)

// byteOrderMark is what some editors write at the start of a file.
const byteOrderMark = "\ufeff"

// misencoded reports the program of a job, or a source that it imports, that is not UTF-8. The
// evaluator would write another character for each wrong byte. What importstr and importbin
// read is data and may be anything.
func (e *evaluator) misencoded(job Job, program ast.Node) (diagnostic.Diagnostic, bool) {
	if program == nil {
		return diagnostic.Diagnostic{}, false // it does not parse, which is explained
	}
	suspects := map[string]bool{}
	for name := range e.importer.job {
		if e.importer.files[name].notText {
			suspects[name] = true
		}
	}
	entry := e.importer.name(e.entryPath(job))
	name := entry
	if len(suspects) > 0 && !suspects[entry] {
		name = e.suspectImport(entry, program, suspects, map[string]bool{entry: true})
	}
	if !suspects[name] {
		return diagnostic.Diagnostic{}, false
	}
	d := failure(ruleSyntax, invalidPosition(name, e.importer.files[name].contents.String()), notTextMessage, notTextHint)
	if name != entry {
		d.Trace = []diagnostic.Frame{{Position: diagnostic.Position{File: entry}, Name: "the file being evaluated"}}
	}
	return d, true
}

// suspectImport returns the first suspect that is imported as a program below a node of a file,
// "" for none.
func (e *evaluator) suspectImport(file string, node ast.Node, suspects, seen map[string]bool) string {
	if n, ok := node.(*ast.Import); ok {
		program, foundAt, err := e.vm.ImportAST(file, n.File.Value)
		switch {
		case err != nil || seen[foundAt]:
			return ""
		case suspects[foundAt]:
			return foundAt
		}
		seen[foundAt] = true
		return e.suspectImport(foundAt, program, suspects, seen)
	}
	for _, child := range toolutils.Children(node) {
		if name := e.suspectImport(file, child, suspects, seen); name != "" {
			return name
		}
	}
	return ""
}

// invalidPosition is the place of a text's first byte that is not UTF-8.
func invalidPosition(file, text string) diagnostic.Position {
	at := diagnostic.Position{File: file, Line: 1, Column: 1}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return at
		case r == '\n':
			at.Line, at.Column = at.Line+1, 1
		default:
			at.Column++
		}
		i += size
	}
	return at
}

// encodingHint says what to do about a syntax error that may come from how an editor saved the
// file, "" where it does not.
func encodingHint(message, text string) string {
	switch {
	case strings.HasPrefix(message, "Could not lex the character") && strings.HasPrefix(text, byteOrderMark):
		return "save the file without a byte order mark"
	case !utf8.ValidString(text):
		return notTextMessage + "; " + notTextHint
	case strings.HasPrefix(message, "Text block") && strings.Contains(text, "\r\n"):
		return "the file has CRLF line ends, and an empty one ends a text block; save it with LF"
	}
	return ""
}
