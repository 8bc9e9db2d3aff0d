// Package promql reads PromQL as Grafana's dashboards hold it: with macros such as $customer,
// ${__range_s} or [[job]] in it. A lexical scan finds each macro and the kind of hole it fills,
// every expansion is parsed by Prometheus' own parser, and every position of an expansion can
// be traced back to the text as written. An expression is changed by splicing that text, never
// by printing a syntax tree.
package promql
