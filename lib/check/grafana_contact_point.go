package check

import "fmt"

var contactPointRule = rule{
	id:   "grafana/contact-point",
	why:  "One bad contact point keeps Grafana from starting, or the notification reaches nobody.",
	find: findBadContactPoints,
}

// findBadContactPoints reports contact points that keep Grafana from starting.
func findBadContactPoints(s *subject) []finding {
	var found []finding
	first, firstReceiver := map[string]item{}, map[string]item{}
	for _, point := range items(s.alerting, "contactPoints") {
		name := point.text("name")
		if name == "" {
			found = append(found, point.failAt("name", "the contact point has no name; Grafana would not start", "name it"))
		} else if other, taken := first[point.org()+"\x00"+name]; taken {
			found = append(found, point.failAt("name", fmt.Sprintf("the contact point %q is also defined in %s", name, other.document.Source), "put its receivers into one contact point"))
		}
		first[point.org()+"\x00"+name] = point
		receivers := point.within("receivers")
		if len(receivers) == 0 {
			found = append(found, point.failAt("receivers", "the contact point has no receivers; it would notify nobody", "add one"))
		}
		for _, receiver := range receivers {
			uid := receiver.text("uid")
			if uid == "" || !uidPattern.MatchString(uid) {
				found = append(found, receiver.failAt("uid", fmt.Sprintf("%s is no valid uid", quoted(orNothing(receiver.json["uid"]))), uidHint))
			} else if other, taken := firstReceiver[point.org()+"\x00"+uid]; taken {
				found = append(found, receiver.failAt("uid", fmt.Sprintf("the uid %q is also that of %s %s", uid, other.document.Source, other.where), "give each receiver its own uid"))
			}
			firstReceiver[point.org()+"\x00"+uid] = receiver
			if receiver.text("type") == "" {
				found = append(found, receiver.failAt("type", "the receiver has no type", "write for example slack, pagerduty, email or webhook"))
			}
			if _, ok := receiver.json["settings"].(map[string]any); !ok {
				found = append(found, receiver.failAt("settings", "the receiver has no settings", "add them as an object"))
			}
		}
	}
	return found
}
