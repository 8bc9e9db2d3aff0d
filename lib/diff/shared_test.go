package diff

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/project"
)

// ruleOf is a group with one alert rule, as a build writes it for a customer.
func ruleOf(c Customer, title string, threshold int) map[string]any {
	name := []rune(c.Name)
	if len(name) > 30 {
		name = append(name[:29], '…')
	}
	uid := func(base string) string { return project.CustomerUID(base, project.Slug(c.Slug)) }
	dollars := func(text string) string { return strings.ReplaceAll(text, "$", "$$") }
	return map[string]any{
		"name": "objectives - " + c.Slug, "folder": c.Slug, "interval": "1m",
		"rules": []any{map[string]any{
			"uid": uid("upstream-task-success"), "title": title + " - " + dollars(string(name)), "dashboardUid": uid("upstream-celery-tasks"),
			"labels": map[string]any{"customer_id": dollars(c.ID)},
			"data": []any{
				map[string]any{"refId": "A", "model": map[string]any{"expr": fmt.Sprintf("x{customer_id=%s} > %d", macroSigns.Replace(fmt.Sprintf("%q", c.ID)), threshold)}},
				map[string]any{"refId": "B", "model": map[string]any{"conditions": []any{map[string]any{"evaluator": map[string]any{"params": []any{threshold}}}}}},
			},
		}},
	}
}

// ruleFile is the file of many customers.
func ruleFile(t *testing.T, groups ...map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"groups": groups})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// awkward are customers whose names are written in many ways.
var awkward = []Customer{
	{"1042", "1042", "Northwind Traders"},
	{"obrien", "O'Brien & Søn", "O'Brien & Søn"},
	{"ign", "$ign", "$ign"},
	{"brackets", "a [b] \"c\"", "a [b] $$ c"},
	{"a-slug-of-thirty-characters-xx", "550e8400-e29b-41d4-a716-446655440000", "A company with a name that is much too long for a title"},
}

func compareRules(t *testing.T, customers map[string]Customer, old, new []byte) string {
	t.Helper()
	c := NewCollector([]string{"customer_id"})
	c.Environment("prod")
	c.Add(Pair{Environment: "prod", Path: "grafana/provisioning/alerting/customers-00.json", Old: old, New: new, Customers: customers})
	return write(t, Text, c.Report())
}

func TestRulesOfManyCustomersAreOneLine(t *testing.T) {
	known := map[string]Customer{}
	for _, c := range awkward {
		known[c.Slug] = c
	}
	for _, customers := range []map[string]Customer{known, nil} {
		var before, after, empty, moved []map[string]any
		for _, c := range awkward {
			before = append(before, ruleOf(c, "Success rate", 95))
			after = append(after, ruleOf(c, "Success rate", 90))
			none := ruleOf(c, "", 0)
			none["rules"] = []any{}
			empty = append(empty, none)
			other := ruleOf(c, "Success rate", 95)
			other["name"], other["interval"] = "renamed - "+c.Slug, "1m"
			moved = append(moved, other)
		}
		const file, where = "(alerting/customers-*)", "    in prod, in 5 of 5 customers\n"
		for name, test := range map[string]struct {
			old, new []map[string]any
			want     string
		}{
			"threshold": {before, after, `~ alert rule "Success rate" ` + file + ": query A: `x{customer_id=\"<customer>\"} > 95` -> `x{customer_id=\"<customer>\"} > 90`" + where +
				`~ alert rule "Success rate" ` + file + ": query B threshold 95 -> 90" + where},
			"group renamed": {before, moved, `~ alert rule "Success rate" ` + file + `: moved from group "objectives - <customer>" of folder "<customer>" to group "renamed - <customer>" of folder "<customer>"` + where +
				`- group "objectives" ` + file + " removed" + where + `+ group "renamed" ` + file + " added" + where},
		} {
			if got := compareRules(t, customers, ruleFile(t, test.old...), ruleFile(t, test.new...)); got != test.want {
				t.Errorf("%s, customers known: %t\n%swant\n%s", name, customers != nil, got, test.want)
			}
		}
		got := compareRules(t, customers, ruleFile(t, empty...), ruleFile(t, before...))
		if want := `+ alert rule "Success rate" ` + file + " added" + where; got != want {
			t.Errorf("a new rule: got %s, want %s", got, want)
		}
	}
}

// TestRuleGoesToAnotherCustomer: what changes hands is never told as a change of everybody.
func TestRuleGoesToAnotherCustomer(t *testing.T) {
	from := ruleOf(awkward[0], "Success rate", 95)
	to := ruleOf(awkward[0], "Success rate", 95)
	to["folder"] = "obrien"
	got := compareRules(t, nil, ruleFile(t, from), ruleFile(t, to))
	if !strings.Contains(got, `1042`) || !strings.Contains(got, `of folder "obrien"`) {
		t.Errorf("got %s", got)
	}
	leak := ruleOf(awkward[0], "Success rate", 95)
	expr := leak["rules"].([]any)[0].(map[string]any)["data"].([]any)[0].(map[string]any)["model"].(map[string]any)
	expr["expr"] = `x{customer_id="17"} > 95`
	if got := compareRules(t, nil, ruleFile(t, from), ruleFile(t, leak)); !strings.Contains(got, `"17"`) {
		t.Errorf("the id of another customer does not show: %s", got)
	}
}

func TestDatasourcesOfManyCustomersAreOneLine(t *testing.T) {
	file := func(address string) []byte {
		var b strings.Builder
		b.WriteString("datasources:\n")
		for _, slug := range []string{"acme", "obrien"} {
			fmt.Fprintf(&b, "  - {uid: ds-%[1]s, name: Prometheus - %[1]s, url: \"%[2]s/%[1]s\"}\n", slug, address)
		}
		return []byte(b.String() + "  - {uid: other, name: Other, url: \"" + address + "\"}\n")
	}
	c := NewCollector(nil)
	c.Add(Pair{Environment: "prod", Path: "grafana/provisioning/datasources/customers-00.yaml", Old: file("http://a"), New: file("http://b")})
	const want = `~ data source "Other" (datasources/customers-*): url http://a -> http://b    in prod
~ data source "Prometheus" (datasources/customers-*): url "http://a/<customer>" -> "http://b/<customer>"    in prod, in 2 of 2 customers
`
	if got := write(t, Text, c.Report()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
