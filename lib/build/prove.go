package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/proof"
	"github.com/dashc/dashc/lib/tenant"
)

// provenText is what the manifest says of a file that is proven.
const provenText = "proven"

// prover proves the customers' files of a tree.
func (a assembler) prover(tree proof.Tree, m *members, environment string) *proof.Prover {
	tree.Customers = proof.NewIdentities(a.project.Name, environment)
	for _, c := range m.list {
		tree.Customers.Add(c.subject())
	}
	return proof.New(tree)
}

// proofTree is what the proof must know of an environment.
func proofTree(environment project.Environment, documents []check.Document, records map[string][]proof.Record, label string, catalogue *metrics.Catalogue) proof.Tree {
	tree := proof.Tree{Label: label, Catalogue: catalogue, Records: records}
	for _, b := range dashboards(documents) {
		tree.Bases = append(tree.Bases, dashboard.Dashboard{JSON: b.board}.UID())
	}
	for _, rule := range alertRules(documents) {
		if rule.uid != "" {
			tree.Bases = append(tree.Bases, rule.uid)
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

// proofDigest names all that a proof depends on beside the file and the list of customers.
func proofDigest(tree proof.Tree) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %v %q\n", tree.Label, tree.Datasource, tree.DatasourceVariable, tree.Bases)
	for _, m := range tree.Catalogue.All() {
		fmt.Fprintf(h, "%+v\n", m)
	}
	for _, name := range slices.Sorted(maps.Keys(tree.Records)) {
		for _, r := range tree.Records[name] {
			fmt.Fprintf(h, "%q %q %q\n", r.Name, r.Expr, r.Labels)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// publishedRecords reads the recording rules from the bytes that Prometheus will read.
func publishedRecords(artifacts []artifact.Artifact) (map[string][]proof.Record, error) {
	all := map[string][]proof.Record{}
	var findings []diagnostic.Diagnostic
	for i := range artifacts {
		a := &artifacts[i]
		if a.Kind != artifact.Prometheus {
			continue
		}
		if err := addRecords(all, a.Path, a.Content(nil)); err != nil {
			findings = append(findings, unreadableRules(a.Path, a.Source, err))
		}
	}
	return all, diagnostic.AsError(findings...)
}

// addRecords adds the recording rules of a file, if it is one of rules.
func addRecords(all map[string][]proof.Record, file artifact.Path, data []byte) error {
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(string(file))) {
		return nil
	}
	records, err := proof.ReadRules(data)
	for name, list := range records {
		all[name] = append(all[name], list...)
	}
	return err
}

func unreadableRules(file artifact.Path, source string, err error) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{
		Rule: "tenancy/document", Severity: diagnostic.Error, Artifact: string(file), Position: diagnostic.Position{File: source},
		Message: "the proof cannot read the rules: " + err.Error(), Page: pageOf("tenancy/document"),
	}
}

// nobody is a customer that no list has. What is proven of its files holds for the text that a
// template gives everybody, whoever is a customer and whatever they are called.
func nobody(settings project.CustomerSettings) member {
	c := project.Customer{ID: "id-5d0c2e8f", Slug: "slug-5d0c2e8f", Name: "Name 5d0c2e8f"}
	if settings.Isolation == project.IsolateByOrg {
		c.OrgID = 1 << 30
	}
	return member{Customer: c, shard: "00"}
}

// proveExamples proves the files that a group's first customer and nobody would have, so that
// what cannot be proven is found once, and before anything is compared with the disk.
func (v *variants) proveExamples(t *tree, group int) {
	examples := []member{nobody(t.environment.Customers)}
	if first := slices.IndexFunc(v.members.list, func(c member) bool { return c.group == group }); first >= 0 {
		examples = append([]member{v.members.list[first]}, examples...)
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
	for _, c := range examples {
		var file tenant.RuleFile
		if err := file.Add(v.views[group].rules, c.ruleIdentity()); err != nil || file.Empty() {
			continue // addRules tells what is wrong with a customer's thresholds
		}
		lookup := func(string) (proof.Subject, bool) { return c.subject(), true }
		verdict := v.prover.Alerts(string(rulesPlace(c.shard)), file.Bytes(), lookup)
		if len(verdict.Findings) > 0 {
			t.fail(diagnostic.AsError(at(ruleSource(t.documents), verdict.Findings)...))
			break
		}
	}
}

// proveAll proves the files of customers among the artifacts of which changed tells that they
// are not known to be proven. The error is that of an interrupt.
func (v *variants) proveAll(ctx context.Context, t tree, workers int, changed func(artifact.Path) bool) ([]diagnostic.Diagnostic, error) {
	subjects, lookup := v.members.subjects()
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
	err := group.Wait()
	slices.SortStableFunc(findings, func(a, b diagnostic.Diagnostic) int { return strings.Compare(a.Artifact, b.Artifact) })
	return inEnvironment(findings, t.environment.Name), err
}
