// Package tenant turns a dashboard, or the alert rules, into one customer's view: every
// selector of every query is scoped to the customer by the tenant label, what cannot be scoped
// is left out with a reason or refused, and the result is compiled into a template, so that the
// next customer costs a copy. It never reads a disk and never decides whether a file is proven:
// lib/proof does, by other means.
package tenant

import (
	"encoding/json"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// Identity is the customer that a view is made for.
type Identity struct {
	ID   project.CustomerID
	Slug project.Slug
	Name string
}

// RuleIdentity is the customer that alert rules are made for.
type RuleIdentity struct {
	Identity
	// Thresholds replace the threshold of alert rules, by the uid of the rule in the tree.
	Thresholds map[string]json.Number
	// ContactPoint receives the alerts; empty for what the tree says.
	ContactPoint string
	// OrgID is the organisation of Grafana, 0 for what the tree says.
	OrgID int
}

// Record is one recording rule of the tree.
type Record struct {
	Expr   string
	Labels map[string]string
}

// Options say what is known about the tree that a dashboard belongs to.
type Options struct {
	// Label is the tenant label: customer_id.
	Label string
	// Catalogue tells which metrics carry the label, and which every customer may see.
	Catalogue *metrics.Catalogue
	// Records are the recording rules, by the name of the series that they record.
	Records map[string][]Record
	// Siblings are the dashboards of the tree that customers have variants of: links to their
	// uids lead to the variants. The values are their titles.
	Siblings map[string]string
	// Datasource is the uid of the customer's own data source, with {slug} for the slug: every
	// Prometheus query asks it. Empty leaves the data sources as they are.
	Datasource string
	// DatasourceType returns the type of a provisioned data source by uid or name, "" where
	// nothing is known; the empty name asks for the default one. It may be nil.
	DatasourceType func(name string) string
}

// Report says what became of the parts that could not be kept as they were.
type Report struct {
	Dropped []Dropped
	// Notes are remarks on what was kept, one sentence each.
	Notes []string
}

// Dropped is a part that the view does not have.
type Dropped struct {
	// Where names the part: panel "Requests" (id 3), variable "job", alert rule "Errors".
	Where string
	// ID is the id of a panel, 0 for everything else.
	ID     int
	Reason string
}

// ruleScope is the identifier of the findings of this package.
const ruleScope = "tenancy/scope"

// problem is what keeps a text from being scoped. Start and end are byte offsets in the text.
type problem struct {
	start, end    int
	message, hint string
}

// on makes a finding about a part of a query.
func (p *problem) on(dashboard, where, text string) diagnostic.Diagnostic {
	d := diagnostic.Diagnostic{
		Rule: ruleScope, Severity: diagnostic.Error, Dashboard: dashboard, Where: where, Message: p.message, Hint: p.hint,
		Why: "What cannot be shown to query one customer only may show the figures of another.",
	}
	if text != "" {
		d.Query = &diagnostic.Query{Expression: text, Start: p.start, End: p.end}
		d.Snippet = diagnostic.Snippet(text, p.start, p.end)
	}
	return d
}
