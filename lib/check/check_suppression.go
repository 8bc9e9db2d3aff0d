package check

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// suppressionRule is about the switch-offs themselves, and the only one that cannot be
// switched off.
var suppressionRule = rule{
	id:  "check/suppression",
	why: "A switch-off that names no rule or suppresses nothing hides the next mistake at its place, and nobody remembers why it is there.",
}

// switchKey is the key by which an object of a document switches rules off for itself and
// everything in it: {dashc: {suppress: {'promql/late-series': 'the reason'}}}. It never
// reaches a rendered file.
const switchKey = "dashc"

// Switch is one rule that a document switches off at one place.
type Switch struct {
	Document artifact.Path
	Source   string
	// Path is the JSON path of the object that holds the switch, "" for the document itself.
	Path   string
	Rule   string
	Reason string
}

// TakeSwitches removes every switch from a document's value and returns them, in the order
// of their places.
func TakeSwitches(document Document) []Switch {
	var taken []Switch
	if hasSwitch(document.Value) {
		takeSwitches(document, document.Value, "", &taken)
	}
	return taken
}

// hasSwitch looks for a switch before places are worked out, which is dear: few documents have one.
func hasSwitch(value any) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, hasSwitch)
	case map[string]any:
		if _, ok := v[switchKey]; ok {
			return true
		}
		for _, item := range v {
			if hasSwitch(item) {
				return true
			}
		}
	}
	return false
}

func takeSwitches(document Document, value any, at string, taken *[]Switch) {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			takeSwitches(document, item, fmt.Sprintf("%s[%d]", at, i), taken)
		}
	case map[string]any:
		if settings, ok := v[switchKey].(map[string]any); ok && isSwitch(settings) {
			delete(v, switchKey)
			suppressed := settings["suppress"].(map[string]any)
			for _, id := range sortedKeys(suppressed) {
				reason, _ := suppressed[id].(string)
				*taken = append(*taken, Switch{document.Path, document.Source, at, id, reason})
			}
		}
		for _, key := range sortedKeys(v) {
			takeSwitches(document, v[key], strings.TrimPrefix(at+"."+key, "."), taken)
		}
	}
}

func isSwitch(settings map[string]any) bool {
	_, ok := settings["suppress"].(map[string]any)
	return ok && len(settings) == 1
}

// Suppression identifies one switch-off, of dashc.yaml or of a document, over environments.
type Suppression struct {
	rule, place string
	finding     diagnostic.Diagnostic
}

// Unused reports switch-offs that no environment needed. Each result is that of one
// environment; give all of them, or a switch-off that only one needs would be reported.
func Unused(results []Result) []diagnostic.Diagnostic {
	used := map[string]bool{}
	for _, result := range results {
		for _, key := range result.used {
			used[key] = true
		}
	}
	var unused []diagnostic.Diagnostic
	for _, result := range results {
		for _, declared := range result.declared {
			if !used[declared.rule+"\x00"+declared.place] {
				unused = append(unused, declared.finding)
			}
		}
	}
	return unused
}

// suppress marks the findings that a switch-off covers. What is wrong with the switch-offs
// themselves is returned as findings, and cannot be switched off.
func (s *subject) suppress(found []finding, result *Result) []finding {
	var wrong []finding
	for _, setting := range s.Settings.Suppressions {
		if f, bad := s.badSuppression(setting); bad {
			wrong = append(wrong, f)
			continue
		}
		place := setting.Position.String()
		unused := finding{rule: suppressionRule, severity: diagnostic.Warning, message: fmt.Sprintf("the switch-off of %s suppresses nothing", setting.Rule), hint: "remove it", at: setting.Position}
		s.apply(found, setting.Rule, place, setting.Reason, unused, result, func(f finding) bool { return covers(setting, f) })
	}
	for _, sw := range s.Switches {
		document := s.document(sw)
		at := finding{rule: suppressionRule, document: document, severity: diagnostic.Warning, where: s.name(sw.Document, sw.Path), path: sw.Path, texts: []string{sw.Rule}}
		if hint, bad := unknownRule(sw.Rule); bad {
			at.severity, at.message, at.hint = diagnostic.Error, fmt.Sprintf("there is no rule %q to switch off", sw.Rule), hint
			wrong = append(wrong, at)
			continue
		}
		if strings.TrimSpace(sw.Reason) == "" {
			at.severity, at.message, at.hint = diagnostic.Error, fmt.Sprintf("%s is switched off without a reason", sw.Rule), "write the reason as the value: { '"+sw.Rule+"': 'why it does not hold here' }"
			wrong = append(wrong, at)
			continue
		}
		at.message, at.hint = fmt.Sprintf("the switch-off of %s suppresses nothing", sw.Rule), "remove it"
		s.apply(found, sw.Rule, string(sw.Document)+" "+sw.Path, sw.Reason, at, result, func(f finding) bool {
			return f.document.Path == sw.Document && inside(f.path, sw.Path)
		})
	}
	return wrong
}

