package build

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

const promYAML = "{apiVersion: 1, datasources: [{name: Prom, uid: prom, type: prometheus, isDefault: true}]}"

// isolated is a tree with two customers, acme and globex of the organisations 7 and 8, after
// addProvisioning. Both have a dashboard. Files are YAML by their path in grafana/provisioning.
func isolated(t *testing.T, mode project.Isolation, files map[string]string, change func(*tree)) *tree {
	t.Helper()
	result := &tree{environment: project.Environment{Name: "prod"}}
	result.environment.Grafana.CustomersPath = "/var/lib/grafana/customers"
	result.environment.Customers = project.CustomerSettings{
		File: "customers.yaml", Position: diagnostic.Position{File: "environments/prod.yaml", Line: 2}, Isolation: mode,
		Datasource: project.CustomerDatasource{Header: "X-Scope-OrgID", Value: "{slug}"},
	}
	for name, text := range files {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if value, err = artifact.Decode(encoded); err != nil {
			t.Fatal(err)
		}
		file := artifact.Path("grafana/provisioning/" + name + ".yaml")
		result.documents = append(result.documents, check.Document{Path: file, Kind: artifact.KindOf(file), Source: name + ".jsonnet", Value: value})
	}
	m := &members{shards: 1}
	for i, slug := range []project.Slug{"acme", "globex"} {
		c := project.Customer{ID: project.CustomerID(slug), Slug: slug, OrgID: 7 + i, Position: diagnostic.Position{File: "customers.yaml", Line: 1 + i}}
		m.list = append(m.list, member{Customer: c, shard: "00"})
		result.artifacts = append(result.artifacts, artifact.Artifact{Path: place(m.list[i], "jobs"), Kind: artifact.Dashboard, Customer: string(slug)})
	}
	if change != nil {
		change(result)
	}
	(&variants{members: m}).addProvisioning(result)
	return result
}

// file is the text of one file of a tree; empty where there is none.
func (t *tree) file(name string) string {
	for _, a := range t.artifacts {
		if string(a.Path) == "grafana/provisioning/"+name {
			return string(a.Bytes)
		}
	}
	return ""
}

// wantFinding wants exactly one finding, an error at a line with a text.
func wantFinding(t *testing.T, findings []diagnostic.Diagnostic, position, message string) {
	t.Helper()
	if len(findings) != 1 {
		t.Fatalf("%d findings, want 1: %v", len(findings), findings)
	}
	f := findings[0]
	if f.Severity != diagnostic.Error || f.Position.File != position || !strings.Contains(f.Message, message) {
		t.Errorf("got %v at %v: %s", f.Severity, f.Position, f.Message)
	}
}

func TestCustomersNeedAPrometheusDataSource(t *testing.T) {
	loki := map[string]string{"datasources/all": "{apiVersion: 1, datasources: [{name: Loki, uid: loki, type: loki}]}"}
	for _, mode := range []project.Isolation{project.IsolateByDatasource, project.IsolateByOrg} {
		wantFinding(t, isolated(t, mode, loki, nil).findings, "environments/prod.yaml", "no Prometheus data source")
	}
	if found := isolated(t, project.IsolateByFolder, loki, nil).findings; len(found) > 0 {
		t.Errorf("a folder needs no data source: %v", found)
	}
}

func TestInheritedTenantHeadersGo(t *testing.T) {
	tree := isolated(t, project.IsolateByDatasource, map[string]string{"datasources/all": `
datasources:
  - name: Prom
    uid: prom
    type: prometheus
    jsonData: {httpMethod: POST, httpHeaderName1: Authorization, httpHeaderName2: x-scope-orgid, httpHeaderName3: X-SCOPE-ORGID, httpHeaderName4: X-Other}
    secureJsonData: {httpHeaderValue1: Bearer, httpHeaderValue2: everybody, httpHeaderValue3: everybody, httpHeaderValue4: other}
`}, nil)
	if len(tree.findings) > 0 {
		t.Fatal(tree.findings)
	}
	text := tree.file("datasources/customers-00.yaml")
	for _, want := range []string{
		"httpHeaderName1: Authorization", "httpHeaderName2: X-Scope-OrgID", "httpHeaderName3: X-Other", "httpMethod: POST",
		"httpHeaderValue1: Bearer", "httpHeaderValue2: acme", "httpHeaderValue2: globex", "httpHeaderValue3: other",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q:\n%s", want, text)
		}
	}
	for _, not := range []string{"everybody", "x-scope-orgid", "Name4", "Value4"} {
		if strings.Contains(text, not) {
			t.Errorf("with %q:\n%s", not, text)
		}
	}
	if base := datasources(tree.documents)[0]; copyOf(base["jsonData"])["httpHeaderName2"] != "x-scope-orgid" {
		t.Error("the environment's own data source has changed")
	}
}

