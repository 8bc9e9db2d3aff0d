// Package build is the pipeline: it plans the jobs of each environment, evaluates them,
// patches, checks and encodes the results, and hands the artifacts to publish. Parallelism
// lives here. Nothing is published from an environment that has an error.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/evaluate"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/publish"
)

// Options say what Run builds and how.
type Options struct {
	// Environments are those to build.
	Environments []project.Environment
	// Tool is the version written to manifests.
	Tool string
	// Identity tells one build of the program from another; see publish.Build.
	Identity string
	// Workers is the number of files evaluated, or written, at once, at least 1.
	Workers int
	// Prune removes the trees of environments that the project no longer has.
	Prune bool
	// Check compares and writes nothing.
	Check bool
	// Force replaces files that were edited by hand.
	Force bool
	// NoWait fails when another build holds the output folder's lock.
	NoWait bool
	// Part, if its Count is above 0, builds one of several disjoint parts of the trees.
	Part Part
	// Customers, if any, are the only ones whose dashboards are written, by id or slug.
	Customers []string
	// Long makes every customer's variant by itself instead of from a template. It gives the same
	// bytes, and takes longer: a way to see that it does.
	Long bool
	// Verbose evaluates even where nothing has changed, so that the report can say what each entry costs.
	Verbose bool
	// Progress is called after each evaluation; calls do not overlap.
	Progress func(done, total int)
	// Waiting is called once if another build has to finish first.
	Waiting func()
}

// Report is what a build did.
type Report struct {
	Environments []EnvironmentReport
	Findings     []diagnostic.Diagnostic
}

// Differences returns what differs over all environments.
func (r Report) Differences() []Difference {
	var all []Difference
	for _, environment := range r.Environments {
		all = append(all, environment.Differences...)
	}
	return all
}

// EnvironmentReport is what a build did to one environment's tree.
type EnvironmentReport struct {
	Name string
	// Fresh is set when nothing had changed since the last build and nothing was evaluated.
	Fresh bool
	// Failed is set when errors kept the tree from being published.
	Failed bool
	// Files is the size of the tree; Written and Removed count what changed on disk.
	Files, Written, Removed int
	Differences             []Difference
	Entries                 []EntryReport
}

// EntryReport is what one entry cost in one environment.
type EntryReport struct {
	Source       string
	FilesRead    int
	BytesRead    int64
	Evaluation   time.Duration
	BytesWritten int64
}

// Difference is one file that is not as it should be.
type Difference struct {
	Environment string
	// Path is relative to the environment's tree.
	Path string
	// What says how it differs, for example "missing".
	What string
	// Theirs tells that no build left the file so, and that a build without Force does not replace it.
	Theirs bool
}

// Run builds the project's environments. The error is a failure of the machine, an interrupt
// or a conflict with files on disk; what is wrong with the sources stands in the report.
func Run(ctx context.Context, p *project.Project, options Options) (Report, error) {
	sources, err := sourceDigest(append([]string{sourceFolder(p)}, p.LibraryPath...))
	if err != nil {
		return Report{}, &publish.MachineError{Op: "read the sources", Path: p.Root, Err: err}
	}
	disk, err := publish.Open(ctx, p.OutDir, publish.Options{
		NoWait: options.NoWait, ReadOnly: options.Check, Writers: options.Workers, Waiting: options.Waiting,
	})
	if err != nil {
		return Report{}, err
	}
	run := run{project: p, options: options, sources: sources, disk: disk}
	report, err := run.build(ctx)
	return report, errors.Join(err, disk.Close())
}

func sourceFolder(p *project.Project) string {
	return filepath.Join(p.Root, project.SourceDir)
}

// run is one call of Run.
type run struct {
	project *project.Project
	options Options
	sources string // digest of everything that an evaluation could read
	disk    *publish.Tree
}

