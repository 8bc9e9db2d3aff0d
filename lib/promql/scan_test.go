package promql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/promql"
)

// Each macro of an expression is written as its name, its hole, and for a matcher's value the
// label and the operator before it.
func TestScan(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no macro", `sum(rate(foo[5m]))`, ``},
		{"double quotes", `foo{a="$b"}`, `b: text of a=`},
		{"single quotes", `foo{a='$b'}`, `b: text of a=`},
		{"backticks", "foo{a=~`$b`}", `b: text of a=~`},
		{"other quotes inside", `foo{a="it's $b", c='say "$d"'}`, `b: text of a=; d: text of c=`},
		{"escaped quote", `foo{a="\"$b"}`, `b: text of a=`},
		{"escaped backslash ends the string", `foo{a="\\", b="$c"}`, `c: text of b=`},
		{"Grafana knows no escapes", `foo{a="\$b"}`, `b: text of a=`},
		{"a backtick knows no escapes", "foo{a=`\\`, b=`$c`}", `c: text of b=`},
		{"unclosed string", `foo{a="$b`, `b: text of a=`},
		{"braces inside a string", `foo{a="{$b}", c="$d"}`, `b: text of a=; d: text of c=`},
		{"brackets inside a string", `foo{a="[(", c="$d"}`, `d: text of c=`},
		{"a hash inside a string", `foo{a="#", c="$d"}`, `d: text of c=`},
		{"comma inside a string", `foo{a="x,$b"}`, `b: text of a=`},
		{"not equal", `foo{a!="$b"}`, `b: text of a!=`},
		{"not matching", `foo{a!~"$b"}`, `b: text of a!~`},
		{"spaces around the operator", `foo{ a =~ "$b" }`, `b: text of a=~`},
		{"two macros in one value", `foo{a=~"$b-$c|[[d]]"}`, `b: text of a=~; c: text of a=~; d: text of a=~`},
		{"value without quotes", `foo{a=$b}`, `b: a matcher's value of a=`},
		{"value without quotes, regex", `foo{a=~$b, c="$d"}`, `b: a matcher's value of a=~; d: text of c=`},
		{"value by format", `foo{a=${b:doublequote}}`, `b(doublequote): a matcher's value of a=`},
		{"quoted label", `{"my.label"="$b"}`, `b: text of my.label=`},
		{"quoted metric", `{"my.metric", a="$b"}`, `b: text of a=`},
		{"macro in a quoted metric", `{"my.$metric", a="$b"}`, `metric: text; b: text of a=`},
		{"label name", `foo{$a="b"}`, `a: a label name`},
		{"label name, regex", `foo{$a=~"b", ${c}!="d"}`, `a: a label name; c: a label name`},
		{"value of a macro label", `foo{$a="$b"}`, `a: a label name; b: text of $a=`},
		{"part of a label name", `foo{a_$b="c"}`, `b: a label name`},
		{"matchers", `foo{$filters}`, `filters: matchers`},
		{"matchers after others", `foo{a="b",$filters}`, `filters: matchers`},
		{"matchers before others", `foo{$filters, a="$b"}`, `filters: matchers; b: text of a=`},
		{"comment", "foo # $a and \"\n + $b", `a: a comment; b: an operand`},
		{"comment that ends the text", `foo # [[a]]`, `a: a comment`},
		{"range", `rate(foo[$__interval])`, `__interval: a duration`},
		{"range in braces", `rate(foo[ ${__rate_interval} ])`, `__rate_interval: a duration`},
		{"range from the old form", `rate(foo[[[window]]])`, `window: a duration`},
		{"number of a range", `rate(foo[${n}m])`, `n: a part of a duration`},
		{"unit of a range", `rate(foo[5$unit])`, `unit: a part of a duration`},
		{"number and unit", `rate(foo[$n$unit])`, `n: a part of a duration; unit: a part of a duration`},
		{"subquery", `max_over_time(foo[$__range:$__interval])`, `__range: a duration; __interval: a duration`},
		{"subquery without a step", `max_over_time(foo[$__range:])`, `__range: a duration`},
		{"step of a subquery", `max_over_time(foo[1h:$step])`, `step: a duration`},
		{"range of a subquery", `max_over_time(foo[$__interval:1m])`, `__interval: a duration`},
		{"seconds", `rate(foo[${__range_s}s])`, `__range_s: a part of a duration`},
		{"arithmetic in a range", `rate(foo[$__range_s - 5])`, `__range_s: a duration`},
		{"offset", `foo offset $shift`, `shift: a duration`},
		{"offset in capitals", `foo OFFSET $shift`, `shift: a duration`},
		{"negative offset", `foo offset -$shift`, `shift: a duration`},
		{"number of an offset", `foo offset ${n}m`, `n: a part of a duration`},
		{"offset after a range", `rate(foo[$__range] offset $shift)`, `__range: a duration; shift: a duration`},
		{"at", `foo @ $__to`, `__to: a number`},
		{"at a date", `foo @ ${__to:date:seconds}`, `__to(date:seconds): a number`},
		{"by", `sum by ($a, b, ${c:csv}) (foo)`, `a: a label name; c(csv): a label name`},
		{"by behind", `sum(foo) by ($a)`, `a: a label name`},
		{"without", `sum without (b,$a) (foo)`, `a: a label name`},
		{"on and group_left", `a * on ($x) group_left ($y) b`, `x: a label name; y: a label name`},
		{"ignoring and group_right", `a / ignoring($x) group_right($y) b`, `x: a label name; y: a label name`},
		{"part of a metric", `foo_$bar_total`, `bar_total: a part of a name`},
		{"part of a metric in braces", `foo_${bar}_total`, `bar: a part of a name`},
		{"part of a metric, old form", `foo_[[bar]]_total`, `bar: a part of a name`},
		{"start of a metric", `${bar}_total{a="$b"}`, `bar: a part of a name; b: text of a=`},
		{"two parts", `${a}${b}`, `a: a part of a name; b: a part of a name`},
		{"two parts without braces", `$a$b`, `a: a part of a name; b: a part of a name`},
		{"two parts, old form", `[[a]][[b]]`, `a: a part of a name; b: a part of a name`},
		{"part of a recorded name", `job:$metric:rate5m`, `metric: a part of a name`},
		{"metric", `$metric{a="b"}`, `metric: a metric name`},
		{"metric with a range", `rate($metric[5m])`, `metric: a metric name`},
		{"operand", `$metric`, `metric: an operand`},
		{"operand of an operation", `$a / $b`, `a: an operand; b: an operand`},
		{"operand in parentheses", `($a + 1)`, `a: an operand`},
		{"argument", `rate($query)`, `query: an operand`},
		{"parameter", `topk($n, foo)`, `n: an operand`},
		{"parameter of an aggregation by a label", `topk by (a) ($n, foo)`, `n: an operand`},
		{"quantile", `histogram_quantile($q, foo)`, `q: an operand`},
		{"comparison", `foo > $limit`, `limit: an operand`},
		{"bool comparison", `foo > bool $limit`, `limit: an operand`},
		{"operand after or", `foo or $b`, `b: an operand`},
		{"operand after unless in capitals", `foo UNLESS $b`, `b: an operand`},
		{"operand after on", `a + on (x) $b`, `b: an operand`},
		{"function", `$fn(foo)`, `fn: a function name`},
		{"function of a range", `${fn}(foo[5m])`, `fn: a function name`},
		{"part of a function", `${fn}_over_time(foo[5m])`, `fn: a part of a name`},
		{"aggregation", `$agg by (a) (foo)`, `agg: a function name`},
		{"inner function", `sum($fn(foo[5m]))`, `fn: a function name`},
		{"function behind an operator", `a + $fn(b)`, `fn: a function name`},
		{"operator", `foo $op bar`, `op: an operator`},
		{"operator before a parenthesis", `foo $op (bar)`, `op: an operator`},
		{"operator behind parentheses", `(foo) $op 5`, `op: an operator`},
		{"operator behind a range", `rate(foo[5m]) $op rate(bar[5m])`, `op: an operator`},
		{"group of label_replace", `label_replace(foo, "a", "$1", "b", "(.*)")`, `1: text`},
		{"named group of label_replace", `label_replace(foo, "a", "${x}", "b", "(?P<x>.*)")`, `x: text`},
		{"end of a regular expression", `foo{a=~"bar$"}`, ``},
		{"end of an alternative", `foo{a=~"bar$|baz$"}`, ``},
		{"doubled dollar", `foo{a="$$b"}`, `b: text of a=`},
		{"lone dollar", `foo + $ + $b`, `b: an operand`},
		{"format", `foo{a=~"${b:csv}"}`, `b(csv): text of a=~`},
		{"format, old form", `foo{a=~"[[b:regex]]"}`, `b(regex): text of a=~`},
		{"format with an argument", `foo{a="${__from:date:iso}"}`, `__from(date:iso): text of a=`},
		{"field", `foo{a="${__org.name}"}`, `__org.name: text of a=`},
		{"field and format", `foo{a="${b.text:csv}"}`, `b.text(csv): text of a=`},
		{"no macro: character class", `foo{a=~"[[:alpha:]]"}`, ``},
		{"no macro: unclosed", `foo{a="${b"}`, ``},
		{"no macro: spaces", `foo{a="${b c}"}`, ``},
		{"no macro: empty", `foo{a="${}", b="[[]]"}`, ``},
		{"the name ends before other letters", `foo{a="$bär"}`, `b: text of a=`},
		{"the name ends at a dash", `foo{a="$b-c"}`, `b: text of a=`},
		{"multi-byte text around", `foo{a="höhe", b="$c"} # größe $d`, `c: text of b=; d: a comment`},
		{"closing brackets too many", `)]} $a`, `a: an operand`},
		{"label of a matcher ends with it", `foo{a="b"} + on (c) foo{d="$e"}`, `e: text of d=`},
		{"string argument", `label_values(foo{a="b"}, "$c")`, `c: text`},
		{"comparison is no matcher", `foo == $b`, `b: an operand`},
		{"comparison inside parentheses", `(foo{a="b"} != $c)`, `c: an operand`},
		{"no macro: format without a word", `foo{a="[[b:]]", c="[[d:e f]]", f="${g:}", h="${i.}"}`, ``},
		{"openings without an end", `${a:${b:[[c:$d`, `d: a duration`},
		{"minus a word", `offset - $a`, `a: a duration`},
		{"sum of labels is no offset", `a - by - $b`, `b: an operand`},
		{"fill", `a + fill($n) b`, `n: an operand`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			query := promql.Scan(test.text)
			if got := describe(query.Macros); got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.text, got, test.want)
			}
			if query.Text != test.text {
				t.Errorf("the text became %q", query.Text)
			}
		})
	}
}

func describe(macros []promql.Macro) string {
	var all []string
	for _, m := range macros {
		text := m.Name
		if m.Field != "" {
			text += "." + m.Field
		}
		if m.Format != "" {
			text += "(" + m.Format + ")"
		}
		text += ": " + m.Hole.String()
		if m.Label+m.Matcher != "" {
			text += fmt.Sprintf(" of %s%s", m.Label, m.Matcher)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}
