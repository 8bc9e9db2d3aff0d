package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/metrics"
)

const testCatalogue = `{"metrics": {
  "jobs_total": {"firstSeen": "at-first-event", "help": "Jobs.", "labels": {"customer_id": "the customer", "job_type": "kind", "status": "status"}, "shared": false, "source": "app", "tenantLabel": "customer_id", "type": "counter", "unit": "jobs"},
  "job_seconds": {"firstSeen": "at-first-event", "help": "Durations.", "labels": {"customer_id": "the customer", "job_type": "kind"}, "shared": false, "source": "app", "tenantLabel": "customer_id", "type": "histogram", "unit": "seconds"},
  "queue_length": {"firstSeen": "at-first-event", "help": "Queue.", "labels": {"customer_id": "the customer", "job_type": "kind"}, "shared": false, "source": "app", "tenantLabel": "customer_id", "type": "gauge", "unit": "jobs"},
  "requests_total": {"firstSeen": "at-first-event", "help": "Requests.", "labels": {"view": "view"}, "shared": false, "source": "app", "type": "counter", "unit": "requests"},
  "down": {"firstSeen": "at-start", "help": "Down.", "labels": {}, "shared": true, "source": "prometheus", "type": "gauge", "unit": "boolean"},
  "up": {"firstSeen": "at-start", "help": "Up.", "labels": {}, "shared": true, "source": "prometheus", "type": "gauge", "unit": "boolean"}
}}
`

const testRules = `groups:
  - name: a
    rules:
      - record: kept
        expr: sum by (customer_id, job_type) (rate(jobs_total[5m]))
      - record: kept_twice
        expr: sum without (job_type) (kept) / on (customer_id) group_left sum by (customer_id) (queue_length)
      - record: lost
        expr: sum by (job_type) (rate(jobs_total[5m]))
      - record: lost_twice
        expr: sum by (customer_id) (lost)
      - record: top
        expr: topk(5, jobs_total)
      - record: mixed
        expr: jobs_total
      - record: mixed
        expr: requests_total
      - record: labelled
        expr: jobs_total
        labels: {customer_id: "7"}
      - record: itself
        expr: itself
      - record: across
        expr: queue_length / ignoring (customer_id) group_left queue_length
      - record: param
        expr: topk by (customer_id) (scalar(sum(queue_length)), queue_length)
      - record: down
        expr: jobs_total
`

var (
	acme  = Subject{ID: "7", Slug: "acme", Name: "Acme"}
	odd   = Subject{ID: `O'Neil "x" {y}`, Slug: "o-neil", Name: "O'Neil & Söhne"}
	other = Subject{ID: "customer-8", Slug: "globex", Name: "Globex Corp"}
)

const acmePath = "grafana/customers/00/acme/jobs.json"

func testTree(t testing.TB) Tree {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(testCatalogue), 0o644); err != nil {
		t.Fatal(err)
	}
	catalogue, err := metrics.Load(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := ReadRules([]byte(testRules))
	if err != nil {
		t.Fatal(err)
	}
	all := NewIdentities("Grafana")
	for _, s := range []Subject{acme, odd, other} {
		all.Add(s)
	}
	return Tree{Label: "customer_id", Catalogue: catalogue, Records: rules, Datasource: "prometheus", Customers: all,
		Bases: []string{"jobs", "alert-jobs", "a-dashboard-with-a-uid-of-nearly-forty-x"}}
}

