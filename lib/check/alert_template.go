package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/dashc/dashc/lib/diagnostic"
)

var alertTemplateRule = rule{
	id:   "alert/template",
	why:  "Grafana shows a template that it cannot expand as it stands, with the braces: the one notification that matters does not say which service it is about.",
	find: findBadTemplates,
}

// ruleFunctions are those of templates in labels and annotations
// (pkg/services/ngalert/state/template/funcs.go in Grafana, and the expander of Prometheus'
// template package, on which it builds).
var ruleFunctions = []string{
	"args", "deduplicateLabels", "externalURL", "filterLabels", "filterLabelsRe", "first", "graphLink", "humanize", "humanize1024", "humanizeDuration",
	"humanizePercentage", "humanizeTimestamp", "label", "match", "mergeLabelValues", "now", "parseDuration", "pathPrefix", "query", "reReplaceAll", "removeLabels",
	"removeLabelsRe", "removeLabelslRe", "safeHtml", "sortBy", "sortByLabel", "stripDomain", "stripPort", "strvalue", "tableLink", "title", "toDuration", "toLower", "toTime", "toUpper",
	"urlQueryEscape", "value",
}

// notificationFunctions are those of notification templates (DefaultFuncs in Alertmanager's
// template package, and templates/{funcs,gomplate} of grafana/alerting).
var notificationFunctions = []string{
	"append", "coll", "data", "date", "dict", "humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "join", "list", "match",
	"reReplaceAll", "routeLabels", "safeHtml", "safeUrl", "since", "stringSlice", "time", "title", "tmpl", "toJson", "toLower", "toUpper", "trimSpace", "tz", "urlUnescape",
}

// ruleVariables are what Grafana defines before each template of a rule
// (pkg/services/ngalert/state/template/template.go).
const ruleVariables = "{{$labels := .Labels}}{{$values := .Values}}{{$value := .Value}}"

// findBadTemplates reports templates that do not parse, and values of queries that the rule
// does not have.
func findBadTemplates(s *subject) []finding {
	var found []finding
	for _, rule := range alertRules(s) {
		for _, holder := range []string{"annotations", "labels"} {
			texts := objectAt(rule.json, holder)
			for _, name := range sortedKeys(texts) {
				if text, ok := texts[name].(string); ok && strings.Contains(text, "{{") {
					found = append(found, badRuleTemplate(rule, holder+"."+name, text)...)
				}
			}
		}
	}
	for _, notification := range items(s.alerting, "templates") {
		text := notification.text("template")
		if _, message, hint := parseTemplate("", text, notificationFunctions); message != "" {
			found = append(found, notification.failAt("template", message, hint).saying(text))
		}
	}
	return found
}

func badRuleTemplate(rule item, key, text string) []finding {
	parsed, message, hint := parseTemplate(ruleVariables, text, ruleFunctions)
	if message != "" {
		return []finding{rule.failAt(key, message, hint).saying(text)}
	}
	var found []finding
	known := valueNames(rule)
	for _, name := range namedValues(parsed) {
		if !known[name] {
			found = append(found, rule.failAt(key, fmt.Sprintf("$values.%s is the value of no query of this rule", name), didYouMean(name, known, "name a refId of data")).saying(text))
		}
	}
	return found
}

// valueNames are the keys of $values: the refIds of a rule, with a number behind those of
// classic conditions.
func valueNames(rule item) map[string]bool {
	names := map[string]bool{}
	for _, data := range rule.within("data") {
		ref := data.text("refId")
		names[ref] = true
		for i := range objectsOf(objectAt(data.json, "model")["conditions"]) {
			names[fmt.Sprintf("%s%d", ref, i)] = true
		}
	}
	return names
}

var (
	templatePrefix  = regexp.MustCompile(`^template: [^ ]*?:?(\d*): `)
	unknownFunction = regexp.MustCompile(`function "([^"]+)" not defined`)
)

// parseTemplate parses a template with the functions of a place, or says what is wrong with it.
func parseTemplate(before, text string, functions []string) (parsed *template.Template, message, hint string) {
	stubs := template.FuncMap{}
	for _, name := range functions {
		stubs[name] = func(...any) string { return "" }
	}
	parsed, err := template.New("").Funcs(stubs).Parse(before + text)
	if err == nil {
		return parsed, "", ""
	}
	reason := templatePrefix.ReplaceAllString(err.Error(), "")
	hint = "correct the template"
	if match := unknownFunction.FindStringSubmatch(reason); match != nil {
		if nearest, ok := diagnostic.Nearest(match[1], functions); ok {
			hint = fmt.Sprintf("did you mean %q?", nearest)
		}
	}
	return nil, "the template does not parse: " + reason, hint
}

// namedValues returns the names that a template takes from $values or .Values, each once.
func namedValues(parsed *template.Template) []string {
	var names []string
	for _, part := range parsed.Templates() {
		if part.Tree == nil || part.Root == nil {
			continue
		}
		walkTemplate(part.Root, func(identifiers []string) {
			if len(identifiers) > 1 && (identifiers[0] == "$values" || identifiers[0] == "Values") && !slices.Contains(names, identifiers[1]) {
				names = append(names, identifiers[1])
			}
		})
	}
	slices.Sort(names)
	return names
}

// walkTemplate calls visit with the identifiers of each variable and field of a template.
func walkTemplate(node parse.Node, visit func(identifiers []string)) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			walkTemplate(child, visit)
		}
	case *parse.ActionNode:
		walkTemplate(n.Pipe, visit)
	case *parse.IfNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.TemplateNode:
		walkTemplate(n.Pipe, visit)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, command := range n.Cmds {
			walkTemplate(command, visit)
		}
	case *parse.CommandNode:
		for _, argument := range n.Args {
			walkTemplate(argument, visit)
		}
	case *parse.ChainNode:
		walkTemplate(n.Node, visit)
	case *parse.VariableNode:
		visit(n.Ident)
	case *parse.FieldNode:
		visit(n.Ident)
	}
}

func walkBranch(branch *parse.BranchNode, visit func([]string)) {
	walkTemplate(branch.Pipe, visit)
	walkTemplate(branch.List, visit)
	walkTemplate(branch.ElseList, visit)
}
