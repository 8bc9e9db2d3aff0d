package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
)

// withoutQueries are the panels that show nothing but themselves.
var withoutQueries = []string{"text", "news", "welcome", "gettingstarted"}

// listing are the panels that list what belongs to others, too.
var listing = []string{"alertlist", "annolist", "dashlist"}

// panels scopes the panels, drops those that cannot be shown and closes the grid. It tells
// whether any is left that shows data.
func (s *scoping) panels() bool {
	gone := map[string]string{} // reasons by path
	all := s.view.Panels()
	byID := map[int]string{}
	for _, panel := range all {
		if id, ok := panel.ID(); ok {
			byID[id] = panel.Path
		}
		if panel.Type() == "row" {
			delete(panel.JSON, "targets") // which a row does not ask
			continue
		}
		problems := len(s.found)
		if reason := s.panel(panel); reason != "" {
			s.found = s.found[:problems]
			gone[panel.Path] = reason
		}
	}
	for again := true; again; { // panels that show the results of others
		again = false
		for _, panel := range all {
			for _, target := range panel.Targets() {
				if gone[panel.Path] != "" || s.kind(s.mention(panel, target)) != "dashboard" {
					continue
				}
				source, ok := byID[integer(target["panelId"])]
				if !ok || gone[source] != "" {
					gone[panel.Path], again = "it shows the results of a panel that is left out", true
				}
			}
		}
	}
	for _, panel := range all {
		if reason := gone[panel.Path]; reason != "" {
			id, _ := panel.ID()
			s.drop(panel.String(), id, reason)
		}
	}
	return s.keep(all, gone)
}

func (s *scoping) mention(panel dashboard.Panel, target map[string]any) dashboard.DatasourceMention {
	if own := dashboard.MentionOf(target["datasource"]); own != (dashboard.DatasourceMention{}) {
		return own
	}
	return dashboard.MentionOf(panel.JSON["datasource"])
}

func integer(value any) int {
	n, _ := dashboard.Panel{JSON: map[string]any{"id": value}}.ID()
	return n
}

// keep takes the dropped panels out, and the rows without panels.
func (s *scoping) keep(all []dashboard.Panel, gone map[string]string) bool {
	left, data := map[string]bool{}, false
	for _, panel := range all {
		if panel.Type() == "row" || gone[panel.Path] != "" {
			continue
		}
		left[panel.Path] = true
		data = data || !slices.Contains(withoutQueries, panel.Type())
	}
	top := listAt(s.board, "panels")
	keeps := map[int]bool{} // by index in top
	for i, item := range top {
		panel, _ := item.(map[string]any)
		path := fmt.Sprintf("panels[%d]", i)
		if textAt(panel, "type") != "row" {
			keeps[i] = left[path]
			continue
		}
		inside := listAt(panel, "panels")
		s.holder(panel, func(j int) bool { return left[fmt.Sprintf("%s.panels[%d]", path, j)] })
		keeps[i] = len(listAt(panel, "panels")) > 0
		for j := i + 1; j < len(top) && len(inside) == 0; j++ {
			next, _ := top[j].(map[string]any)
			if textAt(next, "type") == "row" {
				break
			}
			keeps[i] = keeps[i] || left[fmt.Sprintf("panels[%d]", j)]
		}
	}
	s.holder(s.board, func(i int) bool { return keeps[i] })
	for _, panel := range s.view.Panels() {
		if id, ok := panel.ID(); ok {
			s.kept[id] = true
		}
		if listAt(panel.JSON, "targets") == nil {
			delete(panel.JSON, "datasource") // which it does not ask, and may not be the customer's
		} else if panel.JSON["datasource"] != nil {
			s.pin(panel.JSON, dashboard.MentionOf(panel.JSON["datasource"]))
		}
	}
	return data
}

// holder keeps some of the panels that an object holds, and closes their grid.
func (s *scoping) holder(object map[string]any, keep func(int) bool) {
	panels, ok := object["panels"].([]any)
	if !ok {
		return
	}
	index := 0
	closeUp(panels, func(map[string]any) bool {
		for {
			if _, ok := panels[index].(map[string]any); ok {
				index++
				return keep(index - 1)
			}
			index++
		}
	})
	kept := make([]any, 0, len(panels))
	for i, panel := range panels {
		if keep(i) {
			kept = append(kept, panel)
		}
	}
	object["panels"] = kept
}

// panel scopes one panel, or says why it cannot be shown.
func (s *scoping) panel(panel dashboard.Panel) (reason string) {
	targets, isList := panel.JSON["targets"].([]any)
	switch {
	case slices.Contains(listing, panel.Type()):
		return fmt.Sprintf("a panel of the type %s lists what belongs to others, too", panel.Type())
	case panel.JSON["libraryPanel"] != nil:
		return "it is a library panel: what it asks is kept in Grafana's database"
	case panel.JSON["snapshotData"] != nil:
		return "it holds data"
	case len(targets) == 0 && (isList || panel.JSON["targets"] == nil):
		if slices.Contains(withoutQueries, panel.Type()) {
			return ""
		}
		return "it has no query that could be scoped"
	case !isList:
		return "its queries are no list"
	}
	refers := false
	var kept []any
	for _, item := range targets {
		target, ok := item.(map[string]any)
		if !ok {
			return "one of its queries is no object"
		}
		switch kind := s.kind(s.mention(panel, target)); kind {
		case "__expr__", "dashboard":
			refers = true
			delete(target, "expr") // which such a query does not read
			kept = append(kept, target)
			continue
		}
		reason := s.target(panel, target)
		if reason == "" {
			kept = append(kept, target)
		} else if target["hide"] != true {
			return reason
		}
	}
	switch {
	case len(kept) == 0:
		return "none of its queries can be scoped"
	case len(kept) < len(targets) && refers:
		return "it calculates with a query that cannot be scoped"
	}
	panel.JSON["targets"] = kept
	return ""
}

// target scopes one query of a panel.
func (s *scoping) target(panel dashboard.Panel, target map[string]any) (reason string) {
	mention := s.mention(panel, target)
	kind := s.kind(mention)
	where := panel.String()
	if refID := textAt(target, "refId"); refID != "" {
		where += ", query " + refID
	}
	expr, isText := target["expr"].(string)
	switch {
	case kind != "" && !dashboard.SpeaksPromQL(kind):
		return fmt.Sprintf("it asks a data source of the type %s, not Prometheus", kind)
	case kind == "" && !isText:
		return "nothing says that it asks Prometheus"
	case !isText && target["expr"] != nil:
		return "one of its expressions is no text"
	case strings.TrimSpace(textAt(target, "query")) != "" && textAt(target, "query") != expr:
		return "one of its queries has two expressions"
	}
	delete(target, "query")
	s.pin(target, mention)
	return s.scopeText(target, "expr", where)
}

// pin writes the customer's data source in the place of a Prometheus one.
func (s *scoping) pin(object map[string]any, mention dashboard.DatasourceMention) {
	kind := s.kind(mention)
	if s.options.Datasource == "" || dashboard.BuiltIn(mention.Name) && mention.Name != "default" || kind != "" && !dashboard.SpeaksPromQL(kind) {
		return
	}
	object["datasource"] = map[string]any{"type": cmp.Or(kind, "prometheus"), "uid": s.datasource()}
}
