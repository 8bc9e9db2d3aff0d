package build

import (
	"context"
	"errors"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/proof"
	"github.com/dashc/dashc/lib/publish"
)

// TenancyReport is what VerifyTenancy found.
type TenancyReport struct {
	// Files, Queries and Selectors count what was proven.
	Files, Queries, Selectors int
	Findings                  []diagnostic.Diagnostic
}

// VerifyTenancy reads the customers' files of rendered trees from disk and proves that each
// queries its customer only. It needs the project for the catalogue and the list of customers,
// and evaluates nothing: what else it must know it reads from the tree.
func VerifyTenancy(ctx context.Context, p *project.Project, environments []project.Environment, outDir string, workers int) (TenancyReport, error) {
	var report TenancyReport
	catalogue, err := metrics.Load(p.Root, project.MetricsDir)
	if err != nil {
		return report, err
	}
	disk, err := publish.Open(ctx, outDir, publish.Options{ReadOnly: true, Writers: workers})
	if err != nil {
		return report, err
	}
	for _, environment := range environments {
		if environment.Customers.File == "" {
			continue
		}
		if err := verifyTenancy(ctx, p, environment, disk, catalogue, workers, &report); err != nil {
			return report, errors.Join(err, disk.Close())
		}
	}
	return report, disk.Close()
}

func verifyTenancy(ctx context.Context, p *project.Project, environment project.Environment, disk *publish.Tree, catalogue *metrics.Catalogue, workers int, report *TenancyReport) error {
	a := assembler{project: p, catalogue: catalogue}
	label, err := a.tenantLabel(environment.Customers)
	if err != nil {
		return err
	}
	m, err := readMembers(ctx, p, environment)
	if err != nil {
		return err
	}
	reading, err := disk.Read(ctx, environment.Name)
	if err != nil {
		return err
	}
	documents, err := readBase(reading)
	if err != nil {
		return errors.Join(err, reading.Close())
	}
	t := tree{environment: environment, documents: documents}
	prover := a.prover(t, m, label)
	subjects := map[string]proof.Subject{}
	for _, c := range m.list {
		subjects[string(c.Slug)] = c.subject()
	}
	lookup := func(slug string) (proof.Subject, bool) { s, ok := subjects[slug]; return s, ok }
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, file := range reading.Files() {
		if !isCustomers(file) {
			continue
		}
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			data, err := reading.File(file)
			if err != nil {
				return err
			}
			var verdict proof.Verdict
			if artifact.KindOf(file) == artifact.Alerting {
				verdict = prover.Alerts(string(file), data, lookup)
			} else {
				parts := strings.Split(string(file), "/")
				subject := subjects[parts[min(3, len(parts)-1)]] // nobody's where the folder is no customer's
				verdict = prover.Dashboard(string(file), data, subject)
			}
			mutex.Lock()
			defer mutex.Unlock()
			report.Files++
			report.Queries += verdict.Queries
			report.Selectors += verdict.Selectors
			report.Findings = append(report.Findings, inEnvironment(at("", verdict.Findings), environment.Name)...)
			return nil
		})
	}
	return errors.Join(group.Wait(), reading.Close())
}

// isCustomers tells whether a file holds queries of customers.
func isCustomers(file artifact.Path) bool {
	return strings.HasPrefix(string(file), customersDir+"/") && artifact.KindOf(file) == artifact.Dashboard ||
		strings.HasPrefix(string(file), "grafana/provisioning/alerting/customers-")
}

// readBase reads the files of a tree that are no customer's. What cannot be read as JSON or
// YAML tells the proof nothing.
func readBase(reading *publish.Reading) ([]check.Document, error) {
	var documents []check.Document
	for _, file := range reading.Files() {
		kind := artifact.KindOf(file)
		if isCustomers(file) || kind == artifact.Placeholder || strings.Contains(string(file), "/customers-") {
			continue
		}
		data, err := reading.File(file)
		if err != nil {
			return nil, err
		}
		var value any
		if kind == artifact.Dashboard {
			if value, err = artifact.Decode(data); err != nil {
				continue
			}
		} else if yaml.Unmarshal(data, &value) != nil {
			continue
		}
		documents = append(documents, check.Document{Path: file, Kind: kind, Value: value})
	}
	return documents, nil
}
