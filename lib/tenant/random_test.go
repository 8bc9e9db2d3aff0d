package tenant

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/promql"
)

// painter makes up dashboards with everything that scoping touches.
type painter struct{ inventor }

func (p painter) text() string {
	return p.pick("", "plain", "of $customer", "${customer} and [[customer]]", "see /d/other/x and /d/foreign", "dashchole0x000000", "<b>\u2028\u202e\"\\", "$datasource")
}

func (p painter) expr() string {
	if p.IntN(6) == 0 {
		return p.pick("up_hosts", "jobs + up_hosts", "nothing", "calls:rate5m", "")
	}
	return p.vector(p.IntN(3))
}

func (p painter) datasource() any {
	switch p.IntN(6) {
	case 0:
		return nil
	case 1:
		return "$datasource"
	case 2:
		return map[string]any{"type": "loki", "uid": "l"}
	case 3:
		return map[string]any{"type": "datasource", "uid": "grafana"}
	}
	return map[string]any{"type": "prometheus", "uid": p.pick("prom", "${datasource}")}
}

func (p painter) link() any {
	state, _ := json.Marshal(map[string]any{"datasource": "prom", "queries": []any{map[string]any{"refId": "A", "expr": p.expr()}}})
	return map[string]any{
		"title": p.text(), "type": p.pick("link", "dashboards"), "tags": []any{"a"},
		"url": p.pick("/d/other?var-customer=$customer&x=$customer", "/d/base", "/d/foreign", "https://x.example/$customer", "/explore?left="+url.QueryEscape(string(state)), "/explore?panes="+url.QueryEscape(`{"a":`+string(state)+`}`)+"&a=%20+", ""),
	}
}

func (p painter) number(n int) json.Number { return json.Number(fmt.Sprint(p.IntN(n))) }

func (p painter) panel(id int) map[string]any {
	panel := map[string]any{
		"id": json.Number(fmt.Sprint(id)), "type": p.pick("timeseries", "stat", "table", "text", "alertlist"), "title": p.text(), "description": p.text(),
		"gridPos":    map[string]any{"x": p.number(12), "y": p.number(40), "w": json.Number("12"), "h": json.Number(p.pick("4", "8"))},
		"datasource": p.datasource(), "links": []any{p.link()},
		"fieldConfig": map[string]any{"defaults": map[string]any{"links": []any{p.link(), p.link()}, "unit": "s", "max": json.Number("1e400")}},
		"options":     map[string]any{"content": p.text()},
	}
	var targets []any
	for i := range p.IntN(3) {
		targets = append(targets, map[string]any{"refId": string(rune('A' + i)), "expr": p.expr(), "legendFormat": p.text(), "hide": p.IntN(4) == 0, "datasource": p.datasource()})
	}
	if targets != nil {
		panel["targets"] = targets
	}
	if p.IntN(4) == 0 {
		panel["repeat"] = p.pick("customer", "method")
	}
	return panel
}

func (p painter) board() map[string]any {
	var panels []any
	for id := range 1 + p.IntN(6) {
		panel := p.panel(id + 1)
		if p.IntN(4) == 0 {
			panel = map[string]any{"id": json.Number(fmt.Sprint(id + 1)), "type": "row", "title": p.text(), "gridPos": map[string]any{"x": json.Number("0"), "y": p.number(40), "w": json.Number("24"), "h": json.Number("1")}}
			if p.IntN(2) == 0 {
				panel["collapsed"], panel["panels"] = true, []any{p.panel(100 + id), p.panel(200 + id)}
			}
		}
		panels = append(panels, panel)
	}
	list := []any{
		map[string]any{"name": "datasource", "type": "datasource", "query": "prometheus"},
		map[string]any{"name": "customer", "type": p.pick("query", "custom"), "query": "label_values(jobs, customer_id)", "includeAll": true},
		map[string]any{"name": "method", "type": "query", "query": p.pick("label_values(jobs"+p.matchers()+", method)", "label_values(method)", "query_result("+p.selector()+")", "metrics(.*)"), "label": p.text()},
		map[string]any{"name": "window", "type": "interval", "query": "5m,1h"},
		map[string]any{"name": "filters", "type": "custom", "query": `method="GET"`},
	}
	return map[string]any{
		"uid": p.pick("base", strings.Repeat("long-", 7)), "title": p.text(), "schemaVersion": json.Number("39"), "panels": panels, "tags": []any{"a"}, "links": []any{p.link()},
		"templating":  map[string]any{"list": list},
		"annotations": map[string]any{"list": []any{map[string]any{"name": p.text(), "expr": p.expr(), "datasource": p.datasource()}, map[string]any{"name": "n", "target": map[string]any{"expr": p.expr()}}}},
	}
}

