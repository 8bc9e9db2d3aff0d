package build

import "github.com/dashc/dashc/lib/project"

// checkIsolation finds what would keep Grafana from loading what the customers have, or show it
// to others.
func (v *variants) checkIsolation(t *tree) {
	if t.environment.Customers.Isolation != project.IsolateByFolder {
		checkSources(t)
	}
}
