package check

import (
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/dashboard"
)

// subject is an environment with its documents sorted by what they are.
type subject struct {
	Environment
	dashboards  []board
	providers   []Document
	datasources []Document
	alerting    []Document
	prometheus  []Document
	// queries are all Prometheus expressions of the tree; passedOver counts those of other
	// data sources.
	queries    []*query
	passedOver int
	source     *source
}

// board is a dashboard document whose value is a classic dashboard model.
type board struct {
	Document
	dashboard.Dashboard
}

// folder returns the board's folder below grafana/dashboards, "" for the root.
func (b board) folder() string {
	dir := path.Dir(strings.TrimPrefix(string(b.Path), dashboardsDir+"/"))
	if dir == "." {
		return ""
	}
	return dir
}

const dashboardsDir = "grafana/dashboards"

func newSubject(environment Environment) *subject {
	s := &subject{Environment: environment}
	for _, document := range environment.Documents {
		object, isObject := document.Value.(map[string]any)
		switch document.Kind {
		case artifact.Dashboard:
			if isObject && foreignModel(object) == "" {
				s.dashboards = append(s.dashboards, board{document, dashboard.Dashboard{JSON: object}})
			}
		case artifact.Dashboards:
			s.providers = append(s.providers, document)
		case artifact.Datasources:
			s.datasources = append(s.datasources, document)
		case artifact.Alerting:
			s.alerting = append(s.alerting, document)
		case artifact.Prometheus:
			s.prometheus = append(s.prometheus, document)
		}
	}
	s.collectQueries()
	s.analyse()
	return s
}

// item is one object of a list in a document, with the place where it stands.
type item struct {
	document Document
	where    string
	json     map[string]any
}

// items returns the objects of a top-level list in all documents. Entries that are no
// objects are reported by findNoDocument.
func items(documents []Document, key string) []item {
	var all []item
	for _, document := range documents {
		top, _ := document.Value.(map[string]any)
		for i, object := range indexedObjects(top[key]) {
			all = append(all, item{document, place(key, i), object})
		}
	}
	return all
}

// within returns the objects of a list inside the item.
func (it item) within(key string) []item {
	var all []item
	for i, object := range indexedObjects(it.json[key]) {
		all = append(all, item{it.document, fmt.Sprintf("%s.%s[%d]", it.where, key, i), object})
	}
	return all
}

func (it item) text(key string) string {
	value, _ := it.json[key].(string)
	return value
}

// org returns the item's orgId; Grafana's default is 1.
func (it item) org() string {
	if id, ok := it.json["orgId"]; ok && id != nil {
		return fmt.Sprint(id)
	}
	return "1"
}

// fail is a failure at the item as a whole.
func (it item) fail(message, hint string) finding {
	return it.at("", message, hint)
}

// failAt is a failure at a key of the item. Keys may be paths: model.expression.
func (it item) failAt(key, message, hint string) finding {
	return it.at("."+key, message, hint).saying(it.textBelow(key))
}

func (it item) at(below, message, hint string) finding {
	f := failure(it.document, it.where+below, message, hint)
	for _, key := range []string{"title", "name", "uid", "refId", "job_name"} {
		f = f.alsoSaying(it.text(key))
	}
	return f
}

// textBelow returns the string at a path of keys in the item, or "".
func (it item) textBelow(path string) string {
	keys := strings.Split(path, ".")
	return textAt(objectAt(it.json, keys[:len(keys)-1]...), keys[len(keys)-1])
}

// objectsOf returns the objects of a list.
func objectsOf(value any) []map[string]any {
	var objects []map[string]any
	for _, object := range indexedObjects(value) {
		objects = append(objects, object)
	}
	return objects
}

// indexedObjects yields the objects of a list with their places in it.
func indexedObjects(value any) iter.Seq2[int, map[string]any] {
	list, _ := value.([]any)
	return func(yield func(int, map[string]any) bool) {
		for i, entry := range list {
			if object, ok := entry.(map[string]any); ok && !yield(i, object) {
				return
			}
		}
	}
}

func alertRules(s *subject) []item {
	var all []item
	for _, group := range items(s.alerting, "groups") {
		all = append(all, group.within("rules")...)
	}
	return all
}
