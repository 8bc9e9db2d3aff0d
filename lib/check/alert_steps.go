package check

import (
	"cmp"
	"fmt"
	"github.com/dashc/dashc/lib/dashboard"
	"regexp"
	"slices"
	"strings"
)

// step is one query or expression of an alert rule.
type step struct {
	item
	ref string
	// kind is an expression's type, or "" for a query.
	kind  string
	model map[string]any
	// query is the expression of a query of Prometheus, or nil.
	query *query
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
			st.query = s.alertQuery(data)
		}
		all.list = append(all.list, st)
		all.by[st.ref] = st
	}
	return all
}

// alertQuery returns the expression of a query that is surely one of Prometheus, or nil.
func (s *subject) alertQuery(data item) *query {
	mention := dashboard.MentionOf(objectAt(data.json, "model")["datasource"])
	mention.Name = data.text("datasourceUid")
	if kind := cmp.Or(s.typeByName(mention.Name), mention.Type); !speaksPromQL(kind) {
		return nil
	}
	for _, q := range s.queries {
		if q.surface == alertSurface && q.document.Path == data.document.Path && q.path == data.where+".model.expr" {
			return q
		}
	}
	return nil
}

// isExpression tells whether Grafana itself evaluates an entry of data.
func isExpression(data item) bool {
	uid := data.text("datasourceUid")
	return uid == "__expr__" || uid == "-100"
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
		return st.query != nil && (st.model["range"] == true || st.model["instant"] != true), false
	})
}
