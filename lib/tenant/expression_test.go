package tenant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/promql"
)

// testSurroundings are variables of every kind.
var testSurroundings = surroundings{
	variables: promql.Variables{
		"customer": {Name: "customer", Multi: true, IncludeAll: true},
		"method":   {Name: "method", Multi: true},
		"window":   {Name: "window", Values: []string{"5m", "1h"}},
		"agg":      {Name: "agg", Values: []string{"sum", "max"}},
		"metric":   {Name: "metric", Values: []string{"calls_total", "jobs"}},
		"part":     {Name: "part", Values: []string{"calls", "seconds"}},
		"number":   {Name: "number", Values: []string{"1", "2"}},
		"asked":    {Name: "asked"},
		"filters":  {Name: "filters"},
		"typed":    {Name: "typed"},
		"quoted":   {Name: "quoted", Values: []string{`method="a"`, `method=~"b|c"`}},
		"sly":      {Name: "sly", Values: []string{`customer_id="b"`}},
		"breakout": {Name: "breakout", Values: []string{"1", "(jobs)"}},
		"brace":    {Name: "brace", Values: []string{`method="a"} or up_hosts{a="b"`}},
		"both":     {Name: "both", Values: []string{"sum", `sum(jobs) + max`}},
		"op":       {Name: "op", Values: []string{"+", "unless"}},
		"allvalue": {Name: "allvalue", IncludeAll: true, AllValue: `"} or jobs{method=~"`},
		"raw":      {Name: "raw", Values: []string{`x"} or jobs{method="y`}},
	},
	preset: map[string][]string{"typed": {`x"} or jobs{method="`}},
}

const who = `customer_id="A"`

