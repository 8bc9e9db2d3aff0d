package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
)

var datasourceReferenceRule = rule{
	id:   "grafana/datasource-reference",
	why:  "A panel whose data source does not exist shows an error instead of data.",
	find: findUnknownDatasources,
}

// findUnknownDatasources reports mentions of data sources that do not exist. Where the tree
// provisions none and the environment names none, any uid may be right and is let through.
func findUnknownDatasources(s *subject) []finding {
	known := map[string]bool{}
	for _, source := range items(s.datasources, "datasources") {
		known[source.text("uid")] = true
		known[source.text("name")] = true
	}
	for _, uid := range s.Grafana.ExternalDatasources {
		known[uid] = true
	}
	delete(known, "")
	var found []finding
	for _, b := range s.dashboards {
		variables := map[string]bool{}
		for _, v := range b.Variables() {
			variables[textAt(v, "name")] = true // of any type: its value is looked up as a name or uid
		}
		for _, mention := range b.Datasources() {
			if f, bad := s.badMention(b, mention, variables, known); bad {
				found = append(found, f)
			}
		}
	}
	return found
}

func (s *subject) badMention(b board, mention dashboard.DatasourceReference, variables, known map[string]bool) (finding, bool) {
	fail := func(message, hint string) finding {
		if mention.Panel == nil {
			return failure(b.Document, mention.Path, message, hint).saying(mention.Name)
		}
		key := strings.TrimPrefix(mention.Path, mention.Panel.Path+".")
		return onPanel(b, *mention.Panel, key, message, hint).saying(mention.Name)
	}
	if variable, ok := dashboard.VariableName(mention.Name); ok {
		if variables[variable] || inputReference.MatchString(mention.Name) {
			return finding{}, false // grafana/model reports each input of an export once
		}
		return fail(fmt.Sprintf("the data source %s names a variable that the dashboard does not have", mention.Name),
			didYouMean(variable, variables, "add one with g.dashboard.variable.datasource.new")), true
	}
	if known[mention.Name] || dashboard.BuiltIn(mention.Name) || len(known) == 0 {
		return finding{}, false
	}
	return fail(fmt.Sprintf("there is no data source %q", mention.Name),
		s.datasourceMeant(mention.Name, "provision it, or list it under grafana.externalDatasources of the environment")), true
}

// datasourceMeant suggests the uid of a data source for a name that means none: everything that
// names a data source takes a uid. Where no uid is near, a name may be. The remedy is for
// what is near to nothing.
func (s *subject) datasourceMeant(name, remedy string) string {
	uids, uidOf := map[string]bool{}, map[string]string{}
	for _, uid := range s.Grafana.ExternalDatasources {
		uids[uid] = true
	}
	for _, source := range items(s.datasources, "datasources") {
		uid := source.text("uid")
		uids[uid] = true
		uidOf[source.text("name")] = uid
	}
	delete(uids, "")
	delete(uidOf, "")
	if nearest, ok := diagnostic.Nearest(name, slices.Collect(maps.Keys(uids))); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	nearest, ok := diagnostic.Nearest(name, slices.Collect(maps.Keys(uidOf)))
	switch {
	case !ok:
		return remedy
	case uidOf[nearest] == "":
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return fmt.Sprintf("did you mean %q? Its uid is %q", nearest, uidOf[nearest])
}
