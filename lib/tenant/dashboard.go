package tenant

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/promql"
)

// Scope returns one customer's variant of a dashboard, the long way; nil when nothing is left
// of it. The dashboard is decoded JSON and is not changed. The error is a *diagnostic.ListError.
func Scope(board map[string]any, c Identity, o Options) (map[string]any, Report, error) {
	s := newScoping(board, spelled{RuleIdentity{Identity: c}}, o)
	scoped, err := s.scope()
	return scoped, s.report, err
}

// scoping is the scoping of one dashboard.
type scoping struct {
	speller
	*known
	options Options
	board   map[string]any
	view    dashboard.Dashboard
	around  surroundings
	uid     string
	title   string
	// tenant are the variables that choose customers, pinned those that choose a data source
	// where the customer has one of its own. The view has neither.
	tenant, pinned map[string]bool
	report         Report
	found          []diagnostic.Diagnostic
	// kept are the ids of the panels that are left.
	kept map[int]bool
}

func newScoping(board map[string]any, words speller, o Options) *scoping {
	copied, _ := deepCopy(board).(map[string]any)
	return &scoping{
		speller: words, known: newKnown(o), options: o, board: copied, view: dashboard.Dashboard{JSON: copied},
		uid: textAt(board, "uid"), title: textAt(board, "title"),
		tenant: map[string]bool{}, pinned: map[string]bool{}, kept: map[int]bool{},
	}
}

func deepCopy(value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, item := range v {
			object[key] = deepCopy(item)
		}
		return object
	case []any:
		array := make([]any, len(v))
		for i, item := range v {
			array[i] = deepCopy(item)
		}
		return array
	}
	return value
}

func textAt(object map[string]any, key string) string {
	text, _ := object[key].(string)
	return text
}

func objectAt(object map[string]any, key string) map[string]any {
	inner, _ := object[key].(map[string]any)
	return inner
}

func listAt(object map[string]any, key string) []any {
	list, _ := object[key].([]any)
	return list
}

func objectsAt(object map[string]any, key string) []map[string]any {
	var all []map[string]any
	for _, item := range listAt(object, key) {
		if inner, ok := item.(map[string]any); ok {
			all = append(all, inner)
		}
	}
	return all
}

// fail notes a problem of the dashboard itself.
func (s *scoping) fail(where, message, hint string) {
	s.found = append(s.found, (&problem{message: message, hint: hint}).on(s.title, where, ""))
}

func (s *scoping) drop(where string, id int, reason string) {
	s.report.Dropped = append(s.report.Dropped, Dropped{where, id, reason})
}

func (s *scoping) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.report.Notes, text) {
		s.report.Notes = append(s.report.Notes, text)
	}
}

func (s *scoping) datasource() string {
	return strings.ReplaceAll(s.options.Datasource, "{slug}", s.word(hole{form: slugForm}))
}

// kind returns the type of a data source, "" where nothing tells.
func (s *scoping) kind(mention dashboard.DatasourceMention) string {
	return s.view.DatasourceType(mention, func(name string) string {
		if s.options.DatasourceType == nil {
			return ""
		}
		return s.options.DatasourceType(name)
	})
}

func (s *scoping) scope() (map[string]any, error) {
	s.shape()
	if len(s.found) > 0 {
		return nil, diagnostic.AsError(s.found...)
	}
	s.around = surroundings{variables: s.view.PromQLVariables(), preset: presets(s.view)}
	s.chooseVariables()
	if !s.panels() {
		return nil, diagnostic.AsError(s.found...)
	}
	s.annotations()
	s.variables()
	s.leftovers()
	s.texts()
	s.identify()
	if len(s.found) > 0 {
		return nil, diagnostic.AsError(s.found...)
	}
	return s.board, nil
}

