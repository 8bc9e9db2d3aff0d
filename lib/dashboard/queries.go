package dashboard

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"maps"
)

// Surface says where in a dashboard a query stands.
type Surface string

// The surfaces through which a dashboard asks a data source.
const (
	Target     Surface = "target"     // a panel's query
	Variable   Surface = "variable"   // the query of a template variable
	Annotation Surface = "annotation" // an annotation's query
	Link       Surface = "link"       // an expression inside a link to Explore
)

// Query is one query of a dashboard.
type Query struct {
	Surface Surface
	// Path is the JSON path of the text: panels[3].targets[0].expr.
	Path string
	// Panel is the panel that asks, or nil.
	Panel *Panel
	// Name is the target's refId, or the name of the variable or annotation.
	Name string
	// Text is the query as written.
	Text string
	// Object is the target, variable, annotation or link itself.
	Object Object
	// Datasource is what the query names, else what its panel names; empty for the default.
	Datasource DatasourceMention
}

// DatasourceMention is a data source as a query names it. Either part may be empty; Name is a
// uid, a name, or a variable such as ${ds}.
type DatasourceMention struct {
	Type, Name string
}

// String names the place as a person would look for it.
func (q Query) String() string {
	switch q.Surface {
	case Variable:
		return fmt.Sprintf("variable %q", q.Name)
	case Annotation:
		return fmt.Sprintf("annotation %q", q.Name)
	}
	place := "link"
	if q.Panel != nil {
		place = q.Panel.String()
		if q.Surface == Link {
			place += " link"
		}
	}
	if q.Surface == Target && q.Name != "" {
		place += ", query " + q.Name
	}
	return place
}

// Queries returns every query that the dashboard asks: those of all panels, inside rows and
// embedded library panels too, of variables, of annotations and of links to Explore. Queries
// of any data source are returned as long as they are text.
func (d Dashboard) Queries() []Query {
	var all []Query
	for _, panel := range d.Panels() {
		all = append(all, panel.queries()...)
	}
	for _, panel := range d.libraryElements() {
		all = append(all, panel.queries()...)
	}
	for i, variable := range objects(templatingList(d.JSON)) {
		all = append(all, variableQuery(variable, fmt.Sprintf("templating.list[%d]", i))...)
	}
	annotations, _ := d.JSON["annotations"].(Object)
	for i, annotation := range objects(annotations["list"]) {
		all = append(all, annotationQuery(annotation, fmt.Sprintf("annotations.list[%d]", i))...)
	}
	for i, link := range objects(d.JSON["links"]) {
		all = append(all, linkQueries(link, fmt.Sprintf("links[%d]", i), nil)...)
	}
	return all
}

func templatingList(object Object) any {
	templating, _ := object["templating"].(Object)
	return templating["list"]
}

// queries returns the queries of one panel.
func (p Panel) queries() []Query {
	var all []Query
	model, path := p.JSON, p.Path
	if library, ok := p.JSON["libraryPanel"].(Object); ok && model["targets"] == nil {
		if embedded, ok := library["model"].(Object); ok {
			model, path = embedded, p.Path+".libraryPanel.model"
		}
	}
	mention := MentionOf(model["datasource"])
	for i, target := range objects(model["targets"]) {
		q := Query{Surface: Target, Panel: &p, Name: text(target, "refId"), Object: target, Datasource: MentionOf(target["datasource"])}
		if q.Datasource == (DatasourceMention{}) {
			q.Datasource = mention
		}
		for _, key := range []string{"expr", "query"} {
			if expression, ok := target[key].(string); ok {
				q.Text, q.Path = expression, fmt.Sprintf("%s.targets[%d].%s", path, i, key)
				break
			}
		}
		if q.Path != "" {
			all = append(all, q)
		}
	}
	return append(all, panelLinks(model, path, &p)...)
}

// panelLinks returns the queries inside a panel's links and data links.
func panelLinks(model Object, path string, panel *Panel) []Query {
	var all []Query
	for i, link := range objects(model["links"]) {
		all = append(all, linkQueries(link, fmt.Sprintf("%s.links[%d]", path, i), panel)...)
	}
	config, _ := model["fieldConfig"].(Object)
	defaults, _ := config["defaults"].(Object)
	for i, link := range objects(defaults["links"]) {
		all = append(all, linkQueries(link, fmt.Sprintf("%s.fieldConfig.defaults.links[%d]", path, i), panel)...)
	}
	for i, override := range objects(config["overrides"]) {
		for j, property := range objects(override["properties"]) {
			if property["id"] != "links" {
				continue
			}
			for k, link := range objects(property["value"]) {
				at := fmt.Sprintf("%s.fieldConfig.overrides[%d].properties[%d].value[%d]", path, i, j, k)
				all = append(all, linkQueries(link, at, panel)...)
			}
		}
	}
	return all
}

