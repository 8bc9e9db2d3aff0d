package proof

import (
	"regexp"
	"slices"
	"strings"
)

// alertShapes are built with the subject's lookup by Alerts.
var (
	groupKeys = shape{"orgId": plain, "name": prose, "folder": skip, "interval": word, "rules": skip, "limit": plain}
	ruleKeys  = shape{
		"uid": skip, "title": skip, "condition": word, "data": skip, "for": word, "keepFiringFor": word, "noDataState": word,
		"execErrState": word, "dashboardUid": skip, "panelId": plain, "isPaused": plain, "labels": skip, "annotations": skip,
		"notification_settings": anything, "missing_series_evals_to_resolve": plain,
	}
	dataKeys  = shape{"refId": word, "datasourceUid": skip, "relativeTimeRange": anything, "model": skip, "queryType": word}
	modelKeys = shape{
		"refId": word, "expr": func(r *reading, n *node) { r.expr(n) }, "datasource": skip, "instant": plain, "range": plain, "intervalMs": plain,
		"maxDataPoints": plain, "legendFormat": prose, "format": word, "exemplar": plain, "editorMode": word, "hide": plain, "interval": duration,
		"intervalFactor": plain, "queryType": word,
	}
	topKeys = shape{"apiVersion": plain, "groups": skip}
)

func skip(*reading, *node) {}

// templateQuery finds a template that asks Prometheus.
var templateQuery = regexp.MustCompile(`\{\{[^}]*\bquery\b`)

// Alerts reads a provisioning file of alert rules. Each group is the customer's whose slug is its
// folder; customer finds it, and a folder that is nobody's is refused.
func (p *Prover) Alerts(path string, data []byte, customer func(slug string) (Subject, bool)) Verdict {
	if p.tree.Label == "" {
		return refused(path, "tenancy/identity", "there is no tenant label, so that nothing can be scoped by it")
	}
	doc, err := parseYAML(data)
	if err != nil {
		return refused(path, "tenancy/document", "not strict YAML: "+err.Error())
	}
	var whole Verdict
	top := &reading{p: p, path: path}
	top.shape(doc, topKeys)
	whole.Findings = top.findings
	groups := doc.get("groups")
	if groups == nil || groups.kind != list {
		whole.Findings = append(whole.Findings, refused(path, "tenancy/document", "no list of groups").Findings...)
		return whole
	}
	for _, g := range groups.items {
		folder, _ := g.get("folder").string()
		s, known := customer(folder)
		if !known || s.Slug != folder {
			whole.Findings = append(whole.Findings, refused(path, "tenancy/identity", "the folder "+folder+" of a group is no customer's").Findings...)
			continue
		}
		if flaw := p.flaw(s); flaw != "" {
			whole.Findings = append(whole.Findings, refused(path, "tenancy/identity", flaw).Findings...)
			continue
		}
		r := &reading{p: p, path: path, who: p.identityOf(s), vars: &variables{}}
		name, _ := g.get("name").string()
		r.in("group "+name, func() { r.group(g) })
		v := r.verdict(s)
		whole.Queries += v.Queries
		whole.Selectors += v.Selectors
		whole.Shared = append(whole.Shared, v.Shared...)
		whole.Findings = append(whole.Findings, v.Findings...)
	}
	slices.Sort(whole.Shared)
	whole.Shared = slices.Compact(whole.Shared)
	return whole
}

// expanded returns what Grafana makes of a text of which it expands $NAME, or refuses one that
// depends on Grafana's environment.
func (r *reading) expanded(n *node) string {
	t, ok := n.string()
	if !ok {
		if n != nil && n.kind != null {
			r.refuse("tenancy/document", "", "a text was expected")
		}
		return ""
	}
	if strings.Contains(strings.ReplaceAll(t, "$$", ""), "$") {
		r.refuse("tenancy/identity", "write $$", "%q is filled in by Grafana from its environment", t)
	}
	return strings.ReplaceAll(t, "$$", "$")
}

func (r *reading) group(g *node) {
	r.shape(g, groupKeys)
	org := "1"
	if n := g.get("orgId"); n != nil {
		org = n.text
	}
	if org != r.who.org {
		r.refuse("tenancy/identity", "", "the group belongs to the organisation %s instead of %s", org, r.who.org)
	}
	if n := g.get("name"); n != nil {
		r.literal("the name of a group", r.expanded(n))
	}
	rules := g.get("rules")
	if rules == nil {
		return
	}
	each("rule", (*reading).rule)(r, rules)
}

func (r *reading) rule(n *node) {
	r.shape(n, ruleKeys)
	if uid := r.expanded(n.get("uid")); !r.who.owns(uid) {
		r.refuse("tenancy/identity", "", "the uid %q is not that of a variant for the customer", uid)
	}
	if d := n.get("dashboardUid"); d != nil && !r.who.owns(r.expanded(d)) {
		r.refuse("tenancy/link", "", "the rule leads to the dashboard %q, which is not the customer's", d.text)
	}
	title := r.expanded(n.get("title"))
	r.prose(title)
	r.literal("a title", title)
	r.texts(n.get("labels"), true)
	r.texts(n.get("annotations"), false)
	if queries := n.get("data"); queries == nil {
		r.refuse("tenancy/document", "", "the rule has no queries")
	} else {
		each("query", (*reading).ruleQuery)(r, queries)
	}
}

// texts reads labels, which Grafana expands, or annotations.
func (r *reading) texts(n *node, expanded bool) {
	if n == nil || n.kind == null {
		return
	}
	for i, key := range n.keys {
		value := n.items[i].text
		if expanded {
			value = r.expanded(n.items[i])
		} else if strings.Contains(value, "${") {
			r.refuse("tenancy/identity", "", "%q is filled in by Grafana from its environment", value)
		}
		switch {
		case key == r.p.tree.Label && value != strings.ReplaceAll(r.who.id, "{{", `{{"{{"}}`): // the value is a Go template
			r.refuse("tenancy/identity", "", "the rule has the %s %q, which is not the customer's", key, value)
		case strings.HasPrefix(key, "__dashboard") && !r.who.owns(value):
			r.refuse("tenancy/link", "", "the rule leads to the dashboard %q, which is not the customer's", value)
		case templateQuery.MatchString(value):
			r.refuse("tenancy/query", "remove it", "a template asks for data: %s", value)
		}
		r.prose(value)
		r.literal("a label or annotation", value)
	}
}

// ruleQuery reads one query or server-side expression of a rule.
func (r *reading) ruleQuery(n *node) {
	r.shape(n, dataKeys)
	uid := r.expanded(n.get("datasourceUid"))
	model := n.get("model")
	if model == nil || model.kind != object {
		r.refuse("tenancy/document", "", "a query has no model")
		return
	}
	if ds := model.get("datasource"); ds != nil {
		if own, _ := ds.get("uid").string(); own != uid {
			r.refuse("tenancy/datasource", "", "a query names two data sources, %q and %q", uid, own)
		}
	}
	switch {
	case uid == serverSide || uid == "-100":
		r.shape(model, serverSideShape)
	case uid != "" && uid == r.datasource():
		r.shape(model, modelKeys)
		if model.get("expr") == nil {
			r.refuse("tenancy/query", "", "a query has no expression")
		}
	default:
		r.refuse("tenancy/datasource", "name the customer's data source", "the rule asks the data source %q", uid)
	}
}