// shape refuses what is no dashboard of panels on a grid, and takes out what Grafana does not read.
func (s *scoping) shape() {
	_, hasPanels := s.board["panels"].([]any)
	switch {
	case s.uid == "":
		s.fail("", "the dashboard has no uid", "give it one")
	case s.board["spec"] != nil || s.board["elements"] != nil:
		s.fail("", "the dashboard is of the schema v2, which cannot be scoped yet", "export it in the classic schema")
	case s.view.Rows() != nil:
		s.fail("", "the dashboard is of the old layout of rows", "open it in Grafana and save it")
	case !hasPanels && s.board["panels"] != nil:
		s.fail("", "the panels of the dashboard are no list", "correct the dashboard")
	case s.board["snapshot"] != nil:
		s.fail("", "the dashboard is a snapshot: it holds data", "use the dashboard that it was taken of")
	}
	s.inlineLibraryPanels(s.board)
	for _, key := range []string{"rows", "__elements"} {
		delete(s.board, key)
	}
}

// inlineLibraryPanels puts the model of a library panel in its place: by its uid, Grafana would
// load whatever is in its database.
func (s *scoping) inlineLibraryPanels(holder map[string]any) {
	for _, panel := range objectsAt(holder, "panels") {
		if reference := objectAt(panel, "libraryPanel"); reference != nil {
			model := objectAt(reference, "model")
			if model == nil {
				model = objectAt(objectAt(objectAt(s.board, "__elements"), textAt(reference, "uid")), "model")
			}
			if model != nil {
				delete(panel, "libraryPanel")
				for key, value := range model {
					if key != "id" && key != "gridPos" && key != "libraryPanel" && (panel[key] == nil || key != "title") {
						panel[key] = deepCopy(value)
					}
				}
			}
		}
		s.inlineLibraryPanels(panel)
	}
}

// presets are the values that a dashboard's variables come with, by name.
func presets(view dashboard.Dashboard) map[string][]string {
	all := map[string][]string{}
	for _, variable := range view.Variables() {
		var values []string
		for _, holder := range append(objectsAt(variable, "options"), objectAt(variable, "current")) {
			switch value := holder["value"].(type) {
			case string:
				values = append(values, value)
			case []any:
				for _, item := range value {
					if text, ok := item.(string); ok {
						values = append(values, text)
					}
				}
			}
		}
		if textAt(variable, "type") == "textbox" {
			values = append(values, textAt(variable, "query"))
		}
		all[textAt(variable, "name")] = values
	}
	return all
}

// chooseVariables finds the variables that choose customers: those whose values are the tenant
// label's, and those that stand only in matchers on it.
func (s *scoping) chooseVariables() {
	inMatchers, elsewhere := map[string]bool{}, map[string]bool{}
	for _, q := range s.view.Queries() {
		expression := q.Text
		if q.Surface == dashboard.Variable {
			form, err := promql.ParseVariableQuery(q.Text)
			if err == nil && form.Kind == promql.LabelValues && form.Label == s.label {
				s.tenant[q.Name] = true
			}
		}
		for _, m := range promql.Scan(expression).Macros {
			if m.Label == s.label {
				inMatchers[m.Name] = true
			} else {
				elsewhere[m.Name] = true
			}
		}
	}
	for _, variable := range s.view.Variables() {
		name := textAt(variable, "name")
		switch textAt(variable, "type") {
		case "query", "custom", "textbox", "constant":
			s.tenant[name] = s.tenant[name] || inMatchers[name] && !elsewhere[name]
		case "datasource":
			s.pinned[name] = s.options.Datasource != "" && dashboard.SpeaksPromQL(textAt(variable, "query"))
		}
	}
	for name := range s.tenant {
		if s.tenant[name] {
			s.around.variables[name] = promql.Variable{Name: name, Multi: true, IncludeAll: true}
			delete(s.around.preset, name)
		}
	}
}

// query reads one query. Lacking says why nobody may see what it shows; problems are kept.
func (s *scoping) query(text, where string) (edits []edit, lacking string) {
	r, p := s.read(text, s.around)
	if p == nil && len(r.lacking) == 0 {
		p = s.chosen(text, r.edits)
	}
	if p != nil {
		s.found = append(s.found, p.on(s.title, where, text))
		return nil, ""
	}
	if len(r.lacking) > 0 {
		return nil, strings.Join(r.lacking, "; ")
	}
	for _, note := range r.notes {
		s.note("%s: %s", where, note)
	}
	if _, p := s.known.scope(text, r, s.around, s.word(hole{form: matcherForm})); p != nil {
		s.found = append(s.found, p.on(s.title, where, text))
		return nil, ""
	}
	return r.edits, ""
}