func (r *run) build(ctx context.Context) (Report, error) {
	var report Report
	var stale []project.Environment
	for _, environment := range r.options.Environments {
		if files, fresh := r.fresh(ctx, environment); fresh {
			report.Environments = append(report.Environments, EnvironmentReport{Name: environment.Name, Fresh: true, Files: files})
			continue
		}
		stale = append(stale, environment)
	}
	trees, err := compileTrees(ctx, r.project, stale, compiling{workers: r.options.Workers, long: r.options.Long, progress: r.options.Progress})
	if err != nil {
		return report, err
	}
	for _, t := range trees {
		report.Findings = append(report.Findings, t.findings...)
	}
	report.Findings = append(report.Findings, unusedSwitches(r.project, trees)...)
	if err := r.strangers(trees); err != nil && !diagnostic.HasErrors(report.Findings) {
		return report, err
	}
	published, unproven, err := r.publish(ctx, trees)
	report.Findings = append(report.Findings, unproven...)
	report.Environments = append(report.Environments, published...)
	slices.SortStableFunc(report.Environments, r.byRequest)
	return report, err
}

// byRequest orders reports as the environments were asked for; those that are no more come last.
func (r *run) byRequest(a, b EnvironmentReport) int {
	place := func(name string) int {
		i := slices.IndexFunc(r.options.Environments, func(e project.Environment) bool { return e.Name == name })
		if i < 0 {
			return len(r.options.Environments)
		}
		return i
	}
	return place(a.Name) - place(b.Name)
}

// fresh tells whether an environment's tree is known to be what a build would write, and how
// many files it has. Check, Verbose and Force look closer.
func (r *run) fresh(ctx context.Context, environment project.Environment) (int, bool) {
	if r.options.Check || r.options.Verbose || r.options.Force || r.partial() {
		return 0, false
	}
	inputs, err := r.stampInputs(environment)
	if err != nil {
		return 0, false
	}
	return r.disk.Fresh(ctx, environment.Name, r.options.Identity, inputs)
}

// stampInputs is the digest of everything that could change an environment's tree.
func (r *run) stampInputs(environment project.Environment) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n", r.sources, r.project.Entries)
	err := hashSettings(h, r.project, environment)
	return hex.EncodeToString(h.Sum(nil)), err
}

// publish makes the disk agree with the trees that have no errors. All of them are staged
// before the first is committed, so that a full disk changes nothing.
func (r *run) publish(ctx context.Context, trees []tree) ([]EnvironmentReport, []diagnostic.Diagnostic, error) {
	var reports []EnvironmentReport
	var plans []*publish.Plan
	var conflicts []error
	var unproven []diagnostic.Diagnostic
	for _, t := range trees {
		failed := EnvironmentReport{Name: t.environment.Name, Failed: true, Entries: entryReports(t, nil)}
		if diagnostic.HasErrors(t.findings) {
			reports = append(reports, failed)
			continue
		}
		plan, err := r.compare(ctx, t)
		if err != nil {
			return reports, unproven, err
		}
		findings, err := r.prove(ctx, t, plan)
		if err != nil {
			return reports, unproven, err
		}
		if len(findings) > 0 {
			unproven = append(unproven, findings...)
			reports = append(reports, failed)
			continue
		}
		reports = append(reports, environmentReport(t, plan))
		plans = append(plans, plan)
	}
	abandoned, err := r.abandoned(ctx)
	if err != nil {
		return reports, unproven, err
	}
	for _, plan := range abandoned {
		reports = append(reports, environmentReport(tree{environment: project.Environment{Name: plan.Environment}}, plan))
		plans = append(plans, plan)
	}
	if r.options.Check {
		return reports, unproven, nil
	}
	for _, plan := range plans {
		if found := plan.Conflicts(); len(found) > 0 {
			conflicts = append(conflicts, &publish.ConflictError{Directory: r.project.OutDir, Environment: plan.Environment, Conflicts: found})
		}
	}
	if len(conflicts) > 0 {
		return nil, unproven, errors.Join(conflicts...)
	}
	return reports, unproven, r.commit(ctx, plans)
}