// goodDashboard is a variant for acme that is as it should be.
const goodDashboard = `{
  "annotations": {"list": [
    {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": true, "hide": true, "iconColor": "blue", "name": "Annotations", "type": "dashboard"},
    {"datasource": {"type": "prometheus", "uid": "prometheus"}, "enable": true, "iconColor": "red", "name": "Restarts", "target": {"expr": "changes(up[5m]) > 0", "refId": "A"}}
  ]},
  "description": "Jobs of Acme.",
  "links": [
    {"asDropdown": false, "includeVars": true, "keepTime": true, "tags": ["env:prod", "customer:acme"], "title": "Dashboards", "type": "dashboards"},
    {"title": "Other", "type": "link", "url": "/d/jobs-acme?orgId=1"}
  ],
  "panels": [
    {"type": "timeseries", "id": 1, "title": "Jobs", "datasource": {"type": "prometheus", "uid": "prometheus"}, "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
      "fieldConfig": {"defaults": {"unit": "ops", "links": [{"title": "More", "url": "/d/jobs-acme?${__url_time_range}"}]}, "overrides": []},
      "options": {"legend": {"showLegend": true}},
      "targets": [
        {"datasource": {"type": "prometheus", "uid": "prometheus"}, "expr": "sum by (job_type) (rate(jobs_total{customer_id=\"7\", job_type=~\"$job_type\"}[$__rate_interval]))", "legendFormat": "{{job_type}}", "range": true, "refId": "A"},
        {"datasource": {"type": "prometheus", "uid": "prometheus"}, "expr": "topk(scalar(sum(queue_length{customer_id=\"7\"})), kept_twice{customer_id=\"7\"})", "hide": true, "refId": "B"}
      ]},
    {"type": "row", "id": 2, "title": "Row", "collapsed": true, "gridPos": {"h": 1, "w": 24, "x": 0, "y": 8}, "panels": [
      {"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"},
        "targets": [{"expr": "queue_length{customer_id=\"7\"} or vector(0)", "refId": "A"}]}
    ]},
    {"type": "text", "id": 4, "title": "Help", "options": {"mode": "markdown", "content": "See [jobs](/d/jobs-acme/jobs)."}}
  ],
  "schemaVersion": 39,
  "tags": ["env:prod", "customer:acme"],
  "templating": {"list": [
    {"name": "job_type", "type": "query", "multi": true, "includeAll": true, "allValue": ".*", "datasource": {"type": "prometheus", "uid": "prometheus"}, "query": "label_values(jobs_total{customer_id=\"7\"}, job_type)"}
  ]},
  "title": "Jobs - Acme",
  "uid": "jobs-acme"
}
`

func TestGoodDashboard(t *testing.T) {
	p := New(testTree(t))
	for range 2 {
		v := p.Dashboard(acmePath, []byte(goodDashboard), acme)
		if !v.Proven() {
			t.Fatal(v.Findings)
		}
		if v.Queries != 5 || v.Selectors != 6 || len(v.Shared) != 1 {
			t.Errorf("%d queries, %d selectors, shared %v", v.Queries, v.Selectors, v.Shared)
		}
	}
	if len(p.canons) != 1 {
		t.Errorf("%d canonical documents", len(p.canons))
	}
	if r := p.dashboard(acmePath, []byte(goodDashboard), p.identityOf(acme)); len(r.findings) > 0 {
		t.Errorf("the file itself: %v", r.findings)
	}
}

