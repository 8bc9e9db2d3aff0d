package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var unusedVariableRule = rule{
	id:   "grafana/unused-variable",
	why:  "A choice at the top of the dashboard that changes nothing misleads whoever uses it.",
	find: findUnusedVariables,
}

// reference finds every form of a variable's mention.
var reference = regexp.MustCompile(`\$(\w+)|\$\{(\w+)|\[\[(\w+)`)

// findUnusedVariables reports variables that nothing in the dashboard mentions. Ad hoc filters
// work without being mentioned, and a link can hand on all variables at once.
func findUnusedVariables(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		var unused []finding
		used := mentions(b)
		for i, object := range b.Variables() {
			name := textAt(object, "name")
			if used[name] || name == "" || textAt(object, "type") == "adhoc" || slices.Contains(s.Settings.RequiredVariables, name) {
				continue
			}
			f := failure(b.Document, fmt.Sprintf("variable %q", name), "no query, title or link uses the variable", "remove it, or use it as $"+name).warning()
			f.path = fmt.Sprintf("templating.list[%d]", i)
			unused = append(unused, f.saying(name))
		}
		if len(unused) > 0 && !handsOnAll(b) {
			found = append(found, unused...)
		}
	}
	return found
}

// mentions are the variables that a dashboard's texts refer to; a variable's own definition
// does not count for itself. The search ends when every variable is found.
func mentions(b board) map[string]bool {
	used := map[string]bool{}
	missing := map[string]bool{}
	for _, variable := range b.Variables() {
		missing[textAt(variable, "name")] = true
	}
	note := func(self string) func(string) {
		return func(text string) {
			if len(missing) == 0 || !strings.Contains(text, "$") && !strings.Contains(text, "[[") {
				return
			}
			for _, match := range reference.FindAllStringSubmatch(text, -1) {
				for _, name := range match[1:] {
					if name != "" && name != self {
						used[name] = true
						delete(missing, name)
					}
				}
			}
		}
	}
	for _, variable := range b.Variables() {
		eachString(variable, note(textAt(variable, "name")))
	}
	rest := map[string]any{}
	for key, value := range b.JSON {
		if key != "templating" {
			rest[key] = value
		}
	}
	eachString(rest, note(""))
	for _, panel := range b.Panels() {
		used[textAt(panel.JSON, "repeat")] = true
	}
	for _, row := range b.Rows() {
		used[textAt(row, "repeat")] = true
	}
	return used
}

// handsOnAll tells whether a link of the dashboard carries the values of all variables to
// where it leads.
func handsOnAll(b board) bool {
	all := slices.ContainsFunc(objectsOf(b.JSON["links"]), includesVariables)
	for _, panel := range b.Panels() {
		all = all || slices.ContainsFunc(objectsOf(panel.JSON["links"]), includesVariables)
	}
	walkStrings(b.JSON, "", func(_, text string) { all = all || strings.Contains(text, "__all_variables") })
	return all
}

func includesVariables(link map[string]any) bool { return link["includeVars"] == true }
