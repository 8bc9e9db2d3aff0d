package check

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
)

var alertRuleRule = rule{
	id:   "grafana/alert-rule",
	why:  "One bad alert rule keeps Grafana from starting, or the alert is never evaluated.",
	find: findBadAlertRules,
}

// maxName is the longest rule title and group name, in characters (Grafana's database columns).
const maxName = 190

// evaluationStep is what a group's interval must be a multiple of
// (unified_alerting.min_interval's base in Grafana).
const evaluationStep = 10 * time.Second

var (
	noDataStates = []string{"NoData", "Alerting", "OK", "KeepLast"}
	errorStates  = []string{"Alerting", "Error", "OK", "KeepLast"}
)

// findBadAlertRules reports rule groups and rules that keep Grafana from starting, and rules
// that point at something which does not exist.
func findBadAlertRules(s *subject) []finding {
	var found []finding
	firstRule, firstGroup := map[string]item{}, map[string]item{}
	for _, group := range items(s.alerting, "groups") {
		found = append(found, badGroup(group)...)
		key := group.org() + "\x00" + group.text("folder") + "\x00" + group.text("name")
		if other, taken := firstGroup[key]; taken {
			found = append(found, group.failAt("name", fmt.Sprintf("the group %q of this folder is also defined in %s", group.text("name"), other.document.Source), "merge the two or rename one"))
		}
		firstGroup[key] = group
		for _, rule := range group.within("rules") {
			found = append(found, badRule(s, rule)...)
			uid := rule.text("uid")
			if other, taken := firstRule[group.org()+"\x00"+uid]; taken && uid != "" {
				found = append(found, rule.failAt("uid", fmt.Sprintf("the uid %q is also that of %s %s", uid, other.document.Source, other.where), "give each rule its own uid"))
			}
			firstRule[group.org()+"\x00"+uid] = rule
		}
	}
	return found
}

func badGroup(group item) []finding {
	var found []finding
	for _, key := range []string{"name", "folder"} {
		if group.text(key) == "" {
			found = append(found, group.failAt(key, "the rule group has no "+key+"; Grafana would not start", "set it"))
		}
	}
	if utf8.RuneCountInString(group.text("name")) > maxName {
		found = append(found, group.failAt("name", fmt.Sprintf("has more than %d characters", maxName), "shorten it"))
	}
	interval, err := grafanaDuration(group.text("interval"))
	switch {
	case err != nil:
		found = append(found, group.failAt("interval", fmt.Sprintf("%s is not a duration", quoted(group.json["interval"])), "write for example 1m"))
	case interval <= 0 || interval%evaluationStep != 0:
		found = append(found, group.failAt("interval", fmt.Sprintf("%s is not a multiple of %s; Grafana would not start", group.text("interval"), evaluationStep), "write for example 1m"))
	}
	if len(objectsOf(group.json["rules"])) == 0 {
		found = append(found, group.failAt("rules", "the rule group has no rules", "remove the group, or evaluate to null where an environment has no rules"))
	}
	return found
}

func badRule(s *subject, rule item) []finding {
	var found []finding
	for _, key := range []string{"uid", "title", "condition"} {
		if rule.text(key) == "" {
			found = append(found, rule.failAt(key, "the alert rule has no "+key+"; Grafana would not start", "set it"))
		}
	}
	if uid := rule.text("uid"); uid != "" && !uidPattern.MatchString(uid) {
		found = append(found, rule.failAt("uid", fmt.Sprintf("%q is no valid uid", uid), uidHint))
	}
	if utf8.RuneCountInString(rule.text("title")) > maxName {
		found = append(found, rule.failAt("title", fmt.Sprintf("has more than %d characters", maxName), "shorten it"))
	}
	for _, key := range []string{"for", "keepFiringFor", "keep_firing_for"} {
		if value, set := rule.json[key]; set {
			if _, err := grafanaDuration(fmt.Sprint(value)); err != nil {
				found = append(found, rule.failAt(key, fmt.Sprintf("%s is not a duration", quoted(value)), "write for example 5m"))
			}
		}
	}
	found = append(found, badState(rule, "noDataState", noDataStates)...)
	found = append(found, badState(rule, "execErrState", errorStates)...)
	found = append(found, badRuleData(s, rule)...)
	return append(found, badPanelLink(s, rule)...)
}

