package diff

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// schema is what is known of one kind of document: which arrays hold named things, and how
// people call its fields. What a schema does not know is compared by its path.
type schema struct {
	collections map[string]collection
	// pool is the collection whose things may stand in any of several arrays.
	pool pool
	// names maps a place to what it is called there.
	names map[string]wording
	// grid is set where gridPos is the place of a panel.
	grid bool
}

type pool struct {
	collection
	arrays  []string // patterns of the arrays
	pattern string   // the pattern of a thing, wherever it stands
	find    func(*walker, any) []pooled
}

// collection is an array of things that have names.
type collection struct {
	// name is what a thing is called; who replaces the customer in a text.
	name func(who func(string) string, item map[string]any) string
	// keys find the same thing in another version, the surest first. An empty key finds nothing.
	keys []func(any) string
}

// wording is the name of a field, and how a change of it is told.
type wording struct {
	name string
	told style
}

func (s schema) pools(pattern string) bool { return slices.Contains(s.pool.arrays, pattern) }

// collection returns what is known of an array. Of an array that no table knows, the things are
// told apart by a key that each has, once.
func (s schema) collection(pattern string, old, new []any) (collection, bool) {
	if c, ok := s.collections[pattern]; ok {
		return c, true
	}
	if len(old) == 0 || len(new) == 0 {
		return collection{}, false
	}
	for _, key := range []string{"uid", "refId", "name", "id", "key", "job_name"} {
		if identifies(key, old) && identifies(key, new) {
			return collection{name: named("item", key), keys: by(key)}, true
		}
	}
	return collection{}, false
}