// chosen refuses a variable that chooses customers in a place where it does not go with a matcher.
func (s *scoping) chosen(text string, edits []edit) *problem {
	for _, m := range promql.Scan(text).Macros {
		if s.tenant[m.Name] && !slices.ContainsFunc(edits, func(e edit) bool { return e.start <= m.Start && m.End <= e.end }) {
			return &problem{m.Start, m.End, fmt.Sprintf("the variable %q chooses customers, and stands outside of the matchers on %s", m.Name, s.label), "take it out, or use another variable"}
		}
	}
	return nil
}

// scopeText scopes the expression under a key of an object.
func (s *scoping) scopeText(object map[string]any, key, where string) (lacking string) {
	text := textAt(object, key)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	edits, lacking := s.query(text, where)
	if lacking == "" && len(edits) > 0 {
		scoped, _ := spliced(text, edits, s.word(hole{form: matcherForm})) // query has done the same
		object[key] = scoped
	}
	return lacking
}

// annotations scopes the annotation queries.
func (s *scoping) annotations() {
	list, ok := objectAt(s.board, "annotations")["list"].([]any)
	if !ok {
		return
	}
	kept := make([]any, 0, len(list))
	for _, item := range list {
		annotation, _ := item.(map[string]any)
		where := fmt.Sprintf("annotation %q", textAt(annotation, "name"))
		problems := len(s.found)
		if reason := s.annotation(annotation, where); reason != "" {
			s.found = s.found[:problems]
			s.drop(where, 0, reason)
			continue
		}
		kept = append(kept, annotation)
	}
	objectAt(s.board, "annotations")["list"] = kept
}

func (s *scoping) annotation(annotation map[string]any, where string) (reason string) {
	target := objectAt(annotation, "target")
	kind := s.kind(dashboard.MentionOf(annotation["datasource"]))
	own, inTarget := textAt(annotation, "expr"), textAt(target, "expr")
	switch {
	case kind == "grafana":
		if textAt(target, "type") == "tags" || textAt(annotation, "type") == "tags" {
			s.note("%s: shows the annotations of its tags, whoever they are about", where)
		}
		delete(annotation, "expr") // which Grafana's own annotations do not read
		delete(target, "expr")
		return ""
	case kind != "" && !dashboard.SpeaksPromQL(kind):
		return fmt.Sprintf("it asks a data source of the type %s, not Prometheus", kind)
	case strings.TrimSpace(own) == "" && strings.TrimSpace(inTarget) == "":
		return "it has no expression that could be scoped"
	}
	s.pin(annotation, dashboard.MentionOf(annotation["datasource"]))
	return cmp.Or(s.scopeText(annotation, "expr", where), s.scopeText(target, "expr", where))
}

func (s *scoping) tag() string { return "customer:" + s.word(hole{form: slugForm}) }

// identify gives the variant its uid, title and tags.
func (s *scoping) identify() {
	s.board["uid"] = s.word(hole{form: uidForm, base: s.uid})
	s.board["title"] = s.title + " - " + s.word(hole{form: nameForm})
	s.board["tags"] = append(slices.Clone(listAt(s.board, "tags")), s.tag())
	for _, link := range objectsAt(s.board, "links") {
		if textAt(link, "type") == "dashboards" {
			link["tags"] = append(slices.Clone(listAt(link, "tags")), s.tag())
		}
	}
}

// asked are the keys whose texts have been scoped as queries, or name a data source.
var asked = map[string]bool{"expr": true, "uid": true, "datasource": true}