func (p painter) customer() Identity {
	name := []rune(strings.Repeat("x", p.IntN(3)))
	for range p.IntN(6) {
		name = append(name, []rune(p.pick("$customer", "\"", "\\", "ü", "\U0001f600", "\u202e", "<", "{{", "[[x]]", "/d/other", " "))...)
	}
	return Identity{ID: hardIDs[p.IntN(len(hardIDs))], Slug: project.Slug(p.pick("a", "acme-corp", strings.Repeat("s", 30))), Name: string(name)}
}

// everySelectorIsScoped looks at a variant as the rules of dashc check do.
func everySelectorIsScoped(t *testing.T, board map[string]any, id string) {
	t.Helper()
	view := dashboard.Dashboard{JSON: board}
	for _, q := range view.Queries() {
		text := q.Text
		if q.Surface == dashboard.Variable {
			form, err := promql.ParseVariableQuery(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			text = form.Expr
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		expansions, err := promql.Scan(text).Expand(view.PromQLVariables())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, s := range promql.Selectors(expansions[0].Expr) {
			right := 0
			for _, m := range s.LabelMatchers {
				if m.Name == "customer_id" && m.Type == labels.MatchEqual && m.Value == id {
					right++
				} else if m.Name == "customer_id" {
					right += 2
				}
			}
			if right != 1 && s.Name != "version_info" {
				t.Fatalf("%s: %s is not scoped to %q", q, text, id)
			}
		}
	}
}

// For any dashboard and customer, the template gives the bytes of the long way, and fails where
// it fails.
func TestTemplatesAreTheLongWay(t *testing.T) {
	o := testOptions(t)
	o.Siblings = map[string]string{"other": "Other"}
	scoped, refused := 0, map[string]int{}
	for i := range seeds(t, 400) {
		p := painter{inventor{rand.New(rand.NewPCG(uint64(i), 7)), true}}
		if o.Datasource = ""; i%3 == 0 {
			o.Datasource = "prom-{slug}"
		}
		c := p.customer()
		board, _, err := long(t, p.board(), c, o)
		switch findings, _ := diagnostic.FromError(err); {
		case err != nil:
			refused[findings[0].Message]++
		case board != nil:
			scoped++
			everySelectorIsScoped(t, board, string(c.ID))
		}
	}
	t.Logf("%d scoped, refused: %v", scoped, refused)
	if scoped < seeds(t, 400)/4 {
		t.Errorf("only %d dashboards could be scoped: %v", scoped, refused)
	}
}

// FuzzCompile asks for no panic, and that a template and the long way agree on any JSON.
func FuzzCompile(f *testing.F) {
	for i := range uint64(8) {
		p := painter{inventor{rand.New(rand.NewPCG(i, 7)), true}}
		f.Add([]byte(encode(f, p.board())))
	}
	f.Add([]byte(`{"uid": "u", "panels": [null, 1, {"type": "row", "panels": [[]]}], "links": [1], "annotations": {"list": [1]}, "templating": {"list": [1, {}]}}`))
	o := testOptions(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := artifact.Decode(data)
		if board, ok := value.(map[string]any); ok && err == nil && utf8.Valid(data) {
			long(t, board, acme, o)
		}
	})
}
