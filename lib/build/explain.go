package build

import (
	"context"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/tenant"
)

// Explanation is what one customer has in one environment, and why it does not have the rest.
type Explanation struct {
	Environment string
	Customer    project.Customer
	Dashboards  []ExplainedPart
	// Rules are the alert rules; Path is empty.
	Rules ExplainedPart
}

// ExplainedPart is one dashboard of a customer, or its alert rules.
type ExplainedPart struct {
	// Name is the dashboard's file name without extension.
	Name string
	// Path is where the variant stands; empty where there is none, and then Reason says why.
	Path    artifact.Path
	Reason  string
	Dropped []tenant.Dropped
	Notes   []string
}

// Explain compiles environments and tells what a customer, named by id or slug, has in each that
// knows it. What is wrong with the sources comes as findings in the error.
func Explain(ctx context.Context, p *project.Project, environments []project.Environment, name string, workers int, progress func(done, total int)) ([]Explanation, error) {
	trees, err := compileTrees(ctx, p, environments, compiling{workers: workers, progress: progress})
	if err != nil {
		return nil, err
	}
	var all []Explanation
	for _, t := range trees {
		if diagnostic.HasErrors(t.findings) {
			return nil, diagnostic.AsError(t.findings...)
		}
		if t.variants == nil {
			continue
		}
		for _, c := range t.variants.members.list {
			if string(c.ID) == name || string(c.Slug) == name {
				all = append(all, t.variants.explain(t.environment.Name, c))
			}
		}
	}
	r := run{options: Options{Customers: []string{name}}}
	if len(all) == 0 {
		return nil, r.strangers(trees)
	}
	return all, nil
}

func (v *variants) explain(environment string, c member) Explanation {
	e := Explanation{Environment: environment, Customer: c.Customer}
	for _, b := range v.views[c.group].boards {
		part := ExplainedPart{Name: b.name, Dropped: b.Report().Dropped, Notes: b.Report().Notes}
		switch {
		case !c.Wants(b.name):
			part = ExplainedPart{Name: b.name, Reason: "the customer's list or tier leaves it out"}
		case b.Empty():
			part.Reason = "no panel of it can be scoped to a customer"
		default:
			part.Path = place(c, b.name)
		}
		e.Dashboards = append(e.Dashboards, part)
	}
	rules := v.views[c.group].rules
	e.Rules = ExplainedPart{Name: "alert rules", Dropped: rules.Report().Dropped, Notes: rules.Report().Notes}
	if rules.Empty() {
		e.Rules.Reason = "no alert rule can be scoped to a customer"
	}
	return e
}

// pageOf is the documentation of findings about customers.
func pageOf(rule string) string {
	if strings.HasPrefix(rule, "tenancy/") {
		return "docs/tenancy.md"
	}
	return ""
}
