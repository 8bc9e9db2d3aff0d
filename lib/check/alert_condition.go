package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

var alertConditionRule = rule{
	id:   "alert/condition",
	why:  "A rule whose condition decides nothing fires always or ends in an error at every evaluation, and nobody learns of it before it is needed.",
	find: findBadConditions,
}

// The words of Grafana's expressions (pkg/expr/commands.go, pkg/expr/mathexp/reduce.go,
// pkg/expr/threshold.go and pkg/expr/classic in its source).
var (
	expressionTypes = []string{"math", "reduce", "resample", "threshold", "classic_conditions", "sql"}
	reducers        = []string{"sum", "mean", "min", "max", "count", "last", "median"}
	classicReducers = []string{"avg", "sum", "min", "max", "count", "last", "median", "diff", "diff_abs", "percent_diff", "percent_diff_abs", "count_non_null"}
	downsamplers    = []string{"sum", "mean", "min", "max", "last"}
	upsamplers      = []string{"pad", "backfilling", "fillna"}
	reduceModes     = []string{"", "strict", "dropNN", "replaceNN"}
	// evaluators are the comparisons, each with the number of its parameters.
	evaluators = map[string]int{
		"gt": 1, "lt": 1, "eq": 1, "ne": 1, "gte": 1, "lte": 1, "no_value": 0,
		"within_range": 2, "outside_range": 2, "within_range_included": 2, "outside_range_included": 2,
	}
)

// findBadConditions reports alert rules whose queries and expressions come to no decision.
func findBadConditions(s *subject) []finding {
	var found []finding
	for _, rule := range alertRules(s) {
		steps := stepsOf(s, rule)
		for _, step := range steps.list {
			found = append(found, badTimeRange(step)...)
			found = append(found, badExpression(steps, step)...)
		}
		if f, bad := undecided(rule, steps); bad {
			found = append(found, f)
		}
	}
	return found
}

// step is one query or expression of an alert rule.
type step struct {
	item
	ref string
	// kind is an expression's type, or "" for a query.
	kind  string
	model map[string]any
	// prometheus is set for a query that is surely one of Prometheus.
	prometheus bool
	// inputs are the steps that an expression reads.
	inputs []string
}

// steps are those of one rule, by refId.
type steps struct {
	list []step
	by   map[string]step
}

func stepsOf(s *subject, rule item) steps {
	all := steps{by: map[string]step{}}
	for _, data := range rule.within("data") {
		st := step{item: data, ref: data.text("refId"), model: objectAt(data.json, "model")}
		if isExpression(data) {
			st.kind = textAt(st.model, "type")
			st.inputs = inputs(st)
		} else {
			st.prometheus = textAt(st.model, "expr") != "" && slices.Contains(prometheusTypes, s.ruleSourceType(data))
		}
		all.list = append(all.list, st)
		all.by[st.ref] = st
	}
	return all
}

// isExpression tells whether Grafana itself evaluates an entry of data.
func isExpression(data item) bool {
	uid := data.text("datasourceUid")
	return uid == "__expr__" || uid == "-100"
}

func (s *subject) ruleSourceType(data item) string {
	for _, source := range items(s.datasources, "datasources") {
		if source.text("uid") == data.text("datasourceUid") {
			return source.text("type")
		}
	}
	return textAt(objectAt(data.json, "model", "datasource"), "type")
}

// mathVariable is how a calculation names the value of a query.
var mathVariable = regexp.MustCompile(`\$(?:\{([^}]+)\}|([A-Za-z_]\w*))`)

// inputs returns the refIds that an expression reads.
func inputs(st step) []string {
	expression := textAt(st.model, "expression")
	switch st.kind {
	case "math":
		var refs []string
		for _, match := range mathVariable.FindAllStringSubmatch(expression, -1) {
			refs = append(refs, match[1]+match[2])
		}
		return refs
	case "classic_conditions":
		var refs []string
		for _, condition := range objectsOf(st.model["conditions"]) {
			if params, _ := objectAt(condition, "query")["params"].([]any); len(params) > 0 {
				refs = append(refs, fmt.Sprint(params[0]))
			}
		}
		return refs
	case "reduce", "resample", "threshold":
		// $A and ${A} are read like A (pkg/expr/commands.go).
		if ref := strings.Trim(strings.TrimSpace(expression), "${}"); ref != "" {
			return []string{ref}
		}
	}
	return nil
}

