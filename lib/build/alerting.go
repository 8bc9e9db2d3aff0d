package build

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// alertRule is one alert rule of a tree and where it is.
type alertRule struct {
	uid, title, folder string
}

// alertRules are the alert rules of a tree.
func alertRules(documents []check.Document) []alertRule {
	var all []alertRule
	for _, file := range ruleFiles(documents) {
		for _, group := range objects(file["groups"]) {
			folder, _ := group["folder"].(string)
			for _, rule := range objects(group["rules"]) {
				uid, _ := rule["uid"].(string)
				title, _ := rule["title"].(string)
				all = append(all, alertRule{uid, title, folder})
			}
		}
	}
	return all
}

// contacts reports contact points of customers that do not exist: Grafana would not start.
func (v *variants) contacts(t tree) []diagnostic.Diagnostic {
	known := map[string]bool{grafanasContactPoint: true}
	for _, name := range t.environment.Grafana.ExternalContactPoints {
		known[name] = true
	}
	for _, document := range t.documents {
		top, ok := document.Value.(map[string]any)
		if !ok || document.Kind != artifact.Alerting {
			continue
		}
		for _, point := range objects(top["contactPoints"]) {
			name, _ := point["name"].(string)
			known[name] = true
		}
	}
	var found []diagnostic.Diagnostic
	for _, c := range v.members.list {
		if c.ContactPoint == "" || known[c.ContactPoint] {
			continue
		}
		message := fmt.Sprintf("the contact point %q of the customer %q does not exist; Grafana would not start", c.ContactPoint, c.ID)
		if c.Tier != "" {
			message = fmt.Sprintf("the contact point %q of the customer %q, of the tier %s, does not exist; Grafana would not start", c.ContactPoint, c.ID, c.Tier)
		}
		found = append(found, diagnostic.Diagnostic{
			Rule: "config/customer", Severity: diagnostic.Error, Position: c.Position, Message: message,
			Hint: "name one of " + strings.Join(slices.Sorted(maps.Keys(known)), ", ") + ", or list it in grafana.externalContactPoints of the environment",
		})
		known[c.ContactPoint] = true // one report is enough
	}
	return found
}

// ruleCollisions reports uids and folders that a customer's alert rules would share with others.
func (v *variants) ruleCollisions(t tree, report func(c member, message, hint string)) {
	const hint = "give the customer another slug"
	owner, folders := map[string]string{}, map[string]bool{}
	base := alertRules(t.documents)
	for _, rule := range base {
		owner[rule.uid] = fmt.Sprintf("the alert rule %q", rule.title)
		folders[strings.ToLower(rule.folder)] = true
	}
	if v.views == nil || len(base) == 0 {
		return
	}
	for _, c := range v.members.list {
		if v.views[c.group].rules.Empty() {
			continue
		}
		if folders[string(c.Slug)] && t.environment.Customers.Isolation != project.IsolateByOrg {
			report(c, fmt.Sprintf("the folder %q of the customer's alert rules is also that of everybody's", c.Slug), hint)
		}
		for _, rule := range base {
			uid := project.CustomerUID(rule.uid, c.Slug)
			if other, taken := owner[uid]; taken {
				report(c, fmt.Sprintf("the uid %q of an alert rule of the customer %q is also that of %s", uid, c.ID, other), hint)
			}
			owner[uid] = fmt.Sprintf("an alert rule of the customer %q", c.ID)
		}
	}
}

// idleThresholds warns of thresholds of rules that the customers do not have.
func (v *variants) idleThresholds() []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	told := map[string]bool{}
	for _, c := range v.members.list {
		for _, uid := range slices.Sorted(maps.Keys(c.Thresholds)) {
			if told[uid] || v.views[c.group].rules.Keeps(uid) {
				continue
			}
			told[uid] = true
			found = append(found, diagnostic.Diagnostic{
				Rule: "config/customer", Severity: diagnostic.Warning, Position: c.Position,
				Message: fmt.Sprintf("the threshold of the alert rule %q has no effect: the customer %q does not have the rule", uid, c.ID),
				Hint:    fmt.Sprintf("remove it here or from the tier; `dashc list --customer %s --explain` says why the rule is left out", c.Slug),
			})
		}
	}
	return found
}
