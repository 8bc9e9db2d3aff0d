package grafonnet

import (
	"encoding/json"
	"slices"
	"strings"
)

// Form is what a function does with its argument.
type Form int

// The forms of functions. Lists wrap an argument that is not an array.
const (
	SetValue    Form = iota // key: value
	MixValue                // key+: value
	SetList                 // key: [value...]
	MixList                 // key+: [value...]
	SetConstant             // key: a constant, no parameter
)

// Function is one public function: it returns an object in which Key, below Parents, is set.
type Function struct {
	Name    string
	Parents []string // every parent is additive
	Key     string
	Form    Form
	Default json.RawMessage // of the parameter; nil for none; the constant itself for SetConstant
}

// Namespace is a public object of functions and of further namespaces.
type Namespace struct {
	Name      string
	Functions []Function
	Children  []Namespace

	Alternative bool   // one member of a union: an author uses it instead of its neighbours
	Import      string // the file that holds the namespace, relative to this one
}

// Empty tells whether there is nothing to call in the namespace.
func (n Namespace) Empty() bool {
	return len(n.Functions) == 0 && len(n.Children) == 0 && n.Import == ""
}

// child returns the namespace called name, or an empty one.
func (n Namespace) child(name string) Namespace {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return Namespace{Name: name}
}

// with returns n with another namespace, unless that one is empty.
func (n Namespace) with(child Namespace) Namespace {
	if !child.Empty() {
		n.Children = append(slices.Clip(n.Children), child)
	}
	return n
}

// renamed returns n under another name.
func (n Namespace) renamed(name string) Namespace {
	n.Name = name
	return n
}

// without returns n without the functions and namespaces of those names.
func (n Namespace) without(names ...string) Namespace {
	if len(names) == 0 {
		return n
	}
	n.Functions = slices.DeleteFunc(slices.Clone(n.Functions), func(f Function) bool { return slices.Contains(names, f.Name) })
	n.Children = slices.DeleteFunc(slices.Clone(n.Children), func(c Namespace) bool { return slices.Contains(names, c.Name) })
	return n
}

// functionName turns a property's name into a function's: refresh_intervals, withRefreshIntervals.
func functionName(property string) string {
	var name strings.Builder
	name.WriteString("with")
	for _, word := range strings.FieldsFunc(property, func(r rune) bool { return r == '_' || r == '-' }) {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String()
}