// badTimeRange reports a range that Grafana refuses
// (RelativeTimeRange.isValid in pkg/services/ngalert/models/alert_query.go).
func badTimeRange(st step) []finding {
	if isExpression(st.item) {
		return nil
	}
	span := objectAt(st.json, "relativeTimeRange")
	if span == nil {
		return []finding{st.failAt("relativeTimeRange", "the query has no time range; Grafana would not start", "write { from: 600, to: 0 }, in seconds before now")}
	}
	from, fromOK := seconds(span["from"])
	to, toOK := seconds(span["to"])
	switch {
	case !fromOK || !toOK || from < 0 || to < 0:
		return []finding{st.failAt("relativeTimeRange", "from and to are numbers of seconds before now, at least 0", "write { from: 600, to: 0 }")}
	case from <= to:
		return []finding{st.failAt("relativeTimeRange", fmt.Sprintf("begins %d and ends %d seconds before now; Grafana would not start", from, to), "from must be greater than to")}
	}
	return nil
}

func seconds(value any) (int, bool) {
	if value == nil {
		return 0, true
	}
	return wholeNumber(value)
}

// badExpression reports an expression that Grafana cannot parse or evaluate.
func badExpression(all steps, st step) []finding {
	if !isExpression(st.item) || st.model == nil {
		return nil
	}
	if !slices.Contains(expressionTypes, st.kind) {
		return []finding{st.failAt("model.type", fmt.Sprintf("%s is no type of expression", quoted(st.model["type"])), diagnostic.DidYouMean(st.kind, expressionTypes))}
	}
	found := badInputs(all, st)
	switch st.kind {
	case "reduce":
		found = append(found, notOneOf(st, "model.reducer", st.model["reducer"], reducers)...)
		if mode, set := objectAt(st.model, "settings")["mode"]; set {
			found = append(found, notOneOf(st, "model.settings.mode", mode, reduceModes)...)
		}
	case "resample":
		found = append(found, notOneOf(st, "model.downsampler", st.model["downsampler"], downsamplers)...)
		found = append(found, notOneOf(st, "model.upsampler", st.model["upsampler"], upsamplers)...)
	case "threshold", "classic_conditions":
		found = append(found, badEvaluators(st)...)
	}
	return found
}

func badInputs(all steps, st step) []finding {
	key := "model.expression"
	if st.kind == "classic_conditions" {
		key = "model.conditions"
	}
	if len(st.inputs) == 0 && (st.kind != "sql") {
		if st.kind == "math" && textAt(st.model, "expression") != "" {
			return nil // a constant
		}
		return []finding{st.failAt(key, "the expression reads no query", "name the refId of a query")}
	}
	var found []finding
	for _, ref := range st.inputs {
		switch _, exists := all.by[ref]; {
		case !exists:
			found = append(found, st.failAt(key, fmt.Sprintf("there is no query %q in data", ref), didYouMeanOf(ref, all.by, "name the refId of a query")))
		case all.reaches(ref, st.ref):
			found = append(found, st.failAt(key, fmt.Sprintf("the expression %q reads itself", st.ref), "let it read another query"))
		}
	}
	return found
}

// reaches tells whether a step reads another one, directly or through others.
func (all steps) reaches(from, to string) bool {
	return all.follow(from, map[string]bool{}, func(st step) (bool, bool) { return st.ref == to, true })
}

// follow visits a step and those that it reads, each once, until one is what is looked for.
// is also tells whether to go on through the step.
func (all steps) follow(ref string, seen map[string]bool, is func(step) (hit, through bool)) bool {
	st, exists := all.by[ref]
	if !exists || seen[ref] {
		return false
	}
	seen[ref] = true
	hit, through := is(st)
	if hit || !through {
		return hit
	}
	return slices.ContainsFunc(st.inputs, func(input string) bool { return all.follow(input, seen, is) })
}

func didYouMeanOf(name string, known map[string]step, remedy string) string {
	names := map[string]bool{}
	for ref := range known {
		names[ref] = true
	}
	return didYouMean(name, names, remedy)
}

