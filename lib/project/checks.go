package project

import (
	"fmt"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Checks are the settings of the rules: what a project demands beyond them, and what it
// switches off.
type Checks struct {
	// Suppressions switch rules off, each with its reason.
	Suppressions []Suppression `json:"suppress"`
	// TargetLabels are labels that Prometheus puts on what it scrapes, beside job and instance
	// and those that the tree's own scrape configurations tell.
	TargetLabels []string `json:"targetLabels"`
	// RequiredVariables are the template variables that every dashboard must have.
	RequiredVariables []string `json:"requiredVariables"`
	// RequiredMatchers are the matchers that selectors must have.
	RequiredMatchers []RequiredMatcher `json:"requiredMatchers"`
}

// Suppression switches a rule off: in the files of Files, in the dashboards of Dashboards (in
// their panels of Panels, if any), or everywhere. All three are globs.
type Suppression struct {
	Position   diagnostic.Position `json:"-"`
	Rule       string              `json:"rule"`
	Files      []string            `json:"files,omitempty"`
	Dashboards []string            `json:"dashboards,omitempty"`
	Panels     []string            `json:"panels,omitempty"`
	Reason     string              `json:"reason"`
}

// RequiredMatcher demands that selectors of some metrics match on a label.
type RequiredMatcher struct {
	// Label must be matched on.
	Label string `json:"label"`
	// Metrics are globs of metric names; none means all metrics that carry the label.
	Metrics []string `json:"metrics,omitempty"`
}

// place fills in where each suppression stands.
func (c *Checks) place(doc *document) {
	for i := range c.Suppressions {
		c.Suppressions[i].Position, _ = doc.position([]string{"checks", "suppress", fmt.Sprint(i)})
	}
}
