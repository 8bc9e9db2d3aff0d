package build

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/locate"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// CheckOptions say what Check looks at.
type CheckOptions struct {
	// Environments are those to check.
	Environments []project.Environment
	// Workers is the number of files evaluated at once, at least 1.
	Workers int
	// Prometheus is a live server to ask as well, or nil.
	Prometheus *metrics.Prometheus
	// Progress is called after each evaluation; calls do not overlap.
	Progress func(done, total int)
}

// CheckReport is what Check found, and in how much.
type CheckReport struct {
	// Findings include those that are switched off.
	Findings []diagnostic.Diagnostic
	// Dashboards, Panels and Queries count what was looked at in all environments; PassedOver are
	// queries of data sources other than Prometheus.
	Dashboards, Panels, Queries, PassedOver int
}

// Check compiles environments and applies every rule to them. It writes nothing. The error
// is that of the machine or of an interrupt.
func Check(ctx context.Context, p *project.Project, options CheckOptions) (CheckReport, error) {
	var report CheckReport
	trees, err := compileTrees(ctx, p, options.Environments, compiling{workers: options.Workers, server: options.Prometheus, progress: options.Progress})
	if err != nil {
		return report, err
	}
	for _, t := range trees {
		report.Findings = append(report.Findings, t.findings...)
		report.count(t.documents, t.checked)
	}
	report.Findings = append(report.Findings, unusedSwitches(p, trees)...)
	return report, nil
}

func (r *CheckReport) count(documents []check.Document, result check.Result) {
	for _, document := range documents {
		if document.Kind != artifact.Dashboard {
			continue
		}
		object, _ := document.Value.(map[string]any)
		r.Dashboards++
		r.Panels += len(dashboard.Dashboard{JSON: object}.Panels())
	}
	r.Queries += result.Queries
	r.PassedOver += result.PassedOver
}

// unusedSwitches reports switch-offs that no environment needs. Where only some of the
// project's environments were checked, or one of them does not compile, nobody can tell.
func unusedSwitches(p *project.Project, trees []tree) []diagnostic.Diagnostic {
	if len(trees) != len(p.Environments) {
		return nil
	}
	var results []check.Result
	for _, t := range trees {
		if !t.compiled {
			return nil
		}
		results = append(results, t.checked)
		results = append(results, t.groups...)
	}
	return check.Unused(results)
}

// compiling says how compileTrees works.
type compiling struct {
	workers  int
	server   *metrics.Prometheus // asked as well, or nil
	long     bool                // see Options.Long
	progress func(done, total int)
}

