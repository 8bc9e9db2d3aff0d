package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// The committed trees of the example are what the team mounts. These tests read them as
// they stand; that they are what the sources say is `dashc build --check`.

var environments = []string{"dev", "staging", "prod"}

// panels are the titles of the four dashboards in reading order.
var panels = map[string][]string{
	"api-performance": {
		"HTTP Request Rate by Method", "Request Latency (p50/p95/p99)", "Top 10 Slowest Endpoints",
		"Request Volume by Endpoint", "API Rate Limit Hits", "Customer-Specific API Calls",
	},
	"database-metrics": {
		"Database Query Rate", "Query Duration p95", "Active Database Connections",
		"Connection Errors", "Claim Records Ingested by Status", "Ingestion Processing Time p95",
	},
	"celery-tasks": {
		"Tasks Started by Type", "Tasks Completed vs Failed", "Task Duration p95 by Type", "Error Types Distribution",
		"Alert Delivery Rates by Channel", "Report Generation Time p95", "Task Success Rate", "Alert Failures by Type",
	},
	"error-rates": {
		"4xx Error Rate by Status", "5xx Error Rate by Status", "Overall Error Percentage", "Error Rate Heatmap",
		"Data Quality Check Failures", "Alert Failures by Channel", "Top 10 Error Endpoints", "Customer-Specific Errors",
	},
}

type panel struct {
	ID          int
	Title       string
	Type        string
	Description string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ Expr, RefID string }
}

type board struct {
	UID, Title string
	Panels     []panel
	Templating struct {
		List []struct {
			Name, Type string
			Multi      bool
			IncludeAll bool
			AllValue   string
		}
	}
	Links       []struct{ KeepTime, IncludeVars bool }
	Annotations struct{ List []struct{ Name string } }
}

func tree(parts ...string) string {
	return filepath.Join(append([]string{"..", "..", "out"}, parts...)...)
}

