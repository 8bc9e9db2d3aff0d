package promql

import (
	"regexp"
	"slices"
	"strings"
)

// Variable is what a macro can stand for.
type Variable struct {
	Name string
	// Values are those known before Grafana runs: the options of custom and interval variables,
	// the value of a constant. None for a variable that only Grafana can fill.
	Values []string
	// Multi and IncludeAll say that several values can be chosen; Grafana then writes them as
	// a regular expression.
	Multi, IncludeAll bool
	// AllValue is what All stands for, "" for all values.
	AllValue string
}

// Variables are the variables that a query can refer to, by name.
type Variables map[string]Variable

// The global variables that Grafana fills in for a Prometheus query, by the kind of value
// (docs/sources/dashboards/variables/add-template-variables in Grafana, and
// getRangeScopedVars in packages/grafana-prometheus).
var globals = map[string]string{
	"__interval":         "duration",
	"__rate_interval":    "duration",
	"__range":            "duration",
	"__interval_ms":      "number",
	"__rate_interval_ms": "number",
	"__range_s":          "number",
	"__range_ms":         "number",
	"__from":             "number",
	"__to":               "number",
	"__timezone":         "text",
	"__dashboard":        "text",
	"__user":             "text",
	"__org":              "text",
	"__namespace":        "text",
	"__name":             "text",
	"__theme":            "text",
	"__url":              "text",
	"__searchFilter":     "text",
	"__scopes":           "text",
	"__timeFilter":       "text",
	"timeFilter":         "text",
}

// Globals returns the names of the global variables of a Prometheus query, sorted.
func Globals() []string {
	names := make([]string, 0, len(globals))
	for name := range globals {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// IsGlobal tells whether Grafana defines a variable itself.
func IsGlobal(name string) bool { return globals[name] != "" }

// Sample values of the global variables. Only their form matters to the parser; rules that
// care about a window ask which macro it came from.
var samples = map[string]string{
	"__interval": "1m", "__rate_interval": "5m", "__range": "1h",
	"__interval_ms": "60000", "__rate_interval_ms": "300000", "__range_s": "3600", "__range_ms": "3600000",
	"__from": "1700000000000", "__to": "1700003600000",
}

// fill returns what a macro can be replaced by.
func (v Variables) fill(m Macro) fill {
	if m.Hole == Comment {
		return fill{options: []string{""}}
	}
	variable, known := v[m.Name]
	if !known && m.Hole == Text && !IsGlobal(m.Name) {
		return fill{options: []string{m.text}} // Grafana leaves unknown names as they stand
	}
	if sample, ok := samples[m.Name]; ok && !known {
		return fill{options: []string{sample}}
	}
	if known {
		if options := variable.options(m); len(options) > 0 {
			return fill{options: options}
		}
	}
	return fill{guesses: guesses(m, variable)}
}

// options are the texts that a variable's known values become at a macro.
func (variable Variable) options(m Macro) []string {
	var options []string
	seen := map[string]bool{}
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			options = append(options, text)
		}
	}
	for _, value := range variable.Values {
		if strings.HasPrefix(value, "$__auto") || value == "auto" && m.Hole == Duration {
			value = "1h" // an interval that Grafana works out from the width of the panel
		}
		add(variable.format(m, []string{value}))
	}
	if variable.repeats() && len(variable.Values) > 1 {
		add(variable.format(m, variable.Values))
	}
	if variable.IncludeAll && variable.AllValue != "" {
		add(variable.AllValue)
	}
	if len(options) == 1 && variable.IncludeAll && len(variable.Values) == 0 {
		return nil // only All is known; what else can be chosen is not
	}
	return options
}

func (variable Variable) repeats() bool { return variable.Multi || variable.IncludeAll }

var regexMeta = regexp.MustCompile(`[\\^$*+?.()|\[\]{}/]`)

