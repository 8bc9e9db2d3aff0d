// Package rules carries the pages about the rules of `dashc check` inside the program, so that
// they can be read where there is no network. A page is named as its rule: promql/syntax.md.
package rules

import "embed"

// Pages are the pages, one for each rule.
//
//go:embed */*.md
var Pages embed.FS

// Page returns the page of a rule, and whether there is one.
func Page(id string) (string, bool) {
	page, err := Pages.ReadFile(id + ".md")
	return string(page), err == nil
}