// Expressions and what becomes of them. ID stands for the matcher.
func TestScopeExpression(t *testing.T) {
	o := testOptions(t)
	for _, test := range []struct{ text, want string }{
		{`jobs`, `jobs{ID}`},
		{`jobs{}`, `jobs{ID}`},
		{`jobs{ }`, `jobs{ID }`},
		{`jobs{method="a"}`, `jobs{ID,method="a"}`},
		{`jobs{ method="a", }`, `jobs{ID, method="a", }`},
		{"jobs # a {comment}\n{ # and \"one\"\n method='a' # x\n}", "jobs # a {comment}\n{ID, # and \"one\"\n method='a' # x\n}"},
		{"jobs{ # nothing but this\n}", "jobs{ID # nothing but this\n}"},
		{`sum(jobs) by (customer_id)`, `sum(jobs{ID}) by (customer_id)`},
		{`{__name__="jobs"}`, `{ID,__name__="jobs"}`},
		{`{"jobs", method="a"}`, `{ID,"jobs", method="a"}`},
		{`{'jobs'}`, `{ID,'jobs'}`},
		{`{__name__=~"jobs|calls_total"}`, `{ID,__name__=~"jobs|calls_total"}`},
		{`{__name__=~"seconds_.*"}`, `{ID,__name__=~"seconds_.*"}`},
		{"jobs{method=`a`, method!~'b', method!=\"}\"}", "jobs{ID,method=`a`, method!~'b', method!=\"}\"}"},
		{`rate(calls_total[5m] offset 1h)`, `rate(calls_total{ID}[5m] offset 1h)`},
		{`rate(calls_total[5m] @ 1.5)`, `rate(calls_total{ID}[5m] @ 1.5)`},
		{`jobs @ end() offset -5m`, `jobs{ID} @ end() offset -5m`},
		{`max_over_time(sum(jobs{method="x"})[1h:5m])`, `max_over_time(sum(jobs{ID,method="x"})[1h:5m])`},
		{`topk(scalar(sum(jobs)), calls_total)`, `topk(scalar(sum(jobs{ID})), calls_total{ID})`},
		{`quantile(scalar(max(jobs)), jobs)`, `quantile(scalar(max(jobs{ID})), jobs{ID})`},
		{`-jobs ^ jobs`, `-jobs{ID} ^ jobs{ID}`},
		{`customer_id:calls:rate5m`, `customer_id:calls:rate5m{ID}`},
		{`customer_id:errors:ratio_rate5`, `customer_id:errors:ratio_rate5{ID}`},
		{`jobs * on () group_left (version) version_info`, `jobs{ID} * on () group_left (version) version_info`},
		{`version_info{version="1"}`, `version_info{version="1"}`},
		// matchers on the label
		{`jobs{customer_id=~"$customer"}`, `jobs{ID}`},
		{`jobs{customer_id="$customer"}`, `jobs{ID}`},
		{`jobs{customer_id=~'${customer:regex}',method="a"}`, `jobs{ID,method="a"}`},
		{"jobs{method=\"a\",customer_id=~`[[customer]]`}", `jobs{method="a",ID}`},
		{`jobs{customer_id=~$customer}`, `jobs{ID}`},
		{`jobs{customer_id=~"$method"}`, `jobs{ID}`},
		{`jobs{customer_id=~".+"}`, `jobs{ID}`},
		{`jobs{customer_id=~".*"}`, `jobs{ID}`},
		{`jobs{customer_id!=""}`, `jobs{ID}`},
		{`jobs{customer_id != ""}`, `jobs{customer_id = "A"}`},
		{`jobs{"customer_id"=~".+"}`, `jobs{"customer_id"="A"}`},
		{"jobs{customer_id # who\n=~\"$customer\"}", "jobs{customer_id # who\n=\"A\"}"},
		{`jobs{customer_id=~"$customer",customer_id!="", method="a"}`, `jobs{ID, method="a"}`},
		{`jobs{customer_id!="",method="a",customer_id=~"$customer",}`, `jobs{ID,method="a",}`},
		// macros
		{`rate(calls_total[$__rate_interval])`, `rate(calls_total{ID}[$__rate_interval])`},
		{`rate(calls_total[${window}])`, `rate(calls_total{ID}[${window}])`},
		{`rate(calls_total[$asked]) > $number`, `rate(calls_total{ID}[$asked]) > $number`},
		{`rate(calls_total[${asked}m])`, `rate(calls_total{ID}[${asked}m])`},
		{`jobs / $__range_s`, `jobs{ID} / $__range_s`},
		{`jobs{method=~"$method"}`, `jobs{ID,method=~"$method"}`},
		{`jobs{$filters}`, `jobs{ID,$filters}`},
		{`jobs{$filters, method="a"}`, `jobs{ID,$filters, method="a"}`},
		{`jobs{$quoted}`, `jobs{ID,$quoted}`},
		{`$agg(jobs) by ($asked)`, `$agg(jobs{ID}) by ($asked)`},
		{`jobs $op calls_total`, `jobs{ID} $op calls_total{ID}`},
		{`label_replace(jobs, "m", "$1", "method", "(.*)")`, `label_replace(jobs{ID}, "m", "$1", "method", "(.*)")`},
		{`label_replace(jobs, "m", "$1", "customer_id", "(.*)")`, `label_replace(jobs{ID}, "m", "$1", "customer_id", "(.*)")`},
		{`label_join(jobs, "m", "-", "customer_id", "method")`, `label_join(jobs{ID}, "m", "-", "customer_id", "method")`},
		{`count_values("value", jobs)`, `count_values("value", jobs{ID})`},
		{"jobs{method=\"\\\"}{\"}", "jobs{ID,method=\"\\\"}{\"}"},
		// left out
		{`up_hosts`, `- up_hosts does not carry customer_id`},
		{`jobs + up_hosts`, `- up_hosts does not carry customer_id`},
		{`topk(scalar(up_hosts), jobs)`, `- up_hosts does not carry customer_id`},
		{`nothing_known`, `- nothing_known is neither in the catalogue nor recorded by a rule, so that nothing says that it carries customer_id`},
		{`calls:rate5m`, `- calls:rate5m is recorded by a rule that does not keep customer_id in every step`},
		{`version:count`, `- version:count is recorded by a rule that does not keep customer_id in every step`},
		// refused
		{`jobs{customer_id="b"}`, `! "b": the matcher on customer_id chooses customers by itself`},
		{`jobs{customer_id=""}`, `! "": the matcher on customer_id chooses customers by itself`},
		{`jobs{customer_id!="b"}`, `! "b": the matcher on customer_id chooses customers by itself`},
		{`jobs{customer_id!~"$customer"}`, `! "$customer": the matcher on customer_id chooses customers by itself`},
		{`jobs{customer_id!="$customer"}`, `! "$customer": the matcher on customer_id chooses customers by itself`},
		{`jobs{customer_id=~"a|$customer"}`, `! "a|$customer": a variable is a part of a matcher on customer_id`},
		{`jobs{customer_id=~"a.*"}`, `! "a.*": the matcher on customer_id chooses customers by itself`},
		{`jobs{customer_id=~"$customer",customer_id!="b"}`, `! "b": the matcher on customer_id chooses customers by itself`},
		{`written:calls`, `! written:calls: written:calls is recorded by a rule that writes the label customer_id`},
		{`{__name__=~"jobs|up.*"}`, `! {__name__=~"jobs|up.*"}: the selector may select series without the label customer_id: up_hosts does not carry customer_id`},
		{`{__name__=~"zzz.*"}`, `! {__name__=~"zzz.*"}: no metric of the catalogue has such a name`},
		{`{method="a"}`, `! {method="a"}: the selector may select series without the label customer_id: calls:rate5m is recorded by a rule that does not keep customer_id in every step`},
		{`{__name__=~"jobs|version_info"}`, `! {__name__=~"jobs|version_info"}: the selector may select both shared metrics and those of customers`},
		{`version_info{customer_id=~"$customer"}`, `! "$customer": the metric is shared and does not carry customer_id`},
		{`$metric`, `! $metric: the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`$metric{method="a"}`, `! $metric: the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`${part}_total`, `! ${part}_total: the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`{__name__="$metric"}`, `! "$metric": the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`{"$metric"}`, `! "$metric": the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`jobs > $asked`, `! $asked: the variable stands for an operand, and only Grafana knows its value`},
		{`jobs > $breakout`, `! $breakout: the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`$asked(jobs)`, `! $asked: the variable stands for a function name, and only Grafana knows its value`},
		{`$both(jobs)`, `! $both: the metric is chosen by a variable, so that nothing says whether it carries customer_id`},
		{`jobs{$sly}`, `! $sly: a variable writes matchers on customer_id`},
		{`jobs{$brace}`, `! $brace: the variable "brace" has the value "method=\"a\"} or up_hosts{a=\"b\"", which is more than matchers`},
		{`jobs{method=~"$allvalue"}`, `! $allvalue: the variable "allvalue" has the value "\"} or jobs{method=~\"", which can end the string that it stands in`},
		{`jobs{method="${raw:raw}"}`, `! ${raw:raw}: the variable "raw" has the value "x\"} or jobs{method=\"y", which is more than text`},
		{`jobs{method="$typed"}`, `! $typed: the variable "typed" has the value "x\"} or jobs{method=\"", which can end the string that it stands in`},
		{"jobs # $method\n", `! $method: a variable in a comment can end the comment`},
		{`label_replace(jobs, "customer_id", "b", "", "")`, `! "customer_id": label_replace writes the label customer_id, which names the customer`},
		{`label_replace(jobs, ("customer_id"), "b", "", "")`, `! ("customer_id"): label_replace writes the label customer_id, which names the customer`},
		{"label_replace(jobs, `customer_id`, \"b\", \"\", \"\")", "! `customer_id`: label_replace writes the label customer_id, which names the customer"},
		{`label_replace(jobs, "customer\x5fid", "b", "", "")`, `! "customer\x5fid": label_replace writes the label customer_id, which names the customer`},
		{`label_replace(jobs, "$asked", "b", "", "")`, `! "$asked": label_replace writes a label that a variable chooses`},
		{`label_join(jobs, "customer_id", "", "method")`, `! "customer_id": label_join writes the label customer_id, which names the customer`},
		{`count_values("customer_id", jobs)`, `! "customer_id": count_values writes the label customer_id, which names the customer`},
		{`jobs * on (method) group_left (customer_id) jobs`, `! jobs * on (method) group_left (customer_id) jobs: group_left or group_right takes over the label customer_id, which may name another customer`},
		{`jobs * on (method) group_right ($asked) jobs`, `! jobs * on (method) group_right ($asked) jobs: group_left or group_right takes over a label that a variable chooses, which may name another customer`},
		{`info(jobs)`, `! info(jobs): info() asks metrics that no selector names`},
		{`sum(jobs`, `! : unclosed left parenthesis`},
	} {
		t.Run(test.text, func(t *testing.T) {
			scoped, r, p := scopeExpression(o, test.text, "A", testSurroundings)
			got := scoped
			switch {
			case p != nil:
				got = fmt.Sprintf("! %s: %s", test.text[p.start:p.end], p.message)
			case len(r.lacking) > 0:
				got = "- " + strings.Join(r.lacking, "; ")
			}
			if want := strings.ReplaceAll(test.want, "ID", who); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// Ids of customers that have to mean themselves wherever they stand.
var hardIDs = []project.CustomerID{
	`"`, `\`, `\"`, `"} or jobs{a="`, `$__rate_interval`, `$method`, `${method}`, `[[method]]`, `$$`, `..`, `{}`, "`", `'`, `#`, `%24customer`,
	"\u202eabc", "a\u200bb", "\U0001f600", "é", "e\u0301", "\ufffd", "\u2028", "con", "a/b", "&<>", "{{ .X }}", `\x24`, "😀\"$[[",
	project.CustomerID(strings.Repeat("ü", 64)), " ", "a, b) ", "42",
}

// A label that is no identifier is quoted, and no text in it is a macro.
func TestLabelNames(t *testing.T) {
	for label, want := range map[string]string{"customer_id": `customer_id`, "a1": `a1`, "1a": `"1a"`, "my.label": `"my.label"`, "$x": `"\x24x"`, "ü": `"ü"`} {
		if got := (&known{label: label}).labelName(); got != want {
			t.Errorf("%s: got %s", label, got)
		}
	}
}

func TestHardIDs(t *testing.T) {
	o := testOptions(t)
	for _, id := range hardIDs {
		scoped, _, p := scopeExpression(o, `sum(jobs{method=~"$method"}) / rate(calls_total[$__rate_interval])`, id, testSurroundings)
		if p != nil {
			t.Fatalf("%q: %s", id, p.message)
		}
		query := promql.Scan(scoped)
		if len(query.Macros) != 2 {
			t.Errorf("%q is taken for a macro in %s", id, scoped)
		}
		expansions, err := query.Expand(testSurroundings.variables)
		if err != nil {
			t.Fatal(err)
		}
		k := newKnown(o)
		for _, s := range promql.Selectors(expansions[0].Expr) {
			if !k.scoped(s, string(id)) {
				t.Errorf("%q: %s", id, scoped)
			}
		}
	}
}

// Every function and aggregation with a selector in each of its arguments, also nested.
func TestEveryFunction(t *testing.T) {
	o := testOptions(t)
	argument := map[parser.ValueType]string{
		parser.ValueTypeVector: `jobs`, parser.ValueTypeMatrix: `calls_total[5m]`, parser.ValueTypeScalar: `scalar(sum(jobs))`, parser.ValueTypeString: `"m"`,
	}
	nested := map[parser.ValueType]string{
		parser.ValueTypeVector: `(topk(scalar(count(jobs)), jobs) or -jobs)`, parser.ValueTypeMatrix: `max by (method) (jobs offset 1m)[5m:1m]`,
		parser.ValueTypeScalar: `scalar(max_over_time(jobs[5m]))`, parser.ValueTypeString: `"m"`,
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(parser.Functions)) {
		f := parser.Functions[name]
		if name == "info" {
			continue
		}
		for _, arguments := range []map[parser.ValueType]string{argument, nested} {
			counts := []int{len(f.ArgTypes)}
			if f.Variadic != 0 {
				counts = append(counts, len(f.ArgTypes)-1, len(f.ArgTypes)+1)
			}
			for _, n := range counts {
				var args []string
				for i := range n {
					args = append(args, arguments[f.ArgTypes[min(i, len(f.ArgTypes)-1)]])
				}
				all = append(all, name+"("+strings.Join(args, ", ")+")")
			}
		}
	}
	for aggregation := parser.ItemType(57346); aggregation < 58000; aggregation++ { // the first token of the grammar, and more than there are
		item := aggregation.String()
		if !aggregation.IsAggregator() {
			continue
		}
		param := ""
		if aggregation.IsAggregatorWithParam() {
			param = argument[parser.ValueTypeScalar] + ", "
			if aggregation == parser.COUNT_VALUES {
				param = `"value", `
			}
		}
		for _, vector := range []string{argument[parser.ValueTypeVector], nested[parser.ValueTypeVector]} {
			all = append(all, fmt.Sprintf("%s(%s%s)", item, param, vector), fmt.Sprintf("%s without (method) (%s%s)", item, param, vector))
		}
	}
	tried := 0
	for _, text := range all {
		if _, err := promql.Scan(text).Expand(nil); err != nil {
			continue // a number of arguments that the function does not take
		}
		tried++
		scoped, _, p := scopeExpression(o, text, "A", surroundings{})
		if p != nil {
			t.Errorf("%s: %s", text, p.message)
			continue
		}
		if strings.Count(scoped, who) != strings.Count(text, "jobs")+strings.Count(text, "calls_total") {
			t.Errorf("%s\n%s", text, scoped)
		}
	}
	if tried < 2*len(parser.Functions) {
		t.Errorf("only %d expressions of %d functions", tried, len(parser.Functions))
	}
}

// Where a recording rule keeps the tenant label, and where it does not.
func TestRecorded(t *testing.T) {
	k := newKnown(testOptions(t))
	for text, want := range map[string]origin{
		`jobs`:                             partitioned,
		`(jobs)`:                           partitioned,
		`version_info`:                     common,
		`up_hosts`:                         mixed,
		`1`:                                constant,
		`vector(1)`:                        constant,
		`sum(jobs)`:                        mixed,
		`sum by (customer_id) (jobs)`:      partitioned,
		`sum by (method) (jobs)`:           mixed,
		`sum without (method) (jobs)`:      partitioned,
		`sum without (customer_id) (jobs)`: mixed,
		`topk(5, jobs)`:                    mixed,
		`topk by (customer_id) (5, jobs)`:  partitioned,
		`topk by (customer_id) (scalar(jobs), jobs)`:          mixed,
		`count_values by (customer_id) ("customer_id", jobs)`: mixed,
		`count_values by (customer_id) ("v", jobs)`:           partitioned,
		`rate(calls_total[5m])`:                               partitioned,
		`max_over_time(jobs[1h:5m])`:                          partitioned,
		`label_replace(jobs, "customer_id", "x", "", "")`:     mixed,
		`label_replace(jobs, "m", "x", "", "")`:               partitioned,
		`absent(jobs)`:                                        mixed,
		`scalar(jobs)`:                                        mixed,
		`jobs * scalar(jobs)`:                                 mixed,
		`jobs * 2`:                                            partitioned,
		`jobs > bool 2`:                                       partitioned,
		`jobs * jobs`:                                         partitioned,
		`jobs * on (customer_id) jobs`:                        partitioned,
		`jobs * on (method) jobs`:                             mixed,
		`jobs * ignoring (customer_id) jobs`:                  mixed,
		`jobs * ignoring (method) jobs`:                       partitioned,
		`jobs * on () version_info`:                           mixed,
		`jobs * on () group_left version_info`:                partitioned,
		`version_info * on () group_right jobs`:               partitioned,
		`version_info * on () group_left jobs`:                mixed,
		`jobs * on (method) group_left (customer_id) jobs`:    mixed,
		`jobs and jobs`:                                       partitioned,
		`jobs and on (method) jobs`:                           mixed,
		`jobs unless on () version_info`:                      partitioned,
		`version_info and jobs`:                               mixed,
		`jobs or jobs`:                                        partitioned,
		`jobs or on () jobs`:                                  mixed,
		`jobs or vector(0)`:                                   mixed,
		`jobs / (sum by (customer_id) (jobs) > 0)`:            partitioned,
		`jobs{customer_id=""}`:                                mixed,
		`{__name__=~"jobs|calls_total"}`:                      partitioned,
		`{__name__=~"jobs|up_hosts"}`:                         mixed,
		`calls:rate5m`:                                        mixed,
		`customer_id:calls:rate5m`:                            partitioned,
		`written:calls`:                                       mixed,
		`info(jobs)`:                                          mixed,
		`histogram_quantile(0.9, sum by (customer_id, le) (rate(seconds_bucket[5m])))`: partitioned,
		`histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[5m])))`:              mixed,
		`sum by (`: mixed,
	} {
		if got := k.recorded(text); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}

func TestCircle(t *testing.T) {
	o := testOptions(t)
	o.Records["a"] = []Record{{Expr: "b"}}
	o.Records["b"] = []Record{{Expr: "a"}}
	o.Records["jobs"] = []Record{{Expr: "sum by (customer_id) (jobs)"}}
	k := newKnown(o)
	for _, name := range []string{"a", "b", "jobs"} {
		if k.metric(name).standing != lacks {
			t.Errorf("%s carries the label", name)
		}
	}
}

// A long expression full of variables is no reason to wait.
func TestLongExpression(t *testing.T) {
	o := testOptions(t)
	text := strings.Repeat("jobs{method=\"$window\",customer_id=~\"$customer\"} + ", 1300) + "jobs"
	began := time.Now()
	scoped, _, p := scopeExpression(o, text, "A", testSurroundings)
	if p != nil {
		t.Fatal(p.message)
	}
	if n := strings.Count(scoped, who); n != 1301 {
		t.Errorf("%d matchers", n)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%d bytes took %s", len(text), took)
	} else {
		t.Logf("%d bytes took %s", len(text), took)
	}
}

// FuzzScope asks for no panic, and that whatever comes out is scoped as Prometheus' parser
// sees it.
func FuzzScope(f *testing.F) {
	f.Add(`sum(jobs{customer_id=~"$customer"}) by (method)`, `a"b`)
	f.Add(`{__name__=~"jobs|calls_total", $filters} @ end() # x`, `$method`)
	f.Add("topk(scalar(sum(jobs)), calls_total{method=`${method:raw}`,}) or $agg(jobs)", "[[x]]")
	f.Add(`label_replace(jobs{"customer_id"!=""}, "a", "$1", "b", "")[5m:$__interval]`, `\`)
	o := testOptions(f)
	f.Fuzz(func(t *testing.T, text, id string) {
		if id == "" || len(id) > 128 || strings.ToValidUTF8(id, "") != id || strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			return
		}
		scoped, r, p := scopeExpression(o, text, project.CustomerID(id), testSurroundings)
		if p != nil {
			if p.start < 0 || p.end < p.start || p.end > len(text) {
				t.Fatalf("a problem at %d to %d of %q", p.start, p.end, text)
			}
			return
		}
		if len(r.lacking) > 0 {
			return
		}
		expansions, err := promql.Scan(scoped).Expand(testSurroundings.variables)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, scoped, err)
		}
		for _, e := range expansions {
			for _, s := range promql.Selectors(e.Expr) {
				if promql.MetricName(s) == "version_info" {
					continue
				}
				n := 0
				for _, m := range s.LabelMatchers {
					if m.Name == "customer_id" {
						n++
						if m.Type != 0 || m.Value != id {
							t.Fatalf("%q became %q", text, scoped)
						}
					}
				}
				if n != 1 {
					t.Fatalf("%q became %q", text, scoped)
				}
			}
		}
	})
}