// format writes values as Grafana's Prometheus data source does: with backslashes and quotes
// escaped; where several can be chosen, as a regular expression
// (interpolateQueryExpr in packages/grafana-prometheus/src/datasource.ts).
func (variable Variable) format(m Macro, values []string) string {
	switch m.Format {
	case "":
		if !variable.repeats() {
			return escapeLiteral(values[0], m)
		}
		escaped := make([]string, len(values))
		for i, value := range values {
			escaped[i] = escapeLiteral(regexMeta.ReplaceAllString(value, `\$0`), m)
		}
		if len(escaped) == 1 {
			return escaped[0]
		}
		return "(" + strings.Join(escaped, "|") + ")"
	case "pipe":
		return strings.Join(values, "|")
	case "regex":
		escaped := make([]string, len(values))
		for i, value := range values {
			escaped[i] = regexMeta.ReplaceAllString(value, `\$0`)
		}
		if len(escaped) == 1 {
			return escaped[0] // its backslashes are not escaped once more: "a\.b" does not parse
		}
		return "(" + strings.Join(escaped, "|") + ")"
	case "doublequote":
		return `"` + strings.Join(values, `","`) + `"`
	case "singlequote", "sqlstring":
		return `'` + strings.Join(values, `','`) + `'`
	case "glob":
		if len(values) > 1 {
			return "{" + strings.Join(values, ",") + "}"
		}
		return values[0]
	case "json":
		return `["` + strings.Join(values, `","`) + `"]`
	}
	return strings.Join(values, ",") // csv, raw, text and what a plugin adds
}

// escapeLiteral escapes what would end a quoted string; outside of strings nothing is escaped.
func escapeLiteral(value string, m Macro) string {
	if m.Hole != Text || m.Quote == '`' {
		return value
	}
	return strings.NewReplacer(`\`, `\\`, string(rune(m.Quote)), `\`+string(rune(m.Quote))).Replace(value)
}

// guesses are the sentinels that may stand for an unknown value in a hole, the likeliest first.
func guesses(m Macro, variable Variable) []string {
	switch m.Hole {
	case Text:
		return []string{sentinelText}
	case Number:
		return []string{"1700000000"}
	case Duration:
		return []string{"1m", "60"}
	case DurationPart:
		if isWord(m.after) && !(m.after >= '0' && m.after <= '9') && m.after != ':' {
			return []string{"5"}
		}
		return []string{"m", "5", "5m"}
	case String:
		return []string{`"` + sentinelText + `"`}
	case LabelName:
		return []string{sentinelLabel, ""}
	case MatcherList:
		return []string{sentinelLabel + `="` + sentinelText + `"`, ""}
	case NamePart:
		if m.before == 0 || !isWord(m.before) && m.before != '}' {
			return []string{Sentinel + "part", Sentinel}
		}
		return []string{Sentinel + "part", "1", "m", ""}
	case NameHole:
		return []string{sentinelMetric}
	case FunctionName:
		return []string{"sum", "rate", "abs", "topk", "label_replace"}
	case Operator:
		return []string{"+", "by", "offset", "and", ""}
	}
	if kind := globals[m.Name]; kind == "text" {
		return []string{sentinelMetric, "1"}
	}
	if variable.repeats() {
		return []string{sentinelMetric, "1", "5m", ""}
	}
	return []string{"1", sentinelMetric, sentinelMetric + "[5m]", `"` + sentinelText + `"`, "5m", ""}
}

// Defines tells whether Grafana can fill in a variable: it is one of these, or global.
func (v Variables) Defines(name string) bool {
	_, ok := v[name]
	return ok || IsGlobal(name) || strings.HasPrefix(name, "__url_") || strings.HasPrefix(name, "__field") || strings.HasPrefix(name, "__data") ||
		strings.HasPrefix(name, "__value") || strings.HasPrefix(name, "__series") || name == "__all_variables" || strings.HasPrefix(name, "__auto_interval")
}
