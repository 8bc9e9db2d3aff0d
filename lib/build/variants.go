package build

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/proof"
	"github.com/dashc/dashc/lib/tenant"
)

// view is what customers of equal values see: the templates of their dashboards and rules.
type view struct {
	boards []boardTemplate
	rules  *tenant.RuleTemplate
}

// boardTemplate is one dashboard of a view.
type boardTemplate struct {
	*tenant.Template
	name, title, source string
	board               map[string]any
	options             tenant.Options
	// key names the template by its content, proof the short result of the proof.
	key, proof string
}

// variants are the customers' part of an environment's tree.
type variants struct {
	members *members
	views   []view
	prover  *proof.Prover
	// proofKey names what the proofs rest on.
	proofKey string
	// long makes every variant the long way, without templates.
	long bool
}

// addVariants adds to a tree what its customers have: dashboards, alert rules, providers, data
// sources. groups are the trees of the distinct values, in the order of members.groups.
func (a assembler) addVariants(t *tree, m *members, groups []tree) {
	label, err := a.tenantLabel(t.environment.Customers)
	if err != nil {
		t.fail(err)
		return
	}
	published, err := publishedRecords(t.artifacts)
	if err != nil {
		t.fail(err)
		return
	}
	about := proofTree(t.environment, t.documents, published, label, a.catalogue)
	v := &variants{members: m, long: a.long, prover: a.prover(about, m, t.environment.Name), proofKey: proofDigest(about)}
	for i, group := range groups {
		view, err := a.view(group, label, func(name string) bool { return m.want(i, name) })
		t.fail(err)
		v.views = append(v.views, view)
		if err == nil {
			v.proveExamples(t, i)
		}
	}
	if diagnostic.HasErrors(t.findings) {
		return
	}
	t.variants = v
	v.addDashboards(t)
	v.addRules(t)
	v.nothingLeft(t)
	v.addProvisioning(t)
	t.findings = append(t.findings, inEnvironment(v.collisions(*t), t.environment.Name)...)
	t.findings = append(t.findings, inEnvironment(v.contacts(*t), t.environment.Name)...)
	if !diagnostic.HasErrors(t.findings) {
		t.findings = append(t.findings, inEnvironment(v.idleThresholds(), t.environment.Name)...)
	}
}

// fail adds what an error finds to the tree's findings.
func (t *tree) fail(err error) {
	if err == nil {
		return
	}
	findings, ok := diagnostic.FromError(err)
	if !ok {
		findings = []diagnostic.Diagnostic{{Rule: "tenancy/scope", Severity: diagnostic.Error, Message: err.Error()}}
	}
	t.findings = append(t.findings, inEnvironment(findings, t.environment.Name)...)
}

