package build

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/diff"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/publish"
)

// DiffOptions say what Diff compares.
type DiffOptions struct {
	// Environments are those to compare.
	Environments []project.Environment
	// Against is the folder of rendered trees; it may be missing.
	Against string
	// Prune compares the trees of environments that the project no longer has, too.
	Prune bool
	// Workers is the number of files evaluated and compared at once, at least 1.
	Workers int
	// Progress is called after each evaluation; calls do not overlap.
	Progress func(done, total int)
	// Waiting is called once if a build has to finish first.
	Waiting func()
}

// Diff compares what the sources compile to with rendered trees. It writes nothing. An
// environment with errors is not compared; they stand in the findings. The error is that of the machine or of
// an interrupt.
func Diff(ctx context.Context, p *project.Project, options DiffOptions) (diff.Report, []diagnostic.Diagnostic, error) {
	catalogue, err := metrics.Load(p.Root, project.MetricsDir)
	if err != nil {
		return diff.Report{}, nil, err
	}
	trees, err := compileTrees(ctx, p, options.Environments, compiling{workers: options.Workers, progress: options.Progress})
	if err != nil {
		return diff.Report{}, nil, err
	}
	disk, err := publish.Open(ctx, options.Against, publish.Options{ReadOnly: true, Waiting: options.Waiting})
	if err != nil {
		return diff.Report{}, nil, err
	}
	collector := diff.NewCollector(tenantLabels(catalogue))
	findings, err := diffAll(ctx, disk, collector, p, trees, options)
	return collector.Report(), findings, errors.Join(err, disk.Close())
}

func diffAll(ctx context.Context, disk *publish.Tree, collector *diff.Collector, p *project.Project, trees []tree, options DiffOptions) ([]diagnostic.Diagnostic, error) {
	var findings []diagnostic.Diagnostic
	for _, t := range trees {
		findings = append(findings, t.findings...)
		if diagnostic.HasErrors(t.findings) {
			collector.Failed(t.environment.Name)
			continue
		}
		d, err := newTreeDiff(ctx, disk, t.environment.Name, collector)
		if err != nil {
			return findings, err
		}
		if err := errors.Join(d.addAll(ctx, t, options.Workers), d.close()); err != nil {
			return findings, err
		}
	}
	if !options.Prune {
		return findings, nil
	}
	names, err := disk.Environments(p.Name)
	if err != nil {
		return findings, err
	}
	for _, name := range names {
		if _, exists := p.Environment(name); exists {
			continue
		}
		d, err := newTreeDiff(ctx, disk, name, collector)
		if err != nil {
			return findings, err
		}
		if err := errors.Join(d.addAll(ctx, tree{}, options.Workers), d.close()); err != nil {
			return findings, err
		}
	}
	return findings, nil
}

// tenantLabels are the labels by which the catalogue's metrics tell customers apart.
func tenantLabels(catalogue *metrics.Catalogue) []string {
	var labels []string
	for _, m := range catalogue.All() {
		if m.TenantLabel != "" && !slices.Contains(labels, m.TenantLabel) {
			labels = append(labels, m.TenantLabel)
		}
	}
	return labels
}

// treeDiff compares one environment's artifacts, which may come one by one, with its tree.
type treeDiff struct {
	environment string
	reading     *publish.Reading
	collector   *diff.Collector
}

func newTreeDiff(ctx context.Context, disk *publish.Tree, environment string, collector *diff.Collector) (*treeDiff, error) {
	reading, err := disk.Read(ctx, environment)
	if err != nil {
		return nil, err
	}
	collector.Environment(environment)
	return &treeDiff{environment: environment, reading: reading, collector: collector}, nil
}

// add compares one artifact, of one of the customers by slug or of many of them. It may be called from many goroutines.
func (d *treeDiff) add(a artifact.Artifact, customers map[string]diff.Customer) error {
	old, err := d.reading.File(a.Path)
	if err != nil {
		return err
	}
	bytes := a.Content(nil)
	if bytes == nil {
		bytes = []byte{}
	}
	d.collector.Add(diff.Pair{Environment: d.environment, Path: a.Path, Old: old, New: bytes, Customer: customers[a.Customer], Customers: customers})
	return nil
}

