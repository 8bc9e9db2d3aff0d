package build

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/evaluate"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// job is one entry compiled for one environment.
type job struct {
	environment project.Environment
	entry       project.Entry
	argument    []byte // the `env` of Jsonnet, as JSON
}

// outcome is what became of a job.
type outcome struct {
	job
	value    any // nil when the entry makes no file in this environment
	reads    []evaluate.Read
	duration time.Duration
	findings []diagnostic.Diagnostic
}

// NewPool returns an evaluator for a project: imports stay inside its jsonnet/ folder and
// its library path.
func NewPool(p *project.Project, workers int) (*evaluate.Pool, error) {
	return evaluate.NewPool(evaluate.Options{
		Root:        p.Root,
		Sandbox:     []string{sourceFolder(p)},
		LibraryPath: p.LibraryPath,
		Limits: evaluate.Limits{
			Time: p.Limits.Time, Memory: p.Limits.Memory, Output: p.Limits.Output,
			Stack: p.Limits.Stack, Trace: p.Limits.Trace,
		},
		Workers: workers,
	})
}

// compileAll evaluates every entry for every environment. The order of the outcomes does not
// depend on the order of the work. The error is that of the machine or of an interrupt; what
// is wrong with the sources stands in the outcomes.
func compileAll(ctx context.Context, p *project.Project, environments []project.Environment, workers int, progress func(done, total int)) ([]outcome, error) {
	jobs, err := plan(p, environments)
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	pool, err := NewPool(p, workers)
	if err != nil {
		return nil, err
	}
	outcomes, err := evaluateAll(ctx, pool, jobs, workers, progress)
	return outcomes, errors.Join(err, pool.Close())
}

func plan(p *project.Project, environments []project.Environment) ([]job, error) {
	var jobs []job
	for _, environment := range environments {
		argument, err := environment.Argument()
		if err != nil {
			return nil, err
		}
		for _, entry := range p.Entries {
			jobs = append(jobs, job{environment: environment, entry: entry, argument: argument})
		}
	}
	return jobs, nil
}

func evaluateAll(ctx context.Context, pool *evaluate.Pool, jobs []job, workers int, progress func(done, total int)) ([]outcome, error) {
	outcomes := make([]outcome, len(jobs))
	var counter sync.Mutex
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, job := range jobs {
		group.Go(func() error {
			var err error
			outcomes[i], err = compile(ctx, pool, job)
			counter.Lock()
			defer counter.Unlock()
			done++
			progress(done, len(jobs))
			return err
		})
	}
	return outcomes, group.Wait()
}

// compile evaluates one entry.
func compile(ctx context.Context, pool *evaluate.Pool, j job) (outcome, error) {
	result, err := pool.Evaluate(ctx, evaluate.Job{
		Entry:     j.entry.Source,
		Arguments: []evaluate.Binding{{Name: "env", Value: string(j.argument), Code: true, Optional: true}},
	})
	o := outcome{job: j, reads: result.Reads, duration: result.Duration}
	if err != nil {
		findings, ok := diagnostic.FromError(err)
		if !ok {
			return o, err
		}
		o.findings = inEnvironment(findings, j.environment.Name)
		return o, nil
	}
	if o.value, err = artifact.Decode(result.Output); err != nil {
		o.findings = inEnvironment([]diagnostic.Diagnostic{{
			Rule: "jsonnet/output", Severity: diagnostic.Error,
			Position: diagnostic.Position{File: j.entry.Source}, Message: err.Error(),
		}}, j.environment.Name)
	}
	return o, nil
}

func inEnvironment(findings []diagnostic.Diagnostic, name string) []diagnostic.Diagnostic {
	marked := slices.Clone(findings)
	for i := range marked {
		marked[i].Environments = []string{name}
	}
	return marked
}

// tree is one environment, compiled: its artifacts and everything found wrong with them.
type tree struct {
	environment project.Environment
	outcomes    []outcome
	artifacts   []artifact.Artifact
	findings    []diagnostic.Diagnostic
	// compiled is set where every entry has evaluated, so that the rules have been applied.
	compiled  bool
	documents []check.Document
	checked   check.Result
	// groups are the results of its customers' distinct values.
	groups   []check.Result
	variants *variants // nil where the environment has no customers
}