// TestMutations takes the good dashboard, changes one thing, and expects a refusal by the rule,
// or none for the near twins.
func TestMutations(t *testing.T) {
	p := New(testTree(t))
	p.Dashboard(acmePath, []byte(goodDashboard), acme)
	const target = `{"expr": "queue_length{customer_id=\"7\"} or vector(0)", "refId": "A"}`
	const query = `queue_length{customer_id=\"7\"} or vector(0)`
	const whole = `"schemaVersion": 39`
	tests := []struct{ name, old, new, rule string }{
		// Selectors.
		{"no matcher", query, `queue_length`, "tenancy/selector"},
		{"regex matcher", query, `queue_length{customer_id=~\"7\"}`, "tenancy/selector"},
		{"negative matcher", query, `queue_length{customer_id!=\"7\"}`, "tenancy/selector"},
		{"another id", query, `queue_length{customer_id=\"8\"}`, "tenancy/selector"},
		{"empty id", query, `queue_length{customer_id=\"\"}`, "tenancy/selector"},
		{"two matchers", query, `queue_length{customer_id=\"7\",customer_id=\"8\"}`, "tenancy/selector"},
		{"twice the same", query, `queue_length{customer_id=\"7\",customer_id=\"7\"}`, "tenancy/selector"},
		{"other label", query, `queue_length{customer=\"7\"}`, "tenancy/selector"},
		{"quoted label", query, `queue_length{\"customer_id\"=\"7\"}`, ""},
		{"quoted name", query, `{\"queue_length\", customer_id=\"7\"}`, ""},
		{"name matcher", query, `{__name__=\"queue_length\", customer_id=\"7\"}`, ""},
		{"name by regex", query, `{__name__=~\"queue.*\", customer_id=\"7\"}`, "tenancy/metric"},
		{"no name", query, `{customer_id=\"7\"}`, "tenancy/metric"},
		{"escaped id", query, `queue_length{customer_id=\"\\x37\"}`, ""},
		{"id in single quotes", query, `queue_length{customer_id='7'}`, ""},
		{"id in backticks", query, "queue_length{customer_id=`7`}", ""},
		{"spaces", query, `queue_length { customer_id = \"7\" }`, ""},
		{"matcher in a comment", query, `queue_length # {customer_id=\"7\"}`, "tenancy/selector"},
		{"matcher in a string", query, `label_replace(queue_length, \"a\", \"{customer_id=\\\"7\\\"}\", \"b\", \"\")`, "tenancy/selector"},
		{"or", query, query + ` or queue_length`, "tenancy/selector"},
		{"aggregation parameter", query, `topk(scalar(sum(queue_length)), queue_length{customer_id=\"7\"})`, "tenancy/selector"},
		{"subquery", query, `max_over_time(sum(queue_length)[1h:5m])`, "tenancy/selector"},
		{"subquery scoped", query, `max_over_time(sum(queue_length{customer_id=\"7\"})[1h:5m] offset 1h)`, ""},
		{"at", query, `queue_length{customer_id=\"7\"} @ end()`, ""},
		{"absent", query, `absent(queue_length{customer_id=\"7\"})`, ""},
		{"not parsed", query, `queue_length{customer_id=\"7\"`, "tenancy/query"},
		{"info", query, `info(queue_length{customer_id=\"7\"})`, "tenancy/query"},
		{"id's stand-in", query, "queue_length{customer_id=\\\"\uE001\\\"}", "tenancy/selector"},
		{"stand-in elsewhere", query, "queue_length{customer_id=\\\"7\\\",a=\\\"\uE001\\\"}", "tenancy/query"},
		// Metrics.
		{"unknown metric", query, `nobody{customer_id=\"7\"}`, "tenancy/metric"},
		{"without the label", query, `requests_total{customer_id=\"7\"}`, "tenancy/metric"},
		{"unscoped, not shared", query, `requests_total`, "tenancy/selector"},
		{"shared", query, `up`, ""},
		{"shared, recorded also", query, `down`, "tenancy/selector"},
		{"histogram", query, `histogram_quantile(0.9, sum by (le) (rate(job_seconds_bucket{customer_id=\"7\"}[5m])))`, ""},
		{"record kept", query, `kept{customer_id=\"7\"}`, ""},
		{"record lost", query, `lost{customer_id=\"7\"}`, "tenancy/metric"},
		{"record lost earlier", query, `lost_twice{customer_id=\"7\"}`, "tenancy/metric"},
		{"record topk", query, `top{customer_id=\"7\"}`, "tenancy/metric"},
		{"record of two", query, `mixed{customer_id=\"7\"}`, "tenancy/metric"},
		{"record with the label", query, `labelled{customer_id=\"7\"}`, "tenancy/metric"},
		{"record of itself", query, `itself{customer_id=\"7\"}`, "tenancy/metric"},
		{"record across", query, `across{customer_id=\"7\"}`, "tenancy/metric"},
		{"record parameter", query, `param{customer_id=\"7\"}`, "tenancy/metric"},
		{"record itself unscoped", query, `kept`, "tenancy/selector"},
		// Writing the label.
		{"label_replace", query, `label_replace(queue_length{customer_id=\"7\"}, \"customer_id\", \"8\", \"\", \"\")`, "tenancy/writes-label"},
		{"label_replace in brackets", query, `label_replace(queue_length{customer_id=\"7\"}, (\"customer_id\"), \"8\", \"\", \"\")`, "tenancy/writes-label"},
		{"label_replace of another", query, `label_replace(queue_length{customer_id=\"7\"}, \"a\", \"$1\", \"customer_id\", \"(.*)\")`, ""},
		{"label_join", query, `label_join(queue_length{customer_id=\"7\"}, \"customer_id\", \"-\", \"job_type\")`, "tenancy/writes-label"},
		{"count_values", query, `count_values(\"customer_id\", queue_length{customer_id=\"7\"})`, "tenancy/writes-label"},
		{"group_left", query, `queue_length{customer_id=\"7\"} * on (job_type) group_left (customer_id) kept{customer_id=\"7\"}`, "tenancy/writes-label"},
		{"by the label", query, `sum by (customer_id) (queue_length{customer_id=\"7\"})`, ""},
		// Macros.
		{"variable as id", query, `queue_length{customer_id=\"$job_type\"}`, "tenancy/macro"},
		{"variable in braces", query, `queue_length{customer_id=\"7\" $job_type}`, "tenancy/macro"},
		{"variable as name", query, `$job_type{customer_id=\"7\"}`, "tenancy/macro"},
		{"variable as range", query, `rate(jobs_total{customer_id=\"7\"}[$job_type])`, "tenancy/macro"},
		{"variable as number", query, `queue_length{customer_id=\"7\"} > $job_type`, "tenancy/macro"},
		{"variable after the matcher", query, `queue_length{customer_id=\"7\",job_type=~\"a${job_type}b\"}`, ""},
		{"variable, regex format", query, `queue_length{customer_id=\"7\",job_type=~\"${job_type:regex}\"}`, ""},
		{"variable in double brackets", query, `queue_length{customer_id=\"7\",job_type=~\"[[job_type]]\"}`, ""},
		{"character class", query, `queue_length{customer_id=\"7\",job_type=~\"[[:alpha:]]+\"}`, ""},
		{"variable before the matcher", query, `queue_length{job_type=~\"$job_type\",customer_id=\"7\"}`, "tenancy/macro"},
		{"raw", query, `queue_length{customer_id=\"7\",job_type=~\"${job_type:raw}\"}`, "tenancy/macro"},
		{"raw in brackets", query, `queue_length{customer_id=\"7\",job_type=~\"[[job_type:raw]]\"}`, "tenancy/macro"},
		{"pipe", query, `queue_length{customer_id=\"7\",job_type=~\"${job_type:pipe}\"}`, "tenancy/macro"},
		{"path", query, `queue_length{customer_id=\"7\",job_type=~\"${job_type.x}\"}`, "tenancy/macro"},
		{"single quotes", query, `queue_length{customer_id=\"7\",job_type=~'$job_type'}`, "tenancy/macro"},
		{"backticks", query, "queue_length{customer_id=\\\"7\\\",job_type=~`$job_type`}", "tenancy/macro"},
		{"with a comment", query, `queue_length{customer_id=\"7\",job_type=~\"$job_type\"} # a`, "tenancy/macro"},
		{"with braces in a string", query, `queue_length{customer_id=\"7\",job_type=~\"$job_type\",status=~\"a{2}\"}`, "tenancy/macro"},
		{"undeclared", query, `queue_length{customer_id=\"7\",job_type=~\"$nobody\"}`, "tenancy/macro"},
		{"login", query, `queue_length{customer_id=\"7\",job_type=~\"${__user.login}\"}`, "tenancy/macro"},
		{"global in a name", query, `queue_length$__range{customer_id=\"7\"}`, "tenancy/macro"},
		{"global in a recorded name", query, `kept:$__interval{customer_id=\"7\"}`, "tenancy/macro"},
		{"global as a step", query, `max_over_time(queue_length{customer_id=\"7\"}[$__range:$__interval])`, ""},
		{"global in braces", query, `queue_length{$__range=\"7\"}`, "tenancy/macro"},
		{"global with a unit", query, `rate(jobs_total{customer_id=\"7\"}[${__range_s}s])`, ""},
		{"global number", query, `queue_length{customer_id=\"7\"} / $__range_s`, ""},
		{"single value", `"multi": true, "includeAll": true, `, ``, "tenancy/macro"},
		{"a weak one beside", `"templating": {"list": [`, `"templating": {"list": [{"name": "t", "type": "textbox", "query": "x"},`, "tenancy/macro"},
		{"all is unsafe", `"allValue": ".*"`, `"allValue": "\"} or foo{a=\""`, "tenancy/macro"},
		// Queries in other places.
		{"annotation", `changes(up[5m])`, `changes(queue_length[5m])`, "tenancy/selector"},
		{"old annotation", `"name": "Restarts", `, `"name": "Restarts", "expr": "queue_length", `, "tenancy/selector"},
		{"annotation as a text", `"target": {"expr": "changes(up[5m]) > 0", "refId": "A"}`, `"target": "jobs_total"`, "tenancy/document"},
		{"collapsed row", `{customer_id=\"7\"} or vector(0)`, ``, "tenancy/selector"},
		{"hidden target", `kept_twice{customer_id=\"7\"}`, `kept_twice`, "tenancy/selector"},
		{"variable query", `label_values(jobs_total{customer_id=\"7\"}, job_type)`, `label_values(jobs_total, job_type)`, "tenancy/selector"},
		{"variable lists customers", `label_values(jobs_total{customer_id=\"7\"}, job_type)`, `label_values(customer_id)`, "tenancy/query"},
		{"variable lists metrics", `label_values(jobs_total{customer_id=\"7\"}, job_type)`, `metrics(.*)`, "tenancy/query"},
		{"variable result", `label_values(jobs_total{customer_id=\"7\"}, job_type)`, `query_result(jobs_total)`, "tenancy/selector"},
		{"variable series", `label_values(jobs_total{customer_id=\"7\"}, job_type)`, `jobs_total`, "tenancy/selector"},
		{"variable object", `"query": "label_values(jobs_total{customer_id=\"7\"}, job_type)"`, `"query": {"query": "label_values(jobs_total{customer_id=\"7\"}, job_type)", "refId": "x", "qryType": 1}`, ""},
		{"variable object with more", `"query": "label_values(jobs_total{customer_id=\"7\"}, job_type)"`, `"query": {"query": "label_values(jobs_total{customer_id=\"7\"}, job_type)", "refId": "x", "varQuery": "jobs_total"}`, "tenancy/query"},
		{"definition", `"multi": true`, `"multi": true, "definition": "label_values(jobs_total, job_type)"`, "tenancy/selector"},
		{"ad hoc", `"templating": {"list": [`, `"templating": {"list": [{"name": "f", "type": "adhoc", "datasource": {"type": "prometheus", "uid": "prometheus"}},`, "tenancy/query"},
		{"expression in options", `"options": {"legend"`, `"options": {"expr": "jobs_total", "legend"`, "tenancy/query"},
		{"transformation", `"options": {"legend"`, `"transformations": [{"id": "x", "options": {"query": "jobs_total"}}], "options": {"legend"`, "tenancy/query"},
		// Documents.
		{"key twice", target, `{"expr": "jobs_total", "expr": "queue_length{customer_id=\"7\"}", "refId": "A"}`, "tenancy/document"},
		{"key twice, escaped", target, `{"ex\u0070r": "jobs_total", "expr": "queue_length{customer_id=\"7\"}", "refId": "A"}`, "tenancy/document"},
		{"escaped key", target, `{"ex\u0070r": "queue_length", "refId": "A"}`, "tenancy/selector"},
		{"escaped value", target, `{"expr": "queue\u005flength{customer_id=\"7\"}", "refId": "A"}`, ""},
		{"key in capitals", target, `{"Expr": "queue_length", "refId": "A"}`, "tenancy/document"},
		{"unknown key of a target", target, `{"expr": "up", "adhocFilters": [], "refId": "A"}`, "tenancy/document"},
		{"unknown key of a panel", `"type": "stat",`, `"type": "stat", "query": "jobs_total",`, "tenancy/document"},
		{"unknown key", whole, whole + `, "rows": []`, "tenancy/document"},
		{"inputs", whole, whole + `, "__inputs": []`, "tenancy/document"},
		{"library panel", `"type": "stat",`, `"type": "stat", "libraryPanel": {"uid": "x"},`, "tenancy/document"},
		{"unknown panel", `"type": "stat",`, `"type": "someone-panel",`, "tenancy/document"},
		{"dashboard list", `"type": "stat",`, `"type": "dashlist",`, "tenancy/document"},
		{"trailing", "}\n", "}\n{}", "tenancy/document"},
		{"not UTF-8", `"Jobs of Acme."`, "\"\xff\"", "tenancy/document"},
		{"lone surrogate", `"Jobs of Acme."`, `"\ud800"`, "tenancy/document"},
		{"comment", `"schemaVersion"`, `/* */ "schemaVersion"`, "tenancy/document"},
		// Data sources.
		{"another source", `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"}`, `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "other"}`, "tenancy/datasource"},
		{"no source", `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"}`, `"type": "stat", "id": 3, "title": "Queue"`, "tenancy/datasource"},
		{"named source", `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"}`, `"type": "stat", "id": 3, "title": "Queue", "datasource": "Prometheus"`, "tenancy/datasource"},
		{"source by variable", `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"}`, `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "$job_type"}`, "tenancy/datasource"},
		{"another type", `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"}`, `"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "loki", "uid": "prometheus"}`, "tenancy/datasource"},
		{"other results", target, `{"datasource": {"type": "__expr__", "uid": "__expr__"}, "refId": "A", "type": "math", "expression": "$A * 2"}`, ""},
		{"sql", target, `{"datasource": {"type": "__expr__", "uid": "__expr__"}, "refId": "A", "type": "sql", "expression": "select 1"}`, "tenancy/query"},
		// Identity.
		{"uid", `"uid": "jobs-acme"`, `"uid": "jobs-globex"`, "tenancy/identity"},
		{"base uid", `"uid": "jobs-acme"`, `"uid": "jobs"`, "tenancy/identity"},
		{"title", `"title": "Jobs - Acme"`, `"title": "Jobs - Globex"`, "tenancy/identity"},
		{"base title", `"title": "Jobs - Acme"`, `"title": "Jobs"`, "tenancy/identity"},
		{"no tag", `"tags": ["env:prod", "customer:acme"],` + "\n  \"temp", `"tags": ["env:prod"],` + "\n  \"temp", "tenancy/identity"},
		{"another tag", `"tags": ["env:prod", "customer:acme"],` + "\n  \"temp", `"tags": ["customer:globex", "customer:acme"],` + "\n  \"temp", "tenancy/identity"},
		{"another in a tag", `"tags": ["env:prod", "customer:acme"],` + "\n  \"temp", `"tags": ["globex", "customer:acme"],` + "\n  \"temp", "tenancy/other-customer"},
		{"another in a matcher", query, `queue_length{customer_id=\"7\", job_type=\"Globex Corp\"}`, "tenancy/other-customer"},
		{"another in an alternative", query, `queue_length{customer_id=\"7\", job_type=~\"a|(Globex Corp)\"}`, "tenancy/other-customer"},
		{"own in a matcher", query, `queue_length{customer_id=\"7\", job_type=\"acme\"}`, ""},
		{"another in a link", `/d/jobs-acme?orgId=1`, `/d/jobs-acme?var-x=customer-8`, "tenancy/other-customer"},
		// Links.
		{"links of all", `"tags": ["env:prod", "customer:acme"], "title"`, `"tags": ["env:prod"], "title"`, "tenancy/link"},
		{"link to another", `/d/jobs-acme?orgId=1`, `/d/jobs-globex`, "tenancy/link"},
		{"link to the base", `/d/jobs-acme?orgId=1`, `/d/jobs`, "tenancy/link"},
		{"link, relative", `/d/jobs-acme?orgId=1`, `d/jobs`, "tenancy/link"},
		{"link, encoded", `/d/jobs-acme?orgId=1`, `/%64/jobs`, "tenancy/link"},
		{"link, encoded twice", `/d/jobs-acme?orgId=1`, `/%2564/jobs`, "tenancy/link"},
		{"link, absolute", `/d/jobs-acme?orgId=1`, `https://grafana.example/d/jobs`, "tenancy/link"},
		{"link, capital", `/d/jobs-acme?orgId=1`, `/D/jobs`, "tenancy/link"},
		{"text leads to Explore", `(/d/jobs-acme/jobs)`, `(/explore?left=x)`, "tenancy/link"},
		{"text leads to a folder", `(/d/jobs-acme/jobs)`, `(https://grafana.example/dashboards/f/x)`, "tenancy/link"},
		{"text leads to a handbook", `(/d/jobs-acme/jobs)`, `(https://runbooks.example/jobs)`, ""},
		{"text leads by reference", `See [jobs](/d/jobs-acme/jobs).`, `See [jobs].\n\n[jobs]: /d/jobs-globex`, "tenancy/link"},
		{"text leads to Explore by reference", `See [jobs](/d/jobs-acme/jobs).`, `See [jobs].\n\n[jobs]: /explore?left=x`, "tenancy/link"},
		{"link, backslash", `/d/jobs-acme?orgId=1`, `\\d\\jobs`, "tenancy/link"},
		{"link by variable", `/d/jobs-acme?orgId=1`, `/d/${job_type}`, "tenancy/link"},
		{"link to a folder", `/d/jobs-acme?orgId=1`, `/dashboards/f/x`, "tenancy/link"},
		{"link chooses a customer", `/d/jobs-acme?orgId=1`, `/d/jobs-acme?var-customer_id=8`, "tenancy/link"},
		{"link to a handbook", `/d/jobs-acme?orgId=1`, `https://runbooks.example/jobs#a`, ""},
		{"data link to Explore", `/d/jobs-acme?${__url_time_range}`, `/explore?left=%7B%22queries%22:%5B%7B%22expr%22:%22jobs_total%22%7D%5D%7D`, "tenancy/link"},
		{"data link to another", `/d/jobs-acme?${__url_time_range}`, `/d/jobs-globex`, "tenancy/link"},
		{"text leads to another", `(/d/jobs-acme/jobs)`, `(/d/jobs-globex/jobs)`, "tenancy/link"},
		{"text leads by an entity", `(/d/jobs-acme/jobs)`, `(/d&#47;jobs-globex)`, "tenancy/link"},
		{"HTML", `"mode": "markdown"`, `"mode": "html"`, "tenancy/link"},
		{"script", `/d/jobs-acme?orgId=1`, `javascript:alert(1)`, "tenancy/link"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if strings.Count(goodDashboard, test.old) < 1 {
				t.Fatalf("the good dashboard has no %s", test.old)
			}
			data := strings.Replace(goodDashboard, test.old, test.new, 1)
			v := p.Dashboard(acmePath, []byte(data), acme)
			direct := p.dashboard(acmePath, []byte(data), p.identityOf(acme)).verdict(acme)
			if v.Proven() != direct.Proven() {
				t.Errorf("canonical %v, in full %v", v.Findings, direct.Findings)
			}
			switch {
			case test.rule == "" && !v.Proven():
				t.Errorf("refused: %v", v.Findings)
			case test.rule != "" && v.Proven():
				t.Error("accepted")
			case test.rule != "":
				for _, f := range v.Findings {
					if f.Rule == test.rule {
						return
					}
				}
				t.Errorf("no %s in %v", test.rule, v.Findings)
			}
		})
	}
}