// rest compares the files of the tree that no artifact has. made tells those that one has.
func (d *treeDiff) rest(ctx context.Context, made func(artifact.Path) bool) error {
	for _, name := range d.reading.Files() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if made(name) {
			continue
		}
		old, err := d.reading.File(name)
		if err != nil {
			return err
		}
		d.collector.Add(diff.Pair{Environment: d.environment, Path: name, Old: old, Unowned: !d.reading.Owns(name)})
	}
	return nil
}

func (d *treeDiff) addAll(ctx context.Context, t tree, workers int) error {
	whose := map[string]diff.Customer{}
	if t.variants != nil {
		for _, c := range t.variants.members.list {
			whose[string(c.Slug)] = diff.Customer{Slug: string(c.Slug), ID: string(c.ID), Name: c.Name}
		}
	}
	made := map[artifact.Path]bool{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, a := range t.artifacts {
		made[a.Path] = true
		group.Go(func() error {
			if err := groupCtx.Err(); err != nil {
				return err
			}
			return d.add(a, whose)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return d.rest(ctx, func(p artifact.Path) bool { return made[p] })
}

func (d *treeDiff) close() error { return d.reading.Close() }

// DiffTreesOptions say what DiffTrees compares.
type DiffTreesOptions struct {
	// From and Against are folders of rendered trees, the new ones and the old ones.
	From, Against string
	// Names are the environments to compare; none means every folder of either.
	Names   []string
	Waiting func()
}

// DiffTrees compares the rendered trees of two folders and needs no sources. Manifests are
// not looked at.
func DiffTrees(ctx context.Context, options DiffTreesOptions) (diff.Report, error) {
	names := options.Names
	if len(names) == 0 {
		for _, dir := range []string{options.From, options.Against} {
			found, err := treeNames(dir)
			if err != nil {
				return diff.Report{}, err
			}
			names = append(names, found...)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	collector := diff.NewCollector(nil)
	open := func(dir string) (*publish.Tree, error) {
		return publish.Open(ctx, dir, publish.Options{ReadOnly: true, Waiting: options.Waiting})
	}
	from, err := open(options.From)
	if err != nil {
		return diff.Report{}, err
	}
	against, err := open(options.Against)
	if err != nil {
		return diff.Report{}, errors.Join(err, from.Close())
	}
	for _, name := range names {
		if err = diffTree(ctx, from, against, name, collector); err != nil {
			break
		}
	}
	return collector.Report(), errors.Join(err, from.Close(), against.Close())
}

func diffTree(ctx context.Context, from, against *publish.Tree, name string, collector *diff.Collector) error {
	d, err := newTreeDiff(ctx, against, name, collector)
	if err != nil {
		return err
	}
	made, err := from.Read(ctx, name)
	if err != nil {
		return errors.Join(err, d.close())
	}
	err = d.addReading(ctx, made)
	return errors.Join(err, made.Close(), d.close())
}

// addReading compares the files of another tree, owned or not.
func (d *treeDiff) addReading(ctx context.Context, made *publish.Reading) error {
	files := map[artifact.Path]bool{}
	for _, name := range made.Files() {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := made.File(name)
		if err != nil {
			return err
		}
		files[name] = true
		if err := d.add(artifact.Artifact{Path: name, Bytes: data}, nil); err != nil {
			return err
		}
	}
	for _, name := range d.reading.Files() {
		if files[name] {
			continue
		}
		old, err := d.reading.File(name)
		if err != nil {
			return err
		}
		d.collector.Add(diff.Pair{Environment: d.environment, Path: name, Old: old})
	}
	return nil
}

// treeNames lists the folders of an output folder that can be trees.
func treeNames(dir string) ([]string, error) {
	listing, err := os.ReadDir(dir)
	if err != nil {
		return nil, &publish.MachineError{Op: "read", Path: dir, Err: err}
	}
	var names []string
	for _, item := range listing {
		if item.IsDir() && !strings.HasPrefix(item.Name(), ".") {
			names = append(names, item.Name())
		}
	}
	return names, nil
}
