package build

import (
	"context"
	"errors"
	"path"
	"regexp"
	"slices"
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
	for _, d := range incomplete(reading) {
		report.Findings = append(report.Findings, inEnvironment(at("", []diagnostic.Diagnostic{d}), environment.Name)...)
	}
	documents, records, err := readBase(reading)
	if err != nil {
		return errors.Join(err, reading.Close())
	}
	prover := a.prover(proofTree(environment, documents, records, label, catalogue), m, environment.Name)
	subjects, lookup := m.subjects()
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, file := range reading.Files() {
		if !asksForCustomers(file) {
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

// incomplete reports what a tree lacks: nothing can be proven of files that are not there. Of a
// tree that is not there at all, MissingTrees tells.
func incomplete(reading *publish.Reading) []diagnostic.Diagnostic {
	lacking := func(file, message string) diagnostic.Diagnostic {
		return diagnostic.Diagnostic{
			Rule: "tenancy/document", Severity: diagnostic.Error, Artifact: file, Message: message,
			Hint: "build the tree, or name the folder of the trees with --out-dir",
		}
	}
	missing, known := reading.Missing()
	switch {
	case len(reading.Files()) == 0:
		return nil
	case !known:
		return []diagnostic.Diagnostic{lacking(publish.ManifestName, "the tree has no manifest that can be read, so that nobody can tell which files it lacks")}
	}
	var all []diagnostic.Diagnostic
	for _, file := range missing {
		all = append(all, lacking(string(file), "the manifest lists the file, and it is not there"))
	}
	return all
}

// ofCustomers tells by its place whether a file is what a build makes for customers. Such
// names are theirs alone: no source may write one.
func ofCustomers(file artifact.Path) bool {
	if strings.HasPrefix(string(file), customersDir+"/") {
		return true
	}
	dir, base := path.Split(string(file))
	return strings.HasPrefix(dir, "grafana/provisioning/") && shardFile.MatchString(base)
}

var shardFile = regexp.MustCompile(`^customers-[0-9a-f]{2,4}\.(json|yaml)$`)

// asksForCustomers tells whether a customer's file holds queries.
func asksForCustomers(file artifact.Path) bool {
	kind := artifact.KindOf(file)
	return ofCustomers(file) && (kind == artifact.Dashboard || kind == artifact.Alerting)
}

// readBase reads the files of a tree that are no customer's, and the recording rules.
func readBase(reading *publish.Reading) ([]check.Document, map[string][]proof.Record, error) {
	var documents []check.Document
	records := map[string][]proof.Record{}
	var findings []diagnostic.Diagnostic
	for _, file := range reading.Files() {
		kind := artifact.KindOf(file)
		if ofCustomers(file) || kind == artifact.Placeholder {
			continue
		}
		data, err := reading.File(file)
		if err != nil {
			return nil, nil, err
		}
		if kind == artifact.Prometheus {
			if err := addRecords(records, file, data); err != nil {
				findings = append(findings, unreadableRules(file, "", err))
			}
		}
		var value any
		if kind == artifact.Dashboard {
			value, err = artifact.Decode(data)
		} else if slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(string(file))) {
			err = yaml.Unmarshal(data, &value)
		}
		if err != nil {
			findings = append(findings, diagnostic.Diagnostic{
				Rule: "tenancy/document", Severity: diagnostic.Error, Artifact: string(file), Message: "the file cannot be read: " + err.Error(), Page: pageOf("tenancy/document"),
			})
			continue
		}
		documents = append(documents, check.Document{Path: file, Kind: kind, Value: value})
	}
	return documents, records, diagnostic.AsError(findings...)
}