// assembler is what the trees of one run have in common.
type assembler struct {
	project   *project.Project
	catalogue *metrics.Catalogue
	sources   *sourceFiles
	live      *live // nil where no Prometheus is asked
	long      bool  // see Options.Long
}

// assemble turns an environment's outcomes into its final artifacts: patches, `$` escaping,
// encoding, rules. An environment with an error has no artifacts worth publishing.
func (a assembler) assemble(environment project.Environment, outcomes []outcome) tree {
	t := tree{environment: environment, outcomes: outcomes}
	var documents []check.Document
	for _, o := range outcomes {
		t.findings = append(t.findings, o.findings...)
		if o.value != nil {
			documents = append(documents, check.Document{Path: o.entry.Output, Kind: o.entry.Kind, Source: o.entry.Source, Value: o.value})
		}
	}
	if diagnostic.HasErrors(t.findings) {
		return t // rules over half an environment would report what is not there
	}
	t.compiled = true
	t.findings = append(t.findings, applyPatches(environment, documents)...)
	var switches []check.Switch
	for i := range documents {
		switches = append(switches, check.TakeSwitches(documents[i])...)
		encoded, findings := encode(documents[i])
		documents[i].Size = len(encoded.Bytes)
		t.findings = append(t.findings, inEnvironment(findings, environment.Name)...)
		t.artifacts = append(t.artifacts, encoded)
	}
	t.documents = documents
	subject := check.Environment{
		Name: environment.Name, Grafana: environment.Grafana, Documents: documents,
		Catalogue: a.catalogue, Settings: a.project.Checks, Switches: switches, Locate: a.sources.locator(outcomes),
	}
	if a.live != nil {
		subject.Live = a.live
	}
	t.checked = check.Run(subject)
	t.findings = append(t.findings, t.checked.Findings...)
	return t
}

// encode returns a document's final bytes.
func encode(document check.Document) (artifact.Artifact, []diagnostic.Diagnostic) {
	a := artifact.Artifact{Path: document.Path, Kind: document.Kind, Source: document.Source}
	var findings []diagnostic.Diagnostic
	var err error
	if document.Kind == artifact.Dashboard {
		a.Bytes, err = artifact.EncodeJSON(document.Value)
	} else {
		// What is suspicious about a `$` is found by the rule grafana/interpolation.
		escaped, _ := artifact.EscapeProvisioning(document.Kind, document.Value)
		a.Bytes, err = artifact.EncodeYAML(escaped, document.Source)
	}
	if err != nil {
		findings = append(findings, diagnostic.Diagnostic{Rule: "jsonnet/output", Severity: diagnostic.Error, Message: err.Error()})
	}
	for i := range findings {
		findings[i].Position = diagnostic.Position{File: document.Source}
	}
	return a, findings
}

// grafanaFolders must exist wherever Grafana reads the tree: a missing one makes it skip
// providers or log errors (pkg/services/provisioning in Grafana).
var grafanaFolders = []string{
	customersDir,
	"grafana/dashboards",
	"grafana/provisioning/alerting",
	"grafana/provisioning/dashboards",
	"grafana/provisioning/datasources",
	"grafana/provisioning/plugins",
}

// placeholders returns a file for each folder that Grafana wants and that would be empty,
// since neither git nor a manifest of files keeps empty folders.
func placeholders(artifacts []artifact.Artifact) []artifact.Artifact {
	used := map[string]bool{}
	grafana := false
	for _, a := range artifacts {
		grafana = grafana || strings.HasPrefix(string(a.Path), "grafana/")
		for dir := path.Dir(string(a.Path)); dir != "."; dir = path.Dir(dir) {
			used[dir] = true
		}
	}
	var missing []artifact.Artifact
	for _, folder := range grafanaFolders {
		if grafana && !used[folder] {
			missing = append(missing, artifact.Artifact{
				Path: artifact.Path(folder + "/.gitkeep"), Kind: artifact.Placeholder,
				Bytes: []byte(fmt.Sprintf("Grafana expects %s to exist.\n", folder)),
			})
		}
	}
	return missing
}
