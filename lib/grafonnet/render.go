package grafonnet

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-jsonnet/ast"
	"github.com/google/go-jsonnet/formatter"
)

// render prints a namespace as a Jsonnet object.
func render(n Namespace) string {
	var b strings.Builder
	b.WriteString("{\n")
	for _, f := range n.Functions {
		fmt.Fprintf(&b, "%s(%s): %s,\n", f.Name, parameters(f), body(f))
	}
	for _, child := range n.Children {
		fmt.Fprintf(&b, "%s: %s,\n", fieldName(child.Name), renderChild(child))
	}
	b.WriteString("}")
	return b.String()
}

func renderChild(n Namespace) string {
	if n.Import != "" {
		return fmt.Sprintf("import '%s'", n.Import)
	}
	return render(n)
}

func parameters(f Function) string {
	switch {
	case f.Form == SetConstant:
		return ""
	case f.Default == nil:
		return "value"
	default:
		return "value=" + string(f.Default)
	}
}

// body prints {parent+: {parent+: {key: value}}}.
func body(f Function) string {
	var b strings.Builder
	for _, parent := range f.Parents {
		fmt.Fprintf(&b, "{ %s+: ", fieldName(parent))
	}
	fmt.Fprintf(&b, "{ %s%s: %s }", fieldName(f.Key), plus(f.Form), value(f))
	b.WriteString(strings.Repeat(" }", len(f.Parents)))
	return b.String()
}

func plus(form Form) string {
	if form == MixValue || form == MixList {
		return "+"
	}
	return ""
}

func value(f Function) string {
	switch f.Form {
	case SetConstant:
		return string(f.Default)
	case SetList, MixList:
		return "if std.isArray(value) then value else [value]"
	default:
		return "value"
	}
}

var identifier = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// Jsonnet's reserved words, from the language specification, section Lexing.
var reserved = []string{
	"assert", "else", "error", "false", "for", "function", "if", "import", "importbin", "importstr",
	"in", "local", "null", "self", "super", "tailstrict", "then", "true",
}

// fieldName prints a key as Jsonnet wants it, with quotes where needed.
func fieldName(key string) string {
	if identifier.MatchString(key) && !slices.Contains(reserved, key) {
		return key
	}
	return fmt.Sprintf("%q", key)
}

// format is jsonnetfmt.
func format(path, source string) (string, error) {
	formatted, err := formatter.Format(path, source, formatter.DefaultOptions())
	if err != nil {
		return "", fmt.Errorf("%s: the generator wrote what is not Jsonnet: %w", path, err)
	}
	return formatted, nil
}

// fieldNames returns the names of the fields of an object, for the text of a file in library/.
func fieldNames(path, text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	node, _, err := formatter.SnippetToRawAST(path, text)
	if err != nil {
		return nil, fmt.Errorf("lib/grafonnet/library/%s: %w", path, err)
	}
	object, ok := node.(*ast.Object)
	if !ok {
		return nil, fmt.Errorf("lib/grafonnet/library/%s: must be an object, to be added to the generated one", path)
	}
	var names []string
	for _, field := range object.Fields {
		if field.Id != nil {
			names = append(names, string(*field.Id))
		}
	}
	return names, nil
}