func TestInheritedQueryParametersAreRefused(t *testing.T) {
	files := map[string]string{"datasources/all": "datasources: [{name: Prom, uid: prom, type: prometheus, jsonData: {customQueryParameters: tenant=all}}]"}
	wantFinding(t, isolated(t, project.IsolateByDatasource, files, nil).findings, "environments/prod.yaml", "tenant=all")
}

func TestProviderOnlyWhereThereAreDashboards(t *testing.T) {
	files := map[string]string{"datasources/all": promYAML}
	none := func(tree *tree) { tree.artifacts = nil }
	one := func(tree *tree) { tree.artifacts = tree.artifacts[:1] }
	for _, mode := range []project.Isolation{project.IsolateByFolder, project.IsolateByDatasource, project.IsolateByOrg} {
		if text := isolated(t, mode, files, none).file("dashboards/customers-00.yaml"); text != "" {
			t.Errorf("%s: a provider of an empty folder:\n%s", mode, text)
		}
		if text := isolated(t, mode, files, one).file("dashboards/customers-00.yaml"); text == "" || strings.Contains(text, "globex") {
			t.Errorf("%s: want the provider of acme only:\n%s", mode, text)
		}
	}
}

func TestCustomersHaveOrganisationsOfTheirOwn(t *testing.T) {
	for file, text := range map[string]string{
		"datasources/more": "datasources: [{name: Other, uid: other, type: loki, orgId: 8}]",
		"dashboards/more":  "providers: [{name: more, orgId: 8, options: {path: /srv}}]",
		"alerting/more":    "contactPoints: [{name: team, orgId: 8}]",
	} {
		files := map[string]string{"datasources/all": promYAML, file: text}
		wantFinding(t, isolated(t, project.IsolateByOrg, files, nil).findings, "customers.yaml", "organisation 8 of the customer \"globex\" is also that of "+file)
		if found := isolated(t, project.IsolateByFolder, files, nil).findings; len(found) > 0 {
			t.Errorf("%s: %v", file, found)
		}
	}
	files := map[string]string{"datasources/all": strings.Replace(promYAML, "uid:", "orgId: 7, uid:", 1)}
	wantFinding(t, isolated(t, project.IsolateByOrg, files, nil).findings, "customers.yaml", "organisation 7")
}

func TestTheDefaultOrganisationIsNoCustomers(t *testing.T) {
	v := &variants{members: &members{list: []member{{Customer: project.Customer{ID: "acme", OrgID: 1}}}}}
	tree := isolated(t, project.IsolateByOrg, map[string]string{"datasources/all": promYAML}, nil)
	v.checkOrganisations(tree)
	wantFinding(t, tree.findings, "", "organisation 1")
}

func TestCollisionsWithTheEnvironmentsOwn(t *testing.T) {
	for name, test := range map[string]struct{ file, text, position, message string }{
		"uid":      {"datasources/more", "datasources: [{name: Other, uid: ds-acme, type: loki}]", "customers.yaml", `uid "ds-acme"`},
		"name":     {"datasources/more", "datasources: [{name: Prom - globex, uid: other, type: loki}]", "customers.yaml", `name "Prom - globex"`},
		"provider": {"dashboards/more", "providers: [{name: customers-00, options: {path: /srv}}]", "environments/prod.yaml", `"customers-00"`},
		"above":    {"dashboards/more", "providers: [{name: all, options: {path: /var/lib/grafana/}}]", "environments/prod.yaml", "once more"},
		"below":    {"dashboards/more", "providers: [{name: all, options: {path: /var/lib/grafana/customers/00}}]", "environments/prod.yaml", "once more"},
		"beside":   {"dashboards/more", "providers: [{name: all, options: {path: /var/lib/grafana/customers-2}}]", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tree := isolated(t, project.IsolateByDatasource, map[string]string{"datasources/all": promYAML, test.file: test.text}, nil)
			if test.message != "" {
				wantFinding(t, tree.findings, test.position, test.message)
			} else if len(tree.findings) > 0 {
				t.Error(tree.findings)
			}
		})
	}
}

