// Package check holds the rules that a compiled environment must keep: each rule is one
// file and one page under docs/rules, looks at the final documents and returns findings. It
// never changes a document and never reads a disk or a network.
package check

import (
	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// Document is one compiled artifact before it is encoded.
type Document struct {
	Path   artifact.Path
	Kind   artifact.Kind
	Source string
	// Value is decoded JSON with numbers as json.Number.
	Value any
	// Wrapped is set where Value has been taken out of {dashboard: ...}, the form of Grafana's HTTP API.
	Wrapped bool
	// Size is the length of the artifact's final bytes.
	Size int
}

// Environment is everything that one environment's Grafana and Prometheus will read.
type Environment struct {
	Name      string
	Grafana   project.Grafana
	Documents []Document
	// Catalogue holds the metrics that exist; nil or empty where nobody says, and then no rule
	// asks whether a metric does.
	Catalogue *metrics.Catalogue
	// Live is a running Prometheus; nil where none is asked.
	Live Live
	// Settings are the checks of dashc.yaml.
	Settings project.Checks
	// Switches are what TakeSwitches found in the documents.
	Switches []Switch
	// Partial is set where the documents are dashboards taken by themselves, without the tree
	// they belong to: rules about what is between files are left out.
	Partial bool
	// Locate returns where a place of a document was written. Path is the JSON path inside the
	// document, such as panels[3].targets[0].expr; texts are what stands there, the most telling first.
	// Nil leaves every finding at the document's source.
	Locate func(document Document, path string, texts []string) diagnostic.Position
}

// Live tells what a running Prometheus holds.
type Live interface {
	// Has tells whether there are series of that name.
	Has(name string) bool
	// Labels returns the labels that these series carry.
	Labels(name string) []string
}

// Result is what Run found in one environment.
type Result struct {
	// Findings are those of every rule, the switched off included: their Suppressed says why.
	Findings []diagnostic.Diagnostic
	// Queries counts the Prometheus expressions that were checked, PassedOver those of other data sources.
	Queries, PassedOver int
	declared            []Suppression
	used                []string
}

// Run applies every rule to an environment.
func Run(environment Environment) Result {
	s := newSubject(environment)
	var found []finding
	for _, rule := range rules {
		if rule.tree && environment.Partial {
			continue
		}
		for _, f := range rule.find(s) {
			f.rule = rule
			found = append(found, f)
		}
	}
	result := Result{Queries: len(s.queries), PassedOver: s.passedOver}
	found = append(found, s.suppress(found, &result)...)
	for _, f := range found {
		result.Findings = append(result.Findings, s.diagnostic(f))
	}
	return result
}
