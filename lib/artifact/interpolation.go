package artifact

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// ruleInterpolation is the identifier of the findings about `$`.
const ruleInterpolation = "grafana/interpolation"

// The forms that reach Grafana as they stand in the source. Everything else with a `$` is text.
//
// Grafana expands twice what it takes from ${NAME}, $__env{NAME} and $__file{path}: a `$` in
// the secret itself is then expanded once more. Only a whole $NAME is taken over as it is.
// Source: grafana/grafana pkg/services/provisioning/values/values.go (interpolateValue) and
// pkg/setting/expanders.go (ExpandVar).
var (
	reference      = regexp.MustCompile(`\$\{[A-Z_][A-Z0-9_]*\}|\$__env\{[A-Za-z_][A-Za-z0-9_]*\}|\$__file\{[^{}$]+\}`)
	wholeReference = regexp.MustCompile(`^\$[A-Z_][A-Z0-9_]*$`)
)

// Forms that the author hardly means as text, and what to write instead.
var (
	handEscaped    = regexp.MustCompile(`\$\$((?:labels|values?)\b|\{(?:__)?[a-z]\w*|__[a-z]\w*)`)
	braced         = regexp.MustCompile(`\$(__\w+)?\{`)
	lowerReference = regexp.MustCompile(`(?:^|[^$])\$\{([a-z][A-Za-z0-9_]*)\}`)
	bareReference  = regexp.MustCompile(`(?:^|[^$])\$([A-Z][A-Z0-9_]+)\b`)
)

// treatment says what Grafana does with the strings at a place.
type treatment int

const (
	untouched  treatment = iota // read as they stand
	expanded                    // `$` is expanded, `$$` is a dollar
	annotation                  // `$x` is text; newer versions expand `${x}`, and have no escape for it
)

// EscapeProvisioning returns a provisioning document in which every `$` means what the source
// says: a literal dollar is doubled exactly where Grafana would expand it, and a reference
// (${NAME}, $__env{NAME}, $__file{path}, or $NAME as the whole string) is left alone. The value itself is
// not changed; kinds that Grafana does not expand are returned as they are. The findings carry
// no file; the caller knows it.
func EscapeProvisioning(kind Kind, value any) (any, []diagnostic.Diagnostic) {
	if !slices.Contains([]Kind{Dashboards, Datasources, Alerting, Plugins}, kind) {
		return value, nil
	}
	var findings []diagnostic.Diagnostic
	escaped := escapeValue(kind, value, nil, &findings)
	return escaped, findings
}

func escapeValue(kind Kind, value any, at place, findings *[]diagnostic.Diagnostic) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for _, key := range sortedKeys(value) {
			object[key] = escapeValue(kind, value[key], at.key(key), findings)
		}
		return object
	case []any:
		array := make([]any, len(value))
		for i, item := range value {
			array[i] = escapeValue(kind, item, at.item(i), findings)
		}
		return array
	case string:
		if !strings.Contains(value, "$") {
			return value
		}
		switch treat(kind, at) {
		case expanded:
			*findings = append(*findings, suspects(value, at)...)
			return escapeString(value)
		case annotation:
			*findings = append(*findings, checkAnnotation(value, at)...)
		}
	}
	return value
}

// treat tells what Grafana does at a place. In alerting files the Go type of the field
// decides: values.StringValue and values.JSONValue expand, a plain string does not, and a
// query's model is taken from JSONValue.Raw.
// Source: grafana/grafana pkg/services/provisioning/alerting/{rules,contact_point,notification_policy,mute_times,text_templates}_types.go.
func treat(kind Kind, at place) treatment {
	if kind != Alerting {
		return expanded
	}
	if len(at) == 0 {
		return untouched
	}
	if rest, ok := at.below("groups", "[]", "rules", "[]"); ok && len(rest) > 0 {
		switch {
		case rest[0].key == "annotations":
			return annotation
		case rest[0].key == "data" && len(rest) > 2 && rest[2].key == "model":
			return untouched
		}
	}
	switch at[0].key {
	case "muteTimes", "templates":
		if len(at) == 3 && at[2].key == "orgId" {
			return expanded
		}
		return untouched
	case "apiVersion", "groups", "contactPoints", "policies", "resetPolicies",
		"deleteRules", "deleteContactPoints", "deleteMuteTimes", "deleteTemplates":
		return expanded
	}
	return untouched
}

func escapeString(s string) string {
	if wholeReference.MatchString(s) {
		return s
	}
	var b strings.Builder
	end := 0
	for _, match := range reference.FindAllStringIndex(s, -1) {
		b.WriteString(strings.ReplaceAll(s[end:match[0]], "$", "$$"))
		b.WriteString(s[match[0]:match[1]])
		end = match[1]
	}
	b.WriteString(strings.ReplaceAll(s[end:], "$", "$$"))
	return b.String()
}

// refers tells whether a string takes something from the environment or from a file.
func refers(s string) bool { return wholeReference.MatchString(s) || reference.MatchString(s) }

func suspects(s string, at place) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	if match := handEscaped.FindStringSubmatch(s); match != nil {
		found = append(found, diagnostic.Diagnostic{
			Rule: ruleInterpolation, Severity: diagnostic.Error, Where: at.String(),
			Message: "$$" + match[1] + " is escaped by hand, and would reach Grafana as two dollars",
			Hint:    "write $" + match[1] + "; dashc escapes it where Grafana needs it",
		})
	}
	if wholeReference.MatchString(s) {
		return found
	}
	if match := lowerReference.FindStringSubmatch(s); match != nil {
		found = append(found, diagnostic.Diagnostic{
			Rule: ruleInterpolation, Severity: diagnostic.Warning, Where: at.String(),
			Message: "${" + match[1] + "} is kept as text: only names in upper case refer to the environment",
			Hint:    "write ${" + strings.ToUpper(match[1]) + "} to refer to the environment of Grafana",
		})
	}
	if match := bareReference.FindStringSubmatch(s); match != nil {
		found = append(found, diagnostic.Diagnostic{
			Rule: ruleInterpolation, Severity: diagnostic.Warning, Where: at.String(),
			Message: "$" + match[1] + " is kept as text: without braces it refers to the environment only as the whole string",
			Hint:    "write ${" + match[1] + "} to refer to the environment of Grafana",
		})
	}
	return found
}

func checkAnnotation(s string, at place) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	if match := handEscaped.FindStringSubmatch(s); match != nil {
		found = append(found, diagnostic.Diagnostic{
			Rule: ruleInterpolation, Severity: diagnostic.Error, Where: at.String(),
			Message: "$$" + match[1] + " is escaped by hand, and Grafana does not expand annotations: the template would break",
			Hint:    "write $" + match[1],
		})
	}
	if match := braced.FindString(s); match != "" {
		found = append(found, diagnostic.Diagnostic{
			Rule: ruleInterpolation, Severity: diagnostic.Error, Where: at.String(),
			Message: "an annotation holds " + match + ", which newer Grafana versions expand and older ones show as it stands",
			Hint:    "write $name without braces for text, or {{ $labels.name }} for a label; put values of the environment into the sources",
		})
	}
	return found
}
