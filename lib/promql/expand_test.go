package promql_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"

	"github.com/dashc/dashc/lib/promql"
)

// variables are one of each sort.
func variables() promql.Variables {
	return promql.Variables{
		"one":      {Values: []string{"GET", "POST"}},
		"multi":    {Values: []string{"GET", "POST"}, Multi: true},
		"all":      {Values: []string{"a", "b"}, IncludeAll: true, AllValue: ".*"},
		"onlyall":  {IncludeAll: true, AllValue: ".+"},
		"query":    {},
		"queries":  {Multi: true},
		"window":   {Values: []string{"1m", "$__auto_interval_window"}},
		"constant": {Values: []string{"5"}},
		"awkward":  {Values: []string{`a"b`, `c\d`, `e'f`, "g`h"}},
		"dots":     {Values: []string{"a.b", "c|d"}, Multi: true},
		"metric":   {Values: []string{"foo", "bar"}},
		"matchers": {Values: []string{`a="b"`, `c=~"d", e="f"`}},
		"mode":     {Values: []string{"auto", "manual"}},
		"labels":   {Values: []string{"a", "b"}, Multi: true},
		"broken":   {Values: []string{"5m", "often"}},
	}
}

func TestExpand(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no macro", `foo`, `foo`},
		{"one value at a time", `foo{a="$one"}`, `foo{a="GET"} ; foo{a="POST"}`},
		{"several values", `foo{a=~"$multi"}`, `foo{a=~"GET"} ; foo{a=~"POST"} ; foo{a=~"(GET|POST)"}`},
		{"all value", `foo{a=~"$all"}`, `foo{a=~"a"} ; foo{a=~"b"} ; foo{a=~"(a|b)"} ; foo{a=~".*"}`},
		{"nothing is known but all", `foo{a=~"$onlyall"}`, `foo{a=~"__dashc_value"}`},
		{"unknown values", `foo{a="$query"}`, `foo{a="__dashc_value"}`},
		{"interval", `rate(foo[$window])`, `rate(foo[1m]) ; rate(foo[1h])`},
		{"auto is a word elsewhere", `foo{a="$mode"}`, `foo{a="auto"} ; foo{a="manual"}`},
		{"constant", `foo * $constant`, `foo * 5`},
		{"constant in a duration", `rate(foo[${constant}m])`, `rate(foo[5m])`},
		{"pairs, not products", `foo{a="$one",b="$metric"}`, `foo{a="GET",b="foo"} ; foo{a="POST",b="bar"}`},
		{"quotes are escaped", `{a="$awkward"}`, `{a="a\"b"} ; {a="c\\d"} ; {a="e'f"} ; {a="g` + "`" + `h"}`},
		{"single quotes are escaped", `{a='$awkward'}`, `{a='a"b'} ; {a='c\\d'} ; {a='e\'f'} ; {a='g` + "`" + `h'}`},
		{"regular expressions are escaped", `{a=~"$dots"}`, `{a=~"a\\.b"} ; {a=~"c\\|d"} ; {a=~"(a\\.b|c\\|d)"}`},
		{"a format says otherwise", `{a=~"${dots:pipe}"}`, `{a=~"a.b"} ; {a=~"c|d"} ; {a=~"a.b|c|d"}`},
		{"the regex format in backticks", "{a=~`${dots:regex}`}", "{a=~`a\\.b`} ; {a=~`c\\|d`} ; {a=~`(a\\.b|c\\|d)`}"},
		{"metric", `$metric{a="b"}`, `foo{a="b"} ; bar{a="b"}`},
		{"metric part", `${metric}_total`, `foo_total ; bar_total`},
		{"matchers", `foo{$matchers}`, `foo{a="b"} ; foo{c=~"d", e="f"}`},
		{"labels", `sum by (${labels:csv}) (foo)`, `sum by (a) (foo) ; sum by (b) (foo) ; sum by (a,b) (foo)`},
		{"unknown labels", `sum by ($query) (foo)`, `sum by (__dashc_label) (foo)`},
		{"unknown matchers", `foo{$query}`, `foo{__dashc_label="__dashc_value"}`},
		{"unknown metric", `rate($query[5m])`, `rate(__dashc_metric[5m])`},
		{"unknown function", `${query}(foo[5m])`, `rate(foo[5m])`},
		{"unknown aggregation", `$query by (a) (foo)`, `sum by (a) (foo)`},
		{"unknown operator", `foo $query bar`, `foo + bar`},
		{"unknown range vector", `rate($query)`, `rate(__dashc_metric[5m])`},
		{"unknown number", `topk($query, foo)`, `topk(1, foo)`},
		{"unknown unit", `rate(foo[5$query])`, `rate(foo[5m])`},
		{"unknown number of a duration", `rate(foo[${query}m])`, `rate(foo[5m])`},
		{"unknown number and unit", `rate(foo[$query$queries])`, `rate(foo[5m])`},
		{"unknown offset", `foo offset -$query`, `foo offset -1m`},
		{"unknown value without quotes", `foo{a=$query}`, `foo{a="__dashc_value"}`},
		{"undefined in text stays", `label_replace(foo, "a", "${x}-${y:csv}-$1", "b", "(?P<x>.*)")`, `label_replace(foo, "a", "${x}-${y:csv}-$1", "b", "(?P<x>.*)")`},
		{"end of a regular expression", `foo{a=~"bar$"}`, `foo{a=~"bar$"}`},
		{"comments vanish", "foo # $one", `foo # `},
		{"global windows", `rate(foo[$__rate_interval]) + avg_over_time(bar[$__range:$__interval])`, `rate(foo[5m]) + avg_over_time(bar[1h:1m])`},
		{"global numbers", `foo / $__range_s + foo @ $__to`, ``},
		{"milliseconds", `rate(foo[${__range_ms}ms])`, `rate(foo[3600000ms])`},
		{"global text", `foo{org="${__org.name}"}`, `foo{org="__dashc_value"}`},
		{"old form", `foo{a="[[one]]"}`, `foo{a="GET"} ; foo{a="POST"}`},
		{"many unknown macros, the last of another sort", `$a + $b + $c + $d + $e + rate($f)`, `1 + 1 + 1 + 1 + 1 + rate(__dashc_metric[5m])`},
		{"many unknown macros, the first of another sort", `rate($a) + $b + $c + $d + $e + $f`, `rate(__dashc_metric[5m]) + 1 + 1 + 1 + 1 + 1`},
		{"many sorts", `rate($a) / sum($b) + topk($c, $d) + label_replace($e, $f, "", "", "")`, ``},
		{"UTF-8", `{"my.metric", "my.label"="$one"}`, `{"my.metric", "my.label"="GET"} ; {"my.metric", "my.label"="POST"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expansions, err := promql.Scan(test.text).Expand(variables())
			if err != nil {
				t.Fatalf("%s: %v", test.text, err)
			}
			var texts []string
			for _, e := range expansions {
				texts = append(texts, e.Text)
			}
			if got := strings.Join(texts, " ; "); test.want != "" && got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.text, got, test.want)
			}
		})
	}
}

func TestExpandErrors(t *testing.T) {
	tests := []struct{ name, text, at, message string }{
		{"plain", `sum(foo`, ``, "unclosed"},
		{"one value of several", `rate(foo[$broken])`, `$broken`, `unexpected`},
		{"behind a macro", `foo{a="$one"} bar`, `bar`, "unexpected identifier"},
		{"several values in a list of labels", `sum by ($labels) (foo)`, `$labels`, `unexpected "("`},
		{"the regex format in a quoted string", `foo{a=~"${dots:regex}"}`, ``, "unknown escape sequence"},
		{"a macro where none can be", `sum by (a) ($query`, ``, ""},
		{"a type", `rate(foo) + $query`, `foo`, "expected type range vector"},
		{"a type behind macros", `$query + $query + $query + $query + $query + rate(foo)`, `foo`, "expected type range vector"},
		{"too long", `foo{a="` + strings.Repeat("x", 300_000) + `"}`, ``, "bytes long"},
		{"too long when filled in", strings.Repeat(`foo{a=~"$long"} or `, 300) + `foo`, ``, "bytes long"},
		{"too deep", strings.Repeat("(", 100_000) + "a" + strings.Repeat(")", 100_000), ``, "operators and brackets"},
	}
	known := variables()
	known["long"] = promql.Variable{Multi: true, Values: words(500)}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := promql.Scan(test.text).Expand(known)
			var syntax *promql.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, no syntax error", err)
			}
			if !strings.Contains(syntax.Message, test.message) {
				t.Errorf("got the message %s", syntax.Message)
			}
			if got := test.text[syntax.Start:syntax.End]; test.at != "" && !strings.HasPrefix(got, test.at) {
				t.Errorf("the error %q is said of %q, not of %q", syntax.Message, got, test.at)
			}
		})
	}
}

func words(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("customer-%d", i)
	}
	return list
}

// All of many options are tried where they can make a difference to the parser; of plain words
// in a string a few are enough. What is not plain is always tried, and so are all at once.
func TestExpandManyOptions(t *testing.T) {
	minutes := make([]string, 499)
	for i := range minutes {
		minutes[i] = fmt.Sprintf("%dm", i+1)
	}
	known := promql.Variables{
		"customer": {Values: append(words(499), `"`), Multi: true},
		"window":   {Values: minutes},
	}
	for text, want := range map[string]int{
		`sum by (a) (rate(foo{c=~"$customer"}[5m]))`: 18,
		`sum by (a) (rate(foo[$window]))`:            499,
	} {
		expansions, err := promql.Scan(text).Expand(known)
		if err != nil {
			t.Fatal(err)
		}
		if len(expansions) != want {
			t.Errorf("%s: got %d expansions", text, len(expansions))
		}
	}
}

// What costs much is bounded: no text makes the process crash or wait.
func TestExpandIsBounded(t *testing.T) {
	deep := func(n int, open, middle, end string) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(end, n)
	}
	tests := map[string]string{
		"64 kB of alternatives":       `foo{a=~"` + strings.Repeat("abcdefgh|", 7000) + `"}`,
		"64 kB of matchers":           `foo{` + strings.Repeat(`a="b",`, 11_000) + `}`,
		"64 kB of labels":             `sum by (` + strings.Repeat(`abc,`, 16_000) + `) (foo)`,
		"64 kB of comments":           strings.Repeat("# $one\n", 9000) + "foo",
		"64 kB of openings":           strings.Repeat("[[", 32_000),
		"64 kB of openings in braces": strings.Repeat("${a:", 16_000),
		"1000 parentheses":            deep(1000, "(", "a", ")"),
		"1000 signs":                  deep(1000, "-", "a", ""),
		"1000 operands":               deep(1000, "a + ", "a", ""),
		"1000 sets":                   deep(1000, "a or ", "a", ""),
		"1000 calls":                  deep(1000, "abs(", "a", ")"),
		"1000 aggregations":           deep(1000, "sum(", "a", ")"),
		"1000 relabellings":           deep(1000, "label_replace(", "a", `, "a", "b", "c", "d")`),
		"10,000 macros in matchers":   `foo{` + strings.Repeat(`a=~"$multi",`, 10_000) + `}`,
		"10,000 macros in one text":   `foo{a=~"` + strings.Repeat(`$query|`, 10_000) + `"}`,
		"1000 unknown operands":       deep(1000, "$query + ", "rate($query)", ""),
		"10,000 unknown operands":     deep(10_000, "$query + ", "a", ""),
		"100,000 parentheses":         deep(100_000, "(", "a", ")"),
		"100,000 open parentheses":    deep(100_000, "(", "", ""),
		"100,000 signs":               deep(100_000, "-", "a", ""),
		"100,000 operands":            deep(100_000, "a+", "a", ""),
		"100,000 calls":               deep(100_000, "abs(", "a", ")"),
		"100,000 ranges":              deep(100_000, "", "a", "[5m:1m]"),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, _ = promql.Scan(text).Expand(variables())
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// pieces make texts that are often, but not always, PromQL.
var pieces = []string{
	"foo", "sum", "rate", "(", ")", "[5m]", "[", "]", "{", "}", `a="b"`, `a=~"$one|x"`, "$one", "${multi:csv}", "[[all]]", "$query",
	"${a}", "${b}", " + ", " / ", " or ", " by (a) ", " offset ", "5m", "1", ",", " ", `"`, "'", "`", "\\", "# x\n", "$", "$__interval", "é", "[[", "${",
}

func randomText(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(12) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

// sensible are texts that parse, so that the properties below are not only about errors.
var sensible = []string{
	`sum by (a, $query) (rate(foo{a="$one", b=~"[[multi]]|$query"}[$__rate_interval] offset $window)) / ${constant} # $one`,
	`topk($query, ${metric}_total{$matchers}) > $constant or label_replace(rate($query), "a", "$1-$one", "b", "(.*)")`,
	`{"my.metric", é="ü$one"} unless on (x) foo{$query="$all"}`,
	`max_over_time((foo + $query)[$__range:$__interval])`,
}

// eachText calls check with random texts and with the sensible ones.
func eachText(t *testing.T, check func(t *testing.T, text string)) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		check(t, randomText(random))
	}
	for _, text := range sensible {
		if _, err := promql.Scan(text).Expand(variables()); err != nil && !strings.Contains(text, "é") {
			t.Errorf("%s: %v", text, err)
		}
		check(t, text)
	}
}

func TestExpandProperties(t *testing.T) { eachText(t, properties) }

// properties are what holds for every text: errors are said of a part of it, and every part of
// an expansion leads back to where it was written.
func properties(t *testing.T, text string) {
	query := promql.Scan(text)
	end := 0
	for _, m := range query.Macros {
		if m.Start < end || m.End <= m.Start || m.End > len(text) || m.Name == "" {
			t.Fatalf("%q: the macro %+v", text, m)
		}
		end = m.End
	}
	began := time.Now()
	expansions, err := query.Expand(variables())
	if took := time.Since(began); took > 30*time.Second {
		t.Fatalf("%q takes %s", text, took)
	}
	if err != nil {
		var syntax *promql.SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("%q: %v is no syntax error", text, err)
		}
		if syntax.Start < 0 || syntax.End < syntax.Start || syntax.End > len(text) {
			t.Fatalf("%q: the error %s is at %d to %d", text, syntax.Message, syntax.Start, syntax.End)
		}
		return
	}
	for _, e := range expansions {
		if len(query.Macros) == 0 && e.Text != text {
			t.Fatalf("%q became %q", text, e.Text)
		}
		literalsStay(t, query, e)
		parser.Inspect(e.Expr, func(node parser.Node, _ []parser.Node) error {
			if node == nil {
				return nil // Inspect says that it leaves a node
			}
			at := node.PositionRange()
			if start, end := e.Original(at); start < 0 || end < start || end > len(text) {
				t.Fatalf("%q: %T is at %d to %d", text, node, start, end)
			}
			return nil
		})
	}
}

// literalsStay checks that what is written around macros is the same in the expansion, byte for
// byte, and that a position there leads back to it.
func literalsStay(t *testing.T, query promql.Query, e promql.Expansion) {
	whole := posrange.PositionRange{End: posrange.Pos(len(e.Text))}
	if got := len(e.MacrosIn(whole)); got != len(query.Macros) {
		t.Fatalf("%q: %d of %d macros lie in %q", query.Text, got, len(query.Macros), e.Text)
	}
	outside := 0
	for i := range len(e.Text) {
		one := posrange.PositionRange{Start: posrange.Pos(i), End: posrange.Pos(i + 1)}
		start, end := e.Original(one)
		if slices.ContainsFunc(query.Macros, func(m promql.Macro) bool { return m.Start == start && m.End == end }) {
			continue
		}
		if end != start+1 || query.Text[start] != e.Text[i] {
			t.Fatalf("%q: byte %d of %q leads to %d to %d", query.Text, i, e.Text, start, end)
		}
		outside++
	}
	literal := len(query.Text)
	for _, m := range query.Macros {
		literal -= m.End - m.Start
	}
	// A macro of one byte's length does not exist, so what leads to no macro is literal.
	if outside != literal {
		t.Fatalf("%q: %d of %d bytes lead back from %q", query.Text, outside, literal, e.Text)
	}
}

// Splicing a text's own parts into it changes nothing, whichever nodes they belong to, and a
// replaced node stands where the old one was.
func TestSplice(t *testing.T) {
	for _, text := range sensible {
		expansions, err := promql.Scan(text).Expand(variables())
		if err != nil {
			continue
		}
		for _, e := range expansions {
			parser.Inspect(e.Expr, func(node parser.Node, _ []parser.Node) error {
				if node == nil {
					return nil
				}
				start, end := e.Original(node.PositionRange())
				same, err := promql.Splice(text, []promql.Edit{{Start: start, End: end, Text: text[start:end]}})
				if err != nil || same != text {
					t.Errorf("%T at %d to %d: %q, %v", node, start, end, same, err)
				}
				other, err := promql.Splice(text, []promql.Edit{{Start: start, End: end, Text: "(" + text[start:end] + ")"}})
				if want := text[:start] + "(" + text[start:end] + ")" + text[end:]; err != nil || other != want {
					t.Errorf("%T at %d to %d: %q, %v", node, start, end, other, err)
				}
				return nil
			})
		}
	}
}

func TestSpliceEdits(t *testing.T) {
	tests := []struct {
		name  string
		edits []promql.Edit
		want  string
	}{
		{"none", nil, "abcdef"},
		{"out of order", []promql.Edit{{4, 5, "E"}, {0, 1, "A"}}, "AbcdEf"},
		{"insertions at one place keep their order", []promql.Edit{{3, 3, "1"}, {3, 3, "2"}}, "abc12def"},
		{"side by side", []promql.Edit{{2, 4, "x"}, {0, 2, ""}}, "xef"},
		{"at the end", []promql.Edit{{6, 6, "g"}}, "abcdefg"},
		{"overlap", []promql.Edit{{0, 3, ""}, {2, 4, ""}}, ""},
		{"insertion inside another edit", []promql.Edit{{0, 3, ""}, {1, 1, "x"}}, ""},
		{"beyond the text", []promql.Edit{{5, 7, ""}}, ""},
		{"before the text", []promql.Edit{{-1, 2, ""}}, ""},
		{"backwards", []promql.Edit{{3, 2, ""}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := promql.Splice("abcdef", test.edits)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func FuzzScan(f *testing.F) {
	for _, text := range slices.Concat(sensible, pieces) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		query := promql.Scan(text)
		again := promql.Scan(query.Text)
		if fmt.Sprint(query) != fmt.Sprint(again) {
			t.Errorf("%q is read in two ways", text)
		}
		end := 0
		for _, m := range query.Macros {
			if m.Start < end || m.End <= m.Start || m.End > len(text) || m.Hole.String() == "" {
				t.Errorf("%q: the macro %+v", text, m)
			}
			end = m.End
		}
	})
}

func FuzzExpand(f *testing.F) {
	for _, text := range slices.Concat(sensible, pieces) {
		f.Add(text)
	}
	f.Fuzz(properties)
}
