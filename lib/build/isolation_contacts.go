package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// grafanasContactPoint is in every organisation from the start.
const grafanasContactPoint = "grafana-default-email"

// routing is what the alert rules of an organisation name: without it, Grafana does not start.
type routing struct {
	contactPoints, muteTimes map[string]bool
}

// contacts are the environment's own, by name, and the copies for the customers of one shard.
type contacts struct {
	tree                         *tree
	points, muteTimes, templates map[string]map[string]any
	copies                       map[string]any
}

// addContacts adds what the alert rules of one shard name in the customers' organisations: copies
// of the environment's contact points and mute timings, with the message templates they may use.
func (v *variants) addContacts(t *tree, shard string, customers []member) {
	named, err := routings(t.content("grafana/provisioning/alerting/customers-" + shard + ".json"))
	if err != nil {
		t.fail(err)
		return
	}
	all := contacts{tree: t, points: t.named("contactPoints"), muteTimes: t.named("muteTimes"), templates: t.named("templates"), copies: map[string]any{}}
	for _, c := range customers {
		all.copyFor(c, named[c.OrgID])
	}
	if len(all.copies) == 0 {
		return
	}
	all.copies["apiVersion"] = json.Number("1")
	// Not customers-: those are files of alert rules, which are proven.
	t.provision(artifact.Alerting, "alerting/contacts-"+shard, all.copies)
}

// copyFor copies what the rules of a customer name.
func (a contacts) copyFor(c member, wanted routing) {
	templated := false
	for _, name := range slices.Sorted(maps.Keys(wanted.contactPoints)) {
		switch point := a.points[name]; {
		case point != nil:
			a.add("contactPoints", contactPointOf(point, c))
			templated = templated || usesTemplates(point)
		case name != grafanasContactPoint && !slices.Contains(a.tree.environment.Grafana.ExternalContactPoints, name):
			a.missing(c, "contact point", name, a.points)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted.muteTimes)) {
		if timing := a.muteTimes[name]; timing != nil {
			a.add("muteTimes", inOrganisation(timing, c))
		} else {
			a.missing(c, "mute timing", name, a.muteTimes)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.templates)) {
		if templated {
			a.add("templates", inOrganisation(a.templates[name], c))
		}
	}
}

func (a contacts) add(list string, item map[string]any) {
	items, _ := a.copies[list].([]any)
	a.copies[list] = append(items, item)
}

func (a contacts) missing(c member, what, name string, known map[string]map[string]any) {
	a.tree.refuse(c.Position, fmt.Sprintf("the alert rules in the organisation of the customer %q name the %s %q, which the environment does not have; Grafana would not start", c.ID, what, name),
		diagnostic.DidYouMean(name, slices.Sorted(maps.Keys(known))))
}

// routings reads by organisation what the rules of a file name.
func routings(rules []byte) (map[int]routing, error) {
	named := map[int]routing{}
	if len(rules) == 0 {
		return named, nil
	}
	var file struct {
		Groups []struct {
			OrgID int `json:"orgId"`
			Rules []struct {
				Settings struct {
					Receiver string   `json:"receiver"`
					Mute     []string `json:"mute_time_intervals"`
					Active   []string `json:"active_time_intervals"`
				} `json:"notification_settings"`
			} `json:"rules"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(rules, &file); err != nil {
		return nil, fmt.Errorf("the customers' alert rules: %w", err)
	}
	for _, group := range file.Groups {
		if _, known := named[group.OrgID]; !known {
			named[group.OrgID] = routing{contactPoints: map[string]bool{}, muteTimes: map[string]bool{}}
		}
		for _, rule := range group.Rules {
			if receiver := rule.Settings.Receiver; receiver != "" {
				named[group.OrgID].contactPoints[unescaped(receiver)] = true
			}
			for _, name := range slices.Concat(rule.Settings.Mute, rule.Settings.Active) {
				named[group.OrgID].muteTimes[unescaped(name)] = true
			}
		}
	}
	return named, nil
}

// unescaped is a name as the sources have it, without what keeps Grafana from expanding it.
func unescaped(text string) string { return strings.ReplaceAll(text, "$$", "$") }

// content is a file that the tree has already.
func (t *tree) content(name string) []byte {
	for _, a := range t.artifacts {
		if string(a.Path) == name {
			return a.Bytes
		}
	}
	return nil
}

// named are the objects in a list of all alerting files, by name. Grafana joins contact points
// of one name, and so the receivers of all are in one.
func (t *tree) named(list string) map[string]map[string]any {
	all := map[string]map[string]any{}
	orgs := map[string]string{}
	provisioned(t.documents, artifact.Alerting, list, func(item map[string]any, _ string) {
		name, _ := item["name"].(string)
		if other := all[name]; other == nil {
			all[name], orgs[name] = maps.Clone(item), orgOf(item)
		} else if receivers, ok := item["receivers"].([]any); ok && orgs[name] == orgOf(item) {
			old, _ := other["receivers"].([]any)
			other["receivers"] = slices.Concat(old, receivers)
		}
	})
	return all
}

func inOrganisation(item map[string]any, c member) map[string]any {
	copied := maps.Clone(item)
	copied["orgId"] = number(c.OrgID)
	return copied
}

// contactPointOf copies a contact point into a customer's organisation. The receivers' uids, by
// which Grafana finds them, become the customer's.
func contactPointOf(point map[string]any, c member) map[string]any {
	copied := inOrganisation(point, c)
	var receivers []any
	for _, receiver := range objects(point["receivers"]) {
		receiver = maps.Clone(receiver)
		if uid, _ := receiver["uid"].(string); uid != "" {
			receiver["uid"] = project.CustomerUID(uid, c.Slug)
		}
		receivers = append(receivers, receiver)
	}
	copied["receivers"] = receivers
	return copied
}

// usesTemplates tells whether a contact point's messages are made from templates.
func usesTemplates(point map[string]any) bool {
	text, _ := json.Marshal(point)
	return bytes.Contains(text, []byte("{{"))
}
