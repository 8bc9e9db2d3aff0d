package build

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/proof"
)

// provenText is what the manifest says of a file that is proven.
const provenText = "proven"

// prover proves the customers' files of a tree.
func (a assembler) prover(t tree, m *members, label string) *proof.Prover {
	tree := proofTree(t.environment, t.documents, label, a.catalogue)
	tree.Customers = proof.NewIdentities(a.project.Name, t.environment.Name)
	for _, c := range m.list {
		tree.Customers.Add(c.subject())
	}
	return proof.New(tree)
}

// proofTree is what the proof must know of an environment.
func proofTree(environment project.Environment, documents []check.Document, label string, catalogue *metrics.Catalogue) proof.Tree {
	tree := proof.Tree{Label: label, Catalogue: catalogue, Records: map[string][]proof.Record{}}
	for name, list := range records(documents) {
		for _, r := range list {
			tree.Records[name] = append(tree.Records[name], proof.Record{Name: name, Expr: r.Expr, Labels: r.Labels})
		}
	}
	for _, b := range dashboards(documents) {
		tree.Bases = append(tree.Bases, dashboard.Dashboard{JSON: b.board}.UID())
	}
	for _, file := range ruleFiles(documents) {
		for _, group := range objects(file["groups"]) {
			for _, rule := range objects(group["rules"]) {
				if uid, _ := rule["uid"].(string); uid != "" {
					tree.Bases = append(tree.Bases, uid)
				}
			}
		}
	}
	if environment.Customers.Isolation == project.IsolateByDatasource {
		tree.Datasource = customerDatasource
		return tree
	}
	tree.Datasource, _ = prometheusSource(documents)["uid"].(string)
	tree.DatasourceVariable = true
	return tree
}

// proveExamples proves two customers' variants of each dashboard of a view, so that what cannot be
// proven is found once, and before anything is compared with the disk. Two, because the text
// that a template gives everybody may name one of them, who may be called so.
func (v *variants) proveExamples(t *tree, group int) {
	var examples []member
	for _, c := range v.members.list {
		if c.group == group {
			if examples = append(examples, c); len(examples) == 2 {
				break
			}
		}
	}
	for i := range v.views[group].boards {
		b := &v.views[group].boards[i]
		if b.Empty() {
			continue
		}
		for _, c := range examples {
			verdict := v.prover.Dashboard(string(place(c, b.name)), b.Append(nil, c.identity()), c.subject())
			b.proof = fmt.Sprintf("%s: %d queries, %d selectors", provenText, verdict.Queries, verdict.Selectors)
			if len(verdict.Findings) > 0 {
				t.fail(diagnostic.AsError(at(b.source, verdict.Findings)...))
				break
			}
		}
	}
}

// proveAll proves the files of customers among the artifacts of which changed tells that they
// are about to be written. The error is that of an interrupt.
func (v *variants) proveAll(ctx context.Context, t tree, workers int, changed func(artifact.Path) bool) ([]diagnostic.Diagnostic, error) {
	subjects := make(map[string]proof.Subject, len(v.members.list))
	for _, c := range v.members.list {
		subjects[string(c.Slug)] = c.subject()
	}
	lookup := func(slug string) (proof.Subject, bool) {
		s, ok := subjects[slug]
		return s, ok
	}
	var mutex sync.Mutex
	var findings []diagnostic.Diagnostic
	buffers := sync.Pool{New: func() any { return new([]byte) }}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range t.artifacts {
		a := &t.artifacts[i]
		if a.Proof == "" || !changed(a.Path) {
			continue
		}
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			buffer := buffers.Get().(*[]byte)
			defer buffers.Put(buffer)
			var verdict proof.Verdict
			if a.Customer == "" {
				verdict = v.prover.Alerts(string(a.Path), a.Content(nil), lookup)
			} else {
				*buffer = a.Content(*buffer)
				verdict = v.prover.Dashboard(string(a.Path), *buffer, subjects[a.Customer])
			}
			if len(verdict.Findings) > 0 {
				mutex.Lock()
				defer mutex.Unlock()
				findings = append(findings, at(a.Source, verdict.Findings)...)
			}
			return nil
		})
	}
	return inEnvironment(findings, t.environment.Name), group.Wait()
}