func readBoard(t *testing.T, environment, name string) board {
	t.Helper()
	data, err := os.ReadFile(tree(environment, "grafana", "dashboards", "Upstream", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var b board
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestThe28PanelsInOrder(t *testing.T) {
	for _, environment := range environments {
		count := 0
		for name, want := range panels {
			b := readBoard(t, environment, name)
			slices.SortStableFunc(b.Panels, func(a, b panel) int {
				if a.GridPos.Y != b.GridPos.Y {
					return a.GridPos.Y - b.GridPos.Y
				}
				return a.GridPos.X - b.GridPos.X
			})
			for i, p := range b.Panels {
				title := p.Title
				if title == "New Database Connections" {
					title = "Active Database Connections" // without the exporter
				}
				if i >= len(want) || title != want[i] {
					t.Errorf("%s/%s: panel %d is %q, want %q", environment, name, i, p.Title, append(want, "none")[min(i, len(want))])
				}
				if p.Description == "" {
					t.Errorf("%s/%s: %q has no description", environment, name, p.Title)
				}
				if p.GridPos.W != 12 {
					t.Errorf("%s/%s: %q is %d columns wide, want 12", environment, name, p.Title, p.GridPos.W)
				}
			}
			count += len(b.Panels)
			checkFrame(t, environment+"/"+name, b)
		}
		if count != 28 {
			t.Errorf("%s: %d panels, want 28", environment, count)
		}
	}
}

// checkFrame checks what every dashboard has beside its panels.
func checkFrame(t *testing.T, name string, b board) {
	t.Helper()
	if len(b.Links) == 0 || len(b.Annotations.List) == 0 {
		t.Errorf("%s: %d links and %d annotations, want some", name, len(b.Links), len(b.Annotations.List))
	}
	for _, link := range b.Links {
		if !link.KeepTime || !link.IncludeVars {
			t.Errorf("%s: a link does not keep time and variables", name)
		}
	}
	found := 0
	for _, v := range b.Templating.List {
		if v.Type == "datasource" {
			found++
		}
		if v.Name == "customer" && v.Multi && v.IncludeAll && v.AllValue == ".+" {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%s: wants a datasource variable and a customer variable (multi, include all, .+): %+v", name, b.Templating.List)
	}
}

// macro stands for what Grafana fills in before Prometheus sees a query.
var macro = regexp.MustCompile(`\$\{?(\w+)(:\w+)?\}?`)

func filled(expr string) string {
	return macro.ReplaceAllStringFunc(expr, func(m string) string {
		switch name := macro.FindStringSubmatch(m)[1]; {
		case strings.HasPrefix(name, "__"):
			return "5m"
		default:
			return ".+"
		}
	})
}

func TestEveryExpressionParsesOverKnownMetrics(t *testing.T) {
	known := exposedMetrics(t)
	for _, name := range []string{"pg_stat_activity_count", "up", "ALERTS"} {
		known[name] = true // of the PostgreSQL exporter and of Prometheus itself
	}
	for _, environment := range environments {
		recorded := recordingRules(t, environment, known)
		expressions := alertExpressions(t, environment)
		for name := range panels {
			for _, p := range readBoard(t, environment, name).Panels {
				if len(p.Targets) == 0 {
					t.Errorf("%s/%s: %q has no query", environment, name, p.Title)
				}
				for _, target := range p.Targets {
					expressions[environment+"/"+name+": "+p.Title+" "+target.RefID] = target.Expr
				}
			}
		}
		for where, expr := range expressions {
			for _, metric := range metricsIn(t, where, expr) {
				if !known[metric] && !recorded[metric] {
					t.Errorf("%s: no such metric: %s in %s", where, metric, expr)
				}
			}
		}
	}
}

// metricsIn parses an expression and returns the metrics that it selects.
func metricsIn(t *testing.T, where, expr string) []string {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(filled(expr))
	if err != nil {
		t.Errorf("%s: %v in %s", where, err, expr)
		return nil
	}
	var names []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			for _, matcher := range selector.LabelMatchers {
				if matcher.Name == "__name__" {
					names = append(names, matcher.Value)
				}
			}
		}
		return nil
	})
	return names
}

// exposedMetrics are the series names of a real exposition. A family that has only been
// declared yet (TYPE without samples) counts, for it appears with its first event.
func exposedMetrics(t *testing.T) map[string]bool {
	t.Helper()
	file, err := os.Open("testdata/metrics/django-prometheus-2.2.0.prom")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	known := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := lines.Text()
		if fields := strings.Fields(line); strings.HasPrefix(line, "# TYPE ") && fields[3] != "histogram" {
			known[fields[2]] = true
		} else if !strings.HasPrefix(line, "#") {
			known[line[:strings.IndexAny(line, "{ ")]] = true
		}
	}
	for name := range known {
		if strings.HasSuffix(name, "_created") {
			delete(known, name)
		}
	}
	if len(known) < 50 {
		t.Fatalf("only %d metrics in the exposition", len(known))
	}
	return known
}

// recordingRules are the series that an environment's Prometheus records; their own
// expressions are checked on the way.
func recordingRules(t *testing.T, environment string, known map[string]bool) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(tree(environment, "prometheus", "rules", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if environment == "prod" && len(files) == 0 {
		t.Error("prod has no recording rules")
	}
	recorded := map[string]bool{}
	for _, file := range files {
		var content struct {
			Groups []struct {
				Rules []struct{ Record, Expr string }
			}
		}
		readYAML(t, file, &content)
		for _, group := range content.Groups {
			for _, rule := range group.Rules {
				recorded[rule.Record] = true
				for _, metric := range metricsIn(t, file+" "+rule.Record, rule.Expr) {
					if !known[metric] && !recorded[metric] {
						t.Errorf("%s: %s: no such metric: %s", file, rule.Record, metric)
					}
				}
			}
		}
	}
	return recorded
}

func alertExpressions(t *testing.T, environment string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(tree(environment, "grafana", "provisioning", "alerting", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	expressions := map[string]string{}
	for _, file := range files {
		var content struct {
			Groups []struct {
				Rules []struct {
					UID  string
					Data []struct {
						DatasourceUID string `yaml:"datasourceUid"`
						Model         struct{ Expr string }
					}
				}
			}
		}
		readYAML(t, file, &content)
		for _, group := range content.Groups {
			for _, rule := range group.Rules {
				for _, data := range rule.Data {
					if data.DatasourceUID != "__expr__" {
						expressions[file+" "+rule.UID] = data.Model.Expr
					}
				}
			}
		}
	}
	if len(expressions) < 3 {
		t.Errorf("%s: %d alert rules, want at least 3", environment, len(expressions))
	}
	return expressions
}

func readYAML(t *testing.T, file string, target any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, target); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