// compileTrees evaluates and checks environments, their customers' variants included.
func compileTrees(ctx context.Context, p *project.Project, environments []project.Environment, how compiling) ([]tree, error) {
	catalogue, err := metrics.Load(p.Root, project.MetricsDir)
	if err != nil {
		return nil, err
	}
	outcomes, err := compileAll(ctx, p, environments, how.workers, how.progress)
	if err != nil {
		return nil, err
	}
	a := assembler{project: p, catalogue: catalogue, sources: newSourceFiles(p), long: how.long}
	if how.server != nil {
		if a.live, err = newLive(ctx, how.server); err != nil {
			return nil, err
		}
	}
	trees := make([]tree, len(environments))
	n := len(p.Entries)
	var group errgroup.Group
	group.SetLimit(how.workers)
	for i, environment := range environments {
		group.Go(func() error {
			trees[i] = a.assemble(environment, outcomes[i*n:(i+1)*n])
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range trees {
		if a.live != nil && a.live.err != nil {
			return nil, a.live.err
		}
		if err := a.compileCustomers(ctx, &trees[i], how.workers); err != nil {
			return nil, err
		}
		trees[i].artifacts = append(trees[i].artifacts, placeholders(trees[i].artifacts)...)
	}
	if a.live != nil && a.live.err != nil {
		return nil, a.live.err
	}
	return trees, nil
}

// compileCustomers adds what an environment's customers have. A tree with errors has none: the
// same mistakes would be found in every variant.
func (a assembler) compileCustomers(ctx context.Context, t *tree, workers int) error {
	if t.environment.Customers.File == "" || !t.compiled || diagnostic.HasErrors(t.findings) {
		return nil
	}
	m, err := readMembers(ctx, a.project, t.environment)
	if err != nil {
		if _, found := diagnostic.FromError(err); !found {
			return err
		}
		t.fail(err)
		return nil
	}
	groups, err := a.evaluateGroups(ctx, *t, m, workers)
	if err != nil {
		return err
	}
	for i, group := range groups {
		if len(m.groups[i]) > 0 {
			t.groups = append(t.groups, group.checked)
			t.findings = append(t.findings, group.findings...)
		}
	}
	if diagnostic.HasErrors(t.findings) {
		return nil
	}
	a.addVariants(t, m, groups)
	return nil
}

// File is one dashboard that is checked by itself.
type File struct {
	// Name is its path as the user gave it.
	Name string
	Data []byte
}

// FilesOptions say what CheckFiles knows beside the files.
type FilesOptions struct {
	// Catalogue may be nil: then no rule asks whether a metric exists.
	Catalogue *metrics.Catalogue
	// Grafana is what the files will be read by.
	Grafana project.Grafana
	Checks  project.Checks
	// Around are the other documents of the environment that the files are meant for.
	Around []check.Document
}

// Surroundings compiles an environment and returns what a dashboard there has around it: the
// documents that are no dashboards. An environment that does not compile is an error.
func Surroundings(ctx context.Context, p *project.Project, environment project.Environment, workers int) (FilesOptions, error) {
	options := FilesOptions{Grafana: environment.Grafana, Checks: p.Checks}
	trees, err := compileTrees(ctx, p, []project.Environment{environment}, compiling{workers: workers, progress: func(int, int) {}})
	if err != nil {
		return options, err
	}
	if !trees[0].compiled {
		return options, diagnostic.AsError(trees[0].findings...)
	}
	for _, document := range trees[0].documents {
		if document.Kind != artifact.Dashboard {
			options.Around = append(options.Around, document)
		}
	}
	options.Catalogue, err = metrics.Load(p.Root, project.MetricsDir)
	return options, err
}

// CheckFiles applies the rules to dashboards in JSON that nobody compiled here. Rules about a
// whole tree are left out.
func CheckFiles(files []File, options FilesOptions) CheckReport {
	var report CheckReport
	environment := check.Environment{Partial: true, Grafana: options.Grafana, Settings: options.Checks, Catalogue: options.Catalogue}
	places := map[string]*locate.JSON{}
	texts := map[string]string{}
	var own []check.Document
	for _, file := range files {
		value, err := artifact.Decode(file.Data)
		if err != nil {
			report.Findings = append(report.Findings, unreadable(file, err))
			continue
		}
		document := check.Document{Path: artifact.Path(file.Name), Kind: artifact.Dashboard, Source: file.Name, Value: value, Size: len(file.Data)}
		document.Value, document.Wrapped = unwrapped(value)
		own = append(own, document)
		texts[file.Name] = string(file.Data)
		environment.Switches = append(environment.Switches, check.TakeSwitches(document)...)
	}
	environment.Documents = slices.Concat(own, options.Around)
	environment.Locate = func(document check.Document, path string, _ []string) diagnostic.Position {
		if _, ok := texts[document.Source]; !ok {
			return diagnostic.Position{File: document.Source}
		}
		if places[document.Source] == nil {
			places[document.Source] = locate.NewJSON(document.Source, texts[document.Source])
		}
		if document.Wrapped {
			path = strings.TrimSuffix("dashboard."+path, ".")
		}
		return places[document.Source].In(path)
	}
	result := check.Run(environment)
	for _, d := range result.Findings {
		if _, ok := texts[d.Position.File]; ok || d.Artifact == "" {
			report.Findings = append(report.Findings, d)
		}
	}
	report.count(own, result)
	return report
}

// unwrapped takes a dashboard out of {dashboard: ...}, so that its queries are checked although
// file provisioning would refuse the file.
func unwrapped(value any) (any, bool) {
	object, _ := value.(map[string]any)
	if model, ok := object["dashboard"].(map[string]any); ok {
		return model, true
	}
	return value, false
}

func unreadable(file File, err error) diagnostic.Diagnostic {
	d := diagnostic.Diagnostic{
		Rule: "grafana/model", Severity: diagnostic.Error, Position: artifact.ErrorPosition(file.Data, err),
		Message: err.Error(), Hint: "give the JSON of a dashboard, as Grafana exports it",
	}
	d.Position.File = file.Name
	return d
}
