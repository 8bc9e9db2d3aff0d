package build

import (
	"context"
	"slices"

	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// Use is one place that asks for a series, with the environments in which it does.
type Use struct {
	check.Use
	Environments []string
}

// Uses compiles environments and returns who asks for which series, and the catalogue that
// they were compared with. A place that differs between environments only in its expression
// or in the dashboard's title is one use, as the first environment has it. An environment that
// does not compile is an error.
func Uses(ctx context.Context, p *project.Project, environments []project.Environment, workers int, progress func(done, total int)) ([]Use, *metrics.Catalogue, error) {
	catalogue, err := metrics.Load(p.Root, project.MetricsDir)
	if err != nil {
		return nil, nil, err
	}
	trees, err := compileTrees(ctx, p, environments, compiling{workers: workers, progress: progress})
	if err != nil {
		return nil, nil, err
	}
	var uses []Use
	index := map[check.Use]int{}
	for _, t := range trees {
		if !t.compiled {
			return nil, nil, diagnostic.AsError(t.findings...)
		}
		subject := check.Environment{Name: t.environment.Name, Grafana: t.environment.Grafana, Documents: t.documents, Catalogue: catalogue, Settings: p.Checks}
		for _, use := range check.Uses(subject) {
			key := use
			key.Dashboard, key.Expression = "", ""
			i, known := index[key]
			if !known {
				i = len(uses)
				index[key] = i
				uses = append(uses, Use{Use: use})
			}
			if !slices.Contains(uses[i].Environments, t.environment.Name) {
				uses[i].Environments = append(uses[i].Environments, t.environment.Name)
			}
		}
	}
	return uses, catalogue, nil
}
