package check

import (
	"github.com/dashc/dashc/lib/promql"
)

// Use is one place of an environment's tree that asks for a series.
type Use struct {
	// Series is the name as the query has it; Metric is the catalogue's entry behind it, "" for a
	// recorded series and for what the catalogue does not know.
	Series, Metric string
	// Kind is panel, variable, annotation, link, alert or recording.
	Kind string
	// Record is the series that the place records, for a recording rule.
	Record string
	// Source is the Jsonnet file, Artifact the rendered one.
	Source, Artifact string
	// Dashboard is the title of the dashboard, Where the place in it or in the file.
	Dashboard, Where string
	Expression       string
}

// kinds names the surfaces for people.
var kinds = map[surface]string{
	panelSurface: "panel", variableSurface: "variable", annotationSurface: "annotation", linkSurface: "link",
	alertSurface: "alert", firingSurface: "alert", recordSurface: "recording",
}

// Uses returns every use of a named series in an environment, in the order of its files. A
// place that names a series twice is one use.
func Uses(environment Environment) []Use {
	s := newSubject(environment)
	var uses []Use
	for _, q := range s.queries {
		seen := map[string]bool{}
		for _, e := range q.expansions {
			for _, selector := range promql.Selectors(e.Expr) {
				name := promql.MetricName(selector)
				if name == "" || promql.Unknown(name) || seen[name] {
					continue
				}
				seen[name] = true
				uses = append(uses, s.use(q, name))
			}
		}
	}
	return uses
}

func (s *subject) use(q *query, name string) Use {
	use := Use{
		Series: name, Kind: kinds[q.surface], Record: textAt(q.object, "record"), Source: q.document.Source,
		Artifact: string(q.document.Path), Where: q.where, Expression: q.text,
	}
	if known, ok := s.source.catalogue.Series(name); ok {
		use.Metric = known.Metric.Name
	}
	if q.board != nil {
		use.Dashboard = q.board.Title()
	}
	return use
}