// prove shows of each customer's file that it is the customer's alone, unless that was shown
// before of the same template, customer and surroundings, which the file's Key names.
func (r *run) prove(ctx context.Context, t tree, plan *publish.Plan) ([]diagnostic.Diagnostic, error) {
	if t.variants == nil {
		return nil, nil
	}
	unknown := map[artifact.Path]bool{}
	for _, path := range plan.Unknown() {
		unknown[path] = true
	}
	return t.variants.proveAll(ctx, t, r.options.Workers, func(p artifact.Path) bool { return unknown[p] })
}

func (r *run) compare(ctx context.Context, t tree) (*publish.Plan, error) {
	var reads []evaluate.Read
	for _, o := range t.outcomes {
		reads = append(reads, o.reads...)
	}
	inputs, err := inputsDigest(r.project, t.environment, reads)
	if err != nil {
		return nil, err
	}
	stamp, err := r.stampInputs(t.environment)
	if err != nil {
		return nil, err
	}
	build := publish.Build{
		Project: r.project.Name, Environment: t.environment.Name, Tool: r.options.Tool,
		Inputs: inputs, Stamp: stamp, Identity: r.options.Identity,
		Artifacts: t.artifacts, Force: r.options.Force,
	}
	if r.partial() {
		build.Identity = "" // the tree is not whole, and no build shall take it for fresh
		build.Part = r.part(t)
		build.Joined = len(r.options.Customers) == 0
	}
	return r.disk.Compare(ctx, build)
}

// abandoned plans the removal of trees whose environment is no more.
func (r *run) abandoned(ctx context.Context) ([]*publish.Plan, error) {
	if !r.options.Prune {
		return nil, nil
	}
	names, err := r.disk.Environments(r.project.Name)
	if err != nil {
		return nil, err
	}
	var plans []*publish.Plan
	for _, name := range names {
		if _, exists := r.project.Environment(name); exists {
			continue
		}
		plan, err := r.disk.Compare(ctx, publish.Build{Project: r.project.Name, Environment: name, Force: r.options.Force})
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

func (r *run) commit(ctx context.Context, plans []*publish.Plan) error {
	var staged []*publish.Staged
	discard := func(err error) error {
		for _, s := range staged {
			err = errors.Join(err, s.Discard())
		}
		return err
	}
	for _, plan := range plans {
		s, err := r.disk.Stage(ctx, plan)
		if err != nil {
			return discard(err)
		}
		staged = append(staged, s)
	}
	for _, s := range staged {
		if err := s.Commit(ctx); err != nil {
			return discard(err)
		}
	}
	return nil
}

func environmentReport(t tree, plan *publish.Plan) EnvironmentReport {
	report := EnvironmentReport{
		Name:    t.environment.Name,
		Files:   len(t.artifacts),
		Written: plan.Count(publish.New) + plan.Count(publish.Changed),
		Removed: plan.Count(publish.Removed),
		Entries: entryReports(t, plan),
	}
	for _, change := range plan.Differences() {
		report.Differences = append(report.Differences, Difference{t.environment.Name, string(change.Path), difference(change), change.State == publish.Conflict})
	}
	if plan.Manifest != publish.Unchanged {
		report.Differences = append(report.Differences, Difference{Environment: t.environment.Name, Path: publish.ManifestName, What: plan.Manifest.String()})
	}
	return report
}

func difference(change publish.Change) string {
	switch change.State {
	case publish.New:
		return "missing"
	case publish.Changed:
		return "out of date"
	case publish.Removed:
		return "no longer made"
	}
	return change.Reason
}

// entryReports says what each entry read, took and wrote. plan is nil when nothing is written.
func entryReports(t tree, plan *publish.Plan) []EntryReport {
	written := map[artifact.Path]int64{}
	if plan != nil {
		for _, change := range plan.Differences() {
			written[change.Path] = change.Size
		}
	}
	var reports []EntryReport
	for _, o := range t.outcomes {
		report := EntryReport{Source: o.entry.Source, Evaluation: o.duration, BytesWritten: written[o.entry.Output]}
		for _, read := range o.reads {
			if !read.Missing {
				report.FilesRead++
				report.BytesRead += read.Size
			}
		}
		reports = append(reports, report)
	}
	return reports
}
