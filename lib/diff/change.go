// Package diff turns two versions of a rendered document, or of whole trees, into changes that
// a person understands: a threshold of a panel, a query, a renamed variable. The same change in many
// files, environments and customers is one group. Nothing is left out: what it knows no words for
// is reported by its path. It never touches a disk and never decides what a change is worth.
package diff

import (
	"encoding/json"
	"strings"
)

// Op says in which way something differs.
type Op string

// The ways to differ.
const (
	Added   Op = "added"
	Removed Op = "removed"
	Changed Op = "changed"
	// Unowned is a file in the old tree that no build wrote, so that a build leaves it there.
	Unowned Op = "unowned"
)

// Change is one difference between two versions of a document.
type Change struct {
	Op Op
	// Subject is the thing of the document that has changed, for example `panel "Requests"`; empty
	// for the document itself.
	Subject string
	// Name says what of the subject has changed, for example "threshold"; empty for the subject itself.
	Name string
	// Path is the place as a JSON pointer (RFC 6901) into the new document, or into the old one
	// for what has been removed.
	Path string
	// Old and New are decoded values. Old of something added and New of something removed are nil.
	Old, New any

	style    style
	customer string // slug of the customer to whom a part of a shared file belongs
}

// style says in which words a change is told.
type style int

const (
	plain      style = iota
	query            // an expression
	prose            // a text for people, which is told as a block
	title            // a new name
	position         // a panel's place on the grid
	size             // a panel's size on the grid
	holder           // the row or group that something stands in
	order            // only the order differs
	thing            // a panel, query or rule as a whole
	formatting       // the bytes of a file differ and its values do not
	content          // a file that is no document
	file             // a file as a whole
)

// words is what a change says in one line, and whether the values are too long for it and
// stand in a block below.
func (c Change) words() (line string, block bool) {
	name := c.Name
	switch c.style {
	case formatting:
		return "only its formatting differs: blanks, comments or the order of keys", false
	case file:
		return c.fileWords(), false
	case title:
		return strings.TrimSpace(name + " renamed " + quoted(c.Old) + " -> " + quoted(c.New)), false
	case position:
		return "moved " + plainWords(c.Old) + " -> " + plainWords(c.New), false
	case size:
		return "resized " + plainWords(c.Old) + " -> " + plainWords(c.New), false
	case holder:
		return "moved from " + plainWords(c.Old) + " to " + plainWords(c.New), false
	case order:
		old, new := list(c.Old), list(c.New)
		if len(old)+len(new) > 4*maxInline {
			return c.Name + " changed", true
		}
		return c.Name + ": " + old + " -> " + new, false
	case thing:
		value := c.New
		if c.Op == Removed {
			value = c.Old
		}
		return joined(name, string(c.Op)) + summary(value), false
	}
	if c.Op == Changed {
		old, short := c.short(c.Old)
		new, alsoShort := c.short(c.New)
		if c.style != prose && short && alsoShort {
			return joined(name, old+" -> "+new), false
		}
		return joined(strings.TrimSuffix(name, ":"), "changed"), true
	}
	value := c.New
	if c.Op == Removed {
		value = c.Old
	}
	text, short := c.short(value)
	if !short {
		return joined(strings.TrimSuffix(name, ":"), string(c.Op)), true
	}
	return joined(strings.TrimSuffix(name, ":"), string(c.Op)+": "+text), false
}

func (c Change) fileWords() string {
	switch c.Op {
	case Added:
		return joined("added", plainWords(c.New))
	case Removed:
		return joined("removed", plainWords(c.Old))
	}
	return "no build wrote this file, and a build leaves it there"
}

// plainWords returns a text that this package has put together itself.
func plainWords(value any) string {
	text, _ := value.(string)
	return text
}

func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, " ")
}

// maxInline is the longest value that stands inside a line, in characters.
const maxInline = 60

func (c Change) short(value any) (string, bool) {
	text := inline(value)
	if s, ok := value.(string); ok && c.style == query {
		text = ticked(s)
	}
	if s, ok := value.(string); ok && strings.Contains(s, "\n") {
		return text, false
	}
	return text, len([]rune(text)) <= maxInline
}

func list(value any) string {
	names, _ := value.([]any)
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = plainWords(name)
	}
	return strings.Join(all, ", ")
}

// summary describes a thing that came or went, by what a person would look at first.
func summary(value any) string {
	object, _ := value.(map[string]any)
	var parts []string
	for _, key := range []string{"expr", "query", "type", "alert", "url"} {
		text, ok := object[key].(string)
		if !ok || text == "" {
			continue
		}
		if key == "type" {
			parts = append(parts, bare(text))
		} else if shown := ticked(text); len([]rune(shown)) <= 2*maxInline && !strings.Contains(text, "\n") {
			parts = append(parts, shown)
		}
	}
	if targets, ok := object["targets"].([]any); ok {
		parts = append(parts, counted(len(targets), "query", "queries"))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// equal tells whether two decoded values are the same, with numbers as they are written.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !equal(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && a == b
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}
