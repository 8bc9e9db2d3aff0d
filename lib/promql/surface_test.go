package promql_test

import (
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/promql"
)

func TestParseVariableQuery(t *testing.T) {
	tests := []struct {
		query string
		kind  promql.VariableQueryKind
		expr  string
		label string
		wrong string
	}{
		{`label_values(job)`, promql.LabelValues, "", "job", ""},
		{`label_values(up, job)`, promql.LabelValues, "up", "job", ""},
		{` label_values( up{a="b,c", d=~"$e"} , job ) `, promql.LabelValues, `up{a="b,c", d=~"$e"} `, "job", ""},
		{`label_values(up{a=")"}, job)`, promql.LabelValues, `up{a=")"}`, "job", ""},
		{`label_values(sum by (a, b) (up), a)`, promql.LabelValues, `sum by (a, b) (up)`, "a", ""},
		{`label_values(up, "my.label")`, promql.LabelValues, "up", "my.label", ""},
		{`label_values(up, $label)`, promql.LabelValues, "up", "$label", ""},
		{`label_values($metric, ${label})`, promql.LabelValues, "$metric", "${label}", ""},
		{"label_values(up{\n a=\"b\"\n},\n job)", promql.LabelValues, "up{\n a=\"b\"\n}", "job", ""},
		{`label_values({__name__=~"foo.*"}, __name__)`, promql.LabelValues, `{__name__=~"foo.*"}`, "__name__", ""},
		{`label_values()`, "", "", "", "label_values"},
		{`label_values(up, )`, "", "", "", "label_values"},
		{`label_values(up, job`, "", "", "", "label_values"},
		{`label_values(up, job) + 1`, "", "", "", "label_values"},
		{`label_names()`, promql.LabelNames, "", "", ""},
		{`label_names(up{a="b"})`, promql.LabelNames, `up{a="b"}`, "", ""},
		{`label_names`, "", "", "", "label_names"},
		{`metrics(foo_.*)`, promql.MetricNames, "foo_.*", "", ""},
		{`metrics($prefix.*()`, promql.MetricNames, "$prefix.*(", "", ""},
		{`metrics(foo()`, promql.MetricNames, "foo(", "", "regular expression"},
		{`query_result(sum(foo) by (a))`, promql.QueryResult, "sum(foo) by (a)", "", ""},
		{`query_result( )`, promql.QueryResult, " ", "", "no query"},
		{`up{a="b"}`, promql.SeriesQuery, `up{a="b"}`, "", ""},
		{`label_values_total`, promql.SeriesQuery, `label_values_total`, "", ""},
		{``, promql.SeriesQuery, ``, "", ""},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			got, err := promql.ParseVariableQuery(test.query)
			if (err != nil) != (test.wrong != "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Fatalf("got the error %v", err)
			}
			if got.Kind != test.kind || got.Expr != test.expr || got.Label != test.label {
				t.Errorf("got %+v", got)
			}
			if !strings.HasPrefix(test.query[got.Start:], got.Expr) || !strings.HasPrefix(test.query[got.LabelStart:], got.Label) {
				t.Errorf("the parts are not at %d and %d", got.Start, got.LabelStart)
			}
		})
	}
}

// The selectors of an expression are all of them, wherever they stand.
func TestSelectors(t *testing.T) {
	expansions, err := promql.Scan(`topk(scalar(sum(a)), b) + max_over_time(rate(c[5m])[1h:1m]) * on () group_left () {__name__="d"} or count_values("x", -(e)) unless {__name__=~"f|g"}`).Expand(nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, selector := range promql.Selectors(expansions[0].Expr) {
		names = append(names, promql.MetricName(selector))
	}
	got := strings.Join(names, ",")
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if !strings.Contains(got, name) {
			t.Errorf("%s is missing in %s", name, got)
		}
	}
	if len(names) != 6 {
		t.Errorf("got %s", got)
	}
}