func badState(rule item, key string, known []string) []finding {
	value, set := rule.json[key]
	if !set {
		return nil
	}
	if text, _ := value.(string); slices.Contains(known, text) {
		return nil
	}
	return []finding{rule.failAt(key, fmt.Sprintf("%s is no state that Grafana knows; it would not start", quoted(value)), diagnostic.DidYouMean(fmt.Sprint(value), known))}
}

func badRuleData(s *subject, rule item) []finding {
	data := rule.within("data")
	if len(data) == 0 {
		return []finding{rule.failAt("data", "the alert rule has no data; Grafana would not start", "give it a query and a threshold expression")}
	}
	known := map[string]bool{"__expr__": true, "-100": true}
	sources := items(s.datasources, "datasources")
	for _, source := range sources {
		known[source.text("uid")] = true
	}
	for _, uid := range s.Grafana.ExternalDatasources {
		known[uid] = true
	}
	var found []finding
	refs := map[string]bool{}
	for _, query := range data {
		ref := query.text("refId")
		if ref == "" {
			found = append(found, query.failAt("refId", "the query has no refId", "name it A, B, C ..."))
		} else if refs[ref] {
			found = append(found, query.failAt("refId", fmt.Sprintf("the refId %q is used twice in the rule", ref), "give each query its own"))
		}
		refs[ref] = true
		if uid := query.text("datasourceUid"); uid == "" {
			found = append(found, query.failAt("datasourceUid", "the query names no data source", "set the uid, or __expr__ for an expression"))
		} else if !known[uid] && len(sources)+len(s.Grafana.ExternalDatasources) > 0 {
			found = append(found, query.failAt("datasourceUid", fmt.Sprintf("there is no data source %q", uid), didYouMean(uid, known, "provision it")))
		}
		if _, ok := query.json["model"].(map[string]any); !ok {
			found = append(found, query.failAt("model", "the query has no model", "give it the query's own fields"))
		}
	}
	if condition := rule.text("condition"); condition != "" && !refs[condition] {
		found = append(found, rule.failAt("condition", fmt.Sprintf("there is no query %q in data", condition), didYouMean(condition, refs, "name the refId of the threshold")))
	}
	return found
}

// badPanelLink reports a link to a dashboard or panel that this tree does not hold. Grafana
// wants dashboardUid and panelId together.
func badPanelLink(s *subject, rule item) []finding {
	uid := rule.text("dashboardUid")
	panelID, hasPanel := rule.json["panelId"]
	if uid == "" && !hasPanel {
		return nil
	}
	if uid == "" || !hasPanel {
		return []finding{rule.failAt("dashboardUid", "dashboardUid and panelId go together; Grafana would not start with one alone", "set both or none")}
	}
	boards := map[string]bool{}
	for _, b := range s.dashboards {
		boards[b.UID()] = true
		if b.UID() != uid {
			continue
		}
		if n, err := strconv.Atoi(fmt.Sprint(panelID)); err == nil && hasPanelID(b.Dashboard, n) {
			return nil
		}
		return []finding{rule.failAt("panelId", fmt.Sprintf("the dashboard %q has no panel with id %s", uid, quoted(panelID)), "take the id from the dashboard itself")}
	}
	return []finding{rule.failAt("dashboardUid", fmt.Sprintf("there is no dashboard with the uid %q", uid), didYouMean(uid, boards, "link to a dashboard of this tree"))}
}

func hasPanelID(d dashboard.Dashboard, id int) bool {
	return slices.ContainsFunc(d.Panels(), func(p dashboard.Panel) bool {
		n, ok := p.ID()
		return ok && n == id
	})
}
