package check

import "fmt"

var notificationPolicyRule = rule{
	id:   "grafana/notification-policy",
	why:  "A policy that names what does not exist keeps Grafana from starting.",
	find: findBadPolicies,
}

// defaultContactPoint exists in every Grafana until it is deleted.
const defaultContactPoint = "grafana-default-email"

// findBadPolicies reports policy trees that name what does not exist: Grafana would not start.
func findBadPolicies(s *subject) []finding {
	points := map[string]bool{defaultContactPoint: true}
	for _, point := range items(s.alerting, "contactPoints") {
		points[point.text("name")] = true
	}
	for _, name := range s.Grafana.ExternalContactPoints {
		points[name] = true
	}
	timings := map[string]bool{}
	for _, timing := range items(s.alerting, "muteTimes") {
		timings[timing.text("name")] = true
	}
	var found []finding
	first := map[string]item{}
	for _, tree := range items(s.alerting, "policies") {
		if other, taken := first[tree.org()]; taken {
			found = append(found, tree.fail(fmt.Sprintf("%s %s is this organisation's policy tree already; Grafana keeps one, the last", other.document.Source, other.where), "put all routes into one tree"))
		}
		first[tree.org()] = tree
		if tree.text("receiver") == "" {
			found = append(found, tree.failAt("receiver", "the policy tree has no default receiver; Grafana would not start", "name a contact point"))
		}
		found = append(found, badRoute(tree, points, timings, 0)...)
	}
	for _, rule := range alertRules(s) {
		settings, _ := rule.json["notification_settings"].(map[string]any)
		if receiver, _ := settings["receiver"].(string); receiver != "" && !points[receiver] {
			found = append(found, rule.failAt("notification_settings.receiver", fmt.Sprintf("there is no contact point %q", receiver), didYouMean(receiver, points, "provision it")))
		}
	}
	return found
}

// maxRoutes bounds the depth of a policy tree.
const maxRoutes = 50

func badRoute(route item, points, timings map[string]bool, depth int) []finding {
	if depth > maxRoutes {
		return []finding{route.fail("the policy tree is nested too deeply", "flatten it")}
	}
	var found []finding
	if name := route.text("receiver"); name != "" && !points[name] {
		found = append(found, route.failAt("receiver", fmt.Sprintf("there is no contact point %q; Grafana would not start", name), didYouMean(name, points, "provision it, or list it under grafana.externalContactPoints of the environment")))
	}
	for _, key := range []string{"mute_time_intervals", "active_time_intervals"} {
		names, _ := route.json[key].([]any)
		for _, name := range names {
			if text, _ := name.(string); !timings[text] {
				found = append(found, route.failAt(key, fmt.Sprintf("there is no mute timing %s", quoted(name)), didYouMean(fmt.Sprint(name), timings, "define it under muteTimes")))
			}
		}
	}
	for _, inner := range route.within("routes") {
		found = append(found, badRoute(inner, points, timings, depth+1)...)
	}
	return found
}