// view compiles the templates of one group's alert rules and of the dashboards that somebody in
// the group wants.
func (a assembler) view(t tree, label string, wanted func(dashboard string) bool) (view, error) {
	options := tenant.Options{
		Label: label, Catalogue: a.catalogue, Records: records(t.documents), Siblings: map[string]string{},
		DatasourceType: datasourceTypes(t.documents),
	}
	if t.environment.Customers.Isolation == project.IsolateByDatasource {
		options.Datasource = customerDatasource
	}
	var view view
	var findings []diagnostic.Diagnostic
	boards := dashboards(t.documents)
	for _, b := range boards {
		d := dashboard.Dashboard{JSON: b.board}
		options.Siblings[d.UID()] = d.Title()
	}
	byUID := map[string]*tenant.Template{}
	for _, b := range boards {
		if !wanted(b.name) {
			continue
		}
		template, err := tenant.Compile(b.board, options)
		if found, bad := diagnostic.FromError(err); bad {
			findings = append(findings, at(b.source, found)...)
			continue
		} else if err != nil {
			return view, err
		}
		b.Template, b.options = template, options
		b.key = template.Digest()
		view.boards = append(view.boards, b)
		byUID[template.UID()] = template
	}
	if len(findings) > 0 {
		return view, diagnostic.AsError(findings...)
	}
	var err error
	view.rules, err = tenant.CompileRules(ruleFiles(t.documents), byUID, options)
	if found, bad := diagnostic.FromError(err); bad {
		return view, diagnostic.AsError(at(ruleSource(t.documents), found)...)
	}
	return view, err
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// at says in which source findings are and which page tells more, where they do not.
func at(source string, findings []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	for i := range findings {
		if findings[i].Position.File == "" {
			findings[i].Position.File = source
		}
		findings[i].Page = cmp.Or(findings[i].Page, pageOf(findings[i].Rule))
	}
	return findings
}

// dashboards are the dashboards of a tree, sorted by path.
func dashboards(documents []check.Document) []boardTemplate {
	var boards []boardTemplate
	for _, document := range documents {
		board, ok := document.Value.(map[string]any)
		if document.Kind != artifact.Dashboard || !ok {
			continue
		}
		name := strings.TrimSuffix(path.Base(string(document.Path)), ".json")
		boards = append(boards, boardTemplate{name: name, title: dashboard.Dashboard{JSON: board}.Title(), source: document.Source, board: board})
	}
	return boards
}

// records are the recording rules of a tree.
func records(documents []check.Document) map[string][]tenant.Record {
	all := map[string][]tenant.Record{}
	for _, document := range documents {
		top, _ := document.Value.(map[string]any)
		if document.Kind != artifact.Prometheus {
			continue
		}
		for _, group := range objects(top["groups"]) {
			for _, rule := range objects(group["rules"]) {
				name, _ := rule["record"].(string)
				expr, _ := rule["expr"].(string)
				if name == "" {
					continue
				}
				record := tenant.Record{Expr: expr, Labels: map[string]string{}}
				for _, from := range []any{group["labels"], rule["labels"]} { // Prometheus 3 puts the group's on each rule
					labels, _ := from.(map[string]any)
					for label, value := range labels {
						record.Labels[label] = fmt.Sprint(value)
					}
				}
				all[name] = append(all[name], record)
			}
		}
	}
	return all
}

func objects(value any) []map[string]any {
	list, _ := value.([]any)
	var found []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

// datasourceTypes tells the type of the tree's data sources.
func datasourceTypes(documents []check.Document) func(string) string {
	types := map[string]string{}
	for _, source := range datasources(documents) {
		kind, _ := source["type"].(string)
		for _, key := range []string{"uid", "name"} {
			if name, _ := source[key].(string); name != "" {
				types[name] = kind
			}
		}
		if source["isDefault"] == true {
			types[""] = kind
		}
	}
	return func(name string) string { return types[name] }
}

func datasources(documents []check.Document) []map[string]any {
	var all []map[string]any
	for _, document := range documents {
		if top, ok := document.Value.(map[string]any); ok && document.Kind == artifact.Datasources {
			all = append(all, objects(top["datasources"])...)
		}
	}
	return all
}

// ruleFiles are the alerting files as Grafana reads them, with their $ escaped.
func ruleFiles(documents []check.Document) []map[string]any {
	var files []map[string]any
	for _, document := range documents {
		if document.Kind != artifact.Alerting {
			continue
		}
		escaped, _ := artifact.EscapeProvisioning(document.Kind, document.Value)
		if top, ok := escaped.(map[string]any); ok && top["groups"] != nil {
			files = append(files, top)
		}
	}
	return files
}

func ruleSource(documents []check.Document) string {
	for _, document := range documents {
		if top, ok := document.Value.(map[string]any); ok && document.Kind == artifact.Alerting && top["groups"] != nil {
			return document.Source
		}
	}
	return ""
}

// addDashboards adds each customer's dashboards; their bytes are made when they are needed.
func (v *variants) addDashboards(t *tree) {
	for _, c := range v.members.list {
		identity := c.identity()
		who := digestOf(fmt.Appendf(nil, "%q %q %q %d %s %v", c.ID, c.Slug, c.Name, c.OrgID, v.proofKey, v.long))
		for _, b := range v.views[c.group].boards {
			if b.Empty() || !c.Wants(b.name) {
				continue
			}
			t.artifacts = append(t.artifacts, artifact.Artifact{
				Path: place(c, b.name), Kind: artifact.Dashboard, Source: b.source, Customer: string(c.Slug),
				Render: v.renderer(b, identity), Key: b.key + who, Proof: b.proof,
			})
		}
	}
}

// nothingLeft warns where customers are listed and no file is made for any of them.
func (v *variants) nothingLeft(t *tree) {
	if len(v.members.list) == 0 || slices.ContainsFunc(t.artifacts, func(a artifact.Artifact) bool { return a.Proof != "" }) {
		return
	}
	t.findings = append(t.findings, inEnvironment([]diagnostic.Diagnostic{{
		Rule: "config/customer", Severity: diagnostic.Warning, Position: t.environment.Customers.Position,
		Message: "the customers get no dashboard and no alert rule: nothing can be scoped to one of them, or all of it is excluded",
		Hint:    fmt.Sprintf("`dashc list --customer %s --explain` says why", v.members.list[0].Slug),
	}}, t.environment.Name)...)
}

// renderer makes a variant: by the template, or the long way, which gives the same bytes.
func (v *variants) renderer(b boardTemplate, c tenant.Identity) func([]byte) []byte {
	if !v.long {
		return func(dst []byte) []byte { return b.Append(dst, c) }
	}
	return func(dst []byte) []byte {
		board, _, err := tenant.Scope(b.board, c, b.options)
		if err != nil {
			panic(err) // the template of the same dashboard has been compiled
		}
		data, err := artifact.EncodeJSON(board)
		if err != nil {
			panic(err)
		}
		return append(dst, data...)
	}
}

// addRules adds one file of alert rules for each shard.
func (v *variants) addRules(t *tree) {
	v.members.inShards(func(shard string, customers []member) {
		var file tenant.RuleFile
		for _, c := range customers {
			if err := file.Add(v.views[c.group].rules, c.ruleIdentity()); err != nil {
				findings, _ := diagnostic.FromError(err)
				for i := range findings {
					findings[i].Position = c.Position
				}
				t.fail(diagnostic.AsError(findings...))
			}
		}
		if file.Empty() {
			return
		}
		data := file.Bytes()
		t.artifacts = append(t.artifacts, artifact.Artifact{
			Path: rulesPlace(shard), Kind: artifact.Alerting, Source: t.environment.Customers.File, Bytes: data,
			Key: digestOf(data) + v.proofKey, Proof: provenText,
		})
	})
}

// collisions reports uids and folders that two dashboards of the tree would share.
func (v *variants) collisions(t tree) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	owner := map[string]string{}
	folders := map[string]string{}
	for _, b := range dashboards(t.documents) {
		owner[dashboard.Dashboard{JSON: b.board}.UID()] = b.source
	}
	for _, document := range t.documents {
		if document.Kind == artifact.Dashboard {
			dir := path.Dir(string(document.Path))
			folders[strings.ToLower(path.Base(dir))] = dir
		}
	}
	for _, document := range t.documents {
		if ofCustomers(document.Path) {
			found = append(found, diagnostic.Diagnostic{
				Rule: "tenancy/identity", Severity: diagnostic.Error, Position: diagnostic.Position{File: document.Source},
				Message: fmt.Sprintf("the source makes %s, a place that belongs to the customers' files", document.Path), Hint: "give it another name",
			})
		}
	}
	report := func(c member, message, hint string) {
		found = append(found, diagnostic.Diagnostic{Rule: "tenancy/identity", Severity: diagnostic.Error, Position: c.Position, Message: message, Hint: hint})
	}
	for _, c := range v.members.list {
		if dir, taken := folders[string(c.Slug)]; taken && t.environment.Customers.Isolation != project.IsolateByOrg {
			report(c, fmt.Sprintf("the customer's folder %q has the name of the folder %s", c.Slug, dir), "give the customer another slug")
		}
		for _, b := range v.views[c.group].boards {
			if b.Empty() || !c.Wants(b.name) {
				continue
			}
			uid := project.CustomerUID(b.UID(), c.Slug)
			if other, taken := owner[uid]; taken {
				report(c, fmt.Sprintf("the uid %q of %s for the customer %q is also that of %s", uid, b.name, c.ID, other), "give the customer another slug")
			}
			owner[uid] = cmp.Or(string(c.ID), b.source)
		}
	}
	v.ruleCollisions(t, report)
	return found
}

// evaluateGroups compiles an environment once more for each of its customers' distinct values.
func (a assembler) evaluateGroups(ctx context.Context, base tree, m *members, workers int) ([]tree, error) {
	trees := make([]tree, len(m.groups))
	var environments []project.Environment
	var at []int
	for i, values := range m.groups {
		if len(values) == 0 {
			trees[i] = base
			continue
		}
		environments = append(environments, base.environment.With(values))
		at = append(at, i)
	}
	outcomes, err := compileAll(ctx, a.project, environments, workers, func(int, int) {})
	if err != nil {
		return nil, err
	}
	n := len(a.project.Entries)
	for k, i := range at {
		trees[i] = a.assemble(environments[k], outcomes[k*n:(k+1)*n])
	}
	return trees, nil
}
