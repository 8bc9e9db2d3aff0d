package check

import (
	"fmt"
	"time"
)

var alertForRule = rule{
	id:   "alert/for",
	why:  "A rule without a pending period wakes somebody up over one bad evaluation; one that is not a multiple of the group's interval takes longer than it says.",
	find: findHastyAlerts,
}

// findHastyAlerts reports rules that fire at the first bad evaluation, or whose pending period
// ends between two evaluations.
func findHastyAlerts(s *subject) []finding {
	var found []finding
	for _, group := range items(s.alerting, "groups") {
		interval, err := grafanaDuration(group.text("interval"))
		for _, rule := range group.within("rules") {
			pending, pendingErr := pendingPeriod(rule)
			switch {
			case pendingErr != nil:
				// grafana/alert-rule reports it
			case pending == 0:
				found = append(found, rule.failAt("for", "the rule has no pending period and fires at the first bad evaluation", "write for example for: '5m'").warning())
			case err == nil && interval > 0 && pending%interval != 0:
				found = append(found, rule.failAt("for", fmt.Sprintf("is %s, and the group is evaluated every %s: the rule fires after %s", plainDuration(pending), plainDuration(interval), plainDuration((pending/interval+1)*interval)), "make it a multiple of the interval").warning())
			}
		}
	}
	return found
}

func pendingPeriod(rule item) (time.Duration, error) {
	value, set := rule.json["for"]
	if !set || value == nil || value == "" || fmt.Sprint(value) == "0" {
		return 0, nil
	}
	return grafanaDuration(fmt.Sprint(value))
}
