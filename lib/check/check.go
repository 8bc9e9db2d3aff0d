// Package check holds the rules that a compiled environment must keep: each rule is one
// file, looks at the final documents and returns findings. It never changes a document and
// never reads a disk or a network.
package check

import (
	"fmt"
	"path"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// Document is one compiled artifact before it is encoded.
type Document struct {
	Path   artifact.Path
	Kind   artifact.Kind
	Source string
	// Value is decoded JSON with numbers as json.Number.
	Value any
	// Size is the length of the artifact's final bytes.
	Size int
}

// Environment is everything that one environment's Grafana and Prometheus will read.
type Environment struct {
	Name      string
	Grafana   project.Grafana
	Documents []Document
}

// rule is one rule: a stable identifier and the function that finds its violations.
type rule struct {
	id   string
	find func(*subject) []finding
}

// rules are run in this order; a report sorts the findings anyway.
var rules = []rule{
	{"grafana/document", findNoDocument},
	{"grafana/model", findBadModels},
	{"grafana/uid", findBadUIDs},
	{"grafana/title", findBadTitles},
	{"grafana/folder", findFolders},
	{"grafana/size", findTooLarge},
	{"grafana/panel-id", findBadPanelIDs},
	{"grafana/grid", findOutOfGrid},
	{"grafana/refresh", findFastRefresh},
	{"grafana/datasource-reference", findUnknownDatasources},
	{"grafana/provider", findBadProviders},
	{"grafana/datasource", findBadDatasources},
	{"grafana/alert-rule", findBadAlertRules},
	{"grafana/contact-point", findBadContactPoints},
	{"grafana/notification-policy", findBadPolicies},
	{"grafana/mute-timing", findBadMuteTimings},
}

// Run returns every finding of every rule in an environment.
func Run(environment Environment) []diagnostic.Diagnostic {
	s := newSubject(environment)
	var list []diagnostic.Diagnostic
	for _, rule := range rules {
		for _, f := range rule.find(s) {
			list = append(list, diagnostic.Diagnostic{
				Rule:         rule.id,
				Severity:     f.severity,
				Position:     diagnostic.Position{File: f.document.Source},
				Where:        f.where,
				Message:      f.message,
				Hint:         f.hint,
				Environments: []string{environment.Name},
			})
		}
	}
	for _, document := range environment.Documents {
		for _, d := range artifact.CheckSecrets(document.Kind, document.Value) {
			d.Position = diagnostic.Position{File: document.Source}
			d.Environments = []string{environment.Name}
			list = append(list, d)
		}
	}
	return list
}

// finding is one violation of the rule that returned it.
type finding struct {
	document Document
	severity diagnostic.Severity
	where    string
	message  string
	hint     string
}

// failure is a finding that stops the build.
func failure(document Document, where, message, hint string) finding {
	return finding{document: document, severity: diagnostic.Error, where: where, message: message, hint: hint}
}

// subject is an environment with its documents sorted by what they are.
type subject struct {
	Environment
	dashboards  []board
	providers   []Document
	datasources []Document
	alerting    []Document
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
		}
	}
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
		for i, object := range objectsOf(top[key]) {
			all = append(all, item{document, fmt.Sprintf("%s[%d]", key, i), object})
		}
	}
	return all
}

// within returns the objects of a list inside the item.
func (it item) within(key string) []item {
	var all []item
	for i, object := range objectsOf(it.json[key]) {
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

func (it item) fail(message, hint string) finding {
	return failure(it.document, it.where, message, hint)
}

func (it item) failAt(key, message, hint string) finding {
	return failure(it.document, it.where+"."+key, message, hint)
}

func objectsOf(value any) []map[string]any {
	list, _ := value.([]any)
	var objects []map[string]any
	for _, entry := range list {
		if object, ok := entry.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}