// libraryElements returns the panels that an exported dashboard carries under __elements.
func (d Dashboard) libraryElements() []Panel {
	elements, _ := d.JSON["__elements"].(Object)
	var all []Panel
	for _, uid := range slices.Sorted(maps.Keys(elements)) {
		element, _ := elements[uid].(Object)
		if model, ok := element["model"].(Object); ok {
			all = append(all, Panel{JSON: model, Path: "__elements." + uid + ".model"})
		}
	}
	return all
}

// variableQuery returns the query of a query variable: a string, or an object that holds one.
func variableQuery(variable Object, path string) []Query {
	if text(variable, "type") != "query" {
		return nil
	}
	q := Query{Surface: Variable, Name: text(variable, "name"), Object: variable, Datasource: MentionOf(variable["datasource"])}
	switch value := variable["query"].(type) {
	case string:
		q.Text, q.Path = value, path+".query"
	case Object:
		q.Text, q.Path = text(value, "query"), path+".query.query"
	}
	if q.Text == "" {
		return nil
	}
	return []Query{q}
}

func annotationQuery(annotation Object, path string) []Query {
	q := Query{Surface: Annotation, Name: text(annotation, "name"), Object: annotation, Datasource: MentionOf(annotation["datasource"])}
	if expression, ok := annotation["expr"].(string); ok {
		q.Text, q.Path = expression, path+".expr"
	} else if target, ok := annotation["target"].(Object); ok {
		q.Text, q.Path = text(target, "expr"), path+".target.expr"
	}
	if q.Text == "" {
		return nil
	}
	return []Query{q}
}

// linkQueries returns the expressions that a link hands to Explore in its `left` or `panes`
// parameter.
func linkQueries(link Object, path string, panel *Panel) []Query {
	address := text(link, "url")
	_, parameters, found := strings.Cut(address, "?")
	if !found || !strings.Contains(address, "explore") {
		return nil
	}
	values, err := url.ParseQuery(parameters)
	if err != nil {
		return nil
	}
	var all []Query
	for _, key := range []string{"left", "right", "panes"} {
		for _, state := range values[key] {
			var value any
			if json.Unmarshal([]byte(state), &value) != nil {
				continue
			}
			eachExpression(value, func(expression string) {
				all = append(all, Query{Surface: Link, Path: path + ".url", Panel: panel, Name: text(link, "title"), Text: expression, Object: link})
			})
		}
	}
	return all
}

func eachExpression(value any, visit func(string)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			eachExpression(item, visit)
		}
	case Object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if expression, ok := v[key].(string); ok && key == "expr" {
				visit(expression)
				continue
			}
			eachExpression(v[key], visit)
		}
	}
}

// MentionOf reads what stands under the key datasource: a name, or an object of type and uid.
func MentionOf(value any) DatasourceMention {
	switch v := value.(type) {
	case string:
		return DatasourceMention{Name: v}
	case Object:
		return DatasourceMention{Type: text(v, "type"), Name: text(v, "uid")}
	}
	return DatasourceMention{}
}

// DatasourceType returns the plugin that a mention means, "" where nothing tells. byName gives
// the type of a data source by its uid or name; the empty name asks for the default one.
func (d Dashboard) DatasourceType(mention DatasourceMention, byName func(string) string) string {
	if variable, ok := VariableName(mention.Name); ok {
		for _, v := range d.Variables() {
			if text(v, "name") == variable && text(v, "type") == "datasource" {
				return text(v, "query")
			}
		}
		for input := range values(d.JSON["__inputs"]) {
			if text(input, "name") == variable && text(input, "type") == "datasource" {
				return text(input, "pluginId")
			}
		}
	}
	switch mention.Name {
	case "-- Mixed --", "default":
		mention.Name = ""
	case "-- Grafana --", "grafana":
		return "grafana"
	case "-- Dashboard --":
		return "dashboard"
	case "__expr__":
		return "__expr__"
	}
	if mention.Type != "" && mention.Type != "datasource" {
		return mention.Type
	}
	return byName(mention.Name)
}
