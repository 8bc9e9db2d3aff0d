package tenant

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
)

// panel is a panel of one query with a place on the grid.
func panelJSON(id int, x, y, w, h int, expr, more string) string {
	quoted, _ := json.Marshal(expr)
	if more != "" {
		more = ", " + more
	}
	return fmt.Sprintf(`{"id": %d, "type": "timeseries", "title": "P%d", "gridPos": {"x": %d, "y": %d, "w": %d, "h": %d},
		"datasource": {"type": "prometheus", "uid": "prom"}, "targets": [{"refId": "A", "expr": %s}]%s}`, id, id, x, y, w, h, quoted, more)
}

func board(t testing.TB, panels, more string) map[string]any {
	if more != "" {
		more = ", " + more
	}
	return decode(t, `{"uid": "base", "title": "Base", "schemaVersion": 39, "panels": [`+panels+`]`+more+`}`)
}

const customerVariable = `"templating": {"list": [{"name": "customer", "type": "query", "query": "label_values(jobs, customer_id)", "multi": true, "includeAll": true, "datasource": {"type": "prometheus", "uid": "prom"}}]}`

// at follows keys and indexes.
func at(t testing.TB, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			if !ok {
				t.Fatalf("no object at %v", path)
			}
			value = object[s]
		case int:
			list, ok := value.([]any)
			if !ok || s >= len(list) {
				t.Fatalf("no such element at %v", path)
			}
			value = list[s]
		}
	}
	return value
}

