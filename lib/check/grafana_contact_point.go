package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

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
				found = append(found, receiver.failAt("uid", fmt.Sprintf("%s is no valid uid", quoted(receiver.json["uid"])), uidHint))
			} else if other, taken := firstReceiver[point.org()+"\x00"+uid]; taken {
				found = append(found, receiver.failAt("uid", fmt.Sprintf("the uid %q is also that of %s %s", uid, other.document.Source, other.where), "give each receiver its own uid"))
			}
			firstReceiver[point.org()+"\x00"+uid] = receiver
			found = append(found, badReceiver(receiver)...)
		}
	}
	return found
}

// receiverSettings are the settings that each type of receiver must have (Validate and NewConfig
// in receivers/*/config.go of grafana/alerting). Each alternative is complete by itself.
var receiverSettings = map[string][][]string{
	"dingding":                {{"url"}},
	"discord":                 {{"url"}},
	"email":                   {{"addresses"}},
	"googlechat":              {{"url"}},
	"jira":                    {{"api_url", "project", "issue_type"}},
	"kafka":                   {{"kafkaRestProxy", "kafkaTopic"}},
	"line":                    {{"token"}},
	"mqtt":                    {{"brokerUrl", "topic"}},
	"oncall":                  {{"url"}},
	"opsgenie":                {{"apiKey"}},
	"pagerduty":               {{"integrationKey"}},
	"prometheus-alertmanager": {{"url"}},
	"pushover":                {{"apiToken", "userKey"}},
	"sensugo":                 {{"url", "apikey"}},
	"slack":                   {{"url"}, {"recipient", "token"}},
	"sns":                     {{"topic_arn"}, {"phone_number"}, {"target_arn"}},
	"teams":                   {{"url"}},
	"telegram":                {{"bottoken", "chatid"}},
	"threema":                 {{"gateway_id", "recipient_id", "api_secret"}},
	"victorops":               {{"url"}},
	"webex":                   {{"bot_token", "room_id"}},
	"webhook":                 {{"url"}},
	"wecom":                   {{"url"}, {"secret", "agent_id", "corp_id"}},
}

func badReceiver(receiver item) []finding {
	kind := receiver.text("type")
	var found []finding
	if kind == "" {
		found = append(found, receiver.failAt("type", "the receiver has no type", "write for example slack, pagerduty, email or webhook"))
	}
	if _, ok := receiver.json["settings"].(map[string]any); !ok {
		found = append(found, receiver.failAt("settings", "the receiver has no settings", "add them as an object"))
	}
	if len(found) > 0 {
		return found
	}
	alternatives, known := receiverSettings[strings.ToLower(kind)]
	if !known {
		// A newer Grafana may have types that are not in the table.
		if nearest, ok := diagnostic.Nearest(kind, slices.Collect(maps.Keys(receiverSettings))); ok {
			return []finding{receiver.failAt("type", fmt.Sprintf("there is no receiver type %q; Grafana would not start", kind), fmt.Sprintf("did you mean %q?", nearest))}
		}
		return nil
	}
	if slices.ContainsFunc(alternatives, receiver.hasSettings) {
		return nil
	}
	var forms []string
	for _, names := range alternatives {
		forms = append(forms, strings.Join(names, " and "))
	}
	return []finding{receiver.failAt("settings", fmt.Sprintf("a %s receiver needs %s; Grafana would not start", kind, strings.Join(forms, ", or ")), "add what is missing")}
}

// hasSettings tells whether a receiver has all settings of these names. Secret ones may stand
// among the others or apart.
func (it item) hasSettings(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		for _, holder := range []string{"settings", "secureSettings"} {
			if value := objectAt(it.json, holder)[name]; value != nil && value != "" {
				return false
			}
		}
		return true
	})
}