func TestASourceMayNotMakeTheCustomersFiles(t *testing.T) {
	files := map[string]string{"datasources/all": promYAML, "dashboards/customers-00": "providers: []"}
	wantFinding(t, isolated(t, project.IsolateByFolder, files, nil).findings, "dashboards/customers-00.jsonnet", "is made for the customers")
}

// withRules adds the rules of acme, which name a contact point and a mute timing.
func withRules(receiver, timing string) func(*tree) {
	return func(tree *tree) {
		rules := `{"groups": [{"orgId": 7, "rules": [{"notification_settings": {"receiver": "` + receiver + `", "mute_time_intervals": ["` + timing + `"]}}, {}]}]}`
		tree.artifacts = append(tree.artifacts, artifact.Artifact{Path: "grafana/provisioning/alerting/customers-00.json", Bytes: []byte(rules)})
	}
}

var contactFiles = map[string]string{
	"datasources/all": promYAML,
	"alerting/contacts": `
contactPoints:
  - {name: pager $x, receivers: [{uid: pager, type: slack, settings: {url: "$__file{/run/slack}", title: '{{ template "title" . }}'}}]}
  - {name: unused, receivers: [{uid: unused, type: slack, settings: {url: "$__file{/run/slack}"}}]}
muteTimes: [{name: nights, time_intervals: []}, {name: never, time_intervals: []}]
templates: [{name: title, template: x}]
`,
}

func TestContactPointsOfCustomersOrganisations(t *testing.T) {
	tree := isolated(t, project.IsolateByOrg, contactFiles, withRules("pager $$x", "nights"))
	if len(tree.findings) > 0 {
		t.Fatal(tree.findings)
	}
	want := `# Generated by dashc from customers.yaml; do not edit.
apiVersion: 1
contactPoints:
  - name: pager $$x
    orgId: 7
    receivers:
      - settings:
          title: '{{ template "title" . }}'
          url: "$__file{/run/slack}"
        type: slack
        uid: pager-acme
muteTimes:
  - name: nights
    orgId: 7
    time_intervals: []
templates:
  - name: title
    orgId: 7
    template: x
`
	if text := tree.file("alerting/contacts-00.yaml"); text != want {
		t.Errorf("got\n%s", text)
	}
	for _, mode := range []project.Isolation{project.IsolateByFolder, project.IsolateByDatasource} {
		if text := isolated(t, mode, contactFiles, withRules("pager $$x", "nights")).file("alerting/contacts-00.yaml"); text != "" {
			t.Errorf("%s: in one organisation there is nothing to copy:\n%s", mode, text)
		}
	}
}

func TestContactPointsThatNobodyHas(t *testing.T) {
	wantFinding(t, isolated(t, project.IsolateByOrg, contactFiles, withRules("pagr $$x", "nights")).findings, "customers.yaml", `contact point "pagr $x"`)
	wantFinding(t, isolated(t, project.IsolateByOrg, contactFiles, withRules("pager $$x", "night")).findings, "customers.yaml", `mute timing "night"`)
	external := func(tree *tree) {
		withRules("by-hand", "nights")(tree)
		tree.environment.Grafana.ExternalContactPoints = []string{"by-hand"}
	}
	if found := isolated(t, project.IsolateByOrg, contactFiles, external).findings; len(found) > 0 {
		t.Error(found)
	}
	if found := isolated(t, project.IsolateByOrg, contactFiles, withRules(grafanasContactPoint, "nights")).findings; len(found) > 0 {
		t.Error(found)
	}
}