// variant writes the good dashboard for another customer, as a rewriter would.
func variant(s Subject) (string, string) {
	id := strings.ReplaceAll(strings.ReplaceAll(s.ID, `\`, `\\`), `"`, `\"`)
	id = strings.ReplaceAll(strings.ReplaceAll(id, `\`, `\\`), `"`, `\"`)
	text := strings.NewReplacer(`customer_id=\"7\"`, `customer_id=\"`+id+`\"`, "jobs-acme", "jobs-"+s.Slug, "customer:acme", "customer:"+s.Slug,
		"Acme", s.Name).Replace(goodDashboard)
	return "grafana/customers/00/" + s.Slug + "/jobs.json", text
}

func TestOtherCustomers(t *testing.T) {
	tree := testTree(t)
	p := New(tree)
	for i := range 200 {
		s := Subject{ID: fmt.Sprint("customer ", i), Slug: fmt.Sprint("c-", i), Name: fmt.Sprint("Customer ", i)}
		path, text := variant(s)
		if v := p.Dashboard(path, []byte(text), s); !v.Proven() {
			t.Fatal(v.Findings)
		}
		if v := p.Dashboard(path, []byte(text), acme); v.Proven() {
			t.Fatal("proven for another customer")
		}
		if i > 0 {
			if v := p.Dashboard(path, []byte(strings.Replace(text, fmt.Sprint("customer ", i), "customer 0", 1)), s); v.Proven() {
				t.Fatal("proven with another customer's id")
			}
		}
	}
	if len(p.canons) != 1 {
		t.Errorf("%d canonical documents for equal dashboards", len(p.canons))
	}
	// A name that becomes another's with the text around it is found in the fast way too.
	longer := Subject{ID: "long", Slug: "long", Name: "Acme Worldwide"}
	tree.Customers.Add(longer)
	path, text := variant(acme)
	text = strings.Replace(text, `"tags": ["env:prod", "customer:acme"],`+"\n  \"temp", `"tags": ["Acme Worldwide", "customer:acme"],`+"\n  \"temp", 1)
	if v := p.Dashboard(path, []byte(text), acme); v.Proven() {
		t.Error("another customer's name in a tag")
	}
	// An id with braces and quotes can be scoped, but not beside a viewer's choice.
	path, text = variant(odd)
	if v := p.Dashboard(path, []byte(text), odd); v.Proven() {
		t.Error("an id with braces stands beside a variable")
	}
	text = strings.Replace(text, `, job_type=~\"$job_type\"`, "", 1)
	if v := p.Dashboard(path, []byte(text), odd); !v.Proven() {
		t.Error(v.Findings)
	}
}

func TestSubjects(t *testing.T) {
	p := New(testTree(t))
	for _, s := range []Subject{{ID: "", Slug: "acme", Name: "Acme"}, {ID: "7", Slug: "Acme", Name: "Acme"}, {ID: "7", Slug: "../acme", Name: "Acme"},
		{ID: "7", Slug: "acme"}, {ID: "a\nb", Slug: "acme", Name: "Acme"}, {ID: standInID, Slug: "acme", Name: "Acme"}} {
		if p.Dashboard(acmePath, []byte(goodDashboard), s).Proven() {
			t.Errorf("proven for %+v", s)
		}
	}
	for _, path := range []string{"grafana/dashboards/jobs.json", "grafana/customers/00/globex/jobs.json",
		"grafana/customers/00/acme/../globex/jobs.json", "grafana/customers/00/acme/jobs.yaml"} {
		if p.Dashboard(path, []byte(goodDashboard), acme).Proven() {
			t.Errorf("proven at %s", path)
		}
	}
	if New(Tree{}).Dashboard(acmePath, []byte(goodDashboard), acme).Proven() {
		t.Error("proven without a label")
	}
}

func TestLongUID(t *testing.T) {
	p := New(testTree(t))
	for base := range p.bases {
		if len(base) > 30 {
			whole := base + "-acme"
			sum := fmt.Sprintf("%x", sha(base+"\x00acme"))[:10]
			if p.owned(whole[:29]+"-"+sum, "acme") < 0 || p.owned(whole[:29]+"-"+sum, "globex") >= 0 || p.owned(whole[:29]+"-0123456789", "acme") >= 0 {
				t.Error("the uid with a digest is not recognised")
			}
		}
	}
}

const goodAlerts = `apiVersion: 1
groups:
  - folder: acme
    interval: "1m"
    name: jobs
    orgId: 1
    rules:
      - uid: alert-jobs-acme
        title: Too few jobs - Acme
        condition: B
        dashboardUid: jobs-acme
        panelId: 1
        for: "5m"
        annotations:
          summary: '{{ $labels.job_type }} fails'
        labels:
          customer_id: "7"
          what: '{{ $$labels.job_type }}'
        data:
          - refId: A
            datasourceUid: prometheus
            relativeTimeRange: {from: 600, to: 0}
            model:
              datasource: {type: prometheus, uid: prometheus}
              expr: sum(rate(jobs_total{customer_id="7"}[5m]))
              refId: A
              instant: true
          - refId: B
            datasourceUid: __expr__
            model:
              type: threshold
              expression: A
              refId: B
              conditions:
                - evaluator: {type: gt, params: [5]}
`

func TestAlerts(t *testing.T) {
	p := New(testTree(t))
	find := func(slug string) (Subject, bool) { return acme, slug == acme.Slug }
	if v := p.Alerts("a.yaml", []byte(goodAlerts), find); !v.Proven() || v.Queries != 1 || v.Selectors != 1 {
		t.Fatalf("%+v", v)
	}
	for _, test := range []struct{ name, old, new string }{
		{"no matcher", `{customer_id="7"}`, ``},
		{"another id", `{customer_id="7"}`, `{customer_id="8"}`},
		{"dashboard's variable", `{customer_id="7"}`, `{customer_id="7",job_type="$job_type"}`},
		{"another label", `customer_id: "7"`, `customer_id: "8"`},
		{"folder", `folder: acme`, `folder: globex`},
		{"uid", `uid: alert-jobs-acme`, `uid: alert-jobs-globex`},
		{"uid from the environment", `uid: alert-jobs-acme`, `uid: $UID`},
		{"dashboard", `dashboardUid: jobs-acme`, `dashboardUid: jobs`},
		{"source", `datasourceUid: prometheus`, `datasourceUid: loki`},
		{"two sources", `uid: prometheus}`, `uid: other}`},
		{"org", `orgId: 1`, `orgId: 2`},
		{"sql", `type: threshold`, `type: sql`},
		{"query in a template", `{{ $labels.job_type }} fails`, `{{ query "jobs_total" }}`},
		{"record", `condition: B`, `record: {from: A, metric: x}`},
		{"unknown key of a model", `instant: true`, `rawSql: x`},
		{"key twice", `refId: A`, `refId: A` + "\n            refId: A"},
		{"anchor", `folder: acme`, `folder: &a acme`},
		{"second document", `apiVersion: 1`, "apiVersion: 1\n---\ngroups: []"},
		{"contact points", `apiVersion: 1`, "apiVersion: 1\ncontactPoints: []"},
	} {
		data := strings.Replace(goodAlerts, test.old, test.new, 1)
		if data == goodAlerts {
			t.Fatal(test.name)
		}
		if p.Alerts("a.yaml", []byte(data), find).Proven() {
			t.Errorf("%s: accepted", test.name)
		}
	}
}