func TestIdentityOfVariant(t *testing.T) {
	b := board(t, panelJSON(1, 0, 0, 12, 8, `jobs{customer_id=~"$customer"}`, `"description": "Of $customer", "repeat": "customer", "repeatDirection": "h"`),
		`"tags": ["a"], "links": [{"type": "dashboards", "tags": ["a"], "title": "All"}], `+customerVariable)
	scoped, report, err := long(t, b, acme, testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range []struct {
		want any
		path []any
	}{
		{"base-acme", []any{"uid"}},
		{"Base - " + acme.Name, []any{"title"}},
		{"customer:acme", []any{"tags", 1}},
		{"customer:acme", []any{"links", 0, "tags", 1}},
		{"Of " + acme.Name, []any{"panels", 0, "description"}},
		{nil, []any{"panels", 0, "repeat"}},
		{nil, []any{"panels", 0, "repeatDirection"}},
		{`jobs{customer_id="a\"\\\x24b\x5b\x5bc]]"}`, []any{"panels", 0, "targets", 0, "expr"}},
	} {
		if got := at(t, scoped, check.path...); got != check.want {
			t.Errorf("%v: got %v, want %v", check.path, got, check.want)
		}
	}
	if list := at(t, scoped, "templating", "list").([]any); len(list) != 0 || len(report.Dropped) != 0 {
		t.Errorf("%v %v", list, report)
	}
}

func TestDropped(t *testing.T) {
	o := testOptions(t)
	good := panelJSON(1, 0, 0, 12, 8, `jobs`, ``)
	for name, test := range map[string]struct{ panel, reason string }{
		"metric":        {panelJSON(2, 0, 8, 12, 8, `up_hosts`, ``), "up_hosts does not carry customer_id"},
		"loki":          {`{"id": 2, "type": "logs", "title": "L", "datasource": {"type": "loki", "uid": "l"}, "targets": [{"refId": "A", "expr": "{a=\"b\"}"}]}`, "it asks a data source of the type loki, not Prometheus"},
		"alertlist":     {`{"id": 2, "type": "alertlist", "title": "L"}`, "a panel of the type alertlist lists what belongs to others, too"},
		"dashlist":      {`{"id": 2, "type": "dashlist", "title": "L"}`, "a panel of the type dashlist lists what belongs to others, too"},
		"library":       {`{"id": 2, "title": "L", "libraryPanel": {"uid": "x", "name": "X"}}`, "it is a library panel: what it asks is kept in Grafana's database"},
		"no query":      {`{"id": 2, "type": "nodeGraph", "title": "L"}`, "it has no query that could be scoped"},
		"snapshot":      {panelJSON(2, 0, 8, 12, 8, `jobs`, `"snapshotData": []`), "it holds data"},
		"unknown":       {`{"id": 2, "type": "timeseries", "title": "L", "targets": [{"refId": "A", "rawSql": "select 1"}]}`, "nothing says that it asks Prometheus"},
		"one of two":    {`{"id": 2, "type": "timeseries", "title": "L", "targets": [{"refId": "A", "expr": "jobs"}, {"refId": "B", "expr": "up_hosts"}]}`, "up_hosts does not carry customer_id"},
		"calculated":    {`{"id": 2, "type": "timeseries", "title": "L", "targets": [{"refId": "A", "expr": "up_hosts", "hide": true}, {"refId": "B", "expr": "jobs"}, {"refId": "C", "datasource": {"type": "__expr__", "uid": "__expr__"}, "type": "math", "expression": "$A"}]}`, "it calculates with a query that cannot be scoped"},
		"of a dropped":  {`{"id": 3, "type": "table", "title": "L", "datasource": {"type": "datasource", "uid": "-- Dashboard --"}, "targets": [{"refId": "A", "panelId": 9}]}`, "it shows the results of a panel that is left out"},
		"also with bad": {`{"id": 2, "type": "timeseries", "title": "L", "targets": [{"refId": "A", "expr": "jobs{customer_id=\"b\"}"}, {"refId": "B", "expr": "up_hosts"}]}`, "up_hosts does not carry customer_id"},
	} {
		t.Run(name, func(t *testing.T) {
			scoped, report, err := long(t, board(t, good+","+test.panel, ""), acme, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Dropped) != 1 || report.Dropped[0].Reason != test.reason {
				t.Errorf("%v", report)
			}
			if n := len(at(t, scoped, "panels").([]any)); n != 1 {
				t.Errorf("%d panels", n)
			}
			scoped, _, err = long(t, board(t, test.panel+`, {"type": "text", "id": 7, "title": "T"}`, ""), acme, o)
			if err != nil || scoped != nil {
				t.Errorf("a dashboard of nothing else is left: %v %v", scoped, err)
			}
		})
	}
}

func TestHiddenTarget(t *testing.T) {
	scoped, _, err := long(t, board(t, `{"id": 2, "type": "timeseries", "title": "L", "targets": [{"refId": "A", "expr": "up_hosts", "hide": true}, {"refId": "B", "expr": "jobs"}]}`, ""), acme, testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	if targets := at(t, scoped, "panels", 0, "targets").([]any); len(targets) != 1 || at(t, targets, 0, "refId") != "B" {
		t.Errorf("%v", targets)
	}
}

func TestLibraryPanels(t *testing.T) {
	model := `{"type": "stat", "title": "M", "targets": [{"refId": "A", "expr": "jobs"}]}`
	for name, b := range map[string]map[string]any{
		"embedded": board(t, `{"id": 5, "gridPos": {"x": 1, "y": 2, "w": 3, "h": 4}, "libraryPanel": {"uid": "x", "model": `+model+`}}`, ""),
		"exported": board(t, `{"id": 5, "gridPos": {"x": 1, "y": 2, "w": 3, "h": 4}, "libraryPanel": {"uid": "x"}}`, `"__elements": {"x": {"model": `+model+`}}`),
	} {
		scoped, _, err := long(t, b, Identity{ID: "7", Slug: "seven", Name: "Seven"}, testOptions(t))
		if err != nil {
			t.Fatal(err)
		}
		panel := at(t, scoped, "panels", 0).(map[string]any)
		if panel["libraryPanel"] != nil || panel["type"] != "stat" || fmt.Sprint(panel["id"]) != "5" || at(t, panel, "targets", 0, "expr") != `jobs{customer_id="7"}` || scoped["__elements"] != nil {
			t.Errorf("%s: %v", name, panel)
		}
	}
}

func TestRefused(t *testing.T) {
	o := testOptions(t)
	good := panelJSON(1, 0, 0, 12, 8, `jobs`, ``)
	variable := func(text string) string { return `"templating": {"list": [` + text + `]}` }
	for name, test := range map[string]struct{ panels, more, message string }{
		"literal":              {panelJSON(1, 0, 0, 12, 8, `jobs{customer_id="b"}`, ``), ``, `the matcher on customer_id chooses customers by itself`},
		"schema v2":            {good, `"elements": {}`, `the dashboard is of the schema v2, which cannot be scoped yet`},
		"snapshot":             {good, `"snapshot": {}`, `the dashboard is a snapshot: it holds data`},
		"plugin's expression":  {panelJSON(1, 0, 0, 12, 8, `jobs`, `"options": {"targets": [{"expr": "jobs"}]}`), ``, `an expression stands where no query of Grafana does: jobs`},
		"explore in text":      {good + `, {"type": "text", "id": 9, "options": {"content": "[x](/explore?left=1)"}}`, ``, `a text holds a link to Explore, which cannot be scoped: [x](/explore?left=1)`},
		"variable elsewhere":   {panelJSON(1, 0, 0, 12, 8, `jobs{customer_id=~"$customer", method="$customer"}`, ``), customerVariable, `the variable "customer" chooses customers, and stands outside of the matchers on customer_id`},
		"used metric variable": {panelJSON(1, 0, 0, 12, 8, `jobs{method="$m"}`, ``), variable(`{"name": "m", "type": "query", "query": "label_values(up_hosts, method)"}`), `the variable cannot be scoped, and is used: up_hosts does not carry customer_id`},
		"used metrics()":       {panelJSON(1, 0, 0, 12, 8, `jobs{method="$m"}`, ``), variable(`{"name": "m", "type": "query", "query": "metrics(.*)"}`), `the variable cannot be scoped, and is used: metrics() lists those of all customers`},
		"label_values of two":  {good, variable(`{"name": "m", "type": "query", "query": "label_values(jobs + jobs, method)"}`), `label_values takes one selector`},
		"ad hoc filters":       {panelJSON(1, 0, 0, 12, 8, `jobs{method="$f"}`, ``), variable(`{"name": "f", "type": "adhoc"}`), `the variable cannot be scoped, and is used: its lists show the labels of all customers`},
		"bad annotation":       {good, `"annotations": {"list": [{"name": "a", "expr": "jobs{customer_id=\"b\"}"}]}`, `the matcher on customer_id chooses customers by itself`},
		"bad link":             {good, `"links": [{"type": "link", "url": "/explore?left=` + url.QueryEscape(`{"queries":[{"expr":"jobs{customer_id=\"b\"}"}]}`) + `"}]`, `the matcher on customer_id chooses customers by itself`},
		"dependent variable":   {panelJSON(1, 0, 0, 12, 8, `jobs{customer_id=~"$customer"}`, ``), variable(`{"name": "customer", "type": "query", "query": "label_values(jobs, customer_id)"}, {"name": "m", "type": "query", "query": "label_values(jobs, method)", "regex": "/$customer/"}`), `it depends on the variable "customer", which chooses customers`},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := long(t, board(t, test.panels, test.more), acme, o)
			findings, ok := diagnostic.FromError(err)
			if !ok || findings[0].Message != test.message {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	o := testOptions(t)
	for _, test := range []struct{ query, want string }{
		{`label_values(jobs, method)`, `label_values(jobs{ID}, method)`},
		{`label_values(jobs{customer_id=~"$customer",method!="a)"}, method)`, `label_values(jobs{ID,method!="a)"}, method)`},
		{` label_values( jobs , method )`, ` label_values( jobs{ID} , method )`},
		{`label_values(method)`, ``},
		{`label_values(calls_total{method="$other"}, method)`, `label_values(calls_total{ID,method="$other"}, method)`},
		{`query_result(topk(3, sum by (method) (jobs)))`, `query_result(topk(3, sum by (method) (jobs{ID})))`},
		{`jobs{method="a"}`, `jobs{ID,method="a"}`},
		{`label_values(version_info, version)`, `label_values(version_info, version)`},
		{`label_values(up_hosts, instance)`, ``},
		{`label_names()`, ``},
		{`metrics(jobs.*)`, ``},
	} {
		for _, form := range []string{`%s`, `{"query": %s, "refId": "x", "qryType": 1, "metric": "jobs"}`} {
			quoted, _ := json.Marshal(test.query)
			b := board(t, panelJSON(1, 0, 0, 12, 8, `jobs`, ``), `"templating": {"list": [{"name": "v", "type": "query", "definition": "x", "options": [{"value": "b"}], "current": {"value": "b"}, "query": `+fmt.Sprintf(form, quoted)+`}]}`)
			scoped, report, err := long(t, b, Identity{ID: "4) ,", Slug: "four", Name: "4"}, o)
			if err != nil {
				t.Fatal(err)
			}
			list := at(t, scoped, "templating", "list").([]any)
			if test.want == "" {
				if len(list) != 0 || len(report.Dropped) != 1 {
					t.Errorf("%s: %v", test.query, list)
				}
				continue
			}
			want := strings.ReplaceAll(test.want, "ID", `customer_id="4) ,"`)
			got := at(t, list, 0, "query")
			if object, ok := got.(map[string]any); ok {
				if got = object["query"]; object["metric"] != nil {
					t.Error("the editor's own form is left")
				}
			}
			if got != want || at(t, list, 0, "definition") != want || strings.Contains(encode(t, list), `"b"`) {
				t.Errorf("%s\ngot  %v\nwant %s\n%s", test.query, got, want, encode(t, list))
			}
		}
	}
}

func TestAnnotations(t *testing.T) {
	b := board(t, panelJSON(1, 0, 0, 12, 8, `jobs`, ``), `"annotations": {"list": [
		{"builtIn": 1, "name": "built in", "datasource": "-- Grafana --", "target": {"type": "dashboard"}},
		{"name": "old", "datasource": {"type": "prometheus", "uid": "p"}, "expr": "jobs > 1"},
		{"name": "new", "datasource": {"type": "prometheus", "uid": "p"}, "target": {"expr": "jobs > 2"}},
		{"name": "loki", "datasource": {"type": "loki", "uid": "l"}, "expr": "jobs"},
		{"name": "all", "datasource": {"type": "prometheus", "uid": "p"}, "expr": "changes(up_hosts[5m])"}
	]}`)
	scoped, report, err := long(t, b, Identity{ID: "7", Slug: "seven", Name: "7"}, testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	list := at(t, scoped, "annotations", "list").([]any)
	if len(list) != 3 || at(t, list, 1, "expr") != `jobs{customer_id="7"} > 1` || at(t, list, 2, "target", "expr") != `jobs{customer_id="7"} > 2` || len(report.Dropped) != 2 {
		t.Errorf("%v\n%s", report, encode(t, list))
	}
}

func TestLinks(t *testing.T) {
	o := testOptions(t)
	o.Siblings = map[string]string{"other": "Other"}
	state := func(text string) string { return url.QueryEscape(text) }
	for name, test := range map[string]struct{ url, want string }{
		"sibling":       {`/d/other/some-name?orgId=1&var-customer=$customer&var-method=$method&${customer:queryparam}`, `/d/other-acme/some-name?orgId=1&var-method=$method`},
		"own":           {`d/base?viewPanel=2`, `d/base-acme?viewPanel=2`},
		"absolute":      {`https://g.example/d/other`, `https://g.example/d/other-acme`},
		"elsewhere":     {`https://g.example/d/foreign`, `https://g.example/d/foreign`},
		"foreign":       {`/d/foreign/x`, ``},
		"old":           {`/dashboard/db/x`, ``},
		"id":            {`https://x.example/${customer}?c=${customer}#$customer`, `https://x.example/a%22%5C%24b%5B%5Bc%5D%5D?c=a%22%5C%24b%5B%5Bc%5D%5D#a%22%5C%24b%5B%5Bc%5D%5D`},
		"only variable": {`https://x.example/?var-customer=${customer}`, `https://x.example/`},
		"all variables": {`/d/other?${__all_variables}&${__url_time_range}`, `/d/other-acme?${__all_variables}&${__url_time_range}`},
		"explore":       {`/explore?left=` + state(`{"datasource":"prom","queries":[{"refId":"A","expr":"rate(calls_total{method=\"ü\"}[5m])"}]}`), `rate(calls_total{customer_id="a\"\\\x24b\x5b\x5bc]]",method="ü"}[5m])`},
		"explore panes": {`/explore?schemaVersion=1&panes={"a":{"queries":[{"expr":"jobs{customer_id=~\"$customer\"}"}]}}&orgId=1`, `jobs{customer_id="a\"\\\x24b\x5b\x5bc]]"}`},
		"explore field": {`/explore?left={"queries":[{"expr":"jobs{customer_id=\"${__field.labels.customer_id}\",method=\"${__field.labels.method}\"}"}]}`, `jobs{customer_id="a\"\\\x24b\x5b\x5bc]]",method="${__field.labels.method}"}`},
		"old explore":   {`/explore?left=` + state(`["now-1h","now","prom",{"expr":"jobs"}]`), `jobs{customer_id="a\"\\\x24b\x5b\x5bc]]"}`},
		"explore loki":  {`/explore?left=` + state(`{"queries":[{"datasource":{"type":"loki"},"expr":"jobs"}]}`), ``},
		"explore hosts": {`/explore?left=` + state(`{"queries":[{"expr":"up_hosts"}]}`), ``},
		"explore sql":   {`/explore?left=` + state(`{"queries":[{"refId":"A","rawSql":"select 1"}]}`), ``},
		"no JSON":       {`/explore?left=${state}`, ``},
		"nothing asked": {`/explore`, `/explore`},
	} {
		t.Run(name, func(t *testing.T) {
			quoted, _ := json.Marshal(test.url)
			link := `{"title": "L", "url": ` + string(quoted) + `}`
			more := `"links": [` + link + `], "fieldConfig": {"defaults": {"links": [` + link + `]}, "overrides": [{"properties": [{"id": "links", "value": [` + link + `]}]}]}`
			b := board(t, panelJSON(1, 0, 0, 12, 8, `jobs{customer_id=~"$customer"}`, more), `"links": [`+link+`], `+customerVariable)
			scoped, report, err := long(t, b, acme, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range [][]any{{"links"}, {"panels", 0, "links"}, {"panels", 0, "fieldConfig", "defaults", "links"}, {"panels", 0, "fieldConfig", "overrides", 0, "properties", 0, "value"}} {
				list := at(t, scoped, path...).([]any)
				if test.want == "" {
					if len(list) != 0 || len(report.Dropped) != 4 {
						t.Errorf("%v: %v", report, list)
					}
					continue
				}
				got := at(t, list, 0, "url").(string)
				if strings.HasPrefix(name, "explore") || name == "old explore" {
					queries := dashboard.Dashboard{JSON: scoped}.Queries()
					i := slices.IndexFunc(queries, func(q dashboard.Query) bool { return q.Surface == dashboard.Link })
					if i < 0 {
						t.Fatalf("no query in %s", got)
					}
					got = queries[i].Text
				}
				if got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			}
		})
	}
}

func TestDatasource(t *testing.T) {
	o := testOptions(t)
	o.Datasource = "prom-{slug}"
	b := board(t, `{"type": "row", "id": 9, "title": "R", "datasource": "$ds"}, `+
		panelJSON(1, 0, 0, 12, 8, `jobs`, `"links": [{"url": "/explore?left=`+url.QueryEscape(`{"datasource":"old","queries":[{"datasource":{"type":"prometheus","uid":"old"},"expr":"jobs"}]}`)+`&var-ds=$ds"}]`)+
		`, {"id": 2, "type": "stat", "title": "D", "targets": [{"refId": "A", "expr": "jobs"}]}, {"id": 3, "type": "stat", "title": "M", "datasource": {"uid": "-- Mixed --"}, "targets": [{"refId": "A", "expr": "jobs", "datasource": {"uid": "${ds}"}}]}`,
		`"templating": {"list": [{"name": "ds", "type": "datasource", "query": "prometheus"}, {"name": "m", "type": "query", "datasource": "$ds", "query": "label_values(jobs, method)"}]},
		"annotations": {"list": [{"name": "a", "datasource": "$ds", "expr": "jobs"}]}`)
	scoped, _, err := long(t, b, acme, o)
	if err != nil {
		t.Fatal(err)
	}
	text := encode(t, scoped)
	if strings.Contains(text, "$ds") || strings.Contains(text, "${ds}") || strings.Contains(text, "old") || strings.Count(text, `"uid": "prom-acme"`) != 6 || !strings.Contains(text, "-- Mixed --") {
		t.Errorf("%s", text)
	}
}

func TestGrid(t *testing.T) {
	o := testOptions(t)
	row := func(id, y int, more string) string {
		return fmt.Sprintf(`{"id": %d, "type": "row", "title": "R%d", "gridPos": {"x": 0, "y": %d, "w": 24, "h": 1}%s}`, id, id, y, more)
	}
	for name, test := range map[string]struct {
		panels []string
		want   string
	}{
		"nothing lost":   {[]string{panelJSON(1, 0, 0, 12, 8, `jobs`, ``), panelJSON(2, 12, 3, 12, 8, `jobs`, ``)}, "1:0,0 2:12,3"},
		"left lost":      {[]string{panelJSON(1, 0, 0, 12, 8, `up_hosts`, ``), panelJSON(2, 12, 0, 12, 8, `jobs`, ``), panelJSON(3, 0, 8, 24, 8, `jobs`, ``)}, "2:0,0 3:0,8"},
		"line lost":      {[]string{panelJSON(1, 0, 0, 24, 8, `up_hosts`, ``), panelJSON(2, 6, 8, 12, 8, `jobs`, ``)}, "2:6,0"},
		"tall neighbour": {[]string{panelJSON(1, 0, 0, 12, 16, `jobs`, ``), panelJSON(2, 12, 0, 12, 8, `up_hosts`, ``), panelJSON(3, 12, 8, 12, 8, `jobs`, ``)}, "1:0,0 3:12,0"},
		"overlapping":    {[]string{panelJSON(1, 0, 0, 12, 8, `up_hosts`, ``), panelJSON(2, 0, 0, 12, 8, `jobs`, ``), panelJSON(3, 4, 0, 12, 8, `jobs`, ``), panelJSON(4, 6, 0, 12, 8, `jobs`, ``)}, "2:0,0 3:12,0 4:6,8"},
		"rows": {[]string{row(10, 0, ""), panelJSON(1, 0, 1, 12, 8, `up_hosts`, ``), row(11, 9, ""), panelJSON(2, 12, 10, 12, 8, `jobs`, ``), panelJSON(3, 0, 10, 12, 8, `up_hosts`, ``), row(12, 18, ""), panelJSON(4, 0, 19, 8, 8, `jobs`, ``)},
			"11:0,0 2:0,1 12:0,9 4:0,10"},
		"collapsed": {[]string{panelJSON(5, 0, 0, 24, 4, `up_hosts`, ``), row(10, 4, `, "collapsed": true, "panels": [`+panelJSON(1, 0, 5, 12, 8, `up_hosts`, ``)+","+panelJSON(2, 12, 5, 12, 8, `jobs`, ``)+`]`), row(11, 5, `, "collapsed": true, "panels": [`+panelJSON(3, 0, 6, 12, 8, `up_hosts`, ``)+`]`)},
			"10:0,0 2:0,5"},
	} {
		t.Run(name, func(t *testing.T) {
			scoped, _, err := long(t, board(t, strings.Join(test.panels, ","), ""), acme, o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range (dashboard.Dashboard{JSON: scoped}).Panels() {
				got = append(got, fmt.Sprintf("%v:%v,%v", p.JSON["id"], at(t, p.JSON, "gridPos", "x"), at(t, p.JSON, "gridPos", "y")))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// A dashboard may hold the very words that a template is cut at.
func TestSentinels(t *testing.T) {
	o := testOptions(t)
	b := board(t, panelJSON(1, 0, 0, 12, 8, `jobs{method="dashchole0x000000"}`, `"description": "dashchole1x000001 dashchole", "decimals": 900007000001`), `"links": [{"url": "https://x.example/?a=%64ashchole2x"}]`)
	if _, _, err := long(t, b, Identity{ID: "dashchole0x000000", Slug: "dashchole3x000000", Name: "dashchole"}, o); err != nil {
		t.Fatal(err)
	}
	if s := newSentinels(b); s.prefix != "dashchole3x" {
		t.Errorf("%s is in the dashboard", s.prefix)
	}
}

func TestAlertRules(t *testing.T) {
	o := testOptions(t)
	o.DatasourceType = func(name string) string { return map[string]string{"prom": "prometheus", "l": "loki"}[name] }
	template, err := Compile(board(t, panelJSON(1, 0, 0, 12, 8, `jobs`, ``)+","+panelJSON(2, 0, 0, 12, 8, `up_hosts`, ``), ""), o)
	if err != nil {
		t.Fatal(err)
	}
	boards := map[string]*Template{"base": template}
	rule := func(uid, expr, more string) string {
		quoted, _ := json.Marshal(expr)
		return fmt.Sprintf(`{"uid": %q, "title": "T %s", "condition": "B", "labels": {"severity": "page"}, "annotations": {"__dashboardUid__": "base", "link": "https://g.example/d/base?x={{ $labels.method }}"}, "data": [
			{"refId": "A", "datasourceUid": "prom", "model": {"refId": "A", "expr": %s}},
			{"refId": "B", "datasourceUid": "__expr__", "model": {"refId": "B", "type": "threshold", "expression": "A", "conditions": [{"evaluator": {"type": "gt", "params": [5]}}]}}]%s}`, uid, uid, quoted, more)
	}
	file := decode(t, `{"apiVersion": 1, "groups": [{"name": "g", "folder": "F", "orgId": 3, "interval": "1m", "rules": [`+strings.Join([]string{
		rule("kept", `sum by (customer_id) (jobs) > 0`, `, "dashboardUid": "base", "panelId": 1`),
		rule("no-panel", `jobs`, `, "dashboardUid": "base", "panelId": 2`),
		rule("no-board", `jobs`, `, "dashboardUid": "gone"`),
		rule("no-label", `up_hosts`, ``),
		strings.Replace(rule("loki", `jobs`, ``), `"prom"`, `"l"`, 1),
		strings.Replace(rule("range", `jobs`, ``), `"gt"`, `"within_range"`, 1),
	}, ",")+`]}, {"name": "h", "rules": [`+rule("other", `up_hosts`, ``)+`]}]}`)
	compiled, err := CompileRules([]map[string]any{file}, boards, o)
	if err != nil {
		t.Fatal(err)
	}
	plain := RuleIdentity{Identity: Identity{ID: `{{ "a" }} $x`, Slug: "a", Name: "A $x " + strings.Repeat("é", 200)}}
	routed := RuleIdentity{Identity: acme, ContactPoint: "premium $x", OrgID: 7, Thresholds: map[string]json.Number{"kept": "1.50"}}
	var f RuleFile
	var all []any
	for _, c := range []RuleIdentity{plain, routed} {
		groups, report, err := ScopeRules([]map[string]any{file}, c, boards, o)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(report) != fmt.Sprint(compiled.Report()) || len(report.Dropped) != 5 {
			t.Errorf("%v", report)
		}
		all = append(all, groups...)
		if err := f.Add(compiled, c); err != nil {
			t.Fatal(err)
		}
	}
	if want := encode(t, ruleFile(all)); string(f.Bytes()) != want {
		t.Errorf("got\n%s\nwant\n%s", f.Bytes(), want)
	}
	for _, check := range []struct {
		want string
		path []any
	}{
		{"g - a", []any{0, "name"}}, {"a", []any{0, "folder"}}, {"3", []any{0, "orgId"}}, {"7", []any{1, "orgId"}},
		{"kept-a", []any{0, "rules", 0, "uid"}}, {"base-a", []any{0, "rules", 0, "dashboardUid"}}, {"base-a", []any{0, "rules", 0, "annotations", "__dashboardUid__"}},
		{"https://g.example/d/base-a?x={{ $labels.method }}", []any{0, "rules", 0, "annotations", "link"}},
		{`{{"{{"}} "a" }} $$x`, []any{0, "rules", 0, "labels", "customer_id"}},
		{`sum by (customer_id) (jobs{customer_id="{{ \"a\" }} \x24x"}) > 0`, []any{0, "rules", 0, "data", 0, "model", "expr"}},
		{"[5]", []any{0, "rules", 0, "data", 1, "model", "conditions", 0, "evaluator", "params"}},
		{"[1.50]", []any{1, "rules", 0, "data", 1, "model", "conditions", 0, "evaluator", "params"}},
		{"premium $$x", []any{1, "rules", 0, "notification_settings", "receiver"}}, {"<nil>", []any{0, "rules", 0, "notification_settings"}},
		{"T kept - " + strings.ReplaceAll(acme.Name, "$", "$$"), []any{1, "rules", 0, "title"}},
	} {
		if got := fmt.Sprint(at(t, all, check.path...)); got != check.want {
			t.Errorf("%v: got %s, want %s", check.path, got, check.want)
		}
	}
	if n := len([]rune(strings.ReplaceAll(at(t, all, 0, "rules", 0, "title").(string), "$$", "$"))); n != longestTitle {
		t.Errorf("a title of %d characters", n)
	}
	for uid, message := range map[string]string{
		"kep":   `the customer "42" has a threshold for the alert rule "kep", which does not exist`,
		"range": `the customer "42" has a threshold for the alert rule "range", which does not compare with one number`,
	} {
		c := RuleIdentity{Identity: Identity{ID: "42", Slug: "x", Name: "X"}, Thresholds: map[string]json.Number{uid: "1"}}
		if _, _, err := ScopeRules([]map[string]any{file}, c, boards, o); err == nil || err.Error() != message {
			t.Errorf("%v", err)
		}
		if err := f.Add(compiled, c); err == nil || err.Error() != message {
			t.Errorf("%v", err)
		}
	}
	var empty RuleFile
	if want := encode(t, ruleFile([]any{})); string(empty.Bytes()) != want {
		t.Errorf("%s", empty.Bytes())
	}
}