func notOneOf(st step, key string, value any, known []string) []finding {
	if text, ok := value.(string); ok && slices.Contains(known, text) {
		return nil
	}
	return []finding{st.failAt(key, fmt.Sprintf("%s is not known to Grafana", quoted(value)), diagnostic.DidYouMean(fmt.Sprint(orNothing(value)), known))}
}

// badEvaluators reports comparisons that Grafana does not know or that lack numbers.
func badEvaluators(st step) []finding {
	conditions := objectsOf(st.model["conditions"])
	if len(conditions) == 0 {
		return []finding{st.failAt("model.conditions", "the expression has no conditions", "add one with an evaluator")}
	}
	var found []finding
	for i, condition := range conditions {
		key := place("model.conditions", i)
		if reducer := objectAt(condition, "reducer"); st.kind == "classic_conditions" {
			found = append(found, notOneOf(st, key+".reducer.type", reducer["type"], classicReducers)...)
		}
		for _, name := range []string{"evaluator", "unloadEvaluator"} {
			if evaluator, set := condition[name]; set || name == "evaluator" {
				object, _ := evaluator.(map[string]any)
				found = append(found, badEvaluator(st, key+"."+name, object)...)
			}
		}
	}
	return found
}

func badEvaluator(st step, key string, evaluator map[string]any) []finding {
	kind := textAt(evaluator, "type")
	count, known := evaluators[kind]
	if !known {
		return []finding{st.failAt(key+".type", fmt.Sprintf("%s is no comparison that Grafana knows", quoted(evaluator["type"])), diagnostic.DidYouMean(kind, slices.Collect(maps.Keys(evaluators))))}
	}
	params, _ := evaluator["params"].([]any)
	numbers := 0
	for _, param := range params {
		if _, ok := param.(json.Number); ok {
			numbers++
		}
	}
	switch {
	case numbers < len(params):
		return []finding{st.failAt(key+".params", "holds something that is no number", "write numbers, without quotes")}
	case numbers < count:
		return []finding{st.failAt(key+".params", fmt.Sprintf("holds %d of the %d numbers that %s compares with", numbers, count, kind), "write for example [5], and [5, 10] for a range")}
	}
	return nil
}

// undecided reports a condition that is a plain value or a whole series.
func undecided(rule item, all steps) (finding, bool) {
	condition, exists := all.by[rule.text("condition")]
	if !exists {
		return finding{}, false // grafana/alert-rule reports it
	}
	if all.isSeries(condition) {
		return rule.failAt("condition", fmt.Sprintf("%s is a series of values over time, from which Grafana takes no decision; the rule would end in an error", condition.ref), "make the query instant: true, or reduce it with an expression of type reduce"), true
	}
	if condition.prometheus && !decides(textAt(condition.model, "expr")) {
		return rule.failAt("condition", fmt.Sprintf("%s is a query that compares nothing; the rule would fire whenever its value is not 0", condition.ref), "add an expression of type threshold and name its refId"), true
	}
	return finding{}, false
}

// isSeries tells whether a step surely has a value for each point of time. Reductions, classic
// conditions and SQL make one value of whatever they read.
func (all steps) isSeries(st step) bool {
	return all.follow(st.ref, map[string]bool{}, func(st step) (bool, bool) {
		switch {
		case st.kind == "resample":
			return true, false
		case isExpression(st.item):
			return false, st.kind == "math" || st.kind == "threshold"
		}
		// Without range and instant Grafana takes it for a range (pkg/promlib/models/query.go).
		return st.prometheus && (st.model["range"] == true || st.model["instant"] != true), false
	})
}

var (
	promqlStrings  = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`")
	promqlMatchers = regexp.MustCompile(`\{[^}]*\}`)
	comparison     = regexp.MustCompile(`[<>]|==|!=|\babsent(_over_time)?\b`)
)

// decides tells whether a PromQL expression leaves only what is to fire.
func decides(expr string) bool {
	bare := promqlMatchers.ReplaceAllString(promqlStrings.ReplaceAllString(expr, ""), "")
	return comparison.MatchString(bare)
}
