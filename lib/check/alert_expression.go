package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/dashc/dashc/lib/diagnostic"
)

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
