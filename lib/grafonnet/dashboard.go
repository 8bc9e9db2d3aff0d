package grafonnet

// dashboardRoot lists the properties of a dashboard that have functions. The others belong to
// Grafana itself (id, version, revision, snapshot) or to its import dialogue (gnetId).
var dashboardRoot = []string{
	"description", "editable", "fiscalYearStartMonth", "graphTooltip", "links", "liveNow", "refresh",
	"schemaVersion", "tags", "templating", "time", "timepicker", "timezone", "title", "uid", "weekStart",
}

// dashboardFiles returns the dashboard and the items of its lists. Variables, links and panels
// are written by hand.
func (g generator) dashboardFiles() ([]file, error) {
	all, err := g.rules.named(g.schema.API.Dashboard)
	if err != nil {
		return nil, err
	}
	annotation := all.child("annotations").child("list")
	root := pickNamespace(all, dashboardRoot).without("links", "templating")
	root = root.
		with(Namespace{Name: "annotation", Import: "dashboard/annotation.libsonnet"}).
		with(Namespace{Name: "link", Import: "dashboard/link.libsonnet"}).
		with(Namespace{Name: "variable", Import: "dashboard/variable.libsonnet"})
	return []file{
		{path: "dashboard.libsonnet", about: "The dashboard.", root: root},
		{path: "dashboard/annotation.libsonnet", about: "Annotation queries, the items of dashboard.withAnnotations.", root: annotation},
	}, nil
}
