package check

// rule is one rule: a stable identifier, why it matters, and the function that finds its
// violations. Its page is docs/rules/ID.md.
type rule struct {
	id string
	// why says in one or two sentences what happens to whoever ignores the rule.
	why string
	// tree is set where the rule looks at the whole tree, so that dashboards taken by
	// themselves cannot break it.
	tree bool
	find func(*subject) []finding
}

// pages is where the rules' documentation can be read without the sources; `dashc check
// --explain` prints the same pages.
const pages = "https://github.com/dashc/dashc/blob/main/docs/rules/"

func (r rule) page() string { return pages + r.id + ".md" }

// rules are run in this order; a report sorts the findings anyway.
var rules = []rule{
	{id: "grafana/document", find: findNoDocument},
	{id: "grafana/model", find: findBadModels},
	{id: "grafana/uid", find: findBadUIDs},
	{id: "grafana/title", find: findBadTitles},
	{id: "grafana/folder", find: findFolders, tree: true},
	{id: "grafana/size", find: findTooLarge},
	{id: "grafana/panel-id", find: findBadPanelIDs},
	{id: "grafana/grid", find: findOutOfGrid},
	{id: "grafana/refresh", find: findFastRefresh},
	{id: "grafana/datasource-reference", find: findUnknownDatasources},
	{id: "grafana/provider", find: findBadProviders, tree: true},
	{id: "grafana/datasource", find: findBadDatasources},
	{id: "grafana/alert-rule", find: findBadAlertRules},
	{id: "grafana/contact-point", find: findBadContactPoints},
	{id: "grafana/notification-policy", find: findBadPolicies},
	{id: "grafana/mute-timing", find: findBadMuteTimings},
}

// The rules of findings that come from elsewhere.
var (
	secretRule      = rule{id: "artifact/secret"}
	suppressionRule = rule{id: "check/suppression"}
)