func identifies(key string, list []any) bool {
	seen := map[string]bool{}
	for _, item := range list {
		k := field(key)(item)
		if k == "" || seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}

// words returns what a place is called, and how its change is told.
func (s schema) words(at place) (string, style) {
	if w, ok := s.names[at.pattern]; ok {
		return w.name, w.told
	}
	way := at.way()
	for _, prefix := range []string{"fieldConfig.defaults.", "fieldConfig."} {
		if short, ok := strings.CutPrefix(way, prefix); ok && s.grid {
			return short, plain
		}
	}
	return way, plain
}

// field is the key of things told apart by one of their fields.
func field(name string) func(any) string { return fields(name) }

// fields is the key of things told apart by several fields together; all must be there.
func fields(names ...string) func(any) string {
	return func(item any) string {
		object, ok := item.(map[string]any)
		if !ok {
			return ""
		}
		key := ""
		for _, name := range names {
			value, ok := object[name]
			if text, isText := value.(string); !ok || isText && text == "" {
				return ""
			}
			key += compact(value) + "\x00"
		}
		return key
	}
}

// same is the key of things that are equal in every field.
func same(item any) string { return compact(item) }

// any key that by returns, and equality for what lacks it.
func by(keys ...string) []func(any) string {
	all := []func(any) string{}
	for _, key := range keys {
		all = append(all, field(key))
	}
	return append(all, same)
}

// named calls a thing by the first field that it has: `variable "customer"`.
func named(kind string, keys ...string) func(func(string) string, map[string]any) string {
	return func(who func(string) string, item map[string]any) string {
		for _, key := range keys {
			switch value := item[key].(type) {
			case string:
				if value != "" {
					return kind + " " + quoted(who(value))
				}
			case json.Number:
				return kind + " " + inline(value)
			}
		}
		return "unnamed " + kind
	}
}

func panelName(who func(string) string, panel map[string]any) string {
	kind := "panel"
	if panel["type"] == "row" {
		kind = "row"
	}
	if text, _ := panel["title"].(string); text != "" {
		return kind + " " + quoted(who(text))
	}
	if id, ok := panel["id"].(json.Number); ok {
		return "untitled " + kind + " " + inline(id)
	}
	return "untitled " + kind
}

func rowName(who func(string) string, row map[string]any) string {
	return named("row", "title")(who, row)
}

func groupName(who func(string) string, group map[string]any) string {
	return named("group", "name")(who, group)
}

func ruleName(who func(string) string, rule map[string]any) string {
	switch {
	case rule["record"] != nil:
		return named("recording rule", "record")(who, rule)
	case rule["alert"] != nil:
		return named("alert rule", "alert")(who, rule)
	}
	return named("alert rule", "title", "uid")(who, rule)
}

func queryName(who func(string) string, target map[string]any) string {
	if ref, _ := target["refId"].(string); ref != "" {
		return "query " + bare(ref)
	}
	return "unnamed query"
}

func overrideName(who func(string) string, override map[string]any) string {
	matcher, _ := override["matcher"].(map[string]any)
	id, _ := matcher["id"].(string)
	return joined("override", bare(id), inline(matcher["options"]))
}

func propertyName(who func(string) string, property map[string]any) string {
	id, _ := property["id"].(string)
	return bare(id)
}

// kindOfPanel finds panels that have neither title nor id.
func kindOfPanel(item any) string {
	if field("title")(item) != "" || field("id")(item) != "" {
		return ""
	}
	return "type " + field("type")(item)
}

var link = collection{name: named("link", "title", "url"), keys: by("title", "url")}

// schemas are the documents that Grafana and Prometheus read. Field names are those of Grafana's dashboard
// model, https://grafana.com/docs/grafana/latest/administration/provisioning/ and
// https://prometheus.io/docs/prometheus/latest/configuration/.
var schemas = map[artifact.Kind]schema{
	artifact.Dashboard: {
		grid: true,
		pool: pool{
			collection: collection{name: panelName, keys: []func(any) string{fields("id", "title"), field("title"), field("id"), kindOfPanel}},
			arrays:     []string{"panels", "panels[].panels", "rows[].panels"},
			pattern:    "panels[]",
			find:       findPanels,
		},
		collections: map[string]collection{
			"rows":                                {name: rowName, keys: by("title")},
			"templating.list":                     {name: named("variable", "name"), keys: by("name")},
			"annotations.list":                    {name: named("annotation", "name"), keys: by("name")},
			"links":                               link,
			"panels[].links":                      link,
			"panels[].fieldConfig.defaults.links": link,
			"panels[].targets":                    {name: queryName, keys: by("refId")},
			"panels[].fieldConfig.overrides":      {name: overrideName, keys: by("matcher")},
			"panels[].fieldConfig.overrides[].properties": {name: propertyName, keys: by("id")},
		},
		names: map[string]wording{
			"title":                                                  {"title", plain},
			"description":                                            {"description", prose},
			"panels[].title":                                         {"", title},
			"panels[].description":                                   {"description", prose},
			"panels[].options.content":                               {"text", prose},
			"panels[].targets[].expr":                                {":", query},
			"panels[].targets[].query":                               {":", query},
			"annotations.list[].expr":                                {"query:", query},
			"annotations.list[].target.expr":                         {"query:", query},
			"templating.list[].query":                                {"query:", query},
			"templating.list[].query.query":                          {"query:", query},
			"templating.list[].definition":                           {"definition:", query},
			"panels[].fieldConfig.defaults.thresholds.steps[]":       {"threshold", plain},
			"panels[].fieldConfig.defaults.thresholds.steps[].value": {"threshold", plain},
			"panels[].fieldConfig.defaults.thresholds.steps[].color": {"threshold color", plain},
			"panels[].fieldConfig.defaults.thresholds.mode":          {"threshold mode", plain},
			"panels[].fieldConfig.defaults.noValue":                  {"text without a value", plain},
		},
	},
	artifact.Alerting: {
		pool: pool{
			collection: collection{name: ruleName, keys: by("uid", "title")},
			arrays:     []string{"groups[].rules"},
			pattern:    "groups[].rules[]",
			find:       findRules,
		},
		collections: map[string]collection{
			"groups":                    {name: groupName, keys: []func(any) string{fields("folder", "name"), field("name"), same}},
			"groups[].rules[].data":     {name: queryName, keys: by("refId")},
			"contactPoints":             {name: named("contact point", "name"), keys: by("name")},
			"contactPoints[].receivers": {name: named("receiver", "uid", "type"), keys: by("uid", "type")},
			"policies":                  {name: named("policy", "receiver"), keys: by("orgId", "receiver")},
			"muteTimes":                 {name: named("mute timing", "name"), keys: by("name")},
			"templates":                 {name: named("template", "name"), keys: by("name")},
			"deleteRules":               {name: named("deleted rule", "uid"), keys: by("uid")},
			"deleteContactPoints":       {name: named("deleted contact point", "uid"), keys: by("uid")},
		},
		names: map[string]wording{
			"groups[].rules[].title":                                        {"", title},
			"groups[].rules[].data[].model.expr":                            {":", query},
			"groups[].rules[].data[].model.conditions[].evaluator.params[]": {"threshold", plain},
			"groups[].rules[].data[].model.conditions[].evaluator.type":     {"comparison", plain},
			"templates[].template":                                          {"text", prose},
		},
	},
	artifact.Datasources: {
		collections: map[string]collection{
			"datasources":       {name: named("data source", "name", "uid"), keys: by("uid", "name")},
			"deleteDatasources": {name: named("deleted data source", "name"), keys: by("name")},
		},
	},
	artifact.Dashboards: {
		collections: map[string]collection{"providers": {name: named("provider", "name"), keys: by("name")}},
	},
	artifact.Plugins: {
		collections: map[string]collection{"apps": {name: named("app", "type"), keys: by("type")}},
	},
	artifact.Prometheus: {
		pool: pool{
			collection: collection{name: ruleName, keys: []func(any) string{
				fields("record", "labels"), fields("alert", "labels"), field("record"), field("alert"), same,
			}},
			arrays:  []string{"groups[].rules"},
			pattern: "groups[].rules[]",
			find:    findRules,
		},
		collections: map[string]collection{
			"groups":         {name: groupName, keys: by("name")},
			"scrape_configs": {name: named("scrape config", "job_name"), keys: by("job_name")},
			"remote_write":   {name: named("remote write", "name", "url"), keys: by("name", "url")},
			"remote_read":    {name: named("remote read", "name", "url"), keys: by("name", "url")},
		},
		names: map[string]wording{
			"groups[].rules[].expr": {"expression:", query},
		},
	},
}