func (s *subject) apply(found []finding, rule, place, reason string, unused finding, result *Result, covers func(finding) bool) {
	result.declared = append(result.declared, Suppression{rule: rule, place: place, finding: s.diagnostic(unused)})
	for i, f := range found {
		if f.rule.id == rule && covers(f) {
			found[i].suppressed = reason
			result.used = append(result.used, rule+"\x00"+place)
		}
	}
}

// switchedOff tells whether a switch-off of a rule covers a finding.
func (s *subject) switchedOff(rule string, f finding) bool {
	return slices.ContainsFunc(s.Switches, func(sw Switch) bool {
		return sw.Rule == rule && sw.Document == f.document.Path && inside(f.path, sw.Path)
	}) || slices.ContainsFunc(s.Settings.Suppressions, func(setting project.Suppression) bool {
		return setting.Rule == rule && covers(setting, f)
	})
}

// document is the one that holds a switch.
func (s *subject) document(sw Switch) Document {
	for _, document := range s.Documents {
		if document.Path == sw.Document {
			return document
		}
	}
	return Document{Path: sw.Document, Source: sw.Source}
}

// name is how a person knows the place of a switch: the panel that it stands in, or its path.
func (s *subject) name(document artifact.Path, at string) string {
	for _, b := range s.dashboards {
		if b.Path != document {
			continue
		}
		for _, panel := range slices.Backward(b.Panels()) {
			if inside(at, panel.Path) {
				return panel.String()
			}
		}
	}
	return at
}

// inside tells whether a JSON path is at or below another one.
func inside(at, above string) bool {
	rest, ok := strings.CutPrefix(at, above)
	return ok && (rest == "" || above == "" || rest[0] == '.' || rest[0] == '[')
}

func covers(setting project.Suppression, f finding) bool {
	switch {
	case len(setting.Files) > 0:
		return project.MatchesAny(setting.Files, string(f.document.Path))
	case len(setting.Dashboards) == 0:
		return true
	case f.document.Kind != artifact.Dashboard:
		return false
	}
	name := strings.TrimSuffix(path.Base(string(f.document.Path)), ".json")
	if !project.MatchesAny(setting.Dashboards, name) {
		return false
	}
	return len(setting.Panels) == 0 || f.panel != nil && project.MatchesAny(setting.Panels, f.panel.Title())
}

func (s *subject) badSuppression(setting project.Suppression) (finding, bool) {
	hint, bad := unknownRule(setting.Rule)
	return finding{rule: suppressionRule, severity: diagnostic.Error, at: setting.Position,
		message: fmt.Sprintf("there is no rule %q to switch off", setting.Rule), hint: hint}, bad
}

// unknownRule tells whether there is no rule of that name, and what was meant.
func unknownRule(id string) (hint string, unknown bool) {
	ids := RuleIDs()
	if slices.Contains(ids, id) {
		return "", false
	}
	return diagnostic.DidYouMean(id, ids), true
}

// RuleIDs returns the identifiers of all rules that can be switched off, sorted.
func RuleIDs() []string {
	var ids []string
	for _, rule := range rules {
		ids = append(ids, rule.id)
	}
	slices.Sort(ids)
	return ids
}
