package check

// rule is one rule: a stable identifier, why it matters, and the function that finds its
// violations. It stands in the file of its name, and its page is docs/rules/ID.md.
type rule struct {
	id string
	// why says in one or two sentences what happens to whoever ignores the rule.
	why string
	// tree is set where the rule looks at the whole tree, so that dashboards taken by
	// themselves cannot break it.
	tree bool
	find func(*subject) []finding
}

// page is the rule's documentation, from the repository's root; `dashc check --explain` prints it.
func (r rule) page() string { return "docs/rules/" + r.id + ".md" }

// rules are run in this order; a report sorts the findings anyway.
var rules = []rule{
	secretRule,

	// Whole files.
	documentRule,
	interpolationRule,

	// Dashboards.
	modelRule,
	uidRule,
	titleRule,
	folderRule,
	sizeRule,
	refreshRule,
	datasourceReferenceRule,
	schemaVersionRule,
	requiredVariableRule,
	unsafeLinkRule,

	// Panels.
	panelIDRule,
	panelTitleRule,
	descriptionRule,
	gridRule,
	overlapRule,
	legacyPanelRule,
	libraryPanelRule,
	textPanelRule,
	refIDRule,
	unitRule,
	rangeInStatRule,
	heatmapRule,

	// Provisioning.
	providerRule,
	datasourceRule,
	scrapeIntervalRule,

	// Alerting.
	alertRuleRule,
	contactPointRule,
	notificationPolicyRule,
	muteTimingRule,
	alertConditionRule,
	alertForRule,
	alertLabelsRule,
	alertTemplateRule,
	alertAnnotationsRule,

	// Prometheus.
	prometheusConfigRule,
	ruleFilesRule,

	// Queries.
	syntaxRule,
	unknownMetricRule,
	unknownLabelRule,
	rateOfGaugeRule,
	deltaOfCounterRule,
	counterWithoutRateRule,
	quantileWithoutLeRule,
	quantileWithoutRateRule,
	quantileUnaggregatedRule,
	quantileOutOfRangeRule,
	multiValueRule,
	vectorMatchingRule,
	zeroDivisorRule,
	epsilonDivisorRule,
	shortWindowRule,
	lateSeriesRule,
	dynamicNameRule,
	requiredMatcherRule,
	notInPrometheusRule,

	// Queries and the panels that show them.
	undefinedVariableRule,
	unusedVariableRule,
	legendLabelRule,
	unitMismatchRule,

	// Rules of Prometheus.
	recordingNameRule,
	recordingCycleRule,
	recordingUnusedRule,
	recordingLabelsRule,
	comparisonRule,
	unknownJobRule,
}