// texts writes the customer where a variable that the view does not have is mentioned, and
// scopes the links. No text is looked at twice: a name may look like a variable.
func (s *scoping) texts() {
	for _, panel := range s.view.Panels() {
		if s.tenant[textAt(panel.JSON, "repeat")] {
			for _, key := range []string{"repeat", "repeatDirection", "maxPerRow"} {
				delete(panel.JSON, key)
			}
		}
		s.fields(panel.JSON, panel.String(), "panels")
	}
	s.fields(s.board, "dashboard", "panels", "uid", "title", "tags", "templating")
	for _, variable := range s.view.Variables() {
		for _, key := range []string{"label", "description"} {
			if text := textAt(variable, key); text != "" {
				variable[key] = s.mentioned(text, "")
			}
		}
	}
}

// fields goes through the fields of an object, but for some.
func (s *scoping) fields(object map[string]any, where string, except ...string) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if slices.Contains(except, key) || asked[key] {
			continue
		}
		if url, ok := object[key].(string); ok && key == "url" {
			scoped, reason := s.address(url, where)
			if reason != "" {
				s.fail(where, "the address cannot be kept: "+reason, "change or remove it: "+shortened(url, 200))
			}
			object[key] = scoped
			continue
		}
		object[key] = s.mentioned(object[key], where)
	}
}

func (s *scoping) mentioned(value any, where string) any {
	switch v := value.(type) {
	case map[string]any:
		s.fields(v, where)
	case []any:
		kept := make([]any, 0, len(v))
		for _, item := range v {
			if link, ok := item.(map[string]any); !ok || s.link(link, where) {
				kept = append(kept, s.mentioned(item, where))
			}
		}
		return kept
	case string:
		if strings.Contains(v, "explore?") {
			s.fail(where, "a text holds a link to Explore, which cannot be scoped: "+shortened(v, 200), "make it a link of the panel or the dashboard")
		}
		return replaced(v, s.mentions(v, nameForm))
	}
	return value
}

// link tells whether an object of a list can be kept, as far as its address goes.
func (s *scoping) link(link map[string]any, where string) bool {
	name := fmt.Sprintf("%s, link %q", where, textAt(link, "title"))
	if url := textAt(link, "url"); url != "" {
		problems := len(s.found)
		if _, reason := s.address(url, name); reason != "" {
			s.drop(name, 0, reason)
			return false
		}
		s.found = s.found[:problems] // fields finds them once more
	} else if textAt(link, "dashUri") != "" || textAt(link, "dashboard") != "" && textAt(link, "type") == "dashboard" {
		s.drop(name, 0, "it leads to a dashboard by its old name")
		return false
	}
	return true
}

// leftovers refuses expressions in places that nobody knows: plugins have their own.
func (s *scoping) leftovers() {
	for _, panel := range s.view.Panels() {
		for key, value := range panel.JSON {
			if key != "panels" && key != "targets" {
				s.leftover(value, panel.String())
			}
		}
		for _, target := range panel.Targets() {
			s.nested(target, panel.String())
		}
	}
	for _, annotation := range s.view.Annotations() {
		where := fmt.Sprintf("annotation %q", textAt(annotation, "name"))
		for key, value := range annotation {
			if inner, ok := value.(map[string]any); ok && key == "target" {
				s.nested(inner, where)
			} else if key != "expr" {
				s.leftover(value, where)
			}
		}
	}
	for key, value := range s.board {
		if key != "panels" && key != "annotations" {
			s.leftover(value, "dashboard")
		}
	}
}

// nested looks below the expression that a query has itself.
func (s *scoping) nested(query map[string]any, where string) {
	for key, value := range query {
		if key != "expr" {
			s.leftover(value, where)
		}
	}
}

func (s *scoping) leftover(value any, where string) {
	switch v := value.(type) {
	case map[string]any:
		if expr := textAt(v, "expr"); strings.TrimSpace(expr) != "" {
			s.fail(where, "an expression stands where no query of Grafana does: "+shortened(expr, 200), "take it out")
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			s.leftover(v[k], where)
		}
	case []any:
		for _, item := range v {
			s.leftover(item, where)
		}
	}
}
